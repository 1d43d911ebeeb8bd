"""Serve a folder of captured pages as the site that they come from.

``make demo`` crawls such a site, and so do the tests. Standard library only.
"""

import gzip
import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

_TYPES = {
    "html": "text/html; charset=UTF-8",
    "json": "application/json; charset=UTF-8",
    "xml": "text/xml; charset=UTF-8",
    "txt": "text/plain; charset=utf-8",
}


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
        """Read a folder with one folder a page: ``page.<html|json|xml|txt>.gz`` and ``meta.json``.

        ``meta.json`` holds ``url``, ``captured_at`` (ISO 8601, UTC), ``status``, ``headers`` and ``kind``.
        """
        answers = {}
        for meta_file in sorted(folder.glob("*/meta.json")):
            meta = json.loads(meta_file.read_text(encoding="utf-8"))
            parts = urlsplit(meta["url"])
            body, headers = b"", dict(meta.get("headers") or {})
            for page in meta_file.parent.glob("page.*.gz"):
                body = gzip.decompress(page.read_bytes())
                if not any(name.lower() == "content-type" for name in headers):
                    headers["Content-Type"] = _TYPES[page.name.split(".")[1]]
            answers[parts.path + (f"?{parts.query}" if parts.query else "")] = Answer(
                body,
                int(meta.get("status", 200)),
                headers,
                datetime.fromisoformat(meta["captured_at"]).astimezone(UTC),
                meta.get("kind", ""),
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

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: whoever asks has its own log."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, site: Site) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.site = site

    def server_bind(self) -> None:
        """Bind without asking DNS for the machine's name, as ``HTTPServer`` does: that can take long."""
        socketserver.TCPServer.server_bind(self)


@contextmanager
def serve(site: Site) -> Iterator[str]:
    """Serve a site on a free port of this machine; gives its origin, ``http://127.0.0.1:PORT``."""
    server = _Server(site)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
