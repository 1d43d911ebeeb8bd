"""The tables as Parquet: types kept, lists as lists, times as UTC timestamps.

The schema's metadata name the version of the contract, the sources and the dataset's time; each column has its
description. The same rows give the same bytes with the same version of pyarrow.
"""

from contextlib import ExitStack
from pathlib import Path

import pyarrow as pa
from pyarrow.parquet import ParquetWriter

from filmscrape.exports.dataset import Dataset
from filmscrape.exports.drafts import Drafts
from filmscrape.exports.rows import batches
from filmscrape.exports.tables import TABLES, Column, Table, Type
from filmscrape.records import SCHEMA_VERSION

_TYPES = {
    Type.TEXT: pa.string(),
    Type.INTEGER: pa.int32(),  # the largest number of the record is a runtime of 6000 minutes
    Type.BOOLEAN: pa.bool_(),
    Type.TIMESTAMP: pa.timestamp("ms", tz="UTC"),  # Parquet knows no whole seconds
    Type.DATE: pa.date32(),
    Type.LIST: pa.list_(pa.field("element", pa.string(), nullable=False)),
}


def write(dataset: Dataset, folder: Path) -> list[Path]:
    """Write a file for each table: ``events.parquet``, ``screenings.parquet`` and so on; a row group a batch."""
    about = {
        "schema_version": SCHEMA_VERSION,
        "sources": " ".join(dataset.sources),
        "as_of": dataset.as_of,
        "texts": "included" if dataset.texts else "left out",
    }
    with Drafts(folder) as drafts, ExitStack() as open_files:
        writers = {}
        for table in TABLES:
            path = drafts.begin(f"{table.name}.parquet")
            writer = ParquetWriter(path, schema(table, about), compression="zstd")
            writers[table.name] = open_files.enter_context(writer)
        for table, rows in batches(dataset):
            writer = writers[table.name]
            columns = [
                pa.array(values, field.type)
                for values, field in zip(zip(*rows, strict=True), writer.schema, strict=True)
            ]
            writer.write_table(pa.Table.from_arrays(columns, schema=writer.schema))
    return drafts.written


def schema(table: Table, about: dict[str, str]) -> pa.Schema:
    """The schema of a table, with what is said about the dataset."""
    return pa.schema(map(_field, table.columns), metadata={"description": table.summary, **about})


def _field(column: Column) -> pa.Field:
    metadata = {"description": column.description} | ({"unit": column.unit} if column.unit else {})
    return pa.field(column.name, _TYPES[column.type], nullable=not column.required, metadata=metadata)
