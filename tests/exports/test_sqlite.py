"""The tables as SQLite, alone and in Datasette."""

import asyncio
import gc
import json
import re
import sqlite3
import warnings
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from filmscrape.exports.dataset import Dataset
from filmscrape.exports.reading import DatasetUnreadable
from filmscrape.exports.sqlite import FILE, write
from filmscrape.exports.tables import TABLES
from tests import records
from tests.exports.rebuilt import as_published, dataset_file, decoded, digests, from_fixtures, rebuilt, tricky


@pytest.fixture
def path(tmp_path: Path) -> Path:
    future = records.event(id="festival:to-come", screenings=[records.screening("2099-01-01T19:00:00-07:00")])
    past = records.event(id="festival:over", screenings=[records.screening("1999-01-01T19:00:00-08:00")])
    return dataset_file(tmp_path / "events.jsonl", tricky(), future, past, *from_fixtures())


@pytest.fixture
def database(path: Path, tmp_path: Path) -> Iterator[sqlite3.Connection]:
    write(Dataset([path]), tmp_path)
    with closing(sqlite3.connect(tmp_path / FILE)) as connection:
        connection.row_factory = sqlite3.Row
        yield connection


def _search(database: sqlite3.Connection, words: str) -> list[str]:
    found = database.execute(
        "SELECT e.id FROM events_fts JOIN events e ON e.rowid = events_fts.rowid WHERE events_fts MATCH ?", [words]
    )
    return [row["id"] for row in found]


def test_the_records_can_be_made_again_from_the_file(path: Path, database: sqlite3.Connection) -> None:
    tables = {
        table.name: [decoded(table, dict(row)) for row in database.execute(f'SELECT * FROM "{table.name}"')]
        for table in TABLES
    }
    assert rebuilt(tables) == as_published(path)


def test_references_and_the_file_are_sound(database: sqlite3.Connection) -> None:
    assert database.execute("PRAGMA foreign_key_list(credits)").fetchall()
    assert database.execute("PRAGMA foreign_key_check").fetchall() == []
    assert [tuple(row) for row in database.execute("PRAGMA integrity_check")] == [("ok",)]
    for search in ("events_fts", "people_fts"):  # compares the search table with what it was made from
        database.execute(f"INSERT INTO {search}({search}, rank) VALUES ('integrity-check', 1)")


def test_a_row_that_leads_nowhere_is_refused(database: sqlite3.Connection) -> None:
    database.execute("PRAGMA foreign_keys = ON")
    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
        database.execute("INSERT INTO countries VALUES ('festival:none', 1, 'Canada', 'CA')")


@pytest.mark.parametrize(
    "words",
    [
        "egalite",
        "ÉGALITÉ",
        "quoted comma",  # of an alternative title
        "pena",
        "zal",
        "people:cy",  # directs a short
        "people:dee",  # is introduced
        "shorts:sundog",
        "wolverine",
        '"second quoted paragraph"',
    ],
)
def test_search_finds_titles_people_and_texts_whatever_the_accents(database: sqlite3.Connection, words: str) -> None:
    assert _search(database, words) == ["festival:tricky"]


def test_search_shows_where(database: sqlite3.Connection) -> None:
    found = database.execute("SELECT snippet(events_fts, 4, '[', ']', '…', 3) FROM events_fts('wolverine')")
    assert tuple(found.fetchone()) == ('+[wolverine]\n\n=second, "quoted…',)


def test_search_knows_no_texts_where_they_are_left_out(path: Path, tmp_path: Path) -> None:
    write(Dataset([path], texts=False), tmp_path)
    with closing(sqlite3.connect(tmp_path / FILE)) as database:
        database.row_factory = sqlite3.Row
        assert _search(database, "wolverine") == []
        assert _search(database, "egalite") == ["festival:tricky"]
        assert tuple(database.execute("SELECT count(synopsis) FROM events_searched").fetchone()) == (0,)
    assert b"wolverine" not in (tmp_path / FILE).read_bytes()


def test_upcoming_is_what_comes_after_the_reading(database: sqlite3.Connection) -> None:
    found = [dict(row) for row in database.execute("SELECT * FROM upcoming_screenings")]
    assert [row["event_id"] for row in found if row["title"] == "Here"] == ["festival:to-come"]
    assert "festival:over" not in [row["event_id"] for row in found]
    assert found[-1]["starts_at_local"] == "2099-01-01T19:00:00-07:00"


