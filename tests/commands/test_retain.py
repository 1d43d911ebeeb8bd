"""``scrapy retain``: shows what may go, and removes it only when told to."""

import fcntl
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from filmscrape.archive.retention import TRASH
from filmscrape.commands.retain import Command
from filmscrape.runs.folder import RunFolder
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
    assert done.code == 1
    assert done.complaint == "a run of festival is going on; nothing of festival was removed"
    assert left(past) == [0, 1, 2, 3]
    assert retain(past, capsys, "--keep", "1y").code == 0, "looking is allowed"
    going.close()
    going.save({"finished": "2026-11-20T18:00:00.000+00:00"})
    assert retain(past, capsys, "--keep", "1y", "--yes").code == 0
    assert left(past) == [3]


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
