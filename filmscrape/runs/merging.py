"""Join what one run read to a source's ledger: keep its readings, and reckon the events anew of which it says news."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from hashlib import sha256
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

from filmscrape.records import Event, Screening
from filmscrape.runs.changes import Change, changes
from filmscrape.runs.known import Known, Stored
from filmscrape.runs.ledger_tables import PRUNED_AFTER_RUNS, as_json
from filmscrape.runs.merge import Venues, venue_slug
from filmscrape.runs.readings import Answered, Reading, RunFacts, cut, joined, overview, read_readings
from filmscrape.runs.reckon import Reckoned, reckon

_OF_ANSWER = [field.name for field in fields(Answered)]
_VALUES_OF_ANSWER = attrgetter(*_OF_ANSWER)
_KEEP_ANSWER = (
    f"INSERT OR REPLACE INTO answers ({', '.join(_OF_ANSWER)}, run) VALUES ({', '.join('?' * len(_OF_ANSWER))}, ?)"
)
_OF_READING = ", ".join(field.name for field in fields(Stored))
_TIMES = ("first_at", "first_body", "first_run", "last_at", "last_body", "last_run")
_TIMES_OF = attrgetter(*_TIMES)
_ADD = f"INSERT INTO readings (address, kind, content, {', '.join(_TIMES)}, line) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_ALTER = f"UPDATE readings SET {', '.join(f'{name} = ?' for name in _TIMES)} WHERE number = ?"


class Touched(NamedTuple):
    """An event that a run says something of.

    :ivar old: its line before; ``None`` for a new event.
    :ivar new: its line now; empty where it is not made, for a new event of a run that is not joined for good.
    """

    id: str
    old: bytes | None
    new: bytes


class Merging:
    """One run on its way into the ledger, within one transaction.

    :param for_good: whether that will be committed; else nothing is stored that nobody will read again.
    """

    def __init__(self, db: sqlite3.Connection, facts: RunFacts, *, for_good: bool) -> None:
        self._db = db
        self._facts = facts
        self._for_good = for_good
        self._run = facts.id
        self._number: int | None = None
        self._venues = Venues.of(db.execute("SELECT slug, name FROM venues"))

    def merge(self, readings: Path) -> Iterator[Touched]:
        """Join the run's lines to what is known; see :meth:`Ledger.merge`."""
        row = self._db.execute("INSERT INTO runs (id, is_live, is_complete) VALUES (?, ?, ?)", self._facts)
        self._number = row.lastrowid
        self._db.execute("CREATE TEMP TABLE IF NOT EXISTS seen (address TEXT PRIMARY KEY) WITHOUT ROWID")
        self._db.execute("DELETE FROM seen")
        view = overview(readings)
        self._learn(view.venues)
        for address, group in groupby(read_readings(readings), key=_address_of):
            if address is None:
                self._keep_answers(group)
            else:
                yield from self._join(address, [line for line in group if isinstance(line, Reading)], view.newest)
        if self._for_good:
            self._finish(view.newest)

    def _join(self, address: str, readings: Iterable[Reading], newest: str) -> Iterator[Touched]:
        """Join what was read of an address."""
        known = Known(self._readings(address), self._run)
        known.tell(readings)
        if self._for_good:
            self._keep(address, known)
        yield from self._settle(address, known, newest)

    def _finish(self, newest: str) -> None:
        """Bring up to date what time changed, and what the run did not see."""
        unseen = "SELECT DISTINCT address FROM events WHERE due <= ? AND address NOT IN (SELECT address FROM seen)"
        for (address,) in self._db.execute(unseen, (newest,)).fetchall():
            old = {row[0]: joined(*row[1:5]) for row in self._events(address)}
            self._reckon(address, self._readings(address), newest, old)
        if self._facts.is_live:
            self._note_listed()
        self._prune()

    def _keep(self, address: str, known: Known) -> None:
        """Write down what became of the readings of an address that the run saw."""
        self._db.execute("INSERT OR IGNORE INTO seen VALUES (?)", (address,))
        for reading in known.gone:
            self._db.execute("DELETE FROM readings WHERE number = ?", (reading.number,))
        for reading in known.altered:
            self._db.execute(_ALTER, (*_TIMES_OF(reading), reading.number))
        for reading in known.new:
            row = self._db.execute(_ADD, (address, reading.kind, reading.content, *_TIMES_OF(reading), reading.line))
            assert row.lastrowid is not None
            reading.number = row.lastrowid

    def _keep_answers(self, lines: Iterable[Reading | Answered | RunFacts]) -> None:
        for line in lines:
            if self._for_good and isinstance(line, Answered):
                self._db.execute(_KEEP_ANSWER, (*_VALUES_OF_ANSWER(line), self._number))

    def _learn(self, venues: Iterable[str]) -> None:
        """Learn the venues that the run names, before any event is made of them."""
        for name in sorted(venues):
            if self._venues.learn_name(name):
                self._db.execute(
                    "INSERT INTO venues VALUES (?1, ?2) ON CONFLICT (slug) DO UPDATE SET name = ?2",
                    (venue_slug(name), name),
                )

    # ------------------------------------------------------------------ events
    def _settle(self, address: str, known: Known, newest: str) -> Iterator[Touched]:
        """Bring the events of an address that was seen up to date."""
        pages = [reading for reading in known.readings if reading.kind == "page"]
        if not pages:
            return  # a card alone makes no event
        page_at = max(page.last_at for page in pages)
        # A page that the run saw tells how things stand; of the others time alone tells it.
        now = page_at if max(page.last_run for page in pages) == self._run else max(newest, page_at)
        events = self._events(address)
        if not events and len(pages) == 1 and not self._for_good:
            yield Touched(address, None, b"")  # one page of which nothing is known is one event, whatever it says
            return
        page_from = min(page.first_at for page in pages)
        is_older = any(page_from < row[2] for row in events)  # an earlier capture said the same: it was seen before
        if not known.is_news and not is_older and len(events) == 1 and (events[0][5] is None or events[0][5] > now):
            event_id, head, first, last, tail, _ = events[0]
            seen = max(last, page_at)
            if seen != last and self._for_good:
                self._db.execute("UPDATE events SET last_seen = ? WHERE id = ?", (seen, event_id))
            yield Touched(event_id, joined(head, first, last, tail), joined(head, first, seen, tail))
            return
        old = {row[0]: joined(*row[1:5]) for row in events}
        for event_id, line in self._reckon(address, known.readings, now, old):
            yield Touched(event_id, old.get(event_id), line)

    def _events(self, address: str) -> list[tuple[str, bytes, str, str, bytes, str | None]]:
        """The events of an address: id, the parts of the line, and when they are due."""
        return self._db.execute(
            "SELECT id, head, first_seen, last_seen, tail, due FROM events WHERE address = ? ORDER BY id", (address,)
        ).fetchall()

    def _readings(self, address: str) -> list[Stored]:
        """All that was ever read of an address."""
        found = self._db.execute(f"SELECT {_OF_READING} FROM readings WHERE address = ? ORDER BY number", (address,))
        return [Stored(*row) for row in found]

    def _reckon(
        self, address: str, readings: Sequence[Stored], now: str, old: Mapping[str, bytes]
    ) -> list[tuple[str, bytes]]:
        """Make the events of an address anew from all its readings, and log what that changes.

        :param old: the lines of its events as they are.
        """
        known = {event_id: Event.model_validate_json(line) for event_id, line in old.items()}
        found = reckon(address, readings, known, self._venues, now)
        lines = [(event.event.id, event.event.as_line()) for event in found]
        if self._for_good:
            for event, (event_id, line) in zip(found, lines, strict=True):
                self._store(address, event, line, known.get(event_id))
        return lines

    def _store(self, address: str, found: Reckoned, line: bytes, old: Event | None) -> None:
        event = found.event
        head, tail = cut(line)
        self._db.execute(
            "INSERT INTO events (id, address, content, head, tail, first_seen, last_seen, due, first_run)"
            " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (id) DO UPDATE SET"
            " content = ?3, head = ?4, tail = ?5, first_seen = ?6, last_seen = ?7, due = ?8",
            (
                event.id,
                address,
                sha256(head).hexdigest(),
                head,
                tail,
                event.first_seen,
                event.last_seen,
                found.due,
                self._run,
            ),
        )
        news: Iterable[Change] = (Change("added", event.id, new=event.title),)
        if old is not None:
            assert isinstance(event, Event), "only the line of a new event stays as a page gave it"
            news = changes(old, event, is_over=found.is_over)
            self._db.execute("DELETE FROM screenings WHERE event = ?", (event.id,))
        self._store_screenings(event.id, event.screenings, found.listed)
        for change in news:
            self._log(event.provenance.fetched_at, change)

    def _store_screenings(self, event_id: str, screenings: Iterable[Screening], listed: Iterable[list[int]]) -> None:
        for place, (screening, numbers) in enumerate(zip(screenings, listed, strict=True)):
            self._db.execute(
                "INSERT INTO screenings VALUES (?, ?, ?, ?, ?)",
                (event_id, place, screening.starts_at, screening.venue, screening.model_dump_json()),
            )
            self._db.executemany(
                "INSERT INTO listings VALUES (?, ?, ?)", ((event_id, place, number) for number in numbers)
            )

    # ------------------------------------------------------------------ listed or not
    def _note_listed(self) -> None:
        """Note which events the site lists, and which it listed before and does not any more."""
        here = "address IN (SELECT address FROM seen)"
        returned = self._db.execute(f"SELECT id FROM events WHERE is_listed = 0 AND {here} ORDER BY id").fetchall()
        gone: list[tuple[str]] = []
        if self._facts.is_complete:
            gone = self._db.execute(f"SELECT id FROM events WHERE is_listed = 1 AND NOT {here} ORDER BY id").fetchall()
        for (event_id,) in returned:
            self._log(None, Change("returned", event_id))
        for (event_id,) in gone:
            self._log(None, Change("not_listed", event_id))
        self._db.execute(f"UPDATE events SET is_listed = 1 WHERE is_listed IS NOT 1 AND {here}")
        self._db.executemany("UPDATE events SET is_listed = 0 WHERE id = ?", gone)

    def _log(self, captured_at: str | None, change: Change) -> None:
        self._db.execute(
            "INSERT INTO changes (run, event, kind, field, old, new, screening, captured_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                self._run,
                change.id,
                change.kind,
                change.field,
                as_json(change.old),
                as_json(change.new),
                as_json(change.screening),
                captured_at,
            ),
        )

    def _prune(self) -> None:
        """Forget with what to ask for pages that nobody asks for any more: the days of a calendar."""
        self._db.execute(
            "DELETE FROM answers WHERE run < (SELECT number FROM runs WHERE is_complete ORDER BY number DESC"
            f" LIMIT 1 OFFSET {PRUNED_AFTER_RUNS})"
        )


def _address_of(line: Reading | Answered | RunFacts) -> str | None:
    return line.id if isinstance(line, Reading) else None
