"""Works, manifestations, agents and public events: valid by their schema, and AVefi's terms where there are some."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from filmscrape.exports import en15907
from filmscrape.exports.dataset import Dataset
from filmscrape.exports.en15907_terms import formats, local, web_resources
from filmscrape.fixtures import Fixture
from filmscrape.records import Event
from tests.fixtures import fixture_folders, set_by_the_run
from tests.records import director, event, screening

SCHEMA: dict[str, Any] = json.loads(Path(en15907.__file__).with_name(en15907.SCHEMA).read_text(encoding="utf-8"))
CLASSES = {"works": "WorkVariant", "manifestations": "Manifestation", "events": "PublicEvent", "agents": "Agent"}
EVENTS = [fixture for folder in fixture_folders() for fixture in Fixture.all(folder) if fixture.meta["kind"] == "event"]


def short(title: str = "Drift", **values: Any) -> dict[str, Any]:
    return {"title": title, "directors": [], "places": [], "runtime_minutes": None, "synopsis": None, **values}


def file_of(folder: Path, *events: Event) -> Path:
    path = folder / "events.jsonl"
    path.write_text("".join(one.model_dump_json() + "\n" for one in sorted(events, key=lambda one: one.id)), "utf-8")
    return path


def exported(folder: Path, *events: Event, texts: bool = True) -> dict[str, list[dict[str, Any]]]:
    """The records of each file, all valid."""
    out = folder / "en15907"
    out.mkdir(exist_ok=True)
    en15907.write(Dataset([file_of(folder, *events)], texts=texts), out)
    found = {name: [json.loads(line) for line in (out / f"{name}.jsonl").read_bytes().splitlines()] for name in CLASSES}
    for name, lines in found.items():
        for line in lines:
            check(name, line)
    return found


@cache
def validator(name: str) -> Draft202012Validator:
    Draft202012Validator.check_schema(SCHEMA)
    return Draft202012Validator({**SCHEMA, "oneOf": [{"$ref": f"#/$defs/{CLASSES[name]}"}]})


def check(name: str, record: dict[str, Any]) -> None:
    faults = [f"{fault.json_path}: {fault.message}" for fault in validator(name).iter_errors(record)]
    assert faults == [], record


def activities(work: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Class, type and agents of each activity."""
    return [
        (one["category"], one.get("type"), [agent["has_name"] for agent in one["has_agent"]])
        for one in work["has_event"][0]["has_activity"]
    ]


@pytest.mark.parametrize("fixture", EVENTS, ids=lambda fixture: fixture.name)
def test_what_a_page_gives_is_valid(fixture: Fixture) -> None:
    record = Event.model_validate({**fixture.expected, **set_by_the_run(fixture)})
    found = list(en15907.records(record))
    for name, line in found:
        check(name, line)
    works = [line for name, line in found if name == "works"]
    assert len(works) == (record.kind in ("film", "shorts")) + len(record.shorts)
    assert sum(name == "events" for name, _ in found) == len(record.screenings)


def test_each_file_of_the_fixtures_is_valid_and_links_hold(tmp_path: Path) -> None:
    found = exported(tmp_path, *(Event.model_validate({**one.expected, **set_by_the_run(one)}) for one in EVENTS))
    ids = {name: [line["has_identifier"][0]["id"] for line in lines] for name, lines in found.items()}
    assert all(len(set(known)) == len(known) > 0 for known in ids.values())
    works, shown, agents = (set(ids[name]) for name in ("works", "manifestations", "agents"))
    assert {one["id"] for line in found["manifestations"] for one in line["is_manifestation_of"]} <= works
    assert {one["id"] for line in found["events"] for one in line.get("is_event_of", ())} <= shown
    assert {one["id"] for line in found["works"] for one in line.get("is_part_of", ())} <= works
    named = {
        agent["has_identifier"][0]["id"]
        for line in found["works"]
        for made in line.get("has_event", ())
        for activity in made.get("has_activity", ())
        for agent in activity["has_agent"]
    }
    assert named == agents


