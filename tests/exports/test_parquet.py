"""The tables as Parquet, read by pyarrow and by DuckDB."""

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from filmscrape.exports import parquet, rows
from filmscrape.exports.dataset import Dataset
from filmscrape.exports.reading import DatasetUnreadable
from filmscrape.exports.tables import TABLES
from tests.exports.rebuilt import as_published, dataset_file, digests, from_fixtures, plain, rebuilt, tricky


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return dataset_file(tmp_path / "events.jsonl", tricky(), *from_fixtures())


def test_the_records_can_be_made_again_from_the_files(path: Path, tmp_path: Path) -> None:
    written = parquet.write(Dataset([path]), tmp_path)
    assert [file.name for file in written] == [f"{table.name}.parquet" for table in TABLES]
    tables = {file.stem: pq.read_table(file).to_pylist() for file in written}
    read = {name: [{key: plain(cell) for key, cell in row.items()} for row in found] for name, found in tables.items()}
    assert rebuilt(read) == as_published(path)


def test_types_are_kept(path: Path, tmp_path: Path) -> None:
    parquet.write(Dataset([path]), tmp_path)
    events = pq.read_schema(tmp_path / "events.parquet")
    screenings = pq.read_schema(tmp_path / "screenings.parquet")
    assert events.field("title").type == pa.string()
    assert events.field("year").type == pa.int32()
    assert events.field("no_dialogue").type == pa.bool_()
    assert events.field("genres").type.value_type == pa.string()
    assert screenings.field("starts_at").type == pa.timestamp("ms", tz="UTC")
    assert screenings.field("starts_on").type == pa.date32()
    assert not events.field("id").nullable
    assert events.field("year").nullable


def test_the_schema_says_what_the_file_is(path: Path, tmp_path: Path) -> None:
    parquet.write(Dataset([path], texts=False), tmp_path)
    schema = pq.read_schema(tmp_path / "events.parquet")
    about = {key.decode(): value.decode() for key, value in schema.metadata.items()}
    assert about["schema_version"] == "1.0"
    assert about["sources"].startswith("festival ")
    assert about["as_of"] == Dataset([path]).as_of
    assert about["texts"] == "left out"
    assert schema.field("runtime_minutes").metadata[b"unit"] == b"minute"
    assert schema.field("rating").metadata[b"description"].startswith(b"age rating")


def test_duckdb_reads_types_and_instants(path: Path, tmp_path: Path) -> None:
    parquet.write(Dataset([path]), tmp_path)
    with duckdb.connect() as reader:
        found = reader.execute(
            "SELECT typeof(starts_at), epoch(starts_at)::BIGINT, typeof(starts_on), starts_at_local, e.title, "
            "typeof(e.genres), len(e.genres) FROM read_parquet(?) s JOIN read_parquet(?) e ON e.id = s.event_id "
            "WHERE e.id = 'festival:tricky' ORDER BY starts_at",
            [str(tmp_path / "screenings.parquet"), str(tmp_path / "events.parquet")],
        ).fetchall()
    zoned = "TIMESTAMP WITH TIME ZONE"
    assert found == [
        (zoned, 1772962200, "DATE", "2026-03-08T01:30:00-08:00", "-Égalité’s", "VARCHAR[]", 2),
        (zoned, 1798771800, "DATE", "2026-12-31T19:50:00-07:00", "-Égalité’s", "VARCHAR[]", 2),
    ]


def test_rows_are_written_as_they_come(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "batches", lambda dataset: rows.batches(dataset, 5))
    parquet.write(Dataset([path]), tmp_path)
    events = pq.ParquetFile(tmp_path / "events.parquet")
    assert events.metadata.num_row_groups == -(-events.metadata.num_rows // 5) > 1


def test_a_table_without_rows_is_there_with_its_columns(tmp_path: Path) -> None:
    parquet.write(Dataset([dataset_file(tmp_path / "events.jsonl")]), tmp_path)
    for table in TABLES:
        empty = pq.read_table(tmp_path / f"{table.name}.parquet")
        assert empty.num_rows == 0
        assert empty.column_names == [column.name for column in table.columns]


def test_the_same_dataset_gives_the_same_bytes(path: Path, tmp_path: Path) -> None:
    (tmp_path / "again").mkdir()
    first = digests(parquet.write(Dataset([path]), tmp_path))
    assert first == digests(parquet.write(Dataset([path]), tmp_path / "again"))


def test_a_dataset_that_breaks_off_leaves_nothing(path: Path, tmp_path: Path) -> None:
    with path.open("a") as file:
        file.write("{\n")
    with pytest.raises(DatasetUnreadable):
        parquet.write(Dataset([path]), tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["events.jsonl"]
