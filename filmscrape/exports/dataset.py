"""A dataset as the exports read it: the records, and what the ledger beside it knows of their history."""

import heapq
import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from filmscrape.records import Event
from filmscrape.runs.ledger import LEDGER, Ledger


class DatasetUnreadable(Exception):  # noqa: N818 - named for what is the case
    """A line of a dataset is no record; the message names it and says why."""


class Revision(NamedTuple):
    """How often an event changed since it was added, and when last.

    :ivar number: 0 for an event that never changed.
    :ivar at: of the capture that said so, UTC.
    """

    number: int
    at: str


@dataclass(frozen=True)
class Dataset:
    """One or more files of the contract, read event by event: memory holds one at a time.

    :ivar paths: the files; a ledger that stands beside one is asked for its history.
    :ivar texts: false leaves out what others wrote: synopses, bios and quotes.
    """

    paths: Sequence[Path]
    texts: bool = True

    def events(self) -> Iterator[Event]:
        """Read all events, by id in order.

        :raises DatasetUnreadable: at the first line that is no record.
        :raises OSError: where a file cannot be read.
        """
        return heapq.merge(*map(self._read, self.paths), key=lambda event: event.id)

    def _read(self, path: Path) -> Iterator[Event]:
        with path.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                try:
                    event = Event.model_validate_json(line)
                except ValidationError as fault:
                    first = fault.errors(include_url=False, include_context=False, include_input=False)[0]
                    place = ".".join(map(str, first["loc"]))
                    raise DatasetUnreadable(
                        f"{path}: line {number} is no record: {place + ': ' if place else ''}{first['msg']}"
                    ) from None
                yield event if self.texts else without_texts(event)

    @cached_property
    def as_of(self) -> str:
        """When the newest event was last seen, UTC: the dataset's own time, the same however often it is exported."""
        return max((event.last_seen for event in self.events()), default="1970-01-01T00:00:00Z")

    @cached_property
    def sources(self) -> list[str]:
        """The sources of the events, by name."""
        return sorted({event.source for event in self.events()})

    # ------------------------------------------------------------------ history
    def changes(self) -> Iterator[dict[str, Any]]:
        """All changes that the ledgers logged, in the order of the runs: the lines of ``changes.jsonl``."""
        for path in self.paths:
            if (ledger := path.with_name(LEDGER)).exists():
                with closing(Ledger(ledger, read_only=True)) as known:
                    for run in known.runs():
                        yield from known.changes_of(run)

    @cached_property
    def revisions(self) -> dict[str, Revision]:
        """How often each event changed, by id; one that is not in here is as it was when it was added."""
        found: dict[str, Revision] = {}
        for change in self.changes():
            if change["kind"] not in ("added", "not_listed", "returned"):
                before = found.get(change["id"], Revision(0, ""))
                found[change["id"]] = Revision(before.number + 1, max(before.at, change["captured_at"] or ""))
        return found


def without_texts(event: Event) -> Event:
    """Leave out what others wrote: synopses, summaries, bios and quotes. Facts stay."""
    people = [person.model_copy(update={"bio": None}) for person in event.people]
    shorts = [short.model_copy(update={"synopsis": None}) for short in event.shorts]
    return event.model_copy(
        update={"summary": None, "synopsis": None, "quotes": [], "people": people, "shorts": shorts}
    )


def as_plain(event: Event) -> dict[str, Any]:
    """An event as plain values, as its line has them."""
    return dict(json.loads(event.model_dump_json()))
