"""The rows of the tables, event by event."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from itertools import chain

from pydantic import BaseModel

from filmscrape.exports.dataset import Dataset
from filmscrape.exports.tables import (
    ACTOR,
    CREDITS,
    EVENTS,
    FILMOGRAPHIES,
    INTRODUCTIONS,
    LANGUAGES,
    LISTS,
    PEOPLE,
    PROVENANCE,
    SCREENINGS,
    SHORTS,
    STRATEGIES,
    TABLES,
    Column,
    Table,
    Type,
    person_id,
)
from filmscrape.records import Event

Value = str | int | bool | datetime | date | list[str] | None
Row = tuple[Value, ...]

BATCH = 5_000
"""Rows that are held for a table before they are written: some 20 MB of events with their texts."""

_EVENT = [column for column in EVENTS.columns if not column.name.startswith(PROVENANCE)]
_PROVENANCE = [column for column in EVENTS.columns if column.name.startswith(PROVENANCE)]
# Behind the event's id and the position stands what the record has itself.
_OF_LIST = {name: [column for column in table.columns if column.field] for name, table in LISTS.items()}
_OF_SHORT = [column for column in SHORTS.columns if column.field]
_OF_INTRODUCTION = [column for column in INTRODUCTIONS.columns if column.field]
_OF_SCREENING = [column for column in SCREENINGS.columns if column.name not in ("event_id", "position")]


def batches(dataset: Dataset, size: int = BATCH) -> Iterator[tuple[Table, Sequence[Row]]]:
    """Read the dataset once, and hand out the rows of its tables in order, at most ``size`` at a time.

    A table that has none is left out; ``people`` comes last.

    :raises DatasetUnreadable: where a line is no record.
    """
    pending: dict[str, list[Row]] = {table.name: [] for table in TABLES}
    tables = {table.name: table for table in TABLES}
    spellings: Counter[str] = Counter()
    for event in dataset.events():
        spellings.update(_names(event))
        for table, row in _rows(event):
            rows = pending[table.name]
            rows.append(row)
            if len(rows) == size:
                yield table, rows
                pending[table.name] = []
    pending[PEOPLE.name] = list(_people(spellings))
    for name, rows in pending.items():
        for start in range(0, len(rows), size):
            yield tables[name], rows[start : start + size]


def instant(text: str) -> datetime:
    """A time of the record as UTC."""
    return datetime.fromisoformat(text).astimezone(UTC)


def as_text(time: datetime) -> str:
    """A UTC time as the contract writes it, for formats that have no type for it."""
    return time.isoformat().replace("+00:00", "Z")


def as_json(items: list[str]) -> str:
    """A list in a cell, for formats that have no type for it."""
    return json.dumps(items, ensure_ascii=False)


def _rows(event: Event) -> Iterator[tuple[Table, Row]]:
    """All rows of an event."""
    yield EVENTS, (*_values(event, _EVENT), *_values(event.provenance, _PROVENANCE))
    for place, screening in enumerate(event.screenings, 1):
        starts_on = date.fromisoformat(screening.starts_at[:10])
        values = (starts_on if c.type is Type.DATE else _value(screening, c) for c in _OF_SCREENING)
        yield SCREENINGS, (event.id, place, *values)
    yield from _credits(event)
    yield from _languages(event)
    yield from _introductions(event)
    for place, short in enumerate(event.shorts, 1):
        yield SHORTS, (event.id, place, *_values(short, _OF_SHORT), list(map(person_id, short.directors)))
    for name, table in LISTS.items():
        for place, part in enumerate(getattr(event, name), 1):
            yield table, (event.id, place, *_values(part, _OF_LIST[name]))
    for field, strategy in event.provenance.fields.items():
        yield STRATEGIES, (event.id, field, strategy)


def _value(part: BaseModel, column: Column) -> Value:
    value: Value = getattr(part, column.field)
    return instant(value) if column.type is Type.TIMESTAMP and isinstance(value, str) else value


def _values(part: BaseModel, columns: Iterable[Column]) -> Iterator[Value]:
    return (_value(part, column) for column in columns)


def _credits(event: Event) -> Iterator[tuple[Table, Row]]:
    crew = ((one.name, one.role, one.credit, None) for one in event.crew)
    cast = ((one.name, ACTOR, None, one.character) for one in event.cast)
    for place, (name, *rest) in enumerate(chain(crew, cast), 1):
        yield CREDITS, (event.id, place, person_id(name), name, *rest)


def _languages(event: Event) -> Iterator[tuple[Table, Row]]:
    for use, languages in (("spoken", event.languages), ("subtitles", event.subtitles)):
        for place, language in enumerate(languages, 1):
            yield LANGUAGES, (event.id, use, place, language.name, language.code)


def _introductions(event: Event) -> Iterator[tuple[Table, Row]]:
    for place, person in enumerate(event.people, 1):
        yield INTRODUCTIONS, (event.id, place, person_id(person.name), *_values(person, _OF_INTRODUCTION))
        for number, film in enumerate(person.filmography, 1):
            yield FILMOGRAPHIES, (event.id, place, number, film.title, film.year)


def _names(event: Event) -> Iterator[str]:
    """Everybody whom an event names, as often as it does."""
    for parts in (event.crew, event.cast, event.people):
        yield from (part.name for part in parts)
    for short in event.shorts:
        yield from short.directors


def _people(spellings: Counter[str]) -> Iterator[Row]:
    """A row for each person: the most frequent spelling, among equals the first by code point."""
    chosen: dict[str, str] = {}
    for name in sorted(spellings, key=lambda name: (-spellings[name], name)):
        chosen.setdefault(person_id(name), name)
    yield from sorted(chosen.items())
