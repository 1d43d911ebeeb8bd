"""``make bench-growth``: how time, memory and files grow with the number of events; writes ``benchmarks/GROWTH.md``.

Takes ten minutes on a quick machine, half an hour on a slow one, and 6 GB of disk: the largest site and the largest
archive have 100,000 pages.
"""

import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from benchmarks import crawl, ledger, nginx, pipeline
from benchmarks.corpus import source, workplace, write_archive
from benchmarks.measure import Watch, machine
from benchmarks.memory import Peak, peak, peak_of_command
from benchmarks.replay import replay
from filmscrape.runs.stored import LEDGER

RESULTS = Path(__file__).parent / "GROWTH.md"
SIZES = (1_000, 10_000, 100_000)


def main() -> None:
    """Measure, print and write."""
    first_line = machine()
    with workplace() as folder:
        columns = [list(column(folder / str(events), events)) for events in SIZES]
    head = "| events | " + " | ".join(f"{events:,}" for events in SIZES) + " |\n" + "| --- " * (len(SIZES) + 1) + "|\n"
    lines = ("| " + " | ".join(cells) + " |\n" for cells in zip(NAMES, *columns, strict=True))
    text = f"# How it grows\n\n{first_line}. {_NOTE}\n\n" + head + "".join(lines)
    RESULTS.write_text(text, encoding="utf-8")
    print(text, end="")


_NOTE = """\
By the clock, in brackets processor time; one run of each, every piece of work in a process of its own."""
NAMES = (
    "crawl of so many pages, WARC on: ms a page",
    "peak, MB",
    "pipeline: ms a record",
    "peak, MB",
    "replay of so many pages, one process: ms a page",
    "peak, MB",
    "joining and publishing a first run: ms an event",
    "peak, MB (goal: ≤ 400)",
    "joining and publishing a run in which all is as it was: ms an event",
    "the same, s",
    "peak, MB (goal: ≤ 300)",
    "ledger: KB an event",
    "`readings.jsonl.gz`: KB an event",
    "others, stolen",
)


def column(folder: Path, events: int) -> Iterator[str]:
    """What is measured of one size."""
    folder.mkdir()
    watch = Watch()

    def watched(work: Callable[[], Peak]) -> Peak:
        with watch.run():
            return work()

    crawled = watched(partial(_crawl, folder, events))
    written = watched(partial(peak, pipeline.grow, events))
    archive = folder / "pages.warc.gz"
    write_archive(archive, events)
    read = watched(partial(peak, replay, archive))
    archive.unlink()
    first = watched(partial(peak, ledger.run, folder, events, ledger.FIRST))
    unchanged = watched(partial(peak, ledger.run, folder, events, ledger.NEXT))
    for found in (crawled, written, read, first):
        yield from (_each(found, events), f"{found.megabytes:.0f}")
    yield from (
        _each(unchanged, events),
        f"{unchanged.spent.clock:.1f} ({unchanged.spent.processor:.1f})",
        f"{unchanged.megabytes:.0f}",
    )
    place = folder / source().name
    readings = max(place.glob("runs/*/readings.jsonl.gz"))
    yield from (f"{file.stat().st_size / events / 1000:.1f}" for file in (place / LEDGER, readings))
    yield str(watch)


def _crawl(folder: Path, events: int) -> Peak:
    """Crawl a site of so many event pages from start to end, the verdict and publishing included."""
    site = folder / "nginx"
    site.mkdir()
    with nginx.serve(events, site) as origin:
        found = peak_of_command(crawl.run, crawl.crawlers()["on"], origin, events, folder)
    shutil.rmtree(site)
    return found


def _each(found: Peak, events: int) -> str:
    return f"{found.spent.clock / events * 1000:.2f} ({found.spent.processor / events * 1000:.2f})"


if __name__ == "__main__":
    main()
