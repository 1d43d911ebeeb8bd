"""Write a WARC 1.1 file, record by record: one gzip member a record, whole on disk before the next one begins.

A body that an earlier capture holds already is not written again: a ``revisit`` record refers to that capture.
"""

import errno
import fcntl
import os
import uuid
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Self

from fastwarc.stream_io import GzipWriter
from fastwarc.warc import WarcRecord

from filmscrape.archive.reader import digest_of
from filmscrape.archive.stream import Units
from filmscrape.runs.lines import LineFile

SAME_PAYLOAD = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
NOT_MODIFIED = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"
_LEVEL = 6  # of gzip; 9 takes twice the time for 1 % less
_LEVEL_OF_PACKED = 1  # of what is gzip already; 6 takes twice the time for 5 % less
_GZIP = b"\x1f\x8b"
# An empty body is shorter than what would refer to it, and all empty bodies are alike.
_WORTH_REFERRING = 1

Headers = Iterable[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Earlier:
    """The capture that a revisit refers to."""

    url: str
    captured_at: datetime
    record_id: str
    digest: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A request and what the site answered, as far as the HTTP library hands it on.

    :ivar url: the address that was asked, without a fragment.
    :ivar captured_at: UTC; becomes ``WARC-Date`` of both records.
    :ivar request: request line and header block, without the blank line.
    :ivar request_body: mostly empty.
    :ivar response: status line and header block, without the blank line.
    :ivar body: with its content coding, without any transfer coding.
    :ivar ip: the server's address, where known.
    :ivar truncated: why the body ends too early (``WARC-Truncated``), where it does.
    :ivar not_modified: for a 304, the capture that is still good.
    """

    url: str
    captured_at: datetime
    request: bytes
    response: bytes
    body: bytes
    request_body: bytes = b""
    ip: str | None = None
    truncated: str | None = None
    not_modified: Earlier | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """Where an answer's records are.

    :ivar record_id: of the response or revisit record.
    :ivar digest: of the payload; for a 304, of the earlier capture's.
    :ivar offset: where the record's gzip member begins, in bytes.
    :ivar length: of the member, in bytes.
    :ivar revisit: whether it refers to an earlier capture.
    """

    record_id: str
    digest: str
    offset: int
    length: int
    revisit: bool


class WarcWriter:
    """One new WARC file. Others can see that it is being written: it is locked (``flock``) until it is closed.

    :param path: the file; it must not exist yet.
    :param info: fields of the ``warcinfo`` record: ``software``, ``robots``, ``operator``, …
    :param known: finds the capture that holds a payload of a digest.
    :raises OSError: where the file cannot be written; also in :meth:`write`.
    """

    def __init__(self, path: Path, info: Mapping[str, str], known: Callable[[str], Earlier | None]) -> None:
        self.path = path
        self._known = known
        if path.exists():  # behind a torn record nothing could be read
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
        self._file = LineFile(path)
        with suppress(OSError):  # some network drives have no locks
            fcntl.flock(self._file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        self.info_id = new_id()
        fields = {"Content-Type": "application/warc-fields", "WARC-Filename": path.name}
        text = "".join(f"{name}: {_one_line(value)}\r\n" for name, value in info.items())
        record = _member("warcinfo", self.info_id, datetime.now(UTC), fields, text.encode())
        self._file.append(record)

    @classmethod
    def open(cls, path: Path, info: Mapping[str, str], known: Callable[[str], Earlier | None]) -> Self:
        """Begin a file."""
        return cls(path, info, known)

    def write(self, answer: Answer) -> Written:
        """Write the records of a request and its answer, both at one stroke."""
        request_id, response_id = new_id(), new_id()
        digest = digest_of(answer.body)
        earlier = answer.not_modified
        if earlier is not None:
            digest = earlier.digest
        elif len(answer.body) >= _WORTH_REFERRING and not answer.truncated:
            earlier = self._known(digest)
        request = self._request(request_id, response_id, answer)
        response = self._response(response_id, request_id, answer, digest, earlier)
        offset = self._file.append(request + response) + len(request)
        return Written(response_id, digest, offset, len(response), earlier is not None)

    def _common(self, answer: Answer, kind: str) -> dict[str, str]:
        fields = {"WARC-Target-URI": answer.url, "Content-Type": f"application/http; msgtype={kind}"}
        fields["WARC-Warcinfo-ID"] = self.info_id
        if answer.ip:
            fields["WARC-IP-Address"] = answer.ip
        return fields

    def _request(self, record_id: str, response_id: str, answer: Answer) -> bytes:
        fields = self._common(answer, "request") | {
            "WARC-Concurrent-To": response_id,
            "WARC-Payload-Digest": digest_of(answer.request_body),
        }
        block = answer.request + b"\r\n\r\n" + answer.request_body
        return _member("request", record_id, answer.captured_at, fields, block)

    def _response(self, record_id: str, request_id: str, answer: Answer, digest: str, earlier: Earlier | None) -> bytes:
        fields = self._common(answer, "response") | {"WARC-Concurrent-To": request_id, "WARC-Payload-Digest": digest}
        block = answer.response + b"\r\n\r\n"
        if answer.truncated:
            fields["WARC-Truncated"] = answer.truncated
        if earlier is None:
            level = _LEVEL_OF_PACKED if answer.body.startswith(_GZIP) else _LEVEL
            return _member("response", record_id, answer.captured_at, fields, block + answer.body, level)
        fields |= {
            "WARC-Profile": NOT_MODIFIED if answer.not_modified else SAME_PAYLOAD,
            "WARC-Refers-To": earlier.record_id,
            "WARC-Refers-To-Target-URI": earlier.url,
            "WARC-Refers-To-Date": warc_date(earlier.captured_at),
        }
        return _member("revisit", record_id, answer.captured_at, fields, block)

    def close(self) -> None:
        """Make the file durable and close it; closing twice is no fault."""
        self._file.close()


def new_id() -> str:
    """Name a record."""
    return f"<urn:uuid:{uuid.uuid4()}>"


def warc_date(moment: datetime) -> str:
    """Print an aware time as ``WARC-Date``: UTC, whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _member(
    kind: str, record_id: str, date: datetime, fields: Mapping[str, str], block: bytes, level: int = _LEVEL
) -> bytes:
    """Make a record, as a gzip member of its own.

    Digests are SHA-1 in base32: all tools of web archives look bodies up by exactly that.
    """
    record = WarcRecord()
    record.headers.status_line = "WARC/1.1"
    record.headers["WARC-Type"] = kind
    record.headers["WARC-Record-ID"] = record_id
    record.headers["WARC-Date"] = warc_date(date)
    for name, value in fields.items():
        record.headers[name] = value
    record.headers["WARC-Block-Digest"] = digest_of(block)
    record.headers["Content-Length"] = str(len(block))
    record.set_bytes_content(block)
    packed = BytesIO()
    writer = GzipWriter(packed, level)
    record.write(writer)
    writer.finish()  # ends the member; without it, records share one
    return packed.getvalue()


# ------------------------------------------------------------------ repair
@dataclass(frozen=True, slots=True)
class Repair:
    """What became of a file's end.

    :ivar records: whole records (gzip members) that the file has.
    :ivar torn: bytes that were cut off its end; 0 where it was whole.
    :ivar busy: somebody is writing it, so it was left alone.
    """

    records: int
    torn: int
    busy: bool = False


def repair(path: Path) -> Repair:
    """Cut a torn record off the end of a file that a crawl wrote and did not live to close.

    Only an end that breaks off is cut: a member without its last bytes, or zeros, which a power cut leaves. Damage of
    any other kind stays as it is, for ``read_captures`` to name.

    :raises OSError: where the file cannot be read, or not be cut.
    """
    with path.open("rb") as file, suppress(BlockingIOError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        records, whole = _whole_members(path)
        torn = path.stat().st_size - whole
        if torn:
            os.truncate(path, whole)
        return Repair(records, torn)
    return Repair(0, 0, busy=True)


def _whole_members(path: Path) -> tuple[int, int]:
    """Count the whole members, and tell where the last of them ends; the file's end where it is not torn there."""
    with path.open("rb") as file:
        size = path.stat().st_size
        bad: list[int] = []
        units = Units(file, lambda offset, _: bad.append(offset))
        records = 0
        while units.next_unit():
            units.drain()
            if units.end == "torn":
                return records, units.offset
            records += units.end == "whole"
        if bad and units.position == size and _is_tear(path, bad[-1]):
            return records, bad[-1]
        return records, size


def _is_tear(path: Path, offset: int) -> bool:
    """Whether a file goes on with nothing but zeros, or with the first bytes of a gzip member."""
    with path.open("rb") as file:
        file.seek(offset)
        rest = file.read(3)
        if len(rest) < 3 and b"\x1f\x8b\x08".startswith(rest):
            return True
        while rest:
            if rest.strip(b"\0"):
                return False
            rest = file.read(1024 * 1024)
        return True
