"""Ask a site for pages, and account for every answer and every failure.

What a callback needs travels in ``request.meta`` as plain values: a request survives being stored, and being
taken up by another process.
"""

import logging
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Self
from urllib.parse import urljoin, urlsplit

from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.utils.sitemap import sitemap_urls_from_robots
from twisted.python.failure import Failure

from filmscrape.archive.captures import captured_at as date_of
from filmscrape.archive.captures import read_http_date
from filmscrape.archive.wayback import moment, replayed
from filmscrape.items import ScrapedEvent
from filmscrape.pages.base import UnreadablePage
from filmscrape.robots import FORBIDDEN
from filmscrape.runs.outcome import Outcome, Verdict
from filmscrape.runs.stats import Stat
from filmscrape.spiders.failures import describe

if TYPE_CHECKING:
    from filmscrape.runs.keeper import RunKeeper

Found = Iterator[Request | ScrapedEvent]

logger = logging.getLogger(__name__)

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_GONE = frozenset({404, 410})
# RFC 9309 leaves a site whose robots.txt answers 4xx open; these three say "not you" or "not now" instead.
_ROBOTS_REFUSED = frozenset({401, 403, 429})
# robots.txt comes first and shows whether the host can be reached at all: two tries of 15 seconds and the
# delay between them stay well within a minute.
_FIRST_TIMEOUT, _FIRST_RETRIES = 15, 1
# What Scrapy notes in the meta of a request that was answered; another request may not carry it on.
_OF_THE_ANSWER = frozenset({"download_latency", "retry_times"})
_MAX_HOPS = 5  # redirects in a row, as RFC 9309 has it for robots.txt


