"""One event from several descriptions: the page wins, nothing is lost, nothing is doubled, order plays no part."""

from datetime import datetime
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filmscrape.records import Event, Screening
from filmscrape.runs.merge import (
    Sighting,
    Venues,
    add_sighting,
    merge,
    merge_pages,
    merge_screenings,
    newest_first,
    same_film,
    same_venue,
    venue_slug,
)
from tests.records import director, event, screening, sighting

OLD, NEW = "2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z"


def screenings(*rows: dict[str, Any]) -> list[Screening]:
    return [Screening.model_validate(row) for row in rows]


# ------------------------------------------------------------------ venues
@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("VIFF Centre - VIFF Cinema", "viff-centre-viff-cinema"),
        ("Alliance Française", "alliance-francaise"),
        ("Queen’s Hall No. 3", "queens-hall-no-3"),
        ("viff-centre-viff-cinema", "viff-centre-viff-cinema"),
        ("  Annex ", "annex"),
    ],
)
def test_venue_slug(name: str, slug: str) -> None:
    assert venue_slug(name) == slug
    assert venue_slug(slug) == slug


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Festival Centre - Big Cinema", "festival-centre-big-cinema", True),
        ("The Rio Theatre", "rio-theatre", True),
        ("International Village 8", "International Village 9", False),
        ("Orpheum", "Annex", False),
        (None, "Annex", True),
    ],
)
def test_same_venue(one: str | None, other: str | None, same: bool) -> None:
    assert same_venue(one, other) is same
    assert same_venue(other, one) is same


def test_a_venue_that_only_the_calendar_knows_gets_its_name() -> None:
    venues = Venues()
    venues.learn([{"venue": "Orpheum"}, {"venue": "annex"}, {"venue": None}])
    page = event()
    seen = sighting("calendar", screenings=[screening(venue="orpheum"), screening(venue="annex")])
    merged = merge([page], [seen], venues).event
    assert sorted(str(s.venue) for s in merged.screenings) == ["Orpheum", "annex"]


# ------------------------------------------------------------------ screenings
def test_screening_is_the_same_by_number() -> None:
    """Also where the start differs: the page's start stays, and that is a conflict."""
    mine = screenings(screening("2026-12-05T19:50:00-07:00", id="7"))
    other = screenings(screening("2026-12-05T20:00:00-07:00", id="7", ends_at="2026-12-05T22:00:00-07:00"))
    merged, conflicts = merge_screenings(mine, other)
    assert merged == mine
    assert conflicts == 1


def test_screening_is_the_same_by_start_and_venue() -> None:
    mine = screenings(screening("2026-12-05T19:50:00-07:00", booking_url="https://festival.example/book/1"))
    other = screenings(
        screening(
            "2026-12-06T02:50:00Z",
            venue="festival-centre-big-cinema",
            id="7",
            ends_at="2026-12-06T04:50:00Z",
            booking_url="https://festival.example/book/2",
            availability="available",
            notes=["Captioned"],
        )
    )
    (merged,), conflicts = merge_screenings(mine, other)
    assert conflicts == 0
    assert merged.id == "7"
    assert merged.starts_at == "2026-12-05T19:50:00-07:00"
    assert merged.ends_at == "2026-12-06T04:50:00Z"
    assert merged.venue == "Festival Centre - Big Cinema"
    assert merged.booking_url == "https://festival.example/book/1"
    assert merged.availability == "available"
    assert merged.notes == ["Captioned"]


def test_one_start_in_two_rooms_is_two_screenings() -> None:
    rooms = [screening(venue=f"International Village {n}") for n in (8, 9)]
    merged, _ = merge_screenings(screenings(rooms[0]), screenings(*rooms))
    assert [s.venue for s in merged] == ["International Village 8", "International Village 9"]


def test_numbers_that_differ_do_not_double_one_start_at_one_venue() -> None:
    merged, _ = merge_screenings(screenings(screening(id="7")), screenings(screening(id="8")))
    assert [s.id for s in merged] == ["7"]


def test_a_number_is_given_to_one_screening_only() -> None:
    mine = screenings(screening("2026-12-05T19:50:00-07:00", id="7"), screening("2026-12-06T19:50:00-07:00"))
    merged, _ = merge_screenings(mine, screenings(screening("2026-12-06T19:50:00-07:00", id="7")))
    assert [s.id for s in merged].count("7") == 1


def test_what_the_page_says_about_tickets_stands() -> None:
    mine = screenings(screening(availability="sold_out"))
    (merged,), _ = merge_screenings(mine, screenings(screening(availability="available")))
    assert merged.availability == "sold_out"


