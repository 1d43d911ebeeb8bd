"""Join what one run read to a source's ledger: keep its readings, and reckon the events anew of which it says news."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from hashlib import sha256
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple

from filmscrape.records import Event, Screening
from filmscrape.runs.changes import Change, changes
from filmscrape.runs.ledger_tables import NEWEST_PAGE, PRUNED_AFTER_RUNS, as_json
from filmscrape.runs.merge import Venues, venue_slug
from filmscrape.runs.readings import Answered, Reading, RunFacts, cut, joined, venues_of
from filmscrape.runs.reckon import Reckoned, Stored, reckon

_OF_ANSWER = [field.name for field in fields(Answered)]
_VALUES_OF_ANSWER = attrgetter(*_OF_ANSWER)
_KEEP_ANSWER = (
    f"INSERT OR REPLACE INTO answers ({', '.join(_OF_ANSWER)}, run) VALUES ({', '.join('?' * len(_OF_ANSWER))}, ?)"
)


class Touched(NamedTuple):
    """An event that a run says something of.

    :ivar old: its line before; ``None`` for a new event.
    :ivar new: its line now.
    """

    id: str
    old: bytes | None
    new: bytes


class Merging:
    """One run on its way into the ledger, within one transaction.

    :param for_good: whether that will be committed; else events are not stored, as nobody will read them again.
    """

    def __init__(self, db: sqlite3.Connection, facts: RunFacts, *, for_good: bool) -> None:
        self._db = db
        self._facts = facts
        self._for_good = for_good
        self._run = facts.id
        self._number: int | None = None
        self._venues = Venues.of(db.execute("SELECT slug, name FROM venues"))

    def _one(self, query: str, *values: Any) -> Any:
        row = self._db.execute(query, values).fetchone()
        return None if row is None else row[0]

    def merge(self, lines: Iterable[Reading | Answered | RunFacts]) -> Iterator[Touched]:
        """Join the run's lines to what is known; see :meth:`Ledger.merge`."""
        facts = self._facts
        row = self._db.execute("INSERT INTO runs (id, is_live, is_complete) VALUES (?, ?, ?)", facts)
        self._number = row.lastrowid
        self._db.execute(
            "CREATE TEMP TABLE IF NOT EXISTS seen (address TEXT PRIMARY KEY, is_new INTEGER) WITHOUT ROWID"
        )
        self._db.execute("DELETE FROM seen")
        newest = self._take(lines)
        unseen = "SELECT DISTINCT address FROM events WHERE due <= ? AND address NOT IN (SELECT address FROM seen)"
        due = self._db.execute(unseen, (newest,)).fetchall()
        for address, is_new in self._db.execute("SELECT address, is_new FROM seen ORDER BY address"):
            yield from self._settle(address, newest, is_new=bool(is_new))
        for (address,) in due:
            old = {row[0]: joined(*row[1:5]) for row in self._events(address)}
            self._reckon(address, self._readings(address), newest, old)
        if facts.is_live:
            self._note_listed()
        self._prune()

    def _take(self, lines: Iterable[Reading | Answered | RunFacts]) -> str:
        """Keep the readings, and note which addresses were seen and whether they say something else than before.

        :return: when the newest capture was made.
        """
        newest = ""
        for address, group in groupby(lines, key=lambda line: line.id if isinstance(line, Reading) else None):
            if address is None:
                for line in group:
                    if isinstance(line, Answered):
                        newest = max(newest, line.at)
                        self._keep_answer(line)
                continue
            readings = [line for line in group if isinstance(line, Reading)]
            newest = max(newest, *(reading.at for reading in readings))
            is_new = self._keep(address, readings)
            self._db.execute("INSERT OR REPLACE INTO seen VALUES (?, ?)", (address, is_new))
        return newest

    def _keep(self, address: str, readings: list[Reading]) -> bool:
        """Keep what was read of an address; whether that is not just what was read of it the last time."""
        rows = {
            (kind, content): (number, last_run)
            for number, kind, content, last_run in self._db.execute(
                "SELECT number, kind, content, last_run FROM readings WHERE address = ?", (address,)
            )
        }
        before = max((last_run for _, last_run in rows.values()), default="")
        same = {number for number, last_run in rows.values() if last_run == before}
        now = set()
        for reading in readings:
            if reading.kind == "listed":
                continue
            number = (
                self._extend_page(address, reading) if reading.kind == "same" else self._known(rows, address, reading)
            )
            if number is not None:
                now.add(number)
        return bool(now) and now != same

    def _known(self, rows: dict[tuple[str, str], tuple[int, str]], address: str, reading: Reading) -> int | None:
        """Keep one reading; of a capture that was read before, what was read later counts."""
        content = reading.content
        has_others = any(kind == "page" and other != content for kind, other in rows)
        if reading.kind == "page" and has_others and not self._supersede(address, reading, content):
            return None
        found = rows.get((reading.kind, content))
        mark = (reading.at, reading.body, self._run)
        if found is None:
            self._venues_of(reading)
            row = self._db.execute(
                "INSERT INTO readings (address, kind, content, line, first_at, first_body, first_run, last_at,"
                " last_body, last_run) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (address, reading.kind, content, reading.line, *mark, *mark),
            )
            assert row.lastrowid is not None
            rows[reading.kind, content] = (row.lastrowid, self._run)
            return row.lastrowid
        self._extend(found[0], reading.at, reading.body)
        return found[0]

    def _extend(self, number: int, at: str, body: str) -> None:
        self._db.execute(
            "UPDATE readings SET last_at = ?1, last_body = ?2, last_run = ?3 WHERE number = ?4 AND last_at <= ?1",
            (at, body, self._run, number),
        )
        self._db.execute(
            "UPDATE readings SET first_at = ?1, first_body = ?2, first_run = ?3 WHERE number = ?4 AND first_at > ?1",
            (at, body, self._run, number),
        )

    def _extend_page(self, address: str, reading: Reading) -> int | None:
        """The page is as it was: the newest reading of it holds up to now."""
        row = self._db.execute(f"SELECT number, last_body {NEWEST_PAGE}", (address,)).fetchone()
        if row is None:
            return None
        self._extend(row[0], reading.at, row[1])
        return int(row[0])

    def _supersede(self, address: str, reading: Reading, content: str) -> bool:
        """Take back what an earlier run read in the same capture; false where a later run read it already."""
        capture = (address, content, reading.at, reading.body)
        if self._one(
            "SELECT 1 FROM readings WHERE address = ?1 AND kind = 'page' AND content <> ?2 AND"
            " ((first_at = ?3 AND first_body = ?4 AND first_run > ?5) OR"
            " (last_at = ?3 AND last_body = ?4 AND last_run > ?5))",
            *capture,
            self._run,
        ):
            return False
        of_others = "address = ?1 AND kind = 'page' AND content <> ?2"
        both = "first_at = ?3 AND first_body = ?4 AND last_at = ?3 AND last_body = ?4"
        self._db.execute(f"DELETE FROM readings WHERE {of_others} AND {both}", capture)
        self._db.execute(
            "UPDATE readings SET first_at = last_at, first_body = last_body, first_run = last_run"
            f" WHERE {of_others} AND first_at = ?3 AND first_body = ?4",
            capture,
        )
        self._db.execute(
            "UPDATE readings SET last_at = first_at, last_body = first_body, last_run = first_run"
            f" WHERE {of_others} AND last_at = ?3 AND last_body = ?4",
            capture,
        )
        return True

    def _keep_answer(self, answer: Answered) -> None:
        self._db.execute(_KEEP_ANSWER, (*_VALUES_OF_ANSWER(answer), self._number))

    # ------------------------------------------------------------------ venues
    def _venues_of(self, reading: Reading) -> None:
        """Learn the venues that a new reading names."""
        for name in sorted(venues_of(reading.line)):
            if self._venues.learn_name(name):
                self._db.execute(
                    "INSERT INTO venues VALUES (?1, ?2) ON CONFLICT (slug) DO UPDATE SET name = ?2",
                    (venue_slug(name), name),
                )

    # ------------------------------------------------------------------ events
    def _settle(self, address: str, newest: str, *, is_new: bool) -> Iterator[Touched]:
        """Bring the events of an address that was seen up to date."""
        readings = self._readings(address)
        pages = [reading for reading in readings if reading.kind == "page"]
        if not pages:
            return  # a card alone makes no event
        page_at = max(page.last for page in pages)
        # A page that the run saw tells how things stand; of the others time alone tells it.
        now = page_at if max(page.last_run for page in pages) == self._run else max(newest, page_at)
        known = self._events(address)
        page_from = min(page.first for page in pages)
        is_older = any(page_from < row[2] for row in known)  # an earlier capture said the same: it was seen before
        if not is_new and not is_older and len(known) == 1 and (known[0][5] is None or known[0][5] > now):
            event_id, head, first, last, tail, _ = known[0]
            seen = max(last, page_at)
            if seen != last and self._for_good:
                self._db.execute("UPDATE events SET last_seen = ? WHERE id = ?", (seen, event_id))
            yield Touched(event_id, joined(head, first, last, tail), joined(head, first, seen, tail))
            return
        old = {row[0]: joined(*row[1:5]) for row in known}
        for event_id, line in self._reckon(address, readings, now, old):
            yield Touched(event_id, old.get(event_id), line)

    def _events(self, address: str) -> list[tuple[str, bytes, str, str, bytes, str | None]]:
        """The events of an address: id, the parts of the line, and when they are due."""
        return self._db.execute(
            "SELECT id, head, first_seen, last_seen, tail, due FROM events WHERE address = ? ORDER BY id", (address,)
        ).fetchall()

    def _readings(self, address: str) -> list[Stored]:
        """All that was ever read of an address."""
        found = self._db.execute(
            "SELECT number, kind, line, first_at, last_at, last_run FROM readings WHERE address = ? ORDER BY number",
            (address,),
        )
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
