"""``scrapy verify``: nothing wrong is silence but for a table; whatever is wrong is named with its place."""

import json
import re
import shutil
import sqlite3
import tempfile
import tracemalloc
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from filmscrape.archive import ledger_check
from filmscrape.archive.manifest import CHECKSUMS, file_sha256, write_checksums
from filmscrape.archive.verification import References, check_run
from filmscrape.commands.verify import Command
from filmscrape.runs.lock import SourceLock
from filmscrape.runs.readings import READINGS, RunFacts, RunNotes, write_readings
from filmscrape.runs.spool import Spool
from tests.offline import Done, run
from tests.records import event
from tests.stored_runs import NOW, Past, Shot, again, members, page, rewrite

HERE = Shot(page("here"), b"<h1>Here</h1>" * 100, NOW - timedelta(days=9))
DUNE = Shot(page("dune"), b"<h1>Dune</h1>" * 100, NOW - timedelta(days=8))


@pytest.fixture
def past(tmp_path: Path) -> Past:
    past = Past(tmp_path / "output")
    past.add(9, [HERE], {"here": HERE}, publish=True)
    past.add(8, [DUNE, again(HERE, timedelta(days=1))], {"dune": DUNE, "here": HERE}, publish=True)
    return past


def verify(past: Past, capsys: pytest.CaptureFixture[str], *arguments: str) -> Done:
    return run(Command, past.output, list(arguments), capsys)


def seal(past: Past, n: int) -> None:
    """Write the checksums again, so that only what lies deeper can tell."""
    write_checksums(past.runs[n].path)


def publish(past: Past, text: str) -> None:
    """Make a text the dataset, as if the last run had published it."""
    past.dataset.write_text(text)
    report = past.runs[1].path / "run.json"
    published = {"published": {"sha256": file_sha256(past.dataset), "bytes": len(text)}}
    report.write_text(json.dumps(json.loads(report.read_text()) | published))
    seal(past, 1)


def test_nothing_wrong(past: Past, capsys: pytest.CaptureFixture[str]) -> None:
    done = verify(past, capsys)
    assert (done.code, done.err) == (0, "")
    lines = [line.split() for line in done.out.splitlines()]
    assert lines[0] == ["checked", "records", "bytes", "faults"]
    assert [(line[0], line[1], line[3]) for line in lines[1:]] == [
        (str(past.dataset), "2", "0"),
        (str(past.ledger), "8", "0"),
        (str(past.runs[0].path), "3", "0"),
        (str(past.runs[1].path), "5", "0"),
    ]


def test_one_source_and_named_runs(past: Past, capsys: pytest.CaptureFixture[str]) -> None:
    other = Past(past.output, "cinema")
    other.add(3, [DUNE], {"dune": DUNE}, publish=True)
    other.dataset.write_text("broken\n")
    assert verify(past, capsys, "--source", "festival").code == 0
    assert verify(past, capsys, "--source", "cinema").code == 18
    assert verify(past, capsys).code == 18
    done = verify(past, capsys, past.runs[0].id, str(other.runs[0].path))
    assert done.code == 0, "the dataset of a run that is named plays no part"
    assert len(done.out.splitlines()) == 3


# ------------------------------------------------------------------ what may be wrong
def flipped(past: Past) -> str:
    """A bit of the WARC, where gzip notices it."""
    path = past.runs[1].warcs[0]
    data = bytearray(path.read_bytes())
    offset = members(path)[1][0]
    data[offset + 100] ^= 1
    path.write_bytes(data)
    seal(past, 1)
    return rf"pages\.warc\.gz: offset {offset}: .*expected a whole record"


def repacked(past: Past) -> str:
    """A body that was changed and packed again: only the digests tell."""
    offset = rewrite(past.runs[0].warcs[0], 1, (b"Here", b"Gone"))
    seal(past, 0)
    return rf"pages\.warc\.gz: offset {offset}: the payload's digest is sha1:\w+, expected sha1:\w+"


