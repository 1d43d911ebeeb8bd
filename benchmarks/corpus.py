"""What is measured with: the pages of the fixtures, as often as needed, each time under an address of its own."""

import gzip
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from itertools import cycle, islice
from pathlib import Path
from typing import NamedTuple

import lxml.html
from scrapy.settings import Settings
from scrapy.spiderloader import SpiderLoader

from filmscrape.archive.writer import Answer, WarcWriter
from filmscrape.fixtures import Fixture
from filmscrape.items import Capture, ScrapedEvent
from filmscrape.spiders.base import EventSpider

FIXTURES = Path(__file__).parent.parent / "fixtures"
WHEN = datetime(2026, 1, 1, tzinfo=UTC)


class Captured(NamedTuple):
    """A page as an archive has it."""

    url: str
    body: bytes
    at: datetime


@cache
def source() -> type[EventSpider]:
    """The first source."""
    loader = SpiderLoader.from_settings(Settings({"SPIDER_MODULES": ["filmscrape.spiders"]}))
    found = loader.load(sorted(loader.list())[0])
    assert issubclass(found, EventSpider)
    return found


@cache
def _fixtures() -> list[tuple[bytes, datetime]]:
    """The event pages of the fixtures, of all layouts, and when they were captured."""
    found = Fixture.all(FIXTURES / source().name)
    return [(page.body, page.captured_at) for page in found if page.meta["kind"] == "event"]


def different() -> int:
    """How many pages there are without repeating one."""
    return len(_fixtures())


def pages(number: int) -> Iterator[Captured]:
    """Pages, each with the address of an event of its own."""
    for place, (body, at) in enumerate(islice(cycle(_fixtures()), number)):
        yield Captured(source().event_url(f"event-{place:06}"), body, at)


def kilobytes(number: int) -> float:
    """The mean size of so many pages."""
    return sum(len(page.body) for page in pages(number)) / number / 1000


def parse(bodies: Iterable[bytes]) -> None:
    """Parse pages and do nothing with them: the floor of all that reads them."""
    for body in bodies:
        lxml.html.fromstring(body)


def items(number: int) -> Iterator[ScrapedEvent]:
    """What the pages say."""
    for url, body, at in pages(number):
        item = source().event_page(body, url, at).read()
        item.capture = Capture(at, 200, sha256(body).hexdigest())
        yield item


def write_archive(path: Path, number: int) -> None:
    """Write so many pages into a WARC, packed as servers send them."""
    packed = {body: gzip.compress(body, 6, mtime=0) for body, _ in _fixtures()}
    writer = WarcWriter(path, {"software": "benchmark"}, lambda _digest: None)
    for url, body, at in pages(number):
        length = len(packed[body])
        head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {length}".encode()
        writer.write(Answer(url, at, b"GET / HTTP/1.1", head, packed[body]))
    writer.close()


@contextmanager
def workplace() -> Iterator[Path]:
    """A folder that is gone afterwards."""
    folder = Path(tempfile.mkdtemp())
    try:
        yield folder
    finally:
        shutil.rmtree(folder)
