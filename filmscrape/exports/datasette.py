"""What Datasette wants to know of the tables: titles, descriptions, units, facets, order, search."""

from typing import Any

from filmscrape.exports.dataset import Dataset
from filmscrape.exports.tables import TABLES, Table

_LICENCE = (
    "Titles, names, dates and credits are facts. Synopses, bios, quotes and images belong to those who made them."
)
_TABLES: dict[str, dict[str, Any]] = {
    "events": {
        "label_column": "title",
        "sort": "title",
        "facets": ["source", "kind", "status", {"array": "series"}, {"array": "genres"}],
        "fts_table": "events_fts",
        "fts_pk": "rowid",
    },
    "screenings": {"sort": "starts_at", "facets": ["venue", "availability", "starts_on"]},
    "credits": {"facets": ["role"]},
    "languages": {"facets": ["use", "code"]},
    "countries": {"facets": ["code"]},
    "people": {"label_column": "name", "sort": "name", "fts_table": "people_fts", "fts_pk": "rowid"},
    "introductions": {"facets": ["role"]},
    "shorts": {"label_column": "title"},
    "strategies": {"facets": ["field", "strategy"]},
}
_VIEWS = {
    "upcoming_screenings": "Screenings that are still to come, with what is shown.",
    "credits_with_titles": "Credits with the film's title and year.",
    "events_by_country": "Events for each country of production.",
    "events_by_language": "Events for each language, spoken and in subtitles.",
}


def metadata(dataset: Dataset, database: str) -> dict[str, Any]:
    """The content of ``metadata.json`` for a database of that name."""
    left_out = "" if dataset.texts else " Synopses, bios and quotes are left out."
    sources = ", ".join(dataset.sources) or "no source"
    about = f"Events and screenings of {sources}, as of {dataset.as_of}.{left_out}"
    tables = {table.name: _table(table) for table in TABLES}
    tables |= {name: {"description": summary} for name, summary in _VIEWS.items()}
    tables["events_searched"] = {"description": "What the search of events reads.", "hidden": True}
    return {
        "title": "Film festivals and cinemas",
        "description": about,
        "license": _LICENCE,
        "databases": {database: {"title": "Events", "description": about, "tables": tables}},
    }


def _table(table: Table) -> dict[str, Any]:
    units = {column.name: column.unit for column in table.columns if column.unit}
    return {
        "description": table.summary,
        "columns": {column.name: column.description for column in table.columns},
        **({"units": units} if units else {}),
        **_TABLES.get(table.name, {}),
    }
