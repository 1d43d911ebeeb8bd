"""The dataset as tables: which there are, their columns and types. CSV, Parquet and SQLite are written from this.

Names, types and descriptions come from the record (:mod:`filmscrape.records`), so that a new field of it is a new
column everywhere. Lists of words stay lists, in their cell; lists of parts have a table of their own.
"""

import types
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from hashlib import sha256
from typing import Annotated, Literal, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel

from filmscrape.records import (
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

ACTOR = "actor"
"""The role of a credit that comes from the cast; no role of the crew has this name."""
_INSTANTS = ("starts_at", "ends_at", "first_seen", "last_seen", "fetched_at")
_UNITS = {"runtime_minutes": "minute"}
PROVENANCE = "provenance_"
"""What the columns of ``events`` begin with that come from the record's provenance."""


class Type(Enum):
    """What a column holds."""

    TEXT = "text"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    TIMESTAMP = "timestamp"
    """An instant, UTC, to the second."""
    DATE = "date"
    LIST = "list"
    """Of text."""


@dataclass(frozen=True)
class Column:
    """A column of a table.

    :ivar field: what the record calls it.
    :ivar required: never null.
    :ivar unit: of a measure.
    """

    name: str
    type: Type
    description: str
    required: bool = False
    field: str = ""
    unit: str | None = None


class Reference(NamedTuple):
    """Columns that name a row of another table by its key."""

    columns: tuple[str, ...]
    table: str


@dataclass(frozen=True)
class Table:
    """A table.

    :ivar key: the columns that name a row.
    """

    name: str
    summary: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ("event_id", "position")
    references: tuple[Reference, ...] = (Reference(("event_id",), "events"),)


def person_id(name: str) -> str:
    """Make the id of a person's row from the name: ``Jean-Luc O’Brien`` is ``jean-luc-o-brien``.

    It is a name and no identity: two people of one name share it, and one person written in two ways has two. Case and
    punctuation do not count; accents do, for ``Ana Peña`` and ``Ana Pena`` may be two people.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    kept = "".join(sign if unicodedata.category(sign)[0] in "LMN" else " " for sign in folded)
    return "-".join(kept.split()) or sha256(name.encode()).hexdigest()[:16]


# ---------------------------------------------------------------------- columns
def _type_of(name: str, annotation: object) -> Type | None:
    """What a field of the record is in a table; None for one that has a table of its own."""
    if get_origin(annotation) in (Union, types.UnionType):
        annotation = next(choice for choice in get_args(annotation) if choice is not types.NoneType)
    if get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) is Literal or annotation is str:
        return Type.TIMESTAMP if name in _INSTANTS else Type.TEXT
    if get_origin(annotation) is list:
        return Type.LIST if _type_of("", get_args(annotation)[0]) is Type.TEXT else None
    return {int: Type.INTEGER, bool: Type.BOOLEAN}.get(annotation) if isinstance(annotation, type) else None


def _columns(part: type[BaseModel], prefix: str = "") -> tuple[Column, ...]:
    """The columns of a part of the record, in its order."""
    found = []
    for name, field in part.model_fields.items():
        if kind := _type_of(name, field.annotation):
            required = types.NoneType not in get_args(field.annotation)
            description = field.description or ""
            found.append(Column(prefix + name, kind, description, required, name, _UNITS.get(name)))
    return tuple(found)


_EVENT_ID = Column("event_id", Type.TEXT, "the event", required=True)
_PERSON_ID = Column("person_id", Type.TEXT, "made from the name; a name and no identity", required=True)


def _position(meaning: str) -> Column:
    return Column("position", Type.INTEGER, f"{meaning}, from 1", required=True)


def _list(name: str, summary: str, part: type[BaseModel]) -> Table:
    """The table of a list of parts."""
    return Table(name, summary, (_EVENT_ID, _position("place in the event's list"), *_columns(part)))


def _screening_columns() -> tuple[Column, ...]:
    """Of each time the instant, the words of the record, and of the start the day on which one goes there."""
    found: list[Column] = []
    for column in _columns(Screening):
        if column.type is Type.TIMESTAMP:
            found.append(replace(column, description="the instant, UTC"))
            printed = f"{column.description}; as the record has it"
            found.append(replace(column, name=f"{column.name}_local", type=Type.TEXT, description=printed))
        else:
            found.append(replace(column, name="source_id") if column.name == "id" else column)
    day = Column("starts_on", Type.DATE, "the day at the venue", required=True)
    return (*found[:3], day, *found[3:])


_NAME, _ROLE, _CREDIT = _columns(CrewMember)

EVENTS = Table(
    "events",
    "One row for each page of a festival or cinema: what is shown, and where the record comes from.",
    (*_columns(Event), *_columns(Provenance, PROVENANCE)),
    key=("id",),
    references=(),
)
SCREENINGS = Table(
    "screenings",
    "When and where an event is shown.",
    (_EVENT_ID, _position("place in the event's list, by start"), *_screening_columns()),
)
CREDITS = Table(
    "credits",
    "Who made a film, and who plays in it: the crew in the page's order, then the cast in billing order.",
    (
        _EVENT_ID,
        _position("place among the event's credits"),
        _PERSON_ID,
        replace(_NAME, description="the name as the page has it"),
        replace(_ROLE, description=f"the kind of work; `{ACTOR}` for the cast, `other` for a label outside the list"),
        replace(_CREDIT, required=False, description="the page's label, verbatim; null for the cast"),
        Column("character", Type.TEXT, "the part played; null for the crew"),
    ),
    references=(Reference(("event_id",), "events"), Reference(("person_id",), "people")),
)
LANGUAGES = Table(
    "languages",
    "Languages that are spoken or signed, and languages of subtitles.",
    (
        _EVENT_ID,
        Column("use", Type.TEXT, "`spoken` (or signed) or `subtitles` (or captions)", required=True),
        _position("place in the event's list of this use"),
        *_columns(Language),
    ),
    key=("event_id", "use", "position"),
)
INTRODUCTIONS = Table(
    "introductions",
    "People whom a page introduces: the director, a guest.",
    (_EVENT_ID, _position("place in the event's list"), _PERSON_ID, *_columns(Person)),
    references=CREDITS.references,
)
FILMOGRAPHIES = Table(
    "filmographies",
    "Earlier films of the people whom a page introduces.",
    (
        _EVENT_ID,
        Column("introduction", Type.INTEGER, "position of the introduction", required=True),
        _position("place in the filmography"),
        *_columns(FilmographyEntry),
    ),
    key=("event_id", "introduction", "position"),
    references=(Reference(("event_id", "introduction"), "introductions"),),
)
SHORTS = _list("shorts", "Films inside a programme.", Short)
SHORTS = replace(
    SHORTS,
    columns=(
        *SHORTS.columns,
        Column("director_ids", Type.LIST, "the `person_id` of each of the directors, in their order", required=True),
    ),
)
STRATEGIES = Table(
    "strategies",
    "How each field of an event was found on its page.",
    (
        _EVENT_ID,
        Column("field", Type.TEXT, "the field of the record", required=True),
        Column("strategy", Type.TEXT, "the strategy that found it", required=True),
    ),
    key=("event_id", "field"),
)
PEOPLE = Table(
    "people",
    "One row for each name that is credited, introduced, or directs a short.",
    (_PERSON_ID, Column("name", Type.TEXT, "its most frequent spelling", required=True)),
    key=("person_id",),
    references=(),
)
LISTS = {
    "countries": _list("countries", "Countries of production.", Country),
    "quotes": _list("quotes", "Press quotes.", Quote),
    "partners": _list("partners", "Sponsors.", Partner),
    "links": _list("links", "A page's own links for its event.", Link),
    "images": _list("images", "An event's own images, the main one first. Links only.", Image),
    "extra": _list("extra", "Labelled facts that the extractor does not know, verbatim.", Extra),
}
"""Tables that are as the record's list of the same name."""

TABLES: Sequence[Table] = (
    EVENTS,
    SCREENINGS,
    CREDITS,
    LANGUAGES,
    LISTS["countries"],
    SHORTS,
    INTRODUCTIONS,
    FILMOGRAPHIES,
    *(table for name, table in LISTS.items() if name != "countries"),
    STRATEGIES,
    PEOPLE,
)
