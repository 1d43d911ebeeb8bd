"""A server of the suite's own that serves a site, and for some paths whatever a test scripts, down to the bytes."""

import socket
import socketserver
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from email.utils import format_datetime

from filmscrape.fixtures import Answer, Site

_HEAD_END = b"\r\n\r\n"


class Line:
    """The connection on which a request came, for a script to answer on as it likes."""

    def __init__(self, connection: socket.socket, stopped: threading.Event) -> None:
        self._connection = connection
        self._stopped = stopped

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self._connection.sendall(data)

    def trickle(self, byte: bytes, pause: float) -> None:
        """Send one byte over and over, until the other side hangs up or the server stops."""
        while not self._stopped.wait(pause):
            self.send(byte)

    def hang(self) -> None:
        """Say nothing more, and do not hang up, until the server stops."""
        self._stopped.wait()

    def reset(self) -> None:
        """Tear the connection: the other side reads an error, not an end."""
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._connection.close()


Script = Callable[[Line], None]
"""Answers one request."""


def raw(status: int, body: bytes = b"", length: int | None = None, **headers: str) -> bytes:
    """Build an answer.

    :param length: what ``Content-Length`` says; -1 leaves it out: the body ends where the connection does.
    :param headers: further ones; ``_`` stands for ``-``.
    """
    fields = {"Content-Type": "text/html; charset=UTF-8", "Connection": "close"}
    fields |= {name.replace("_", "-"): value for name, value in headers.items()}
    if length != -1:
        fields["Content-Length"] = str(len(body) if length is None else length)
    head = [f"HTTP/1.1 {status} Weather", *(f"{name}: {value}" for name, value in fields.items())]
    return "\r\n".join(head).encode() + _HEAD_END + body


def says(status: int, body: bytes = b"", length: int | None = None, **headers: str) -> Script:
    """Script an answer that is sent whole, and the connection closed."""
    return lambda line: line.send(raw(status, body, length, **headers))


class Weather:
    """A site, some paths of which are scripted.

    :ivar asked: the paths, in the order of the requests.
    """

    def __init__(self, site: Site, scripts: dict[str, Sequence[Script | None]]) -> None:
        self.site = site
        self.asked = site.asked
        self._scripts = {path: list(scripts) for path, scripts in scripts.items()}
        self._lock = threading.Lock()

    def answer(self, target: str, line: Line) -> None:
        """Answer by the path's next script, the last of them again and again; ``None`` leaves it to the site."""
        answer = self.site.answer(target)
        with self._lock:
            scripts = self._scripts.get(target, [None])
            script = scripts.pop(0) if len(scripts) > 1 else scripts[0]
        (script or _calm(answer))(line)


def _calm(answer: Answer) -> Script:
    """The site's own answer."""
    kept = ("location", "content-type", "etag", "last-modified")
    headers = {name.replace("-", "_"): value for name, value in answer.headers.items() if name.lower() in kept}
    return says(answer.status, answer.body, None, Date=format_datetime(answer.date, usegmt=True), **headers)


class _Handler(socketserver.BaseRequestHandler):
    server: "_Server"

    def handle(self) -> None:
        """Read one request, and answer it; whoever hangs up in the middle of the answer has had enough."""
        with suppress(OSError):
            head = b""
            while _HEAD_END not in head:
                piece = self.request.recv(65536)
                if not piece:
                    return
                head += piece
            self.server.weather.answer(head.split(b" ", 2)[1].decode(), Line(self.request, self.server.stopped))


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, weather: Weather) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.weather = weather
        self.stopped = threading.Event()


@contextmanager
def serve(weather: Weather) -> Iterator[str]:
    """Serve on a free port of this machine; gives the origin, ``http://127.0.0.1:PORT``."""
    server = _Server(weather)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.stopped.set()
        server.shutdown()
        server.server_close()
        thread.join()
