"""From a stored capture to records: the same pages, values and checks as in a crawl, without a network and a clock."""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from filmscrape.archive.captures import Damage, StoredCapture, UnreadableCapture
from filmscrape.archive.wayback import moment, replayed
from filmscrape.interpret import interpret
from filmscrape.items import Capture, ScrapedEvent
from filmscrape.pages.base import NotAnEvent, UnreadablePage
from filmscrape.pages.blocked import blocked_reason, gate_reason
from filmscrape.plain import line_of
from filmscrape.runs.merge import Venues
from filmscrape.runs.stats import Stat
from filmscrape.validation import errors_of, event_id, record_of, sighting_of

if TYPE_CHECKING:
    from filmscrape.spiders.base import EventSpider

_GONE = frozenset({404, 410})
_NOT_MODIFIED = 304  # no redirect: the page is as it was
_THIS_MACHINE = re.compile(r"localhost|127(?:\.\d+){3}|::1")

OTHER_SITE = "of another site"
NOT_READ = "no page that is read"
REDIRECT = "redirects of lists"


@dataclass(frozen=True, slots=True)
class Archive:
    """A WARC file to read, and what is known of the run that wrote it.

    :ivar run_id: what its records carry in ``provenance.run_id``.
    :ivar hosts: hosts that stood for the public site: a mirror, a test server.
    :ivar only: addresses of the only events that the run was to read; empty for all.
    :ivar unsighted: kinds of lists that the run read for their links alone.
    :ivar misdated: captures whose time cannot be, with the reason, by the offset of the record.
    """

    path: Path
    run_id: str
    hosts: frozenset[str] = frozenset()
    only: frozenset[str] = frozenset()
    unsighted: frozenset[str] = frozenset()
    misdated: Mapping[int, str] = field(default_factory=dict, hash=False)


class Line(NamedTuple):
    """A valid record, or sighting, as a line of JSON."""

    id: str
    is_page: bool
    json: bytes


@dataclass(slots=True)
class Found:
    """What some captures say of one source's events; made in one process and counted in another.

    :ivar stats: counts by the names of :class:`~filmscrape.runs.stats.Stat`.
    :ivar fates: what became of captures with an event's address, as in a crawl's work list.
    """

    lines: list[Line] = field(default_factory=list)
    venues: Venues = field(default_factory=Venues)
    stats: Counter[str] = field(default_factory=Counter)
    fates: Counter[str] = field(default_factory=Counter)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    failed: list[tuple[str, str, str]] = field(default_factory=list)
    rejected: list[tuple[str, str | None, list[dict[str, Any]], str]] = field(default_factory=list)


class Missing(NamedTuple):
    """A revisit whose body was not at hand, and how its record names that body."""

    offset: int
    record_id: str
    digest: str | None
    url: str | None
    date: datetime | None


@dataclass(slots=True)
class Extracted:
    """What a piece of a file gave.

    :ivar by_source: what was found, by the source's name.
    :ivar others: captures that are no page of a source, by reason.
    :ivar end: where the piece ended: the offset of the first record behind it, or the file's size.
    """

    by_source: dict[str, Found] = field(default_factory=lambda: defaultdict(Found))
    others: Counter[str] = field(default_factory=Counter)
    captures: int = 0
    damage: list[Damage] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)
    end: int = 0


