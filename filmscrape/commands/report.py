"""``scrapy report``: how a run went, or how all of them did, as one HTML file."""

import argparse
from pathlib import Path

from filmscrape.commandline import OfflineCommand
from filmscrape.runs.outcome import Outcome
from filmscrape.runs.stored import RUNS, StoredRun, find_run, runs_of, sources_of


class Command(OfflineCommand):
    """Write the report of a run, or of all runs."""

    def syntax(self) -> str:
        """Name the command's arguments."""
        return "[options] <run> | --history [<source> ...]"

    def short_desc(self) -> str:
        """Say in one line what the command does."""
        return "Write how a run went, and why, as one HTML file"

    def long_desc(self) -> str:
        """Say what can be named, with an example."""
        return (
            "Write the report of a run: the verdict and what to do, where events were lost, which fields are filled, "
            "what changed. The run is an id, a folder, or a source, whose newest run it is then. With --history, all "
            "runs of the sources (of all, where none is named) are drawn. The file needs nothing beside it, and has no "
            "scripts. Examples: scrapy report festival; scrapy report --history --output runs.html"
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add what to draw, and where to write it."""
        super().add_options(parser)
        parser.add_argument("--history", action="store_true", help="draw all runs")
        parser.add_argument("--output", metavar="FILE",
                            help="where to write (default: report.html in the run's folder; history.html in "
                                 "<OUTPUT_DIR>/<source>, or in <OUTPUT_DIR> where there are several)")  # fmt: skip

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Write the report, and print where it is."""
        target = Path(opts.output) if opts.output else None
        try:
            print(self._history(args, target) if opts.history else self._report(args, target))
        except LookupError as wrong:
            self.end(Outcome.USAGE, str(wrong.args[0]))
        except OSError as fault:
            self.end(Outcome.CANNOT_WRITE, f"cannot write {fault.filename or target}: {fault.strerror or fault}")

    def _report(self, args: list[str], target: Path | None) -> Path:
        from filmscrape.report.render import write_report

        if len(args) != 1:
            raise LookupError("name one run: its id, its folder, or a source for its newest run")
        return write_report(self._run(args[0]).path, target)

    def _run(self, name: str) -> StoredRun:
        """Find a run; of a source the newest, however it ended."""
        if name in sources_of(self.output):
            runs = runs_of(self.output, name)
            if not runs:
                raise LookupError(f"there is no run of {name} in {self.output}")
            return runs[-1]
        folder = Path(name)
        if folder.is_dir() and folder.absolute().parent.name == RUNS:  # also of a run that left no `run.json`
            return StoredRun.read(folder)
        return find_run(self.output, name)

    def _history(self, names: list[str], target: Path | None) -> Path:
        from filmscrape.report.render import HISTORY, write_history

        known = sources_of(self.output)
        unknown = next((name for name in names if name not in known), None)
        if unknown is not None:
            raise LookupError(
                f"there is no source {unknown!r} in {self.output} (sources: {', '.join(known) or 'none'})"
            )
        sources = list(dict.fromkeys(names)) or known
        if not sources:
            raise LookupError(f"there is no run in {self.output}")
        place = self.output / sources[0] if len(sources) == 1 else self.output
        return write_history([(name, runs_of(self.output, name)) for name in sources], target or place / HISTORY)
