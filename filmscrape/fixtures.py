"""Captured pages in folders: read them one by one, or serve them as the site that they come from.

``make demo`` crawls such a site, and so do the tests; tests and benchmarks read the pages.
"""

import gzip
import importlib
import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from ssl import SSLContext
from typing import Any, Self
from urllib.parse import urlsplit

_TYPES = {
    "html": "text/html; charset=UTF-8",
    "json": "application/json; charset=UTF-8",
    "xml": "text/xml; charset=UTF-8",
    "txt": "text/plain; charset=utf-8",
}


class Fixture:
    """One captured page: a folder with ``page.<html|json|xml|txt>.gz``, ``meta.json``, for events ``expected.json``.

    ``meta.json`` holds ``url``, ``captured_at`` (ISO 8601, UTC), ``layout``, ``kind``, ``status``, ``headers`` and
    ``why`` the page is here.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.name = f"{folder.parent.name}/{folder.name}"

    @classmethod
    def all(cls, folder: Path) -> Iterator[Self]:
        """The pages of a source's folder, by name."""
        for meta in sorted(folder.glob("*/meta.json")):
            yield cls(meta.parent)

    @cached_property
    def meta(self) -> dict[str, Any]:
        """What is known of the capture."""
        return dict(json.loads((self.folder / "meta.json").read_text(encoding="utf-8")))

    @cached_property
    def expected(self) -> dict[str, Any]:
        """The record that must come out of the page, without what the run sets."""
        return dict(json.loads((self.folder / "expected.json").read_text(encoding="utf-8")))

    @cached_property
    def body(self) -> bytes:
        """The page itself; empty where the answer had no body."""
        return gzip.decompress(self._page.read_bytes()) if self._page is not None else b""

    @property
    def content_type(self) -> str:
        """The type that the page was sent with, else the one that its file name tells."""
        for name, value in self.headers.items():
            if name.lower() == "content-type":
                return value
        return _TYPES[self._page.name.split(".")[1] if self._page is not None else "html"]

    @property
    def headers(self) -> dict[str, str]:
        """The headers that were kept."""
        return dict(self.meta.get("headers") or {})

    @property
    def captured_at(self) -> datetime:
        """When the page was captured, UTC."""
        return datetime.fromisoformat(self.meta["captured_at"]).astimezone(UTC)

    @property
    def source(self) -> str:
        """The source whose page this is: what the expected record says, else the folder's name."""
        return str(self.expected["source"]) if (self.folder / "expected.json").exists() else self.folder.parent.name

    @property
    def page_class(self) -> type[Any]:
        """The class of the source's event pages: ``EventPage`` of the module that bears its name."""
        page: type[Any] = importlib.import_module(f"filmscrape.pages.{self.source}").EventPage
        return page

    def event_page(self) -> Any:
        """The page object of this page."""
        return self.page_class(self.body, self.meta["url"], self.captured_at)

    @cached_property
    def _page(self) -> Path | None:
        return next(self.folder.glob("page.*.gz"), None)


@dataclass
class Answer:
    """What the site answers for one address.

    :ivar body: the body before any encoding.
    :ivar date: the answer's ``Date``: when the page was captured.
    :ivar headers: further headers; ``Content-Encoding`` and ``Content-Length`` are the server's business.
    """

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    date: datetime = field(default_factory=lambda: datetime.now(UTC))
    kind: str = ""


class Site:
    """A site by path (and query). ``asked`` notes the requests, in the order of their arrival."""

    def __init__(self, answers: dict[str, Answer]) -> None:
        self.answers = answers
        self.asked: list[str] = []
        self._lock = threading.Lock()

    @classmethod
    def from_folder(cls, folder: Path) -> Self:
        """Serve the pages of a folder under their own paths."""
        answers = {}
        for page in Fixture.all(folder):
            parts = urlsplit(page.meta["url"])
            answers[parts.path + (f"?{parts.query}" if parts.query else "")] = Answer(
                page.body,
                int(page.meta.get("status", 200)),
                {**page.headers, "Content-Type": page.content_type},
                page.captured_at,
                page.meta.get("kind", ""),
            )
        return cls(answers)

    def answer(self, target: str) -> Answer:
        """Answer for a path and query. One that is not there is 404, or 301 where only its last slash is missing."""
        with self._lock:
            self.asked.append(target)
        found = self.answers.get(target)
        if found is not None:
            return found
        if target + "/" in self.answers:
            return Answer(status=301, headers={"Location": target + "/"})
        return Answer(b"<!doctype html><title>Page not found</title>", 404, {"Content-Type": _TYPES["html"]})


class _Handler(BaseHTTPRequestHandler):
    """HTTP/1.1 with keep-alive; subclasses of the server say whose answers these are."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # one packet an answer
    server: "_Server"

    def do_GET(self) -> None:
        """Answer one request."""
        answer = self.server.site.answer(self.path)
        if self.has_it(answer):
            answer = replace(answer, body=b"", status=304)
        body = answer.body
        self.send_response_only(answer.status)
        self.send_header("Date", format_datetime(answer.date, usegmt=True))
        for name, value in answer.headers.items():
            if name.lower() not in ("date", "content-encoding", "content-length", "transfer-encoding", "connection"):
                self.send_header(name, value)
        if len(body) > 512 and "gzip" in self.headers.get("Accept-Encoding", ""):
            body = gzip.compress(body, 1, mtime=0)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def has_it(self, answer: Answer) -> bool:
        """Whether whoever asks has this answer already: by its ``ETag``, else by its date (RFC 9110, 13.2.2)."""
        for asked, said in (("If-None-Match", "ETag"), ("If-Modified-Since", "Last-Modified")):
            if asked in self.headers:
                return answer.status == 200 and self.headers[asked] == answer.headers.get(said)
        return False

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: whoever asks has its own log."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, site: Site, context: SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.site = site
        if context is not None:
            self.socket = context.wrap_socket(self.socket, server_side=True)

    def server_bind(self) -> None:
        """Bind without asking DNS for the machine's name, as ``HTTPServer`` does: that can take long."""
        socketserver.TCPServer.server_bind(self)


@contextmanager
def serve(site: Site, context: SSLContext | None = None) -> Iterator[str]:
    """Serve a site on a free port of this machine; gives its origin, ``http://127.0.0.1:PORT``.

    :param context: has the server's certificate; the origin is ``https://…`` then.
    """
    server = _Server(site, context)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"{'https' if context else 'http'}://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
