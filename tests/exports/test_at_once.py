"""Two processes at once that write one folder: the second is told so, and what the first one writes is whole."""

import subprocess
import sys
from pathlib import Path

import pytest

from filmscrape.commands.export import Command as Export
from filmscrape.commands.site import Command as Site
from filmscrape.runs.outcome import Outcome
from tests.crawling import ROOT, environment, scrapy
from tests.exports.stored import dataset_of, files, fixtures
from tests.in_process import run

# `scrapy` that stops before it does what is named, until it is told to go on.
FIRST = """
import sys
from importlib import import_module
from scrapy.cmdline import execute
module, _, path = sys.argv[1].partition(":")
owner, name = import_module(module), path
if "." in path:
    owner, name = getattr(owner, path.split(".")[0]), path.split(".")[1]
does = getattr(owner, name)
def waits(*given):
    print("waits", file=sys.stderr, flush=True)
    sys.stdin.readline()
    return does(*given)
setattr(owner, name, waits)
execute(["scrapy", *sys.argv[2:]])
"""
WRITERS = {
    ("export", "csv"): ("filmscrape.exports.drafts:Drafts._finish", "csv"),
    ("export", "ical"): ("filmscrape.exports.drafts:Drafts._finish", "ical"),
    ("export", "manifest"): ("filmscrape.exports.manifest:_package", ".manifest.new"),
    ("site",): ("filmscrape.site.build:_write", ".public.new"),
}
COMMANDS = {"export": Export, "site": Site}


@pytest.mark.long
@pytest.mark.parametrize("line", WRITERS)
def test_the_second_is_told_and_the_first_is_whole(line: tuple[str, ...], tmp_path: Path) -> None:
    where, folder = WRITERS[line]
    dataset_of(tmp_path / "festival", *fixtures()[:3])
    public = tmp_path / "public"
    command = COMMANDS[line[0]]
    assert run(command(), *line[1:], "--output", str(tmp_path / "alone/public"), output=tmp_path).returncode == 0
    first = subprocess.Popen(
        [sys.executable, "-c", FIRST, where, *line, "--output", str(public), "-s", f"OUTPUT_DIR={tmp_path}"],
        cwd=ROOT,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert first.stderr is not None
    assert first.stderr.readline() == "waits\n"
    second = scrapy(*line, "--output", str(public), OUTPUT_DIR=tmp_path)
    _, said = first.communicate("go on\n" * 20)
    held = public.parent / folder if line == ("site",) else public / folder
    assert (second.returncode, second.stdout) == (Outcome.LOCKED, "")
    assert second.stderr == (
        f"scrapy {line[0]}: another process writes {held} now: wait for it, or name another folder with --output\n"
    )
    assert first.returncode == 0
    assert set(said.splitlines()) <= {"waits"}
    assert files(public) == files(tmp_path / "alone/public")
    assert run(command(), *line[1:], "--output", str(public), output=tmp_path).returncode == 0
