"""``scrapy export``: the dataset in other shapes, and what is said where that cannot be."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet

from filmscrape.commands.export import Command
from filmscrape.exports.formats import FORMATS
from filmscrape.records import Event
from filmscrape.runs.stored import LEDGER
from tests.crawling import ROOT
from tests.exports.parts import whole
from tests.exports.stored import dataset_of, files, fixtures, told
from tests.full_disk import full_disk
from tests.in_process import run
from tests.records import event, screening

DAY = "2026-11-{:02}T18:00:00Z"


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """An output directory with a source that has a ledger."""
    shown = [screening(id="1")]
    told(tmp_path / "out" / "festival", [event(DAY.format(20), screenings=shown)],
         [event(DAY.format(21), screenings=shown, year=2020)])  # fmt: skip
    return tmp_path / "out"


# ------------------------------------------------------------------ what it writes
def test_all_formats_stand_in_folders_of_their_names_and_every_file_is_told(output: Path) -> None:
    done = run(Command(), "all", output=output)
    assert (done.returncode, done.stderr) == (0, "")
    assert {path.name for path in (output / "exports").iterdir()} == set(FORMATS)
    found = {str(output / "exports" / name) for name in files(output / "exports")}
    assert set(done.stdout.splitlines()) == found


def test_formats_are_written_once_each_and_the_manifest_last(output: Path, tmp_path: Path) -> None:
    done = run(Command(), "manifest", "atom", "atom", "--output", str(tmp_path / "public"), output=output)
    folders = [Path(line).relative_to(tmp_path / "public").parts[0] for line in done.stdout.splitlines()]
    assert list(dict.fromkeys(folders)) == ["atom", "manifest"]
    assert (tmp_path / "public/manifest/atom/all.atom").is_file()


def test_help_shows_an_example_and_says_which_record_counts() -> None:
    command = Command()
    assert "Example: scrapy export" in command.long_desc()


# ------------------------------------------------------------------ the same bytes
def exported(folder: Path, to: Path, **environment: str) -> dict[str, bytes]:
    """All formats of ``events.jsonl`` of a folder, by a process of its own that works elsewhere."""
    done = subprocess.run(
        [sys.executable, "-m", "scrapy", "export", "all", "--input", str(folder / "events.jsonl"), "--output", str(to)],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    return files(to)


@pytest.mark.long
def test_two_processes_in_two_time_zones_and_folders_write_the_same_bytes(tmp_path: Path) -> None:
    pages = fixtures()
    told(tmp_path / "a", pages, [pages[0].model_copy(update={"year": 1950, "last_seen": "2030-01-01T00:00:00Z"})])
    shutil.copytree(tmp_path / "a", tmp_path / "elsewhere" / "b")
    one = exported(tmp_path / "a", tmp_path / "1", TZ="America/Vancouver", PYTHONHASHSEED="1", LC_ALL="C")
    two = exported(tmp_path / "elsewhere" / "b", tmp_path / "x" / "2", TZ="Asia/Kolkata", PYTHONHASHSEED="2",
                   LC_ALL="C.UTF-8")  # fmt: skip
    assert {name for name in one if one[name] != two.get(name)} == set()
    assert one.keys() == two.keys()
    assert len(one) > 100


# ------------------------------------------------------------------ texts of others
MARK = "Zyzzyva"


def with_marks(seen: str, number: int) -> Event:
    """A record that has a word of its own in each text that others wrote."""
    names = (f"{MARK}{number}{letter}" for letter in "abcdefghijklmnop")
    values: dict[str, Any] = {name: value for name, value in whole().items() if name != "provenance"}
    values |= {"first_seen": seen, "last_seen": seen, "summary": next(names), "synopsis": f"{next(names)}\n\n{MARK}"}
    values["quotes"] = [{"text": next(names), "attribution": next(names)}] * 2
    values["people"] = [{**person, "bio": next(names)} for person in values["people"]]
    values["shorts"] = [{**short, "synopsis": next(names)} for short in values["shorts"]]
    values["extra"] = [{"label": next(names), "value": next(names)}]
    return event(seen, **values)


def contents(path: Path) -> Iterator[str]:
    """All that a file holds, also what it packs."""
    yield path.read_bytes().decode("utf-8", "replace")
    if path.suffix == ".parquet":
        yield str(parquet.read_table(path).to_pylist())
        yield str(parquet.read_schema(path).metadata)
    if path.suffix == ".db":
        with closing(sqlite3.connect(path)) as database:
            yield "\n".join(database.iterdump())
            for table in ("events_fts", "people_fts"):
                database.execute(f"CREATE VIRTUAL TABLE temp.{table}_words USING fts5vocab(main, {table}, 'row')")
                yield str(database.execute(f"SELECT term FROM temp.{table}_words").fetchall())


def marked(folder: Path) -> set[str]:
    """The formats that hold a text."""
    return {
        path.relative_to(folder).parts[0]
        for path in folder.rglob("*")
        if path.is_file() and any(MARK.casefold() in text.casefold() for text in contents(path))
    }


@pytest.mark.parametrize("kind", ["film", "shorts", "talk", "performance", "other"])
def test_without_texts_no_byte_of_any_format_is_of_them(kind: str, tmp_path: Path) -> None:
    runs = [[with_marks(DAY.format(day), day).model_copy(update={"kind": kind})] for day in (20, 21)]
    told(tmp_path / "festival", *runs)
    assert run(Command(), "all", output=tmp_path).returncode == 0
    assert marked(tmp_path / "exports") == set(FORMATS)
    assert run(Command(), "all", "--without-texts", output=tmp_path).returncode == 0  # over those with texts
    assert marked(tmp_path / "exports") == set()


# ------------------------------------------------------------------ what cannot be
def failed(*arguments: str, output: Path) -> tuple[int, str]:
    """The exit code and the one line of a command that wrote nothing."""
    done = run(Command(), *arguments, output=output)
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("scrapy export: ")
    return done.returncode, line.removeprefix("scrapy export: ")


def test_wrong_arguments_are_one_line(output: Path, tmp_path: Path) -> None:
    assert failed(output=output)[1].startswith("name a format; there are: csv, parquet")
    assert failed("xls", output=output)[1].startswith("no format 'xls'; there are: csv")
    assert failed("csv", "--input", "nowhere", output=output) == (2, "there is no dataset nowhere")
    assert failed("csv", "--input", str(output), output=output) == (
        2, f"{output} is a folder: name the file, {output}/events.jsonl or the like",
    )  # fmt: skip
    os.mkfifo(tmp_path / "pipe")
    assert failed("csv", "--input", str(tmp_path / "pipe"), output=output) == (
        2, f"{tmp_path}/pipe is no plain file, and is read more than once: save what it gives first",
    )  # fmt: skip
    code, line = failed("csv", output=tmp_path / "empty")
    assert (code, line) == (2, f"there is no dataset in {tmp_path}/empty; name one with --input, or crawl first")


def test_a_dataset_that_is_none_is_named(output: Path) -> None:
    (output / "festival/events.jsonl").write_text("\n")
    assert failed("csv", output=output) == (18, f"{output}/festival/events.jsonl: line 1 is empty: take it out")


@pytest.mark.parametrize("at", [0, 5000])
@pytest.mark.parametrize("name", ["ical", "atom"])
def test_a_damaged_ledger_is_named_with_what_to_do(name: str, at: int, output: Path) -> None:
    path = output / "festival" / LEDGER
    data = path.read_bytes()
    path.write_bytes(data[:at] + b"\xa5" * (len(data) - at))
    code, line = failed(name, output=output)
    assert code == 18
    assert line.startswith(f"{path} cannot be read as a ledger: ")
    assert line.endswith("; make it again with scrapy rebuild, or move it away: history is left out")


def test_a_dataset_without_a_ledger_is_exported(tmp_path: Path) -> None:
    dataset_of(tmp_path / "festival", event(screenings=[screening()]))
    assert run(Command(), "all", output=tmp_path).returncode == 0


@pytest.mark.parametrize("name", FORMATS)
def test_a_place_that_cannot_be_written_is_named_with_what_to_do(name: str, output: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    code, line = failed(name, "--output", str(tmp_path / "file"), output=output)
    assert code == 3
    assert str(tmp_path / "file") in line
    assert line.endswith("; make room or name another folder with --output")


@pytest.mark.parametrize("name", FORMATS)
def test_a_full_disk_is_named_and_leaves_the_files_of_before(name: str, output: Path) -> None:
    folder = output / "exports"
    assert run(Command(), name, output=output).returncode == 0
    before = files(folder)
    with full_disk(100):
        code, line = failed(name, output=output)
    assert code == 3
    assert line.endswith("; make room or name another folder with --output")
    assert files(folder) == before


def test_a_folder_that_is_no_package_is_left_alone(output: Path) -> None:
    (output / "exports/manifest").mkdir(parents=True)
    (output / "exports/manifest/thesis.txt").write_text("mine")
    code, line = failed("manifest", output=output)
    assert code == 2
    assert line.endswith("exports/manifest is no data package: name an empty folder or a new one with --output")
