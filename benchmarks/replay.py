"""Reading stored pages again: against reading and extracting alone, against one process, against a crawl."""

import gzip
import json
import multiprocessing
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import lxml.html
from scrapy.settings import Settings
from scrapy.spiderloader import SpiderLoader

from benchmarks.measure import Ratio, ratio
from filmscrape.archive.reader import read_captures
from filmscrape.archive.replay import Replay, archive_of
from filmscrape.archive.writer import Answer, WarcWriter
from filmscrape.fixtures import Answer as SiteAnswer
from filmscrape.fixtures import Fixture, Site, serve
from filmscrape.interpret import interpret
from filmscrape.items import Capture
from filmscrape.spiders.base import EventSpider
from filmscrape.validation import record_of

FIXTURES = Path(__file__).parent.parent / "fixtures"
PAGES = 200
MANY = 3000
CRAWLED = 600
PARSES = 10
ROUNDS = 5  # of what takes seconds
NO_DELAY = ("DOWNLOAD_DELAY=0", "AUTOTHROTTLE_ENABLED=0", "CONCURRENT_REQUESTS=16", "CONCURRENT_REQUESTS_PER_DOMAIN=16")
WHEN = datetime(2026, 1, 1, tzinfo=UTC)


class Speed(NamedTuple):
    """Pages a second of two ways to do the same, by the clock: medians of the rounds; and of their ratios."""

    floor: float
    measured: float
    ratio: float


def spider() -> type[EventSpider]:
    """The first source."""
    loader = SpiderLoader.from_settings(Settings({"SPIDER_MODULES": ["filmscrape.spiders"]}))
    found = loader.load(sorted(loader.list())[0])
    assert issubclass(found, EventSpider)
    return found


def bodies(source: type[EventSpider], pages: int) -> Iterator[tuple[str, bytes]]:
    """Addresses, each of an event of its own, and the fixture pages of events, over and over."""
    fixtures = [page.body for page in Fixture.all(FIXTURES / source.name) if page.meta["kind"] == "event"]
    for number in range(pages):
        yield source.event_url(f"event-{number:05}"), fixtures[number % len(fixtures)]


def write_archive(path: Path, source: type[EventSpider], pages: int) -> None:
    """Write pages, packed as servers send them."""
    writer = WarcWriter(path, {"software": "benchmark"}, lambda _digest: None)
    for url, body in bodies(source, pages):
        packed = gzip.compress(body, 6, mtime=0)
        head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(packed)}".encode()
        writer.write(Answer(url, WHEN, b"GET / HTTP/1.1", head, packed))
    writer.close()


def replay(path: Path, source: type[EventSpider], jobs: int) -> None:
    """Read an archive again, as the command does."""
    output = Path(tempfile.mkdtemp(dir=path.parent))
    work = Replay(output, [source], jobs, publish=False, examples=0)
    work.read([archive_of(path, [source])])
    (report,) = work.finish()
    assert report["exit_code"] == 0, report["message"]
    shutil.rmtree(output)


