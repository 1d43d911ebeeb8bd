"""Where to look, as far as all sources have it in common: discover → event page → item."""

import logging
import re
import zlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from hashlib import sha256
from typing import Any, ClassVar, Protocol, Self
from urllib.parse import urlsplit

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import DontCloseSpider
from scrapy.http import Response
from scrapy.utils.gz import gunzip, gzip_magic_number
from scrapy.utils.sitemap import Sitemap

from filmscrape.items import Capture, ScrapedEvent
from filmscrape.logs import logfmt
from filmscrape.pages.base import NotAnEvent, UnreadablePage
from filmscrape.runs.stats import Stat
from filmscrape.spiders.arguments import ArgumentError, Scope, read_scope
from filmscrape.spiders.asking import Found, captured_at
from filmscrape.spiders.wayback import CaptureSpider, prefix_of

logger = logging.getLogger(__name__)

_TAIL = 4096  # bytes; plugins write a comment or two behind the end
_SITEMAP_ENDS = re.compile(rb"</(?:[\w.-]+:)?(?:urlset|sitemapindex)\s*>|<(?:[\w.-]+:)?(?:urlset|sitemapindex)[^<]*/>")


class EventPage(Protocol):
    """The page of one event, as a source's page objects have it."""

    def __init__(self, body: bytes, url: str, captured_at: datetime) -> None: ...

    def read(self) -> ScrapedEvent:
        """Say what the page says."""
        ...

    def series_paths(self) -> list[str]:
        """List the paths of the series that the page links to."""
        ...


class SightingPage(Protocol):
    """A page that gives a few facts about each of several events: a calendar, or a page of cards."""

    def __init__(self, body: bytes, url: str, captured_at: datetime) -> None: ...

    def sightings(self) -> list[ScrapedEvent]:
        """Say what the page says of each event."""
        ...


class CardPage(SightingPage, Protocol):
    """A page of cards, a listing's or a series'."""

    @property
    def has_end(self) -> bool:
        """Whether the page comes as far as its footer or the end of the document."""
        ...

    def series_paths(self) -> list[str]:
        """List the paths of the series that the page links to."""
        ...

    def next_path(self) -> str | None:
        """Give the path of the next page of the listing."""
        ...


