"""``scrapy site``: the dataset as a website in a folder."""

from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest

from filmscrape.commands.site import Command
from filmscrape.runs.outcome import Outcome
from filmscrape.runs.stored import LEDGER
from tests.exports.stored import files, told
from tests.full_disk import full_disk
from tests.in_process import run
from tests.marks import long
from tests.records import event, screening


@pytest.fixture
def output(tmp_path: Path) -> Path:
    folder = tmp_path / "festival"
    folder.mkdir()
    line = event(screenings=[screening()], synopsis="A long walk.").model_dump_json()
    (folder / "events.jsonl").write_text(f"{line}\n")
    return tmp_path


def test_the_catalogue_stands_in_the_output_directory(output: Path) -> None:
    done = run(Command(), output=output)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["1 events, 0 people, 1 days", str(output / "site/index.html")]
    assert "A long walk." in (output / "site/event/festival/here.html").read_text()
    assert (output / "site/calendars/all.ics").is_file()
    assert (output / "site/feeds/all.atom").is_file()


def test_a_second_build_finds_the_same_sources(output: Path) -> None:
    assert run(Command(), output=output).stdout == run(Command(), output=output).stdout


def test_input_output_and_texts_can_be_chosen(output: Path, tmp_path: Path) -> None:
    done = run(
        Command(), "--input", str(output / "festival/events.jsonl"), "--output", str(tmp_path / "new/public"),
        "--without-texts", output=tmp_path / "empty",
    )  # fmt: skip
    assert done.returncode == 0
    assert "A long walk." not in (tmp_path / "new/public/event/festival/here.html").read_text()


def test_wrong_arguments_are_one_line(output: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/thesis.txt").write_text("mine")
    for args, word in ((("x",), "takes no argument"), (("--input", "nowhere"), "there is no dataset nowhere"),
                       (("--output", str(tmp_path / "mine")), "is no catalogue")):  # fmt: skip
        done = run(Command(), *args, output=output)
        assert (done.returncode, done.stdout) == (2, "")
        assert word in done.stderr
        assert len(done.stderr.splitlines()) == 1


def test_a_damaged_dataset_is_named(output: Path) -> None:
    (output / "festival/events.jsonl").write_text("{}\n")
    done = run(Command(), output=output)
    assert done.returncode != 0
    assert "line 1 is no record" in done.stderr


def failed(*arguments: str, output: Path) -> tuple[int, str]:
    """The exit code and the one line of a build that came to nothing."""
    done = run(Command(), *arguments, output=output)
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    return done.returncode, line.removeprefix("scrapy site: ")


def test_a_folder_that_cannot_be_written_is_named_with_what_to_do(output: Path) -> None:
    (output / "file").write_text("")
    code, line = failed("--output", str(output / "file/site"), output=output)
    assert code == Outcome.CANNOT_WRITE
    assert line.startswith(f"{output}/file")
    assert line.endswith("; make room or name another folder with --output")


@pytest.mark.parametrize("most", [6_000, long(100)])  # bytes of a file: full as a page is written, and at once
def test_a_full_disk_is_named_with_what_to_do_and_leaves_the_catalogue_of_before(most: int, output: Path) -> None:
    assert run(Command(), output=output).returncode == 0
    before = files(output / "site")
    with full_disk(most):
        code, line = failed(output=output)
    assert code == Outcome.CANNOT_WRITE
    assert line.endswith("; make room or name another folder with --output")
    assert files(output / "site") == before
    assert not (output / ".site.new").exists()


@pytest.mark.parametrize("at", [0, long(5000)])
def test_a_damaged_ledger_is_named_with_what_to_do(at: int, tmp_path: Path) -> None:
    folder = tmp_path / "festival"
    told(folder, [event(screenings=[screening()])])
    path = folder / LEDGER
    data = path.read_bytes()
    path.write_bytes(data[:at] + b"\xa5" * (len(data) - at))
    code, line = failed(output=tmp_path)
    assert code == Outcome.INTEGRITY
    assert line.startswith(f"{path} cannot be read as a ledger: ")
    assert line.endswith("; make it again with scrapy rebuild, or move it away: history is left out")
    path.unlink()
    assert run(Command(), output=tmp_path).returncode == 0


@pytest.mark.parametrize(
    ("fault", "outcome", "words"),
    [
        (BrokenProcessPool(), Outcome.FAULT, "build again"),
        (KeyboardInterrupt(), Outcome.INTERRUPTED, "is as it was"),
    ],
)
def test_a_build_that_is_ended_says_so(
    output: Path, monkeypatch: pytest.MonkeyPatch, fault: BaseException, outcome: Outcome, words: str
) -> None:
    def ended(*_: object) -> None:
        raise fault

    monkeypatch.setattr("filmscrape.site.build.build", ended)
    done = run(Command(), output=output)
    assert done.returncode == outcome
    assert words in done.stderr
