"""What a second reading changes, field by field; and how films at one address are parted."""

import json
from io import StringIO
from itertools import permutations
from typing import Any

import pytest

from filmscrape.archive.difference import Change, Difference, changes, print_difference
from filmscrape.runs.dataset import in_order
from filmscrape.runs.films import merge_films
from filmscrape.runs.merge import Venues, newest_first
from tests.records import PROVENANCE, director, event, sighting

OLD, NEW = "2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z"
ID = "festival:here"


def values(**fields: Any) -> dict[str, Any]:
    return dict(json.loads(event(**fields).model_dump_json()))


# ------------------------------------------------------------------ field by field
@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        ({}, {"year": 2023}, "gained"),
        ({"year": 2023}, {}, "lost"),
        ({"year": 2023}, {"year": 2024}, "changed"),
        ({}, {"genres": ["Drama"]}, "gained"),
        ({"genres": ["Drama"]}, {}, "lost"),
        ({"genres": ["Drama"]}, {"genres": ["Drama", "Comedy"]}, "changed"),
        ({"no_dialogue": True}, {}, "lost"),
        ({}, {"no_dialogue": True}, "gained"),
    ],
)
def test_kinds_of_change(old: dict[str, Any], new: dict[str, Any], kind: str) -> None:
    before, after = values(**old), values(**new)
    (field,) = {*old, *new}
    assert list(changes(before, after)) == [Change(ID, field, kind, before[field], after[field])]  # type: ignore[arg-type]


def test_times_and_provenance_are_no_change() -> None:
    assert list(changes(values(seen=OLD), values(seen=NEW, strategies={"year": "label"}))) == []


def test_difference_counts_all_and_keeps_some() -> None:
    difference = Difference(examples=1)
    difference.add(values(), values(year=2023))
    difference.add(values(year=2020), values(year=2023, genres=["Drama"]))
    difference.add(values(), values(year=2025))
    difference.add(values(), values())
    difference.add_new("festival:new")
    difference.add_new("festival:newer")
    difference.add_same()
    difference.keep(1)
    found = difference.as_json()
    assert found["events"] == {"added": 2, "changed": 3, "unchanged": 2, "not_read": 1}
    assert found["fields"] == {
        "year": {"gained": 2, "changed": 1, "lost": 0},
        "genres": {"gained": 1, "changed": 0, "lost": 0},
    }
    assert found["added"] == ["festival:new"]
    assert [(change["field"], change["kind"]) for change in found["examples"]] == [
        ("year", "gained"),
        ("year", "changed"),
        ("genres", "gained"),
    ]


def test_difference_in_words() -> None:
    difference = Difference(examples=3)
    difference.add(values(genres=["Drama", "Old"], title="Her"), values(genres=["Drama", "New"], year=2023))
    out = StringIO()
    print_difference(difference.as_json(), out)
    text = out.getvalue()
    assert "0 added, 1 changed, 0 unchanged, 0 not read" in text
    assert "changed  festival:here title: Her -> Here" in text
    assert "gained   festival:here year: null -> 2023" in text
    assert "changed  festival:here genres: -Old +New" in text


# ------------------------------------------------------------------ two films at one address
HAWKS: dict[str, Any] = {"title": "Scarface", "year": 1932, "crew": [director("Howard Hawks")]}
PALMA: dict[str, Any] = {"title": "Scarface", "year": 1983, "crew": [director("Brian De Palma")]}


def test_films_are_parted_in_any_order() -> None:
    pages = [
        event("2022-01-01T00:00:00Z", **HAWKS),
        event("2022-06-01T00:00:00Z", **HAWKS, rating="14A"),
        event("2024-01-01T00:00:00Z", **PALMA),
        event("2024-06-01T00:00:00Z", title="Scarface", year=None, rating="18A"),
    ]
    results = {
        tuple((e.id, e.year, e.rating, e.first_seen) for e in merge_films(newest_first(some), [], Venues()).events)
        for some in permutations(pages)
    }
    assert results == {
        (
            (ID, 1932, "14A", "2022-01-01T00:00:00Z"),
            (f"{ID}--1983", 1983, "18A", "2024-01-01T00:00:00Z"),
        )
    }


@pytest.mark.parametrize(
    ("seen", "more", "filled"),
    [
        ("2025-01-01T00:00:00Z", {}, 1983),
        ("2021-01-01T00:00:00Z", {}, 1932),
        ("2023-01-01T00:00:00Z", {}, None),
        ("2023-01-01T00:00:00Z", {"crew": [director("Howard Hawks")]}, 1932),
        ("2023-01-01T00:00:00Z", {"source_id": "7"}, 1983),
        ("2025-01-01T00:00:00Z", {"crew": [director("Howard Hawks")]}, 1932),
        ("2025-01-01T00:00:00Z", {"crew": [director("Somebody Else")]}, None),
    ],
)
def test_a_card_fills_the_film_that_it_is_of(seen: str, more: dict[str, Any], filled: int | None) -> None:
    pages = [event("2022-01-01T00:00:00Z", **HAWKS), event("2024-01-01T00:00:00Z", **PALMA, source_id="7")]
    card = sighting("card", seen, runtime_minutes=99, **more)
    films = merge_films(newest_first(pages), [card], Venues())
    assert [e.year for e in films.events if e.runtime_minutes == 99] == ([filled] if filled else [])
    assert (films.conflicts > 0) is (filled is None)


def test_one_film_stays_one_event() -> None:
    pages = [event(OLD, title="Here", year=2023), event(NEW, title="Here", year=2024), event(NEW, title="Here (4K)")]
    films = merge_films(newest_first(pages), [], Venues())
    assert [e.id for e in films.events] == [ID]


def test_events_stand_in_the_order_of_their_ids() -> None:
    groups = [[("a", 1), ("a--1983", 2)], [("a+b", 3)], [("a-", 4)], [("a--1", 5)], [("b", 6)]]
    groups.sort(key=lambda group: group[0][0])
    found = [name for name, _ in in_order(groups)]
    assert found == sorted(found)
    assert len(found) == 6


def test_provenance_of_tests_is_whole() -> None:
    assert set(PROVENANCE) == set(event().provenance.model_dump())
