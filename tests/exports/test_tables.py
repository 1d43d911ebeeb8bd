"""What the tables are, whatever they are written as."""

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filmscrape.exports.dataset import Dataset
from filmscrape.exports.reading import DatasetUnreadable
from filmscrape.exports.rows import batches
from filmscrape.exports.tables import EVENTS, LISTS, TABLES, Type, person_id
from filmscrape.records import Event
from tests import records
from tests.exports.rebuilt import as_published, dataset_file, from_fixtures, plain, rebuilt, tricky

TYPED = {
    Type.TEXT: "str",
    Type.INTEGER: "int",
    Type.BOOLEAN: "bool",
    Type.TIMESTAMP: "datetime",
    Type.DATE: "date",
    Type.LIST: "list",
}


def tables_of(path: Path, size: int = 5_000, texts: bool = True) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {table.name: [] for table in TABLES}
    for table, rows in batches(Dataset([path], texts=texts), size):
        names = [column.name for column in table.columns]
        found[table.name] += [dict(zip(names, map(plain, row), strict=True)) for row in rows]
    return found


@pytest.mark.parametrize("size", [1, 7, 5_000])
def test_nothing_of_a_record_is_lost(tmp_path: Path, size: int) -> None:
    path = dataset_file(tmp_path / "events.jsonl", tricky(), *from_fixtures())
    assert len(as_published(path)) > 20
    assert rebuilt(tables_of(path, size)) == as_published(path)


def test_each_field_of_the_contract_is_a_column_or_has_a_table() -> None:
    columns = {column.name for column in EVENTS.columns}
    apart = {"cast", "crew", "people", "screenings", "languages", "subtitles", "shorts", "provenance", *LISTS}
    assert set(Event.model_fields) - columns == apart
    assert {table.name for table in TABLES} >= {"events", "screenings", "credits", "languages", "people", "shorts"}


def test_values_are_of_the_type_that_is_declared_and_what_is_required_is_there(tmp_path: Path) -> None:
    path = dataset_file(tmp_path / "events.jsonl", tricky(), *from_fixtures())
    for table, rows in batches(Dataset([path])):
        for row in rows:
            for column, value in zip(table.columns, row, strict=True):
                expected = "NoneType" if value is None and not column.required else TYPED[column.type]
                assert type(value).__name__ == expected, (table.name, column.name)


def test_a_time_is_text_only_where_it_is_as_the_record_has_it(tmp_path: Path) -> None:
    time = re.compile(r"\d{4}-\d\d-\d\dT")
    found = {
        column.name
        for table, rows in batches(Dataset([dataset_file(tmp_path / "events.jsonl", tricky())]))
        for row in rows
        for column, value in zip(table.columns, row, strict=True)
        if isinstance(value, str) and time.match(value)
    }
    assert found == {"starts_at_local", "ends_at_local"}


def test_keys_name_one_row_and_references_lead_to_one(tmp_path: Path) -> None:
    path = dataset_file(tmp_path / "events.jsonl", tricky(), *from_fixtures())
    tables = tables_of(path)
    keys = {table.name: [tuple(row[name] for name in table.key) for row in tables[table.name]] for table in TABLES}
    for table in TABLES:
        assert len(keys[table.name]) == len(set(keys[table.name])), table.name
        for link in table.references:
            found = {tuple(row[name] for name in link.columns) for row in tables[table.name]}
            assert found <= set(keys[link.table]), (table.name, link)


def test_people_are_one_row_a_name_in_its_most_frequent_spelling(tmp_path: Path) -> None:
    path = dataset_file(tmp_path / "events.jsonl", tricky())
    tables = tables_of(path)
    assert {row["person_id"]: row["name"] for row in tables["people"]} == {
        "ana-peña": "Ana Peña",  # twice, and `ANA PEÑA` once
        "bo": "Bo",
        "cy": "Cy",
        "dee": "Dee",
        "łukasz-żal": "Łukasz Żal",
    }
    assert tables["shorts"][0]["director_ids"] == ["cy", "bo"]
    assert [row["role"] for row in tables["credits"]] == ["director", "other", "actor", "actor"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Jean-Luc O’Brien", "jean-luc-o-brien"),
        ("JEAN-LUC  O'BRIEN", "jean-luc-o-brien"),
        ("J. J. Abrams", "j-j-abrams"),
        ("Ana Pen\u0303a", "ana-peña"),
        ("Ana Pena", "ana-pena"),
        ("郭承衢", "郭承衢"),
        ("सत्यजित राय", "सत्यजित-राय"),
    ],
)
def test_ids_of_people(name: str, expected: str) -> None:
    assert person_id(name) == expected


def test_a_name_without_letters_has_an_id_of_its_own() -> None:
    assert len({person_id("!!!"), person_id("???"), person_id("…")}) == 3


@given(st.text(st.characters(codec="utf-8"), min_size=1))
def test_an_id_of_a_person_is_never_empty_and_holds_no_space(name: str) -> None:
    assert person_id(name)
    assert not any(sign.isspace() or sign in "/?#\"'<>" for sign in person_id(name))


def test_texts_of_others_are_left_out_where_they_are_not_wanted(tmp_path: Path) -> None:
    tables = tables_of(dataset_file(tmp_path / "events.jsonl", tricky()), texts=False)
    assert tables["quotes"] == []
    assert [row["bio"] for row in tables["introductions"]] == [None, None]
    assert "wolverine" not in str(tables)


@pytest.mark.parametrize(
    ("ids", "words"), [("aa", "line 2 has festival:a again"), ("ba", "line 2 has festival:a after festival:b")]
)
def test_an_id_that_comes_twice_or_out_of_order_is_named(tmp_path: Path, ids: str, words: str) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text("".join(records.event(id=f"festival:{id}").model_dump_json() + "\n" for id in ids))
    with pytest.raises(DatasetUnreadable, match=words):
        tables_of(path)


def test_a_time_before_all_times_is_named(tmp_path: Path) -> None:
    shown = records.event(screenings=[records.screening("0001-01-01T00:00:00+14:00")])
    with pytest.raises(DatasetUnreadable, match="festival:here has a time that is out of bounds"):
        tables_of(dataset_file(tmp_path / "events.jsonl", shown))


def test_an_empty_dataset_has_no_rows(tmp_path: Path) -> None:
    assert list(batches(Dataset([dataset_file(tmp_path / "events.jsonl")]))) == []
