"""``datapackage.json``: the package after the Data Package standard, version 2 (https://datapackage.org)."""

import re
from collections.abc import Sequence
from typing import Any, Final, get_origin

from filmscrape.exports.packaged import PackagedFile
from filmscrape.exports.rights import statement
from filmscrape.exports.survey import Survey
from filmscrape.exports.tables import EVENTS, TABLES, Column, Table, Type
from filmscrape.records import Event

_PROFILES: Final = "https://datapackage.org/profiles/2.0"
_TYPES: Final = {
    Type.TEXT: "string",
    Type.INTEGER: "integer",
    Type.BOOLEAN: "boolean",
    Type.TIMESTAMP: "datetime",
    Type.DATE: "date",
    Type.LIST: "array",
}
_KEYS: Final = {table.name: table.key for table in TABLES}


def descriptor(survey: Survey, title: str, description: str, files: Sequence[PackagedFile]) -> dict[str, Any]:
    """Describe the package.

    :param files: those to describe; ``events.jsonl`` and tables get a schema.
    """
    names = {file.path: _name(file.path) for file in files}
    return {
        "$schema": f"{_PROFILES}/datapackage.json",
        "name": "-".join(["filmscrape", *sorted(survey.sources)]).replace("_", "-"),
        "title": title,
        "description": description,
        "version": survey.version,
        "created": survey.as_of,
        "keywords": ["cinema", "film", "film festivals", "screenings"],
        # `other-pd` and `other-closed` are the ids of the Open Definition where no named licence is given.
        "licenses": [
            {
                "name": "other-closed" if survey.texts else "other-pd",
                "path": "README.md",
                "title": statement(survey.texts),
            }
        ],
        "sources": [
            {"title": name, **({"path": source.home} if source.home else {})}
            for name, source in sorted(survey.sources.items())
        ],
        "contributors": [{"title": "filmscrape", "roles": ["wrangler"]}],
        "resources": [_resource(file, names) for file in files],
    }


def _resource(file: PackagedFile, names: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "$schema": f"{_PROFILES}/dataresource.json",
        "name": names[file.path],
        "path": file.path,
        "format": file.format,
        "mediatype": file.media_type,
        **({"encoding": "utf-8"} if file.is_text else {}),
        "bytes": file.bytes,
        "hash": f"sha256:{file.sha256}",
    }
    if file.path == "events.jsonl":
        found |= {"type": "table", "schema": _schema_of_events()}
    elif file.table is not None:
        found |= {"type": "table", "schema": _schema(file.table, file.path.rpartition("/")[0], names)}
    return found


def _schema(table: Table, folder: str, names: dict[str, str]) -> dict[str, Any]:
    keys = [
        {
            "fields": list(reference.columns),
            "reference": {"resource": names[path], "fields": list(_KEYS[reference.table])},
        }
        for reference in table.references
        if (path := f"{folder}/{reference.table}.csv") in names
    ]
    return {
        "$schema": f"{_PROFILES}/tableschema.json",
        "fields": [_field(column) for column in table.columns],
        "primaryKey": list(table.key),
        **({"foreignKeys": keys} if keys else {}),
    }


def _field(column: Column) -> dict[str, Any]:
    """A column of a table; what is neutralised for spreadsheets is still text."""
    constraints = {"constraints": {"required": True}} if column.required else {}
    return {"name": column.name, "type": _TYPES[column.type], "description": column.description, **constraints}


def _schema_of_events() -> dict[str, Any]:
    """The fields of a record; ``event.schema.json`` tells of their parts."""
    columns = {column.name: _TYPES[column.type] for column in EVENTS.columns}
    fields = [
        {
            "name": name,
            "type": columns.get(name) or ("object" if get_origin(field.annotation) is None else "array"),
            "description": field.description or "",
        }
        for name, field in Event.model_fields.items()
    ]
    return {"$schema": f"{_PROFILES}/tableschema.json", "fields": fields, "primaryKey": ["id"]}


def _name(path: str) -> str:
    """A resource's name from its path: ``csv/events.csv`` is ``csv-events.csv``."""
    return re.sub("[^a-z0-9._]+", "-", path.lower())
