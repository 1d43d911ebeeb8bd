"""What a second reading changes, field by field, and what it makes of the dataset."""

import json
from io import StringIO
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from filmscrape.archive.difference import Change, Difference, changes, print_difference
from filmscrape.records import Event
from filmscrape.runs.dataset import in_order
from filmscrape.runs.films import merge_films
from filmscrape.runs.merge import Venues, newest_first
from filmscrape.runs.union import Joined, join
from tests.records import PROVENANCE, director, event, screening, sighting

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
    difference.keep()
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


# ------------------------------------------------------------------ with the dataset
def capture(seen: str, digest: str = "0", **fields: Any) -> Event:
    """A record of a capture whose body has a digest of its own."""
    found = event(seen, **fields)
    return found.model_copy(update={"provenance": found.provenance.model_copy(update={"content_sha256": digest * 64})})


def joined(tmp_path: Path, published: list[Event], read: list[Event]) -> dict[str, Joined]:
    paths = tmp_path / "events.jsonl", tmp_path / "read.jsonl"
    for path, records in zip(paths, (published, read), strict=True):
        ordered = sorted(records, key=lambda record: record.id)
        path.write_text("".join(record.model_dump_json() + "\n" for record in ordered), encoding="utf-8")
    found = list(join(*paths))
    ids = [json.loads(one.line)["id"] for one in found]
    assert ids == sorted(ids)
    assert ids == [one.id for one in found]
    return {one.id: one for one in found}


def only(found: dict[str, Joined]) -> dict[str, Any]:
    (one,) = found.values()
    return dict(json.loads(one.line))


def test_an_older_capture_fills_and_never_overwrites(tmp_path: Path) -> None:
    published = capture(NEW, title="Here", rating="19+", screenings=[screening("2026-01-05T19:50:00-08:00")])
    read = capture(
        OLD, title="Her", rating="18+", summary="A blurb.", screenings=[screening("2025-01-05T19:50:00-08:00")]
    )
    record = only(joined(tmp_path, [published], [read]))
    assert (record["title"], record["rating"], record["summary"]) == ("Here", "19+", "A blurb.")
    assert [s["starts_at"][:4] for s in record["screenings"]] == ["2025", "2026"]
    assert record["provenance"]["fetched_at"] == NEW
    assert (record["first_seen"], record["last_seen"]) == (OLD, NEW)


def test_a_newer_capture_wins_and_the_published_fills(tmp_path: Path) -> None:
    record = only(joined(tmp_path, [capture(OLD, title="Her", year=2023)], [capture(NEW, title="Here")]))
    assert (record["title"], record["year"]) == ("Here", 2023)


def test_the_same_capture_read_again_takes_its_place(tmp_path: Path) -> None:
    """A value that better eyes do not see was wrong."""
    record = only(joined(tmp_path, [capture(OLD, year=2023)], [capture(OLD, summary="A blurb.")]))
    assert (record["year"], record["summary"]) == (None, "A blurb.")


def test_but_not_where_more_captures_were_published(tmp_path: Path) -> None:
    published = capture(NEW, year=2023).model_copy(update={"first_seen": OLD})
    record = only(joined(tmp_path, [published], [capture(NEW, summary="A blurb.")]))
    assert (record["year"], record["summary"]) == (2023, "A blurb.")


def test_no_event_leaves_the_dataset(tmp_path: Path) -> None:
    other = capture(OLD, id="festival:other")
    found = joined(tmp_path, [other], [capture(NEW)])
    assert list(found) == [ID, "festival:other"]
    assert found[ID].published is None
    assert not found["festival:other"].was_read
    assert found["festival:other"].line == found["festival:other"].published


def test_another_film_at_the_address_becomes_an_event_of_its_own(tmp_path: Path) -> None:
    """The published one keeps its id, whichever is older; and finds itself again later."""
    hawks = capture(OLD, title="Scarface", year=1932, crew=[director("Howard Hawks")])
    palma = capture(NEW, title="Scarface", year=1983, crew=[director("Brian De Palma")])
    for published, read in permutations((hawks, palma)):
        found = joined(tmp_path, [published], [read])
        assert [json.loads(one.line)["year"] for one in found.values()] == [published.year, read.year]
        assert list(found) == [ID, f"{ID}--{read.year}"]
        fork = Event.model_validate_json(found[f"{ID}--{read.year}"].line)
        again = joined(tmp_path, [published, fork], [read.model_copy(update={"rating": "19+"})])
        assert list(again) == list(found)
        assert json.loads(again[f"{ID}--{read.year}"].line)["rating"] == "19+"
        assert json.loads(again[ID].line)["rating"] is None


def test_a_published_line_that_keeps_no_contract_is_told(tmp_path: Path) -> None:
    (tmp_path / "events.jsonl").write_text('{"id": "festival:here"}\n{"id": "festival:x"}\n', encoding="utf-8")
    (tmp_path / "read.jsonl").write_text(event().model_dump_json() + "\n", encoding="utf-8")
    found = {one.id: one for one in join(tmp_path / "events.jsonl", tmp_path / "read.jsonl")}
    assert not found[ID].is_sound
    assert Event.model_validate_json(found[ID].line) == event()
    assert found["festival:x"].line == b'{"id": "festival:x"}\n'


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
