"""The scripts do what they say, with a ``scrapy`` that does as it is told."""

import json
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from filmscrape.runs.outcome import Outcome
from tests.crawling import SOURCE
from tests.deploy.files import DEPLOY

SCRIPTS = sorted(DEPLOY.glob("*.sh"))


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_script_is_sound(path: Path) -> None:
    assert os.access(path, os.X_OK)
    done = subprocess.run(["sh", "-n", path], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


Script = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def script(tmp_path: Path) -> Script:
    """Run a script of ``deploy/`` with a ``scrapy`` that does as it is told, in a folder of its own."""

    def start(name: str, *arguments: str, scrapy: str) -> "subprocess.CompletedProcess[str]":
        stub = tmp_path / "bin" / "scrapy"
        stub.parent.mkdir(exist_ok=True)
        stub.write_text(f"#!/bin/sh\n{scrapy}\n")
        stub.chmod(0o755)
        environment = {
            **os.environ,
            "PATH": f"{stub.parent}:{os.environ['PATH']}",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "TMPDIR": str(tmp_path),
            **{
                f"GIT_{who}_{what}": "test@festival.example"
                for who in ("AUTHOR", "COMMITTER")
                for what in ("NAME", "EMAIL")
            },
        }
        line = ["sh", str(DEPLOY / name), *arguments]
        return subprocess.run(line, cwd=tmp_path, env=environment, capture_output=True, text=True)

    return start


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (Outcome.FAULT, "could not be run (1)"),
        (Outcome.USAGE, "could not be run (2)"),
        (Outcome.CANNOT_WRITE, "disk, archive or ledger"),
        (Outcome.LOCKED, "another run is going on"),
        (Outcome.DEGRADED, "published, but look at this"),
        (Outcome.INTERRUPTED, "goes on where this one stopped"),
        (Outcome.TOO_MANY_FAILED, "does not answer or refuses (12)"),
        (Outcome.TOO_FEW_EVENTS, "the site changed (13)"),
        (Outcome.COVERAGE_FELL, "the site changed (14)"),
        (Outcome.BUDGET, "goes on where this one stopped"),
        (Outcome.BLOCKED, "does not answer or refuses (16)"),
        (Outcome.ROBOTS, "robots.txt forbids the run or cannot be read (17)"),
        (Outcome.INTEGRITY, "disk, archive or ledger"),
    ],
)
def test_nightly_tells_the_codes_apart(code: Outcome, words: str, script: Script, tmp_path: Path) -> None:
    done = script("nightly.sh", SOURCE, "-a", "upcoming=1", scrapy=f'echo "$@"; echo why >&2; exit {int(code)}')
    assert (done.returncode, done.stderr) == (int(code), "")
    head, *log = done.stdout.splitlines()
    assert head.startswith(f"{SOURCE}: ")
    assert words in head
    assert log == [f"crawl {SOURCE} -a upcoming=1", "why"]
    assert not list(tmp_path.glob("tmp.*"))


def test_nightly_is_quiet_where_all_is_well(script: Script) -> None:
    done = script("nightly.sh", SOURCE, scrapy="echo all is well; echo as ever >&2")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_nightly_wants_a_source(script: Script) -> None:
    done = script("nightly.sh", scrapy="exit 0")
    assert (done.returncode, done.stdout) == (2, "")
    assert "usage: nightly.sh <source>" in done.stderr


def test_nightly_knows_every_code() -> None:
    """A code that is new is thought of."""
    cases = re.findall(r"(?m)^([\d| ]+)\)$", (DEPLOY / "nightly.sh").read_text(encoding="utf-8"))
    known = {int(code) for case in cases for code in case.split("|")}
    assert known == {int(outcome) for outcome in Outcome} - {Outcome.FAULT, Outcome.USAGE}


def test_the_dataset_is_committed_where_it_changed(script: Script, tmp_path: Path) -> None:
    dataset = tmp_path / "output" / SOURCE / "events.jsonl"
    dataset.parent.mkdir(parents=True)
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)

    def night(*runs: tuple[str, str, int | None]) -> "subprocess.CompletedProcess[str]":
        rows = [{"run_id": name, "verdict": verdict, "changes": changes} for name, verdict, changes in runs]
        dataset.write_text(f"{runs}\n")
        done = script("commit-dataset.sh", SOURCE, scrapy=f"echo '{json.dumps({'runs': rows})}'")
        assert (done.returncode, done.stderr) == (0, "")
        return done

    def history() -> list[str]:
        line = ["git", "log", "--format=%s"]
        return subprocess.run(line, cwd=tmp_path, capture_output=True, text=True).stdout.splitlines()

    first = ("20261101T020000.000Z-aaaa", "accepted", 46)
    night(first)
    assert history() == [f"{SOURCE}: 46 changes (run {first[0]})"]
    committed = (tmp_path / "data" / SOURCE / "events.jsonl").read_text()
    second = ("20261102T020000.000Z-aaaa", "accepted", 0)
    failed = ("20261103T020000.000Z-aaaa", "failed", 5)
    assert night(failed, second, first).stdout == f"{SOURCE}: nothing changed\n"
    assert (tmp_path / "data" / SOURCE / "events.jsonl").read_text() == committed
    third = ("20261104T020000.000Z-aaaa", "degraded", 2)
    fourth = ("20261105T020000.000Z-aaaa", "accepted", 0)
    night(fourth, third, failed, second, first)
    assert history()[0] == f"{SOURCE}: 2 changes (run {fourth[0]})", "what was not committed last time is not lost"
    assert (tmp_path / "data" / SOURCE / "events.jsonl").read_text() == dataset.read_text()
    assert night(fourth, third).stdout == f"{SOURCE}: nothing changed\n"
    old = ("20261106T020000.000Z-aaaa", "accepted", None)
    night(old, fourth)
    assert len(history()) == 3, "a run that cannot say that nothing changed"
