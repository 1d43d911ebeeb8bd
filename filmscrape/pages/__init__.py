"""What a page says: one module a source, and the tools that all of them share."""
