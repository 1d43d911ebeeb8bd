"""The tables as one SQLite file with full-text search and views, and what Datasette wants to know of it beside.

``datasette <folder>`` serves it as it is. Times are text in UTC (``2026-12-06T03:50:00Z``), lists JSON, truth 0 or 1.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import date
from pathlib import Path

from filmscrape.exports.dataset import Dataset
from filmscrape.exports.datasette import metadata
from filmscrape.exports.drafts import Drafts
from filmscrape.exports.rows import Row, Value, as_json, as_text, batches
from filmscrape.exports.tables import TABLES, Column, Table, Type

FILE = "filmscrape.db"

_TYPES = {Type.INTEGER: "INTEGER", Type.BOOLEAN: "INTEGER"}  # all others are TEXT
_INDEXES = {
    "events": ("status", "kind", "year"),
    "screenings": ("starts_at", "venue"),
    "credits": ("person_id", "role"),
    "languages": ("code",),
    "countries": ("code",),
    "introductions": ("person_id",),
}
_VIEWS = """
CREATE VIEW upcoming_screenings AS  -- upcoming when it is read
    SELECT s.starts_at_local, e.title, s.venue, s.availability, s.booking_url, e.url, s.starts_at, s.event_id
    FROM screenings s JOIN events e ON e.id = s.event_id
    WHERE s.starts_at >= strftime('%Y-%m-%dT%H:%M:%SZ', 'now') ORDER BY s.starts_at, s.event_id, s.position;
CREATE VIEW credits_with_titles AS
    SELECT c.person_id, c.name, c.role, c.character, e.title, e.year, c.event_id
    FROM credits c JOIN events e ON e.id = c.event_id;
CREATE VIEW events_by_country AS
    SELECT code, min(name) AS name, count(DISTINCT event_id) AS events FROM countries
    WHERE code IS NOT NULL GROUP BY code ORDER BY events DESC, code;
CREATE VIEW events_by_language AS
    SELECT code, "use", min(name) AS name, count(DISTINCT event_id) AS events FROM languages
    WHERE code IS NOT NULL GROUP BY code, "use" ORDER BY events DESC, code, "use";
"""
# What is searched of an event. The search table keeps no copy of the texts; it reads them here, by the event's rowid.
# Lists are read as the JSON that they are: its signs part words, and a search table cannot read through json_each.
_SEARCH = """
CREATE VIEW events_searched AS
    SELECT e.rowid AS number, e.title,
        e.alternative_titles,
        (SELECT group_concat(name, ' / ') FROM (
            SELECT name FROM credits WHERE event_id = e.id
            UNION SELECT name FROM introductions WHERE event_id = e.id
            UNION SELECT directors FROM shorts WHERE event_id = e.id
            ORDER BY name)) AS people,
        (SELECT group_concat(title, ' / ') FROM (
            SELECT title FROM shorts WHERE event_id = e.id ORDER BY position)) AS shorts,
        coalesce(e.synopsis, e.summary) AS synopsis
    FROM events e;
CREATE VIRTUAL TABLE events_fts USING fts5(title, alternative_titles, people, shorts, synopsis,
    content="events_searched", content_rowid="number", tokenize="unicode61 remove_diacritics 2");
INSERT INTO events_fts(events_fts) VALUES ('rebuild');
INSERT INTO events_fts(events_fts) VALUES ('optimize');
CREATE VIRTUAL TABLE people_fts USING fts5(name, content="people", tokenize="unicode61 remove_diacritics 2");
INSERT INTO people_fts(people_fts) VALUES ('rebuild');
INSERT INTO people_fts(people_fts) VALUES ('optimize');
"""
_STORED: dict[Type, Callable[..., object]] = {
    Type.TEXT: str,
    Type.INTEGER: int,
    Type.BOOLEAN: int,
    Type.TIMESTAMP: as_text,
    Type.DATE: date.isoformat,
    Type.LIST: as_json,
}


def write(dataset: Dataset, folder: Path) -> list[Path]:
    """Write ``filmscrape.db``, and ``metadata.json`` for Datasette.

    :raises OSError: where the file cannot be written.
    """
    with Drafts(folder) as drafts:
        database = drafts.begin(FILE)
        try:
            with closing(sqlite3.connect(database)) as connection:
                _fill(connection, dataset)
        except sqlite3.OperationalError as fault:
            raise OSError(None, str(fault), str(folder / FILE)) from fault
        text = json.dumps(metadata(dataset, Path(FILE).stem), ensure_ascii=False, indent=2)
        drafts.add("metadata.json", f"{text}\n".encode())
    return drafts.written


def _fill(connection: sqlite3.Connection, dataset: Dataset) -> None:
    # The file is a draft: what is lost with the power is made again.
    connection.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;")
    for table in TABLES:
        connection.execute(_create(table))
    for table, rows in batches(dataset):
        places = ", ".join("?" * len(table.columns))
        connection.executemany(f'INSERT INTO "{table.name}" VALUES ({places})', _stored(table, rows))
    connection.commit()
    for name, columns in _INDEXES.items():
        for column in columns:
            connection.execute(f'CREATE INDEX "{name}_by_{column}" ON "{name}" ("{column}")')
    connection.executescript(_VIEWS + _SEARCH + "ANALYZE;")
    connection.commit()


def _create(table: Table) -> str:
    """The statement that makes a table."""
    parts = [
        *map(_column, table.columns),
        f"PRIMARY KEY ({_names(table.key)})",
        *(f'FOREIGN KEY ({_names(link.columns)}) REFERENCES "{link.table}"' for link in table.references),
    ]
    # A key of several columns is the table's own order; `events` and `people` keep the rowid: they are searched by it.
    end = "\n) WITHOUT ROWID" if len(table.key) > 1 else "\n)"
    return f'CREATE TABLE "{table.name}" (\n    ' + ",\n    ".join(parts) + end


def _column(column: Column) -> str:
    checks = {
        Type.BOOLEAN: f' CHECK ("{column.name}" IN (0, 1))',
        Type.LIST: f' CHECK (json_valid("{column.name}"))',
    }
    needed = " NOT NULL" if column.required else ""
    return f'"{column.name}" {_TYPES.get(column.type, "TEXT")}{needed}{checks.get(column.type, "")}'


def _names(columns: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in columns)


def _stored(table: Table, rows: Sequence[Row]) -> Iterator[list[object]]:
    makers = [_STORED[column.type] for column in table.columns]
    return ([_value(make, value) for make, value in zip(makers, row, strict=True)] for row in rows)


def _value(make: Callable[..., object], value: Value) -> object:
    return None if value is None else make(value)
