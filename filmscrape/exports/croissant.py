"""``croissant.json``: the package as those who train models read it: Croissant 1.1 (http://mlcommons.org/croissant/1.1).

The record sets are the events of ``events.jsonl`` with their own values and lists of words, and the tables of the
Parquet files, which have the rest: screenings, credits, shorts.
"""

from collections.abc import Sequence
from typing import Any, Final

from filmscrape.exports.packaged import JSON_LINES, PARQUET, PackagedFile
from filmscrape.exports.rights import HOME, statement
from filmscrape.exports.survey import Survey
from filmscrape.exports.tables import EVENTS, TABLES, Column, Table, Type
from filmscrape.records import Event

CONFORMS_TO: Final = "http://mlcommons.org/croissant/1.1"
_TERMS: Final = (
    *("arrayShape", "citeAs", "column", "containedIn", "equivalentProperty", "extract", "field", "fileObject"),
    *("fileProperty", "fileSet", "format", "includes", "isArray", "isLiveDataset", "jsonPath", "key", "md5"),
    *("parentField", "path", "recordSet", "references", "regex", "repeated", "replace", "samplingRate"),
    *("separator", "source", "subField", "transform"),
)
_CONTEXT: Final[dict[str, Any]] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "dct": "http://purl.org/dc/terms/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "sc": "https://schema.org/",
    **{term: f"cr:{term}" for term in _TERMS},
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "description": {"@container": "@language"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "name": {"@container": "@language"},
}
_TYPES: Final = {
    Type.TEXT: "sc:Text",
    Type.INTEGER: "sc:Integer",
    Type.BOOLEAN: "sc:Boolean",
    Type.TIMESTAMP: "sc:DateTime",
    Type.DATE: "sc:Date",
    Type.LIST: "sc:Text",
}
# The words that readers of Croissant know these formats by.
_ENCODINGS: Final = {JSON_LINES: "application/jsonlines", PARQUET: "application/x-parquet"}
_KEYS: Final = {table.name: table.key for table in TABLES}


def metadata(
    survey: Survey, title: str, description: str, citation: str, files: Sequence[PackagedFile]
) -> dict[str, Any]:
    """Describe the package.

    :param files: those to describe; ``events.jsonl`` and Parquet tables get a record set.
    """
    tables = [(file, file.table) for file in files if file.media_type == PARQUET]
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": CONFORMS_TO,
        "name": title,
        "description": description,
        "version": survey.version,
        "datePublished": survey.as_of[:10],
        "inLanguage": "en",
        "keywords": ["cinema", "film", "film festivals", "screenings"],
        "license": statement(survey.texts),
        "citeAs": citation,
        "creator": {"@type": "sc:Organization", "name": "filmscrape", "url": HOME},
        "url": HOME,
        "isBasedOn": [source.home for _, source in sorted(survey.sources.items()) if source.home],
        "distribution": [_file_object(file) for file in files],
        "recordSet": [_events(), *(_table(file.path, table) for file, table in tables if table is not None)],
    }


def _file_object(file: PackagedFile) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": file.path,
        "name": file.path,
        "contentUrl": file.path,
        "contentSize": f"{file.bytes} B",
        "encodingFormat": _ENCODINGS.get(file.media_type, file.media_type),
        "sha256": file.sha256,
    }


def _events() -> dict[str, Any]:
    """The events of the JSON Lines: what the record itself has, without its lists of parts."""
    columns = [column for column in EVENTS.columns if column.name in Event.model_fields]
    return {
        "@type": "cr:RecordSet",
        "@id": "events",
        "name": "events",
        "description": "One record for each page of a festival or cinema: what is shown, without its parts.",
        "key": {"@id": "events/id"},
        "field": [_field("events", "events.jsonl", column) for column in columns],
    }


def _table(path: str, table: Table) -> dict[str, Any]:
    name = f"table/{table.name}"
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "description": table.summary,
        "key": [{"@id": f"{name}/{column}"} for column in table.key],
        "field": [_field(name, path, column, _references(table, column)) for column in table.columns],
    }


def _references(table: Table, column: Column) -> str | None:
    """The field of another table that names the row which a column means; Croissant has keys of one column only."""
    for reference in table.references:
        if reference.columns == (column.name,):
            return f"table/{reference.table}/{_KEYS[reference.table][0]}"
    return None


def _field(record_set: str, file: str, column: Column, references: str | None = None) -> dict[str, Any]:
    return {
        "@type": "cr:Field",
        "@id": f"{record_set}/{column.name}",
        "name": column.name,
        "description": column.description,
        "dataType": _TYPES[column.type],
        **({"isArray": True, "arrayShape": "-1"} if column.type is Type.LIST else {}),
        "source": {"fileObject": {"@id": file}, "extract": {"column": column.name}},
        **({"references": {"field": {"@id": references}}} if references else {}),
    }