class Extractor:
    """Reads captures of one archive.

    :param sources: the spiders whose pages are looked for.
    """

    def __init__(self, sources: Sequence["type[EventSpider]"], archive: Archive) -> None:
        self._archive = archive
        self._sources = [(source, _hosts(source) | archive.hosts) for source in sources]
        self.result = Extracted()

    def take(self, capture: StoredCapture) -> None:
        """Read one capture, or count it with the reason why it is not read."""
        self.result.captures += 1
        url, when = public_place(capture)
        source = self._source_of(url)
        if source is None:
            self.result.others[OTHER_SITE] += 1
            return
        kind = source.kind_of(url)
        if kind is None:
            self.result.others[NOT_READ] += 1
            return
        found = self.result.by_source[source.name]
        if kind == "event":
            self._take_event(source, found, capture, url, when)
        else:
            self._take_list(source, kind, found, capture, url, when)

    def _source_of(self, url: str) -> "type[EventSpider] | None":
        try:
            host = urlsplit(url).hostname or ""
        except ValueError:
            return None
        mine = [source for source, hosts in self._sources if host in hosts or _THIS_MACHINE.fullmatch(host)]
        return next((source for source in mine if source.kind_of(url)), mine[0] if mine else None)

    # ------------------------------------------------------------------ events
    def _take_event(
        self, source: "type[EventSpider]", found: Found, capture: StoredCapture, url: str, when: datetime
    ) -> None:
        event = source.canonical(url) or url
        if url != capture.url:  # a web archive's copy, read as in a crawl: by its one address
            url = event
        body = _unpacked(capture)
        if reason := self._archive.misdated.get(capture.offset):
            found.fates["failed"] += 1
            for stat in (Stat.FAILED, Stat.REFUSED):
                found.stats[stat] += 1
            found.failed.append((event, "event", reason))
        elif reason := _blocked(capture, body):
            found.fates["failed"] += 1
            for stat in (Stat.FAILED, Stat.REFUSED, Stat.BLOCKED):
                found.stats[stat] += 1
            found.failed.append((event, "event", reason))
        elif 300 <= capture.status < 400 and capture.status != _NOT_MODIFIED:
            found.fates["moved"] += 1
            found.skipped.append((event, f"redirects to {capture.header('location')}"))
        elif not is_answered(capture):
            found.fates["failed"] += 1
            found.stats[Stat.FAILED] += 1
            if capture.status not in _GONE:
                found.stats[Stat.REFUSED] += 1
            found.failed.append((event, "event", f"HTTP {capture.status}"))
        else:
            found.fates["fetched"] += 1
            found.stats[Stat.FETCHED] += 1
            try:
                body = capture.body if body is None else body  # once more, for the reason
                item = source.event_page(body, url, when).read()
            except NotAnEvent as other:
                found.stats[Stat.NOT_AN_EVENT] += 1
                found.skipped.append((event, other.reason))
            except Exception as fault:
                found.stats[Stat.UNREADABLE] += 1
                found.rejected.append((event, None, [_whole_page(fault)], "page"))
            else:
                found.stats[Stat.EXTRACTED] += 1
                item.capture = Capture(when, capture.status, sha256(body).hexdigest(), capture.record_id)
                self._validate(found, item)

    # ------------------------------------------------------------------ lists
    def _take_list(
        self, source: "type[EventSpider]", kind: str, found: Found, capture: StoredCapture, url: str, when: datetime
    ) -> None:
        body = _unpacked(capture)
        if reason := self._archive.misdated.get(capture.offset):
            for stat in (Stat.DISCOVERY_FAILED, Stat.REFUSED):
                found.stats[stat] += 1
            found.failed.append((url, kind, reason))
        elif reason := _blocked(capture, body):
            for stat in (Stat.DISCOVERY_FAILED, Stat.REFUSED, Stat.BLOCKED):
                found.stats[stat] += 1
            found.failed.append((url, kind, reason))
        elif 300 <= capture.status < 400 and capture.status != _NOT_MODIFIED:
            self.result.others[REDIRECT] += 1
        elif not is_answered(capture):
            found.stats[Stat.DISCOVERY_MISSING if capture.status in _GONE else Stat.DISCOVERY_FAILED] += 1
        else:
            page = source.calendar_page if kind == "calendar" else source.card_page
            assert page is not None, f"{source.name} knows {kind} pages, and has no class for them"
            try:
                items = page(capture.body if body is None else body, url, when).sightings()
            except Exception as fault:
                found.stats[Stat.DISCOVERY_FAILED] += 1
                found.failed.append((url, kind, _whole_page(fault)["reason"]))
                return
            found.stats[Stat.DISCOVERY_FETCHED] += 1
            if kind in self._archive.unsighted:
                return
            for item in items:
                if not self._archive.only or item.url in self._archive.only:
                    self._validate(found, item)

    def _validate(self, found: Found, item: ScrapedEvent) -> None:
        is_page = item.origin == "page"
        try:
            meaning = interpret(item)
            record = record_of(item, meaning, self._archive.run_id) if is_page else sighting_of(item, meaning)
        except Exception as fault:
            found.stats[Stat.REJECTED if is_page else Stat.SIGHTINGS_REJECTED] += 1
            found.rejected.append((item.url, event_id(item.source, item.url), errors_of(fault), item.origin))
            return
        for problem in meaning.problems:
            found.stats[Stat.PROBLEMS + (problem.field if is_page else f"{item.origin}.{problem.field}")] += 1
        found.stats[Stat.VALID if is_page else Stat.SIGHTINGS] += 1
        found.venues.learn(record["screenings"])
        found.lines.append(Line(record["id"], is_page, line_of(record)))


def public_place(capture: StoredCapture) -> tuple[str, datetime]:
    """The address that was captured, and when: an answer of a web archive stands for the page that it kept.

    As in a crawl, ``Memento-Datetime`` (RFC 7089) goes before the time in the archive's address.
    """
    kept = replayed(capture.url)
    if kept is None:
        return capture.url, capture.captured_at
    with suppress(ValueError):
        said = parsedate_to_datetime(capture.header("memento-datetime") or "")
        return kept.url, said.astimezone(UTC) if said.tzinfo else said.replace(tzinfo=UTC)
    return kept.url, moment(kept.timestamp) or capture.captured_at


def is_answered(capture: StoredCapture) -> bool:
    """Whether a capture holds the page: also where the server said that the page is as it was."""
    return capture.status == 200 or (capture.revisit and capture.status == _NOT_MODIFIED)


def _unpacked(capture: StoredCapture) -> bytes | None:
    """The body; ``None`` where it cannot be had, which is said by whoever goes on to read it."""
    try:
        return capture.body
    except UnreadableCapture:
        return None


def _blocked(capture: StoredCapture, body: bytes | None) -> str | None:
    """Say why a capture stands in the place of a page, where it does, in the words of a crawl."""
    location = capture.header("location")
    if location and 300 <= capture.status < 400 and replayed(capture.url) is None:
        return gate_reason(capture.url, location)
    if body is None:
        return None
    headers = {name.lower(): value for name, value in capture.headers}
    return blocked_reason(body, headers, 200 if is_answered(capture) else capture.status)


def _hosts(source: "type[EventSpider]") -> frozenset[str]:
    host = urlsplit(source.site).hostname or ""
    return frozenset({host, f"www.{host}"})


def _whole_page(fault: Exception) -> dict[str, Any]:
    if isinstance(fault, UnreadablePage | UnreadableCapture):
        return {"field": None, "reason": fault.reason, "raw": None}
    return {"field": None, "reason": f"the reader failed: {fault!r}", "raw": None}
