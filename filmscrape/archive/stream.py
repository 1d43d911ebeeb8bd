"""The bytes of a WARC file: gzip per record, gzip whole, or plain; torn and overwritten places are stepped over.

The file is read as *units*: a run of decoded bytes that begins with a record. A gzip member that begins with
``WARC/`` is a unit, further members that do not are part of it; a plain file is one unit.
"""

import re
import zlib
from collections.abc import Callable
from typing import BinaryIO, Literal

_CHUNK = 64 * 1024  # bytes; a page packed has 5 to 30 KB
_STEP = 1024 * 1024  # bytes unpacked at once; a few KB can unpack to gigabytes
_GZIP = b"\x1f\x8b\x08"
_MARK = b"WARC/"

End = Literal["open", "whole", "torn", "broken"]


class RawFile:
    """A file that is read in pieces, and looked ahead in."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.seek(file.tell())

    def seek(self, offset: int) -> None:
        """Go on at an offset."""
        self._file.seek(offset)
        self.offset = offset
        self._ahead = b""

    def peek(self, size: int) -> bytes:
        """Look at the bytes to come; fewer than ``size`` only at the end."""
        while len(self._ahead) < size and (more := self._file.read(max(size - len(self._ahead), _CHUNK))):
            self._ahead += more
        return self._ahead

    def skip(self, size: int) -> None:
        """Step over bytes that were looked at."""
        self._ahead = self._ahead[size:]
        self.offset += size


class Units:
    """The units of a file, one after the other: :meth:`next_unit`, then :meth:`fill` as far as needed.

    :param report: takes the offset and the reason of what cannot be read.
    :ivar buffer: decoded bytes of the unit that were not taken yet.
    :ivar offset: where the unit begins in the file.
    :ivar packed: whether the unit is gzip.
    :ivar end: how the unit ends: ``open`` (not reached yet), ``whole``, ``torn`` (the file ends in the middle) or
        ``broken`` (its bytes contradict themselves).
    """

    def __init__(self, file: BinaryIO, report: Callable[[int, str], None]) -> None:
        self._raw = RawFile(file)
        self._report = report
        self._unpacker: zlib._Decompress | None = None
        self._member = self._decoded = 0  # where the gzip member begins, and how much of it was unpacked
        self.buffer = bytearray()
        self.offset = 0
        self.packed = False
        self.end: End = "whole"

    @property
    def position(self) -> int:
        """How far the file was read: after a whole unit, where the next one begins."""
        return self._raw.offset

    def next_unit(self) -> bool:
        """Go to the next unit; false at the end of the file."""
        if self.end == "broken":
            self._resynchronise(self.offset + 1)
        self.drain()
        ahead = self._raw.peek(8)
        if not ahead:
            return False
        if not ahead.startswith(_GZIP) and not ahead.lstrip(b"\r\n").startswith(_MARK):
            bad = self._raw.offset
            torn = _GZIP.startswith(ahead)
            self._resynchronise(bad)
            self._report(bad, "a torn record at the end" if torn else self._stretch(bad))
            if not self._raw.peek(1):
                return False
        self.offset = self._raw.offset
        self.end = "open"
        self.packed = self._raw.peek(3).startswith(_GZIP)
        self._unpacker = None
        if self.packed:
            self._begin_member()
        return True

    def _begin_member(self) -> None:
        self._unpacker = zlib.decompressobj(31)
        self._member, self._decoded = self._raw.offset, 0

    def drain(self) -> None:
        """Go to the end of the unit."""
        while self.end == "open":
            self.buffer.clear()
            self._more()
        self.buffer.clear()

    def _stretch(self, bad: int) -> str:
        return f"{self._raw.offset - bad} bytes that are no record"

    def fill(self, size: int) -> bool:
        """Have that many decoded bytes at hand; false where the unit ends before."""
        while len(self.buffer) < size and self.end == "open":
            self._more()
        return len(self.buffer) >= size

    def _more(self) -> None:
        ahead = self._raw.peek(_CHUNK)
        if self._unpacker is None:
            self.buffer += ahead
            self._raw.skip(len(ahead))
            self.end = "open" if ahead else "whole"
            return
        if not ahead:
            self.end = "torn"
            return
        try:
            piece = self._unpacker.decompress(ahead, _STEP)
        except zlib.error:
            self.buffer += self._before_the_fault()
            self.end = "broken"
            return
        self.buffer += piece
        self._decoded += len(piece)
        self._raw.skip(len(ahead) - len(self._unpacker.unconsumed_tail) - len(self._unpacker.unused_data))
        if self._unpacker.eof:
            self._member_ended()

    def _before_the_fault(self) -> bytes:
        """Unpack the member once more, byte by byte at last: a fault takes all that its call unpacked with it."""
        self._raw.seek(self._member)
        unpacker = zlib.decompressobj(31)
        done, rest = 0, b""
        step = _CHUNK
        while ahead := self._raw.peek(step)[:step]:
            before = unpacker.copy()
            try:
                piece = unpacker.decompress(ahead)
            except zlib.error:
                if step == 1:
                    break
                unpacker, step = before, max(step // 16, 1)
                continue
            self._raw.skip(step)
            rest += piece[max(self._decoded - done, 0) :]
            done += len(piece)
        return rest

    def _member_ended(self) -> None:
        """A member that begins in the middle of a record goes on with it, as in files packed in blocks."""
        ahead = self._raw.peek(_CHUNK)
        if ahead.startswith(_GZIP) and _goes_on(ahead):
            self._begin_member()
        else:
            self.end = "whole"

    def _resynchronise(self, start: int) -> None:
        """Go to the next place where a record begins: a gzip member, or a line ``WARC/1.``."""
        self._raw.seek(start)
        while ahead := self._raw.peek(_CHUNK):
            found = _beginning(ahead)
            if found is not None:
                self._raw.skip(found)
                return
            if len(ahead) < _CHUNK:
                self._raw.skip(len(ahead))
                return
            self._raw.skip(len(ahead) - _OVERLAP)


_OVERLAP = 1024  # bytes; enough of a member to see how it begins
_CANDIDATE = re.compile(rb"\x1f\x8b\x08|^WARC/1\.", re.MULTILINE)


def _beginning(ahead: bytes) -> int | None:
    for match in _CANDIDATE.finditer(ahead):
        at = match.start()
        if match[0] != _GZIP or _decoded(ahead[at : at + _OVERLAP]).startswith(_MARK):
            return at
    return None


def _goes_on(ahead: bytes) -> bool:
    start = _decoded(ahead[:_OVERLAP])[: len(_MARK)]
    return not _MARK.startswith(start)


def _decoded(packed: bytes) -> bytes:
    """Unpack the first bytes of a member, without leading blank lines; nothing where they are none."""
    try:
        start = zlib.decompressobj(31).decompress(packed, 64)
    except zlib.error:
        return b""
    return start.lstrip(b"\r\n")
