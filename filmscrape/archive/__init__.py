"""WARC in, WARC out, web archives."""
