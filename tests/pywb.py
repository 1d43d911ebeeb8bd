"""A real pywb on a free port of this machine, serving a WARC that the test wrote.

pywb pins old versions of libraries that others need newer, so it has a virtual environment of its own, which
``make test-long`` prepares.
"""

import gzip
import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from filmscrape.archive.writer import Answer, WarcWriter
from tests.crawling import ROOT

BIN = Path(os.environ.get("FILMSCRAPE_PYWB", ROOT / ".venv-pywb")) / "bin"
MISSING = f"there is no pywb in {BIN}: `make test-long` installs it (needs a network once)"
COLLECTION = "festivals"


@dataclass
class Page:
    """A page as a crawler of others may have captured it."""

    url: str
    captured_at: datetime
    body: bytes
    status: int = 200
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "text/html; charset=UTF-8"),)


def is_installed() -> bool:
    return (BIN / "wayback").exists() and (BIN / "wb-manager").exists()


def write_warc(path: Path, pages: Iterable[Page]) -> None:
    """Write pages as a run of the project's own does, bodies packed as they came."""
    writer = WarcWriter(path, {"software": "filmscrape"}, lambda digest: None)
    for page in pages:
        parts = urlsplit(page.url)
        body = gzip.compress(page.body)
        headers = {**dict(page.headers), "Content-Encoding": "gzip", "Content-Length": str(len(body))}
        response = [f"HTTP/1.1 {page.status}", *(f"{name}: {value}" for name, value in headers.items())]
        request = [f"GET {parts.path} HTTP/1.1", f"Host: {parts.netloc}"]
        asked, given = ("\r\n".join(lines).encode() for lines in (request, response))
        writer.write(Answer(page.url, page.captured_at, asked, given, body))
    writer.close()


@contextmanager
def serve(folder: Path, warc: Path) -> Iterator[str]:
    """Serve a WARC as a collection; gives the collection's address."""
    for arguments in (("init", COLLECTION), ("add", COLLECTION, str(warc))):
        subprocess.run([BIN / "wb-manager", *arguments], cwd=folder, check=True, capture_output=True)
    port = free_port()
    log = (folder / "pywb.log").open("wb")
    process = subprocess.Popen(
        [BIN / "wayback", "--bind", "127.0.0.1", "--port", str(port)], cwd=folder, stdout=log, stderr=log
    )
    try:
        address = f"http://127.0.0.1:{port}/{COLLECTION}"
        wait_for(f"{address}/cdx?url=festival.example", process, folder / "pywb.log")
        yield address
    finally:
        process.terminate()
        process.wait(20)
        log.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(300):
        if process.poll() is not None:
            break
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"pywb does not answer:\n{log.read_text(errors='replace')}")
