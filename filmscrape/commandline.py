"""What the commands have in common that start no crawl: they read the output directory, and end with a code."""

import argparse
import re
import sys
from pathlib import Path
from textwrap import fill
from typing import NoReturn

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from filmscrape.logs import one_line
from filmscrape.runs.outcome import Outcome

_EXAMPLES = re.compile(r"\s*(Examples?:)\s+")


class HelpFormatter(argparse.HelpFormatter):
    """Prints a command's examples, which end its description and stand between semicolons, on lines of their own.

    In place of Scrapy's, which takes each line of an option's help that ends with a colon for a heading.
    """

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        prose, *examples = _EXAMPLES.split(text, maxsplit=1)
        told = fill(" ".join(prose.split()), width, initial_indent=indent, subsequent_indent=indent)
        if not examples:
            return told
        word, lines = examples
        return "\n".join([told, "", f"{indent}{word}", *(f"{indent}  {line}" for line in lines.split("; "))])


class OfflineCommand(ScrapyCommand):
    """A command that asks no site. A wrong argument is one line on standard error and exit code 2."""

    requires_project = True
    requires_crawler_process = False

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add Scrapy's own options; what argparse finds wrong is one line as well."""
        super().add_options(parser)
        parser.formatter_class = HelpFormatter
        parser.error = self._wrong  # type: ignore[method-assign]

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Read the options."""
        try:
            super().process_options(args, opts)
        except UsageError as wrong:
            self._wrong(str(wrong))
        unknown = [arg for arg in args if arg.startswith("-") and arg != "-"]
        if unknown:
            self._wrong(f"there is no option {unknown[0]}; see scrapy {self.name} -h")

    @property
    def name(self) -> str:
        """The command's name, which is its module's."""
        return type(self).__module__.rpartition(".")[2]

    @property
    def output(self) -> Path:
        """The output directory."""
        assert self.settings is not None
        return Path(self.settings["OUTPUT_DIR"])

    def end(self, outcome: Outcome, message: str) -> None:
        """Say in one line why the command did not do what it is for, and keep the exit code for ``scrapy``."""
        print(f"scrapy {self.name}: {one_line(message)}", file=sys.stderr)
        self.exitcode = int(outcome)

    def _wrong(self, message: str) -> NoReturn:
        self.end(Outcome.USAGE, message)
        sys.exit(self.exitcode)
