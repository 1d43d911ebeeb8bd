"""Reading stored pages again: against reading and extracting alone, against one process, against a crawl."""

import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

import lxml.html

from benchmarks.corpus import WHEN, pages, source, workplace, write_archive
from benchmarks.measure import Ratio, Row, Spent, Watch, of_children, ratio
from filmscrape.archive.reader import read_captures
from filmscrape.archive.replay import Replay, archive_of
from filmscrape.fixtures import Answer, Site, serve
from filmscrape.interpret import interpret
from filmscrape.items import Capture
from filmscrape.plain import line_of
from filmscrape.validation import record_of

PAGES = 1000  # what a festival has in a year
MANY = 6000
CRAWLED = 600
PARSES = 1500  # pages that each of two processes parses
ROUNDS = 9
ROUNDS_BY_THE_CLOCK = 5
NO_DELAY = ("DOWNLOAD_DELAY=0", "AUTOTHROTTLE_ENABLED=0", "CONCURRENT_REQUESTS=16", "CONCURRENT_REQUESTS_PER_DOMAIN=16")


def replay(path: Path, jobs: int = 1) -> Spent:
    """Read an archive again, as the command does."""
    start = Spent.now()
    output = Path(tempfile.mkdtemp(dir=path.parent))
    work = Replay(output, [source()], jobs, publish=False, examples=0)
    work.read([archive_of(path, [source()])])
    (report,) = work.finish()
    assert report["exit_code"] == 0, report["message"]
    spent = Spent.since(start)
    shutil.rmtree(output)
    return spent


def read_and_extract(path: Path) -> None:
    """Make the lines of an archive's pages, and do nothing with them."""
    for capture in read_captures(path, []):
        body = capture.body
        item = source().event_page(body, capture.url, capture.captured_at).read()
        item.capture = Capture(capture.captured_at, capture.status, sha256(body).hexdigest())
        line_of(record_of(item, interpret(item), "benchmark"))


# ------------------------------------------------------------------ what is measured
def rows() -> Iterator[Row]:
    """One process, two of them, and a crawl."""
    with workplace() as folder:
        path = folder / "pages.warc.gz"
        write_archive(path, PAGES)
        found = ratio([(partial(replay, path, 1), partial(read_and_extract, path))], PAGES, rounds=ROUNDS)
        yield Row(
            f"replay: one process, {PAGES} pages",
            f"reading the WARC and extracting, {found.floor * 1000:.2f} ms a page",
            f"{found.measured * 1000:.2f} ms a page",
            str(found),
            "≤ 1.3",
            found.watch,
        )
        path = folder / "many.warc.gz"
        write_archive(path, MANY)
        found = _by_the_clock(partial(replay, path, 1), partial(replay, path, 2), MANY)
        yield _speed(f"replay: two processes, {MANY} pages", "one process", found, "≥ 1.8")
        found = undisturbed(path)
        yield Row(
            "the same where each process has a processor to itself, by processor time",
            f"one process, {found.floor * 1000:.2f} ms a page",
            f"the one that merges, and half of what the others did, {found.measured * 1000:.2f} ms a page",
            str(found),
            "≥ 1.8",
            found.watch,
        )
    found = ceiling()
    yield _speed("for comparison: two processes that only parse", "one process", found, "")
    found = crawling()
    yield _speed(f"replay: one process, {CRAWLED} pages", "crawling them from this machine", found, "≥ 2.5")


def _speed(what: str, floor: str, found: Ratio, goal: str) -> Row:
    speeds = (f"{1 / seconds:,.0f} pages/s" for seconds in (found.floor, found.measured))
    slow, fast = speeds
    shown = str(found) if goal else str(found).replace("**", "")
    return Row(f"{what}, by the clock", f"{floor}, {slow}", fast, shown, goal, found.watch)


