"""Where to look: one module a source."""
