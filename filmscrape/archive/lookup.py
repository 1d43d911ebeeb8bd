"""Find the capture that somebody names: by an event's id, by an address, or by a WARC record's id."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from filmscrape.archive.captures import StoredCapture, read_date
from filmscrape.archive.index import Entry, SourceArchive
from filmscrape.archive.wayback import moment, replayed
from filmscrape.runs.stored import EVENTS, RUNS

if TYPE_CHECKING:
    from filmscrape.spiders.base import EventSpider

Wanted = Callable[[Entry], bool]


def newest_capture(
    output: Path, spiders: "Sequence[type[EventSpider]]", name: str, until: datetime | None
) -> StoredCapture | None:
    """Find the newest capture of what is named, a page before any other answer.

    :param output: the output directory.
    :param spiders: those of the sources to look for.
    :param name: an event's id, an address, or ``urn:uuid:…``, in angle brackets or not.
    :param until: none that was captured then or later, UTC.
    :return: ``None`` where it is there, and cannot be read.
    :raises LookupError: there is none; with one line for the user.
    :raises OSError: where a file cannot be read.
    """
    newest: tuple[tuple[bool, datetime], SourceArchive, Path, Entry] | None = None
    oldest: datetime | None = None
    for archive, wanted in _wanted(output, spiders, name):
        for warc, entry in archive.find(wanted):
            when = _captured(entry)
            oldest = min(oldest or when, when)
            rank = (entry.is_page, when)
            if (until is None or when < until) and (newest is None or rank >= newest[0]):
                newest = rank, archive, warc, entry
    if oldest is None:
        raise LookupError(f"there is no capture of {name} in {output}")
    if newest is None:
        raise LookupError(f"there is no capture of {name} so early; the oldest is of {oldest:%Y-%m-%dT%H:%M:%SZ}")
    _, archive, warc, entry = newest
    return archive.read(warc, entry)


def _wanted(output: Path, spiders: "Sequence[type[EventSpider]]", name: str) -> Iterator[tuple[SourceArchive, Wanted]]:
    """List the archives to look in, and what to look for there.

    :raises LookupError: the name is none.
    """
    record_id = re.fullmatch(r"<?(urn:uuid:[0-9a-fA-F-]+)>?", name)
    address = name.startswith(("http:", "https:"))
    source, _, slug = name.partition(":")
    if not record_id and not address and source not in (spider.name for spider in spiders):
        names = ", ".join(spider.name for spider in spiders)
        raise LookupError(f"{name!r} is neither an event's id (<source>:<slug>) nor an address; sources: {names}")
    for spider in spiders:
        archive = SourceArchive(output / spider.name / RUNS)
        if record_id:
            yield archive, _is_record(f"<{record_id[1]}>")
        elif address:
            yield archive, _is_at(spider, name)
        elif spider.name == source:
            own = _own_record(output / source / EVENTS, name)
            yield archive, _is_record(own) if own else _is_at(spider, spider.event_url(slug))


def _own_record(dataset: Path, event_id: str) -> str | None:
    """Give the record that a film was read from whose address another film has now: ``<source>:<slug>--<year>``."""
    if "--" not in event_id:
        return None
    with suppress(FileNotFoundError), dataset.open("rb") as lines:
        for line in lines:
            if event_id.encode() in line and (record := json.loads(line))["id"] == event_id:
                return record["provenance"]["warc_record_id"] or None
    return None


def _is_record(record_id: str) -> Wanted:
    return lambda entry: entry.record_id.lower() == record_id.lower()


def _is_at(spider: "type[EventSpider]", address: str) -> Wanted:
    """Know an event at any of its addresses, also on a mirror or in a web archive, and other pages at their own."""
    event = spider.canonical(address)

    def wanted(entry: Entry) -> bool:
        if entry.url == address:
            return True
        kept = replayed(entry.url)
        return event is not None and spider.canonical(kept.url if kept else entry.url) == event

    return wanted


def _captured(entry: Entry) -> datetime:
    """Tell when the page was captured: a web archive's copy long before it was fetched from there."""
    kept = replayed(entry.url)
    when = (moment(kept.timestamp) if kept else None) or read_date(entry.date)
    assert when is not None
    return when
