"""The reference of the output, generated from the models: ``docs/event.schema.json`` and ``docs/data-format.md``.

``python -m filmscrape.reference docs`` writes both; a test fails when they differ from :mod:`filmscrape.records`.
"""

import json
import sys
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel

from filmscrape.records import (
    SCHEMA_VERSION,
    CastMember,
    Country,
    CrewMember,
    Event,
    Extra,
    FilmographyEntry,
    Image,
    Language,
    Link,
    Partner,
    Person,
    Provenance,
    Quote,
    Screening,
    Short,
)

PARTS: tuple[type[BaseModel], ...] = (
    Quote, Country, Language, CastMember, CrewMember, Person, FilmographyEntry,
    Screening, Short, Partner, Link, Image, Extra, Provenance,
)  # fmt: skip

INTRODUCTION = f"""\
# The data format

Version {SCHEMA_VERSION}. One line of `events.jsonl` is one event: one page of a festival or cinema, with the film (or
films) shown, who made it, and when it screens. Every key is always present; what the page does not say is
`null` or an empty list, never a guess, never `""`. `event.schema.json` beside this file is the same as JSON
Schema. Both are generated from `filmscrape/records.py`.
"""

RULES = """\
## Rules

- **Nothing is guessed.** A value that is there but cannot be read is `null` in its field, stays verbatim in `extra`,
  and is counted as a problem of the run.
- **Several people in one value** are split, but a name is never broken: `Gordon Parks, Jr.` is one, `Lilly and
  Lana Wachowski` are `Lilly Wachowski` and `Lana Wachowski`. `Various` is nobody.
- **The year of a screening** is the one in which the printed weekday fits, nearest to the day on which the page was
  captured. Offsets come from the newest zone database at hand (British Columbia: UTC-7 all year since 2026).
- **Text** is Unicode NFC, entities decoded, spaces collapsed, paragraphs kept, no markup, no control characters.
- Lines are sorted by `id`, keys stand in the order of the table; the same input gives the same bytes (`first_seen`,
  `last_seen` and `provenance` aside).
- Addresses are absolute and on the public site, also when the page was read from a mirror, a WARC or a web archive.
  White space, controls and bidi overrides in them are percent-encoded, as browsers ask for them.
"""


def json_schema() -> str:
    """The JSON Schema of an event as text, keys in the order of the models."""
    schema = Event.model_json_schema(mode="serialization")
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"filmscrape event {SCHEMA_VERSION}",
        **{key: value for key, value in schema.items() if key != "title"},
    }
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"


def data_format() -> str:
    """The table of fields in Markdown."""
    parts = [INTRODUCTION, "## Event\n", _table(Event)]
    for part in PARTS:
        parts += [f"## {part.__name__}\n", f"{(part.__doc__ or '').strip()}\n", _table(part)]
    return "\n".join([*parts, RULES])


def _table(model: type[BaseModel]) -> str:
    rows = ["| field | type | meaning |", "| --- | --- | --- |"]
    for name, info in model.model_fields.items():
        rows.append(f"| `{name}` | {_type_name(info.annotation)} | {info.description} |")
    return "\n".join(rows) + "\n"


def _type_name(kind: Any) -> str:
    """A type as readers of JSON know it."""
    origin = get_origin(kind)
    if origin is Annotated:
        return _type_name(get_args(kind)[0])
    if origin is Literal:
        return ", ".join(f"`{value}`" for value in get_args(kind))
    if origin is list:
        return f"list of {_type_name(get_args(kind)[0])}"
    if origin is dict:
        return "object"
    if origin is UnionType or NoneType in get_args(kind):
        return " or ".join("null" if part is NoneType else _type_name(part) for part in get_args(kind))
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return f"[{kind.__name__}](#{kind.__name__.lower()})"
    return {str: "string", int: "integer", bool: "boolean"}[kind]


def write(folder: Path) -> None:
    """Write both files into ``folder``."""
    (folder / "event.schema.json").write_text(json_schema(), encoding="utf-8")
    (folder / "data-format.md").write_text(data_format(), encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
