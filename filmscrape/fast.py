"""Settings for a crawl that computes less for each page: ``SCRAPY_PROJECT=fast scrapy crawl <spider>``.

Scrapy's aiohttp handler in place of Twisted's, no reactor, and the event loop of libuv. ``pip install -e .[fast]``
brings what they need. Scrapy calls that handler experimental, so it is no default. Where a site is asked once in three
seconds, nothing is gained.
"""

from filmscrape.settings import *  # noqa: F403

TWISTED_REACTOR_ENABLED = False  # Scrapy takes its aiohttp handler then
ASYNCIO_EVENT_LOOP = "uvloop.Loop"
