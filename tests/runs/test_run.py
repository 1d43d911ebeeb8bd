"""What a run leaves behind: whole lines, one stroke to publish, sums that come out even, one code for each end."""

import json
import os
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from filmscrape.records import Event
from filmscrape.runs import spool as spooling
from filmscrape.runs.dataset import write_events, write_lines
from filmscrape.runs.folder import RunFolder, new_run_id
from filmscrape.runs.lines import LineFile, as_line
from filmscrape.runs.merge import Sighting, Venues
from filmscrape.runs.outcome import Outcome
from filmscrape.runs.publish import draft_path, put_in_place, write_draft
from filmscrape.runs.spool import Spool
from filmscrape.runs.stats import Counts, Stat
from filmscrape.runs.summary import print_summary
from filmscrape.runs.worklist import Worklist
from tests.records import event, screening, sighting


# ------------------------------------------------------------------ lines
@pytest.mark.parametrize("text", ["plain", "Cheng-Chui Kuo 郭承衢", "two\nlines", "half a pair \ud83d", "\u2028"])
def test_a_line_is_one_line_of_json(text: str) -> None:
    line = as_line({"text": text})
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert json.loads(line) == {"text": text}


def test_lines_are_appended_and_found_again(tmp_path: Path) -> None:
    file = LineFile(tmp_path / "lines")
    assert [file.append(line) for line in (b"one\n", b"three\n")] == [0, 4]
    file.close()
    file.close()
    again = LineFile(tmp_path / "lines")
    assert again.append(b"x\n") == 10
    again.close()
    assert (tmp_path / "lines").read_bytes() == b"one\nthree\nx\n"


def test_a_disk_that_fills_up_leaves_no_torn_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = LineFile(tmp_path / "lines")
    file.append(b"whole\n")
    real = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: real(fd, data[:3]))
    with pytest.raises(OSError, match="No space left"):
        file.append(b"torn\n")
    monkeypatch.undo()
    file.close()
    assert (tmp_path / "lines").read_bytes() == b"whole\n"


# ------------------------------------------------------------------ publish
@pytest.mark.parametrize("before", [None, b"old\n"])
def test_a_draft_takes_the_place_of_the_file(tmp_path: Path, before: bytes | None) -> None:
    target = tmp_path / "events.jsonl"
    if before is not None:
        target.write_bytes(before)
    draft = write_draft([b"new\n", b"lines\n"], draft_path(target, "42"))
    assert (draft.bytes, draft.sha256) == (10, sha256(b"new\nlines\n").hexdigest())
    assert (target.read_bytes() if target.exists() else None) == before
    put_in_place(draft.path, target)
    assert target.read_bytes() == b"new\nlines\n"
    assert [path.name for path in tmp_path.iterdir()] == ["events.jsonl"]


def test_a_draft_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    def lines() -> Iterator[bytes]:
        yield b"new\n"
        raise OSError("disk")

    with pytest.raises(OSError, match="disk"):
        write_draft(lines(), tmp_path / ".events.jsonl.42")
    assert list(tmp_path.iterdir()) == []


def test_a_reader_keeps_the_file_that_it_opened(tmp_path: Path) -> None:
    target = tmp_path / "events.jsonl"
    target.write_bytes(b"old\n")
    with target.open("rb") as reader:
        put_in_place(write_draft([b"new\n"], draft_path(target, "42")).path, target)
        assert reader.read() == b"old\n"


# ------------------------------------------------------------------ folder
def test_run_ids_sort_by_time() -> None:
    start = datetime(2026, 12, 31, 23, 59, 59, 998_000, UTC)
    ids = [new_run_id(start + timedelta(milliseconds=n)) for n in range(4)]
    assert ids == sorted(ids)
    assert ids[0].startswith("20261231T235959.998Z-")
    assert ids[3].startswith("20270101T000000.001Z-")


def test_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        RunFolder(tmp_path / "file", "festival", datetime.now(UTC))


