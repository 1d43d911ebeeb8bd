"""Join a run to the ledger and publish the dataset that comes of it, so that a kill at any moment loses nothing.

The order is what makes it safe:

1. within one transaction of the ledger: merge, write ``changes.jsonl``, draft the dataset beside its place, and draft
   ``run.json``;
2. commit: from here on the run counts;
3. put the dataset in its place, then ``run.json``, then the checksums.

A process that is killed before the commit leaves everything as it was, and an unfinished run to resume. One that is
killed after it leaves drafts, which :func:`~filmscrape.runs.recovery.open_ledger` puts in their places.
"""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from filmscrape.runs.folder import RunFolder
from filmscrape.runs.ledger import Ledger
from filmscrape.runs.lines import as_line
from filmscrape.runs.merging import Touched
from filmscrape.runs.publish import draft_path, put_in_place, sync, write_draft

Compare = Callable[[Touched], object]


class _Undone(Exception):  # noqa: N818 - not an error: it takes the transaction back
    pass


def preview(ledger: Ledger, readings: Path, compare: Compare) -> None:
    """Find out what a run would change, and change nothing.

    :param compare: gets each event that the run says something of.
    """
    with suppress(_Undone), ledger.transaction():
        for touched in ledger.merge(readings, for_good=False):
            compare(touched)
        raise _Undone


def join_run(
    ledger: Ledger, run: RunFolder, report: Callable[[], dict[str, Any]], compare: Compare = lambda _: None
) -> None:
    """Join a run to the ledger, and publish.

    :param run: its folder, with ``readings.jsonl.gz``; its other files are whole and closed.
    :param report: makes what ``run.json`` says; called once the dataset's digest is known.
    :param compare: gets each event that the run says something of.
    :raises OSError: where something cannot be written. Nothing is changed then, or all of it and only the files wait
        for the next run to put them in their places.
    """
    try:
        with ledger.transaction():
            for touched in ledger.merge(run.readings):
                compare(touched)
            write_draft(map(as_line, ledger.changes_of(run.id)), run.changes)
            dataset = write_draft(ledger.lines(), draft_path(run.dataset, run.id))
            ledger.note_published(run.id, dataset.sha256, dataset.bytes)
            run.published = {"sha256": dataset.sha256, "bytes": dataset.bytes}
            run.draft(report())
            for folder in (run.path, run.path.parent, run.dataset.parent):
                sync(folder)  # what the ledger counts on must not be gone after a power cut
    except BaseException:
        run.published = None
        draft_path(run.dataset, run.id).unlink(missing_ok=True)
        raise
    put_in_place(dataset.path, run.dataset)
    run.settle(is_over=True)
