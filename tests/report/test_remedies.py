"""What the report says of an outcome is what the runbook says."""

from pathlib import Path

import pytest

from filmscrape.report.remedies import REMEDIES
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
