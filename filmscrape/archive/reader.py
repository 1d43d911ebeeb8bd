"""Read WARC files, one's own and those of others: what can be read is given, the rest is named by offset.

Follows WARC 1.0 and 1.1 (ISO 28500), and is lenient where writers are known to differ: line ends, addresses in
angle brackets, HTTP bodies with or without the chunks that their header speaks of, a wrong ``Content-Length``.

The usual libraries are not asked here: a record that is torn comes out of them as an empty one, without a word.
"""

import base64
import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Literal

from filmscrape.archive.captures import Damage, Resolver, StoredCapture, read_date
from filmscrape.archive.stream import Units

MAX_BLOCK = 64 * 1024 * 1024
"""Bytes of the largest record that is read; other tools' archives hold films."""
_MAX_HEADER = 64 * 1024  # bytes; addresses of 32 KB were seen in the wild
_BLANK_LINE = re.compile(rb"\r?\n\r?\n")
_LINE_ENDS = re.compile(rb"[\r\n]+")
_NEXT_RECORD = re.compile(rb"\r?\n\r?\n(?=WARC/1\.\d\r?\n)")
_RECORD_LINE = re.compile(rb"^WARC/1\.\d", re.MULTILINE)
_STATUS_LINE = re.compile(rb"HTTP/\d(?:\.\d)? +(\d{3})\b[^\r\n]*(?:\r?\n|\Z)")
_FOLDED = re.compile(rb"\r?\n[ \t]+")
_LINE = re.compile(rb"\r?\n")
_CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]*)?\r?\n")

_OTHER_KINDS = frozenset({"warcinfo", "request", "metadata", "conversion", "continuation"})

Fields = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Record:
    """One WARC record.

    :ivar fields: its header, in order.
    :ivar block: its content.
    :ivar offset: where its gzip member begins in the file, or itself in a plain file.
    :ivar length: bytes that it takes in the file; 0 where it shares a gzip member with others.
    """

    fields: Fields
    block: bytes
    offset: int
    length: int

    def field(self, name: str) -> str | None:
        """Give a header field's value; names are in lower case."""
        for key, value in self.fields:
            if key.lower() == name:
                return value
        return None

    @property
    def kind(self) -> str:
        """``WARC-Type``."""
        return (self.field("warc-type") or "").lower()

    @property
    def url(self) -> str:
        """``WARC-Target-URI``; WARC 1.0 shows it in angle brackets, and some writers took that at its word."""
        return (self.field("warc-target-uri") or "").strip("<>")

    @property
    def id(self) -> str:
        """``WARC-Record-ID``."""
        return self.field("warc-record-id") or ""

    @property
    def date(self) -> datetime | None:
        """``WARC-Date``, to the second."""
        return read_date(self.field("warc-date"))


def read_records(path: Path, damage: list[Damage], start: int = 0) -> Iterator[Record]:
    """Read all records of a file, of whatever type, in their order.

    :param damage: what cannot be read is added here.
    :param start: offset of a record to begin at.
    :raises OSError: where the file cannot be opened or read.
    """
    with path.open("rb") as file:
        file.seek(start)
        yield from _RecordReader(path, file, damage)


def read_captures(path: Path, damage: list[Damage], resolve: Resolver | None = None) -> Iterator[StoredCapture]:
    """Read the captures of one WARC, in their order: ``response``, ``resource`` and ``revisit`` records of web pages.

    A revisit whose body is in the same file needs no ``resolve``.

    :param damage: what cannot be read is added here.
    :param resolve: finds the bodies of revisits that are in other files.
    :raises OSError: where the file cannot be opened or read; never for what is in it.
    """
    bodies = _Bodies(path, resolve)
    for record in read_records(path, damage):
        capture = capture_of(record, path, damage, bodies.find)
        if capture is None:
            continue
        if not capture.revisit:
            bodies.note(record)
        yield capture


def read_capture(path: Path, offset: int, resolve: Resolver | None = None) -> StoredCapture | None:
    """Read the one capture that begins at an offset; ``None`` where there is none or it cannot be read."""
    damage: list[Damage] = []
    record = next(read_records(path, damage, offset), None)
    if record is None or record.offset != offset:
        return None
    return capture_of(record, path, damage, resolve)


