"""Wait as long as a site asks for: ``Retry-After`` in an answer, ``Crawl-delay`` and ``Request-rate`` in robots.txt.

Scrapy reads none of them. This middleware does nothing but wait: that a request is made again is the business of
Scrapy's ``RetryMiddleware``, and what comes of a site that refuses for good is judged where answers are accounted for
(:class:`~filmscrape.spiders.asking.AskingSpider`).
"""

import logging
from asyncio import sleep
from collections import defaultdict
from time import monotonic
from typing import Self
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from filmscrape.archive.captures import captured_at, read_http_date
from filmscrape.logs import logfmt

logger = logging.getLogger(__name__)

_PATIENCE_ASKED = frozenset({429, 503})  # RFC 6585, RFC 9110: `Retry-After` goes with these
_STEP = 1.0  # seconds; a wait ends that much later, at most, than the crawl is told to
CACHED = "cached"  # Scrapy's flag on an answer that came over no wire


class CrawlEnds(IgnoreRequest):
    """The crawl was told to end while a request waited: it was not sent, and nothing is known of its page."""


class PatienceMiddleware:
    """Downloader middleware that holds back every request to a host until the host wants one.

    It stands near the wire, behind all that may answer in the site's place. Waits end when the crawl is told to.
    Reads ``RETRY_AFTER_MAX``, the most seconds of one wait.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._longest = crawler.settings.getfloat("RETRY_AFTER_MAX")
        self._not_before: defaultdict[str, float] = defaultdict(float)  # by host, on the clock of `monotonic`
        self._spacing: dict[str, float] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build the middleware for a crawl."""
        return cls(crawler)

    def space(self, host: str, seconds: float) -> None:
        """Leave time between an answer of a host and the next request to it.

        :param host: with its port, where it has one.
        """
        self._spacing[host] = seconds
        self._pause(host, seconds)

    async def process_request(self, request: Request) -> None:
        """Wait for the host's time.

        :raises CrawlEnds: the crawl was told to end in the meantime.
        """
        host = urlsplit(request.url).netloc
        while (left := self._not_before[host] - monotonic()) > 0:
            if self._is_ending():
                raise CrawlEnds("the crawl was told to end before the host's time had come")
            await sleep(min(left, _STEP))
        self._pause(host, self._spacing.get(host, 0))  # for those that wait beside this one

    def process_response(self, request: Request, response: Response) -> Response:
        """Note when the host wants the next request."""
        if CACHED in response.flags:
            return response
        host = urlsplit(request.url).netloc
        wanted = retry_after(response)
        if wanted is not None or response.status == 429:
            # Read by RetryMiddleware: tried again before anything else is, to see at once whether the wait was enough.
            request.meta["priority_adjust"] = 1
        if wanted is not None:
            self._pause(host, min(wanted, self._longest))
            cap = f"waiting {self._longest:g} seconds, the most that RETRY_AFTER_MAX allows"
            what = "waiting" if wanted <= self._longest else cap
            logger.warning("%s", logfmt("host asks for patience", url=request.url, seconds=round(wanted), next=what))
        self._pause(host, self._spacing.get(host, 0))
        return response

    def process_exception(self, request: Request, exception: Exception) -> None:
        """Leave the same time after a request that got no answer."""
        host = urlsplit(request.url).netloc
        if not isinstance(exception, IgnoreRequest):
            self._pause(host, self._spacing.get(host, 0))

    def _pause(self, host: str, seconds: float) -> None:
        self._not_before[host] = max(self._not_before[host], monotonic() + seconds)

    def _is_ending(self) -> bool:
        """Whether Scrapy is closing the spider, for whatever reason; it waits for this request, and has no signal."""
        engine = self._crawler.engine
        return engine is None or not engine.running or (engine._slot is not None and engine._slot.closing is not None)


def retry_after(response: Response) -> float | None:
    """Tell how many seconds the host asks to be left alone.

    :return: ``None`` where it does not ask, or asks for what cannot be read.
    """
    value = (response.headers.get("Retry-After") or b"").strip()
    if response.status not in _PATIENCE_ASKED or not value:
        return None
    if value.isdigit():
        return float(value[:12])  # more digits are no longer wait than any that is kept to
    until = read_http_date(value)
    if until is None:
        return None
    # Counted from the answer's own date: the host's clock need not be ours.
    return max(0.0, (until - captured_at(response.headers.get("Date"))).total_seconds())
