"""Make a source's ledger again from the folders of its runs, and hold the one that is there against it."""

import filecmp
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from textwrap import shorten
from typing import Any, NamedTuple

from filmscrape.runs.faults import LedgerDamaged, LedgerOutdated
from filmscrape.runs.ledger import Ledger
from filmscrape.runs.recovery import finished, published_runs, put_aside, replace_ledger, write_ledger
from filmscrape.runs.stored import EVENTS, LEDGER

Row = tuple[str, tuple[Any, ...]]  # table, values

_SHOWN = 5  # differences that are kept
_LONGEST_VALUE = 60  # characters of a value on a line


class RunsLost(Exception):  # noqa: N818 - named for what is the case
    """The ledger holds runs whose folders are gone: made again, it would lose what only they read."""


class Comparison(NamedTuple):
    """How a ledger compares with one that was made again of the runs.

    :ivar rows: how many rows the latter has.
    :ivar wrong: how many rows are missing, too many, or otherwise.
    :ivar examples: the first of them: table, key, what is there and what was expected.
    :ivar is_identical: the files have the same bytes.
    """

    rows: int
    wrong: int
    examples: list[str]
    is_identical: bool


# ------------------------------------------------------------------ row by row
def compare(found: Path, expected: Path) -> Comparison:
    """Compare two ledgers row by row; memory holds two rows.

    :raises LedgerUnusable: one cannot be read.
    :raises OSError: the disk fails.
    """
    rows = wrong = 0
    examples: list[str] = []
    with _opened(found) as ours, _opened(expected) as theirs:
        tables = theirs.tables()
        for is_there, wanted in _pairs(ours.dump(), theirs.dump(), tables):
            rows += wanted is not None
            if is_there != wanted:
                wrong += 1
                if len(examples) < _SHOWN:
                    examples.append(_difference(is_there, wanted, tables))
    return Comparison(rows, wrong, examples, _has_same_bytes(found, expected))


@contextmanager
def _opened(path: Path) -> Iterator[Ledger]:
    with closing(Ledger(path, read_only=True)) as ledger, ledger.guarded():
        yield ledger


def _has_same_bytes(one: Path, other: Path) -> bool:
    # What a killed process left behind is in a file beside it.
    return not one.with_name(f"{one.name}-wal").exists() and filecmp.cmp(one, other, shallow=False)


def _pairs(
    ours: Iterator[Row], theirs: Iterator[Row], tables: Mapping[str, tuple[list[str], int]]
) -> Iterator[tuple[Row | None, Row | None]]:
    """Set the rows of two sequences side by side, by table and key."""

    def place(row: Row) -> tuple[Any, ...]:
        table, values = row
        _, keys = tables.get(table, ((), len(values)))
        return table, *((type(value).__name__, value) for value in values[:keys])

    mine, other = next(ours, None), next(theirs, None)
    while mine is not None or other is not None:
        if other is None or (mine is not None and place(mine) < place(other)):
            yield mine, None
            mine = next(ours, None)
        elif mine is None or place(other) < place(mine):
            yield None, other
            other = next(theirs, None)
        else:
            yield mine, other
            mine, other = next(ours, None), next(theirs, None)


def _difference(is_there: Row | None, wanted: Row | None, tables: Mapping[str, tuple[list[str], int]]) -> str:
    table, values = is_there or wanted or ("", ())
    names, keys = tables.get(table, ([], len(values)))
    place = " ".join([table, *(str(value) for value in values[:keys])])
    if wanted is None:
        return f"{place}: is there, and no run tells of it"
    if is_there is None:
        return f"{place}: missing"
    differing = [
        f"{name} is {_shown(here)}, expected {_shown(there)}"
        for name, here, there in zip(names, is_there[1], wanted[1], strict=False)
        if here != there
    ]
    return f"{place}: {'; '.join(differing)}"


def _shown(value: Any) -> str:
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    return shorten(text, _LONGEST_VALUE, placeholder=" …") or repr(text)


