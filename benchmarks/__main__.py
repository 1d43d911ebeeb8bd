"""``make bench``: measure, print a Markdown table and write it to ``benchmarks/RESULTS.md``."""

import sys
import time
from pathlib import Path

from benchmarks import crawl, extract, fleet, imports, ledger, memory, pipeline, replay
from benchmarks.measure import machine, table

RESULTS = Path(__file__).parent / "RESULTS.md"
PARTS = (extract, pipeline, crawl, fleet, imports, replay, memory, ledger)
NOTE = """\
Processor time where nothing else is said, by the clock where it is; medians of interleaved rounds, in brackets the \
spread without the two extremes. The last column tells what share of the machine others had meanwhile: other \
processes (median and highest of the rounds), and the host (stolen time, highest)."""


def main() -> None:
    """Measure everything."""
    start, first_line = time.monotonic(), machine()
    rows = []
    for part in PARTS:
        for row in part.rows():
            print(f"{row.what}: {row.measured} {row.ratio}", file=sys.stderr, flush=True)
            rows.append(row)
    minutes = (time.monotonic() - start) / 60
    text = f"# Benchmarks\n\n{first_line}. Measured in {minutes:.1f} minutes.\n\n{NOTE}\n\n{table(rows)}"
    RESULTS.write_text(text, encoding="utf-8")
    print(text, end="")


if __name__ == "__main__":
    main()
