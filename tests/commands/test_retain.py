"""``scrapy retain``: shows what may go, and removes it only when told to."""

import fcntl
import gzip
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from filmscrape.archive.manifest import CHECKSUMS, check_files, write_checksums
from filmscrape.archive.retention import TRASH
from filmscrape.commands.rebuild import Command as Rebuild
from filmscrape.commands.retain import Command
from filmscrape.commands.verify import Command as Verify
from filmscrape.runs.folder import RunFolder
from filmscrape.runs.lock import SourceLock
from filmscrape.runs.readings import READINGS
from tests.offline import Done, run
from tests.stored_runs import NOW, Past, Shot, page, rewrite

AGO = datetime.now(UTC) - NOW  # what stored_runs calls now is the past by that much


def here(days_ago: float) -> Shot:
    return Shot(page("here"), b"Here", NOW - timedelta(days=days_ago))


@pytest.fixture
def past(tmp_path: Path) -> Past:
    past = Past(tmp_path / "output")
    for days in (4000, 3000, 2000):
        past.add(days, [here(days)])
    past.add(-AGO.days + 1, [here(0)], {"here": here(0)}, publish=True)
    return past


def retain(past: Past, capsys: pytest.CaptureFixture[str], *arguments: str) -> Done:
    return run(Command, past.output, list(arguments), capsys)


def left(past: Past) -> list[int]:
    return [n for n, run_ in enumerate(past.runs) if run_.path.exists()]


