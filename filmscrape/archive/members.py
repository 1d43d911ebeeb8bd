"""The records of a WARC file as they lie in it: one gzip member each, with its place, its headers, and what is wrong.

Nothing here needs a WARC library: what the writer's library wrote is checked by other means than its own.
"""

import base64
import binascii
import hashlib
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

_BLOCK = 1 << 16  # bytes read from the file at once
_PIECE = 1 << 20  # bytes inflated at once: a record that unpacks to gigabytes does not fill the memory
_HEAD_LIMIT = 1 << 20  # a WARC or HTTP header larger than this is none
_MAGIC = b"\x1f\x8b\x08"  # gzip, deflate (RFC 1952, 2.3.1)
_VERSION = re.compile(rb"WARC/1\.[01]\r\n")
_HTTP_END = re.compile(rb"\r?\n\r?\n")
_TRAILER = b"\r\n\r\n"  # ends a record (WARC 1.1, section 4)
_BY_DIGEST_SIZE = {"sha1": 20, "sha256": 32, "sha512": 64, "md5": 16}


@dataclass(frozen=True, slots=True)
class WarcRecord:
    """One whole record of a file.

    ``faults`` says what does not hold although the record is whole: digests, length, trailer. ``headers`` and
    ``http_headers`` have names in lower case; of a name that is repeated the first counts.
    """

    offset: int
    """Where the gzip member begins, in bytes."""
    length: int
    """Bytes of the gzip member."""
    headers: dict[str, str]
    http_status: int | None
    http_headers: dict[str, str]
    faults: tuple[str, ...]

    @property
    def type(self) -> str:
        """``WARC-Type``: ``response``, ``revisit`` and so on."""
        return self.headers.get("warc-type", "")

    @property
    def id(self) -> str:
        """``WARC-Record-ID``."""
        return self.headers.get("warc-record-id", "")

    @property
    def url(self) -> str:
        """``WARC-Target-URI``, without the angle brackets that some writers put around it."""
        return self.headers.get("warc-target-uri", "").strip("<>")

    @property
    def date(self) -> str:
        """``WARC-Date`` as it stands."""
        return self.headers.get("warc-date", "")

    @property
    def digest(self) -> str:
        """``WARC-Payload-Digest``: of a revisit, that of the body that it refers to."""
        return self.headers.get("warc-payload-digest", "")


@dataclass(frozen=True, slots=True)
class Flaw:
    """Bytes of a file that are no whole record.

    :ivar torn: the file ends within a record and holds no other behind its beginning: the tail that a killed
        process leaves.
    """

    offset: int
    length: int
    reason: str
    torn: bool = False


class _Broken(Exception):  # noqa: N818 - named for what is the case
    """Bytes that are no whole gzip member, or no record."""


class _CutOff(_Broken):
    """The file ends within a gzip member."""


def walk(path: Path, flaws: list[Flaw]) -> Iterator[WarcRecord]:
    """Read the records of a file with one gzip member for each, in their order, with bounded memory.

    :param path: the file.
    :param flaws: gets an entry for each stretch that holds no whole record; reading goes on behind it.
    :raises OSError: where the file cannot be read.
    """
    with path.open("rb") as file:
        size = file.seek(0, 2)
        offset = 0
        members = _Members(file, 0)
        while offset < size:
            try:
                yield _read(members, offset)
                offset = members.offset
            except (_Broken, zlib.error) as broken:
                following = _next_record(file, offset + 1)
                torn = following is None and isinstance(broken, _CutOff)
                end = size if following is None else following
                flaws.append(Flaw(offset, end - offset, str(broken), torn))
                offset = end
                members = _Members(file, offset)


class _Members:
    """Inflates one gzip member after another; ``offset`` is where the next one begins."""

    def __init__(self, file: BinaryIO, offset: int) -> None:
        self._file = file
        self._file.seek(offset)
        self._rest = b""
        self.offset = offset

    def pieces(self) -> Iterator[bytes]:
        """Inflate a member to its end.

        :raises _CutOff: the file ends before the member does.
        :raises zlib.error: it is no gzip member, or its checksum is wrong.
        """
        unzip = zlib.decompressobj(wbits=31)
        pending = self._rest
        while not unzip.eof:
            pending = pending or self._file.read(_BLOCK)
            piece = unzip.decompress(pending, _PIECE)
            if not pending and not piece and not unzip.eof:
                raise _CutOff("the file ends within the record")
            self.offset += len(pending) - len(unzip.unconsumed_tail)
            pending = unzip.unconsumed_tail
            if piece:
                yield piece
        self._rest = unzip.unused_data
        self.offset -= len(unzip.unused_data)


def _read(members: _Members, offset: int) -> WarcRecord:
    """Read one member as one record; a fault that leaves the record readable is noted in it."""
    pieces = members.pieces()
    head, rest = _head(pieces)
    headers = head_fields(head)
    faults: list[str] = []
    try:
        length = int(headers.get("content-length", ""))
    except ValueError:
        raise _Broken("record without a Content-Length") from None
    block = _Block(headers, length)
    block.add(rest)
    for piece in pieces:
        block.add(piece)
    faults.extend(block.faults())
    http_status, http_headers = block.http()
    return WarcRecord(offset, members.offset - offset, headers, http_status, http_headers, tuple(faults))


