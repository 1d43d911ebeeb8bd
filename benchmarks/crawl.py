"""A crawl: ``scrapy crawl`` as its user starts it, against a bare spider and against what others crawl with.

What a run costs in any case (starting, the verdict, publishing) is taken off: each crawler is run for one page too.
"""

import importlib.util
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.corpus import source, workplace
from benchmarks.crawlers import CONNECTIONS
from benchmarks.measure import Row, Spent, Watch, of_children, rounds
from benchmarks.nginx import Missing, serve

PAGES = 500
FEW = 30  # of what takes ten times as long
WITHIN = 130.0  # seconds
ROUNDS_OF_OTHERS = 2
# Percent of the machine that others have, at which a round is one under load.
LOADED = 15.0
_NO_DELAY = {
    "DOWNLOAD_DELAY": 0,
    "AUTOTHROTTLE_ENABLED": 0,
    "CONCURRENT_REQUESTS": CONNECTIONS,
    "CONCURRENT_REQUESTS_PER_DOMAIN": CONNECTIONS,
}


@dataclass
class Crawler:
    """One way to crawl.

    :ivar goal: of its pages a second, as a share of the floor's.
    :ivar library: a library that it needs, by the name that it is imported by.
    :ivar rounds: seconds a page, of each round.
    """

    what: str
    command: Sequence[str]
    goal: str = ""
    pages: int = PAGES
    library: str = ""
    rounds: list[Spent] = field(default_factory=list)
    watch: Watch = field(default_factory=Watch)


def crawlers() -> dict[str, Crawler]:
    """The floor, this project, and what it is compared with."""
    other = (sys.executable, "-m", "benchmarks.crawlers")
    return {
        "bare": Crawler("a bare spider", (*other, "bare")),
        "off": Crawler("WARC off", ("WARC=0",), "≥ 0.50"),
        "on": Crawler("WARC on", ("WARC=1",), "≥ 0.40"),
        "lean": Crawler("a bare spider with `CONCURRENT_ITEMS = 1`", (*other, "lean")),
        "crawlee": Crawler("crawlee's ParselCrawler, 28 CSS queries", (*other, "crawlee"), library="crawlee"),
        "requests": Crawler("requests and BeautifulSoup", (*other, "requests"), pages=FEW, library="requests"),
    }


def rows() -> Iterator[Row]:
    """Pages a second by the clock, as a ratio to those of the floor; what is missing on this machine is named."""
    found = crawlers()
    missing = {name: one for name, one in found.items() if one.library and not importlib.util.find_spec(one.library)}
    there = {name: one for name, one in found.items() if name not in missing}
    for one in missing.values():
        yield _unmeasured(one.what, f"{one.library} is not installed: pip install -r benchmarks/requirements.lock")
    try:
        with workplace() as folder:
            site = folder / "nginx"
            site.mkdir()
            with serve(PAGES, site) as origin:
                for number in rounds(WITHIN):
                    for one in there.values():
                        if one.goal or one is there["bare"] or number < ROUNDS_OF_OTHERS:
                            with one.watch.run():
                                one.rounds.append(spent(one, origin, folder))
    except Missing as reason:
        yield _unmeasured("all", str(reason))
        return
    floor = there.pop("bare")
    yield from (row(one, floor) for one in there.values())


def row(one: Crawler, floor: Crawler) -> Row:
    """One line of the table: by the clock, and in brackets the spread and the ratio of processor time."""
    pairs = list(zip(floor.rounds, one.rounds, strict=False))  # of others there are fewer
    by_clock = sorted(a.clock / b.clock for a, b in pairs)
    by_processor = statistics.median(a.processor / b.processor for a, b in pairs)
    loaded = sum(share >= LOADED for share in one.watch.others)
    note = f"; {loaded} of {len(one.rounds)} rounds under load" if loaded else ""
    return Row(
        f"{'crawl' if one.goal else 'for comparison'}: {one.what}, {one.pages} pages, {CONNECTIONS} connections{note}",
        f"a bare spider, {_speed(floor)}",
        _speed(one),
        f"**{statistics.median(by_clock):.2f}** ({by_clock[0]:.2f} to {by_clock[-1]:.2f});"
        f" by processor time {by_processor:.2f}",
        one.goal,
        one.watch,
    )


def _speed(one: Crawler) -> str:
    pages = 1 / statistics.median(spent.clock for spent in one.rounds)
    processor = statistics.median(spent.processor for spent in one.rounds)
    return f"{pages:.0f} pages/s, {processor * 1000:.2f} ms of a processor a page"


def _unmeasured(what: str, reason: str) -> Row:
    return Row(f"crawl: {what}", "", "not measured", "", reason, Watch())


# ------------------------------------------------------------------ one run
def spent(one: Crawler, origin: str, folder: Path) -> Spent:
    """Seconds a page, of a run of all pages less those of a run of one."""
    start = run(one, origin, 1, folder)
    whole = run(one, origin, one.pages, folder)
    more = one.pages - 1
    return Spent((whole.clock - start.clock) / more, (whole.processor - start.processor) / more)


def run(one: Crawler, origin: str, pages: int, folder: Path) -> Spent:
    """Crawl so many pages, from starting Python to its end."""
    output = Path(tempfile.mkdtemp(dir=folder))
    if one.goal:
        command = crawl_command(origin, pages, output, dict(pair.split("=") for pair in one.command))
    else:
        command = [*one.command, origin, str(pages)]
    environment = {**os.environ, "SCRAPY_SETTINGS_MODULE": "filmscrape.settings", "no_proxy": "127.0.0.1"}
    before, clock = of_children(), time.perf_counter()
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    found = Spent(time.perf_counter() - clock, of_children() - before)
    if one.goal:
        (report,) = output.glob("*/runs/*/run.json")
        assert json.loads(report.read_text(encoding="utf-8"))["counts"]["written"] == pages
    shutil.rmtree(output)
    return found


def crawl_command(origin: str, pages: int, output: Path, settings: Mapping[str, object]) -> list[str]:
    """``scrapy crawl`` of the whole site, by its sitemap, or of one event."""
    scope = {"discover": "sitemap"} if pages > 1 else {"discover": "none", "only": "event-00000"}
    arguments = [part for name, value in {"base_url": origin, **scope}.items() for part in ("-a", f"{name}={value}")]
    given = {**_NO_DELAY, "OUTPUT_DIR": output, **settings}
    return [
        *(sys.executable, "-m", "scrapy", "crawl", source().name),
        *arguments,
        *(part for name, value in given.items() for part in ("-s", f"{name}={value}")),
    ]


if __name__ == "__main__":
    for line in rows():
        print(*line, sep=" | ")
