"""The tables as CSV: RFC 4180, UTF-8 with a byte order mark, safe to open in a spreadsheet.

The mark is there for the spreadsheets that take a file without one for something else than UTF-8. No value (null) is an
empty cell, a list is JSON, a time is UTC (``2026-12-06T03:50:00Z``).
"""

import csv
import re
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from filmscrape.exports.dataset import Dataset
from filmscrape.exports.drafts import Drafts
from filmscrape.exports.names import clean
from filmscrape.exports.rows import Row, Value, as_json, as_text, batches
from filmscrape.exports.tables import TABLES, Table, Type

if TYPE_CHECKING:
    from _csv import Writer

# What a spreadsheet takes for a formula at the start of a cell, in both widths, also behind blanks, which it may take
# off; and such a text behind apostrophes, so that taking one apostrophe off always gives the text back.
_FORMULA = re.compile("'*\\s*[=+\\-@\t\r\n＝＋－＠]")


def neutralise(text: str) -> str:
    """Put an apostrophe before a text that a spreadsheet would run: ``=1+1`` becomes ``'=1+1``."""
    return "'" + text if _FORMULA.match(text) else text


def restore(cell: str) -> str:
    """Give back the text of a neutralised cell: ``'=1+1`` becomes ``=1+1``; others stay (``'71``)."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def write(dataset: Dataset, folder: Path) -> list[Path]:
    """Write a file for each table: ``events.csv``, ``screenings.csv`` and so on."""
    with Drafts(folder) as drafts, ExitStack() as open_files:
        writers: dict[str, Writer] = {}
        for table in TABLES:
            path = drafts.begin(f"{table.name}.csv")
            file = open_files.enter_context(path.open("w", encoding="utf-8-sig", newline=""))
            writers[table.name] = csv.writer(file, lineterminator="\r\n")
            writers[table.name].writerow(column.name for column in table.columns)
        for table, rows in batches(dataset):
            writers[table.name].writerows(_cells(table, rows))
    return drafts.written


_CELL: dict[Type, Callable[..., object]] = {
    Type.TEXT: lambda text: neutralise(clean(text)),
    Type.INTEGER: int,
    Type.BOOLEAN: lambda value: "true" if value else "false",
    Type.TIMESTAMP: as_text,
    Type.DATE: date.isoformat,
    Type.LIST: lambda items: clean(as_json(items)),
}


def _cells(table: Table, rows: Sequence[Row]) -> Sequence[list[object]]:
    makers = [_CELL[column.type] for column in table.columns]
    return [[_cell(make, value) for make, value in zip(makers, row, strict=True)] for row in rows]


def _cell(make: Callable[..., object], value: Value) -> object:
    return None if value is None else make(value)
