"""What the closing table prints: nothing that steers a terminal, nothing that is broken in a pipe."""

from dataclasses import asdict
from io import StringIO
from typing import Any

import pytest

from filmscrape.runs.stats import Counts
from filmscrape.runs.summary import print_summary
from tests.report.hostile import STRINGS


def report(words: str) -> dict[str, Any]:
    """What ``run.json`` says, with words of a site wherever they may stand."""
    counts = asdict(Counts()) | {"skipped": {words: 1}, "problems": {words: 1}, "resumed": 1}
    return {
        "source": "festival",
        "verdict": "degraded",
        "exit_code": 10,
        "findings": [{"check": "failed", "message": words}],
        "started": "2026-11-24T22:49:11+00:00",
        "finished": "2026-11-24T22:50:11+00:00",
        "counts": counts,
        "measures": {"coverage": {words: 0.5}},
        "baseline": {"coverage": {words: 1.0}},
        "resumed": [words],
        "bytes": {words: 1},
        "dataset": "output/festival/events.jsonl",
        "folder": "output/festival/runs/x",
    }


@pytest.mark.parametrize("evil", STRINGS.values(), ids=STRINGS)
def test_no_site_steers_the_terminal(evil: str) -> None:
    told = StringIO()
    print_summary(report(evil[:500]), told)
    harmless = StringIO()
    print_summary(report("x"), harmless)
    lines = told.getvalue().split("\n")
    assert [line for line in lines if not line.isprintable()] == []
    assert len(lines) == len(harmless.getvalue().split("\n"))


def test_no_line_is_broken_in_a_pipe() -> None:
    told = StringIO()
    print_summary(report("very long " * 40), told)
    assert sum("very long " * 40 in line for line in told.getvalue().split("\n")) >= 5


def test_runs_that_gave_no_answer_are_not_told() -> None:
    told = StringIO()
    print_summary({**report("x"), "counts": {**report("x")["counts"], "resumed": 0}}, told)
    assert "resumed" not in told.getvalue()