class EventSpider(CaptureSpider):
    """Base of all spiders.

    Arguments are those of :class:`~filmscrape.spiders.arguments.Scope`. What is fetched is published whatever its
    status: ``upcoming`` decides which pages are asked for, and their own words decide the rest.

    A source sets the class attributes, says what addresses mean, and has for each of its ``places`` a method
    ``discover_<place>``, which yields the first requests.
    """

    places: ClassVar[tuple[str, ...]] = ("listing", "calendar", "series", "sitemap")
    """Where events can be found; the surest to show something that is still to come first."""
    event_page: ClassVar[type[EventPage]]
    card_page: ClassVar[type[CardPage]]
    calendar_page: ClassVar[type[SightingPage] | None] = None
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
    def series_path(cls, url: str) -> str | None:
        """Give the path of a series page for a link to it; ``None`` for what is none."""
        raise NotImplementedError

    @classmethod
    def kind_of(cls, url: str) -> str | None:
        """Tell what kind of page an address on any host is, for answers that were stored without saying so.

        :return: ``event``, ``listing``, ``series`` or ``calendar``; ``None`` for what is none of them.
        """
        if cls.canonical(url) is not None:
            return "event"
        return "series" if cls.series_path(url) is not None else None

    # ------------------------------------------------------------------ arguments
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
        self.arguments = arguments
        self.scope = self.check_arguments(**arguments)
        super().__init__(self.scope.asked, self.scope.wayback)
        self._only = {url for slug in self.scope.only if (url := self.canonical(self.event_url(slug)))}
        self._waiting: dict[str, int] = {}  # events that `max_events` holds back, by rank
        self._chosen = 0

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **arguments: Any) -> Self:
        """Build the spider of a crawl."""
        spider = super().from_crawler(crawler, *args, **arguments)
        crawler.signals.connect(spider.choose, signal=signals.spider_idle)
        return spider

    # ------------------------------------------------------------------ discovery
    def discover(self) -> Found:
        """Look in every place of the scope; events that were named are fetched whether they are listed or not."""
        if self.reading:
            named = tuple(map(prefix_of, sorted(self._only)))
            yield from self.ask_for_index(self.reading, named or (self.capture_prefix,))
            return
        for place in self.places:
            if place in self.scope.discover:
                yield from getattr(self, f"discover_{place}")()
        # Some series are linked to by events only, whose pages are not read again while they are as they were.
        yield from self.series(path for path in self.keeper.answers_before if self.series_path(self.site + path))
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
            logger.info("%s", logfmt("sitemap on another site", url=url, next="nothing: it is not followed"))
        else:
            yield from self.ask_once("sitemap", target, self.max_sitemaps)

    def read_sitemap(self, response: Response) -> Found:
        """Read a sitemap or an index of sitemaps, gzipped or not."""
        body = unpacked(response, self.settings.getint("DOWNLOAD_MAXSIZE"))
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
                self.keeper.lastmods[event] = str(entry.get("lastmod") or "")
                yield from self.found(event, "sitemap")
            elif path := self.series_path(url):
                yield from self.series([path])
        # The parser makes the best of a file that is cut off, and what is not in it would seem to have left the site.
        if not _SITEMAP_ENDS.search(body[-_TAIL:]):
            raise UnreadablePage(f"the sitemap is cut off: it does not end with </{sitemap.type}>")

    def read_listing(self, response: Response) -> Found:
        """Read a page of the listing, and ask for the next one."""
        page = self.card_page(response.body, response.url, captured_at(response))
        yield from self.series(page.series_paths())
        if "listing" in self.scope.discover:  # else it was asked for the series that it links to
            cards = page.sightings()
            yield from self.turn_over(response, cards, page.next_path())  # before the events: it leads to more of them
            yield from self.sighted(cards, "listing")
        refuse_cut_off(page)

    def turn_over(self, response: Response, cards: list[ScrapedEvent], following: str | None) -> Iterator[Request]:
        """Ask for the next page of the listing, as long as there is something new."""
        if not cards or following is None:
            return
        before = response.meta.get("paged", [])
        new = {card.url for card in cards}.difference(before)
        if not new:
            self.bounded(f"{response.url} shows nothing that the pages before it did not")
            return
        yield from self.ask_once("listing", following, self.max_list_pages, paged=[*before, *sorted(new)])

    def read_series(self, response: Response) -> Found:
        """Read the page of a series."""
        page = self.card_page(response.body, response.url, captured_at(response))
        yield from self.series(page.series_paths())
        yield from self.sighted(page.sightings(), "series")
        refuse_cut_off(page)

    def series(self, paths: Iterable[str]) -> Iterator[Request]:
        """Ask for series pages that were linked to."""
        if "series" in self.scope.discover:
            for path in paths:
                yield from self.ask_once("series", path, self.max_series)

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
            if worklist.hold(url, "max_events"):
                rank = self.places.index(place)
                self._waiting[url] = min(rank, self._waiting.get(url, rank))
        elif worklist.claim(url):
            yield self.ask("event", urlsplit(url).path, event=url, lastmod=self.keeper.lastmods.get(url, ""))

    def choose(self) -> None:
        """Choose the events of ``max_events`` once all are known: the choice depends on no order of answers.

        Called when nothing is left to do; keeps the spider open if there is something now.
        """
        if self.reading:
            self.choose_captures(self._only, self.scope.max_events)
            return
        room = (self.scope.max_events or 0) - self._chosen
        before = self._chosen
        for url in sorted(self._waiting, key=lambda url: (self._waiting[url], url))[: max(room, 0)]:
            del self._waiting[url]
            if self.keeper.worklist.claim(url):  # a redirect may have led to it in the meantime
                self._chosen += 1
                self.crawler.engine.crawl(self.ask("event", urlsplit(url).path, event=url))
        if self._chosen > before:
            raise DontCloseSpider

    def read_event(self, response: Response) -> Found:
        """Read the page of an event."""
        event, now = response.meta["event"], captured_at(response)
        page = self.event_page(response.body, response.meta.get("page", response.url), now)
        try:
            item = page.read()
            paths = page.series_paths()
        except NotAnEvent as other:
            if self.was_read_before(response):
                self.settle_as_unreadable(event, UnreadablePage(f"{other.reason}, and an earlier run read one there"))
            else:
                self.settle_as_no_event(event, other.reason)
        except Exception as fault:
            self.settle_as_unreadable(event, fault)
        else:
            self.settle(event, Stat.EXTRACTED)
            record_id = response.meta.get("warc_record_id")
            item.capture = Capture(now, response.status, sha256(response.body).hexdigest(), record_id)
            yield item
            yield from self.series(paths)

    def was_read_before(self, response: Response) -> bool:
        """Whether an earlier run read an event's page at the same address of the site.

        Where none is recognised there now, either it was replaced or a changed layout is not known, which would look
        like events that left: so it counts as a page that cannot be read, and many of them fail the run.
        """
        address = response.meta.get("page", response.meta["event"])
        return self.keeper.ledger.page(self.keeper.id_of(address)) is not None


def refuse_cut_off(page: CardPage) -> None:
    """Refuse a page that breaks off: what it does not show any more would seem to have left the site.

    :raises UnreadablePage: it does.
    """
    if not page.has_end:
        raise UnreadablePage("the page is cut off: neither footer nor end of document")


def unpacked(response: Response, limit: int) -> bytes:
    """Unpack a sitemap that is itself a gzip file.

    :param limit: bytes that it may have at most.
    :raises UnreadablePage: it is damaged, too large or empty.
    """
    body = response.body
    if gzip_magic_number(response):
        try:
            body = gunzip(body, max_size=limit)
        except (OSError, EOFError, ValueError, zlib.error) as fault:
            raise UnreadablePage(f"a gzip file that cannot be unpacked: {fault}") from fault
    if not body.strip():
        raise UnreadablePage("an empty sitemap")
    return body


def is_coming(item: ScrapedEvent, *, undated: bool) -> bool:
    """Whether a sighting has a screening that was still to come when it was captured.

    :param undated: the answer for a sighting without a date that can be read: a listing shows what is on.
    """
    from filmscrape.interpret import interpret  # heavy, and needed for `upcoming` only

    screenings = interpret(item).values["screenings"]
    if not screenings:
        return undated
    return any(datetime.fromisoformat(s["starts_at"]) >= item.captured_at for s in screenings)
