"""What the archive of a source holds: a line for each capture beside each WARC, to look captures up by digest or URL.

``captures.jsonl`` repeats what ``pages.warc.gz`` says, between a first line that names the file and a last one with
its size. It can be made again from the WARC at any time, to the byte.
"""

import json
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from filmscrape.archive.captures import Damage, StoredCapture, read_date
from filmscrape.archive.manifest import CHECKSUMS
from filmscrape.archive.reader import parse_http, read_capture, read_records
from filmscrape.archive.writer import Earlier, repair, warc_date
from filmscrape.logs import logfmt
from filmscrape.runs.lines import as_line
from filmscrape.runs.stored import PARTS

WARC = "pages.warc.gz"
INDEX = "captures.jsonl"

_LAST_LINE = 64  # bytes; more than the last line has

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Entry:
    """One capture of a WARC.

    :ivar date: ``WARC-Date``, as ``2023-10-20T17:05:12Z``.
    :ivar kind: ``response``, ``revisit`` or ``resource``.
    :ivar status: HTTP status; 0 where the record has none.
    :ivar digest: of the payload; empty where the record has none.
    :ivar offset: where the record's gzip member begins, in bytes.
    :ivar length: of the member, in bytes.
    """

    url: str
    date: str
    kind: str
    status: int
    digest: str
    offset: int
    length: int
    record_id: str

    @property
    def is_page(self) -> bool:
        """Whether it holds a page: also where the server said that the page is as it was."""
        return self.status == 200 or (self.kind == "revisit" and self.status in (0, 304))


def read_entries(warc: Path) -> Iterator[Entry]:
    """List the captures of a WARC: from the lines beside it where they are of this file, else from the file itself.

    :raises OSError: where the file cannot be read.
    """
    last = -1
    if is_indexed(warc):
        index = warc.with_name(INDEX)
        try:
            with index.open("rb") as lines:
                for line in lines:
                    row = json.loads(line)
                    if "offset" in row:
                        entry = Entry(**row)
                        last = entry.offset
                        yield entry
            return
        except (ValueError, TypeError) as fault:
            next_step = f"nothing: {warc.name} is read instead"
            logger.warning("%s", logfmt("index is damaged", file=index, reason=fault, next=next_step))
    yield from (entry for entry in scan(warc, []) if entry.offset > last)


def is_indexed(warc: Path) -> bool:
    """Whether the lines beside a WARC are whole, and of this file: their last one says its size."""
    try:
        with warc.with_name(INDEX).open("rb") as lines:
            lines.seek(max(lines.seek(0, os.SEEK_END) - _LAST_LINE, 0))
            return lines.read().endswith(b"\n" + _last_line(warc))
    except OSError:
        return False


def _last_line(warc: Path) -> bytes:
    return as_line({"warc_bytes": warc.stat().st_size})


def scan(warc: Path, damage: list[Damage]) -> Iterator[Entry]:
    """List the captures of a WARC from the file itself.

    :param damage: what cannot be read is added here.
    """
    for record in read_records(warc, damage):
        date = record.date
        if record.kind not in ("response", "revisit", "resource") or date is None:
            continue
        status = 200 if record.kind == "resource" else parse_http(record.block)[0]
        digest = record.field("warc-payload-digest") or ""
        yield Entry(record.url, warc_date(date), record.kind, status, digest, record.offset, record.length, record.id)


class IndexWriter:
    """Writes the lines beside a WARC. They stand there once :meth:`close` says that the WARC is whole.

    :raises OSError: where they cannot be written.
    """

    def __init__(self, warc: Path) -> None:
        self._warc = warc
        self._draft = warc.with_name(f".{INDEX}")
        self._file = self._draft.open("wb")
        self._file.write(as_line({"of": warc.name}))

    def add(self, entry: Entry) -> None:
        """Write the line of a capture."""
        self._file.write(as_line(asdict(entry)))

    def close(self) -> None:
        """End the lines, and put them in their place; closing twice is no fault."""
        if not self._file.closed:
            self._file.write(_last_line(self._warc))
            self._file.close()
            os.replace(self._draft, self._warc.with_name(INDEX))


def write_index(warc: Path) -> None:
    """Make the lines beside a WARC from the file itself.

    :raises OSError: where they cannot be written.
    """
    index = IndexWriter(warc)
    for entry in scan(warc, []):
        index.add(entry)
    index.close()


