"""Where to look, as far as all sources have it in common: discover → event page → item.

Every answer and every failure passes through :meth:`EventSpider.answered` or :meth:`EventSpider.unanswered`,
so that no page is lost uncounted. What a callback needs travels in ``request.meta`` as plain values: a request
survives being stored, and being taken up by another process.
"""

import logging
from collections.abc import AsyncIterator, Iterable, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from hashlib import sha256
from typing import Any, ClassVar, Protocol, Self
from urllib.parse import urljoin, urlsplit

from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import DontCloseSpider
from scrapy.http import Response
from scrapy.utils.gz import gunzip, gzip_magic_number
from scrapy.utils.sitemap import Sitemap, sitemap_urls_from_robots
from twisted.python.failure import Failure

from filmscrape.items import Capture, ScrapedEvent
from filmscrape.pages.base import NotAnEvent, UnreadablePage
from filmscrape.robots import FORBIDDEN
from filmscrape.runs.keeper import RunKeeper
from filmscrape.runs.outcome import Outcome, Verdict
from filmscrape.runs.stats import Stat
from filmscrape.spiders.arguments import ArgumentError, Scope, read_scope
from filmscrape.spiders.failures import describe

Found = Iterator[Request | ScrapedEvent]

logger = logging.getLogger(__name__)

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_GONE = frozenset({404, 410})
# RFC 9309 leaves a site without a readable robots.txt open at 4xx; these three say "not you" or "not now".
_ROBOTS_REFUSED = frozenset({401, 403, 429})
# robots.txt comes first and decides whether the host can be reached at all: two tries of 15 seconds and the
# delay between them stay well within a minute.
_FIRST_TIMEOUT, _FIRST_RETRIES = 15, 1
_MAX_HOPS = 5  # redirects in a row, as RFC 9309 has it for robots.txt


class Page(Protocol):
    """What the spider needs of any page object."""

    def __init__(self, body: bytes, url: str, captured_at: datetime) -> None: ...


class EventPage(Page, Protocol):
    """The page of one event."""

    def read(self) -> ScrapedEvent: ...
    def series_paths(self) -> list[str]: ...


class CardPage(Page, Protocol):
    """A page of cards: a listing, a series."""

    def sightings(self) -> list[ScrapedEvent]: ...
    def series_paths(self) -> list[str]: ...
    def next_path(self) -> str | None: ...


class EventSpider(Spider):
    """Base of all spiders.

    A source sets the class attributes, says what an event's address is, and has for each of its ``places`` a
    method ``discover_<place>``, which yields the first requests, and for each kind of request that these make
    a method ``read_<kind>``.
    """

    site: ClassVar[str]
    """Origin of the public site; the records' addresses are there, whatever ``base_url`` is."""
    places: ClassVar[tuple[str, ...]] = ("listing", "calendar", "series", "sitemap")
    """Where events can be found; the surest to show something that is still to come first."""
    event_page: ClassVar[type[EventPage]]
    card_page: ClassVar[type[CardPage]]
    max_list_pages: ClassVar[int] = 100
    """Bound of a pagination that never ends; 20 pages are the most that were seen."""
    max_series: ClassVar[int] = 500
    max_sitemaps: ClassVar[int] = 200

    # ------------------------------------------------------------------ what a source says
    @classmethod
    def event_url(cls, slug: str) -> str:
        """Build the address of an event from its slug."""
        raise NotImplementedError

    @classmethod
    def canonical(cls, url: str) -> str | None:
        """Give the one public address of an event for any of its spellings; ``None`` for what is no event."""
        raise NotImplementedError

    @classmethod
    def series_path(cls, url: str) -> str | None:
        """Give the path of a series page for a link to it; ``None`` for what is none."""
        raise NotImplementedError

    # ------------------------------------------------------------------ start
    @classmethod
    def check_arguments(cls, **arguments: str) -> Scope:
        """Read the arguments.

        :raises ArgumentError: with one line for the user.
        """
        scope = read_scope(arguments, cls.site, cls.places)
        for slug in sorted(scope.only):
            if cls.canonical(cls.event_url(slug)) is None:
                raise ArgumentError(f"only={slug!r} is no event of {cls.name}")
        return scope

    def __init__(self, **arguments: str) -> None:
        super().__init__()
        self.arguments = arguments
        self.scope = self.check_arguments(**arguments)
        self.origin = self.scope.base_url
        self.host = urlsplit(self.origin).netloc
        self._only = {self.canonical(self.event_url(slug)) for slug in self.scope.only}
        self._waiting: dict[str, int] = {}  # events that `max_events` holds back, by rank
        self._chosen = 0
        self._asked: set[str] = set()  # paths of discovery pages
        self._paged: set[str] = set()  # events seen on the pages of the listing

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **arguments: str) -> Self:
        """Build the spider of a crawl."""
        spider = super().from_crawler(crawler, *args, **arguments)
        crawler.signals.connect(spider.request_dropped, signal=signals.request_dropped)
        crawler.signals.connect(spider.choose, signal=signals.spider_idle)
        return spider

    @property
    def keeper(self) -> RunKeeper:
        """The run that this crawl belongs to."""
        return RunKeeper.of(self.crawler)

    def count(self, stat: str, n: int = 1) -> None:
        """Add to a count of the run."""
        self.crawler.stats.inc_value(stat, n)

    async def start(self) -> AsyncIterator[Request]:
        """Ask for robots.txt; all else follows from its answer."""
        timeout = min(_FIRST_TIMEOUT, self.settings.getfloat("DOWNLOAD_TIMEOUT"))
        yield self.ask(
            "robots",
            "/robots.txt",
            dont_obey_robotstxt=True,
            download_timeout=timeout,
            max_retry_times=_FIRST_RETRIES,
        )

    def ask(self, kind: str, path: str, *, event: str | None = None, **meta: Any) -> Request:
        """Make a request.

        :param kind: what is asked for; ``read_<kind>`` reads the answer.
        :param path: path (and query) on the site, or an absolute address on its host.
        :param event: canonical address, for an event's page.
        """
        return Request(
            urljoin(self.origin, path),
            callback=self.answered,
            errback=self.unanswered,
            # All that leads to events goes first: event pages are asked for when most is known.
            priority=0 if event else 10,
            meta={"kind": kind, "event": event, **meta},
            dont_filter=meta.get("hops", 0) > 0,
        )

    def ask_once(self, kind: str, path: str, limit: int = 1_000_000, **meta: Any) -> Iterator[Request]:
        """Ask for a discovery page, unless it was asked for before or there are too many of its kind."""
        if path in self._asked:
            return
        if sum(1 for _ in self._of_kind(kind)) >= limit:
            self.bounded(f"{kind} pages", limit)
            return
        self._asked.add(path)
        yield self.ask(kind, path, **meta)