# ------------------------------------------------------------------ spool and dataset
def test_records_are_merged_and_sorted(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool.jsonl")
    records: list[Event | Sighting] = [
        event(id="festival:b", title="B"),
        sighting(screenings=[screening(id="7")]),
        event(title="Here"),
        event("2027-01-01T00:00:00Z", title="Here again"),
        sighting("calendar", runtime_minutes=82),
        sighting("calendar", runtime_minutes=1).model_copy(update={"id": "festival:no-page"}),
    ]
    assert [spool.add(record.model_dump()) for record in records] == [True, True, True, False, False, True]
    assert spool.unique == 2
    written = write_events(spool.all(), Venues(), tmp_path / "events.jsonl")
    assert written == (2, 1, 0)
    found = [json.loads(line) for line in (tmp_path / "events.jsonl").read_bytes().splitlines()]
    assert [record["id"] for record in found] == ["festival:b", "festival:here"]
    assert found[1]["title"] == "Here again"
    assert found[1]["runtime_minutes"] == 82
    assert [s["id"] for s in found[1]["screenings"]] == ["7"]
    spool.remove()
    assert not (tmp_path / "spool.jsonl").exists()


def test_memory_holds_where_records_stand_and_not_what_they_say(tmp_path: Path) -> None:
    """100,000 events have to be published within 400 MB: 4,000 bytes each, all told."""
    record = event(synopsis="A long story. " * 600)
    spool = Spool(tmp_path / "spool.jsonl")
    tracemalloc.start()
    try:
        for n in range(1000):
            spool.add(record.model_dump() | {"id": f"festival:event-{n:06}"})
        written = write_events(spool.all(), Venues(), tmp_path / "events.jsonl")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    spool.remove()
    assert written.lines == 1000
    lines = (tmp_path / "events.jsonl").read_bytes().splitlines()
    assert [json.loads(line)["id"] for line in lines] == [f"festival:event-{n:06}" for n in range(1000)]
    assert (tmp_path / "events.jsonl").stat().st_size > 8_000_000
    assert peak < 3_000_000


def test_records_can_be_read_while_others_come(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines go to disk three at a time here, or when something is read."""
    monkeypatch.setattr(spooling, "_AT_ONCE", 30)
    lines = [f"{n:09}\n".encode() for n in range(8)]
    ids = ["c", "b", "c", "a", "d", "e", "c", "f"]
    spool = Spool(tmp_path / "spool.jsonl")
    for event_id, line in zip(ids, lines, strict=True):
        spool.add_line(event_id, True, line)
        assert spool.of("c")[0][0] == lines[0]  # reading in between loses nothing
    assert (tmp_path / "spool.jsonl").read_bytes() == b"".join(lines)
    assert spool.of("c") == ([lines[0], lines[2], lines[6]], [])
    assert [pages for _, pages, _ in spool.all()][-1] == [lines[7]]
    spool.remove()
    assert not (tmp_path / "spool.jsonl").exists()


def test_a_spool_that_the_disk_cut_off_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spooling, "_AT_ONCE", 10)
    spool = Spool(tmp_path / "spool.jsonl")
    spool.add_line("a", True, b"x" * 20_000 + b"\n")
    assert spool.of("a") == ([b"x" * 20_000 + b"\n"], [])
    os.truncate(tmp_path / "spool.jsonl", 100)
    with pytest.raises(OSError, match=r"shorter than what was written into it: .*spool\.jsonl"):
        spool.of("a")
    spool.remove()


def test_lines_that_the_disk_lost_are_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that says yes and keeps less: what stands in the file is measured, not believed."""
    monkeypatch.setattr("os.fstat", lambda _fd: SimpleNamespace(st_size=3))
    with pytest.raises(OSError, match="shorter than what was written"):
        write_lines([b"one\n", b"two\n"], tmp_path / "lines")


# ------------------------------------------------------------------ work list
def test_an_address_is_claimed_once() -> None:
    worklist = Worklist()
    assert worklist.claim("a")
    assert not worklist.claim("a")
    worklist.settle("a", "failed")
    assert not worklist.claim("a")
    assert worklist.fates() == {"failed": 1}


def test_what_is_held_can_be_released_and_what_was_asked_cannot_be_held() -> None:
    worklist = Worklist()
    assert worklist.hold("a", "not_upcoming")
    assert worklist.hold("a", "max_events")
    assert worklist.fates() == {"max_events": 1}
    assert worklist.claim("a")
    assert not worklist.hold("a", "max_events")
    assert worklist.fates() == {"asked": 1}
    assert len(worklist) == 1


# ------------------------------------------------------------------ counts
SOUND: dict[str, Any] = {
    "listed": 24,
    "fetched": 14,
    "failed": 3,
    "spared": 2,
    "skipped": {"only": 4, "moved": 1},
    "extracted": 9,
    "unchanged": 2,
    "not_an_event": 2,
    "unreadable": 1,
    "valid": 12,
    "rejected": 1,
    "unique": 11,
    "duplicates": 1,
    "written": 11,
}


def test_sums_that_come_out_even() -> None:
    assert Counts(**SOUND).mismatches() == []


@pytest.mark.parametrize("name", [name for name in SOUND if name != "skipped"])
def test_every_count_is_held_against_another(name: str) -> None:
    assert Counts(**{**SOUND, name: SOUND[name] + 1}).mismatches()


def test_faults_of_the_program_are_a_mismatch() -> None:
    assert Counts(**SOUND, errors=1).mismatches()
    assert Counts(**{**SOUND, "skipped": {}}).mismatches()


def test_counts_are_gathered_from_their_places() -> None:
    stats = {
        Stat.FETCHED: 2,
        Stat.FAILED: 1,
        Stat.SPARED: 3,
        Stat.UNCHANGED: 4,
        Stat.BLOCKED: 1,
        Stat.NOT_AN_EVENT: 2,
        Stat.PROBLEMS + "year": 3,
        Stat.PROBLEMS + "card.screenings": 1,
        "downloader/request_count": 99,
    }
    counts = Counts.gather(stats, Counter(fetched=2, failed=1, asked=1, spared=3, moved=2, only=1), 5, 6)
    assert (counts.listed, counts.fetched, counts.failed, counts.pending) == (10, 2, 1, 1)
    assert (counts.spared, counts.unchanged, counts.blocked) == (3, 4, 1)
    assert counts.skipped == {"moved": 2, "only": 1}
    assert counts.problems == {"card.screenings": 1, "year": 3}
    assert (counts.unique, counts.written, counts.not_an_event) == (5, 6, 2)


def test_every_name_has_a_count() -> None:
    names = {name.lower() for name in vars(Stat) if name.isupper()}
    assert names <= set(Counts.__dataclass_fields__)


# ------------------------------------------------------------------ outcome
def test_exit_codes_are_those_that_are_documented() -> None:
    assert {outcome.name: int(outcome) for outcome in Outcome} == {
        "ACCEPTED": 0,
        "FAULT": 1,
        "USAGE": 2,
        "CANNOT_WRITE": 3,
        "LOCKED": 4,
        "DEGRADED": 10,
        "INTERRUPTED": 11,
        "TOO_MANY_FAILED": 12,
        "TOO_FEW_EVENTS": 13,
        "COVERAGE_FELL": 14,
        "BUDGET": 15,
        "BLOCKED": 16,
        "ROBOTS": 17,
        "INTEGRITY": 18,
    }
    assert [outcome.verdict for outcome in (Outcome.ACCEPTED, Outcome.DEGRADED, Outcome.BUDGET)] == [
        "accepted",
        "degraded",
        "failed",
    ]


# ------------------------------------------------------------------ summary
def test_summary_is_plain_in_a_pipe_and_names_every_loss() -> None:
    report = {
        "source": "festival",
        "started": "2026-11-20T18:00:00.000+00:00",
        "finished": "2026-11-20T18:01:02.500+00:00",
        "counts": Counts(**SOUND, problems={"year": 2}, conflicts=4).__dict__,
        "exit_code": 0,
        "dataset": "output/festival/events.jsonl",
        "folder": "output/festival/runs/" + "x" * 120,
    }
    out = StringIO()
    print_summary(report, out)
    text = out.getvalue()
    assert text.isascii()
    assert "\x1b" not in text
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert "listed 24 14 fetched, 3 failed, 2 spared, 4 only, 1 moved" in lines
    assert "problems 2 2 year" in lines
    assert "seconds: 62.5" in lines
    assert "dataset: output/festival/events.jsonl" in lines
    assert f"run: {report['folder']}" in lines, "a path is never broken"