STARTS = [f"2026-12-{day:02}T{hour:02}:00:00-07:00" for day in (4, 5) for hour in (18, 20)]
SCREENINGS = st.builds(
    screening,
    st.sampled_from(STARTS),
    id=st.sampled_from([None, "1", "2", "3"]),
    venue=st.sampled_from([None, "Orpheum", "orpheum", "Annex"]),
    availability=st.sampled_from(["unknown", "available", "sold_out"]),
    ends_at=st.sampled_from([None, "2026-12-09T00:00:00-07:00"]),
)


def sound(rows: list[dict[str, Any]]) -> list[Screening]:
    """Screenings as one page gives them: no number and no start at one venue twice."""
    merged, _ = merge_screenings([], screenings(*rows))
    first = {s.id: s for s in reversed(merged)}
    return [s for s in merged if s.id is None or first[s.id] is s]


@given(st.lists(SCREENINGS, max_size=5), st.lists(SCREENINGS, max_size=5))
def test_no_screening_is_lost_or_doubled(mine: list[dict[str, Any]], others: list[dict[str, Any]]) -> None:
    before, added = sound(mine), sound(others)
    merged, _ = merge_screenings(before, added)
    starts = [datetime.fromisoformat(s.starts_at) for s in merged]
    assert starts == sorted(starts)
    for wanted in before:
        assert any(s.starts_at == wanted.starts_at and same_venue(s.venue, wanted.venue) for s in merged)
    for wanted in added:
        numbers = {wanted.id} - {None}
        assert any(
            s.id in numbers or (s.starts_at == wanted.starts_at and same_venue(s.venue, wanted.venue)) for s in merged
        )
    assert len(before) <= len(merged) <= len(before) + len(added)
    again, _ = merge_screenings(merged, added)
    assert [s.starts_at for s in again] == [s.starts_at for s in merged], "merging once more adds nothing"


# ------------------------------------------------------------------ sightings
def test_sighting_fills_what_the_page_lacks() -> None:
    seen = sighting(
        "calendar",
        source_id="49520",
        summary="A blurb.",
        runtime_minutes=82,
        crew=[director("Bas Devos")],
        screenings=[screening(id="7")],
    )
    merged, conflicts = add_sighting(event(), seen)
    assert (merged.source_id, merged.summary, merged.runtime_minutes) == ("49520", "A blurb.", 82)
    assert [member.name for member in merged.crew] == ["Bas Devos"]
    assert merged.status == "upcoming"
    assert merged.provenance.fields == dict.fromkeys(
        ("source_id", "summary", "runtime_minutes", "crew", "screenings"), "calendar"
    )
    assert conflicts == 0


def test_page_wins_over_a_sighting() -> None:
    page = event(
        source_id="1",
        summary="The page's.",
        runtime_minutes=90,
        crew=[director("Bas Devos")],
        screenings=[screening(id="7")],
        status="past",
        strategies={"summary": "og"},
    )
    seen = sighting(
        source_id="2",
        summary="The card's.",
        runtime_minutes=95,
        crew=[director("Somebody Else")],
        screenings=[screening(id="7")],
    )
    assert add_sighting(page, seen).event == page


def test_directors_of_a_card_go_before_the_credits_of_the_page() -> None:
    editor = {"name": "Ana Editor", "role": "editor", "credit": "Editor"}
    merged = add_sighting(event(crew=[editor]), sighting(crew=[director("Bas Devos")])).event
    assert [member.name for member in merged.crew] == ["Bas Devos", "Ana Editor"]


def test_status_that_the_page_states_stays() -> None:
    seen = sighting(screenings=[screening()])
    assert add_sighting(event(status="cancelled"), seen).event.status == "cancelled"
    cancelled = sighting(screenings=[screening(availability="cancelled")])
    assert add_sighting(event(), cancelled).event.status == "unknown"


# ------------------------------------------------------------------ pages
def test_newer_page_wins_and_the_older_fills() -> None:
    newer = event(NEW, strategies={"rating": "chip"}, rating="18+", screenings=[screening(STARTS[2])])
    older = event(
        OLD,
        strategies={"rating": "panel", "summary": "og", "year": "panel"},
        rating="19+",
        summary="A blurb.",
        year=2021,
        year_end=2022,
        screenings=[screening(STARTS[0])],
    )
    merged, conflicts = merge_pages(newer, older)
    assert (merged.rating, merged.summary, merged.year, merged.year_end) == ("18+", "A blurb.", 2021, 2022)
    assert [s.starts_at for s in merged.screenings] == [STARTS[0], STARTS[2]]
    assert (merged.first_seen, merged.last_seen) == (OLD, NEW)
    assert merged.provenance.fields == {"rating": "chip", "summary": "og", "year": "panel"}
    assert conflicts == 1


