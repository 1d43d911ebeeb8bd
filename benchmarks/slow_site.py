"""A site on this machine whose answers take as long as if they came from far away, and cost next to no processor time.

As a program of its own it serves event pages and the sitemap that lists them, and prints its port::

    python -m benchmarks.slow_site SECONDS PAGES

``/asked`` answers with the times of the first and of the last request for an event, and how many there were.
"""

import asyncio
import json
import sys
import time

from benchmarks.corpus import different, pages
from benchmarks.nginx import paths

_HEAD = (
    "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {size}\r\nDate: Sun, 01 Nov 2026 12:00:00 GMT\r\n\r\n"
)


class SlowSite:
    """What is served, and when it was asked for.

    :param number: of event pages.
    :param seconds: that an answer takes.
    """

    def __init__(self, number: int, seconds: float) -> None:
        self.times: list[float] = []
        self._seconds = seconds
        self._paths = paths(number)
        self._bodies = [page.body for page in pages(different())]

    def answer(self, path: str, port: int) -> bytes:
        """Answer for a path."""
        if path == "/robots.txt":
            return _whole(f"Sitemap: http://127.0.0.1:{port}/sitemap.xml\n".encode(), "text/plain")
        if path == "/sitemap.xml":
            entries = (f"<url><loc>http://127.0.0.1:{port}{event}</loc></url>" for event in self._paths)
            return _whole(f"<urlset>{''.join(entries)}</urlset>".encode(), "text/xml")
        if path == "/asked":
            return _whole(json.dumps([self.times[0], self.times[-1], len(self.times)]).encode(), "application/json")
        self.times.append(time.monotonic())
        number = int(path.strip("/").rpartition("-")[2])
        return _whole(self._bodies[number % len(self._bodies)] + f"<!-- {path} -->".encode(), "text/html")

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection, request after request, each after a while."""
        port = writer.get_extra_info("sockname")[1]
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                answer = self.answer(head.split(b" ", 2)[1].decode("latin-1"), port)
                await asyncio.sleep(self._seconds)
                writer.write(answer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


def _whole(body: bytes, kind: str) -> bytes:
    return _HEAD.format(kind=kind, size=len(body)).encode() + body


async def main(seconds: float, number: int) -> None:
    """Serve until the process is ended."""
    server = await asyncio.start_server(SlowSite(number, seconds).serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1]), int(sys.argv[2])))