def capture_of(record: Record, path: Path, damage: list[Damage], resolve: Resolver | None) -> StoredCapture | None:
    """Make a capture of a record; ``None`` for records that are none, and for those that cannot be read."""
    kind, url, date = record.kind, record.url, record.date
    if kind in _OTHER_KINDS:
        return None
    try:
        if kind not in ("response", "resource", "revisit"):
            raise _NoCapture(f"a record of no known kind: {kind!r}")
        if not url.lower().startswith(("http:", "https:")):
            if "application/http" not in (record.field("content-type") or "application/http"):
                return None  # a name's address, a screenshot
            raise _NoCapture("an answer of no web address")
        if date is None:
            raise _NoCapture("a record without a date that can be read")
        if record.field("warc-segment-number"):
            raise _NoCapture("a record in segments")
        read = {"response": _response, "resource": _resource}.get(kind)
        status, headers, body = read(record) if read else _revisit(record, resolve)
    except _NoCapture as fault:
        damage.append(Damage(path, record.offset, f"{fault} ({url})", fault.kind))
        return None
    return StoredCapture(url, date, status, headers, body, record.id, path, record.offset, kind == "revisit")


class _NoCapture(Exception):  # noqa: N818
    def __init__(self, reason: str, kind: Literal["damaged", "unresolved"] = "damaged") -> None:
        super().__init__(reason)
        self.kind = kind


def _resource(record: Record) -> tuple[int, Fields, bytes]:
    return 200, (("Content-Type", record.field("content-type") or "application/octet-stream"),), record.block


def _response(record: Record) -> tuple[int, Fields, bytes]:
    status, headers, body = parse_http(record.block)
    if not status:
        raise _NoCapture("a response without a status line")
    whole = _unchunked(headers, body)
    if whole is None:
        raise _NoCapture("a chunked body that is cut off")
    return status, headers, whole


def _revisit(record: Record, resolve: Resolver | None) -> tuple[int, Fields, bytes]:
    status, headers, _ = parse_http(record.block)
    url = (record.field("warc-refers-to-target-uri") or record.url).strip("<>")
    date = read_date(record.field("warc-refers-to-date"))
    earlier = resolve(record.field("warc-payload-digest"), url, date) if resolve else None
    if earlier is None:
        raise _NoCapture("a revisit of a capture that is not at hand", "unresolved")
    if status == 304 or not headers:
        updated = {name.lower() for name, _ in headers}
        headers = tuple(pair for pair in earlier.headers if pair[0].lower() not in updated) + headers
    return status or earlier.status, headers, earlier.stored_body


# ------------------------------------------------------------------ parts of a record
def parse_fields(header: bytes) -> Fields:
    """Read header lines; a folded line goes on with the one before, one without a colon plays no part."""
    if b"\n " in header or b"\n\t" in header:
        header = _FOLDED.sub(b" ", header)
    try:
        text = header.decode()
    except UnicodeDecodeError:
        text = header.decode("latin-1")
    parts = [line.partition(":") for line in text.split("\n")]
    return tuple([(name.strip(), value.strip()) for name, colon, value in parts if colon])


def parse_http(block: bytes) -> tuple[int, Fields, bytes]:
    """Part an HTTP response into status, headers and body; status 0 where it has no status line."""
    first = _STATUS_LINE.match(block)
    if first is None:
        return 0, (), b""
    blank = _BLANK_LINE.search(block, first.end() - 2)
    end, body = (blank.start(), blank.end()) if blank else (len(block), len(block))
    return int(first[1]), parse_fields(block[first.end() : end]), block[body:]


def _unchunked(headers: Fields, body: bytes) -> bytes | None:
    """Undo the chunks where a header speaks of them and the bytes agree; ``None`` where they end too early."""
    if not any(name.lower() == "transfer-encoding" and "chunked" in value.lower() for name, value in headers):
        return body
    pieces: list[bytes] = []
    at = 0
    while line := _CHUNK_LINE.match(body, at):
        size = int(line[1], 16)
        if size == 0:
            return b"".join(pieces)
        at = line.end() + size
        piece = body[line.end() : at]
        ending = _LINE.match(body, at)
        if len(piece) < size or ending is None:
            return None if pieces or (ending is None and at >= len(body)) else body
        pieces.append(piece)
        at = ending.end()
    return None if pieces else body


def digest_of(payload: bytes) -> str:
    """Digest as WARC tools write it: SHA-1, base32."""
    return "sha1:" + base64.b32encode(hashlib.sha1(payload, usedforsecurity=False).digest()).decode()


