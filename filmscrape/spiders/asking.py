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
from scrapy.utils.defer import deferred_from_coro
from scrapy.utils.sitemap import sitemap_urls_from_robots
from twisted.python.failure import Failure

from filmscrape.archive.captures import captured_at as date_of
from filmscrape.archive.captures import read_http_date
from filmscrape.archive.clock import SiteClock
from filmscrape.archive.wayback import moment, replayed
from filmscrape.items import ScrapedEvent
from filmscrape.logs import logfmt
from filmscrape.pages.base import UnreadablePage
from filmscrape.pages.blocked import BLOCKED, EMPTY, blocked_reason, gate_reason
from filmscrape.patience import CrawlEnds, retry_after
from filmscrape.robots import FORBIDDEN
from filmscrape.runs.outcome import Outcome, Verdict
from filmscrape.runs.stats import Stat
from filmscrape.spiders.failures import Refusals, describe, is_unreachable

if TYPE_CHECKING:
    from filmscrape.runs.keeper import RunKeeper

Found = Iterator[Request | ScrapedEvent]

logger = logging.getLogger(__name__)

SPARED = "spared"
"""Flag of an answer that nobody gave: the sitemap says that the page of a past event is as it was."""

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_GONE = frozenset({404, 410})
_NOT_MODIFIED = 304
# RFC 9309 leaves a site whose robots.txt answers 4xx open; these three say "not you" or "not now" instead.
_ROBOTS_REFUSED = frozenset({401, 403, 429})
# robots.txt comes first and shows whether the host can be reached at all: two tries of 15 seconds and the
# delay between them stay well within a minute.
_FIRST_TIMEOUT, _FIRST_RETRIES = 15, 1
# What Scrapy notes in the meta of a request that was answered; another request may not carry it on.
_OF_THE_ANSWER = frozenset({"download_latency", "retry_times"})
_MAX_HOPS = 5  # redirects in a row, as RFC 9309 has it for robots.txt
# An empty robots.txt allows all, and an archive's index that is empty lists no capture.
_MAY_BE_EMPTY = frozenset({"robots", "index"})


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
        self._clock = SiteClock()

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

    @cached_property
    def refusals(self) -> Refusals:
        """The pages that could not be had since the last one that could."""
        return Refusals(self.settings.getint("MAX_FAILURES_IN_A_ROW"))

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
        latest = self._clock.latest
        return Request(
            urljoin(self.origin, path),
            callback=self.answered,
            errback=self.unanswered,
            # All that leads to events goes first: event pages are asked for when most is known.
            priority=0 if event else 10,
            # Whoever gets the answer has to know how late it is: another worker may not have heard from the site yet.
            meta={"kind": kind, "event": event, "latest": latest and latest.isoformat(), **meta},
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
        yield self.ask(kind, path, most=limit, **meta)  # other workers have asked for some of its kind

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
        logger.info("%s", logfmt("search ended by a bound", why=why))

    # ------------------------------------------------------------------ answers
    def answered(self, response: Response) -> Found:
        """Pass every answer to whoever reads its kind, or account for it."""
        assert response.request is not None
        self.keeper.attribute(response.request)
        return self._answered(response)

    def _answered(self, response: Response) -> Found:
        kind, status = response.meta["kind"], response.status
        if status in _REDIRECTS and response.headers.get("Location"):
            yield from self.redirected(response)
        elif status in (200, _NOT_MODIFIED) and (reason := self.misdated(response)):
            parts = urlsplit(response.url)
            self.keeper.answers.pop(parts.path + (f"?{parts.query}" if parts.query else ""), None)
            self.lost(response.meta, response.url, reason)
        elif status == _NOT_MODIFIED and response.meta["event"]:
            self.refusals.clear()
            self.unchanged(response)
        elif reason := self.blocked(response):
            self.lost(response.meta, response.url, reason)
            self.judge_patience(response)
        elif status == 200:
            self.refusals.clear()
            yield from self.read(response)
        elif kind == "robots" and 400 <= status < 500 and status not in _ROBOTS_REFUSED:
            yield from self.discover()
        else:
            self.lost(response.meta, response.url, f"HTTP {status}", gone=status in _GONE)
            self.judge_patience(response)

    def misdated(self, response: Response) -> str | None:
        """Say why an answer's ``Date`` cannot be, where it cannot; a web archive's captures have each their own."""
        said = read_http_date(response.headers.get("Date")) if response.headers.get("Date") else None
        if said is None or replayed(response.url) is not None:
            return None
        if known := response.meta.get("latest"):
            self._clock.hear(datetime.fromisoformat(known))
        return self._clock.misdated(said)

    def blocked(self, response: Response) -> str | None:
        """Say why an answer stands in the place of a page, where it does."""
        headers = {str(name).lower(): value for name, value in response.headers.to_unicode_dict().items()}
        reason = blocked_reason(response.body, headers, response.status)
        return None if reason == EMPTY and response.meta["kind"] in _MAY_BE_EMPTY else reason

    def unanswered(self, failure: Failure) -> None:
        """Account for a request that got no answer."""
        request: Request = failure.request  # type: ignore[attr-defined]
        self.keeper.attribute(request)
        if isinstance(failure.value, CrawlEnds):
            return  # it stays to be asked for
        reason = describe(failure.value)
        if request.meta["kind"] == "robots" and is_unreachable(failure.value):
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
        """Note the sitemaps that robots.txt names, and begin; unless it asks for more patience than a run has."""
        longest, seconds = self.settings.getfloat("CRAWL_DELAY_MAX"), response.meta.get("crawl_delay", 0)
        if seconds > longest:
            message = (
                f"{response.url} asks for {seconds:g} seconds between two requests, more than CRAWL_DELAY_MAX"
                f" ({longest:g}): agree on a delay with the site, or raise CRAWL_DELAY_MAX"
            )
            self.keeper.verdict = Verdict(Outcome.ROBOTS, message)
            return
        self.sitemaps = list(sitemap_urls_from_robots(response.body, response.url))
        yield from self.discover()

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
            self.refusals.clear()
            logger.info("%s", logfmt("no such page", kind=kind, url=url))
            return
        else:
            self.count(Stat.DISCOVERY_FAILED)
        if reason == FORBIDDEN:
            self.count(Stat.FORBIDDEN)
        elif gone:
            self.refusals.clear()
        else:
            self.count_refusal(reason)
        self.keeper.run.fail(event or url, kind, reason)
        logger.warning("%s", logfmt("page failed", kind=kind, url=url, reason=reason, next=remedy(reason, gone=gone)))

    # ------------------------------------------------------------------ a site that refuses
    def count_refusal(self, reason: str) -> None:
        """Account for a page that the site has and did not give; so many in a row end the run."""
        blocked, refusals = reason.startswith(BLOCKED), self.refusals
        self.count(Stat.REFUSED)
        if blocked:
            self.count(Stat.BLOCKED)
        self.keeper.first_failure = self.keeper.first_failure or reason
        if refusals.add(blocked=blocked):
            self.end_run(
                Outcome.BLOCKED if refusals.mostly_blocked else Outcome.TOO_MANY_FAILED,
                f"{self.host} gave none of {refusals.total} pages in a row, the last one for this reason: {reason};"
                " see failed.jsonl, look at the site in a browser, and run again when it answers",
            )

    def judge_patience(self, response: Response) -> None:
        """End the run where the site still asks for patience after all of it was had."""
        asked, longest = retry_after(response), self.settings.getfloat("RETRY_AFTER_MAX")
        if asked is not None and asked > longest:
            wish = f"asks to be left alone for {asked:.0f} seconds, more than RETRY_AFTER_MAX ({longest:g})"
        elif asked is not None and self.refusals.total > 1:
            wish = "goes on asking for patience, page after page, after all the waits that it asked for"
        elif response.status == 429:
            wish = "says that it is asked too often, after all the waits that it asked for"
        else:
            return
        self.end_run(
            Outcome.BLOCKED,
            f"{self.host} {wish} (HTTP {response.status}): run again later, and with a larger DOWNLOAD_DELAY",
        )

    def end_run(self, outcome: Outcome, message: str) -> None:
        """End the run before it is through: what is still to be asked for stays unasked."""
        if self.keeper.verdict is None:
            self.keeper.verdict = Verdict(outcome, message)
            deferred_from_coro(self.crawler.engine.close_spider_async(reason=outcome.name.lower()))

    # ------------------------------------------------------------------ redirects
    def redirected(self, response: Response) -> Iterator[Request]:
        """Follow a redirect on the same host; an event that is elsewhere now is an event of that address."""
        meta = response.meta
        location = (response.headers.get("Location") or b"").decode("latin-1")
        target = self.on_site(location, response.url)
        if reason := gate_reason(response.url, location):
            self.lost(meta, response.url, reason)
            return
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
        meta = {"asked": response.url, **carried, "hops": hops}
        yield response.request.replace(url=target, meta=meta, dont_filter=True)

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

    def unchanged(self, response: Response) -> None:
        """Account for an event's page that is as it was: its last record is given again, without reading it."""
        event, keeper = response.meta["event"], self.keeper
        page = keeper.ledger.page(keeper.id_of(event))
        assert page is not None, "only a page that was read is asked for on a condition"
        if SPARED in response.flags:
            keeper.worklist.settle(event, "spared")
            self.count(Stat.SPARED)
            keeper.give_again(event, page, None)
        else:
            self.settle(event, Stat.UNCHANGED)
            keeper.give_again(event, page, captured_at(response))

    def settle_as_no_event(self, event: str, reason: str) -> None:
        """Account for an address that was fetched and is no event."""
        self.settle(event, Stat.NOT_AN_EVENT)
        self.keeper.run.skip(event, reason)

    def settle_as_unreadable(self, event: str, fault: Exception) -> None:
        """Account for an event's page that was fetched and cannot be read."""
        reason = unreadable(fault)
        self.settle(event, Stat.UNREADABLE)
        self.keeper.run.reject(event, None, [{"field": None, "reason": reason, "raw": None}], origin="page")
        remedy = "compare the page in pages.warc.gz with what the reader looks for"
        logger.warning("%s", logfmt("page unreadable", url=event, reason=reason, next=remedy))
        logger.debug("%s", event, exc_info=fault)

    def request_dropped(self, request: Request) -> None:
        """Account for an event whose address differs from another's in spelling only: Scrapy drops it unasked."""
        if event := request.meta.get("event"):
            self.keeper.worklist.settle(event, "same_page")


def remedy(reason: str, *, gone: bool) -> str:
    """Say what to do about a page that was lost."""
    if gone:
        return "nothing, unless a browser shows a page there"
    if reason == FORBIDDEN:
        return "nothing: the site does not want it read"
    if reason.startswith(BLOCKED):
        return "look at it in a browser; if it is there, ask less often, or ask the site"
    return "nothing: the next run asks for it again"


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
