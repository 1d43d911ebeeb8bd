"""One answer of a site as an archive holds it."""

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from pathlib import Path
from typing import Literal

from isal import isal_zlib

_MAX_BODY = 256 * 1024 * 1024  # bytes; a few KB can unpack to gigabytes
_GZIP = b"\x1f\x8b"
_FRACTION = re.compile(r"\.\d+")  # of a second; up to nine digits, more than Python reads


class UnreadableCapture(Exception):  # noqa: N818
    """The stored body cannot be turned into the bytes that it stands for.

    :ivar reason: why, in words.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Damage:
    """A place of an archive that gives no capture, or one to be wary of.

    :ivar offset: bytes from the file's beginning, as it lies on disk (of the gzip member, where there are members).
    :ivar kind: ``damaged`` (torn, overwritten, contradicting itself), ``unresolved`` (a sound record whose body is in
        another file that is not at hand) or ``too_large``.
    """

    path: Path
    offset: int
    reason: str
    kind: Literal["damaged", "unresolved", "too_large"] = "damaged"

    def __str__(self) -> str:
        return f"{self.path}: offset {self.offset}: {self.reason}"


@dataclass(frozen=True, slots=True)
class StoredCapture:
    """One answer of a site as an archive holds it.

    :ivar url: the address that was asked (``WARC-Target-URI``).
    :ivar captured_at: when it was captured (``WARC-Date``), UTC, to the second.
    :ivar status: HTTP status; 200 for a ``resource`` record; 304 for a revisit that the server called not modified.
    :ivar headers: HTTP headers as stored, in their order and case; after a 304, those of the earlier answer, updated.
    :ivar stored_body: payload as stored: transfer coding undone, content coding still on.
    :ivar record_id: ``<urn:uuid:…>``.
    :ivar path: the WARC file.
    :ivar offset: where the record begins in the file, in bytes (its gzip member, where there are members).
    :ivar revisit: the body is that of an earlier capture, to which this record refers.
    """

    url: str
    captured_at: datetime
    status: int
    headers: tuple[tuple[str, str], ...]
    stored_body: bytes
    record_id: str
    path: Path
    offset: int
    revisit: bool = False

    def header(self, name: str) -> str | None:
        """Give a header's value; several of one name are joined by commas (RFC 9110, 5.3)."""
        found = [value for key, value in self.headers if key.lower() == name]
        return ", ".join(found) if found else None

    @property
    def body(self) -> bytes:
        """The payload with its content coding undone.

        A body that is not packed although a header says so is taken as it is: some tools unpack and leave the header.

        :raises UnreadableCapture: a coding that is unknown, or bytes that are damaged.
        """
        body = self.stored_body
        for coding in reversed((self.header("content-encoding") or "").lower().split(",")):
            body = _undo(coding.strip(), body)
        return body

    @property
    def content_type(self) -> str | None:
        """The value of ``Content-Type``."""
        return self.header("content-type")


def captured_at(date: bytes | None) -> datetime:
    """Tell when an answer was given, UTC: its ``Date``; the clock only where no date can be read.

    :param date: the header's value.
    """
    return read_http_date(date) or datetime.now(UTC).replace(microsecond=0)


@lru_cache(maxsize=32)  # several look at the date of one answer
def read_http_date(value: bytes | None) -> datetime | None:
    """Read a date of HTTP (RFC 9110), UTC; ``None`` where it is none."""
    try:
        moment = parsedate_to_datetime((value or b"").decode("latin-1"))
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def read_date(text: str | None) -> datetime | None:
    """Read ``WARC-Date``: ISO 8601, with or without fractions of a second, which are left out."""
    if not text:
        return None
    with suppress(ValueError, OverflowError):
        date = datetime.fromisoformat(_FRACTION.sub("", text.strip()))
        return (date.astimezone(UTC) if date.tzinfo else date.replace(tzinfo=UTC)).replace(microsecond=0)
    return None


Resolver = Callable[[str | None, str | None, datetime | None], StoredCapture | None]
"""Finds the capture that a revisit refers to, from its payload digest, its URL and its date, as far as given."""


def _undo(coding: str, body: bytes) -> bytes:
    if not body or coding in ("", "identity", "none"):
        return body
    if coding in ("gzip", "x-gzip"):
        return _gunzip(body) if body.startswith(_GZIP) else body
    if coding == "deflate":
        return _inflate_either(body)
    raise UnreadableCapture(f"content coding {coding!r} cannot be undone")


def _gunzip(body: bytes) -> bytes:
    """Unpack gzip members; what follows the last one and is none plays no part."""
    out = []
    room = _MAX_BODY
    while body.startswith(_GZIP):
        piece, body = _inflate(body, 31, room)
        room -= len(piece)
        out.append(piece)
    return b"".join(out)


def _inflate_either(body: bytes) -> bytes:
    """Unpack ``deflate``: in zlib's frame, as RFC 9110 has it, or without, as some servers do."""
    framed = body[0] & 0x0F == 8 and int.from_bytes(body[:2]) % 31 == 0  # RFC 1950, 2.2
    return _inflate(body, 15 if framed else -15, _MAX_BODY)[0]


def _inflate(body: bytes, wbits: int, room: int) -> tuple[bytes, bytes]:
    unpacker = isal_zlib.decompressobj(wbits)
    try:
        piece = unpacker.decompress(body, room)
    except isal_zlib.error as fault:  # type: ignore[misc]  # a class, not an instance
        raise UnreadableCapture(f"the packed body is damaged: {fault}") from fault
    if not unpacker.eof:
        raise UnreadableCapture("the packed body is cut off" if len(piece) < room else "the body is too large")
    return piece, unpacker.unused_data