def retold(past: Past) -> str:
    """The same, with other headers: only the block's digest tells."""
    offset = rewrite(past.runs[0].warcs[0], 1, (b"HTTP/1.1 200 OK", b"HTTP/1.1 200 No"))
    seal(past, 0)
    return rf"pages\.warc\.gz: offset {offset}: the block's digest is sha1:\w+, expected sha1:\w+"


def torn(past: Past) -> str:
    path = past.runs[0].warcs[0]
    offset = members(path)[-1][0]
    path.write_bytes(path.read_bytes()[:-5])
    seal(past, 0)
    return rf"pages\.warc\.gz: offset {offset}: the file ends within the record"


def added_to(past: Past) -> str:
    path = past.runs[0].warcs[0]
    size = path.stat().st_size
    path.write_bytes(path.read_bytes() + b"<!-- more -->")
    seal(past, 0)
    return rf"pages\.warc\.gz: offset {size}: .*expected a whole record in these 13 bytes"


def without_warc(past: Past) -> str:
    past.runs[0].warcs[0].unlink()
    return r"pages\.warc\.gz: missing; expected sha256 [0-9a-f]{64}"


def other_events(past: Past) -> str:
    (past.runs[0].path / "events.jsonl").write_text("")
    return r"events\.jsonl: sha256 is [0-9a-f]{64}, expected [0-9a-f]{64}"


def without_sums(past: Past) -> str:
    (past.runs[0].path / CHECKSUMS).unlink()
    return rf"{CHECKSUMS}: missing"


def broken_report(past: Past) -> str:
    (past.runs[0].path / "run.json").write_text("{")
    return r"run\.json: no JSON"


def other_dataset(past: Past) -> str:
    past.dataset.write_bytes((past.runs[0].path / "events.jsonl").read_bytes())
    return rf"events\.jsonl: sha256 is [0-9a-f]+, expected [0-9a-f]+ as run {past.runs[1].id} published it"


def without_dataset(past: Past) -> str:
    past.dataset.unlink()
    return rf"events\.jsonl: missing; expected sha256 [0-9a-f]+ as run {past.runs[1].id} published it"


def wrong_value(past: Past) -> str:
    publish(past, past.dataset.read_text().replace('"year":null', '"year":12', 1))
    return r"events\.jsonl: line 1: no valid record: year: "


def no_json(past: Past) -> str:
    publish(past, past.dataset.read_text() + "{]\n")
    return r"events\.jsonl: line 3: no valid record"


def unsorted(past: Past) -> str:
    publish(past, "".join(reversed(past.dataset.read_text().splitlines(keepends=True))))
    return r"events\.jsonl: line 2: festival:dune stands behind festival:here"


def doubled(past: Past) -> str:
    text = past.dataset.read_text()
    publish(past, text + text.splitlines(keepends=True)[1])
    return r"events\.jsonl: line 3: festival:here is there twice"


def cut_off(past: Past) -> str:
    publish(past, past.dataset.read_text()[:-1])
    return r"events\.jsonl: line 2: cut off"


def unheld(past: Past) -> str:
    publish(past, past.dataset.read_text().replace(DUNE.id, "<urn:uuid:0>"))
    return r"events\.jsonl: line 1: provenance\.warc_record_id <urn:uuid:0>: expected in a run's WARC file"


def bodiless(past: Past) -> str:
    """A revisit whose body went with another run."""
    shutil.rmtree(past.runs[0].path)
    past.runs.pop(0)
    offset = members(past.runs[0].warcs[0])[3][0]
    return rf"pages\.warc\.gz: offset {offset}: a revisit of {HERE.id}: expected in a run's WARC file"


