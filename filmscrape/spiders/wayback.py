"""Read the captures of a web archive in place of the site: index → choice → event page.

Each distinct capture that the index lists is accounted for under its address in the archive. The choice is made when
the whole index is known: it depends on no order of answers.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, ClassVar, Self
from urllib.parse import urljoin, urlsplit

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import DontCloseSpider
from scrapy.http import Response

from filmscrape.archive.captures import read_http_date
from filmscrape.archive.wayback import (
    Listed,
    Reading,
    UnreadableIndex,
    halves,
    query,
    read_index,
    replay,
    replayed,
    stamp,
    versions,
)
from filmscrape.items import ScrapedEvent
from filmscrape.pages.base import UnreadablePage
from filmscrape.spiders.asking import AskingSpider, Found

OLDER = "older_capture"


class CaptureSpider(AskingSpider):
    """A spider that can read a web archive.

    ``reading`` says what; it is ``None`` where the site itself is asked.
    """

    capture_prefix: ClassVar[str]
    """What the addresses of a source's event pages begin with, without scheme: ``festival.example/events/``."""
    max_captures: ClassVar[int] = 3
    """How many captures of one event to ask for at most until one can be used."""
    index_rows: ClassVar[int] = 5_000
    """Captures in one answer of the index: about 1 MB, which the Internet Archive gives in some seconds."""
    index_timeout: ClassVar[int] = 180
    """Seconds: the Internet Archive can take minutes to list a site."""
    max_index_pages: ClassVar[int] = 500

    def __init__(self, origin: str, reading: Reading | None = None) -> None:
        super().__init__(origin)
        self.reading = reading
        self._indexed: set[str] = set()  # prefixes whose list was read
        self._listed: dict[str, list[Listed]] = {}  # by event
        self._versions: dict[str, list[Listed]] | None = None  # by event, newest first; known once the index is
        self._tried: Counter[str] = Counter()
        self._usable: set[str] = set()

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **arguments: Any) -> Self:
        """Build the spider of a crawl."""
        spider = super().from_crawler(crawler, *args, **arguments)
        crawler.signals.connect(spider.item_dropped, signal=signals.item_dropped)
        return spider

    # ------------------------------------------------------------------ index
    def ask_for_index(self, reading: Reading, prefixes: Iterable[str]) -> Iterator[Request]:
        """Ask for the captures of all pages whose addresses begin with one of the prefixes."""
        for prefix in prefixes:
            yield from self._list(prefix, reading.first, reading.last)

    def _list(self, prefix: str, first: datetime, last: datetime, resume: str | None = None) -> Iterator[Request]:
        assert self.reading is not None
        yield from self.ask_once(
            "index",
            query(self.reading.server, prefix, first, last, self.index_rows, resume),
            self.max_index_pages,
            prefix=prefix,
            span=[first.isoformat(), last.isoformat()],
            download_timeout=max(self.index_timeout, self.settings.getfloat("DOWNLOAD_TIMEOUT")),
        )

    def read_index(self, response: Response) -> Found:
        """Note the captures of events, and ask for the rest of the list.

        A server that gives no more than was asked for and does not say where the list goes on is asked for the same
        days in two halves.
        """
        try:
            index = read_index(response.body)
        except UnreadableIndex as fault:
            raise UnreadablePage(str(fault)) from fault
        first, last = map(datetime.fromisoformat, response.meta["span"])
        for capture in index.captures:
            event = self._event_of(capture)
            if event and stamp(first) <= capture.timestamp <= stamp(last):
                self._listed.setdefault(event, []).append(capture)
        prefix = response.meta["prefix"]
        self._indexed.add(prefix)
        if index.resume:
            yield from self._list(prefix, first, last, index.resume)
        elif index.rows >= self.index_rows:
            if first == last:
                self.bounded(f"{response.url} lists more captures of one second than an answer holds")
            for half in halves(first, last):
                yield from self._list(prefix, *half)
        if index.broken:
            raise UnreadablePage(f"{index.broken} captures of {index.rows} that cannot be read")

    def _event_of(self, capture: Listed) -> str | None:
        """The canonical address of a captured page, where it is an event of the site."""
        try:
            host = urlsplit(capture.url).hostname or ""
        except ValueError:
            return None
        public = urlsplit(self.site).hostname
        return self.canonical(capture.url) if host.removeprefix("www.") == public else None

    # ------------------------------------------------------------------ choice
    def choose_captures(self, only: set[str], limit: int | None) -> None:
        """Choose captures; called when nothing is left to do, and keeps the spider open if there is something now.

        The newest capture of each event goes first; where it was no use, the next older follows, and so on.
        """
        if self._versions is None:
            self._versions = {event: versions(self._listed[event]) for event in sorted(self._listed)}
            self._listed = {}
            for event in sorted(only - self._versions.keys()):
                if prefix_of(event) in self._indexed:
                    self.lost({"kind": "capture", "event": event}, event, "the archive has no capture of it", gone=True)
            self._hold(only, limit)
        chosen = list(self._next_captures())
        for request in chosen:
            self.crawler.engine.crawl(request)
        if chosen:
            raise DontCloseSpider

    def _hold(self, only: set[str], limit: int | None) -> None:
        """Account for the captures that are listed, and leave in the choice what is within the scope."""
        assert self._versions is not None
        wanted = [event for event in self._versions if not only or event in only]
        within = set(wanted[:limit])
        for event, captures in self._versions.items():
            reason = OLDER if event in within else "max_events" if event in wanted else "only"
            for capture in captures:
                self.keeper.worklist.hold(self._address(capture), reason)
        self._versions = {event: self._versions[event] for event in wanted[:limit]}

    def _next_captures(self) -> Iterator[Request]:
        assert self._versions is not None
        assert self.reading is not None
        for event, captures in list(self._versions.items()):
            done = event in self._usable or self._tried[event] >= self.max_captures
            now = captures if self.reading.every else [] if done else captures[:1]
            for capture in now:
                address = self._address(capture)
                if self.keeper.worklist.claim(address):
                    yield self.ask("capture", address, event=address, page=event)
            self._tried[event] += len(now)
            self._versions[event] = captures[len(now) :]
            if not now or self.reading.every:
                del self._versions[event]

    def _address(self, capture: Listed) -> str:
        assert self.reading is not None
        return replay(self.reading.server, capture)

    # ------------------------------------------------------------------ captures
    def read_capture(self, response: Response) -> Found:
        """Read a captured page as if the site had just answered, on the day of the capture."""
        asked, given = replayed(response.url), read_http_date(response.headers.get("Memento-Datetime"))
        if asked and given and stamp(given) != asked.timestamp:
            reason = f"the archive gave the capture of {stamp(given)} in its place"
            self.settle_as_no_event(response.meta["event"], reason)
            return
        for found in self.read_event(response):
            if isinstance(found, ScrapedEvent):
                self._usable.add(response.meta["page"])
            yield found

    def read_event(self, response: Response) -> Found:
        """Read the page of an event."""
        raise NotImplementedError

    def item_dropped(self, item: ScrapedEvent) -> None:
        """Note that a capture was no use after all: what it says does not keep the contract."""
        self._usable.discard(item.url)

    def lost(self, meta: dict[str, Any], url: str, reason: str, *, gone: bool = False) -> None:
        """Account for a page that cannot be had; an archive always has an index, so one that is gone is a failure."""
        super().lost(meta, url, reason, gone=gone and meta["kind"] != "index")

    def redirected(self, response: Response) -> Iterator[Request]:
        """Follow an archive to another spelling of the same capture; anywhere else it has another page."""
        if response.meta["kind"] != "capture":
            yield from super().redirected(response)
            return
        location = (response.headers.get("Location") or b"").decode("latin-1")
        try:
            target = urljoin(response.url, location)
            is_same = urlsplit(target).netloc == self.host and self._is_same(response, replayed(target))
        except ValueError:
            is_same = False
        if is_same:
            yield from self.follow(response, target)
        else:
            self.settle_as_no_event(response.meta["event"], f"redirects to {location}")

    def _is_same(self, response: Response, capture: Listed | None) -> bool:
        asked = replayed(response.url)
        return (
            asked is not None
            and capture is not None
            and capture.timestamp == asked.timestamp
            and self._event_of(capture) == response.meta["page"]
        )


def prefix_of(url: str) -> str:
    """Build what the index is asked for an event's page: its address without scheme and last slash."""
    return url.partition("://")[2].rstrip("/")
