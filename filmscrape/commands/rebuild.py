"""``scrapy rebuild``: make the ledger again from the folders of the runs."""

import argparse
import errno
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from filmscrape.commandline import OfflineCommand
from filmscrape.runs.faults import LedgerDamaged, LedgerUnusable
from filmscrape.runs.lock import SourceLock, SourceLocked
from filmscrape.runs.outcome import Outcome
from filmscrape.runs.stored import LEDGER, RUNS, sources_of

if TYPE_CHECKING:
    from filmscrape.archive.rebuilding import Comparison, Renewed

_OF_WRITING = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS})


class Command(OfflineCommand):
    """Make ledgers again."""

    def syntax(self) -> str:
        """Name the command's arguments."""
        return "[options] [<source> ...]"

    def short_desc(self) -> str:
        """Say in one line what the command does."""
        return "Make the ledger again from the folders of the runs, say what differs, and publish what it gives"

    def long_desc(self) -> str:
        """Say it with an example."""
        return (
            "The ledger holds nothing that the runs' folders do not tell. Made again, it has the same rows, and with "
            "the same version of SQLite the same bytes. With --check it is only compared, nothing is changed, and a "
            "difference exits 18. Without a source all are meant. Example: scrapy rebuild festival --check"
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the option to look only."""
        super().add_options(parser)
        parser.add_argument("--check", action="store_true", help="only compare, and exit 18 where something differs")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Make again or compare, source by source; the exit code is that of the first that went wrong."""
        from filmscrape.archive.rebuilding import is_anything_known

        sources = sources_of(self.output)
        unknown = [name for name in args if name not in sources]
        known = [name for name in args or sources if is_anything_known(self.output / name)]
        if unknown:
            there = ", ".join(sources) or "none"
            self.end(Outcome.USAGE, f"there is no source {unknown[0]!r} in {self.output} (sources: {there})")
        elif not known:
            self.end(Outcome.USAGE, f"no run in {self.output} published anything: there is no ledger to be made")
        else:
            for name in known:
                self._rebuild(self.output / name, only_check=opts.check)

    def _rebuild(self, folder: Path, *, only_check: bool) -> None:
        from filmscrape.archive.rebuilding import RunsLost, check, renew

        try:
            lock = SourceLock(folder, "scrapy rebuild")
        except SourceLocked as busy:
            self._wrong_with(Outcome.LOCKED, f"{busy}; nothing was done")
            return
        except OSError as fault:
            self._wrong_with(Outcome.CANNOT_WRITE, f"{fault.filename or folder}: {fault.strerror or fault}")
            return
        try:
            if not only_check:
                print("\n".join(told(folder.name, renew(folder))))
            elif (folder / LEDGER).exists():
                self._tell(folder, check(folder))
            else:
                self._wrong_with(Outcome.INTEGRITY, f"{folder / LEDGER} is missing; scrapy rebuild makes it")
        except RunsLost as fault:
            remedy = f"bring the folder back from a backup, or remove {LEDGER} to do without what only it told"
            self._wrong_with(Outcome.INTEGRITY, f"{fault}; {remedy}")
        except LedgerUnusable as fault:
            remedy = "scrapy verify tells more" if isinstance(fault, LedgerDamaged) else fault.remedy
            self._wrong_with(fault.outcome, f"{fault}; {remedy}")
        except OSError as fault:
            self._wrong_with(_kind_of(fault), f"{fault.filename or folder}: {fault.strerror or fault}")
        finally:
            lock.release()

    def _tell(self, folder: Path, comparison: "Comparison") -> None:
        print("\n".join(_compared(folder.name, comparison)))
        if comparison.wrong:
            self._wrong_with(Outcome.INTEGRITY, f"{folder / LEDGER} is not what the runs give; scrapy rebuild makes it")

    def _wrong_with(self, outcome: Outcome, message: str) -> None:
        before = self.exitcode
        self.end(outcome, message)
        self.exitcode = before or self.exitcode


def _kind_of(fault: OSError) -> Outcome:
    """Tell a run that cannot be read from a disk that cannot be written."""
    is_of_a_run = RUNS in Path(str(fault.filename or "")).parts
    return Outcome.INTEGRITY if is_of_a_run and fault.errno not in _OF_WRITING else Outcome.CANNOT_WRITE


# ------------------------------------------------------------------ telling
def told(source: str, renewed: "Renewed") -> Iterator[str]:
    """Say what came of making a ledger again."""
    events, runs = renewed.events, renewed.runs
    yield f"{source}: {events} event{'s' * (events != 1)} of {runs} run{'s' * (runs != 1)}"
    if renewed.comparison is None:
        yield f"{source}: nothing to compare with: {renewed.reason}"
    else:
        yield from _compared(source, renewed.comparison)


def _compared(source: str, comparison: "Comparison") -> Iterator[str]:
    if not comparison.wrong:
        alike = "byte for byte" if comparison.is_identical else "row for row"
        yield f"{source}: {LEDGER} is what the runs give, {alike} ({comparison.rows} rows)"
        return
    yield f"{source}: {comparison.wrong} of {comparison.rows} rows of {LEDGER} were not what the runs give"
    yield from (f"  {example}" for example in comparison.examples)
    if comparison.wrong > len(comparison.examples):
        yield f"  {comparison.wrong - len(comparison.examples)} more"
