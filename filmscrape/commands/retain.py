"""``scrapy retain``: thin the runs of the past by a stated policy."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from filmscrape.commandline import OfflineCommand
from filmscrape.runs.faults import LedgerUnusable
from filmscrape.runs.lock import SourceLock, SourceLocked
from filmscrape.runs.outcome import Outcome
from filmscrape.runs.stored import EVENTS, RUNS, RunsInUse, alone_with_runs, runs_of, sources_of

if TYPE_CHECKING:
    from filmscrape.archive.retention import Decision


class Command(OfflineCommand):
    """Remove captures and runs that nothing needs."""

    def syntax(self) -> str:
        """Name the command's arguments."""
        return "[options]"

    def short_desc(self) -> str:
        """Say in one line what the command does."""
        return "Show which old captures and runs nothing needs any more, and remove them with --yes"

    def long_desc(self) -> str:
        """Say the policy, with an example."""
        return (
            "Runs younger than --keep stay whole. Of older ones those stay that the dataset comes from, that hold the "
            "newest capture of a body, or a body that a run which stays refers to, and those that are not over or "
            "cannot be read. The others are listed, and removed with --yes; of a run that published only the captures "
            "go. Example: scrapy retain --keep 90d"
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the limit, the source, and the permission."""
        super().add_options(parser)
        parser.add_argument(
            "--keep", metavar="TIME", help="how long runs stay whole: 90d, 12w, 6m (30 days each), 1y (365 days)"
        )
        parser.add_argument("--source", metavar="NAME", help="thin the runs of this source only")
        parser.add_argument("--yes", action="store_true", help="remove what is listed")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """List what may go, and remove it where that was asked for."""
        from filmscrape.archive.retention import CannotDecide, read_keep

        sources = sources_of(self.output)
        try:
            if args:
                raise ValueError(f"{args[0]!r} is too much; see scrapy retain -h")
            if opts.keep is None:
                raise ValueError("say how long runs stay whole: --keep 90d")
            keep = read_keep(opts.keep)
            if opts.source is not None and opts.source not in sources:
                there = ", ".join(sources) or "none"
                raise ValueError(f"there is no source {opts.source!r} in {self.output} (sources: {there})")
        except ValueError as wrong:
            self.end(Outcome.USAGE, str(wrong))
            return
        removable = 0
        for source in [opts.source] if opts.source else sources:
            try:
                removable += self._thin(source, keep, opts.yes)
            except CannotDecide as unclear:
                self.end(Outcome.INTEGRITY, f"{unclear}; nothing of {source} was removed")
            except SourceLocked as busy:
                self.end(Outcome.LOCKED, f"{busy}; nothing of {source} was removed")
            except RunsInUse:
                self.end(Outcome.LOCKED, f"a run of {source} is going on; nothing of {source} was removed")
            except LedgerUnusable as fault:
                self.end(fault.outcome, f"{fault}; nothing of {source} was removed; {fault.remedy}")
            except OSError as fault:
                self.end(Outcome.CANNOT_WRITE, f"{fault.filename}: {fault.strerror or fault}")
        if removable and not opts.yes:
            print("nothing was removed: add --yes to do so")

    def _thin(self, source: str, keep: timedelta, yes: bool) -> int:
        """Thin the runs of a source; the answer is how many may go."""
        from filmscrape.archive.retention import check_published, decide, empty_trash, remove, thin, trash_of

        assert self.settings is not None
        folder = self.output / source
        within = timedelta(hours=self.settings.getfloat("RESUME_WITHIN_HOURS"))
        with _alone(folder, yes=yes):
            runs, now = runs_of(self.output, source), datetime.now(UTC)
            decisions = decide(runs, folder / EVENTS, keep, now, resume_within=within)
            check_published(folder / EVENTS)
            leftovers = trash_of(folder)
            for path in leftovers:
                print(f"{path}: left over from a removal that was cut off")
            going = [decision for decision in decisions if not decision.stays]
            for decision in decisions:
                print(line_of(decision))
            print(f"{source}: {_summary(going, decisions)}")
            if yes:
                empty_trash(folder)
                # The newest first: a capture never goes before the revisits that refer to it.
                for decision in reversed(going):
                    (thin if decision.fate == "thin" else remove)(decision.run)
        return len(going) + len(leftovers)


@contextmanager
def _alone(folder: Path, *, yes: bool) -> Iterator[None]:
    """Keep runs away while something is removed."""
    if not yes:
        yield
        return
    lock = SourceLock(folder, "scrapy retain")
    try:
        if not (folder / RUNS).is_dir():
            yield
            return
        with alone_with_runs(folder):  # a replay that publishes nothing takes no lock, and may refer to any capture
            yield
    finally:
        lock.release()


def line_of(decision: "Decision") -> str:
    """Say in one line what is to become of a run, and why."""
    size = f"{decision.freed} of {decision.size}" if decision.fate == "thin" else decision.size
    verb = {"stay": "stays", "thin": "captures may go", "go": "may go"}[decision.fate]
    return f"{decision.run.path}  {size} bytes  {verb}: {decision.reason}"


def _summary(going: "list[Decision]", decisions: "list[Decision]") -> str:
    thinned = sum(one.fate == "thin" for one in going)
    also = f", {thinned} may be thinned" if thinned else ""
    freed = sum(one.freed for one in going)
    return f"{len(going) - thinned} of {len(decisions)} runs may go{also}, {freed} bytes"
