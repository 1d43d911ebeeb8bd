"""Record what a crawl asks and is answered."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

import scrapy
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.http import Headers, Response
from scrapy.settings import BaseSettings

from filmscrape import __version__
from filmscrape.archive.captures import captured_at
from filmscrape.archive.index import WARC, Entry, IndexWriter, SourceArchive
from filmscrape.archive.writer import Answer, Earlier, WarcWriter, Written, warc_date

if TYPE_CHECKING:
    from filmscrape.runs.keeper import RunKeeper

# Flags of answers that no site gave now: out of an archive, or spared by a sitemap.
_OF_NO_SITE = frozenset({"cached", "spared"})
VALIDATED = "validated"
"""Key in a request's meta: the payload digest of the stored body that it asks about."""
GIVEN_AT = "given_at"
"""Key in a request's meta: when an answer was given that is taken over from an earlier run."""
_PRIVATE = b"proxy-authorization"  # goes to the proxy, not to the site
_NOTE = (
    "Bodies as received, with their content coding; transfer coding undone. Header fields as the HTTP library hands "
    "them on: names capitalised, fields of the connection left out; a Transfer-Encoding that it hands on is renamed "
    "X-Crawler-Transfer-Encoding, and Content-Length set"
)


class RunArchive:
    """The WARC of a run: ``pages.warc.gz`` in its folder.

    :param folder: where the file is to be.
    :param runs: the folder with the runs of the source.
    :param info: fields of the ``warcinfo`` record.
    :raises OSError: where the file cannot be written; also in :meth:`record` and :meth:`close`.
    """

    def __init__(self, folder: Path, runs: Path, info: dict[str, str]) -> None:
        self.path = folder / WARC
        self.source = SourceArchive(runs, apart=runs / folder.relative_to(runs).parts[0])
        self.source.mend()
        self.responses = self.revisits = self.bytes = 0
        self._writer = WarcWriter.open(self.path, info, self.source.known)
        self._index = IndexWriter(self.path)

    def record(self, answer: Answer, status: int) -> Written:
        """Write a request and its answer."""
        written = self._writer.write(answer)
        self.revisits += written.revisit
        self.responses += not written.revisit
        kind = "revisit" if written.revisit else "response"
        place = (written.digest, written.offset, written.length, written.record_id)
        entry = Entry(answer.url, warc_date(answer.captured_at), kind, status, *place)
        self._index.add(entry)
        self.source.add(self.path, entry)
        return written

    def close(self) -> None:
        """Make the file durable, and write the lines beside it; closing twice is no fault."""
        self._writer.close()
        self.bytes = self.path.stat().st_size
        self._index.close()

    def report(self) -> dict[str, Any]:
        """What ``run.json`` says of it; ``repaired`` are bytes cut off the WARCs of earlier runs, by run."""
        return {
            "file": self.path.name,
            "responses": self.responses,
            "revisits": self.revisits,
            "bytes": self.bytes,
            "repaired": self.source.repaired,
        }


def open_archive(folder: Path, runs: Path, run_id: str, settings: BaseSettings) -> RunArchive | None:
    """Begin the WARC of a run, in a folder; ``None`` where the setting ``WARC`` is off."""
    if not settings.getbool("WARC"):
        return None
    info = {
        "software": f"filmscrape/{__version__} Scrapy/{scrapy.__version__}",
        "format": "WARC File Format 1.1",
        "conformsTo": "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
        "operator": settings["WARC_OPERATOR"] or "",
        "http-header-user-agent": settings["USER_AGENT"] or "",
        "robots": "obey" if settings.getbool("ROBOTSTXT_OBEY") else "ignore",
        "certificates": "" if settings.getbool("DOWNLOAD_VERIFY_CERTIFICATES") else "not verified",
        "isPartOf": run_id,
        "description": _NOTE,
    }
    return RunArchive(folder, runs, {name: value for name, value in info.items() if value})


class ArchiveMiddleware:
    """Base of the downloader middlewares that deal with the run's archive; there is none where ``WARC`` is off."""

    def __init__(self, crawler: Crawler) -> None:
        if not crawler.settings.getbool("WARC"):
            raise NotConfigured
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build the middleware for a crawl."""
        return cls(crawler)

    @property
    def _keeper(self) -> "RunKeeper":
        from filmscrape.runs.keeper import RunKeeper  # opens the archive, so it knows this module

        return RunKeeper.of(self._crawler)


class RecorderMiddleware(ArchiveMiddleware):
    """Downloader middleware that stands nearest to the wire: redirects, errors and packed bodies pass it.

    Sets ``warc_record_id`` and ``captured_at`` in the request's meta, for whoever reads the answer.
    """

    def process_response(self, request: Request, response: Response) -> Response:
        """Record an answer; a disk that fails ends the run."""
        request.meta.pop("warc_record_id", None)
        request.meta.pop("captured_at", None)
        keeper = self._keeper
        if keeper.archive is None or not _OF_NO_SITE.isdisjoint(response.flags):
            return response
        known = request.meta.get(VALIDATED) if response.status == HTTPStatus.NOT_MODIFIED else None
        answer = answer_of(request, response, keeper.archive.source.known(known) if known else None)
        given = request.meta.pop(GIVEN_AT, None)
        if given is not None:
            answer = replace(answer, captured_at=datetime.fromisoformat(given))
        try:
            written = keeper.archive.record(answer, response.status)
        except OSError as fault:
            keeper.cannot_write(fault)
        else:
            request.meta["warc_record_id"] = written.record_id
            request.meta["captured_at"] = answer.captured_at.isoformat()
            request.meta["payload_digest"] = written.digest
        return response


def answer_of(request: Request, response: Response, not_modified: Earlier | None = None) -> Answer:
    """Put a request and its answer into the form in which they went over the wire, as far as that is known.

    :param not_modified: for a 304, the capture that is still good.
    """
    parts = urlsplit(request.url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    asked = [f"{request.method} {target} HTTP/1.1".encode()]
    if "Host" not in request.headers:
        asked.append(b"Host: " + parts.netloc.rpartition("@")[2].encode())
    asked += (b": ".join(pair) for pair in _pairs(request.headers) if pair[0].lower() != _PRIVATE)
    return Answer(
        url=parts._replace(fragment="").geturl(),
        captured_at=captured_at(response.headers.get("Date")),
        request=b"\r\n".join(asked),
        request_body=request.body,
        response=b"\r\n".join([_status_line(response), *(b": ".join(pair) for pair in _received(response))]),
        body=response.body,
        ip=str(response.ip_address) if response.ip_address else None,
        truncated="disconnect" if "dataloss" in response.flags else None,
        not_modified=not_modified,
    )


def _status_line(response: Response) -> bytes:
    """Build the status line; the server's own words for the status are not handed on."""
    version = response.protocol if response.protocol == "HTTP/1.0" else "HTTP/1.1"
    known = response.status in HTTPStatus._value2member_map_
    return f"{version} {response.status} {HTTPStatus(response.status).phrase if known else ''}".rstrip().encode()


def _received(response: Response) -> Iterator[tuple[bytes, bytes]]:
    chunked = "Transfer-Encoding" in response.headers
    for name, value in _pairs(response.headers):
        moved = chunked and name.lower() in (b"transfer-encoding", b"content-length")
        yield (b"X-Crawler-" + name if moved else name), value
    if chunked:
        yield b"Content-Length", str(len(response.body)).encode()


def _pairs(headers: Headers) -> Iterator[tuple[bytes, bytes]]:
    for name, values in headers.items():
        for value in values:
            yield name, value