# ------------------------------------------------------------------ with the runs
def check(folder: Path) -> Comparison:
    """Compare a source's ledger with what its runs give, and change nothing.

    For whoever holds the source's lock.

    :param folder: ``<output>/<source>``.
    :raises RunsLost: the folders of runs that the ledger holds are gone.
    :raises LedgerUnusable: the ledger cannot be read.
    :raises OSError: where a run cannot be read, or a temporary file not written.
    """
    path = folder / LEDGER
    with _opened(path) as ledger:
        joined = ledger.runs()
    _check_that_runs_are_there(folder, joined)
    with _room(folder) as room:
        write_ledger(published_runs(folder, joined), room / LEDGER)
        return compare(path, room / LEDGER)


def _check_that_runs_are_there(folder: Path, joined: list[str]) -> None:
    """Make sure that what the ledger was made of is there.

    :raises RunsLost: it is not.
    """
    there = {run.id for run in published_runs(folder, joined)}
    if lost := [run for run in joined if run not in there]:
        more = f" and {len(lost) - 1} more" if len(lost) > 1 else ""
        raise RunsLost(f"run {lost[0]}{more} is in {folder / LEDGER}, and its folder is gone, or does not say that it "
                       "published")  # fmt: skip


@contextmanager
def _room(folder: Path) -> Iterator[Path]:
    """Make a temporary folder on the same disk: a ledger may be larger than the memory that holds ``/tmp``."""
    try:
        room = tempfile.TemporaryDirectory(prefix=".rebuilt-", dir=folder)
    except OSError:  # it may be looked at, and not changed
        room = tempfile.TemporaryDirectory()
    with room as name:
        yield Path(name)


class Renewed(NamedTuple):
    """What came of making a ledger again.

    :ivar runs: how many runs it holds.
    :ivar events: how many events.
    :ivar comparison: of the ledger that was there with what the runs give; ``None`` where there was none to read.
    :ivar reason: why there was none.
    """

    runs: int
    events: int
    comparison: Comparison | None
    reason: str = ""


def renew(folder: Path) -> Renewed:
    """Make a source's ledger again of its runs, put it in its place, and publish what it gives.

    For whoever holds the source's lock.

    :param folder: ``<output>/<source>``.
    :raises RunsLost: the folders of runs that the ledger holds are gone; nothing is changed.
    :raises LedgerTooNew: a newer version of the program made it; nothing is changed.
    :raises LedgerDamaged: what is published and no run tells of cannot be read.
    :raises OSError: where a run cannot be read, or the folder not written; the old ledger is in its place then.
    """
    path, draft = folder / LEDGER, folder / f".{LEDGER}"
    reason = _settle(folder)
    write_ledger(published_runs(folder), draft)
    comparison = None
    try:
        try:
            comparison = None if reason else compare(path, draft)
        except LedgerDamaged as fault:
            reason = f"it could not be read; it is {put_aside(path, fault)} now"
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    replace_ledger(folder, draft)
    with closing(Ledger(path)) as ledger:
        finished(ledger, folder)
        return Renewed(len(ledger.runs()), len(ledger), comparison, reason)


def _settle(folder: Path) -> str:
    """Finish what a killed process left undone; say why there is no ledger to compare with, where there is none."""
    path = folder / LEDGER
    if not path.exists():
        return "there was none"
    try:
        with closing(Ledger(path)) as ledger, ledger.guarded():
            joined = finished(ledger, folder).runs()
    except (LedgerDamaged, LedgerOutdated) as fault:
        return f"{fault}; it is {put_aside(path, fault)} now"
    _check_that_runs_are_there(folder, joined)
    return ""


def is_anything_known(folder: Path) -> bool:
    """Whether a source has anything that a ledger could be made of, or has one."""
    return (folder / LEDGER).exists() or (folder / EVENTS).exists() or bool(published_runs(folder))
