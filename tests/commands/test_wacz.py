"""``scrapy wacz``: which run is meant, what is printed, which code says so."""

import os
import zipfile
from pathlib import Path

import pytest

from filmscrape.commands.wacz import Command
from filmscrape.runs.stored import StoredRun
from tests.offline import Done, run
from tests.stored_runs import NOW, Past, Shot, page, rewrite

HERE = Shot(page("here"), b"Here", NOW)


@pytest.fixture
def past(tmp_path: Path) -> Past:
    return Past(tmp_path / "output")


@pytest.fixture
def newest(past: Past) -> StoredRun:
    past.add(9, [HERE], {"here": HERE})
    newest = past.add(8, [HERE], {"here": HERE})
    past.add(7, None)
    past.add(6, [HERE], finished=False)
    return newest


@pytest.fixture(autouse=True)
def _there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def wacz(past: Past, capsys: pytest.CaptureFixture[str], *arguments: str) -> Done:
    return run(Command, past.output, list(arguments), capsys)


def test_a_source_is_its_newest_run_that_is_over_and_kept_pages(
    past: Past, newest: StoredRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = wacz(past, capsys, "festival")
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines() == ["captures: 1", "pages: 1", f"{newest.id}.wacz"]
    with zipfile.ZipFile(tmp_path / f"{newest.id}.wacz") as archive:
        assert archive.read("archive/pages.warc.gz") == newest.warcs[0].read_bytes()


def test_a_run_by_its_id_and_by_its_folder(
    past: Past, newest: StoredRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for n, name in enumerate([newest.id, str(newest.path), os.path.relpath(newest.path), f"{newest.path}/"]):
        done = wacz(past, capsys, name, "--output", f"{n}.wacz")
        assert (done.code, done.err) == (0, "")
    os.chdir(newest.path)
    assert wacz(past, capsys, ".", "--output", str(tmp_path / "4.wacz")).code == 0
    first, *others = [(tmp_path / f"{n}.wacz").read_bytes() for n in range(5)]
    assert set(others) == {first}


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "name one run"),
        (["festival", "festival"], "name one run"),
        (["nobody"], "'nobody' is no run, no run's folder and no source"),
        ([""], "'' is no run"),
        ([".."], "'..' is no run"),
        (["festival", "--output"], "argument --output: expected one argument"),
        (["festival", "--append"], "there is no option --append"),
        (["festival", "-s", "OUTPUT_DIR"], "-s NAME=VALUE"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(
    past: Past, newest: StoredRun, tmp_path: Path, arguments: list[str], complaint: str,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    done = wacz(past, capsys, *arguments)
    assert (done.code, done.out) == (2, "")
    assert complaint in done.complaint
    assert not list(tmp_path.glob("*.wacz"))


def test_a_source_without_captures(past: Past, capsys: pytest.CaptureFixture[str]) -> None:
    run_ = past.add(7, None)
    done = wacz(past, capsys, "festival")
    assert done.code == 2
    assert "kept its pages" in done.complaint
    assert "kept no pages" in wacz(past, capsys, run_.id).complaint


def test_a_damaged_run_names_the_place(past: Past, newest: StoredRun, capsys: pytest.CaptureFixture[str]) -> None:
    at = rewrite(newest.warcs[0], 1, (b"\r\n\r\nHere", b"\r\n\r\nHero"))
    done = wacz(past, capsys, newest.id)
    assert (done.code, done.out) == (18, "")
    first, *_, last = done.err.splitlines()
    assert first.startswith(f"{newest.warcs[0]}: offset {at}: the ")
    assert last == f"scrapy wacz: run {newest.id} is damaged; {newest.id}.wacz was not written"


def test_a_file_that_cannot_be_written(past: Past, newest: StoredRun, capsys: pytest.CaptureFixture[str]) -> None:
    done = wacz(past, capsys, newest.id, "--output", "nowhere/run.wacz")
    assert done.code == 3
    assert "nowhere" in done.complaint


def test_what_is_not_at_hand_is_said(past: Past, capsys: pytest.CaptureFixture[str]) -> None:
    again = Shot(HERE.url, HERE.body, HERE.at, of=Shot(HERE.url, HERE.body, NOW.replace(year=2020)))
    past.add(5, [again])
    done = wacz(past, capsys, "festival")
    assert done.code == 0
    assert "not at hand: 1 (revisits refer to them, and no run here holds them)" in done.out
