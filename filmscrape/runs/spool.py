"""Valid records on disk while the run lasts: memory holds where they begin, not what they say."""

import os
from array import array
from collections.abc import Iterable, Iterator, Sequence
from errno import EIO
from functools import cached_property
from pathlib import Path

from filmscrape.plain import Record, is_page, line_of

_AT_ONCE = 64 * 1024  # bytes of lines in memory before they are written; nobody reads them after a kill
_A_LINE = 8 * 1024  # bytes read at once: most records have fewer


class _Places:
    """Where the lines of each id begin; nearly always one, so that no list is made for it."""

    def __init__(self) -> None:
        self.first: dict[str, int] = {}
        self._further: dict[str, array[int]] = {}

    def add(self, event_id: str, offset: int) -> bool:
        """Note a line; false where there is another of the id."""
        if self.first.setdefault(event_id, offset) == offset:
            return True
        self._further.setdefault(event_id, array("q")).append(offset)
        return False

    def of(self, event_id: str) -> tuple[int, ...]:
        """The offsets of the lines of an id, in their order."""
        first = self.first.get(event_id)
        return () if first is None else (first, *self._further.get(event_id, ()))


class Spool:
    """Records and sightings by id, as JSON lines in a file.

    A crawl of 100,000 events needs some 20 MB for the offsets.

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
        return (self._pages if is_page else self._sightings).add(event_id, offset)

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

    @property
    def ids(self) -> set[str]:
        """All ids of which there is anything."""
        return self._pages.first.keys() | self._sightings.first.keys()

    def of(self, event_id: str) -> tuple[list[bytes], list[bytes]]:
        """Read what was kept of one id: the lines of its pages, and of its sightings."""
        return self._read(self._pages.of(event_id)), self._read(self._sightings.of(event_id))

    def __iter__(self) -> Iterator[tuple[str, list[bytes], list[bytes]]]:
        """Read what was kept, by id in order: the id, the lines of its pages, and of its sightings."""
        for event_id in sorted(self._pages.first):
            yield event_id, *self.of(event_id)

    def _read(self, offsets: Iterable[int]) -> list[bytes]:
        self._write()
        return [self._line(offset) for offset in offsets]

    def _line(self, offset: int) -> bytes:
        line = b""
        while b"\n" not in line:
            more = os.pread(self._fd, _A_LINE, offset + len(line))
            if not more:
                raise OSError(EIO, "the file is shorter than what was written into it", str(self._path))
            line += more
        return line[: line.index(b"\n") + 1]

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
