"""A site of event pages on this machine, served by nginx: a server that is faster than any crawler here."""

import gzip
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.corpus import FIXTURES, source
from filmscrape.fixtures import Fixture

_STARTS_WITHIN = 10  # seconds
_ANSWERED = "answered.log"
# One process in the foreground, everything it writes in a folder of its own: the system's nginx is not touched.
# Pages lie there packed, as sites send them, so that no time goes into packing them anew for each crawler.
_CONFIG = """\
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log stderr crit;
events {{ worker_connections 512; }}
http {{
    log_format answered "$msec";
    access_log off;
    sendfile on;
    keepalive_requests 100000;
    client_body_temp_path {folder}/temp;
    proxy_temp_path {folder}/temp;
    fastcgi_temp_path {folder}/temp;
    uwsgi_temp_path {folder}/temp;
    scgi_temp_path {folder}/temp;
    server {{
        listen 127.0.0.1:{port};
        root {folder}/site;
        default_type "text/html; charset=UTF-8";
        location ~ /$ {{
            access_log {folder}/{answered} answered;
            rewrite ^(.*)/$ $1 break;
            gzip_static always;
        }}
        location = /robots.txt {{ default_type text/plain; }}
        location = /sitemap.xml {{ default_type text/xml; }}
    }}
}}
"""


class Missing(Exception):  # noqa: N818
    """A program or library that is compared with is not on this machine."""


def find() -> str | None:
    """The program, where the machine has one; the folders of servers are in the path of few users."""
    return shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/bin")


@contextmanager
def serve(pages: int, folder: Path) -> Iterator[str]:
    """Serve event pages and the sitemap that lists them; gives the site's origin.

    :param folder: an empty folder for the site and for what nginx writes.
    :raises Missing: there is no nginx.
    """
    program = find()
    if program is None:
        raise Missing("nginx is not installed: apt install nginx-light")
    port = _free_port()
    origin = f"http://127.0.0.1:{port}"
    _write_site(pages, folder / "site", origin)
    (folder / "temp").mkdir()
    config = folder / "nginx.conf"
    config.write_text(_CONFIG.format(folder=folder, port=port, answered=_ANSWERED), encoding="utf-8")
    server = subprocess.Popen([program, "-e", "stderr", "-p", str(folder), "-c", str(config)])
    try:
        _wait_for(server, port)
        yield origin
    finally:
        server.terminate()
        server.wait()


def forget_answers(folder: Path) -> None:
    """Begin to note anew when event pages are answered.

    :param folder: that of :func:`serve`.
    """
    os.truncate(folder / _ANSWERED, 0)


def first_answer(folder: Path, answers: int) -> float:
    """Tell when the first event page was answered for, as ``time.time`` does.

    :param answers: how many there are to be.
    :raises RuntimeError: there are more or fewer.
    """
    moments = (folder / _ANSWERED).read_text(encoding="ascii").splitlines()
    if len(moments) != answers:
        raise RuntimeError(f"{len(moments)} pages were answered for in place of {answers}")
    return float(moments[0])


def paths(pages: int) -> list[str]:
    """The paths of the event pages."""
    return [urlsplit(source().event_url(f"event-{number:05}")).path for number in range(pages)]


def _write_site(pages: int, folder: Path, origin: str) -> None:
    """Write the fixtures' pages over and over, each under an address of its own and with links to that address."""
    fixtures = [page for page in Fixture.all(FIXTURES / source().name) if page.meta["kind"] == "event"]
    for number, path in enumerate(paths(pages)):
        page = fixtures[number % len(fixtures)]
        body = page.body.replace(urlsplit(page.meta["url"]).path.encode(), path.encode())
        body += f"<!-- {path} -->\n".encode()
        file = folder / path.strip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.with_name(f"{file.name}.gz").write_bytes(gzip.compress(body, 6, mtime=0))
    locations = "".join(f"<url><loc>{origin}{path}</loc></url>" for path in paths(pages))
    (folder / "sitemap.xml").write_text(f"<urlset>{locations}</urlset>", encoding="utf-8")
    (folder / "robots.txt").write_text(f"Sitemap: {origin}/sitemap.xml\n", encoding="utf-8")


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _wait_for(server: "subprocess.Popen[bytes]", port: int) -> None:
    """Wait until the server answers.

    :raises RuntimeError: it does not.
    """
    until = time.monotonic() + _STARTS_WITHIN
    while time.monotonic() < until and server.poll() is None:
        with socket.socket() as line:
            if line.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError("nginx does not start: what it wrote to standard error stands above")