def test_a_film(tmp_path: Path) -> None:
    film = event(
        title="Augure",
        alternative_titles=["Omen"],
        year=2023,
        year_end=2024,
        runtime_minutes=92,
        notes=["35mm print"],
        countries=[{"name": "Belgium", "code": "BE"}],
        languages=[
            {"name": "French", "code": "fr"},
            {"name": "Cantonese", "code": "yue"},
            {"name": "Inuktut", "code": None},
        ],
        subtitles=[{"name": "English", "code": "en"}],
        genres=["Drama"],
        crew=[
            director("Ana Peña"),
            {"name": "Bo Li", "role": "screenwriter", "credit": "Writers"},
            {"name": "Cy Fox", "role": "screenwriter", "credit": "Writers"},
            {"name": "Di Ray", "role": "other", "credit": "Choreography"},
            {"name": "Ed Orr", "role": "editor", "credit": "Editor"},
        ],
        cast=[{"name": "Ana Peña", "character": "Koffi"}],
        screenings=[screening()],
    )
    found = exported(tmp_path, film)
    (work,), (shown,), (public,) = found["works"], found["manifestations"], found["events"]
    assert work["type"] == "Monographic"
    assert work["has_primary_title"] == {"has_name": "Augure", "type": "PreferredTitle"}
    assert work["has_alternative_title"] == [{"has_name": "Omen", "type": "AlternativeTitle"}]
    assert work["has_event"][0]["has_date"] == "2023/2024"
    assert [place["has_name"] for place in work["has_event"][0]["located_in"]] == ["Belgium"]
    assert activities(work) == [
        ("avefi:DirectingActivity", "Director", ["Ana Peña"]),
        ("avefi:WritingActivity", "Writer", ["Bo Li", "Cy Fox"]),
        ("filmscrape:OtherActivity", None, ["Di Ray"]),
        ("avefi:EditingActivity", "FilmEditor", ["Ed Orr"]),
        ("avefi:CastActivity", "CastMember", ["Ana Peña"]),
    ]
    assert work["has_event"][0]["has_activity"][-1]["has_agent"][0]["has_character"] == "Koffi"
    assert work["has_genre"] == [{"has_name": "Drama"}]
    assert shown["has_duration"] == {"has_value": "PT01H32M00S"}
    assert shown["has_format"] == [{"category": "avefi:Film", "type": "35mmFilm"}]
    assert [(one["usage"], one.get("code")) for one in shown["in_language"]] == [
        (["SpokenLanguage"], "fre"),
        (["SpokenLanguage"], "chi"),
        (["SpokenLanguage"], None),
        (["Subtitles"], "eng"),
    ]
    assert public["category"] == "filmscrape:PublicScreening"
    assert (public["has_date"], public["starts_at"]) == ("2026-12-05", "2026-12-05T19:50:00-07:00")
    assert public["is_event_of"] == shown["has_identifier"]
    agents = {line["has_name"]: line["has_activity_type"] for line in found["agents"]}
    assert agents["Ana Peña"] == ["CastMember", "Director"]
    assert agents["Di Ray"] == ["Other"]


def test_a_film_without_dialogue_and_one_in_sign_language(tmp_path: Path) -> None:
    silent = event(id="festival:a", no_dialogue=True)
    signed = event(id="festival:b", languages=[{"name": "American Sign Language", "code": "ase"}])
    first, second = exported(tmp_path, silent, signed)["manifestations"]
    assert first["in_language"] == [{"usage": ["NoDialogue"]}]
    assert second["in_language"] == [
        {"usage": ["SignedLanguage"], "has_name": "American Sign Language", "has_tag": "ase"}
    ]


def test_shorts_are_works_of_their_own_inside_a_programme(tmp_path: Path) -> None:
    shorts = [short(directors=["Ana Peña"], places=["QC"], runtime_minutes=7), short("Ebb"), short()]
    programme, *parts = exported(tmp_path, event(kind="shorts", shorts=shorts))["works"]
    assert programme["type"] == "Collection"
    assert [part["has_primary_title"]["has_name"] for part in parts] == ["Drift", "Ebb", "Drift"]
    assert all(part["is_part_of"] == programme["has_identifier"] and part["has_form"] == ["Short"] for part in parts)
    assert len({part["has_identifier"][0]["id"] for part in parts}) == 3
    assert activities(parts[0]) == [("avefi:DirectingActivity", "Director", ["Ana Peña"])]
    assert "has_event" not in parts[1]


def test_a_talk_is_a_public_event_and_no_work(tmp_path: Path) -> None:
    found = exported(tmp_path, event(kind="talk", screenings=[screening()]))
    assert found["works"] == found["manifestations"] == []
    assert found["events"][0]["category"] == "filmscrape:PublicEvent"
    assert "is_event_of" not in found["events"][0]


