"""``scrapy site``: the dataset as a website in a folder."""

import argparse
from concurrent.futures import BrokenExecutor
from pathlib import Path

from filmscrape.commandline import OfflineCommand
from filmscrape.commands.export import datasets
from filmscrape.runs.outcome import Outcome


class Command(OfflineCommand):
    """Build the catalogue."""

    def syntax(self) -> str:
        """Name the command's arguments."""
        return "[options]"

    def short_desc(self) -> str:
        """Say in one line what the command does."""
        return "Build a website of the dataset that works from a folder"

    def long_desc(self) -> str:
        """Say what comes of it, with an example."""
        return (
            "Build a catalogue of all sources: what is on, every event with search, people, countries, calendars and "
            "feeds. It needs no server and no network: open index.html. The same dataset gives the same bytes. "
            "Example: scrapy site --output public"
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add what to read, where to write, and what to leave out."""
        super().add_options(parser)
        parser.add_argument("--input", metavar="FILE", action="append", default=[],
                            help="a dataset to read in place of the sources' own (may be repeated)")  # fmt: skip
        parser.add_argument("--output", metavar="DIR", help="where to write (default: <OUTPUT_DIR>/site)")
        parser.add_argument("--without-texts", action="store_true",
                            help="leave out what others wrote: synopses, bios, quotes")  # fmt: skip

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Build, and say where the first page is."""
        from filmscrape.exports.dataset import Dataset
        from filmscrape.exports.failures import FAILURES, told
        from filmscrape.site.build import build

        folder = Path(opts.output) if opts.output else self.output / "site"
        try:
            if args:
                raise LookupError(f"takes no argument: {args[0]!r}; name a dataset with --input")
            counts = build(Dataset(datasets(self.output, opts.input), texts=not opts.without_texts), folder)
        except LookupError as wrong:
            self.end(Outcome.USAGE, str(wrong.args[0]))
        except FAILURES as fault:
            self.end(*told(fault, folder))
        except BrokenExecutor:
            self.end(Outcome.FAULT, "a process that wrote pages was killed, perhaps for want of memory; build again")
        except KeyboardInterrupt:
            self.end(Outcome.INTERRUPTED, f"interrupted; {folder} is as it was")
        else:
            print(", ".join(f"{count} {name}" for name, count in counts.items()))
            print(folder / "index.html")
