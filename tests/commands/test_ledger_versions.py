"""A ledger of another version: an older one is made anew, a newer one is left alone, and neither is called damaged."""

import shutil
import sqlite3
from contextlib import closing
from importlib import import_module
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from filmscrape.archive.manifest import file_sha256
from filmscrape.fixtures import serve
from filmscrape.runs.ledger_tables import VERSION
from filmscrape.runs.stored import EVENTS, LEDGER, RUNS
from tests.crawling import SOURCE, bundled_site, crawl, scrapy
from tests.in_process import run

ONLY = {"only": "here,vertigo", "discover": "none"}
OLDER, NEWER = VERSION - 1, VERSION + 1
HERE = f"{SOURCE}:here"
RETAIN = ("retain", "--keep", "90d")
# What asks the ledger and changes nothing of it.
READING = [("rebuild", "--check"), ("export", "atom"), ("site",), ("explain", HERE, "year"), RETAIN,
           ("replay", SOURCE, "--jobs", "1")]  # fmt: skip
WITHOUT = [("status",), ("show", HERE), ("export", "csv"), ("report", SOURCE)]
WRITING = [("rebuild",), ("replay", SOURCE, "--jobs", "1", "--publish")]


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An output directory with a run of two events."""
    output = tmp_path_factory.mktemp("crawled") / "output"
    with serve(bundled_site()) as origin:
        assert crawl(output, {"base_url": origin, **ONLY}).outcome.publishes
    return output


@pytest.fixture
def output(crawled: Path, tmp_path: Path) -> Path:
    """The same, for oneself."""
    return shutil.copytree(crawled, tmp_path / "output")


def made_by(output: Path, version: int) -> Path:
    """Give the ledger another version, with tables that nobody here knows."""
    path = output / SOURCE / LEDGER
    with closing(sqlite3.connect(path)) as db:
        db.execute("ALTER TABLE events RENAME TO programme")
        db.execute(f"PRAGMA user_version = {version}")
        db.execute("PRAGMA journal_mode = DELETE")
    return path


def command(output: Path, name: str, *arguments: str) -> CompletedProcess[str]:
    return run(import_module(f"filmscrape.commands.{name}").Command(), *arguments, output=output)


def ledgers(output: Path) -> dict[str, str]:
    """Digests of the ledger and of all that is called like it."""
    return {path.name: file_sha256(path) for path in (output / SOURCE).glob(f"*{LEDGER}*")}


def told(version: int) -> str:
    return f"{LEDGER} is a ledger of version {version}, and this filmscrape reads version {VERSION}; "


def refused(output: Path, version: int, arguments: tuple[str, ...], code: int) -> str:
    """The line of a command that cannot use a ledger of another version, and leaves it as it is."""
    made_by(output, version)
    before = ledgers(output)
    done = command(output, *arguments)
    assert done.returncode == code
    (line,) = done.stderr.splitlines()
    assert told(version) in line
    assert ledgers(output) == before
    return line


# ------------------------------------------------------------------ older
@pytest.mark.parametrize("arguments", READING, ids=" ".join)
def test_who_looks_at_an_older_one_is_told_how_it_is_made_anew(arguments: tuple[str, ...], output: Path) -> None:
    line = refused(output, OLDER, arguments, 18)
    assert "with scrapy rebuild" in line or "scrapy rebuild makes it anew from the runs" in line
    assert "damaged" not in line
    assert "verify" not in line


def test_verify_names_an_older_one(output: Path) -> None:
    path = made_by(output, OLDER)
    before = ledgers(output)
    done = command(output, "verify")
    assert (done.returncode, done.stderr.splitlines()) == (18, ["scrapy verify: 1 fault in 1 of 3 places"])
    (line,) = (line for line in done.stdout.splitlines() if line.startswith(f"{path}: "))
    remedy = "scrapy rebuild makes it anew from the runs, as the next crawl does"
    assert line == f"{path}: {path.parent}/{told(OLDER)}{remedy}"
    assert ledgers(output) == before


@pytest.mark.parametrize("arguments", WRITING, ids=" ".join)
def test_who_writes_makes_an_older_one_anew(arguments: tuple[str, ...], output: Path) -> None:
    path = made_by(output, OLDER)
    old, dataset = file_sha256(path), file_sha256(output / SOURCE / EVENTS)
    done = command(output, *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    aside = f"{LEDGER}.version-{OLDER}"
    assert ledgers(output).keys() == {LEDGER, aside}
    assert ledgers(output)[aside] == old
    assert file_sha256(output / SOURCE / EVENTS) == dataset
    assert command(output, "verify").returncode == 0
    if arguments == ("rebuild",):
        assert f"nothing to compare with: {path.parent}/{told(OLDER)}it is {path.parent / aside} now" in done.stdout


def test_a_crawl_makes_an_older_one_anew(output: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = made_by(output, OLDER)
    with serve(bundled_site()) as origin:
        assert crawl(output, {"base_url": origin, **ONLY}).outcome.publishes
    aside = f"{LEDGER}.version-{OLDER}"
    assert ledgers(output).keys() == {LEDGER, aside}
    (line,) = (record.getMessage() for record in caplog.records if "ledger made again" in record.getMessage())
    assert told(OLDER).removesuffix("; ") in line
    assert f"the old file is {path.parent / aside} and may be removed" in line
    assert command(output, "verify").returncode == 0


def test_what_a_killed_process_left_beside_an_older_one_goes_into_it(output: Path, tmp_path: Path) -> None:
    path = made_by(output, OLDER)
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("CREATE TABLE last (run TEXT)")
        for file in (path, path.with_name(f"{LEDGER}-wal")):
            shutil.copyfile(file, tmp_path / file.name)
    for file in tmp_path.glob(f"{LEDGER}*"):
        shutil.move(file, path.parent / file.name)
    assert command(output, "rebuild").returncode == 0
    aside = path.with_name(f"{LEDGER}.version-{OLDER}")
    assert ledgers(output).keys() == {LEDGER, aside.name}
    with closing(sqlite3.connect(aside)) as db:
        assert db.execute("SELECT count(*) FROM last").fetchone() == (0,)


# ------------------------------------------------------------------ newer
@pytest.mark.parametrize("arguments", [*READING, *WRITING], ids=" ".join)
def test_a_newer_one_is_left_alone(arguments: tuple[str, ...], output: Path) -> None:
    line = refused(output, NEWER, arguments, 2)
    assert line.endswith("nothing was changed: use the version of filmscrape that made it, or a newer one")
    assert "rebuild makes" not in line


def test_a_crawl_does_not_begin_beside_a_newer_one(output: Path) -> None:
    made_by(output, NEWER)
    before, runs = ledgers(output), sorted((output / SOURCE / RUNS).iterdir())
    done = scrapy("crawl", SOURCE, "-a", "base_url=http://127.0.0.1:9", OUTPUT_DIR=output)
    assert done.returncode == 2
    assert f"{told(NEWER)}nothing was changed: use the version of filmscrape that made it" in done.stderr
    assert "Traceback" not in done.stderr
    assert ledgers(output) == before
    assert sorted((output / SOURCE / RUNS).iterdir()) == runs


def test_verify_cannot_vouch_for_a_newer_one(output: Path) -> None:
    made_by(output, NEWER)
    before = ledgers(output)
    done = command(output, "verify")
    assert done.returncode == 18
    assert f"{told(NEWER)}nothing was changed: use the version of filmscrape that made it" in done.stdout
    assert ledgers(output) == before


# ------------------------------------------------------------------ either
@pytest.mark.parametrize("version", [OLDER, NEWER])
@pytest.mark.parametrize("arguments", WITHOUT, ids=" ".join)
def test_who_needs_no_ledger_does_without(arguments: tuple[str, ...], version: int, output: Path) -> None:
    whole = command(output, *arguments)
    made_by(output, version)
    before = ledgers(output)
    done = command(output, *arguments)
    assert (done.returncode, done.stdout, done.stderr) == (whole.returncode, whole.stdout, whole.stderr)
    assert done.returncode == 0
    assert ledgers(output) == before
