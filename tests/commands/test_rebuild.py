"""``scrapy rebuild``: the ledger is what the folders of the runs give, to the byte."""

import errno
import filecmp
import gzip
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from filmscrape.archive import rebuilding
from filmscrape.archive.manifest import file_sha256, write_checksums
from filmscrape.commands.rebuild import Command
from filmscrape.commands.replay import Command as Replay
from filmscrape.fixtures import Site, serve
from filmscrape.runs.lock import SourceLock
from filmscrape.runs.outcome import Outcome
from filmscrape.runs.stored import LEDGER, StoredRun, runs_of
from tests.crawling import SOURCE, bundled_site, crawl, load_spider, rows
from tests.foreign_warcs import Kept, write_warc
from tests.in_process import run

SPIDER = load_spider()


def event_path(site: Site, slug: str) -> str:
    return next(path for path in site.answers if path.endswith(f"/{slug}/"))


def retitle(site: Site, slug: str, old: bytes, new: bytes) -> None:
    answer = site.answers[event_path(site, slug)]
    assert old in answer.body
    answer.body = answer.body.replace(old, new)


def kept_in(site: Site, slug: str, year: int) -> list[Kept]:
    """A page as a web archive kept it years ago."""
    target = event_path(site, slug)
    return [Kept(SPIDER.site + target, site.answers[target].body, f"{year}-01-02T03:04:05Z")]