def test_a_page_without_its_credits_takes_nobody_back() -> None:
    editor = {"name": "Ana Editor", "role": "editor", "credit": "Editor"}
    older = event(OLD, strategies={"crew": "credits"}, crew=[director("Bas Devos"), editor])
    thin = event(NEW, strategies={"crew": "panel"}, crew=[director("Bas Devos")])
    merged, conflicts = merge_pages(thin, older)
    assert [member.name for member in merged.crew] == ["Bas Devos", "Ana Editor"]
    assert (merged.provenance.fields["crew"], conflicts) == ("panel", 0)
    assert merge_pages(event(NEW, crew=[editor]), older).event.crew == older.crew
    other = {**editor, "name": "Somebody Else"}
    named = merge_pages(event(NEW, crew=[director("Bas Devos"), other]), older).event
    assert [member.name for member in named.crew] == ["Bas Devos", "Somebody Else"]


def test_values_of_one_line_are_taken_together() -> None:
    """A year without its range, a language without its subtitles: a mixture of two captures would be an invention."""
    newer = event(NEW, year=2022, language_note="French", languages=[{"name": "French", "code": "fr"}])
    older = event(
        OLD,
        year=2021,
        year_end=2023,
        language_note="French with English subtitles",
        subtitles=[{"name": "English", "code": "en"}],
        no_dialogue=True,
    )
    merged = merge_pages(newer, older).event
    assert (merged.year, merged.year_end) == (2022, None)
    assert (merged.subtitles, merged.no_dialogue) == ([], False)


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({}, True),
        ({"title": "Scarface (restored)"}, True),
        ({"year": 1983}, True),
        ({"year": 1983, "title": "Scarface II"}, False),
        ({"year": 1983, "crew": [director("Brian De Palma")]}, False),
        ({"crew": [director("Brian De Palma")]}, True),
        ({"year": None, "title": "Other"}, True),
    ],
)
def test_two_films_on_one_slug_are_told_apart(changes: dict[str, Any], same: bool) -> None:
    facts: dict[str, Any] = {"title": "Scarface", "year": 1932, "crew": [director("Howard Hawks")]}
    assert same_film(event(**facts), event(**{**facts, **changes})) is same


def test_two_films_are_never_mixed() -> None:
    hawks = event(OLD, title="Scarface", year=1932, runtime_minutes=93, crew=[director("Howard Hawks")])
    de_palma = event(NEW, title="Scarface", year=1983, crew=[director("Brian De Palma")])
    assert merge_pages(de_palma, hawks) == (de_palma, 1)


# ------------------------------------------------------------------ all together
def facts() -> tuple[list[Event], list[Sighting]]:
    pages = [
        event(OLD, summary="Old.", rating="18+", screenings=[screening(STARTS[0], id="1")]),
        event(NEW, summary="New.", screenings=[screening(STARTS[1])]),
        event("2025-06-01T00:00:00Z", year=2023, screenings=[screening(STARTS[2])]),
    ]
    sightings = [
        sighting("card", OLD, runtime_minutes=81, source_id="9"),
        sighting("card", NEW, runtime_minutes=82),
        sighting("calendar", OLD, runtime_minutes=83, screenings=[screening(STARTS[1], id="2")]),
        sighting("calendar", NEW, screenings=[screening(STARTS[3], venue="orpheum")]),
    ]
    return pages, sightings


def test_order_plays_no_part() -> None:
    pages, sightings = facts()
    results = {
        merge(newest_first(some), list(others), Venues()).event.model_dump_json()
        for some in permutations(pages)
        for others in permutations(sightings)
    }
    assert len(results) == 1


def test_calendar_goes_before_card_and_newer_before_older() -> None:
    pages, sightings = facts()
    merged = merge(newest_first(pages), sightings, Venues()).event
    assert (merged.summary, merged.rating, merged.year) == ("New.", "18+", 2023)
    assert (merged.runtime_minutes, merged.source_id) == (83, "9")
    assert [s.starts_at for s in merged.screenings] == STARTS
    assert [s.id for s in merged.screenings] == ["1", "2", None, None]


def test_merged_record_keeps_the_contract() -> None:
    pages, sightings = facts()
    merged = merge(newest_first(pages), sightings, Venues()).event
    assert Event.model_validate_json(merged.model_dump_json()) == merged
