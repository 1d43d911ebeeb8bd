"""Records made again from their tables: what cannot be made again was lost."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filmscrape.exports.dataset import as_plain
from filmscrape.exports.tables import LISTS, PROVENANCE, Table, Type
from filmscrape.fixtures import Fixture
from filmscrape.records import Event
from tests import records
from tests.crawling import ROOT, SOURCE
from tests.fixtures import set_by_the_run

Rows = Mapping[str, Iterable[Mapping[str, Any]]]
"""The rows of each table: text, numbers, truth, lists; times of UTC as text."""

FORMULAS = ["=cmd|' /C calc'!A0", "+1+1", "-2", "@SUM(1)", "'=1", "'71", "＝1", '"quoted", with a comma', "Zoë; “Ł”"]


def tricky() -> Event:
    """An event with something in every field, much of it unkind to spreadsheets."""
    person = {"name": "Ana Peña", "role": "director", "bio": "=1\n\n+2", "image_url": "https://i.example/1"}
    return records.event(
        id="festival:tricky",
        source_id="=7",
        title="-Égalité’s",
        kind="shorts",
        alternative_titles=FORMULAS,
        notes=["+35mm"],
        series=["@home"],
        premiere="=Premiere",
        awards=["-Award"],
        summary="=summary",
        synopsis='+wolverine\n\n=second, "quoted" paragraph',
        quotes=[{"text": "=great", "attribution": None}, {"text": "meagre", "attribution": "@critic"}],
        year=2021,
        year_end=2022,
        runtime_minutes=90,
        countries=[{"name": "Yugoslavia", "code": None}, {"name": "Canada", "code": "CA"}],
        languages=[{"name": "French", "code": "fr"}, {"name": "Klingonish", "code": None}],
        subtitles=[{"name": "English", "code": "en"}],
        language_note="=French",
        no_dialogue=True,
        genres=["Drama", "'71"],
        rating="+18",
        advisories=["-gore"],
        cast=[{"name": "ANA PEÑA", "character": "=X"}, {"name": "Bo", "character": None}],
        crew=[records.director("Ana Peña"), {"name": "Łukasz Żal", "role": "other", "credit": "=Gaffer"}],
        people=[
            {**person, "filmography": [{"title": "=First", "year": 1999}, {"title": "Next", "year": None}]},
            {"name": "Dee", "role": "speaker", "bio": None, "image_url": None, "filmography": []},
        ],
        screenings=[
            records.screening("2026-03-08T01:30:00-08:00", id="+5", notes=["=note"]),
            records.screening("2026-12-31T19:50:00-07:00", ends_at="2026-12-31T21:50:00-07:00", venue="=Hall"),
        ],
        shorts=[
            {"title": "=Sundog", "directors": ["Cy", "Bo"], "places": ["QC"], "runtime_minutes": 9, "synopsis": "-s"},
            {"title": "T", "directors": [], "places": [], "runtime_minutes": None, "synopsis": None},
        ],
        partners=[{"name": None, "credit": "=Partner"}],
        contact="@somebody",
        links=[{"label": "=Trailer", "url": "https://v.example/?a=1"}],
        images=[{"url": "https://i.example/2", "alt": "-alt"}],
        extra=[{"label": "=Ratio", "value": "+1.85:1"}],
        strategies={"title": "heading", "cast": "=known"},
    )


def from_fixtures() -> list[Event]:
    """The records of the bundled pages."""
    events = [
        fixture for fixture in Fixture.all(ROOT / "fixtures" / SOURCE) if (fixture.folder / "expected.json").exists()
    ]
    return [Event.model_validate({**fixture.expected, **set_by_the_run(fixture)}) for fixture in events]


def dataset_file(path: Path, *events: Event) -> Path:
    """A dataset of these events, each once."""
    lines = {event.id: event.model_dump_json() for event in events}
    path.write_text("".join(lines[id] + "\n" for id in sorted(lines)), encoding="utf-8")
    return path


def digests(paths: Iterable[Path]) -> dict[str, str]:
    """What stands in files, by their names."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def as_published(path: Path) -> list[dict[str, Any]]:
    """The records of a dataset, as its lines have them."""
    return [as_plain(Event.model_validate_json(line)) for line in path.read_bytes().splitlines()]


def rebuilt(tables: Rows) -> list[dict[str, Any]]:
    """Make the records again."""
    parts: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for name, rows in tables.items():
        parts[name] = defaultdict(list)
        if name not in ("events", "people"):
            for row in rows:
                parts[name][row["event_id"]].append(dict(row))
    return [_event(dict(row), {name: found[row["id"]] for name, found in parts.items()}) for row in tables["events"]]


def _event(row: dict[str, Any], parts: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    provenance = {name.removeprefix(PROVENANCE): row.pop(name) for name in list(row) if name.startswith(PROVENANCE)}
    provenance["fields"] = {each["field"]: each["strategy"] for each in parts["strategies"]}
    cast, crew = _credits(parts["credits"])
    found: dict[str, Any] = {**row, "cast": cast, "crew": crew, "provenance": provenance}
    found["people"] = _introductions(parts["introductions"], parts["filmographies"])
    found["screenings"] = [_screening(each) for each in parts["screenings"]]
    for use, field in (("spoken", "languages"), ("subtitles", "subtitles")):
        found[field] = [_only(each, "name", "code") for each in parts["languages"] if each["use"] == use]
    for name in ("shorts", *LISTS):
        ours = ("event_id", "position", "director_ids")
        found[name] = [{key: each[key] for key in each if key not in ours} for each in parts[name]]
    return as_plain(Event.model_validate(found))


def _credits(rows: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    assert [row["position"] for row in rows] == list(range(1, len(rows) + 1))
    cast = [_only(row, "name", "character") for row in rows if row["role"] == "actor"]
    return cast, [_only(row, "name", "role", "credit") for row in rows if row["role"] != "actor"]


def _introductions(rows: list[dict[str, Any]], films: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            **_only(row, "name", "role", "bio", "image_url"),
            "filmography": [_only(film, "title", "year") for film in films if film["introduction"] == row["position"]],
        }
        for row in rows
    ]


def _screening(row: dict[str, Any]) -> dict[str, Any]:
    local = datetime.fromisoformat(row["starts_at_local"])
    assert datetime.fromisoformat(row["starts_at"]) == local.astimezone(UTC)
    assert row["starts_on"] == local.date().isoformat()
    fields = _only(row, "timezone", "venue", "booking_url", "availability", "notes")
    times = {"starts_at": row["starts_at_local"], "ends_at": row["ends_at_local"]}
    return {"id": row["source_id"], **times, **fields}


def _only(row: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: row[name] for name in names}


def plain(value: object) -> Any:
    """A value of a reader as the rows above want it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return value.isoformat() if hasattr(value, "isoformat") else value


_DECODERS: dict[Type, Callable[[Any], Any]] = {
    Type.INTEGER: int,
    Type.BOOLEAN: lambda cell: {"true": True, "false": False}[cell] if isinstance(cell, str) else bool(cell),
    Type.LIST: json.loads,
}


def decoded(table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of a format that has fewer types than the tables."""
    return {
        column.name: None if (cell := row[column.name]) is None else _DECODERS.get(column.type, str)(cell)
        for column in table.columns
    }
