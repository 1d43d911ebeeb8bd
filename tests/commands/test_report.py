"""``scrapy report``: finds the run that is meant, and says where the report is."""

from pathlib import Path

import pytest

from filmscrape.commands.report import Command
from filmscrape.runs.outcome import Outcome
from tests.offline import run
from tests.report.runs import SOURCE, add


def test_a_run_by_id_folder_or_source(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A source's newest run is meant, also where it failed and kept no page."""
    old, new = add(tmp_path, 1), add(tmp_path, 0, Outcome.BLOCKED)
    for name, found in ((old.id, old), (str(old.path), old), (SOURCE, new)):
        done = run(Command, tmp_path, [name], capsys)
        assert (done.code, done.out.strip()) == (0, str(found.path / "report.html")), done.err
        assert found.id in (found.path / "report.html").read_text()


@pytest.mark.parametrize(
    "left", [None, b"", b'{"started": "2026', b"[]", b'{"exit_code": 0, "finished": "x", "counts": [1]}']
)
def test_a_run_that_says_nothing_of_itself(
    left: bytes | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Killed before it could, damaged since, or of a version nobody remembers."""
    add(tmp_path, 1)
    found = add(tmp_path)
    (found.path / "run.json").unlink()
    if left is not None:
        (found.path / "run.json").write_bytes(left)
    for name in (found.id, str(found.path), SOURCE):
        done = run(Command, tmp_path, [name], capsys)
        assert (done.code, done.out.strip()) == (0, str(found.path / "report.html")), done.err
    text = (found.path / "report.html").read_text()
    assert ("run.json cannot be read" in text) == (left in (b"", b'{"started": "2026', b"[]"))
    assert run(Command, tmp_path, ["--history"], capsys).code == 0
    assert found.id in (tmp_path / SOURCE / "history.html").read_text()


def test_output(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found, target = add(tmp_path), tmp_path / "there.html"
    assert run(Command, tmp_path, [found.id, "--output", str(target)], capsys).out.strip() == str(target)
    assert target.exists()
    assert not (found.path / "report.html").exists()


def test_history(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = add(tmp_path)
    for names in ([], [SOURCE]):
        done = run(Command, tmp_path, ["--history", *names], capsys)
        assert done.out.strip() == str(tmp_path / SOURCE / "history.html")
    (tmp_path / "other" / "runs").mkdir(parents=True)
    done = run(Command, tmp_path, ["--history"], capsys)
    assert done.out.strip() == str(tmp_path / "history.html")
    assert found.id in (tmp_path / "history.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "name one run"),
        (["a", "b"], "name one run"),
        (["nobody"], "'nobody' is no run"),
        (["--history", "nobody"], "there is no source 'nobody'"),
        (["--what"], "there is no option --what"),
        (["empty"], "there is no run of empty"),
    ],
)
def test_what_is_wrong(
    arguments: list[str], complaint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    add(tmp_path)
    (tmp_path / "empty" / "runs").mkdir(parents=True)
    done = run(Command, tmp_path, arguments, capsys)
    assert done.code == Outcome.USAGE
    assert complaint in done.complaint


def test_a_place_that_cannot_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = run(Command, tmp_path, [add(tmp_path).id, "--output", str(tmp_path / "no" / "x.html")], capsys)
    assert done.code == Outcome.CANNOT_WRITE
    assert "cannot write" in done.complaint
