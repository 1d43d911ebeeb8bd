"""WARC files as other tools write them, put together by hand."""

import base64
import gzip
import hashlib
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from filmscrape.fixtures import Site

SEEN = "2024-03-01T12:00:00Z"


@dataclass
class Kept:
    """One answer for a WARC."""

    url: str
    body: bytes
    date: str = SEEN
    status: str = "200 OK"
    headers: list[tuple[str, str]] = field(default_factory=list)
    type: str = "response"


def site_answers(site: Site, origin: str) -> list[Kept]:
    """Everything that a site has, with the dates of its pages."""
    return [
        Kept(origin + target, answer.body, answer.date.strftime("%Y-%m-%dT%H:%M:%SZ"))
        for target, answer in site.answers.items()
        if answer.status == 200
    ]


def write_warc(path: Path, answers: Iterable[Kept], *, packed: bool = True, like_wget: bool = False) -> Path:
    """Write a WARC: gzip for each record, or plain; with requests and metadata as wget has them."""
    records = []
    if like_wget:
        records.append(
            record("warcinfo", "", SEEN, "application/warc-fields", b"software: Wget/1.21.4 (linux-gnu)\r\n")
        )
    for kept in answers:
        if like_wget:
            asked = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
            records.append(record("request", kept.url, kept.date, "application/http; msgtype=request", asked))
        records.append(_answer(kept))
        if like_wget:
            records.append(record("metadata", kept.url, kept.date, "text/plain", b"fetchTimeMs: 12\r\n"))
    path.write_bytes(b"".join(gzip.compress(one, mtime=0) if packed else one for one in records))
    return path


def _answer(kept: Kept) -> bytes:
    if kept.type == "resource":
        return record("resource", kept.url, kept.date, "text/html", kept.body)
    headers = kept.headers or [("Content-Type", "text/html; charset=UTF-8")]
    lines = [f"HTTP/1.1 {kept.status}", *(f"{name}: {value}" for name, value in headers), "", ""]
    return record(
        kept.type, kept.url, kept.date, "application/http; msgtype=response", "\r\n".join(lines).encode() + kept.body
    )


def record(kind: str, url: str, date: str, media: str, block: bytes, **more: str) -> bytes:
    """One record as ISO 28500 has it, its id made from what is in it."""
    number = uuid.uuid5(uuid.NAMESPACE_URL, f"{kind} {url} {date} {len(block)}")
    digest = base64.b32encode(hashlib.sha1(block).digest()).decode()
    fields = {
        "WARC-Type": kind,
        "WARC-Target-URI": url,
        "WARC-Date": date,
        "WARC-Record-ID": f"<urn:uuid:{number}>",
        "WARC-Block-Digest": f"sha1:{digest}",
        **more,
        "Content-Type": media,
        "Content-Length": str(len(block)),
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value)
    return f"WARC/1.1\r\n{head}\r\n".encode() + block + b"\r\n\r\n"


def pack_whole(path: Path) -> Path:
    """Pack a plain WARC as one gzip member."""
    packed = path.with_name(path.name + ".gz")
    packed.write_bytes(gzip.compress(path.read_bytes(), mtime=0))
    return packed


def chunked(body: bytes) -> bytes:
    """A body in chunks, as some tools store what came over the wire."""
    pieces = [body[at : at + 1000] for at in range(0, len(body), 1000)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
