"""``scrapy export``: the dataset in the shape that somebody works with."""

import argparse
from pathlib import Path

from filmscrape.commandline import OfflineCommand
from filmscrape.exports.formats import FORMATS
from filmscrape.runs.outcome import Outcome
from filmscrape.runs.stored import EVENTS, sources_of


class Command(OfflineCommand):
    """Export datasets."""

    def syntax(self) -> str:
        """Name the command's arguments."""
        return "[options] <format> ... | all"

    def short_desc(self) -> str:
        """Say in one line what the command does."""
        return "Write the dataset as tables, calendars, feeds, JSON-LD and more"

    def long_desc(self) -> str:
        """Name the formats, with an example."""
        known = "; ".join(f"{name}: {found.summary}" for name, found in FORMATS.items())
        return (
            f"Write the datasets of all sources in other shapes. The same dataset gives the same bytes. {known}. "
            "Example: scrapy export ical parquet --output public"
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add what to read, where to write, and what to leave out."""
        super().add_options(parser)
        parser.add_argument("--input", metavar="FILE", action="append", default=[],
                            help="a dataset to read in place of the sources' own (may be repeated; of an "
                                 "event in several of them the record seen last counts)")  # fmt: skip
        parser.add_argument("--output", metavar="DIR", help="where to write (default: <OUTPUT_DIR>/exports)")
        parser.add_argument("--without-texts", action="store_true",
                            help="leave out what others wrote: synopses, bios, quotes, and `extra`, the words of "
                                 "a page that no rule has read")  # fmt: skip

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Write each format into a folder of its name, and print the files."""
        from filmscrape.exports.dataset import Dataset
        from filmscrape.exports.failures import FAILURES, told

        try:
            names = _formats(args)
            dataset = Dataset(datasets(self.output, opts.input), texts=not opts.without_texts)
        except LookupError as wrong:
            self.end(Outcome.USAGE, str(wrong.args[0]))
            return
        folder = Path(opts.output) if opts.output else self.output / "exports"
        try:
            for name in names:
                for path in FORMATS[name].write(dataset, folder / name):
                    print(path)
        except FAILURES as fault:
            self.end(*told(fault, folder))


def datasets(output: Path, named: list[str]) -> list[Path]:
    """The datasets that are asked for: those of ``--input``, else those of all sources.

    :raises LookupError: with one line for the user.
    """
    paths = [Path(name) for name in named] or [
        path for source in sources_of(output) if (path := output / source / EVENTS).is_file()
    ]
    folder = next((path for path in paths if path.is_dir()), None)
    if folder is not None:
        raise LookupError(f"{folder} is a folder: name the file, {folder / EVENTS} or the like")
    missing = next((path for path in paths if not path.is_file()), None)
    if missing is not None and missing.exists():
        raise LookupError(f"{missing} is no plain file, and is read more than once: save what it gives first")
    if missing is not None:
        raise LookupError(f"there is no dataset {missing}")
    if not paths:
        raise LookupError(f"there is no dataset in {output}; name one with --input, or crawl first")
    return paths


def _formats(args: list[str]) -> list[str]:
    """The formats that are asked for, in the order in which they are written.

    :raises LookupError: with one line for the user.
    """
    known = ", ".join([*FORMATS, "all"])
    if not args:
        raise LookupError(f"name a format; there are: {known}")
    unknown = next((arg for arg in args if arg not in FORMATS and arg != "all"), None)
    if unknown is not None:
        raise LookupError(f"no format {unknown!r}; there are: {known}")
    return [name for name in FORMATS if name in args or "all" in args]
