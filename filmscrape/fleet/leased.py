"""What is done with a request that a worker has taken, before anything else is."""

from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest

from filmscrape.fleet.keeper import WorkerKeeper
from filmscrape.fleet.queue import TAKEN


class LeasedMiddleware:
    """The first of the downloader middlewares: what the others count goes to the account of the request."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._tries = crawler.settings.getint("LEASE_TRIES")

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build the middleware for a crawl."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Let the request pass.

        :raises IgnoreRequest: one worker after the other has died of it.
        """
        WorkerKeeper.of(self._crawler).attribute(request)
        if request.meta[TAKEN] > self._tries:
            raise IgnoreRequest(f"{self._tries} workers took it and did not come back")
