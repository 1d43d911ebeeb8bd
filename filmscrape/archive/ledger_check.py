"""Hold a source's ledger against itself, the folders of its runs, and the dataset that came of it."""

from collections.abc import Iterator
from contextlib import closing
from itertools import zip_longest
from pathlib import Path

from filmscrape.archive.manifest import Fault
from filmscrape.archive.rebuilding import RunsLost, check
from filmscrape.archive.verification import Checked
from filmscrape.runs.faults import LedgerDamaged, LedgerUnusable
from filmscrape.runs.ledger import Ledger
from filmscrape.runs.lock import SourceLock, SourceLocked
from filmscrape.runs.recovery import published_runs
from filmscrape.runs.stored import EVENTS, LEDGER, RUNS, StoredRun


def check_ledger(folder: Path) -> Checked | None:
    """Check the ledger of a source.

    :param folder: ``<output>/<source>``.
    :return: ``None`` where there is none and none is needed.
    :raises OSError: where a file cannot be read, or a temporary one not written.
    """
    path = folder / LEDGER
    checked = Checked(path)
    if not path.exists():
        if not (folder / EVENTS).exists() and not published_runs(folder):
            return None
        checked.add(Fault(path, "", f"missing; expected beside {EVENTS}: {LedgerDamaged.remedy}"))
        return checked
    checked.size = path.stat().st_size
    try:
        lock = _locked(folder)
    except SourceLocked as busy:
        checked.notes.append(f"not compared with the runs: {busy}")
        return checked
    try:
        for fault in _faults(folder):
            checked.add(fault)
        if all(fault.path != path for fault in checked.faults):
            _compare(folder, checked)
    except LedgerUnusable as fault:
        checked.add(Fault(path, "", f"{fault}; {fault.remedy}"))
    finally:
        if lock is not None:
            lock.release()
    return checked


def _locked(folder: Path) -> SourceLock | None:
    """Keep runs away for a while; ``None`` where the folder may only be read, and nobody can change anything."""
    try:
        return SourceLock(folder, "scrapy verify")
    except OSError:
        return None


def _faults(folder: Path) -> Iterator[Fault]:
    path = folder / LEDGER
    with closing(Ledger(path, read_only=True)) as ledger, ledger.guarded():
        for reason in ledger.faults():
            yield Fault(path, "", f"{reason}; {LedgerDamaged.remedy}")
        last = ledger.last_published()
        if last is None or _is_over(folder / RUNS / last[0]):
            yield from _unlike_dataset(ledger, folder / EVENTS)


def _is_over(run: Path) -> bool:
    """Whether a run put its files in their places; one that was killed before leaves that to the next."""
    return not run.is_dir() or StoredRun.read(run).is_finished


def _unlike_dataset(ledger: Ledger, dataset: Path) -> Iterator[Fault]:
    """Name the first line of the dataset that is not the ledger's."""
    if not dataset.exists():
        if len(ledger):
            yield Fault(
                dataset, "", f"missing; expected the {len(ledger)} events of {LEDGER}: scrapy rebuild writes it"
            )
        return
    with dataset.open("rb") as lines:
        for number, (there, wanted) in enumerate(zip_longest(lines, ledger.lines()), 1):
            if there != wanted:
                what = "more than the ledger has" if wanted is None else "not what the ledger has"
                yield Fault(dataset, f"line {number}", f"{what}: scrapy rebuild writes it again")
                return


def _compare(folder: Path, checked: Checked) -> None:
    """Compare the ledger with one that is made of the runs; a run that cannot be read is a fault of its file."""
    path = folder / LEDGER
    try:
        comparison = check(folder)
    except RunsLost as lost:
        checked.add(Fault(path, "", str(lost)))
        return
    except OSError as fault:
        if RUNS not in Path(str(fault.filename or "")).parts:
            raise
        checked.add(Fault(Path(str(fault.filename)), "", f"cannot be read: {fault.strerror or fault}"))
        return
    checked.records = comparison.rows
    for example in comparison.examples:
        checked.add(Fault(path, "", example))
    checked.unshown += comparison.wrong - len(comparison.examples)
    if not comparison.wrong and not comparison.is_identical:
        checked.notes.append("is what the runs give row for row, not byte for byte: another version of SQLite wrote "
                             "it, or bytes that hold nothing were changed")  # fmt: skip