@pytest.mark.parametrize(
    "damage",
    [
        bodiless,
        flipped,
        repacked,
        retold,
        torn,
        added_to,
        without_warc,
        other_events,
        without_sums,
        broken_report,
        other_dataset,
        without_dataset,
        wrong_value,
        no_json,
        unsorted,
        doubled,
        cut_off,
        unheld,
    ],
)
def test_what_is_wrong_is_named(damage: Callable[[Past], str], past: Past, capsys: pytest.CaptureFixture[str]) -> None:
    expected = damage(past)
    done = verify(past, capsys)
    assert done.code == 18
    found = [line for line in done.out.splitlines() if re.search(expected, line)]
    assert found, done.out
    assert found[0].startswith(str(past.output)), "by the file's path"
    assert re.fullmatch(r"\d faults? in \d of [34] places", done.complaint)


def test_a_record_that_is_damaged_holds_no_reference(past: Past, capsys: pytest.CaptureFixture[str]) -> None:
    repacked(past)
    assert f"line 2: provenance.warc_record_id {HERE.id}" in verify(past, capsys).out


def test_a_wrecked_file_does_not_flood(past: Past, capsys: pytest.CaptureFixture[str]) -> None:
    publish(past, "{}\n" * 5000)
    done = verify(past, capsys)
    assert done.code == 18
    assert len(done.out.splitlines()) < 40
    assert "4980 more faults" in done.out


# ------------------------------------------------------------------ the ledger
def written(past: Past, statement: str) -> None:
    """Let a hand into the ledger that should not be in it."""
    db = sqlite3.connect(past.ledger, isolation_level=None)
    db.execute(statement)
    db.close()


def without_ledger(past: Past) -> str:
    past.ledger.unlink()
    return r"ledger\.sqlite: missing; expected beside events\.jsonl: scrapy rebuild makes it again from the runs"


def no_ledger(past: Past) -> str:
    past.ledger.write_bytes(b"no database" * 500)
    return r"ledger\.sqlite: .*cannot be read as a ledger: file is not a database; scrapy rebuild"


def torn_ledger(past: Past) -> str:
    past.ledger.write_bytes(past.ledger.read_bytes()[:8192])
    return r"ledger\.sqlite: .*; scrapy rebuild makes it"


def other_reading(past: Past) -> str:
    written(past, "UPDATE readings SET last_at = '2001-01-01T00:00:00Z' WHERE number = 2")
    return r"ledger\.sqlite: readings 2: last_at is 2001-01-01T00:00:00Z, expected 2026-11-20T18:00:00Z"


def other_head(past: Past) -> str:
    written(past, "UPDATE events SET head = CAST(replace(head, 'Here', 'Gone') AS BLOB) WHERE id = 'festival:here'")
    return r"ledger\.sqlite: the record of festival:here is not the one whose digest is noted; scrapy rebuild"


def fewer_changes(past: Past) -> str:
    written(past, "DELETE FROM changes WHERE number = 1")
    return r"ledger\.sqlite: changes 1: missing"


def more_venues(past: Past) -> str:
    written(past, "INSERT INTO venues VALUES ('nowhere', 'Nowhere')")
    return r"ledger\.sqlite: venues nowhere: is there, and no run tells of it"


def other_line(past: Past) -> str:
    publish(past, past.dataset.read_text().replace('"year":null', '"year":1999', 1))
    return r"events\.jsonl: line 1: not what the ledger has: scrapy rebuild writes it again"


def one_line_more(past: Past) -> str:
    text = past.dataset.read_text()
    publish(past, text + text.splitlines(keepends=True)[-1].replace("festival:here", "festival:more"))
    return r"events\.jsonl: line 3: more than the ledger has"


def lost_run(past: Past) -> str:
    shutil.rmtree(past.runs[0].path)
    return rf"ledger\.sqlite: run {past.runs[0].id} is in .*, and its folder is gone"


def unknown_run(past: Past) -> str:
    """As if the ledger came out of a backup."""
    before = past.ledger.read_bytes()
    past.add(1, [DUNE], {"dune": DUNE, "new": DUNE}, publish=True)
    past.ledger.write_bytes(before)
    return r"ledger\.sqlite: runs 3: missing"


def broken_readings(past: Past) -> str:
    (past.runs[0].path / "readings.jsonl.gz").write_bytes(b"no gzip")
    seal(past, 0)
    return r"readings\.jsonl\.gz: cannot be read: no whole gzip file"