class SourceArchive:
    """All WARCs of a source, the oldest first.

    Memory holds 150 bytes for each body, not what it says: a find is read from its file.

    :param runs: the folder of the source's runs.
    :param apart: the folder of a run that is left out: what others write there is not yet where it will be.
    """

    def __init__(self, runs: Path, apart: Path | None = None) -> None:
        self.runs = runs
        self._apart = apart
        self.repaired: dict[str, int] = {}
        self._files: list[Path] = []
        self._bodies: dict[int, int] | None = None

    def warcs(self) -> list[Path]:
        """List the WARCs, the oldest run first."""
        parts = (warc for warc in self.runs.glob(f"*/{PARTS}/*/{WARC}") if not (warc.parents[2] / WARC).exists())
        return [warc for warc in sorted([*self.runs.glob(f"*/{WARC}"), *parts]) if self._apart not in warc.parents]

    def mend(self) -> None:
        """Repair the WARCs of runs that were killed, and write the lines that are missing beside them.

        ``repaired`` tells afterwards how many bytes were cut off, by run. What is being written is left alone.
        """
        for warc in self.warcs():
            # What stands in a list of checksums is closed: a change there is for `scrapy verify` to name.
            if is_indexed(warc) or warc.with_name(CHECKSUMS).exists():
                continue
            try:
                done = repair(warc)
                if done.busy:
                    continue
                if done.torn:
                    self.repaired[warc.parent.name] = done.torn
                    logger.info("%s", logfmt("torn record cut off", file=warc, bytes=done.torn))
                write_index(warc)
            except OSError as fault:  # a folder that may only be read is no reason not to crawl
                logger.info("%s", logfmt("file not mended", file=warc, reason=fault))

    # ------------------------------------------------------------------ by digest
    def add(self, warc: Path, entry: Entry) -> None:
        """Note a body that was just written."""
        bodies = self._known_bodies()
        if entry.kind == "response" and entry.digest:
            if not self._files or self._files[-1] != warc:
                self._files.append(warc)
            bodies.setdefault(hash(entry.digest), (len(self._files) - 1) << 48 | entry.offset)

    def _known_bodies(self) -> dict[int, int]:
        if self._bodies is None:
            self._bodies = {}
            for warc in self.warcs():
                with suppress(OSError):  # its bodies are written again: no loss
                    for entry in read_entries(warc):
                        self.add(warc, entry)
        return self._bodies

    def _place(self, digest: str) -> tuple[Path, int] | None:
        place = self._known_bodies().get(hash(digest))
        return (self._files[place >> 48], place & ((1 << 48) - 1)) if place is not None else None

    def known(self, digest: str) -> Earlier | None:
        """Find the capture that holds a body; the file itself is asked, so that no reference leads nowhere."""
        if (place := self._place(digest)) is None:
            return None
        with suppress(OSError):
            record = next(read_records(place[0], [], place[1]), None)
            if record is not None and record.field("warc-payload-digest") == digest and record.date:
                return Earlier(record.url, record.date, record.id, digest)
        return None

    def resolve(self, digest: str | None, url: str | None, date: datetime | None) -> StoredCapture | None:
        """Find the capture that a revisit refers to, in any WARC of the source."""
        if digest:
            place = self._place(digest)
            return _read(*place) if place else None
        for warc in self.warcs():
            for entry in read_entries(warc):
                if entry.kind != "revisit" and entry.url == url and (date is None or read_date(entry.date) == date):
                    return _read(warc, entry.offset)
        return None

    # ------------------------------------------------------------------ one by one
    def find(self, wanted: Callable[[Entry], bool]) -> Iterator[tuple[Path, Entry]]:
        """List the captures that are wanted, from all WARCs."""
        for warc in self.warcs():
            with suppress(FileNotFoundError):  # thinned out in the meantime
                yield from ((warc, entry) for entry in read_entries(warc) if wanted(entry))

    def read(self, warc: Path, entry: Entry) -> StoredCapture | None:
        """Read a capture; ``None`` where it is damaged, or its body is not at hand."""
        return read_capture(warc, entry.offset, self.resolve)


def _read(warc: Path, offset: int) -> StoredCapture | None:
    with suppress(OSError):
        return read_capture(warc, offset)
    return None
