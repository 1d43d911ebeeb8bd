"""Commands of ``scrapy`` in this project.

Scrapy loads all of these modules for any command, also to list the spiders. So a module has at its top what options and
arguments need; what the work needs is loaded where it is done, and what only annotations name by type checkers alone.
"""