@pytest.fixture(scope="module")
def eventful(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What years leave behind: runs that failed, were cut off, published, and replays in between."""
    output = tmp_path_factory.mktemp("eventful")
    site = bundled_site()
    with serve(Site({})) as origin:
        assert crawl(output, {"base_url": origin}).outcome == Outcome.TOO_FEW_EVENTS
    with serve(site) as origin:
        first = crawl(output, {"base_url": origin})
        assert first.outcome.publishes
        retitle(site, "here", b"82 min", b"83 min")
        assert crawl(output, {"base_url": origin}, {"CLOSESPIDER_PAGECOUNT": 9}).outcome == Outcome.BUDGET
        assert crawl(output, {"base_url": origin}).outcome.publishes
        old = write_warc(output.parent / "old.warc.gz", kept_in(site, "casablanca", 2019))
        assert run(Replay(), str(old), "--publish", "--jobs", "1", output=output).returncode == 0
        assert run(Replay(), first.folder.name, "--jobs", "1", output=output).returncode == 0
        crawl(output, {"base_url": origin})
        retitle(site, "vertigo", b"Vertigo", b"Vertigo Again")
        assert crawl(output, {"base_url": origin, "only": "vertigo,here"}).outcome.publishes
        assert run(Replay(), "--all", "--publish", "--jobs", "1", output=output).returncode == 0
    return output


@pytest.fixture
def output(eventful: Path, tmp_path: Path) -> Path:
    """The same, for oneself."""
    return shutil.copytree(eventful, tmp_path / "output")


def rebuild(output: Path, *arguments: str) -> CompletedProcess[str]:
    return run(Command(), *arguments, output=output)


def ledger_of(output: Path) -> Path:
    return output / SOURCE / LEDGER


def published(output: Path) -> list[StoredRun]:
    return [one for one in runs_of(output, SOURCE) if one.published_sha256]


def tree(output: Path) -> dict[str, str]:
    """Digests of all files but the lock's, which says who held it last."""
    files = (path for path in output.rglob("*") if path.is_file() and path.name != ".lock")
    return {str(path.relative_to(output)): file_sha256(path) for path in files}


@contextmanager
def rows_of(output: Path) -> Iterator[sqlite3.Connection]:
    """The ledger, open for a hand that should not be in it; nothing of that is left beside the file."""
    db = sqlite3.connect(ledger_of(output), isolation_level=None)
    try:
        yield db
    finally:
        db.close()


# ------------------------------------------------------------------ the same
def test_the_same_bytes_come_of_the_runs(output: Path) -> None:
    assert len(published(output)) >= 5
    assert len(runs_of(output, SOURCE)) > len(published(output))
    before = tree(output)
    done = rebuild(output)
    assert (done.returncode, done.stderr) == (0, "")
    assert "is what the runs give, byte for byte (" in done.stdout
    assert f"of {len(published(output))} runs" in done.stdout
    assert tree(output) == before


def test_also_where_it_was_lost(eventful: Path, output: Path) -> None:
    ledger_of(output).unlink()
    done = rebuild(output, SOURCE)
    assert done.returncode == 0
    assert "nothing to compare with: there was none" in done.stdout
    assert filecmp.cmp(ledger_of(output), ledger_of(eventful), shallow=False)
    assert tree(output) == tree(eventful)


def test_checking_changes_nothing(output: Path) -> None:
    before = tree(output)
    done = rebuild(output, "--check")
    assert (done.returncode, done.stderr) == (0, "")
    assert "byte for byte" in done.stdout
    assert tree(output) == before


# ------------------------------------------------------------------ not the same
def test_rows_that_differ_are_named_and_made_good(eventful: Path, output: Path) -> None:
    with rows_of(output) as db:
        db.execute("UPDATE readings SET last_at = '2001-01-01T00:00:00Z' WHERE number = 2")
        db.execute("INSERT INTO venues VALUES ('nowhere', 'Nowhere')")
    before = tree(output)
    told = rebuild(output, "--check")
    assert told.returncode == 18
    assert "is not what the runs give; scrapy rebuild makes it" in told.stderr
    assert "readings 2: last_at is 2001-01-01T00:00:00Z, expected 20" in told.stdout
    assert "venues nowhere: is there, and no run tells of it" in told.stdout
    assert tree(output) == before
    done = rebuild(output)
    assert done.returncode == 0
    assert done.stdout.splitlines()[1:] == told.stdout.splitlines()
    assert tree(output) == tree(eventful)


def test_missing_rows_are_named(output: Path) -> None:
    with rows_of(output) as db:
        (gone,) = db.execute("SELECT slug FROM venues ORDER BY slug LIMIT 1").fetchone()
        db.execute("DELETE FROM venues")
    assert f"  venues {gone}: missing" in rebuild(output, "--check").stdout.splitlines()


def test_a_file_that_is_no_ledger_is_put_aside(eventful: Path, output: Path) -> None:
    ledger_of(output).write_bytes(b"no database" * 500)
    assert rebuild(output, "--check").returncode == 18
    done = rebuild(output)
    assert done.returncode == 0
    aside = ledger_of(output).with_name(f"{LEDGER}.damaged")
    assert f"it is {aside} now" in done.stdout
    aside.unlink()
    assert tree(output) == tree(eventful)


def test_a_missing_ledger_is_told(output: Path) -> None:
    ledger_of(output).unlink()
    done = rebuild(output, "--check")
    assert (done.returncode, done.stdout) == (18, "")
    assert "is missing; scrapy rebuild makes it" in done.stderr
    assert not ledger_of(output).exists()


def test_the_dataset_is_made_good_too(eventful: Path, output: Path) -> None:
    dataset = output / SOURCE / "events.jsonl"
    dataset.write_bytes(dataset.read_bytes()[:-100])
    assert rebuild(output).returncode == 0
    assert tree(output) == tree(eventful)
    dataset.unlink()
    assert rebuild(output).returncode == 0
    assert tree(output) == tree(eventful)


def test_a_run_that_was_killed_after_it_was_joined_is_finished(eventful: Path, output: Path) -> None:
    """What kill -9 leaves between the commit and the rename: a draft of run.json, and no checksums."""
    last = published(output)[-1].path
    (last / "run.json").rename(last / ".run.json")
    (last / "run.json").write_text("{}")
    (last / "SHA256SUMS").unlink()
    before = tree(output)
    told = rebuild(output, "--check")
    assert told.returncode == 0
    assert "byte for byte" in told.stdout
    assert tree(output) == before
    assert rebuild(output).returncode == 0
    assert tree(output) == tree(eventful)


def test_what_other_rules_made_is_published_by_a_run_of_its_own(output: Path) -> None:
    """What is read of a run is not what it was when the dataset was made: better eyes, or a repaired file."""
    first = published(output)[0].path
    text = gzip.decompress((first / "readings.jsonl.gz").read_bytes())
    assert b'"title":"Casablanca"' in text
    (first / "readings.jsonl.gz").write_bytes(gzip.compress(text.replace(b'"title":"Casablanca"', b'"title":"Rick"')))
    write_checksums(first)
    done = rebuild(output)
    assert done.returncode == 0
    assert " rows of ledger.sqlite were not what the runs give" in done.stdout
    last = published(output)[-1]
    assert last.published_sha256 == file_sha256(output / SOURCE / "events.jsonl")
    assert last.report["adopted"] == 0
    assert rebuild(output, "--check").returncode == 0


def test_what_no_run_tells_of_is_kept(output: Path) -> None:
    """A dataset without its runs, and one event that only it has."""
    records = rows(output / SOURCE / "events.jsonl")
    shutil.rmtree(output / SOURCE / "runs")
    ledger_of(output).unlink()
    done = rebuild(output)
    assert done.returncode == 0
    assert f"{len(records)} events of 1 run" in done.stdout
    assert [row["id"] for row in rows(output / SOURCE / "events.jsonl")] == [row["id"] for row in records]


# ------------------------------------------------------------------ what stops it
def test_readings_that_cannot_be_read_are_named(output: Path) -> None:
    before = tree(output)
    path = published(output)[1].path / "readings.jsonl.gz"
    whole = path.read_bytes()
    strange = gzip.compress(gzip.decompress(whole) + b'{"kind":"page"}\n')
    for broken in (whole[:-50], whole[:60] + b"\x00\x00\x00" + whole[63:], b"no gzip", strange):
        path.write_bytes(broken)
        for arguments in ((), ("--check",)):
            done = rebuild(output, *arguments)
            assert (done.returncode, done.stdout) == (18, "")
            (line,) = done.stderr.splitlines()
            assert f"{path}: " in line
        path.write_bytes(whole)
        assert tree(output) == before, "the old ledger stays, and nothing is left beside it"


def test_a_run_that_is_gone_is_named_and_nothing_is_lost(output: Path) -> None:
    gone = published(output)[1]
    shutil.rmtree(gone.path)
    before = tree(output)
    for arguments in ((), ("--check",)):
        done = rebuild(output, *arguments)
        assert done.returncode == 18
        assert f"run {gone.id} is in " in done.stderr
        assert "bring the folder back" in done.stderr
    assert tree(output) == before
    ledger_of(output).unlink()
    assert rebuild(output).returncode == 0


def test_nothing_is_done_while_a_run_holds_the_lock(output: Path) -> None:
    lock = SourceLock(output / SOURCE, "scrapy crawl")
    done = rebuild(output)
    lock.release()
    assert (done.returncode, done.stdout) == (4, "")
    assert "is being changed by scrapy crawl" in done.stderr
    assert rebuild(output).returncode == 0


@pytest.mark.parametrize(("number", "code"), [(errno.ENOSPC, 3), (errno.EIO, 18)])
def test_a_full_disk_is_told_from_a_run_that_cannot_be_read(
    output: Path, number: int, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = published(output)[0].path / "run.json"

    def fail(*_: object) -> None:
        raise OSError(number, "a reason", str(path))

    monkeypatch.setattr(rebuilding, "write_ledger", fail)
    done = rebuild(output)
    assert done.returncode == code
    assert done.stderr == f"scrapy rebuild: {path}: a reason\n"


def test_nothing_to_make_it_of(tmp_path: Path) -> None:
    done = rebuild(tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "there is no ledger to be made" in done.stderr
    (tmp_path / SOURCE / "runs" / "killed").mkdir(parents=True)
    assert rebuild(tmp_path).returncode == 2
    done = rebuild(tmp_path, "nobody")
    assert done.returncode == 2
    assert f"there is no source 'nobody' in {tmp_path} (sources: {SOURCE})" in done.stderr


def test_the_first_fault_is_the_exit_code_and_others_are_made(output: Path) -> None:
    other = output / "cinema"
    shutil.copytree(output / SOURCE, other)
    path = other / "runs" / published(output)[0].id / "readings.jsonl.gz"
    path.write_bytes(b"")
    done = rebuild(output)
    assert done.returncode == 18
    assert str(path) in done.stderr
    assert f"{SOURCE}: {LEDGER} is what the runs give" in done.stdout