@contextmanager
def workplace() -> Iterator[Path]:
    """A folder that is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


# ------------------------------------------------------------------ what is measured
def overhead() -> Ratio:
    """Processor time of one process, as a multiple of reading the WARC plus extracting its pages."""
    source = spider()
    with workplace() as folder:
        path = folder / "pages.warc.gz"
        write_archive(path, source, PAGES)

        def plain() -> None:
            for capture in read_captures(path, []):
                body = capture.body
                item = source.event_page(body, capture.url, capture.captured_at).read()
                item.capture = Capture(capture.captured_at, capture.status, sha256(body).hexdigest())
                record_of(item, interpret(item), "benchmark").model_dump_json()

        return ratio(lambda: replay(path, source, 1), plain, PAGES)


def processes() -> Speed:
    """Two processes against one."""
    source = spider()
    with workplace() as folder:
        path = folder / "pages.warc.gz"
        write_archive(path, source, MANY)
        return _speed(
            MANY, lambda: _seconds(lambda: replay(path, source, 1)), lambda: _seconds(lambda: replay(path, source, 2))
        )


def ceiling() -> Speed:
    """Two processes that do nothing but parse pages against one: what this machine has to give at all."""
    pages = [body for _, body in bodies(spider(), PAGES)]
    with ProcessPoolExecutor(2, multiprocessing.get_context("forkserver")) as pool:
        list(pool.map(parse, [pages] * 2))  # start them

        def parallel() -> None:
            list(pool.map(parse, [pages] * 2))

        def one_by_one() -> None:
            parse(pages)
            parse(pages)

        return _speed(2 * PAGES * PARSES, lambda: _seconds(one_by_one), lambda: _seconds(parallel))


def parse(pages: list[bytes]) -> None:
    """Parse pages :data:`PARSES` times."""
    for _ in range(PARSES):
        for body in pages:
            lxml.html.fromstring(body)


def crawling() -> Speed:
    """One process against a crawl of the same pages from a server of this machine, without politeness."""
    source = spider()
    pages = dict(bodies(source, CRAWLED))
    site = Site({urlsplit(url).path: SiteAnswer(body, date=WHEN) for url, body in pages.items()})
    locations = "".join(f"<url><loc>{url}</loc></url>" for url in pages)
    site.answers["/sitemap.xml"] = SiteAnswer(
        f"<urlset>{locations}</urlset>".encode(), headers={"Content-Type": "text/xml"}
    )
    with workplace() as folder, serve(site) as origin:
        site.answers["/robots.txt"] = SiteAnswer(f"Sitemap: {origin}/sitemap.xml\n".encode())
        path = folder / "pages.warc.gz"
        write_archive(path, source, CRAWLED)
        return _speed(
            CRAWLED, lambda: _crawl(source, origin, folder), lambda: _seconds(lambda: replay(path, source, 1))
        )


def _crawl(source: type[EventSpider], origin: str, folder: Path) -> float:
    """Seconds of a crawl, without starting Python and Scrapy."""
    output = Path(tempfile.mkdtemp(dir=folder))
    settings = [part for name in (*NO_DELAY, f"OUTPUT_DIR={output}") for part in ("-s", name)]
    command = [
        sys.executable,
        "-m",
        "scrapy",
        "crawl",
        source.name,
        "-a",
        f"base_url={origin}",
        "-a",
        "discover=sitemap",
    ]
    environment = {**os.environ, "SCRAPY_SETTINGS_MODULE": "filmscrape.settings", "no_proxy": "127.0.0.1"}
    subprocess.run([*command, *settings], env=environment, check=True, stdout=subprocess.DEVNULL)
    (run,) = output.glob("*/runs/*/run.json")
    report = json.loads(run.read_text(encoding="utf-8"))
    assert report["counts"]["written"] == CRAWLED
    shutil.rmtree(output)
    started, finished = (datetime.fromisoformat(report[name]) for name in ("started", "finished"))
    return (finished - started).total_seconds()


def _speed(pages: int, floor: Callable[[], float], measured: Callable[[], float]) -> Speed:
    pairs = [(floor(), measured()) for _ in range(ROUNDS)]
    return Speed(
        pages / statistics.median(a for a, _ in pairs),
        pages / statistics.median(b for _, b in pairs),
        statistics.median(a / b for a, b in pairs),
    )


def _seconds(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def rows() -> str:
    """Lines of the table."""
    cost, two, most, crawled = overhead(), processes(), ceiling(), crawling()
    return f"""\
| replay: one process, {PAGES} pages | reading the WARC and extracting, {cost.floor_ms:.2f} ms a page | \
{cost.ms:.2f} ms a page | **{cost.median:.2f}** ({cost.low:.2f} to {cost.high:.2f}) | ≤ 1.3 |
| replay: two processes, {MANY} pages, by the clock | one process, {two.floor:.0f} pages/s | \
{two.measured:.0f} pages/s | **{two.ratio:.2f}** | ≥ 1.8 |
| for comparison: two processes that only parse, by the clock | one process, {most.floor:.0f} pages/s | \
{most.measured:.0f} pages/s | {most.ratio:.2f} | |
| replay: one process, {CRAWLED} pages, by the clock | crawling them from this machine, {crawled.floor:.0f} pages/s | \
{crawled.measured:.0f} pages/s | **{crawled.ratio:.2f}** | ≥ 2.5 |
"""


if __name__ == "__main__":
    print(rows(), end="")
