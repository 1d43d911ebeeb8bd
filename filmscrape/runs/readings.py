"""What a run read, line by line: ``readings.jsonl.gz``. The ledger is made of these files and of nothing else.

A line is one of

==============  =======================================================================================
``page``        a valid record of an event's page alone, before cards and calendar fill it
``card``        what a card of a listing says of an event
``calendar``    what an entry of a calendar says of an event
``same``        the page of an event is as it was when it was last read (the site answered 304)
``listed``      an event was listed, and the run has no record of it: not asked for, failed, rejected
``answer``      with what to ask for a page the next time: ``etag``, ``last_modified``, a sitemap's ``lastmod``
``run``         the first line: the run's id, whether it asked the site itself, whether it saw all of it
==============  =======================================================================================

The lines of an event stand together, by id in order.
"""

import gzip
import json
import os
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from errno import EIO
from hashlib import sha256
from io import BufferedReader, BufferedWriter
from json.encoder import encode_basestring
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO, NamedTuple

from isal import igzip

from filmscrape.runs.spool import Spool, Spooled
from filmscrape.unpacking import InflateError

READINGS = "readings.jsonl.gz"
_RECORD = b',"record":'
_TIMES = b'"first_seen":"'  # of an event: first_seen, last_seen and provenance are its last keys
_SEEN_AT = re.compile(rb'"seen_at":"([^"]+)",')
_FETCHED = b'"fetched_at":"'
_AT = re.compile(rb'"(?:fetched_at|seen_at|at)":"([^"]*)"')
_FETCHED_AT = re.compile(rb'"fetched_at":"([^"]+)"')
_BODY = re.compile(rb'"content_sha256":"([0-9a-f]+)"')
_VENUE = re.compile(rb'"venue":("[^"\\]*(?:\\.[^"\\]*)*")')  # inside a text the quotes would be escaped
_AT_ONCE = 128 * 1024  # bytes to pack or unpack; each call costs as much as packing a record
_LEVEL = 2  # of ISA-L's three; an eighth of the time that zlib takes at its level 4, for files a tenth larger


class Reading(NamedTuple):
    """What a page, a card or a calendar entry said of one event, once.

    :ivar kind: ``page``, ``card``, ``calendar``; ``same`` and ``listed`` have no line.
    :ivar line: the record, as JSON with a newline.
    :ivar at: when it was captured, UTC.
    :ivar body: SHA-256 of the page's body; empty for what is no page.
    """

    id: str
    kind: str
    line: bytes = b""
    at: str = ""
    body: str = ""

    @property
    def content(self) -> str:
        """Digest of what it says, without times and provenance."""
        return content_of(self.line)


@dataclass(frozen=True, slots=True)
class Answered:
    """What a site said of a page besides the page: what to ask with the next time.

    :ivar path: path and query of the address that was asked.
    :ivar at: when it was last found to be as it is, UTC.
    :ivar etag: the answer's ``ETag``, where it had one.
    :ivar last_modified: the answer's ``Last-Modified``, where it had one.
    :ivar digest: payload digest by which the archive finds the body (``sha1:…``); empty where no WARC is written.
    :ivar body: SHA-256 of the decoded body.
    :ivar lastmod: what a sitemap says of the page; empty where none does.
    """

    path: str
    at: str
    etag: str = ""
    last_modified: str = ""
    digest: str = ""
    body: str = ""
    lastmod: str = ""


def is_before(lastmod: str, at: str) -> bool:
    """Whether a page was changed before it was captured, as far as a sitemap's word tells: a day may last till its end.

    :param lastmod: a day or a time (W3C's profile of ISO 8601); anything else is before nothing.
    :param at: UTC.
    """
    try:
        moment = datetime.fromisoformat(lastmod)
    except ValueError:
        return False
    if len(lastmod) <= len("2026-11-20"):
        moment += timedelta(days=1)
    return moment.replace(tzinfo=moment.tzinfo or UTC) <= datetime.fromisoformat(at)


class RunFacts(NamedTuple):
    """What the ledger has to know of a run as a whole.

    :ivar is_live: it asked the site itself, and not an archive.
    :ivar is_complete: it saw all that the site lists, so that what it did not see is not listed.
    """

    id: str
    is_live: bool
    is_complete: bool


class RunNotes(NamedTuple):
    """What a run knows besides its records and sightings.

    :ivar same: ids of the events whose page is as it was, and when that was said, UTC.
    :ivar listed: ids of all events that it saw listed.
    """

    facts: RunFacts
    same: Mapping[str, str] = MappingProxyType({})
    listed: Iterable[str] = ()
    answers: Iterable[Answered] = ()


# ------------------------------------------------------------------ records as bytes
def content_of(line: bytes) -> str:
    """Compute the digest of what a record or a sighting says, without times and provenance."""
    at = line.rfind(_TIMES)
    return sha256(line[:at] if at >= 0 else _SEEN_AT.sub(b"", line, 1)).hexdigest()


def cut(line: bytes) -> tuple[bytes, bytes]:
    """Part an event's line into what it says and its provenance; times stand between the two."""
    at = line.rfind(_TIMES)
    return line[:at], line[line.index(b'"provenance":', at) :]


def joined(head: bytes, first_seen: str, last_seen: str, tail: bytes) -> bytes:
    """Put an event's line together again."""
    return b'%b"first_seen":"%b","last_seen":"%b",%b' % (head, first_seen.encode(), last_seen.encode(), tail)


