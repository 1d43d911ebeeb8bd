"""The formats of ``scrapy export``: a name, what it is for, and the module whose ``write`` makes it."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from filmscrape.exports.dataset import Dataset

Write = Callable[["Dataset", Path], list[Path]]


class Format(NamedTuple):
    """A shape of the dataset.

    :ivar module: of this package; loaded only where the format is asked for.
    """

    summary: str
    module: str

    @property
    def write(self) -> Write:
        """The function that writes the format's files into a folder, and lists them."""
        found: Write = import_module(f"filmscrape.exports.{self.module}").write
        return found


FORMATS: dict[str, Format] = {
    "csv": Format("tables as CSV, safe to open in a spreadsheet", "csv_tables"),
    "parquet": Format("tables as Parquet, with their types", "parquet"),
    "sqlite": Format("tables in one SQLite file, with full-text search, ready for Datasette", "sqlite"),
    "jsonld": Format("schema.org as JSON-LD: films, screenings, people", "jsonld"),
    "ical": Format("calendars: all, by venue, by series, by source", "ical"),
    "atom": Format("feeds of what is new, changed and cancelled", "atom"),
    "en15907": Format("works, manifestations, agents and events for film archives", "en15907"),
    "manifest": Format("Data Package, Croissant, data card and checksums", "manifest"),
}
"""By name. ``manifest`` comes last: it describes what the others wrote."""
