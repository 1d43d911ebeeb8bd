"""Run a command that starts no crawl, in the test's own process, as ``scrapy`` drives it."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from scrapy.settings import Settings

from filmscrape.commandline import OfflineCommand


@dataclass
class Done:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def complaint(self) -> str:
        """The only line of standard error, without the program's name before it."""
        (line,) = self.err.splitlines()
        return line.split(": ", 1)[1]


def run(
    command: Callable[[], OfflineCommand], output: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> Done:
    """Run a command on an output directory."""
    driven = command()
    driven.settings = Settings()
    driven.settings.setmodule("filmscrape.settings", priority="project")
    driven.settings.set("OUTPUT_DIR", str(output), priority="cmdline")
    parser = argparse.ArgumentParser(conflict_handler="resolve")
    driven.add_options(parser)
    capsys.readouterr()
    try:
        options, rest = parser.parse_known_args(arguments)
        driven.process_options(rest, options)
        driven.run(rest, options)
    except SystemExit as end:
        driven.exitcode = int(str(end.code))
    printed = capsys.readouterr()
    return Done(driven.exitcode, printed.out, printed.err)