def page_reading(event_id: str, line: bytes) -> Reading:
    """Take a page's record as a reading of its capture."""
    tail = cut(line)[1]
    fetched, body = _FETCHED_AT.search(tail), _BODY.search(tail)
    assert fetched is not None
    assert body is not None, "a record names the body that it was read from"
    return Reading(event_id, "page", line, fetched[1].decode(), body[1].decode())


def _sighting(event_id: str, line: bytes) -> Reading:
    seen = _SEEN_AT.search(line)
    assert seen is not None
    return Reading(event_id, _kind_of_sighting(line), line, seen[1].decode())


def _kind_of_sighting(line: bytes) -> str:
    return "calendar" if b'"origin":"calendar"' in line[:300] else "card"


# ------------------------------------------------------------------ writing
@contextmanager
def writing_readings(path: Path, spool: Spool, notes: RunNotes) -> Iterator[Iterator[Spooled]]:
    """Write what a run read while somebody takes it from here, so that it is read from the disk once; make it durable.

    :param spool: its records and sightings; those that nobody takes are written all the same.
    :raises OSError: where it cannot be written.
    """
    draft = path.with_name(f".{path.name}")
    # No name and no time in the gzip header: on one machine the same readings are the same bytes.
    with (
        draft.open("wb") as file,
        igzip.IGzipFile("", "wb", _LEVEL, file, mtime=0) as packed,
        BufferedWriter(packed, _AT_ONCE) as lines,
    ):
        lines.write(_json({"kind": "run", **notes.facts._asdict()}))
        kept = _noted(spool, notes.same, set(notes.listed), lines)
        yield kept
        deque(kept, maxlen=0)
        for answer in sorted(notes.answers, key=lambda answer: answer.path):
            lines.write(_json({"kind": "answer", **asdict(answer)}))
    with draft.open("rb") as written:
        os.fsync(written.fileno())
    os.replace(draft, path)


def write_readings(path: Path, spool: Spool, notes: RunNotes) -> None:
    """Do the same where nobody takes it."""
    with writing_readings(path, spool, notes):
        pass


def _noted(spool: Spool, same: Mapping[str, str], listed: set[str], lines: BinaryIO) -> Iterator[Spooled]:
    for kept in spool.all(listed.union(same)):
        lines.writelines(_lines_of(kept, same, listed))
        yield kept


def _lines_of(kept: Spooled, same: Mapping[str, str], listed: set[str]) -> Iterator[bytes]:
    event_id, pages, sightings = kept
    if event_id in same:
        yield _json({"kind": "same", "id": event_id, "at": same[event_id]})
    else:
        for line in pages if len(pages) == 1 else sorted(set(pages)):
            yield _as_line(event_id, "page", line)
    for kind, line in sorted({(_kind_of_sighting(line), line) for line in sightings}) if sightings else ():
        yield _as_line(event_id, kind, line)
    if not pages and event_id in listed:
        yield _json({"kind": "listed", "id": event_id, "at": ""})


def _as_line(event_id: str, kind: str, record: bytes) -> bytes:
    name = encode_basestring(event_id).encode()
    return b'{"kind":"%b","id":%b%b%b}\n' % (kind.encode(), name, _RECORD, record[:-1])


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


# ------------------------------------------------------------------ reading
class Overview(NamedTuple):
    """What the lines of a run say together.

    :ivar newest: when the newest capture was made, UTC; empty where there is none.
    :ivar venues: the names of venues that screenings give.
    """

    newest: str
    venues: set[str]


def overview(path: Path) -> Overview:
    """Look through the lines of a run without reading all of each: a tenth of the work of :func:`read_readings`.

    :raises OSError: where the file cannot be read, or is no whole gzip file.
    """
    names: set[bytes] = set()
    newest = b""
    for line in _lines(path):
        names.update(_VENUE.findall(line))
        newest = max(newest, _moment(line))
    return Overview(newest.decode(), {json.loads(name) for name in names})


def read_readings(path: Path) -> Iterator[Reading | Answered | RunFacts]:
    """Read the lines of a run again.

    :raises OSError: where the file cannot be read, or is no whole gzip file.
    :raises ValueError: where a line is none of those that are written.
    """
    return (_numbered(number, line) for number, line in enumerate(_lines(path), 1))


def _moment(line: bytes) -> bytes:
    """When what a line tells was captured, as it is printed; nothing for a line that tells no time."""
    found = _AT.search(line, max(line.rfind(_FETCHED), 0))  # of a page, whose provenance stands at its end
    return found[1] if found else b""


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with igzip.open(path, "rb") as packed, BufferedReader(packed, _AT_ONCE) as lines:
            yield from lines
    except (EOFError, InflateError, gzip.BadGzipFile) as fault:
        raise OSError(EIO, f"no whole gzip file: {fault}", str(path)) from fault


def _numbered(number: int, line: bytes) -> Reading | Answered | RunFacts:
    try:
        return _read(line)
    except (ValueError, KeyError, TypeError, AttributeError, AssertionError) as fault:
        raise ValueError(f"line {number} is no reading: {type(fault).__name__}: {fault}") from fault


def _read(line: bytes) -> Reading | Answered | RunFacts:
    at = line.find(_RECORD, 0, 400)
    if at >= 0:
        head, record = json.loads(line[:at] + b"}"), line[at + len(_RECORD) : -2] + b"\n"
        event_id = str(head["id"])
        return page_reading(event_id, record) if head["kind"] == "page" else _sighting(event_id, record)
    row = json.loads(line)
    kind = row.pop("kind")
    if kind == "answer":
        return Answered(**row)
    if kind == "run":
        return RunFacts(**row)
    return Reading(row["id"], kind, at=row["at"])