def test_upcoming_goes_by_the_instant_and_not_by_the_clock_of_the_venue(tmp_path: Path) -> None:
    soon = datetime.now(timezone(timedelta(hours=-12))).replace(microsecond=0) + timedelta(hours=1)
    path = dataset_file(tmp_path / "events.jsonl", records.event(screenings=[records.screening(soon.isoformat())]))
    write(Dataset([path]), tmp_path)
    with closing(sqlite3.connect(tmp_path / FILE)) as database:
        assert database.execute("SELECT starts_at_local FROM upcoming_screenings").fetchall() == [(soon.isoformat(),)]


def test_views_can_be_read(database: sqlite3.Connection) -> None:
    views = [row["name"] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'view'")]
    assert len(views) == 5
    assert not [view for view in views if not database.execute(f'SELECT * FROM "{view}"').fetchall()]
    events = database.execute("SELECT count(DISTINCT event_id) FROM countries WHERE code = 'CA'").fetchone()[0]
    canada = database.execute("SELECT events FROM events_by_country WHERE code = 'CA'").fetchone()[0]
    assert canada == events > 1


def test_the_same_dataset_gives_the_same_bytes(path: Path, tmp_path: Path) -> None:
    (tmp_path / "again").mkdir()
    first = digests(write(Dataset([path]), tmp_path))
    assert first == digests(write(Dataset([path]), tmp_path / "again"))
    assert first == digests(write(Dataset([path]), tmp_path))  # over the file of before


def test_a_dataset_that_breaks_off_leaves_what_was_there(path: Path, tmp_path: Path) -> None:
    before = digests(write(Dataset([path]), tmp_path))
    with path.open("a") as file:
        file.write("{\n")
    with pytest.raises(DatasetUnreadable):
        write(Dataset([path]), tmp_path)
    assert digests([tmp_path / name for name in before]) == before
    assert len(list(tmp_path.iterdir())) == len(before) + 1


def test_a_place_that_cannot_be_written_is_named(path: Path, tmp_path: Path) -> None:
    with pytest.raises(OSError, match=re.escape(str(path))):
        write(Dataset([path]), path / "sqlite")


# -------------------------------------------------------------------- Datasette
def _answers(folder: Path, *addresses: str) -> list[Any]:
    """What Datasette answers to each address, started as ``datasette <folder>``."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # it closes none of its connections
        found = asyncio.run(_asked(folder, addresses))
        gc.collect()
        return found


async def _asked(folder: Path, addresses: Sequence[str]) -> list[Any]:
    from datasette.app import Datasette  # which opens connections, too

    datasette = Datasette([str(folder / FILE)], config_dir=folder)
    await datasette.invoke_startup()
    answers = [await datasette.client.get(address) for address in addresses]
    datasette.executor.shutdown()
    assert [answer.status_code for answer in answers] == [200] * len(addresses)
    return [answer.json() for answer in answers]


def test_datasette_serves_it_as_it_is(path: Path, tmp_path: Path) -> None:
    folder = tmp_path / "sqlite"
    folder.mkdir()
    write(Dataset([path]), folder)
    about, listed, search, people = _answers(
        folder,
        "/-/metadata.json",
        "/filmscrape.json",
        "/filmscrape/events.json?_search=egalite+wolverine&_shape=objects",
        "/filmscrape/people.json?_search=zal&_shape=objects",
    )
    assert about == json.loads((folder / "metadata.json").read_text(encoding="utf-8"))
    tables = {table["name"]: table for table in listed["tables"]}
    assert {table.name for table in TABLES} <= set(tables)
    assert tables["events"]["count"] == len(as_published(path))
    assert [row["id"] for row in search["rows"]] == ["festival:tricky"]
    assert [row["name"] for row in people["rows"]] == ["Łukasz Żal"]
    kinds = {each["value"]: each["count"] for each in search["facet_results"]["kind"]["results"]}
    assert kinds == {"shorts": 1}
    genres = [each["value"] for each in search["facet_results"]["genres"]["results"]]
    assert sorted(genres) == ["'71", "Drama"]


def test_all_that_is_described_is_there_and_all_that_is_there_is_described(
    tmp_path: Path, database: sqlite3.Connection
) -> None:
    about = json.loads((tmp_path / "metadata.json").read_text(encoding="utf-8"))["databases"]["filmscrape"]["tables"]
    there = database.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE '%fts%'")
    assert set(about) == {row["name"] for row in there} - {"sqlite_stat1", "sqlite_stat4"}
    for table in TABLES:
        columns = [row["name"] for row in database.execute(f'PRAGMA table_info("{table.name}")')]
        described = about[table.name]
        assert list(described["columns"]) == columns
        assert all(described["columns"].values())
        for facet in described.get("facets", []):
            assert (facet["array"] if isinstance(facet, dict) else facet) in columns
        for key in ("sort", "label_column"):
            assert described.get(key, columns[0]) in columns
