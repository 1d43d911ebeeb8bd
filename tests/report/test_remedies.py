"""What the report says of an outcome is what the runbook says."""

from pathlib import Path

import pytest

from filmscrape.report.remedies import REMEDIES, WARNINGS, advice
from filmscrape.runs.outcome import Outcome

RUNBOOK = Path(__file__).parents[2] / "docs" / "runbook.md"


def runbook() -> dict[str, tuple[str, ...]]:
    """The rows of the table of exit codes: meaning, cause, remedy and next run, by name."""
    rows = [[cell.strip() for cell in line.strip("| \n").split(" | ")] for line in RUNBOOK.read_text().splitlines()]
    return {row[1].strip("`"): (*row[2:5], row[6]) for row in rows if len(row) == 7 and row[0].isdigit()}


def test_the_runbook_has_every_outcome() -> None:
    assert runbook().keys() == {outcome.name.lower() for outcome in Outcome} == {o.name.lower() for o in REMEDIES}


@pytest.mark.parametrize("outcome", Outcome, ids=lambda outcome: outcome.name)
def test_the_same_words(outcome: Outcome) -> None:
    assert tuple(REMEDIES[outcome]) == runbook()[outcome.name.lower()]


def test_every_warning_says_what_to_do() -> None:
    """The checks that can give one, as the runbook has them, and in its words."""
    text = RUNBOOK.read_text()
    _, table = text.split("## What to do about a warning")
    rows = [line.strip("| ").split(" | ") for line in table.split("\n## ")[0].splitlines() if line.startswith("| `")]
    assert {check.strip("`"): told.strip() for check, told in rows} == WARNINGS
    _, checks = text.split("## What is checked")
    lines = [line.split("|") for line in checks.split("\n## ")[0].splitlines() if line.startswith("| `")]
    warn = {cells[1].strip(" `") for cells in lines if len(cells) == 7 and cells[4].strip()}
    assert warn == WARNINGS.keys()


def test_advice() -> None:
    warned = advice(REMEDIES[Outcome.DEGRADED], ["drift", "drift", "rejected", "of another version"], "20261124-1")
    assert len(warned) == 2
    assert "`scrapy replay 20261124-1 --publish`" in warned[1]
    assert advice(REMEDIES[Outcome.DEGRADED], [], "x") == ["read them; decide within days, not hours"]
    assert advice(REMEDIES[Outcome.ACCEPTED], [], "x") == []
    (failed,) = advice(REMEDIES[Outcome.COVERAGE_FELL], ["coverage", "drift"], "x")
    assert "`scrapy replay x`" in failed
