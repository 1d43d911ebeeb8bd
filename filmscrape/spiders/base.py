"""Where to look, as far as all sources have it in common: discover → event page → item.

Every answer and every failure passes through :meth:`EventSpider.answered` or :meth:`EventSpider.unanswered`,
so that no page is lost uncounted. What a callback needs travels in ``request.meta`` as plain values: a request
survives being stored, and being taken up by another process.
"""

import logging
from collections import Counter
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
        self._only = {url for slug in self.scope.only if (url := self.canonical(self.event_url(slug)))}
        self._waiting: dict[str, int] = {}  # events that `max_events` holds back, by rank
        self._chosen = 0
        self.sitemaps: list[str] = []
        self._asked: set[str] = set()  # discovery pages
        self._kinds: Counter[str] = Counter()
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
        )

    def ask_once(self, kind: str, path: str, limit: int = 0, **meta: Any) -> Iterator[Request]:
        """Ask for a discovery page, unless it was asked for before or ``limit`` pages of its kind were."""
        if path in self._asked:
            return
        self._kinds[kind] += 1
        if limit and self._kinds[kind] > limit:
            self.bounded(f"more than {limit} {kind} pages")
            return
        self._asked.add(path)
        yield self.ask(kind, path, **meta)

    # ------------------------------------------------------------------ answers
    def answered(self, response: Response) -> Found:
        """Pass every answer to whoever reads its kind, or account for it."""
        kind, status = response.meta["kind"], response.status
        if status in _REDIRECTS and response.headers.get("Location"):
            yield from self.redirected(response)
        elif status == 200:
            yield from self.read(response)
        elif kind == "robots" and 400 <= status < 500 and status not in _ROBOTS_REFUSED:
            yield from self.discover()
        else:
            self.lost(response.meta, response.url, f"HTTP {status}", gone=status in _GONE)

    def unanswered(self, failure: Failure) -> None:
        """Account for a request that failed for good."""
        request: Request = failure.request  # type: ignore[attr-defined]
        self.lost(request.meta, request.url, describe(failure.value))

    def read(self, response: Response) -> Found:
        """Read a page with status 200; one that cannot be read costs its own row and never the run."""
        kind = response.meta["kind"]
        try:
            found = list(getattr(self, f"read_{kind}")(response))
        except UnreadablePage as problem:
            self.lost(response.meta, response.url, f"unreadable: {problem.reason}")
        except OSError:
            raise  # the disk: the keeper ends the run
        except Exception as fault:
            logger.debug("%s", response.url, exc_info=True)
            self.lost(response.meta, response.url, f"cannot be read: {fault!r}")
        else:
            if kind not in ("robots", "event"):
                self.count(Stat.DISCOVERY_FETCHED)
            yield from found

    def lost(self, meta: dict[str, Any], url: str, reason: str, *, gone: bool = False) -> None:
        """Account for a page that was asked for and cannot be had.

        :param gone: the site says that there is no such page.
        """
        kind, event = meta["kind"], meta["event"]
        if kind == "robots":
            self.stop(url, reason)
            return
        if event:
            self.count(Stat.FAILED)
            self.keeper.worklist.settle(event, "failed")
        elif gone:
            self.count(Stat.DISCOVERY_MISSING)
            logger.info("There is no %s page %s", kind, url)
            return
        else:
            self.count(Stat.DISCOVERY_FAILED)
        if reason == FORBIDDEN:
            self.count(Stat.FORBIDDEN)
        elif not gone:
            self.count(Stat.REFUSED)
            self.keeper.first_failure = self.keeper.first_failure or reason
        self.keeper.run.fail(event or url, kind, reason)
        logger.warning("%s: %s", url, reason)

    def stop(self, url: str, reason: str) -> None:
        """End the run because robots.txt could not be had: nothing else was asked for, nothing else will be."""
        if reason.startswith(("HTTP", "redirects", "too many")):
            verdict = Verdict(Outcome.ROBOTS, f"{url} cannot be read ({reason}): nobody knows what may be fetched")
        else:
            verdict = Verdict(Outcome.UNREACHABLE, f"{self.host} cannot be reached: {reason}")
        self.keeper.verdict = verdict

    # ------------------------------------------------------------------ redirects
    def redirected(self, response: Response) -> Iterator[Request]:
        """Follow a redirect on the same host; an event that is elsewhere now is an event of that address."""
        meta = response.meta
        location = response.headers["Location"].decode("latin-1")
        target = self.on_site(location, response.url)
        if target is None:
            self.count(Stat.OFFSITE)
            self.lost(meta, response.url, f"redirects to another site: {location}")
            return
        event = meta["event"]
        if event and (moved := self.canonical(target)) != event:
            yield from self.moved(event, moved, target)
            return
        hops = meta.get("hops", 0) + 1
        if hops > _MAX_HOPS:
            self.lost(meta, response.url, f"too many redirects: {hops}")
            return
        yield response.request.replace(url=target, meta={**meta, "hops": hops}, dont_filter=True)

    def moved(self, event: str, target: str | None, address: str) -> Iterator[Request]:
        """Account for an event that redirects to another address."""
        if target is None:
            self.settle_as_no_event(event, f"redirects to {address}")
            return
        self.keeper.worklist.settle(event, "moved")
        self.keeper.run.skip(event, f"moved to {target}")
        if self.keeper.worklist.claim(target):  # no filter: it stands for one that passed them
            yield self.ask("event", urlsplit(target).path, event=target)

    def on_site(self, href: str, base: str) -> str | None:
        """Give the address to ask for a link; ``None`` where it leads to another site.

        Links to the public site lead to ``base_url``, wherever that is.
        """
        try:
            parts = urlsplit(urljoin(base, href.strip()))
        except ValueError:
            return None
        if parts.scheme not in ("http", "https"):
            return None
        if parts.netloc.lower() == self.host:
            return parts._replace(fragment="").geturl()
        public = urlsplit(self.site).netloc
        if parts.netloc.lower() in (public, f"www.{public}"):
            return self.origin + parts._replace(scheme="", netloc="", fragment="").geturl()
        return None

    # ------------------------------------------------------------------ discovery
    def read_robots(self, response: Response) -> Found:
        """Note the sitemaps, and begin."""
        self.sitemaps = list(sitemap_urls_from_robots(response.body, response.url))
        return self.discover()

    def discover(self) -> Found:
        """Look in every place of the scope; events that were named are fetched whether they are listed or not."""
        for place in self.places:
            if place in self.scope.discover:
                yield from getattr(self, f"discover_{place}")()
        for url in sorted(self._only):
            yield from self.found(url, self.places[0])

    def discover_sitemap(self) -> Iterator[Request]:
        """Ask for the sitemaps that robots.txt names."""
        for url in self.sitemaps:
            yield from self.ask_for_sitemap(url, self.origin)

    def ask_for_sitemap(self, url: str, base: str) -> Iterator[Request]:
        """Ask for a sitemap, where it is on the site."""
        target = self.on_site(url, base)
        if target is None:
            self.count(Stat.OFFSITE)
            logger.info("Sitemap on another site, not followed: %s", url)
        else:
            yield from self.ask_once("sitemap", target, self.max_sitemaps)

    def read_sitemap(self, response: Response) -> Found:
        """Read a sitemap or an index of sitemaps, gzipped or not."""
        body = response.body
        if gzip_magic_number(response):
            body = gunzip(body, max_size=self.settings.getint("DOWNLOAD_MAXSIZE"))
        if not body.strip():
            raise UnreadablePage("an empty sitemap")
        sitemap = Sitemap(body)
        if sitemap.type not in ("urlset", "sitemapindex"):
            raise UnreadablePage(f"no sitemap, but <{sitemap.type}>")
        for entry in sitemap:
            url = entry["loc"]
            if sitemap.type == "sitemapindex":
                yield from self.ask_for_sitemap(url, response.url)
            elif self.on_site(url, response.url) is None:
                self.count(Stat.OFFSITE)
            elif event := self.canonical(url):
                yield from self.found(event, "sitemap")
            elif path := self.series_path(url):
                yield from self.series([path])

    def read_listing(self, response: Response) -> Found:
        """Read a page of the listing, and ask for the next one."""
        page = self.card_page(response.body, response.url, captured_at(response))
        yield from self.series(page.series_paths())
        if "listing" not in self.scope.discover:
            return  # asked for the series that it links to
        cards = page.sightings()
        yield from self.sighted(cards, "listing")
        following = page.next_path()
        if not cards or following is None:
            return
        new = {card.url for card in cards} - self._paged
        if not new:
            self.bounded(f"{response.url} shows nothing that the pages before it did not")
            return
        self._paged |= new
        yield from self.ask_once("listing", following, self.max_list_pages)

    def read_series(self, response: Response) -> Found:
        """Read the page of a series."""
        page = self.card_page(response.body, response.url, captured_at(response))
        yield from self.series(page.series_paths())
        yield from self.sighted(page.sightings(), "series")

    def series(self, paths: Iterable[str]) -> Iterator[Request]:
        """Ask for series pages that were linked to."""
        if "series" in self.scope.discover:
            for path in paths:
                yield from self.ask_once("series", path, self.max_series)

    def bounded(self, why: str) -> None:
        """Note that a bound ended a search."""
        self.count(Stat.DISCOVERY_BOUNDED)
        logger.info("Not followed any further: %s", why)

    # ------------------------------------------------------------------ events
    def sighted(self, sightings: Iterable[ScrapedEvent], place: str) -> Found:
        """Pass on what a card or a calendar entry says, and ask for the event's page."""
        for item in sightings:
            if not self._only or item.url in self._only:
                yield item
            coming = self.scope.upcoming and is_coming(item, undated=place == "listing")
            yield from self.found(item.url, place, coming)

    def found(self, url: str, place: str, coming: bool = False) -> Iterator[Request]:
        """Ask for an event's page, once, if it is within the scope.

        :param url: canonical address.
        :param place: where it was found; with ``max_events`` the surest places go first.
        :param coming: whether it was seen there with a screening to come.
        """
        worklist, scope = self.keeper.worklist, self.scope
        if self._only and url not in self._only:
            worklist.hold(url, "only")
        elif scope.upcoming and not coming:
            worklist.hold(url, "not_upcoming")
        elif scope.max_events is not None:
            worklist.hold(url, "max_events")
            rank = self.places.index(place)
            self._waiting[url] = min(rank, self._waiting.get(url, rank))
        elif worklist.claim(url):
            yield self.ask("event", urlsplit(url).path, event=url)

    def choose(self) -> None:
        """Choose the events of ``max_events`` once all are known, so that the choice depends on no order of answers.

        Called when nothing is left to do; keeps the spider open if there is something now.
        """
        room = (self.scope.max_events or 0) - self._chosen
        chosen = sorted(self._waiting, key=lambda url: (self._waiting[url], url))[: max(room, 0)]
        for url in chosen:
            del self._waiting[url]
            if self.keeper.worklist.claim(url):
                self._chosen += 1
                self.crawler.engine.crawl(self.ask("event", urlsplit(url).path, event=url))
        if chosen:
            raise DontCloseSpider

    def read_event(self, response: Response) -> Found:
        """Read the page of an event."""
        event = response.meta["event"]
        page = self.event_page(response.body, response.url, captured_at(response))
        try:
            item = page.read()
        except NotAnEvent as other:
            self.settle_as_no_event(event, other.reason)
        except Exception as problem:
            reason = problem.reason if isinstance(problem, UnreadablePage) else f"cannot be read: {problem!r}"
            logger.debug("%s", event, exc_info=True)
            self.settle(event, Stat.UNREADABLE)
            self.keeper.run.reject(event, None, [{"field": None, "reason": reason, "raw": None}], origin="page")
            logger.warning("%s: %s", event, reason)
            return
        else:
            self.settle(event, Stat.EXTRACTED)
            item.capture = Capture(captured_at(response), response.status, sha256(response.body).hexdigest())
            yield item
        yield from self.series(page.series_paths())

    def settle_as_no_event(self, event: str, reason: str) -> None:
        """Account for an address that was fetched and is no event."""
        self.settle(event, Stat.NOT_AN_EVENT)
        self.keeper.run.skip(event, reason)

    def settle(self, event: str, stat: str) -> None:
        """Account for an event's page that was fetched."""
        self.keeper.worklist.settle(event, "fetched")
        self.count(Stat.FETCHED)
        self.count(stat)

    def request_dropped(self, request: Request) -> None:
        """Account for an event whose address differs from another's in spelling only: Scrapy drops it unasked."""
        if event := request.meta.get("event"):
            self.keeper.worklist.settle(event, "same_page")


def captured_at(response: Response) -> datetime:
    """When the answer was given: its ``Date`` (RFC 9110), UTC; the clock only where it has none that can be read."""
    try:
        date = parsedate_to_datetime((response.headers.get("Date") or b"").decode("latin-1"))
    except ValueError:
        return datetime.now(UTC).replace(microsecond=0)
    return date.astimezone(UTC) if date.tzinfo else date.replace(tzinfo=UTC)


def is_coming(item: ScrapedEvent, *, undated: bool) -> bool:
    """Whether a sighting has a screening that is still to come when it was captured.

    :param undated: the answer for a sighting without a date that can be read: a listing shows what is on.
    """
    from filmscrape.interpret import interpret  # heavy, and needed for `upcoming` only

    screenings = interpret(item).values["screenings"]
    if not screenings:
        return undated
    return any(datetime.fromisoformat(s["starts_at"]) >= item.captured_at for s in screenings)