def _head(pieces: Iterator[bytes]) -> tuple[bytes, bytes]:
    """Take the header of a record from the beginning of a member."""
    data = b""
    for piece in pieces:
        data += piece
        end = data.find(_TRAILER)
        if end >= 0 and _VERSION.match(data):
            return data[:end], data[end + len(_TRAILER) :]
        if end >= 0 or len(data) > _HEAD_LIMIT:
            break
    raise _Broken("a gzip member that holds no WARC record")


def head_fields(head: bytes) -> dict[str, str]:
    """Read named fields: names in lower case, the first of a name counts, folded lines joined."""
    lines = re.sub(rb"\r?\n[ \t]+", b" ", head).split(b"\n")[1:]
    fields: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.decode("utf-8", "replace").partition(":")
        if colon:
            fields.setdefault(name.strip().lower(), value.strip())
    return fields


@dataclass
class _Block:
    """The block of a record, digested while it passes: its bytes are not kept, but for an HTTP header."""

    headers: dict[str, str]
    length: int
    seen: int = 0
    tail: bytes = b""
    head: bytes = b""
    http_end: int | None = None
    digests: dict[str, "_Digest"] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.is_http = self.headers.get("content-type", "").lower().startswith("application/http")
        wanted = [("block", "warc-block-digest")]
        if self.headers.get("warc-type") != "revisit":  # whose payload digest is that of another record
            wanted.append(("payload", "warc-payload-digest"))
        for name, key in wanted:
            if key in self.headers:
                self.digests[name] = _Digest(name, self.headers[key])

    def add(self, piece: bytes) -> None:
        """Take the next bytes of the member."""
        inside = piece[: max(self.length - self.seen, 0)]
        self.tail = (self.tail + piece[len(inside) :])[: len(_TRAILER) + 1]
        self.seen += len(inside)
        self._update("block", inside)
        if not self.is_http or self.http_end is not None:
            self._update("payload", inside)
        elif len(self.head) <= _HEAD_LIMIT:
            self.head += inside
            if found := _HTTP_END.search(self.head):
                self.http_end = found.end()
                self._update("payload", self.head[self.http_end :])
                self.head = self.head[: found.start()]

    def _update(self, name: str, data: bytes) -> None:
        if name in self.digests:
            self.digests[name].update(data)

    def http(self) -> tuple[int | None, dict[str, str]]:
        """Status and headers of the HTTP message, where there is one."""
        status = re.match(rb"HTTP/\S+ (\d{3})\b", self.head)
        return (int(status[1]) if status else None), head_fields(self.head)

    def faults(self) -> list[str]:
        """Name what does not hold, once the member is at its end."""
        if self.seen < self.length:
            return [f"the record has {self.seen} bytes, its Content-Length says {self.length}"]
        found = [] if self.tail == _TRAILER else ["the record does not end where its gzip member ends"]
        return found + [fault for digest in self.digests.values() if (fault := digest.fault())]


class _Digest:
    """A digest as a WARC header states it (``sha1:B32…``, ``sha256:hex…``), computed again."""

    def __init__(self, name: str, stated: str) -> None:
        self._name = name
        self._stated = stated
        algorithm, _, self._value = stated.partition(":")
        algorithm = algorithm.lower().replace("-", "")
        known = algorithm in _BY_DIGEST_SIZE
        self._hash = hashlib.new(algorithm, usedforsecurity=False) if known else None

    def update(self, data: bytes) -> None:
        """Take the next bytes."""
        if self._hash is not None:
            self._hash.update(data)

    def fault(self) -> str | None:
        """Say what is wrong, if anything is."""
        if self._hash is None:
            return f"{self._name} digest of an unknown kind: {self._stated}"
        if digest_bytes(self._value, self._hash.digest_size) == self._hash.digest():
            return None
        found = base64.b32encode(self._hash.digest()).decode().rstrip("=")
        hexadecimal = len(self._value) == 2 * self._hash.digest_size
        found = self._hash.hexdigest() if hexadecimal else found
        return f"the {self._name}'s digest is {self._hash.name}:{found}, expected {self._stated}"


def digest_bytes(value: str, size: int) -> bytes | None:
    """Decode the value of a digest, in base 16 or 32 (RFC 4648, case ignored) or 64; ``None`` for none of them.

    :param size: how many bytes a digest of this kind has.
    """
    bare = value.rstrip("=")
    try:
        if len(value) == 2 * size:
            return bytes.fromhex(value)
        if len(bare) == -(-size * 8 // 5):
            return base64.b32decode(bare.upper() + "=" * (-len(bare) % 8))
        decoded = base64.b64decode(bare + "=" * (-len(bare) % 4), altchars=b"-_" if {*"-_"} & {*bare} else None)
    except (ValueError, binascii.Error):
        return None
    return decoded if len(decoded) == size else None


def _next_record(file: BinaryIO, start: int) -> int | None:
    """Find where the next gzip member begins that holds a WARC record."""
    offset = start
    while True:
        file.seek(offset)
        block = file.read(_BLOCK)
        at = block.find(_MAGIC)
        while at >= 0:
            if _begins_record(file, offset + at):
                return offset + at
            at = block.find(_MAGIC, at + 1)
        if len(block) < _BLOCK:
            return None
        offset += len(block) - len(_MAGIC) + 1


def _begins_record(file: BinaryIO, offset: int) -> bool:
    file.seek(offset)
    try:
        start = zlib.decompressobj(wbits=31).decompress(file.read(4096), 16)
    except zlib.error:
        return False
    return bool(_VERSION.match(start))