@pytest.mark.parametrize(
    "damage",
    [
        without_ledger,
        no_ledger,
        torn_ledger,
        other_reading,
        other_head,
        fewer_changes,
        more_venues,
        other_line,
        one_line_more,
        lost_run,
        unknown_run,
        broken_readings,
    ],
)
def test_what_is_wrong_with_the_ledger_is_named(
    damage: Callable[[Past], str], past: Past, capsys: pytest.CaptureFixture[str]
) -> None:
    expected = damage(past)
    before = {path: path.read_bytes() for path in past.output.rglob("*") if path.is_file() and path.name != ".lock"}
    done = verify(past, capsys)
    assert done.code == 18
    assert [line for line in done.out.splitlines() if re.search(expected, line)], done.out
    after = {path: path.read_bytes() for path in past.output.rglob("*") if path.is_file() and path.name != ".lock"}
    assert after == before, "looking changes nothing"


def test_bytes_that_hold_nothing_are_a_note(past: Past, capsys: pytest.CaptureFixture[str]) -> None:
    """Another version of SQLite may write other bytes for the same rows."""
    data = bytearray(past.ledger.read_bytes())
    data[96:100] = (3_000_000).to_bytes(4, "big")  # the version that wrote the file
    past.ledger.write_bytes(data)
    done = verify(past, capsys)
    assert (done.code, done.err) == (0, "")
    assert f"{past.ledger}: note: is what the runs give row for row, not byte for byte" in done.out


def test_a_wrecked_ledger_does_not_flood(past: Past, capsys: pytest.CaptureFixture[str]) -> None:
    written(past, "WITH RECURSIVE n(i) AS (SELECT 1 UNION SELECT i + 1 FROM n WHERE i < 900) "
                  "INSERT INTO venues SELECT 'slug' || i, 'name' FROM n")  # fmt: skip
    done = verify(past, capsys)
    assert done.code == 18
    assert done.complaint == "900 faults in 1 of 4 places"
    assert "895 more faults" in done.out
    assert len(done.out.splitlines()) < 20


def test_a_source_without_a_ledger_that_published_nothing_is_sound(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    past = Past(tmp_path / "output")
    past.add(3, [DUNE])
    assert verify(past, capsys).code == 0


def test_the_ledger_is_left_alone_while_a_run_is_going_on(past: Past, capsys: pytest.CaptureFixture[str]) -> None:
    written(past, "DELETE FROM changes")
    lock = SourceLock(past.output / "festival", "scrapy crawl festival")
    done = verify(past, capsys)
    lock.release()
    assert done.code == 0
    assert f"{past.ledger}: note: not compared with the runs: festival is being changed by scrapy crawl" in done.out
    assert verify(past, capsys).code == 18


def test_an_output_directory_that_may_only_be_read(past: Past, capsys: pytest.CaptureFixture[str]) -> None:
    """It is checked as well; what is made for that goes elsewhere."""
    folder = past.output / "festival"
    real = tempfile.TemporaryDirectory

    def elsewhere(prefix: str = "", dir: Path | None = None) -> tempfile.TemporaryDirectory[str]:
        if dir is not None:
            raise PermissionError(13, "Permission denied", str(dir))
        return real(prefix=prefix)

    def no_lock(*_: object) -> None:
        raise PermissionError(13, "Permission denied", str(folder / ".lock"))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "TemporaryDirectory", elsewhere)
        patch.setattr(ledger_check, "SourceLock", no_lock)
        assert verify(past, capsys).code == 0
        written(past, "DELETE FROM changes")
        assert verify(past, capsys).code == 18


