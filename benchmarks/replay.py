"""Reading stored pages again: against reading and extracting alone, against one process, against a crawl."""

import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.corpus import WHEN, pages, parse, source, workplace, write_archive
from benchmarks.measure import Ratio, Row, Spent, Watch, of_children, of_rounds, ratio, rounds
from filmscrape.archive.reader import read_captures
from filmscrape.archive.replay import Replay, archive_of
from filmscrape.fixtures import Answer, Site, serve
from filmscrape.interpret import interpret
from filmscrape.items import Capture
from filmscrape.plain import line_of
from filmscrape.validation import record_of

PAGES = 500
MANY = 4000  # what a run costs in any case, and starting processes, is a fiftieth of it
CRAWLED = 500
PARSES = 750  # pages that each of two processes parses
WITHIN = {"one": 25.0, "two": 75.0, "ceiling": 12.0, "crawl": 50.0}  # seconds
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
        found = ratio([(partial(replay, path, 1), partial(read_and_extract, path))], PAGES, within=WITHIN["one"])
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
        found, undisturbed = two_processes(path)
        yield _speed(f"replay: two processes, {MANY} pages", "one process", found, "≥ 1.8")
        yield Row(
            "the same where each process has a processor to itself, by processor time",
            f"one process, {undisturbed.measured * 1000:.2f} ms a page",
            f"the one that merges, and half of what the others did, {undisturbed.floor * 1000:.2f} ms a page",
            str(undisturbed),
            "≥ 1.8",
            undisturbed.watch,
        )
    yield _speed("for comparison: two processes that only parse", "one process", ceiling(), "")
    yield _speed(f"replay: one process, {CRAWLED} pages", "crawling them from this machine", crawling(), "≥ 2.5")


def _speed(what: str, slow: str, found: Ratio, goal: str) -> Row:
    """How many times as fast the floor is as what is measured."""
    shown = str(found) if goal else str(found).replace("**", "")
    speeds = [f"{1 / seconds:,.0f} pages/s" for seconds in (found.measured, found.floor)]
    return Row(f"{what}, by the clock", f"{slow}, {speeds[0]}", speeds[1], shown, goal, found.watch)


def two_processes(path: Path) -> tuple[Ratio, Ratio]:
    """How many times as fast two processes are, by the clock, and if they waited for nobody but each other."""
    watch = Watch()
    by_clock, undisturbed = [], []
    for _ in rounds(WITHIN["two"]):
        with watch.run():
            alone, before = replay(path), of_children()
            merging = replay(path, 2)
        by_clock.append((merging.clock, alone.clock))
        undisturbed.append((merging.processor + (of_children() - before) / 2, alone.processor))
    return of_rounds(by_clock, MANY, watch), of_rounds(undisturbed, MANY, watch)


def ceiling() -> Ratio:
    """Two processes that do nothing but parse pages against one: what this machine has to give at all."""
    bodies = [page.body for page in pages(PARSES)]
    with ProcessPoolExecutor(2, multiprocessing.get_context("fork")) as pool:

        def parallel() -> None:
            list(pool.map(parse, [bodies] * 2))

        def one_by_one() -> None:
            list(pool.map(parse, [bodies]))
            list(pool.map(parse, [bodies]))

        return ratio([(one_by_one, parallel)], 2 * PARSES, within=WITHIN["ceiling"], clock=time.perf_counter)


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
        for _ in rounds(WITHIN["crawl"]):
            with watch.run():
                before, crawled, after = replay(path), crawl(origin, folder, CRAWLED), replay(path)
                pairs.append(((before.clock + after.clock) / 2, crawled))
    return of_rounds(pairs, CRAWLED, watch)


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