class AskingSpider(Spider):
    """A spider that never loses a page uncounted.

    A subclass says what an event's address is (:meth:`canonical`), where to begin (:meth:`discover`), and has
    a method ``read_<kind>`` for each kind of page that it asks for.
    """

    site: ClassVar[str]
    """Origin of the public site; the records' addresses are there, whatever is asked in its place."""

    def __init__(self, origin: str) -> None:
        super().__init__()
        self.origin = origin
        self.host = urlsplit(origin).netloc
        self.sitemaps: list[str] = []
        self._asked: set[str] = set()  # discovery pages
        self._kinds: Counter[str] = Counter()

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **arguments: Any) -> Self:
        """Build the spider of a crawl."""
        spider = super().from_crawler(crawler, *args, **arguments)
        crawler.signals.connect(spider.request_dropped, signal=signals.request_dropped)
        return spider

    @classmethod
    def canonical(cls, url: str) -> str | None:
        """Give the one public address of an event for any of its spellings; ``None`` for what is no event."""
        raise NotImplementedError

    def discover(self) -> Found:
        """Begin: called once robots.txt is known."""
        raise NotImplementedError

    @cached_property
    def keeper(self) -> "RunKeeper":
        """The run that this crawl belongs to."""
        from filmscrape.runs.keeper import RunKeeper  # heavy, and `scrapy list` needs none

        return RunKeeper.of(self.crawler)

    def count(self, stat: str) -> None:
        """Add one to a count of the run."""
        self.crawler.stats.inc_value(stat)

    # ------------------------------------------------------------------ asking
    async def start(self) -> AsyncIterator[Request]:
        """Ask for robots.txt; all else follows from its answer."""
        yield self.ask(
            "robots",
            "/robots.txt",
            dont_obey_robotstxt=True,
            download_timeout=min(_FIRST_TIMEOUT, self.settings.getfloat("DOWNLOAD_TIMEOUT")),
            max_retry_times=min(_FIRST_RETRIES, self.settings.getint("RETRY_TIMES")),
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

    def on_site(self, href: str, base: str) -> str | None:
        """Give the address to ask for a link; ``None`` where it leads to another site.

        Links to the public site lead to the origin that is asked, wherever that is.
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

    def bounded(self, why: str) -> None:
        """Note that a bound ended a search."""
        self.count(Stat.DISCOVERY_BOUNDED)
        logger.info("Not followed any further: %s", why)

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
        """Account for a request that got no answer."""
        request: Request = failure.request  # type: ignore[attr-defined]
        reason = describe(failure.value)
        if request.meta["kind"] == "robots":
            # Nothing else was asked for, so nothing else will be: this ends the run.
            self.keeper.verdict = Verdict(Outcome.TOO_MANY_FAILED, f"{self.host} cannot be reached: {reason}")
        else:
            self.lost(request.meta, request.url, reason)

    def read(self, response: Response) -> Found:
        """Read a page that is there; one that cannot be read costs its own row and never the run."""
        kind = response.meta["kind"]
        try:
            yield from getattr(self, f"read_{kind}")(response)
        except OSError:
            raise  # the disk: the keeper ends the run
        except Exception as fault:
            logger.debug("%s", response.url, exc_info=True)
            self.lost(response.meta, response.url, unreadable(fault))
        else:
            if kind not in ("robots", "event", "capture"):
                self.count(Stat.DISCOVERY_FETCHED)

    def read_robots(self, response: Response) -> Found:
        """Note the sitemaps that robots.txt names, and begin."""
        self.sitemaps = list(sitemap_urls_from_robots(response.body, response.url))
        return self.discover()

    def lost(self, meta: dict[str, Any], url: str, reason: str, *, gone: bool = False) -> None:
        """Account for a page that was asked for and cannot be had.

        :param gone: the site says that there is no such page.
        """
        kind, event = meta["kind"], meta["event"]
        if kind == "robots":  # as above: this ends the run
            message = f"{url} cannot be read ({reason}), so nobody knows what may be fetched"
            self.keeper.verdict = Verdict(Outcome.ROBOTS, message)
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

    # ------------------------------------------------------------------ redirects
    def redirected(self, response: Response) -> Iterator[Request]:
        """Follow a redirect on the same host; an event that is elsewhere now is an event of that address."""
        meta = response.meta
        location = (response.headers.get("Location") or b"").decode("latin-1")
        target = self.on_site(location, response.url)
        if target is None:
            self.count(Stat.OFFSITE)
            self.lost(meta, response.url, f"redirects to another site: {location}")
            return
        event = meta["event"]
        if event and (moved := self.canonical(target)) != event:
            yield from self.moved(event, moved, target)
            return
        yield from self.follow(response, target)

    def follow(self, response: Response, target: str) -> Iterator[Request]:
        """Ask for the same at the address that a redirect names; too many in a row are a loss."""
        meta = response.meta
        hops = meta.get("hops", 0) + 1
        if hops > _MAX_HOPS:
            self.lost(meta, response.url, f"more than {_MAX_HOPS} redirects")
            return
        assert response.request is not None
        carried = {name: value for name, value in meta.items() if name not in _OF_THE_ANSWER}
        yield response.request.replace(url=target, meta={**carried, "hops": hops}, dont_filter=True)

    def moved(self, event: str, target: str | None, address: str) -> Iterator[Request]:
        """Account for an event that redirects to another address."""
        if target is None:
            self.settle_as_no_event(event, f"redirects to {address}")
            return
        self.keeper.worklist.settle(event, "moved")
        self.keeper.run.skip(event, f"moved to {target}")
        if self.keeper.worklist.claim(target):  # no filter: it stands for one that passed them
            yield self.ask("event", urlsplit(target).path, event=target)

    # ------------------------------------------------------------------ events
    def settle(self, event: str, stat: str) -> None:
        """Account for an event's page that was fetched."""
        self.keeper.worklist.settle(event, "fetched")
        self.count(Stat.FETCHED)
        self.count(stat)

    def settle_as_no_event(self, event: str, reason: str) -> None:
        """Account for an address that was fetched and is no event."""
        self.settle(event, Stat.NOT_AN_EVENT)
        self.keeper.run.skip(event, reason)

    def settle_as_unreadable(self, event: str, fault: Exception) -> None:
        """Account for an event's page that was fetched and cannot be read."""
        reason = unreadable(fault)
        self.settle(event, Stat.UNREADABLE)
        self.keeper.run.reject(event, None, [{"field": None, "reason": reason, "raw": None}], origin="page")
        logger.warning("%s: %s", event, reason)
        logger.debug("%s", event, exc_info=fault)

    def request_dropped(self, request: Request) -> None:
        """Account for an event whose address differs from another's in spelling only: Scrapy drops it unasked."""
        if event := request.meta.get("event"):
            self.keeper.worklist.settle(event, "same_page")


def unreadable(fault: Exception) -> str:
    """Say why a page cannot be read; an exception without a reason is a fault of this program."""
    return fault.reason if isinstance(fault, UnreadablePage) else f"the reader failed: {fault!r}"


def captured_at(response: Response) -> datetime:
    """Tell when a page was captured, UTC.

    A web archive's copy says it in ``Memento-Datetime`` (RFC 7089), else in its address. A live answer has the time
    that the run's WARC gives it; without a WARC its own ``Date``.
    """
    past = replayed(response.url)
    if past is not None:
        then = read_http_date(response.headers.get("Memento-Datetime")) or moment(past.timestamp)
        if then is not None:
            return then
    known = response.meta.get("captured_at") if response.request else None
    return datetime.fromisoformat(known) if known else date_of(response.headers.get("Date"))
