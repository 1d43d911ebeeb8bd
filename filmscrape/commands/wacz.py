"""``scrapy wacz``: pack a run as one file that a replay viewer opens."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from filmscrape.commandline import OfflineCommand
from filmscrape.runs.outcome import Outcome
from filmscrape.runs.stored import find_run, runs_beside

if TYPE_CHECKING:
    from filmscrape.archive.wacz import Packed


class Command(OfflineCommand):
    """Pack one run."""

    def syntax(self) -> str:
        """Name the command's arguments."""
        return "[options] <run id | run folder | source>"

    def short_desc(self) -> str:
        """Say in one line what the command does."""
        return "Pack a run as WACZ: captures, index, pages and checksums in one file for a replay viewer"

    def long_desc(self) -> str:
        """Say it with an example."""
        return (
            "Pack a run as WACZ 1.1.1. A source stands for its newest run that is over. "
            "Example: scrapy wacz 20261120T180000.000Z-5aee --output here.wacz"
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add where to write."""
        super().add_options(parser)
        parser.add_argument("--output", metavar="FILE", help="the file to write (default: <run id>.wacz)")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Pack the run that is named."""
        from filmscrape.archive.wacz import CannotPack, pack

        if len(args) != 1:
            self.end(Outcome.USAGE, "name one run: its id, its folder, or a source for its newest run")
            return
        try:
            run = find_run(self.output, args[0])
        except LookupError as unknown:
            self.end(Outcome.USAGE, str(unknown.args[0]))
            return
        target = Path(opts.output or f"{run.id}.wacz")
        try:
            packed = pack(run, runs_beside(run), target)
        except CannotPack as refused:
            for fault in refused.faults:
                print(fault, file=sys.stderr)
            self.end(Outcome.INTEGRITY if refused.faults else Outcome.USAGE, f"{refused}; {target} was not written")
        except OSError as fault:
            self.end(Outcome.CANNOT_WRITE, f"{fault.filename or target}: {fault.strerror or fault}")
        else:
            print(*_lines(packed, target), sep="\n")


def _lines(packed: "Packed", target: Path) -> list[str]:
    found = [f"captures: {packed.captures}", f"pages: {packed.pages}"]
    if packed.referred:
        found.append(f"of other runs: {packed.referred} (revisits refer to them)")
    if packed.unresolved:
        found.append(f"not at hand: {packed.unresolved} (revisits refer to them, and no run here holds them)")
    if packed.torn:
        found.append(f"left out: {packed.torn} bytes of a torn record at the end")
    return [*found, str(target)]
