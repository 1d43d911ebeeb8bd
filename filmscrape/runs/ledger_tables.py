"""The tables of the ledger. All times are UTC, as ``2026-11-20T18:00:00Z``; runs are named by their ids."""

import json
from typing import Any

VERSION = 3
"""Of the tables and of the rules by which readings become events; a ledger of an older version is made anew from the
runs, one of a newer version is left alone. From 1 on, to be raised with every change of either."""
PRUNED_AFTER_RUNS = 30
"""With what to ask for a page is forgotten when so many runs that saw all of the site did not ask for it."""
NEWEST_PAGE = (
    "FROM readings WHERE address = ? AND kind = 'page' ORDER BY last_at DESC, last_run DESC, line DESC LIMIT 1"
)
"""What was read of an event's page last."""

# Long values stand last in their tables: SQLite reads all that stands before a value.
SCHEMA = """
-- Runs whose readings are in here, in the order in which they were merged.
CREATE TABLE runs (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    is_live INTEGER NOT NULL,      -- asked the site itself, and not an archive
    is_complete INTEGER NOT NULL,  -- saw all that the site lists
    dataset_sha256 TEXT,           -- of the dataset that it made
    dataset_bytes INTEGER
);
-- What was ever read: a row for each thing that was said of an address, and when it was said first and last.
CREATE TABLE readings (
    number INTEGER PRIMARY KEY AUTOINCREMENT,  -- never given twice: listings may outlive a reading
    address TEXT NOT NULL,         -- <source>:<slug>
    kind TEXT NOT NULL,            -- page, card, calendar
    content TEXT NOT NULL,         -- SHA-256 of the line without times and provenance
    first_at TEXT NOT NULL,
    first_body TEXT NOT NULL,      -- SHA-256 of the page's body
    first_run TEXT NOT NULL,
    last_at TEXT NOT NULL,
    last_body TEXT NOT NULL,
    last_run TEXT NOT NULL,
    line BLOB NOT NULL,            -- the record of the first capture that said it
    UNIQUE (address, kind, content)
);
-- What is published: head, times and tail are the event's line.
CREATE TABLE events (
    id TEXT PRIMARY KEY,
    address TEXT NOT NULL,
    content TEXT NOT NULL,         -- SHA-256 of head: of the record without times and provenance
    first_seen TEXT NOT NULL,
    last_seen TEXT NOT NULL,
    due TEXT,                      -- when a screening will be over, and the event has to be reckoned again
    first_run TEXT NOT NULL,       -- the run that added it
    is_listed INTEGER,             -- by the site; null where only archives were read
    head BLOB NOT NULL,
    tail BLOB NOT NULL
);
CREATE INDEX events_by_address ON events (address);
CREATE INDEX events_by_due ON events (due) WHERE due IS NOT NULL;
CREATE TABLE screenings (
    event TEXT NOT NULL,
    place INTEGER NOT NULL,        -- in the event's list, from 0
    starts_at TEXT NOT NULL,
    venue TEXT,
    record TEXT NOT NULL,
    PRIMARY KEY (event, place)
) WITHOUT ROWID;
-- Which readings list a screening.
CREATE TABLE listings (
    event TEXT NOT NULL,
    place INTEGER NOT NULL,
    reading INTEGER NOT NULL,
    PRIMARY KEY (event, place, reading),
    FOREIGN KEY (event, place) REFERENCES screenings ON DELETE CASCADE
) WITHOUT ROWID;
CREATE VIEW screenings_seen AS
    SELECT s.event, s.place, s.starts_at, s.venue, min(r.first_at) AS first_seen, max(r.last_at) AS last_seen,
           min(r.first_run) AS first_run, max(r.last_run) AS last_run
    FROM screenings s JOIN listings l USING (event, place) JOIN readings r ON r.number = l.reading
    GROUP BY s.event, s.place;
CREATE TABLE changes (
    number INTEGER PRIMARY KEY,
    run TEXT NOT NULL,
    event TEXT NOT NULL,
    kind TEXT NOT NULL,
    field TEXT,
    old TEXT,                      -- JSON, as new and screening are
    new TEXT,
    screening TEXT,
    captured_at TEXT               -- of the capture that says it
);
CREATE INDEX changes_by_run ON changes (run);
CREATE INDEX changes_by_event ON changes (event);
-- With what to ask for a page the next time.
CREATE TABLE answers (
    path TEXT PRIMARY KEY,
    at TEXT NOT NULL,
    etag TEXT NOT NULL,
    last_modified TEXT NOT NULL,
    digest TEXT NOT NULL,          -- payload digest, by which the archive finds the body
    body TEXT NOT NULL,            -- SHA-256 of the decoded body
    lastmod TEXT NOT NULL,         -- what a sitemap says
    run INTEGER NOT NULL           -- number of the run that asked last
) WITHOUT ROWID;
-- The names of venues that a calendar knows by their slug only.
CREATE TABLE venues (slug TEXT PRIMARY KEY, name TEXT NOT NULL) WITHOUT ROWID
"""


def as_json(value: Any) -> str | None:
    """Print a value for a column; ``None`` stays null."""
    return None if value is None else json.dumps(value, ensure_ascii=False)


def from_json(text: str | None) -> Any:
    """Read such a column."""
    return None if text is None else json.loads(text)
