"""Harvest the pages of film festivals and independent cinemas into records that can be trusted."""

__version__ = "0.1.0"