def _by_the_clock(slow: Callable[[], object], fast: Callable[[], object], units: int) -> Ratio:
    """How many times as fast the second is."""
    found = ratio([(slow, fast)], units, rounds=ROUNDS_BY_THE_CLOCK, clock=time.perf_counter)
    return Ratio(found.median, found.low, found.high, found.measured, found.floor, found.watch)


def undisturbed(path: Path) -> Ratio:
    """How many times as fast two processes are that wait for nobody but each other."""
    watch, pairs = Watch(), []
    for _ in range(ROUNDS_BY_THE_CLOCK):
        with watch.run():
            alone = replay(path).processor
            before = of_children()
            merging = replay(path, 2).processor
            pairs.append((alone, merging + (of_children() - before) / 2))
    ratios = sorted(a / b for a, b in pairs)
    slow, fast = (sorted(times)[len(times) // 2] / MANY for times in zip(*pairs, strict=True))
    return Ratio(ratios[len(ratios) // 2], ratios[1], ratios[-2], slow, fast, watch)


def ceiling() -> Ratio:
    """Two processes that do nothing but parse pages against one: what this machine has to give at all."""
    bodies = [page.body for page in pages(PARSES)]
    with ProcessPoolExecutor(2, multiprocessing.get_context("fork")) as pool:

        def parallel() -> None:
            list(pool.map(parse, [bodies] * 2))

        def one_by_one() -> None:
            list(pool.map(parse, [bodies]))
            list(pool.map(parse, [bodies]))

        return _by_the_clock(one_by_one, parallel, 2 * PARSES)


def parse(bodies: Sequence[bytes]) -> None:
    """Parse pages."""
    for body in bodies:
        lxml.html.fromstring(body)


# ------------------------------------------------------------------ against a crawl
def crawling() -> Ratio:
    """One process against a crawl of the same pages from a server of this machine, without politeness."""
    found = {page.url: page.body for page in pages(CRAWLED)}
    site = Site({urlsplit(url).path: Answer(body, date=WHEN) for url, body in found.items()})
    locations = "".join(f"<url><loc>{url}</loc></url>" for url in found)
    site.answers["/sitemap.xml"] = Answer(
        f"<urlset>{locations}</urlset>".encode(), headers={"Content-Type": "text/xml"}
    )
    watch, pairs = Watch(), []
    with workplace() as folder, serve(site) as origin:
        site.answers["/robots.txt"] = Answer(f"Sitemap: {origin}/sitemap.xml\n".encode())
        path = folder / "pages.warc.gz"
        write_archive(path, CRAWLED)
        for _ in range(ROUNDS_BY_THE_CLOCK):
            with watch.run():
                crawled = crawl(origin, folder, CRAWLED)
                pairs.append((crawled, replay(path).clock))
    ratios = sorted(a / b for a, b in pairs)
    slow, fast = (sorted(times)[len(times) // 2] / CRAWLED for times in zip(*pairs, strict=True))
    return Ratio(ratios[len(ratios) // 2], ratios[1], ratios[-2], slow, fast, watch)


def crawl(origin: str, folder: Path, expected: int) -> float:
    """Seconds of a crawl, without starting Python and Scrapy."""
    output = Path(tempfile.mkdtemp(dir=folder))
    settings = [part for name in (*NO_DELAY, f"OUTPUT_DIR={output}") for part in ("-s", name)]
    arguments = [part for name in (f"base_url={origin}", "discover=sitemap") for part in ("-a", name)]
    environment = {**os.environ, "SCRAPY_SETTINGS_MODULE": "filmscrape.settings", "no_proxy": "127.0.0.1"}
    command = [sys.executable, "-m", "scrapy", "crawl", source().name, *arguments, *settings]
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    (run,) = output.glob("*/runs/*/run.json")
    report = json.loads(run.read_text(encoding="utf-8"))
    assert report["counts"]["written"] == expected
    shutil.rmtree(output)
    started, finished = (datetime.fromisoformat(report[name]) for name in ("started", "finished"))
    return (finished - started).total_seconds()
