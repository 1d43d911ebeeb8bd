"""JSON-LD: expanded by a library without a network, and of the shape that its readers want."""

import json
from pathlib import Path
from typing import Any

import pytest
from pyld import jsonld as pyld

from filmscrape.exports.jsonld import event_jsonld, script_json, write
from filmscrape.records import Event
from tests.exports.stored import dataset_of, files, fixtures
from tests.records import director, event, screening

SCHEMA = "https://schema.org/"
PAGE = "https://festival.example/whats-on/here/"


def refused(url: str, _: Any) -> Any:
    raise AssertionError(f"a context is to be fetched: {url}")


def expanded(document: Any) -> list[dict[str, Any]]:
    return list(pyld.expand(document, {"documentLoader": refused}))


def graph(shown: Event) -> dict[str, dict[str, Any]]:
    """The nodes of an event, by the fragment of their address."""
    found = event_jsonld(shown)["@graph"]
    return {node["@id"].split("#")[1]: node for node in found}


def of_type(shown: Event, kind: str) -> list[dict[str, Any]]:
    return [node for node in event_jsonld(shown)["@graph"] if node["@type"] == kind]


def test_each_document_expands_to_terms_of_schema_org_and_loses_nothing() -> None:
    for shown in fixtures():
        document = event_jsonld(shown)
        found = expanded(document)
        assert [node["@id"] for node in found] == [node["@id"] for node in document["@graph"]]
        for node, plain in zip(found, document["@graph"], strict=True):
            assert node["@type"] == [SCHEMA + plain["@type"]]
            assert {key for key in node if key[0] != "@"} == {SCHEMA + key for key in plain if key[0] != "@"}
            assert node["@id"].startswith("https://")
        assert len({node["@id"] for node in found}) == len(found)


def test_each_node_has_what_its_type_needs() -> None:
    seen = set()
    for shown in fixtures():
        ids = {node["@id"] for node in event_jsonld(shown)["@graph"]}
        for node in event_jsonld(shown)["@graph"]:
            seen.add(node["@type"])
            assert node["name"]
            assert None not in node.values()
            if node["@type"] in ("ScreeningEvent", "EducationEvent", "Event") and not node["@id"].endswith("#event"):
                assert node["startDate"] in {one.starts_at for one in shown.screenings}
                assert node["eventStatus"] in (SCHEMA + "EventScheduled", SCHEMA + "EventCancelled")
            assert {part["@id"] for part in node.get("workPresented", [])} <= ids
    assert {"Movie", "CreativeWork", "ScreeningEvent"} <= seen


def test_a_film_its_credits_and_its_screening() -> None:
    shown = event(
        runtime_minutes=104, year=2023, alternative_titles=["Hier"], awards=["A prize"], rating="19+", notes=["35mm"],
        countries=[{"name": "Belgium", "code": "BE"}], languages=[{"name": "Dutch", "code": "nl"}],
        subtitles=[{"name": "English", "code": "en"}],
        cast=[{"name": "Liyo Gong", "character": "Shuxiu"}, {"name": "Ann", "character": None}],
        crew=[director("Bas Devos"), {"name": "Brecht", "role": "composer", "credit": "Music"},
              {"name": "Grimm", "role": "cinematographer", "credit": "Camera"},
              {"name": "Quetzalcoatl", "role": "other", "credit": "Production Company"}],
        screenings=[screening(id="7", availability="standby", booking_url="https://tickets.example/7")],
    )  # fmt: skip
    film, shows = graph(shown)["film"], graph(shown)["screening-7"]
    assert (film["@type"], film["duration"], film["dateCreated"]) == ("Movie", "PT104M", "2023")
    assert film["countryOfOrigin"] == [{"@type": "Country", "name": "Belgium", "identifier": "BE"}]
    assert (film["inLanguage"], film["subtitleLanguage"], film["award"]) == (["nl"], ["en"], ["A prize"])
    assert film["director"][0]["name"] == "Bas Devos"
    assert (film["actor"][0]["@type"], film["actor"][0]["characterName"]) == ("PerformanceRole", "Shuxiu")
    assert film["actor"][1]["@type"] == "Person"
    assert film["musicBy"][0]["name"] == "Brecht"
    assert film["contributor"][0]["roleName"] == "Camera"
    assert film["productionCompany"] == [{"@type": "Organization", "name": "Quetzalcoatl"}]
    assert shows["workPresented"] == [{"@id": f"{PAGE}#film"}]
    assert shows["startDate"] == "2026-12-05T19:50:00-07:00"
    assert shows["videoFormat"] == ["35mm"]
    (node,) = (node for node in expanded(event_jsonld(shown)) if node["@id"] == f"{PAGE}#screening-7")
    (offer,) = node[SCHEMA + "offers"]
    assert offer[SCHEMA + "availability"] == [{"@id": SCHEMA + "LimitedAvailability"}]
    assert offer[SCHEMA + "url"] == [{"@id": "https://tickets.example/7"}]
    assert node[SCHEMA + "startDate"] == [{"@type": SCHEMA + "DateTime", "@value": "2026-12-05T19:50:00-07:00"}]


