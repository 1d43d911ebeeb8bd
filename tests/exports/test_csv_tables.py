"""The tables as CSV, read by Python's reader and by DuckDB's."""

import csv
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filmscrape.exports.csv_tables import neutralise, restore, write
from filmscrape.exports.dataset import Dataset
from filmscrape.exports.reading import DatasetUnreadable
from filmscrape.exports.tables import TABLES
from tests import records
from tests.exports.rebuilt import as_published, dataset_file, decoded, digests, from_fixtures, rebuilt, tricky


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return dataset_file(tmp_path / "events.jsonl", tricky(), *from_fixtures())


def _read(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """All tables as their readers would take them, apostrophes off."""
    found: dict[str, list[dict[str, Any]]] = {}
    for table in TABLES:
        with (folder / f"{table.name}.csv").open(encoding="utf-8-sig", newline="") as file:
            rows = [{name: restore(cell) or None for name, cell in row.items()} for row in csv.DictReader(file)]
        found[table.name] = [decoded(table, row) for row in rows]
    return found


def test_the_records_can_be_made_again_from_the_files(path: Path, tmp_path: Path) -> None:
    written = write(Dataset([path]), tmp_path)
    assert [file.name for file in written] == [f"{table.name}.csv" for table in TABLES]
    assert rebuilt(_read(tmp_path)) == as_published(path)


def test_no_cell_begins_as_a_formula_does(path: Path, tmp_path: Path) -> None:
    cells = 0
    for file in write(Dataset([path]), tmp_path):
        with file.open(encoding="utf-8-sig", newline="") as lines:
            for row in csv.reader(lines):
                cells += len(row)
                assert not [cell for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝"))]
    assert cells > 1000
    assert "'-Égalité’s" in (tmp_path / "events.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "cell"),
    [("=1", "'=1"), ("'=1", "''=1"), ("'71", "'71"), ("a=1", "a=1"), ("-", "'-"), ("\tx", "'\tx"), ("＠x", "'＠x")],
)
def test_a_formula_gets_an_apostrophe_and_other_texts_stay(text: str, cell: str) -> None:
    assert neutralise(text) == cell
    assert restore(cell) == text


@given(st.text(alphabet="'=+-@\t\r\n＝aé7", max_size=5))
def test_taking_the_apostrophe_off_gives_the_text_back(text: str) -> None:
    assert restore(neutralise(text)) == text


def test_duckdb_reads_the_same(path: Path, tmp_path: Path) -> None:
    write(Dataset([path]), tmp_path)
    with duckdb.connect() as reader:
        for name, rows in _read(tmp_path).items():
            count = reader.execute("SELECT count(*) FROM read_csv(?, header = true)", [str(tmp_path / f"{name}.csv")])
            assert count.fetchone() == (len(rows),), name
        events = reader.execute(
            "SELECT title, year, typeof(year), no_dialogue, json_extract_string(genres, '$[1]'), synopsis "
            "FROM read_csv(?) WHERE id = 'festival:tricky'",
            [str(tmp_path / "events.csv")],
        )
        text = '\'+wolverine\n\n=second, "quoted" paragraph'
        assert events.fetchall() == [("'-Égalité’s", 2021, "BIGINT", True, "'71", text)]


def test_files_are_utf_8_with_a_mark_and_end_lines_as_rfc_4180_says(tmp_path: Path) -> None:
    path = dataset_file(tmp_path / "events.jsonl", records.event())
    write(Dataset([path]), tmp_path)
    screenings = (tmp_path / "screenings.csv").read_bytes()
    assert screenings.startswith(b"\xef\xbb\xbfevent_id,position,source_id,starts_at,starts_at_local,starts_on,")
    assert screenings.count(b"\r\n") == screenings.count(b"\n") == 1


def test_the_same_dataset_gives_the_same_bytes(path: Path, tmp_path: Path) -> None:
    (tmp_path / "again").mkdir()
    assert digests(write(Dataset([path]), tmp_path)) == digests(write(Dataset([path]), tmp_path / "again"))


def test_a_dataset_that_breaks_off_leaves_what_was_there(path: Path, tmp_path: Path) -> None:
    before = digests(write(Dataset([path]), tmp_path))
    with path.open("a") as file:
        file.write("{\n")
    with pytest.raises(DatasetUnreadable):
        write(Dataset([path]), tmp_path)
    assert digests(tmp_path.glob("*.csv")) == before
    assert len(list(tmp_path.iterdir())) == len(before) + 1
