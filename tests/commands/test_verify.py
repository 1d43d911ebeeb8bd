"""``scrapy verify``: nothing wrong is silence but for a table; whatever is wrong is named with its place."""

import json
import re
import shutil
import tracemalloc
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from filmscrape.archive.manifest import CHECKSUMS, file_sha256, write_checksums
from filmscrape.archive.verification import References, check_run
from filmscrape.commands.verify import Command
from tests.offline import Done, run
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