def test_without_yes_nothing_is_touched(past: Past, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(past.output.rglob("*"))
    done = retain(past, capsys, "--keep", "1y")
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    sizes = [sum(file.stat().st_size for file in run_.path.iterdir()) for run_ in past.runs]
    assert lines == [
        *(f"{past.runs[n].path}  {sizes[n]} bytes  may go: its capture was made again later" for n in range(3)),
        f"{past.runs[3].path}  {sizes[3]} bytes  stays: is younger than the limit",
        f"festival: 3 of 4 runs may go, {sum(sizes[:3])} bytes",
        "nothing was removed: add --yes to do so",
    ]
    assert sorted(past.output.rglob("*")) == before


def test_with_yes_what_was_shown_goes(past: Past, capsys: pytest.CaptureFixture[str]) -> None:
    dataset = past.dataset.read_bytes()
    done = retain(past, capsys, "--keep", "1y", "--yes")
    assert (done.code, done.err) == (0, "")
    assert left(past) == [3]
    assert "nothing was removed" not in done.out
    assert past.dataset.read_bytes() == dataset
    again = retain(past, capsys, "--keep", "1y", "--yes")
    assert "0 of 1 runs may go, 0 bytes" in again.out
    assert not (past.output / "festival" / TRASH).exists()


def test_other_sources_are_left_alone(past: Past, capsys: pytest.CaptureFixture[str]) -> None:
    other = Past(past.output, "cinema")
    other.add(900, [here(900)])
    other.add(800, [here(800)])
    assert retain(past, capsys, "--keep", "1d", "--source", "cinema", "--yes").code == 0
    assert (left(past), left(other)) == ([0, 1, 2, 3], [1])
    assert retain(past, capsys, "--keep", "1d", "--yes").code == 0
    assert (left(past), left(other)) == ([3], [1])


def test_a_removal_that_was_cut_off_is_finished(past: Past, capsys: pytest.CaptureFixture[str]) -> None:
    trash = past.output / "festival" / TRASH / past.runs[0].id
    trash.parent.mkdir()
    os.rename(past.runs[0].path, trash)
    shown = retain(past, capsys, "--keep", "99y")
    assert f"{trash}: left over from a removal that was cut off" in shown.out
    assert "add --yes" in shown.out
    assert trash.exists()
    assert retain(past, capsys, "--keep", "99y", "--yes").code == 0
    assert not trash.parent.exists()
    assert left(past) == [1, 2, 3]


def test_nothing_goes_while_a_run_is_going_on(past: Past, capsys: pytest.CaptureFixture[str]) -> None:
    """It may refer to captures of any run before it."""
    going = RunFolder(past.output, "festival", datetime.now(UTC))
    done = retain(past, capsys, "--keep", "1y", "--yes")
    assert done.code == 4
    assert done.complaint == "a run of festival is going on; nothing of festival was removed"
    assert left(past) == [0, 1, 2, 3]
    assert retain(past, capsys, "--keep", "1y").code == 0, "looking is allowed"
    going.close()
    going.save({"finished": "2026-11-20T18:00:00.000+00:00"})
    assert retain(past, capsys, "--keep", "1y", "--yes").code == 0
    assert left(past) == [3]


def test_nothing_goes_while_the_source_is_locked(past: Past, capsys: pytest.CaptureFixture[str]) -> None:
    lock = SourceLock(past.output / "festival", "scrapy crawl festival")
    done = retain(past, capsys, "--keep", "1y", "--yes")
    assert done.code == 4
    assert "being changed by scrapy crawl festival" in done.complaint
    assert retain(past, capsys, "--keep", "1y").code == 0, "looking is allowed"
    lock.release()
    assert left(past) == [0, 1, 2, 3]
    assert retain(past, capsys, "--keep", "1y", "--yes").code == 0
    SourceLock(past.output / "festival", "the next").release()


def test_of_a_run_that_published_only_the_captures_go(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    past = Past(tmp_path / "output")
    past.add(4000, [here(4000)], {"here": here(4000), "old": here(4000)}, publish=True)
    past.add(3000, [here(3000)], {"here": here(0)}, publish=True)
    past.add(-AGO.days + 1, [here(0)], {"here": here(0)}, publish=True)
    lines = [json.loads(line) for line in past.dataset.read_text().splitlines()]
    for line in lines:  # as if all that is published had been seen again by the last run
        line["provenance"] |= {"run_id": past.runs[2].id, "warc_record_id": here(0).id}
    republish(past, lines)
    (past.runs[0].path / "captures.jsonl").write_text("{}\n")
    before = [{path.name: path.read_bytes() for path in run_.path.iterdir()} for run_ in past.runs]
    freed = sum(len(before[n].get(name, b"")) for n in (0, 1) for name in ("pages.warc.gz", "captures.jsonl"))
    shown = retain(past, capsys, "--keep", "1y")
    size = sum(map(len, before[1].values()))
    part = len(before[1]["pages.warc.gz"])
    assert f"{past.runs[1].path}  {part} of {size} bytes  captures may go: its capture was made" in shown.out
    assert f"festival: 0 of 3 runs may go, 2 may be thinned, {freed} bytes" in shown.out
    assert retain(past, capsys, "--keep", "1y", "--yes").code == 0
    for run_, files in zip(past.runs[:2], before, strict=False):
        after = {path.name: path.read_bytes() for path in run_.path.iterdir()}
        assert set(after) == set(files) - {"pages.warc.gz", "captures.jsonl"}
        assert all(after[name] == files[name] for name in after if name != CHECKSUMS)
        assert list(check_files(run_.path)) == []
        assert len(after[CHECKSUMS].splitlines()) == len(after) - 1
    again = retain(past, capsys, "--keep", "1y", "--yes")
    assert "festival: 0 of 3 runs may go, 0 bytes" in again.out
    assert again.out.count("stays: the ledger is made of what it read; it holds no captures") == 2
    assert run(Rebuild, past.output, ["--check"], capsys).code == 0
    assert run(Verify, past.output, [], capsys).code == 0


def republish(past: Past, lines: list[dict[str, Any]]) -> None:
    """Make the ledger again of runs whose readings say something else."""
    for one in past.runs:
        path = one.path / READINGS
        known = {str(line["id"]): line for line in lines}
        found = []
        for text in gzip.decompress(path.read_bytes()).splitlines():
            row = json.loads(text)
            if "record" in row:
                row["record"]["provenance"] = known[row["id"]]["provenance"]
            found.append(json.dumps(row, separators=(",", ":"), ensure_ascii=False) + "\n")
        path.write_bytes(gzip.compress("".join(found).encode()))
    past.ledger.unlink()
    for one in past.runs:
        (one.path / "run.json").write_text(json.dumps(one.report | {"published": past.join(one.path)}))
        write_checksums(one.path)


def test_a_run_that_the_next_one_goes_on_with_stays(past: Past, capsys: pytest.CaptureFixture[str]) -> None:
    """Young enough to be resumed, however short --keep is."""
    for hours, code in ((3, 11), (4, 15), (30, 11), (5, 13)):
        one = past.add(-AGO / timedelta(days=1) + hours / 24, [])
        report = json.loads((one.path / "run.json").read_text())
        (one.path / "run.json").write_text(json.dumps(report | {"exit_code": code}))
    assert retain(past, capsys, "--keep", "0d", "--yes").code == 0
    assert left(past) == [3, 4, 5]


def test_a_dataset_that_waits_for_its_place_decides_nothing(past: Past, capsys: pytest.CaptureFixture[str]) -> None:
    """What the ledger has may need captures that the file in place does not name."""
    before = past.dataset.read_bytes()
    past.cut_off(past.add(-AGO.days + 1, [here(0)], {"here": here(0), "dune": here(0)}, publish=True))
    past.dataset.write_bytes(before)
    for arguments in (("--yes",), ()):
        done = retain(past, capsys, "--keep", "1y", *arguments)
        assert done.code == 18
        assert "is not the one that ledger.sqlite has" in done.complaint
    assert left(past) == [0, 1, 2, 3, 4]


def test_a_run_that_begins_waits_for_a_removal(past: Past) -> None:
    """The lock that the removal holds is the one that a run asks for."""
    descriptor = os.open(past.output / "festival" / "runs", os.O_RDONLY)
    folder = RunFolder(past.output, "festival", datetime.now(UTC))
    with pytest.raises(BlockingIOError):
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    folder.close()
    folder.save({"finished": "2026-11-20T18:00:00.000+00:00"})
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(descriptor)


def test_a_dataset_that_cannot_be_read_is_no_reason_to_remove(past: Past, capsys: pytest.CaptureFixture[str]) -> None:
    past.dataset.write_text("torn")
    done = retain(past, capsys, "--keep", "1y", "--yes")
    assert done.code == 18
    assert "events.jsonl: line 1 is no record" in done.complaint
    assert left(past) == [0, 1, 2, 3]


def test_a_damaged_run_stays(past: Past, capsys: pytest.CaptureFixture[str]) -> None:
    rewrite(past.runs[1].warcs[0], 1, (b"Here", b"Gone"))
    assert retain(past, capsys, "--keep", "1y", "--yes").code == 0
    assert left(past) == [1, 3]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "say how long runs stay whole: --keep 90d"),
        (["--keep"], "argument --keep: expected one argument"),
        (["--keep", "soon"], "--keep 'soon' is no time: write 90d, 12w, 6m or 1y"),
        (["--keep", "-5d"], "argument --keep: expected one argument"),
        (["--keep", "90d", "festival"], "'festival' is too much"),
        (["--keep", "90d", "--source", "nobody"], "there is no source 'nobody'"),
        (["--keep", "90d", "--force"], "there is no option --force"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(
    past: Past, arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    done = retain(past, capsys, *arguments, "--yes")
    assert (done.code, done.out) == (2, "")
    assert complaint in done.complaint
    assert left(past) == [0, 1, 2, 3]


def test_nothing_there_is_nothing_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = retain(Past(tmp_path / "nowhere"), capsys, "--keep", "1y", "--yes")
    assert (done.code, done.out) == (0, "")