def contradicts(digest: str | None, content: bytes) -> bool:
    """Whether a digest (base32 or hexadecimal) is there, can be computed, and is not that of the bytes."""
    name, _, value = (digest or "").partition(":")
    try:
        computed = hashlib.new(name.strip().lower().replace("-", ""), content, usedforsecurity=False).digest()
    except (ValueError, TypeError):
        return False
    value = value.strip()
    return value.lower() != computed.hex() and value.upper().rstrip("=") != base64.b32encode(computed).decode().rstrip(
        "="
    )


# ------------------------------------------------------------------ the records of a file
class _RecordReader:
    """Iterates over the records of a file, and notes what it must step over."""

    def __init__(self, path: Path, file: BinaryIO, damage: list[Damage]) -> None:
        self._path = path
        self._damage = damage
        self._units = Units(file, self._note)
        self._taken = 0  # decoded bytes of the unit that were taken
        self._noted = -1

    def __iter__(self) -> Iterator[Record]:
        units = self._units
        while units.next_unit():
            self._taken = 0
            noted = len(self._damage)
            while self._begin():
                if (record := self._read()) is not None:
                    yield record
            if units.end == "torn" and noted == len(self._damage):
                self._note(units.offset, "the file ends in the middle of a gzip member")
            elif units.end == "broken":
                self._note(units.offset, "a damaged gzip member: what it holds behind this place cannot be read")

    def _note(self, offset: int, reason: str, kind: Literal["damaged", "too_large"] = "damaged") -> None:
        if self._units.end == "broken" and offset == self._noted:
            return  # one word on a place is enough
        self._noted = offset
        self._damage.append(Damage(self._path, offset, reason, kind))

    @property
    def _here(self) -> int:
        """Offset in the file: the member's, where the unit is packed."""
        return self._units.offset if self._units.packed else self._units.offset + self._taken

    def _take(self, size: int) -> None:
        size = min(size, len(self._units.buffer))
        del self._units.buffer[:size]
        self._taken += size

    def _begin(self) -> bool:
        """Go to where the next record of the unit begins; false where there is none."""
        units = self._units
        if not self._skip_blank_lines():
            return False
        if units.fill(5) and units.buffer.startswith(b"WARC/"):
            return True
        here, before = self._here, self._taken
        self._seek_record_line(0)
        torn = units.end == "torn" and not units.buffer
        self._note(here, "a torn record" if torn else f"{self._taken - before} bytes that are no record")
        return bool(units.buffer)

    def _skip_blank_lines(self) -> bool:
        """Take line ends; false where the unit ends with them."""
        units = self._units
        while units.fill(1) and (found := _LINE_ENDS.match(units.buffer)):
            self._take(found.end())
        return bool(units.buffer)

    def _seek_record_line(self, start: int) -> None:
        """Take all up to the next line that begins a record."""
        self._take(start)
        while (found := _RECORD_LINE.search(self._units.buffer)) is None:
            searched = len(self._units.buffer)
            if not self._units.fill(searched + 1):
                self._take(searched)
                return
            self._take(max(searched - 16, 0))
        self._take(found.start())

    def _read(self) -> Record | None:
        """Read the record that begins here; ``None`` where it cannot be read: that is noted."""
        here, alone = self._here, self._units.packed and self._taken == 0
        header = self._read_header()
        if header is None:
            return None
        fields = parse_fields(header)
        record = Record(fields, b"", here, 0)
        length = _length(record.field("content-length"))
        if length is not None and length > MAX_BLOCK and self._holds(length):
            self._note(here, f"a record of {length} bytes, more than are read at once", "too_large")
            self._pass(length)
            return None
        block = self._framed(length, record) if length is not None else None
        if block is None:
            block = self._sought(length, record)
        if block is None:
            return None
        whole = alone and not self._skip_blank_lines()
        return Record(fields, block, here, self._units.position - here if whole else 0)

    def _read_header(self) -> bytes | None:
        units = self._units
        while (blank := _BLANK_LINE.search(units.buffer, 0, _MAX_HEADER)) is None:
            if len(units.buffer) >= _MAX_HEADER or not units.fill(len(units.buffer) + 1):
                torn = len(units.buffer) < _MAX_HEADER
                self._note(self._here, "a torn record" if torn else "a record header without an end")
                self._seek_record_line(5)
                return None
        header = bytes(units.buffer[: blank.start()])
        self._take(blank.end())
        return header

    def _holds(self, length: int) -> bool:
        """Whether a block of more than ``MAX_BLOCK`` bytes can be there; of a packed one nobody knows for certain."""
        if self._units.packed:
            return self._units.fill(MAX_BLOCK)
        return self._path.stat().st_size >= self._units.offset + self._taken + length

    def _pass(self, length: int) -> None:
        while length and self._units.fill(1):
            step = min(length, len(self._units.buffer))
            self._take(step)
            length -= step

    def _framed(self, length: int, record: Record) -> bytes | None:
        """Take the block by its ``Content-Length``; ``None`` where what stands around it contradicts that."""
        units = self._units
        if length > MAX_BLOCK or not units.fill(length):
            return None
        at = length
        while units.fill(at + 1) and (found := _LINE_ENDS.match(units.buffer, at)):
            at = found.end()
        ended = not units.fill(at + 5) and len(units.buffer) == at
        follows = ended or units.buffer.startswith((b"WARC/"), at)
        if not follows and (units.packed or not units.buffer.startswith(b"\r\n\r\n", length)):
            return None
        block = bytes(units.buffer[:length])
        # The checksum of a member vouches for its record; where there is none, the record's own digest does.
        vouched = units.packed and self._alone(ended)
        if not vouched and not self._vouched(record, block):
            return None
        self._take(length)
        return block

    def _alone(self, ended: bool) -> bool:
        return ended and self._units.end == "whole"

    def _vouched(self, record: Record, block: bytes) -> bool:
        digest = record.field("warc-block-digest")
        if self._units.end == "broken" and not digest:
            return False
        return not contradicts(digest, block)

    def _sought(self, length: int | None, record: Record) -> bytes | None:
        """Take the block up to where the next record begins, or the unit ends; ``None`` where that is no record."""
        units = self._units
        searched = 0
        while (found := _NEXT_RECORD.search(units.buffer, searched)) is None and len(units.buffer) < MAX_BLOCK:
            searched = max(len(units.buffer) - 32, 0)
            if not units.fill(len(units.buffer) + 1):
                break
        end = found.start() if found else len(units.buffer.rstrip(b"\r\n"))
        block = bytes(units.buffer[:end])
        self._take(end if found else len(units.buffer))
        digest = record.field("warc-block-digest")
        name = f"{record.kind or 'record'} {record.url}".rstrip()
        cut = found is None and (units.end == "torn" or not units.packed)
        proven = digest is not None and not contradicts(digest, block)
        if not proven and (cut or units.end == "broken" or contradicts(digest, block)):
            what = "torn" if cut else "damaged"
            self._note(record.offset, f"a {what} record: {len(block)} of {length} bytes ({name})")
            return None
        self._note(record.offset, f"Content-Length says {length}, and there are {len(block)} bytes ({name})")
        return block


