"""Valid records on disk while the run lasts: memory holds where they stand, not what they say."""

import os
from collections.abc import Iterable, Iterator, Sequence
from errno import EIO
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from filmscrape.plain import Record, is_page, line_of

_AT_ONCE = 64 * 1024  # bytes of lines in memory before they are written; nobody reads them after a kill
_LENGTH = 28  # bits of a place that tell the length of a line, below its offset: one number takes the least memory


class _Places:
    """Where the lines of each id stand; nearly always one, so that no list is made for it."""

    def __init__(self) -> None:
        self.first: dict[str, int] = {}
        self._further: dict[str, list[int]] = {}

    def add(self, event_id: str, offset: int, length: int) -> bool:
        """Note a line; false where there is another of the id."""
        place = offset << _LENGTH | length
        if self.first.setdefault(event_id, place) == place:
            return True
        self._further.setdefault(event_id, []).append(place)
        return False

    def of(self, event_id: str) -> tuple[int, ...]:
        """The places of the lines of an id, in their order."""
        first = self.first.get(event_id)
        return () if first is None else (first, *self._further.get(event_id, ()))


class Spooled(NamedTuple):
    """What was kept of one id.

    :ivar pages: the lines of its pages, as they came.
    :ivar sightings: those of cards and calendar entries.
    """

    id: str
    pages: list[bytes]
    sightings: list[bytes]


class Spool:
    """Records and sightings by id, as JSON lines in a file.

    A crawl of 100,000 events needs some 20 MB for their places.

    :param path: the file to write.
    :raises OSError: where it cannot be written or read; every method that keeps or reads does.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._waiting = bytearray()  # the last lines, not written yet
        self._written = 0  # bytes
        self._pages = _Places()
        self._sightings = _Places()

    def add(self, record: Record) -> bool:
        """Keep a record; false where a record of the same id and kind is there already."""
        return self.add_line(record["id"], is_page(record), line_of(record))

    def add_line(self, event_id: str, is_page: bool, line: bytes) -> bool:
        """Keep a record that is printed already; see :meth:`add`."""
        offset = self._written + len(self._waiting)
        self._waiting += line
        if len(self._waiting) >= _AT_ONCE:
            self._write()
        return (self._pages if is_page else self._sightings).add(event_id, offset, len(line))

    def add_lines(self, lines: Sequence[tuple[str, bool, bytes]]) -> int:
        """Keep records that are printed already, and count.

        :param lines: id, whether it is a page's, and the line of each.
        :return: how many are of pages of which there is one already.
        """
        return sum(not self.add_line(event_id, is_page, line) and is_page for event_id, is_page, line in lines)

    def _write(self) -> None:
        while self._waiting:
            done = os.pwrite(self._fd, self._waiting, self._written)
            self._written += done
            del self._waiting[:done]

    @property
    def unique(self) -> int:
        """Distinct ids of which there is a page; a sighting alone makes no record."""
        return len(self._pages.first)

    def of(self, event_id: str) -> tuple[list[bytes], list[bytes]]:
        """Read what was kept of one id: the lines of its pages, and of its sightings."""
        return self._read(self._pages.of(event_id)), self._read(self._sightings.of(event_id))

    def all(self, others: Iterable[str] = ()) -> Iterator[Spooled]:
        """Read what was kept, by id in order.

        :param others: ids that come too where nothing was kept of them.
        """
        for event_id in sorted({*self._pages.first, *self._sightings.first, *others}):
            yield Spooled(event_id, *self.of(event_id))

    def _read(self, places: Iterable[int]) -> list[bytes]:
        self._write()
        return [self._line(place >> _LENGTH, place & (1 << _LENGTH) - 1) for place in places]

    def _line(self, offset: int, length: int) -> bytes:
        line = b""
        while len(line) < length:
            more = os.pread(self._fd, length - len(line), offset + len(line))
            if not more:
                raise OSError(EIO, "the file is shorter than what was written into it", str(self._path))
            line += more
        return line

    @cached_property
    def _fd(self) -> int:
        return os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o644)

    def remove(self) -> None:
        """Forget all of it: it is in ``readings.jsonl.gz`` and ``events.jsonl`` now."""
        self._waiting.clear()
        if "_fd" in vars(self):
            os.close(self._fd)
            del self._fd
        self._path.unlink(missing_ok=True)  # also what a process left that was killed