@pytest.mark.long
def test_memory_does_not_grow_with_the_ledger(tmp_path: Path) -> None:
    """Each event has a text of 20 kB; two rows of each ledger are in memory at a time, and the pages SQLite keeps."""
    past = Past(tmp_path / "output")
    run_ = past.add(2, [], {}, publish=True)
    spool = Spool(run_.path / "spool.jsonl")
    for n in range(600):
        spool.add(event(id=f"festival:film-{n}", synopsis=f"{n} " * 5000).model_dump())
    facts = RunFacts(run_.id, is_live=False, is_complete=False)
    write_readings(run_.path / READINGS, spool, RunNotes(facts))
    spool.remove()
    past.ledger.unlink()
    (run_.path / "run.json").write_text(json.dumps(run_.report | {"published": past.join(run_.path)}))
    assert past.dataset.stat().st_size > 11_000_000
    tracemalloc.start()
    checked = ledger_check.check_ledger(past.output / "festival")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert checked is not None
    assert (checked.records, checked.wrong, checked.notes) == (1801, 0, [])
    assert peak < 6_000_000


# ------------------------------------------------------------------ what is not over
def test_a_killed_run_is_no_fault(past: Past, capsys: pytest.CaptureFixture[str]) -> None:
    """What kill -9 leaves: no end in run.json, no checksums, a torn tail."""
    killed = past.add(1, [again(HERE, timedelta(days=8)), DUNE], finished=False)
    path = killed.warcs[0]
    last = members(path)[-1][0]
    path.write_bytes(path.read_bytes()[: last + 40])
    done = verify(past, capsys)
    assert (done.code, done.err) == (0, "")
    assert f"{killed.path}: note: not over: killed, or still going on" in done.out
    assert f"{killed.path}: note: pages.warc.gz ends with a torn record: 40 bytes at offset {last}" in done.out


def test_damage_in_a_killed_run_is_a_fault(past: Past, capsys: pytest.CaptureFixture[str]) -> None:
    killed = past.add(1, [HERE, DUNE], finished=False)
    path = killed.warcs[0]
    data = bytearray(path.read_bytes())
    data[members(path)[1][0] + 100] ^= 1
    path.write_bytes(data)
    assert verify(past, capsys).code == 18


def test_a_run_killed_before_its_dataset_was_in_its_place(past: Past, capsys: pytest.CaptureFixture[str]) -> None:
    """The ledger is ahead of the dataset: the next run makes up for it, and it is no fault."""
    before = past.dataset.read_bytes()
    past.cut_off(past.add(1, [DUNE], {"dune": DUNE, "here": HERE, "new": DUNE}, publish=True))
    past.dataset.write_bytes(before)
    done = verify(past, capsys)
    assert (done.code, done.err) == (0, "")


def test_a_run_killed_after_it_published(past: Past, capsys: pytest.CaptureFixture[str]) -> None:
    killed = past.cut_off(past.add(1, [DUNE], {"dune": DUNE, "here": HERE, "new": DUNE}, publish=True))
    done = verify(past, capsys)
    assert done.code == 0
    assert f"published by {killed.id}, which was killed before it could note it" in done.out


# ------------------------------------------------------------------ usage
@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["nobody"], "'nobody' is no run"),
        (["--source", "nobody"], "there is no source 'nobody'"),
        (["--source"], "expected one argument"),
        (["festival", "--source", "festival"], "not both"),
        (["--deep"], "there is no option --deep"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(
    past: Past, arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    done = verify(past, capsys, *arguments)
    assert (done.code, done.out) == (2, "")
    assert complaint in done.complaint


def test_nothing_there_is_not_called_sound(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = verify(Past(tmp_path / "nowhere"), capsys)
    assert done.code == 2
    assert "no run and no dataset" in done.complaint


def test_memory_does_not_grow_with_the_file(past: Path, tmp_path: Path) -> None:
    big = Past(tmp_path / "big")
    body = bytes(range(256)) * 4000
    shots = [Shot(page(str(n)), body, NOW + timedelta(seconds=n)) for n in range(12)]
    run_ = big.add(2, shots)
    tracemalloc.start()
    checked = check_run(run_, References())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (checked.records, checked.wrong) == (25, 0)
    assert peak < 6_000_000
