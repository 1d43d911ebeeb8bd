"""A crawl: ``scrapy crawl`` as its user starts it, against a bare spider and against what others crawl with.

From the first answer to the end of the process: with the verdict and publishing, without starting Python.
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
from benchmarks.nginx import Missing, first_answer, forget_answers, serve

PAGES = 600
FEW = 30  # of what takes ten times as long
WITHIN = 85.0  # seconds
ROUNDS_OF_OTHERS = 1
# Percent of the machine that others have, at which a round is one under load.
LOADED = 15.0
_READERS = ("bs4", "extruct")  # what `benchmarks.readers` reads with
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
    :ivar libraries: what it needs, by the names that they are imported by.
    :ivar rounds: seconds a page by the clock, of each round.
    """

    what: str
    command: Sequence[str]
    goal: str = ""
    pages: int = field(default_factory=lambda: PAGES)
    libraries: Sequence[str] = ()
    rounds: list[float] = field(default_factory=list)
    watch: Watch = field(default_factory=Watch)


def crawlers() -> dict[str, Crawler]:
    """The floor, this project, and what it is compared with."""
    other = (sys.executable, "-m", "benchmarks.crawlers")
    return {
        "bare": Crawler("a bare spider", (*other, "bare")),
        "off": Crawler("WARC off", ("WARC=0",), "≥ 0.50"),
        "on": Crawler("WARC on", ("WARC=1",), "≥ 0.40"),
        "lean": Crawler("a bare spider with `CONCURRENT_ITEMS = 1`", (*other, "lean")),
        "crawlee": Crawler(
            "crawlee's ParselCrawler, 28 CSS queries", (*other, "crawlee"), libraries=("crawlee", *_READERS)
        ),
        "requests": Crawler(
            "requests and BeautifulSoup", (*other, "requests"), pages=FEW, libraries=("requests", *_READERS)
        ),
    }


def rows() -> Iterator[Row]:
    """Pages a second by the clock, as a ratio to those of the floor; what is missing on this machine is named."""
    found = crawlers()
    missing = {name: library for name, one in found.items() if (library := _missing(one))}
    there = {name: one for name, one in found.items() if name not in missing}
    for name, library in missing.items():
        yield _unmeasured(found[name].what, f"{library} is not installed: pip install -r benchmarks/requirements.lock")
    try:
        with workplace() as folder:
            site = folder / "nginx"
            site.mkdir()
            with serve(PAGES, site) as origin:
                for number in rounds(WITHIN):
                    for one in there.values():
                        if one.goal or one is there["bare"] or number < ROUNDS_OF_OTHERS:
                            with one.watch.run():
                                one.rounds.append(seconds_a_page(one, origin, folder, site))
    except Missing as reason:
        yield _unmeasured("all", str(reason))
        return
    floor = there.pop("bare")
    yield from (row(one, floor) for one in there.values())


def row(one: Crawler, floor: Crawler) -> Row:
    """One line of the table: the ratio, and in brackets its spread."""
    ratios = sorted(a / b for a, b in zip(floor.rounds, one.rounds, strict=False))  # of others there are fewer rounds
    loaded = sum(share >= LOADED for share in one.watch.others)
    note = f"; {loaded} of {len(one.rounds)} rounds under load" if loaded else ""
    spread = f" ({ratios[0]:.2f} to {ratios[-1]:.2f})" if len(ratios) > 1 else ""
    return Row(
        f"{'crawl' if one.goal else 'for comparison'}: {one.what}, {one.pages} pages, {CONNECTIONS} connections{note}",
        f"a bare spider, {_speed(floor)}",
        _speed(one),
        f"**{statistics.median(ratios):.2f}**{spread}",
        one.goal,
        one.watch,
    )


def _speed(one: Crawler) -> str:
    return f"{1 / statistics.median(one.rounds):.0f} pages/s"


def _missing(one: Crawler) -> str | None:
    return next((library for library in one.libraries if not importlib.util.find_spec(library)), None)


def _unmeasured(what: str, reason: str) -> Row:
    return Row(f"crawl: {what}", "", "not measured", "", reason, Watch())


# ------------------------------------------------------------------ one run
def seconds_a_page(one: Crawler, origin: str, folder: Path, site: Path) -> float:
    """Crawl, and tell how long a page took; beside the first one, which begins it.

    :param site: the folder of the server.
    """
    forget_answers(site)
    run(one, origin, one.pages, folder)
    return (time.time() - first_answer(site, one.pages)) / (one.pages - 1)


def run(one: Crawler, origin: str, pages: int, folder: Path) -> Spent:
    """Crawl so many pages, from starting Python to its end."""
    output = Path(tempfile.mkdtemp(dir=folder))
    if one.goal:
        command = crawl_command(origin, output, dict(pair.split("=") for pair in one.command))
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


def crawl_command(origin: str, output: Path, settings: Mapping[str, object]) -> list[str]:
    """``scrapy crawl`` of the whole site, by its sitemap."""
    given = {**_NO_DELAY, "OUTPUT_DIR": output, **settings}
    return [
        *(sys.executable, "-m", "scrapy", "crawl", source().name),
        *("-a", f"base_url={origin}", "-a", "discover=sitemap"),
        *(part for name, value in given.items() for part in ("-s", f"{name}={value}")),
    ]


if __name__ == "__main__":
    for line in rows():
        print(*line, sep=" | ")