def _length(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() else None


class _Bodies:
    """Finds the bodies of revisits: those of captures before it in the same file, else where ``resolve`` finds them.

    Holds 100 bytes a capture, whatever it says.
    """

    def __init__(self, path: Path, resolve: Resolver | None) -> None:
        self._path = path
        self._resolve = resolve
        self._by_digest: dict[int, int] = {}
        self._by_place: dict[int, int] | None = None  # made where a revisit names no digest

    def note(self, record: Record) -> None:
        """Remember where a capture is."""
        if digest := record.field("warc-payload-digest"):
            self._by_digest.setdefault(hash(digest), record.offset)

    def find(self, digest: str | None, url: str | None, date: datetime | None) -> StoredCapture | None:
        """Find the capture that a revisit refers to."""
        if digest and (offset := self._by_digest.get(hash(digest))) is not None:
            found = self._read(offset, lambda record: record.field("warc-payload-digest") == digest)
            if found is not None:
                return found
        if self._resolve and (found := self._resolve(digest, url, date)):
            return found
        offset = self._places().get(hash((url, date))) if not digest else None
        if offset is None:
            return None
        return self._read(offset, lambda record: record.url == url and (date is None or record.date == date))

    def _places(self) -> dict[int, int]:
        if self._by_place is None:
            self._by_place = {}
            for record in filter(_holds_a_body, read_records(self._path, [])):
                self._by_place.setdefault(hash((record.url, record.date)), record.offset)
                self._by_place.setdefault(hash((record.url, None)), record.offset)
        return self._by_place

    def _read(self, offset: int, wanted: Callable[[Record], bool]) -> StoredCapture | None:
        """Read the capture at an offset; a file packed whole has many there."""
        for record in read_records(self._path, [], offset):
            if record.offset != offset:
                return None
            if _holds_a_body(record) and wanted(record):
                return capture_of(record, self._path, [], None)
        return None


def _holds_a_body(record: Record) -> bool:
    return record.kind in ("response", "resource")
