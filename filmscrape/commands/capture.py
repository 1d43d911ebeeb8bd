"""``scrapy capture``: print the stored page of an event, as the site sent it."""

import argparse
import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

from scrapy.spiderloader import SpiderLoader

from filmscrape.archive.captures import StoredCapture, UnreadableCapture
from filmscrape.archive.index import Entry, SourceArchive
from filmscrape.archive.reader import read_date
from filmscrape.archive.wayback import moment, replayed
from filmscrape.commandline import OfflineCommand
from filmscrape.runs.outcome import Outcome
from filmscrape.runs.stored import EVENTS, RUNS

if TYPE_CHECKING:
    from filmscrape.spiders.base import EventSpider


class Command(OfflineCommand):
    """Print one capture."""

    def syntax(self) -> str:
        """Name the command's arguments."""
        return "[options] <event id | address | record id>"

    def short_desc(self) -> str:
        """Say in one line what the command does."""
        return "Print the stored page of an event, unpacked"

    def long_desc(self) -> str:
        """Say it with an example."""
        return (
            "Print the newest stored page of an event (its id or its address), of any other address that a run asked "
            "for, or of one WARC record (urn:uuid:…). Of an event, answers that are no page (errors, redirects) are "
            "printed only where there is nothing else. Example: scrapy capture festival:some-film --date 2023-10-20"
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add which capture, and how much of it."""
        super().add_options(parser)
        parser.add_argument(
            "--date",
            metavar="DATE",
            type=_end_of,
            help="the newest capture not after this day or time (UTC): 2023-10-20 or 2023-10-20T17:05:12Z",
        )
        parser.add_argument("--headers", action="store_true", help="print where it is, status and headers before it")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Find the capture and print it."""
        if len(args) != 1:
            self.end(Outcome.USAGE, "name one event: its id or its address")
            return
        try:
            found = self._newest(args[0], opts.date)
        except LookupError as unknown:
            self.end(Outcome.USAGE, str(unknown.args[0]))
            return
        except OSError as fault:
            self.end(Outcome.INTEGRITY, f"cannot read {fault.filename}: {fault.strerror or fault}")
            return
        if found is None:
            self.end(Outcome.INTEGRITY, f"the capture of {args[0]} is there, but cannot be read: see scrapy verify")
            return
        try:
            _print(found, found.body, headers=opts.headers)
        except UnreadableCapture as fault:
            self.end(Outcome.INTEGRITY, f"{found.path}: offset {found.offset}: {fault.reason}")
        except BrokenPipeError:  # nobody reads on
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def _newest(self, name: str, until: datetime | None) -> StoredCapture | None:
        """Find the newest capture; ``None`` where it cannot be read.

        :raises LookupError: there is none; with one line for the user.
        """
        newest: tuple[tuple[bool, datetime], SourceArchive, Path, Entry] | None = None
        oldest: datetime | None = None
        for archive, wanted in self._wanted(name):
            for warc, entry in archive.find(wanted):
                when = _captured(entry)
                oldest = min(oldest or when, when)
                rank = (entry.is_page, when)
                if (until is None or when < until) and (newest is None or rank >= newest[0]):
                    newest = rank, archive, warc, entry
        if oldest is None:
            raise LookupError(f"there is no capture of {name} in {self.output}")
        if newest is None:
            raise LookupError(f"there is no capture of {name} so early; the oldest is of {oldest:%Y-%m-%dT%H:%M:%SZ}")
        _, archive, warc, entry = newest
        return archive.read(warc, entry)

    def _wanted(self, name: str) -> Iterator[tuple[SourceArchive, Callable[[Entry], bool]]]:
        """List the archives to look in, and what to look for there.

        :raises LookupError: the name is none.
        """
        record_id = re.fullmatch(r"<?(urn:uuid:[0-9a-fA-F-]+)>?", name)
        address = name.startswith(("http:", "https:"))
        spiders = list(self._spiders())
        source, _, slug = name.partition(":")
        if not record_id and not address and source not in (spider.name for spider in spiders):
            names = ", ".join(spider.name for spider in spiders)
            raise LookupError(f"{name!r} is neither an event's id (<source>:<slug>) nor an address; sources: {names}")
        for spider in spiders:
            archive = SourceArchive(self.output / spider.name / RUNS)
            if record_id:
                yield archive, _is_record(f"<{record_id[1]}>")
            elif address:
                yield archive, _is_at(spider, name)
            elif spider.name == source:
                yield (
                    archive,
                    _is_record(own) if (own := self._own(source, name)) else _is_at(spider, spider.event_url(slug)),
                )

    def _own(self, source: str, event_id: str) -> str | None:
        """Give the record that a film was read from whose address another film has now: ``<source>:<slug>--<year>``."""
        if "--" not in event_id:
            return None
        with suppress(FileNotFoundError), (self.output / source / EVENTS).open("rb") as lines:
            for line in lines:
                if event_id.encode() in line and (record := json.loads(line))["id"] == event_id:
                    return record["provenance"]["warc_record_id"] or None
        return None

    def _spiders(self) -> "Iterator[type[EventSpider]]":
        assert self.settings is not None
        loader = SpiderLoader.from_settings(self.settings)
        for name in loader.list():
            yield loader.load(name)  # type: ignore[misc]


def _is_record(record_id: str) -> Callable[[Entry], bool]:
    return lambda entry: entry.record_id.lower() == record_id.lower()


def _is_at(spider: "type[EventSpider]", address: str) -> Callable[[Entry], bool]:
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


def _end_of(text: str) -> datetime:
    """Read ``--date``: the moment behind the day, or behind the second."""
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is neither a day nor a time: 2023-10-20") from None
    when = when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC)
    return when + (timedelta(days=1) if len(text) <= len("2023-10-20") else timedelta(seconds=1))


def _print(capture: StoredCapture, body: bytes, *, headers: bool) -> None:
    out = sys.stdout.buffer
    if headers:
        known = capture.status in HTTPStatus._value2member_map_
        lines = [
            f"{capture.path}: offset {capture.offset}",
            f"WARC-Record-ID: {capture.record_id}",
            f"WARC-Target-URI: {capture.url}",
            f"WARC-Date: {capture.captured_at:%Y-%m-%dT%H:%M:%SZ}",
            "",
            f"HTTP/1.1 {capture.status} {HTTPStatus(capture.status).phrase if known else ''}".rstrip(),
            *(f"{name}: {value}" for name, value in capture.headers),
            "",
            "",
        ]
        out.write("\n".join(lines).encode())
    out.write(body)
    out.flush()