@pytest.mark.parametrize(
    ("availability", "status", "state", "offer"),
    [
        ("available", "upcoming", "EventScheduled", "InStock"),
        ("sold_out", "upcoming", "EventScheduled", "SoldOut"),
        ("unknown", "upcoming", "EventScheduled", None),
        ("cancelled", "upcoming", "EventCancelled", None),
        ("unknown", "cancelled", "EventCancelled", None),
        ("past", "cancelled", "EventScheduled", None),
    ],
)
def test_availability_and_status_are_what_the_page_says(
    availability: str, status: str, state: str, offer: str | None
) -> None:
    shows = graph(event(status=status, screenings=[screening(id="7", availability=availability)]))["screening-7"]
    assert shows["eventStatus"] == SCHEMA + state
    assert shows.get("offers", {}).get("availability") == (SCHEMA + offer if offer else None)


def test_a_programme_presents_its_films() -> None:
    short = {"title": "Salt", "directors": ["Ann"], "places": ["QC"], "runtime_minutes": 5, "synopsis": None}
    shown = event(kind="shorts", shorts=[short, short], screenings=[screening(id="7")])
    films = of_type(shown, "Movie")
    assert [film["name"] for film in films] == ["Salt", "Salt"]
    ids = [{"@id": film["@id"]} for film in films]
    assert ids[0] != ids[1]
    assert graph(shown)["screening-7"]["workPresented"] == graph(shown)["programme"]["hasPart"] == ids


@pytest.mark.parametrize(("kind", "expected"), [("talk", "EducationEvent"), ("other", "Event")])
def test_what_is_no_film_is_an_event_and_no_film(kind: str, expected: str) -> None:
    guest: dict[str, Any] = {"name": "Ann", "role": "speaker", "bio": "A life.", "filmography": [], "image_url": None}
    crew = [{"name": "Ann", "role": "speaker", "credit": "Guest"}]
    timed = event(kind=kind, people=[guest], crew=crew, screenings=[screening(id="7")])
    assert graph(timed)["screening-7"]["@type"] == expected
    assert graph(timed)["screening-7"]["performer"][0]["name"] == "Ann"
    assert of_type(timed, "Person")[0]["description"] == "A life."
    assert of_type(timed, "Movie") == []
    assert graph(event(kind=kind))["event"]["@type"] == expected


def test_two_films_of_one_address_are_told_apart() -> None:
    one, two = event(id="festival:here"), event(id="festival:here--1983")
    assert event_jsonld(one)["@graph"][0]["@id"] != event_jsonld(two)["@graph"][0]["@id"]


def test_nothing_ends_the_script_that_holds_it() -> None:
    nasty = "</script ><!-- & \u2028 \" '"
    unchecked = event().model_copy(update={"synopsis": "x" + nasty})  # a record refuses as much itself
    text = script_json(event_jsonld(unchecked))
    assert not set("<>&\u2028\u2029\n") & set(text)
    assert json.loads(text)["@graph"][0]["description"] == "x" + nasty


def test_addresses_are_of_the_web_and_whole() -> None:
    shown = event(url='https://e.example/a"<b>#x', images=[{"url": "https://e.example/\ufeff", "alt": None}])
    film = event_jsonld(shown)["@graph"][0]
    assert film["@id"] == "https://e.example/a%22%3Cb%3E#film"
    assert film["image"][0]["contentUrl"] == "https://e.example/"


def test_the_dataset_is_one_document_with_a_node_a_line(tmp_path: Path) -> None:
    (path,) = write(dataset_of(tmp_path, *fixtures()), tmp_path / "out")
    write(dataset_of(tmp_path, *fixtures()), tmp_path / "again")
    assert files(tmp_path / "out") == files(tmp_path / "again")
    document = json.loads(path.read_text(encoding="utf-8"))
    nodes = [node for shown in sorted(fixtures(), key=lambda one: one.id) for node in event_jsonld(shown)["@graph"]]
    assert document["@graph"] == nodes
    assert len(path.read_text(encoding="utf-8").split("\n")) == len(nodes) + 3
    assert len(expanded(document)) == len(nodes)


def test_an_empty_dataset_is_an_empty_document(tmp_path: Path) -> None:
    (path,) = write(dataset_of(tmp_path), tmp_path / "out")
    assert expanded(json.loads(path.read_text(encoding="utf-8"))) == []


def test_texts_of_others_stay_out(tmp_path: Path) -> None:
    write(dataset_of(tmp_path, event(synopsis="Secret.", summary="Secret."), texts=False), tmp_path / "out")
    assert all(b"Secret" not in data for data in files(tmp_path / "out").values())


def test_screenings_that_nothing_tells_apart_are_nodes_of_their_own() -> None:
    shown = event(screenings=[screening(), screening(), screening(id="1"), screening(id="1")])
    nodes = [node for node in expanded(event_jsonld(shown)) if "ScreeningEvent" in node["@type"][0]]
    assert len({node["@id"] for node in nodes}) == 4


def test_nothing_is_sold_for_what_is_cancelled() -> None:
    shown = event(
        status="cancelled", screenings=[screening(availability="available", booking_url="https://t.example/1")]
    )
    (node,) = [node for node in event_jsonld(shown)["@graph"] if node["@type"] == "ScreeningEvent"]
    assert node["eventStatus"] == "https://schema.org/EventCancelled"
    assert node["offers"] == {"@type": "Offer", "url": "https://t.example/1"}
