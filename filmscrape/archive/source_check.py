"""Check all that there is of a source: its dataset, its ledger, its runs, and whether they fit each other."""

from pathlib import Path

from filmscrape.archive.ledger_check import check_ledger
from filmscrape.archive.verification import (
    Checked,
    References,
    check_dataset,
    check_run,
    missing_dataset,
    publisher,
)
from filmscrape.runs.stored import EVENTS, runs_of


def check_source(output: Path, source: str) -> list[Checked]:
    """Check a source.

    :param output: the output directory.
    :return: what came of it: the dataset, the ledger, and the runs, the oldest first.
    :raises OSError: where a file that is there cannot be read.
    """
    runs = runs_of(output, source)
    references = References()
    dataset = output / source / EVENTS
    found = [check_dataset(dataset, runs, references)] if dataset.exists() else []
    checked = {run.path: check_run(run, references) for run in reversed(runs)}
    for fault in references.bodies_missing():
        checked[fault.path.parent].add(fault)
    if dataset.exists():
        for fault in references.missing_from(dataset):
            found[0].add(fault)
    elif published := publisher(runs):
        found.append(missing_dataset(dataset, published))
    ledger = check_ledger(output / source)
    return [*found, *([ledger] if ledger else []), *reversed(checked.values())]
