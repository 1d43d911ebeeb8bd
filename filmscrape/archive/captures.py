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

from filmscrape.unpacking import CannotUnpack, gunzip, inflate

_MAX_BODY = 256 * 1024 * 1024  # bytes; no page of a site comes near it
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
    try:
        if coding in ("gzip", "x-gzip"):
            unpacked = gunzip(body, _MAX_BODY)
            return body if unpacked is None else unpacked
        if coding == "deflate":
            return inflate(body, _MAX_BODY)
    except CannotUnpack as fault:
        raise UnreadableCapture(str(fault)) from fault
    raise UnreadableCapture(f"content coding {coding!r} cannot be undone")
