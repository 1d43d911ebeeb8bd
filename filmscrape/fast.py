"""Settings for a crawl that computes less for each page: ``SCRAPY_PROJECT=fast scrapy crawl <spider>``.

Scrapy's aiohttp handler in place of Twisted's, and no reactor. Scrapy calls that handler experimental, and it needs
``aiohttp``, so it is no default; where a site is asked once in three seconds, it gains nothing.
"""

from filmscrape.settings import *  # noqa: F403

TWISTED_REACTOR_ENABLED = False  # Scrapy takes its aiohttp handler then
