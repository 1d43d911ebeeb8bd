"""The ledger of a source, ``ledger.sqlite``: all that was ever read of each event, and what is published of it.

The readings are the facts, everything else follows from them: the same runs in the same order give the same ledger,
and it can be made again from the runs' folders (:mod:`~filmscrape.runs.recovery`). A reading counts by the date of
its capture: what a web archive kept in 2022 fills what is missing and replaces nothing that was seen in 2025.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import fields
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from filmscrape.runs.faults import LedgerDamaged, LedgerOutdated, LedgerTooNew
from filmscrape.runs.ledger_tables import NEWEST_PAGE, SCHEMA, VERSION, from_json
from filmscrape.runs.merging import Merging, Touched
from filmscrape.runs.readings import Answered, RunFacts, content_of, joined, read_readings

# Seconds that a run waits to be joined while a replay finds out what it would change; 100,000 events take it one.
_WAIT = 600.0
_PAGE = 8 * 1024  # bytes; many lines are longer than fits into SQLite's 4096, and lie in two places then
_CACHE = 8 * 1024  # KiB of the file in memory; with SQLite's 2 MiB a merge writes pages that it will change again


class Page(NamedTuple):
    """An event's page as it was read last.

    :ivar line: the record of the page alone.
    :ivar body: SHA-256 of the body that it was read from last.
    """

    line: bytes
    first: str
    last: str
    body: str


class Span(NamedTuple):
    """From when to when something was said, and by which runs."""

    first: str
    first_run: str
    last: str
    last_run: str


class Ledger:
    """The ledger of one source.

    :param path: the file; it is made where it is missing. ``None`` for one in memory.
    :param read_only: change nothing; the file must be there.
    :param is_new: whether it may be made; else it must be there too.
    :raises LedgerDamaged: the file is no ledger.
    :raises LedgerOutdated: it is one of an older version.
    :raises LedgerTooNew: it is one of a newer version; nothing was changed in it.
    """

    def __init__(self, path: Path | None, *, read_only: bool = False, is_new: bool = True) -> None:
        self.path = path
        target = ":memory:" if path is None else _address(path, read_only=read_only, is_new=is_new)
        with ExitStack() as undo:
            try:
                self._db = _connect(target)
                undo.callback(self.close)  # before it gets another name: what SQLite keeps beside it goes into it
                version = self._one("PRAGMA user_version")
                if version in (0, VERSION) and not read_only:  # in that of another version nothing is changed
                    _prepare(self._db)
                if version == 0 and not read_only:
                    self._make(target)
                    version = VERSION
            except sqlite3.DatabaseError as fault:
                raise self._fault(fault) from fault
            if version != VERSION:
                raise self._other_version(version)
            undo.pop_all()

    def _make(self, target: str) -> None:
        self._db.executescript(f"BEGIN IMMEDIATE; {SCHEMA}; PRAGMA user_version = {VERSION}; COMMIT")
        if self.path is not None:
            # SQLite counts the connections that write: the first run is to come with one of its own, whether it finds
            # the file or makes it, as each later one does.
            self._db.close()
            self._db = _connect(target)
            _prepare(self._db)

    def _other_version(self, version: int) -> Exception:
        """Tell an older ledger and a newer one from a file that is none."""
        if version <= 0:
            return LedgerDamaged(f"{self.path} cannot be read as a ledger: it is of no version")
        told = f"{self.path} is a ledger of version {version}, and this filmscrape reads version {VERSION}"
        return LedgerOutdated(told, version) if version < VERSION else LedgerTooNew(told)

    def _fault(self, fault: sqlite3.DatabaseError) -> Exception:
        """Tell a disk that fails from a file that is damaged."""
        text = str(fault)
        if any(word in text for word in ("full", "readonly", "disk I/O", "unable to open", "locked")):
            return OSError(5, text, str(self.path))
        return LedgerDamaged(f"{self.path} cannot be read as a ledger: {text}")

    def check(self) -> None:
        """Look through the file for what a power cut or a bad disk leaves; a second for each 500 MB.

        :raises LedgerDamaged: there is something.
        """
        try:
            found = self._one("PRAGMA quick_check(1)")
        except sqlite3.DatabaseError as fault:
            raise self._fault(fault) from fault
        if found != "ok":
            raise LedgerDamaged(f"{self.path} cannot be read as a ledger: {found}")

    def close(self) -> None:
        """Close the file; closing twice is no fault."""
        self._db.close()

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """Look things up in a file that may be damaged.

        :raises OSError: the disk fails.
        :raises LedgerDamaged: the file is damaged.
        """
        try:
            yield
        except sqlite3.DatabaseError as fault:
            raise self._fault(fault) from fault

    def _one(self, query: str, *values: Any) -> Any:
        row = self._db.execute(query, values).fetchone()
        return None if row is None else row[0]

    # ------------------------------------------------------------------ what is known
    def __len__(self) -> int:
        return int(self._one("SELECT count(*) FROM events"))

    def runs(self) -> list[str]:
        """The runs whose readings are in here, in the order in which they came."""
        return [run for (run,) in self._db.execute("SELECT id FROM runs ORDER BY number")]

    def last_published(self) -> tuple[str, str] | None:
        """The run that came last, and the digest of the dataset that it made."""
        row = self._db.execute("SELECT id, dataset_sha256 FROM runs ORDER BY number DESC LIMIT 1").fetchone()
        return None if row is None else (row[0], row[1])

    def lines(self) -> Iterator[bytes]:
        """The dataset: each event's line, by id in order."""
        found = self._db.execute("SELECT head, first_seen, last_seen, tail FROM events ORDER BY id")
        return (joined(*row) for row in found)

    def line(self, event_id: str) -> bytes | None:
        """One event's line."""
        row = self._db.execute(
            "SELECT head, first_seen, last_seen, tail FROM events WHERE id = ?", (event_id,)
        ).fetchone()
        return None if row is None else joined(*row)

    def page(self, address: str) -> Page | None:
        """An event's page as it was read last."""
        row = self._db.execute(f"SELECT line, first_at, last_at, last_body {NEWEST_PAGE}", (address,)).fetchone()
        return None if row is None else Page(*row)

    def answers(self) -> dict[str, Answered]:
        """With what to ask for each page the next time, by path and query."""
        names = ", ".join(field.name for field in fields(Answered))
        return {row[0]: Answered(*row) for row in self._db.execute(f"SELECT {names} FROM answers")}

    def spans(self, address: str, kinds: Iterable[str] = ("page", "card", "calendar")) -> list[tuple[bytes, Span]]:
        """All readings of an address with the time over which they were made, the newest first."""
        found = self._db.execute(
            "SELECT kind, line, first_at, first_run, last_at, last_run FROM readings WHERE address = ?"
            " ORDER BY last_at DESC, last_run DESC",
            (address,),
        )
        return [(row[1], Span(*row[2:])) for row in found if row[0] in kinds]

    def pages(self) -> Iterator[tuple[str, bytes, Span]]:
        """All readings of events' pages: address, record of the page alone, when it was read; by address in order."""
        found = self._db.execute(
            "SELECT address, line, first_at, first_run, last_at, last_run FROM readings WHERE kind = 'page'"
            " ORDER BY address, first_at, first_run, content"
        )
        return ((row[0], row[1], Span(*row[2:])) for row in found)

    def sightings(self) -> Iterator[tuple[str, str, str, str]]:
        """How long cards and calendar entries told of each address: address, kind, first and last time; in order."""
        return self._db.execute(
            "SELECT address, kind, min(first_at), max(last_at) FROM readings WHERE kind <> 'page'"
            " GROUP BY address, kind ORDER BY address, kind"
        )

    def addresses(self) -> dict[str, str]:
        """The address of each event, by id."""
        return dict(self._db.execute("SELECT id, address FROM events"))

    def address_of(self, event_id: str) -> str | None:
        """The address that an event shares with other films, or has for itself."""
        return self._one("SELECT address FROM events WHERE id = ?", event_id)  # type: ignore[no-any-return]

    def dump(self) -> Iterator[tuple[str, tuple[Any, ...]]]:
        """Everything, row by row, to compare two ledgers: tables by name, rows by their key."""
        for table, (_, keys) in self.tables().items():
            order = ", ".join(str(at + 1) for at in range(keys))
            for row in self._db.execute(f"SELECT * FROM {table} ORDER BY {order}"):
                yield table, row

    def tables(self) -> dict[str, tuple[list[str], int]]:
        """The columns of each table, and how many of them, from the first on, are its key."""
        found = {}
        ours = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name"
        for (table,) in self._db.execute(ours).fetchall():
            columns = self._db.execute(f"PRAGMA table_info({table})").fetchall()
            found[table] = ([column[1] for column in columns], sum(bool(column[5]) for column in columns))
        return found

    def faults(self) -> list[str]:
        """Say what is wrong with the file itself, and with digests that do not fit what they are of."""
        found = [row[0] for row in self._db.execute("PRAGMA integrity_check(20)") if row[0] != "ok"]
        for event_id, head, content in self._db.execute("SELECT id, head, content FROM events ORDER BY id"):
            if sha256(head).hexdigest() != content:
                found.append(f"the record of {event_id} is not the one whose digest is noted")
        for number, line, content in self._db.execute("SELECT number, line, content FROM readings ORDER BY number"):
            if content_of(line) != content:
                found.append(f"reading {number} is not the one whose digest is noted")
        return found

    # ------------------------------------------------------------------ merging
    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Change all of it or nothing.

        :raises OSError: the disk is full or fails.
        :raises LedgerDamaged: the file is damaged.
        """
        with self.guarded():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                if self._db.in_transaction:  # where the disk is full SQLite has taken it back already
                    self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def merge(self, readings: Path, *, for_good: bool = True) -> Iterator[Touched]:
        """Join what a run read to what is known; to be exhausted, within :meth:`transaction`.

        A run that is in here already changes nothing.

        :param readings: the run's ``readings.jsonl.gz``.
        :param for_good: false where the transaction will be taken back: what nobody will read is not stored then.
        :return: the events that the run says something of, by address in order.
        :raises OSError: where the file cannot be read.
        :raises ValueError: where it is none.
        """
        facts = next(read_readings(readings), None)
        if not isinstance(facts, RunFacts):
            raise ValueError("the readings do not begin with their run")
        if facts.id not in self.runs():
            yield from Merging(self._db, facts, for_good=for_good).merge(readings)

    # ------------------------------------------------------------------ what a run did
    def note_published(self, run: str, digest: str, size: int) -> None:
        """Note the dataset that a run made."""
        self._db.execute("UPDATE runs SET dataset_sha256 = ?, dataset_bytes = ? WHERE id = ?", (digest, size, run))

    def changes_of(self, run: str) -> Iterator[dict[str, Any]]:
        """The changes that a run brought, by event in order, as lines of ``changes.jsonl``."""
        found = self._db.execute(
            "SELECT kind, event, field, old, new, screening, captured_at FROM changes WHERE run = ?"
            " ORDER BY event, number",
            (run,),
        )
        for kind, event, field, old, new, screening, captured_at in found:
            row = {"kind": kind, "id": event, "run": run, "captured_at": captured_at, "field": field}
            yield row | {name: from_json(text) for name, text in (("screening", screening), ("old", old), ("new", new))}

    def history(self, event_id: str) -> list[dict[str, Any]]:
        """All changes of an event, the oldest first."""
        found = self._db.execute(
            "SELECT run, kind, field, old, new, screening, captured_at FROM changes WHERE event = ? ORDER BY number",
            (event_id,),
        )
        names = ("run", "kind", "field", "old", "new", "screening", "captured_at")
        rows = [dict(zip(names, row, strict=True)) for row in found]
        return [{**row, **{name: from_json(row[name]) for name in ("old", "new", "screening")}} for row in rows]


def _connect(target: str) -> sqlite3.Connection:
    db = sqlite3.connect(target, uri=True, timeout=_WAIT, isolation_level=None)
    try:
        db.execute(f"PRAGMA cache_size = -{_CACHE}")
    except BaseException:
        db.close()
        raise
    return db


def _prepare(db: sqlite3.Connection) -> None:
    """Make a connection one that writes."""
    db.execute(f"PRAGMA page_size = {_PAGE}")  # of a file that is being made
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")  # what is committed survives a power cut
    db.execute("PRAGMA foreign_keys = ON")
    # No page of the file keeps what happened to be in memory: the same statements give the same bytes.
    db.execute("PRAGMA secure_delete = ON")


def _address(path: Path, *, read_only: bool, is_new: bool) -> str:
    """How SQLite is asked for a file. One that nobody has open is read without leaving a trace beside it."""
    if not read_only:
        return f"{path.absolute().as_uri()}?mode={'rwc' if is_new else 'rw'}"
    is_open = path.with_name(f"{path.name}-wal").exists()
    return f"{path.absolute().as_uri()}?mode=ro{'' if is_open else '&immutable=1'}"
