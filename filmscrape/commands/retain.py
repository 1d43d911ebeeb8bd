"""``scrapy retain``: thin the runs of the past by a stated policy."""

import argparse
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta

from filmscrape.archive.retention import CannotDecide, Decision, decide, empty_trash, read_keep, remove, trash_of
from filmscrape.commandline import OfflineCommand
from filmscrape.runs.outcome import Outcome
from filmscrape.runs.stored import RunsInUse, alone_with_runs, runs_of, sources_of


class Command(OfflineCommand):
    """Remove runs that nothing needs."""

    def syntax(self) -> str:
        """Name the command's arguments."""
        return "[options]"

    def short_desc(self) -> str:
        """Say in one line what the command does."""
        return "Show which old runs nothing needs any more, and remove them with --yes"

    def long_desc(self) -> str:
        """Say the policy, with an example."""
        return (
            "Runs younger than --keep stay whole. Of older ones those stay that the dataset comes from, that hold the "
            "newest capture of a body, or a body that a run which stays refers to, and those that are not over or "
            "cannot be read. The others are listed, and removed with --yes. Example: scrapy retain --keep 90d"
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
            except RunsInUse:
                self.end(Outcome.FAULT, f"a run of {source} is going on; nothing of {source} was removed")
            except OSError as fault:
                self.end(Outcome.CANNOT_WRITE, f"{fault.filename}: {fault.strerror or fault}")
        if removable and not opts.yes:
            print("nothing was removed: add --yes to do so")

    def _thin(self, source: str, keep: timedelta, yes: bool) -> int:
        """Thin the runs of a source; the answer is how many may go."""
        folder = self.output / source
        with alone_with_runs(folder) if yes and (folder / "runs").is_dir() else nullcontext():
            decisions = decide(runs_of(self.output, source), folder / "events.jsonl", keep, datetime.now(UTC))
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
                    remove(decision.run)
        return len(going) + len(leftovers)


def line_of(decision: Decision) -> str:
    """Say in one line what is to become of a run, and why."""
    verb = "stays" if decision.stays else "may go"
    return f"{decision.run.path}  {decision.size} bytes  {verb}: {decision.reason}"


def _summary(going: list[Decision], decisions: list[Decision]) -> str:
    return f"{len(going)} of {len(decisions)} runs may go, {sum(one.size for one in going)} bytes"
