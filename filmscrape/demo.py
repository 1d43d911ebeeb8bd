"""``make demo``: serve the bundled site on this machine, crawl it for real, and show what came of it.

``python -m filmscrape.demo [source]``, from the project's root. Needs no network.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from filmscrape.fixtures import Site, serve
from filmscrape.runs.measure import BOOKKEEPING, is_filled

FIXTURES = Path("fixtures")
# The manners are for other people's servers; this one is our own.
NO_DELAY = ("DOWNLOAD_DELAY=0", "AUTOTHROTTLE_ENABLED=0", "CONCURRENT_REQUESTS=8", "CONCURRENT_REQUESTS_PER_DOMAIN=8")


def main(arguments: list[str]) -> int:
    """Run the demonstration; the exit code is the crawl's."""
    sources = bundled(FIXTURES)
    if not sources:
        print(f"demo: there are no pages in {FIXTURES.absolute()}; run it from the project's root", file=sys.stderr)
        return 2
    source = arguments[0] if arguments else sources[0]
    if source not in sources:
        print(f"demo: no bundled site {source!r}; there are: {', '.join(sources)}", file=sys.stderr)
        return 2
    output = Path("output")
    started = time.monotonic()
    with serve(Site.from_folder(FIXTURES / source)) as origin:
        code, printed = crawl(command(source, origin, output))
    seconds = time.monotonic() - started
    if code != 0:
        print(printed, end="")
        return code
    dataset = output / source / "events.jsonl"
    show(source, dataset, rejected(output / source / "runs"), seconds)
    return 0


def bundled(fixtures: Path) -> list[str]:
    """Name the sources of which there are pages."""
    return sorted(folder.name for folder in fixtures.glob("*") if any(folder.glob("*/meta.json")))


def command(source: str, origin: str, output: Path) -> list[str]:
    """Build the command line of the crawl, which is the real one."""
    settings = [part for setting in (*NO_DELAY, f"OUTPUT_DIR={output}") for part in ("-s", setting)]
    return [sys.executable, "-m", "scrapy", "crawl", source, "-a", f"base_url={origin}", *settings]


def crawl(line: list[str]) -> tuple[int, str]:
    """Run the crawl to its end; a Ctrl-C is the crawl's, which ends by itself and says how to go on."""
    with subprocess.Popen(line, env=environment(), stdout=subprocess.PIPE, text=True) as process:
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # behind the start: the crawl would inherit it
        try:
            printed, _ = process.communicate()
        finally:
            signal.signal(signal.SIGINT, before)
    return process.returncode, printed


def environment() -> dict[str, str]:
    """Keep a proxy of the user's out of the way between two programs on one machine."""
    return {**os.environ, "no_proxy": "127.0.0.1", "NO_PROXY": "127.0.0.1"}


def rejected(runs: Path) -> int:
    """Count the pages and records that the newest run rejected."""
    newest = max(runs.iterdir())
    counts = json.loads((newest / "run.json").read_text(encoding="utf-8"))["counts"]
    return int(counts["rejected"] + counts["unreadable"])


def filled(events: Iterable[dict[str, Any]]) -> float:
    """Tell how many of the fields that a page may fill are filled, in per cent."""
    values: list[object] = [
        value for event in events for name, value in event.items() if name not in BOOKKEEPING and value is not False
    ]
    return 100 * sum(map(is_filled, values)) / max(len(values), 1)


def show(source: str, dataset: Path, lost: int, seconds: float) -> None:
    """Print the table and the path of the dataset."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    with dataset.open(encoding="utf-8") as lines:
        events = [json.loads(line) for line in lines]
    console = Console(highlight=False, soft_wrap=True)
    table = Table(box=box.SIMPLE if console.is_terminal else None, pad_edge=False)
    for heading in ("source", "events", "fields filled", "rejected", "seconds"):
        table.add_column(heading, justify="left" if heading == "source" else "right", overflow="fold")
    table.add_row(source, str(len(events)), f"{filled(events):.0f} %", str(lost), f"{seconds:.1f}")
    console.print(table)
    console.print(dataset)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
