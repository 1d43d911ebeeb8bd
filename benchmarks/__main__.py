"""``make bench``: measure, print a Markdown table and write it to ``benchmarks/RESULTS.md``."""

from pathlib import Path

from benchmarks import extract, replay
from benchmarks.measure import ROUNDS, machine

RESULTS = Path(__file__).parent / "RESULTS.md"


def main() -> None:
    """Measure everything."""
    found = extract.measure()
    table = f"""\
# Benchmarks

{machine()}. Processor time, medians of {ROUNDS} interleaved rounds, in brackets the spread without the two extremes; \
by the clock where that is said, medians of {replay.ROUNDS} rounds.

| what | floor | measured | ratio | goal |
| --- | --- | --- | --- | --- |
| extract: bytes → validated record, {extract.PAGES} pages | `lxml.html.fromstring`, {found.floor_ms:.2f} ms a page | \
{found.ms:.2f} ms a page | **{found.median:.2f}** ({found.low:.2f} to {found.high:.2f}) | ≤ 2.5 |
{replay.rows()}"""
    RESULTS.write_text(table, encoding="utf-8")
    print(table)


if __name__ == "__main__":
    main()
