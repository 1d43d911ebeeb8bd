"""WARC files in pieces that several processes can read, without reading all of a file first to find its records."""

import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from filmscrape.archive.captures import Damage, StoredCapture
from filmscrape.archive.extraction import Archive, Extracted, Extractor, Missing
from filmscrape.archive.parallel import in_order
from filmscrape.archive.reader import Record, capture_of, read_records

if TYPE_CHECKING:
    from filmscrape.spiders.base import EventSpider

PIECE = 512 * 1024
"""Bytes of a piece: some thirty pages. Larger ones leave processors idle at the end, smaller ones cost searching."""
_LARGE = 8
"""Pieces: a file that cannot be cut is read here and not elsewhere where it is larger."""
_CAPTURES = 200
"""Captures whose records are in memory at once."""
_REVISITS = 100
"""Revisits of a piece, when their bodies are known."""
_BLOCK = 32 * 1024  # bytes looked through at once; a page takes less
_OVERLAP = 1024  # bytes; enough of a gzip member to see how it begins
_MEMBER = b"\x1f\x8b\x08"
_RECORD_LINE = re.compile(rb"WARC/1\.\d\r?\n")  # at the beginning of a line


class Piece(NamedTuple):
    """The records of a file that begin at ``start`` or behind it, and before ``stop``."""

    archive: Archive
    start: int
    stop: int


class Place(NamedTuple):
    """Where a record is: files that are one gzip member have one offset for all."""

    path: Path
    offset: int
    record_id: str


class Revisits(NamedTuple):
    """Revisits of a file, and where their bodies are."""

    archive: Archive
    places: list[tuple[Missing, Place]]


# ------------------------------------------------------------------ cutting
def pieces(archive: Archive, size: int = PIECE) -> Iterator[Piece]:
    """Cut a file where records seem to begin; a file that is one gzip member is one piece.

    :raises OSError: where the file cannot be read.
    """
    whole = archive.path.stat().st_size
    start = 0
    while start < whole:
        stop = next_start(archive.path, start + size)
        yield Piece(archive, start, whole if stop is None else stop)
        start = whole if stop is None else stop


def next_start(path: Path, offset: int) -> int | None:
    """Find the first place from an offset on where a record seems to begin; ``None`` where there is none."""
    with path.open("rb") as file:
        file.seek(offset)
        block = file.read(_BLOCK)
        while block:
            if (found := _first_start(block)) is not None:
                return offset + found
            more = file.read(_BLOCK)
            if not more:
                return None
            offset += max(len(block) - _OVERLAP, 0)
            block = block[-_OVERLAP:] + more
    return None


def _first_start(block: bytes) -> int | None:
    """Find the first place in a block; two searches for fixed bytes are ten times as fast as one for either."""
    lines = (line.start() for line in _RECORD_LINE.finditer(block))
    line = next((at for at in lines if at == 0 or block[at - 1 : at] == b"\n"), len(block))
    at = block.find(_MEMBER, 0, line)
    while at >= 0 and not _unpacked(block[at:]).startswith(b"WARC/"):
        at = block.find(_MEMBER, at + 1, line)
    found = at if at >= 0 else line
    return found if found < len(block) else None


def _unpacked(packed: bytes) -> bytes:
    try:
        return zlib.decompressobj(31).decompress(packed[:_OVERLAP], 64).lstrip(b"\r\n")
    except zlib.error:
        return b""


# ------------------------------------------------------------------ reading
def read_piece(sources: Sequence["type[EventSpider]"], piece: Piece) -> Iterator[Extracted]:
    """Read a piece, some captures at a time; ``end`` of the last answer tells where the next piece begins.

    :raises OSError: where the file cannot be read.
    """
    archive, start, stop = piece
    path = archive.path
    extractor = Extractor(sources, archive)
    damage: list[Damage] = []
    missing: list[tuple[str | None, str | None, datetime | None]] = []
    bodies: dict[str, Place] = {}
    end = max(path.stat().st_size, start)

    def near(digest: str | None, url: str | None, date: datetime | None) -> StoredCapture | None:
        place = bodies.get(digest) if digest else None
        if place is not None:
            return capture_at(place)
        missing.append((digest, url, date))
        return None

    for record in read_records(path, damage, start):
        if record.offset >= stop:
            end = record.offset
            break
        if extractor.result.captures == _CAPTURES:
            yield extractor.result
            extractor = Extractor(sources, archive)
        capture = capture_of(record, path, damage, near)
        if missing:
            extractor.result.missing.append(Missing(record.offset, record.id, *missing.pop()))
        if capture is not None:
            digest = record.field("warc-payload-digest")
            if digest and not capture.revisit:
                bodies.setdefault(digest, Place(path, record.offset, record.id))
            extractor.take(capture)
    extractor.result.end = end
    extractor.result.damage = [place for place in damage if place.offset < end and place.kind != "unresolved"]
    yield extractor.result


