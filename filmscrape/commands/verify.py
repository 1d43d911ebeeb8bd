"""``scrapy verify``: compute every checksum again, and name what is wrong."""

import argparse
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from filmscrape.commandline import OfflineCommand
from filmscrape.runs.outcome import Outcome
from filmscrape.runs.stored import find_run, sources_of

if TYPE_CHECKING:
    from filmscrape.archive.verification import Checked


class Command(OfflineCommand):
    """Check runs, WARC files, ledgers and datasets."""

    def syntax(self) -> str:
        """Name the command's arguments."""
        return "[options] [<run id | run folder> ...]"

    def short_desc(self) -> str:
        """Say in one line what the command does."""
        return "Compute every checksum of runs, WARC records, ledgers and datasets again, and name what is wrong"

    def long_desc(self) -> str:
        """Say it with an example."""
        return (
            "Check everything in the output directory, or one source, or only the runs that are named. Exits 18 where "
            "something is wrong. Example: scrapy verify --source festival"
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add what to check."""
        super().add_options(parser)
        parser.add_argument("--source", metavar="NAME", help="check the runs and the dataset of this source only")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Check, print a table, then what is wrong, one line each."""
        if args and opts.source:
            self.end(Outcome.USAGE, "name runs or a --source, not both")
            return
        try:
            checked = self._runs(args) if args else self._sources(opts.source)
        except LookupError as unknown:
            self.end(Outcome.USAGE, str(unknown.args[0]))
            return
        except OSError as fault:
            self.end(Outcome.INTEGRITY, f"cannot read {fault.filename}: {fault.strerror or fault}")
            return
        with suppress(SystemExit):  # how rich ends where nobody reads the pipe any more
            _print(checked)
        wrong = sum(one.wrong for one in checked)
        if wrong:
            places = sum(bool(one.wrong) for one in checked)
            self.end(
                Outcome.INTEGRITY, f"{wrong} fault{'' if wrong == 1 else 's'} in {places} of {len(checked)} places"
            )

    def _runs(self, names: list[str]) -> "list[Checked]":
        from filmscrape.archive.verification import References, check_run

        return [check_run(find_run(self.output, name), References()) for name in dict.fromkeys(names)]

    def _sources(self, source: str | None) -> "list[Checked]":
        from filmscrape.archive.source_check import check_source

        sources = sources_of(self.output)
        if source is not None and source not in sources:
            raise LookupError(
                f"there is no source {source!r} in {self.output} (sources: {', '.join(sources) or 'none'})"
            )
        if not sources:
            raise LookupError(f"there is no run and no dataset in {self.output}")
        return [checked for name in ([source] if source else sources) for checked in check_source(self.output, name)]


def _print(found: "list[Checked]") -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    # A path in a pipe is never cut short.
    width = None if sys.stdout.isatty() else 4096
    console = Console(file=sys.stdout, width=width, highlight=False, soft_wrap=True, markup=False)
    table = Table(box=box.SIMPLE if console.is_terminal else None, pad_edge=False)
    for heading in ("checked", "records", "bytes", "faults"):
        table.add_column(heading, justify="left" if heading == "checked" else "right", overflow="fold")
    for one in found:
        table.add_row(str(one.path), str(one.records), str(one.size), str(one.wrong))
    console.print(table)
    for one in found:
        for note in one.notes:
            console.print(f"{one.path}: note: {note}")
        for fault in one.faults:
            console.print(str(fault))
        if one.unshown:
            console.print(f"{one.path}: {one.unshown} more faults")
