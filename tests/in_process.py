"""Run a command as ``scrapy`` does, in the test's own process: a new one takes a second before it begins."""

import argparse
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from subprocess import CompletedProcess

from scrapy.commands import ScrapyCommand

from tests.crawling import project_settings


def run(command: ScrapyCommand, *arguments: str, output: Path) -> CompletedProcess[str]:
    """Run a command that starts no crawl, with its own output directory."""
    out, err = StringIO(), StringIO()
    command.settings = project_settings()
    command.settings.set("OUTPUT_DIR", str(output), priority="cmdline")
    parser = argparse.ArgumentParser(conflict_handler="resolve")
    code: object = 0
    with redirect_stdout(out), redirect_stderr(err):
        try:
            command.add_options(parser)
            opts, args = parser.parse_known_args(list(arguments))
            command.process_options(args, opts)
            command.run(args, opts)
            code = command.exitcode
        except SystemExit as end:
            code = end.code
    assert isinstance(code, int)
    return CompletedProcess(arguments, code, out.getvalue(), err.getvalue())