def read_small_piece(sources: Sequence["type[EventSpider]"], piece: Piece) -> list[Extracted] | None:
    """Read a piece at one stroke; ``None`` for one that is too large to hand over what it gives."""
    return list(read_piece(sources, piece)) if piece.stop - piece.start <= _LARGE * PIECE else None


def read_pieces(
    archives: Sequence[Archive], sources: Sequence["type[EventSpider]"], jobs: int
) -> Iterator[tuple[Archive, Extracted]]:
    """Read all records of some files, in the order of files and records, whatever the number of processes.

    A cut may have fallen on bytes that only look like a record (a WARC file inside a record): the piece before
    then ends elsewhere, and the piece behind is read again from there.

    :raises OSError: where a file cannot be read.
    """
    work = (piece for archive in archives for piece in pieces(archive))
    current: Archive | None = None
    end = 0
    for piece, small in in_order(work, partial(read_small_piece, sources), jobs, _modules(sources)):
        if piece.archive is not current:
            current, end = piece.archive, 0
        if end >= piece.stop:
            continue
        whole = small if small is not None and end == piece.start else read_piece(sources, piece._replace(start=end))
        for extracted in whole:
            end = extracted.end or end
            yield current, extracted


def _modules(sources: Sequence["type[EventSpider]"]) -> list[str]:
    return [__name__, *(source.__module__ for source in sources)]


# ------------------------------------------------------------------ bodies that are elsewhere
def find_bodies(missing: Iterable[Missing], paths: Iterable[Path]) -> dict[Missing, Place]:
    """Find the captures that revisits refer to, by digest, else by address and date.

    :param paths: the files to look through, the likeliest first.
    :raises OSError: where a file cannot be read.
    """
    wanted: dict[object, list[Missing]] = {}
    for revisit in missing:
        for key in (revisit.digest, (revisit.url, revisit.date)):
            if key is not None:
                wanted.setdefault(key, []).append(revisit)
    left = {revisit for revisits in wanted.values() for revisit in revisits}
    found: dict[Missing, Place] = {}
    for path in paths:
        for record in read_records(path, []) if left else ():
            if record.kind in ("response", "resource"):
                for key in (record.field("warc-payload-digest"), (record.url, record.date)):
                    for revisit in left.intersection(wanted.pop(key, ())):
                        left.remove(revisit)
                        found[revisit] = Place(path, record.offset, record.id)
    return found


def read_revisits(sources: Sequence["type[EventSpider]"], revisits: Revisits) -> Extracted:
    """Read revisits whose bodies were found elsewhere."""
    archive, places = revisits
    extractor = Extractor(sources, archive)
    for revisit, body in places:
        record = record_at(Place(archive.path, revisit.offset, revisit.record_id))
        if record is not None:
            earlier = partial(_answer, body)
            capture = capture_of(record, archive.path, extractor.result.damage, earlier)
            if capture is not None:
                extractor.take(capture)
    return extractor.result


def read_all_revisits(
    archive: Archive, found: Sequence[tuple[Missing, Place]], sources: Sequence["type[EventSpider]"], jobs: int
) -> Iterator[Extracted]:
    """Read the revisits of a file, whose bodies were found, in their order."""
    parts = (Revisits(archive, list(found[at : at + _REVISITS])) for at in range(0, len(found), _REVISITS))
    for _, extracted in in_order(parts, partial(read_revisits, sources), jobs, _modules(sources)):
        yield extracted


def _answer(body: Place, *_asked: object) -> StoredCapture | None:
    return capture_at(body)


def record_at(place: Place) -> Record | None:
    """Read a record."""
    for record in read_records(place.path, [], place.offset):
        if record.id == place.record_id:
            return record
    return None


def capture_at(place: Place) -> StoredCapture | None:
    """Read the capture that a record is; ``None`` where it is none, or cannot be read."""
    record = record_at(place)
    return capture_of(record, place.path, [], None) if record is not None else None