def test_screenings_at_one_time_and_place_are_told_apart(tmp_path: Path) -> None:
    found = exported(tmp_path, event(screenings=[screening(), screening(), screening(venue=None)]))
    assert len({line["has_identifier"][0]["id"] for line in found["events"]}) == 3


def test_spellings_of_a_name_are_one_agent(tmp_path: Path) -> None:
    films = [event(id=f"festival:{n}", crew=[director(name)]) for n, name in enumerate(["Bo Li", "BO LI", "Bo Li"])]
    (agent,) = exported(tmp_path, *films)["agents"]
    assert (agent["has_name"], agent["has_alternate_name"]) == ("Bo Li", ["BO LI"])


def test_texts_are_left_out_where_that_is_asked_for(tmp_path: Path) -> None:
    told = event(kind="shorts", summary="A blurb.", synopsis="A story.", shorts=[short(synopsis="A tale.")])
    programme, part = exported(tmp_path, told)["works"]
    assert [text["has_text"] for text in programme["has_content_description"]] == ["A blurb.", "A story."]
    assert part["has_content_description"] == [{"type": "Synopsis", "has_text": "A tale."}]
    assert not any("has_content_description" in work for work in exported(tmp_path, told, texts=False)["works"])


def test_words_of_strangers_stay_words(tmp_path: Path) -> None:
    hostile = "\"'&<x onerror=1>\\u0022"
    slug = "festival:a\"b'c&d"
    found = exported(
        tmp_path,
        event(
            id=slug,
            title=hostile,
            crew=[director(hostile)],
            shorts=[short(hostile, runtime_minutes=3)],
            url="https://[festival?x=<",
            screenings=[screening(venue=hostile, booking_url="https://festival.example?b=<a>")],
        ),
    )
    assert found["works"][0]["has_primary_title"]["has_name"] == hostile
    assert found["works"][0]["has_identifier"] == [{"category": "avefi:LocalResource", "id": "festival:a%22b%27c%26d"}]
    assert found["events"][0]["has_webresource"] == ["https://festival.example/?b=%3Ca%3E"]


def test_the_same_dataset_gives_the_same_bytes(tmp_path: Path) -> None:
    dataset = Dataset([file_of(tmp_path, event(crew=[director("Bo Li"), director("Al Ox")], screenings=[screening()]))])
    first, second = tmp_path / "one", tmp_path / "two"
    first.mkdir()
    second.mkdir()
    assert [path.read_bytes() for path in en15907.write(dataset, first)] == [
        path.read_bytes() for path in en15907.write(dataset, second)
    ]


@pytest.mark.parametrize(
    ("record", "why"),
    [
        ({"has_date": "2026"}, "no day"),
        ({"is_event_of": []}, "no manifestation"),
        ({"surprise": 1}, "an unknown slot"),
        ({"category": "filmscrape:PublicEvent"}, "a public event of a work"),
    ],
)
def test_the_schema_refuses_what_is_wrong(record: dict[str, Any], why: str) -> None:
    good = dict(list(en15907.records(event(screenings=[screening()])))[-1][1])
    check("events", good)
    assert list(validator("events").iter_errors({**good, **record})), why


def test_an_activity_has_the_types_of_its_class() -> None:
    name, work = next(iter(en15907.records(event(crew=[director("Bo Li")]))))
    check(name, work)
    work["has_event"][0]["has_activity"][0]["type"] = "Writer"
    assert list(validator(name).iter_errors(work))


@pytest.mark.parametrize(
    ("note", "gauges"),
    [
        ("35mm", ["35mmFilm"]),
        ("35mm Print", ["35mmFilm"]),
        ("70 mm", ["70mmFilm"]),
        ("35mm and digital", []),
        ("IMAX", []),
    ],
)
def test_a_gauge_is_taken_from_a_note_that_says_nothing_else(note: str, gauges: list[str]) -> None:
    assert [one["type"] for one in formats([note])] == gauges


def test_identifiers_and_addresses_are_such_as_avefi_takes() -> None:
    assert local("festival:é x")["id"] == "festival:é%20x"
    assert web_resources("https://festival.example?p=1", None, "javascript:alert(1)") == [
        "https://festival.example/?p=1"
    ]
