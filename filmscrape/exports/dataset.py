"""A dataset as the exports read it: the records, and what the ledger beside it knows of their history."""

import heapq
import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any, NamedTuple

from filmscrape.exports.reading import read
from filmscrape.records import Event
from filmscrape.runs.ledger import Ledger
from filmscrape.runs.stored import LEDGER

TEXTS = ("summary", "synopsis", "quotes", "extra")
"""Fields that hold what others wrote. Bios of people and synopses of shorts are among it, too. ``extra`` is: it has the
page's own words that nobody has read, so nobody knows whose they are."""


class Revision(NamedTuple):
    """How often an event changed since it was added, and when last.

    :ivar number: 0 for an event that never changed.
    :ivar at: of the capture that said so, UTC.
    """

    number: int
    at: str


class _Found(NamedTuple):
    """A record and the ledger that may stand beside its file."""

    event: Event
    ledger: Path


@dataclass(frozen=True)
class Dataset:
    """One or more files of the contract, read event by event: memory holds one at a time.

    Of an event that several files have, the record that was seen last counts, among equals that of the file named
    first; with it comes the history that the ledger beside its file has, and no other.

    :ivar paths: the files; a ledger that stands beside one is asked for its history.
    :ivar texts: false leaves out what others wrote.
    """

    paths: Sequence[Path]
    texts: bool = True

    def events(self) -> Iterator[Event]:
        """Read all events, each once, by id in order.

        :raises DatasetUnreadable: at the first line that is no record, or stands out of order.
        :raises OSError: where a file cannot be read.
        """
        for records in self._records():
            event = _newest(records).event
            yield event if self.texts else without_texts(event)

    def _records(self) -> Iterator[list[_Found]]:
        """The records of each event: one from each file that has it."""
        merged = heapq.merge(*map(_found, self.paths), key=lambda found: found.event.id)
        return (list(records) for _, records in groupby(merged, key=lambda found: found.event.id))

    @cached_property
    def _overview(self) -> tuple[str, list[str]]:
        as_of, sources = "1970-01-01T00:00:00Z", set()
        for event in self.events():
            as_of = max(as_of, event.last_seen)
            sources.add(event.source)
        return as_of, sorted(sources)

    @property
    def as_of(self) -> str:
        """When the newest event was last seen, UTC: the dataset's own time, the same however often it is exported."""
        return self._overview[0]

    @property
    def sources(self) -> list[str]:
        """The sources of the events, by name."""
        return self._overview[1]

    # ------------------------------------------------------------------ history
    def changes(self) -> Iterator[dict[str, Any]]:
        """All changes that the ledgers logged, in the order of the runs: the lines of ``changes.jsonl``.

        :raises LedgerUnusable: a ledger cannot be read.
        """
        for path in dict.fromkeys(map(_ledger_beside, self.paths)):
            if path.exists():
                with closing(Ledger(path, read_only=True)) as ledger, ledger.guarded():
                    for run in ledger.runs():
                        yield from (
                            change for change in ledger.changes_of(run) if self._ledgers.get(change["id"], path) == path
                        )

    @cached_property
    def _ledgers(self) -> dict[str, Path]:
        """Which ledger tells of an event that several files have."""
        if len(self.paths) < 2:
            return {}
        return {_newest(found).event.id: _newest(found).ledger for found in self._records() if len(found) > 1}

    @cached_property
    def revisions(self) -> dict[str, Revision]:
        """How often each event changed, by id; one that is not in here is as it was when it was added."""
        found: dict[str, Revision] = {}
        for change in self.changes():
            if change["kind"] not in ("added", "not_listed", "returned"):
                before = found.get(change["id"], Revision(0, ""))
                found[change["id"]] = Revision(before.number + 1, max(before.at, change["captured_at"] or ""))
        return found


def _found(path: Path) -> Iterator[_Found]:
    ledger = _ledger_beside(path)
    return (_Found(event, ledger) for event in read(path))


def _ledger_beside(path: Path) -> Path:
    """The place of the ledger, the same for two files of one folder however they are named."""
    return path.parent.resolve() / LEDGER


def _newest(records: Sequence[_Found]) -> _Found:
    """The one that was seen last, among equals the first."""
    return max(records, key=attrgetter("event.last_seen"))


def without_texts(event: Event) -> Event:
    """Leave out what others wrote. Facts stay."""
    people = [person.model_copy(update={"bio": None}) for person in event.people]
    shorts = [short.model_copy(update={"synopsis": None}) for short in event.shorts]
    left_out: dict[str, Any] = {name: [] if isinstance(getattr(event, name), list) else None for name in TEXTS}
    return event.model_copy(update={**left_out, "people": people, "shorts": shorts})


def as_plain(event: Event) -> dict[str, Any]:
    """An event as plain values, as its line has them."""
    return dict(json.loads(event.model_dump_json()))
