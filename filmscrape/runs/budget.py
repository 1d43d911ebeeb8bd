"""The limits of one run, ``CLOSESPIDER_…``, counted in what the site was asked for."""

from typing import Any

from scrapy import Request, Spider
from scrapy.extensions.closespider import CloseSpider
from scrapy.http import Response

from filmscrape.archive.held import RESUMED


class Budget(CloseSpider):
    """Scrapy's extension, but that what was taken over from an interrupted run costs nothing.

    Else a run that goes on where a budget stopped the last one would stop at the same place, and so for ever.
    """

    def page_count(self, response: Response, request: Request, spider: Spider) -> None:
        """Count an answer that the site gave now."""
        if RESUMED not in response.flags:
            super().page_count(response, request, spider)

    def item_scraped(self, item: Any, spider: Spider, response: Response | None = None) -> None:
        """Count an item that was found in such an answer."""
        if response is None or RESUMED not in response.flags:
            super().item_scraped(item, spider)
