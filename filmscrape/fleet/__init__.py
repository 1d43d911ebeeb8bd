"""Many workers on one crawl: they share queue, manners and bounds through Redis or Valkey, and publish once."""
