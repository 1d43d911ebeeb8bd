"""What the words of a page mean."""

from datetime import UTC, datetime
from typing import Any

import pytest

from filmscrape.interpret import Problem, interpret
from filmscrape.items import Labelled, ScrapedEvent, ScrapedPerson, ScrapedScreening, ScrapedShort

AT = datetime(2026, 11, 20, 18, tzinfo=UTC)


def item(**facts: Any) -> ScrapedEvent:
    facts.setdefault("title", "Here")
    return ScrapedEvent("cinema", "https://cinema.example/show/here/", AT, "America/Vancouver", **facts)


def values(**facts: Any) -> dict[str, Any]:
    return interpret(item(**facts)).values


def showing(day: str, time: str, **facts: Any) -> ScrapedScreening:
    return ScrapedScreening(day=day, time=time, **facts)


# ------------------------------------------------------------------ identity and kind
def test_the_id_is_source_and_last_part_of_the_address() -> None:
    assert values()["id"] == "cinema:here"


@pytest.mark.parametrize(
    ("facts", "kind"),
    [
        ({"directors": [Labelled("Director", "Bas Devos")]}, "film"),
        ({"countries": "Belgium"}, "film"),
        ({"shorts": [ScrapedShort("Salt", "Ann Roe, BC (8 min)")]}, "shorts"),
        ({"title": "Kids Shorts", "directors": [Labelled("Director", "Various")]}, "shorts"),
        ({"guests": [ScrapedPerson("Ann Roe", "Guest")]}, "talk"),
        ({"title": "In Conversation with Ann Roe"}, "talk"),
        ({"series": ["VIFF Live"], "countries": "USA"}, "performance"),
        ({"title": "Ann Roe Quartet"}, "performance"),
        ({"title": "Trivia Night"}, "other"),
    ],
)
def test_kinds(facts: dict[str, Any], kind: str) -> None:
    assert values(**facts)["kind"] == kind


@pytest.mark.parametrize(
    ("facts", "status"),
    [
        ({"passed": True}, "past"),
        ({"screenings": [showing("Sunday November 22", "7:50 pm")]}, "upcoming"),
        ({"screenings": [showing("Sunday November 22", "7:50 pm", message="Cancelled")]}, "cancelled"),
        (
            {
                "screenings": [
                    showing("Sunday November 22", "7:50 pm", message="Cancelled"),
                    showing("Monday November 23", "7:50 pm"),
                ]
            },
            "upcoming",
        ),
        ({}, "unknown"),
    ],
)
def test_statuses(facts: dict[str, Any], status: str) -> None:
    assert values(**facts)["status"] == status


# ------------------------------------------------------------------ what cannot be read
@pytest.mark.parametrize(
    ("facts", "field", "label", "raw"),
    [
        ({"year": "soon", "labels": {"year": "Year"}}, "year", "Year", "soon"),
        ({"runtime": "an evening"}, "runtime_minutes", "Runtime", "an evening"),
        ({"language": "19+", "labels": {"language": "Language"}}, "languages", "Language", "19+"),
        (
            {"screenings": [showing("Friday February 30", "7 pm", venue="Annex")]},
            "screenings",
            "Screening",
            "Friday February 30 7 pm Annex",
        ),
        ({"shorts": [ScrapedShort("Salt", "about eight minutes")]}, "shorts", "Salt", "about eight minutes"),
    ],
)
def test_what_cannot_be_read_is_a_problem_and_stays_verbatim(
    facts: dict[str, Any], field: str, label: str, raw: str
) -> None:
    found = interpret(item(**facts))
    assert {"label": label, "value": raw} in found.values["extra"]
    assert [(p.field, p.raw) for p in found.problems] == [(field, raw)]
    assert isinstance(found.problems[0], Problem)
    assert found.problems[0].reason


def test_various_names_nobody_and_is_no_problem() -> None:
    found = interpret(
        item(
            directors=[Labelled("Director", "Various")],
            countries="Various",
            language="Various with English subtitles",
            labels={"countries": "Country of Origin", "language": "Language"},
        )
    )
    assert found.problems == []
    assert (found.values["crew"], found.values["countries"], found.values["languages"]) == ([], [], [])
    assert found.values["subtitles"] == [{"name": "English", "code": "en"}]
    assert found.values["extra"] == [
        {"label": "Director", "value": "Various"},
        {"label": "Country of Origin", "value": "Various"},
        {"label": "Language", "value": "Various with English subtitles"},
    ]


def test_a_page_that_says_nothing_gives_nulls_and_empty_lists() -> None:
    empty = {k: v for k, v in values().items() if v not in (None, [], False)}
    assert set(empty) == {"schema_version", "id", "source", "url", "kind", "status", "title"}


# ------------------------------------------------------------------ who
def test_directors_come_first_then_credits_in_page_order_each_once() -> None:
    crew = values(
        directors=[Labelled("Directors", "Ann Roe & Bo Lee")],
        credits=[
            Labelled("Producer", "Cy Fox, Bo Lee"),
            Labelled("Colourist", "Di Poe"),
            Labelled("Producer", "Cy Fox"),
        ],
    )["crew"]
    assert [(c["name"], c["role"], c["credit"]) for c in crew] == [
        ("Ann Roe", "director", "Directors"),
        ("Bo Lee", "director", "Directors"),
        ("Cy Fox", "producer", "Producer"),
        ("Bo Lee", "producer", "Producer"),
        ("Di Poe", "other", "Colourist"),
    ]


def test_on_a_page_of_two_films_a_films_name_is_no_character() -> None:
    cast = values(
        title="Night Ferry",
        subtitle="+ Low Tide",
        cast="Ann Roe (Night Ferry), Bo Lee (Low Tide), Cy Fox (the captain)",
        countries="Canada (Night Ferry)\nUSA (Low Tide)",
    )["cast"]
    assert cast == [
        {"name": "Ann Roe", "character": None},
        {"name": "Bo Lee", "character": None},
        {"name": "Cy Fox", "character": "the captain"},
    ]


def test_guests_speak_and_are_introduced() -> None:
    found = values(guests=[ScrapedPerson("Ann Roe", "Guest", ["She paints."])])
    assert found["crew"] == [{"name": "Ann Roe", "role": "speaker", "credit": "Guest"}]
    assert [(p["name"], p["role"], p["bio"]) for p in found["people"]] == [("Ann Roe", "speaker", "She paints.")]


def test_the_filmography_leaves_the_bio() -> None:
    person = ScrapedPerson("Ann Roe", "Director", ["She paints. Filmography: Salt (2014), Tide (2019)"])
    (found,) = values(people=[person])["people"]
    assert found["bio"] == "She paints."
    assert found["filmography"] == [{"title": "Salt", "year": 2014}, {"title": "Tide", "year": 2019}]


# ------------------------------------------------------------------ when
def test_screenings_are_sorted_and_the_same_one_counts_once() -> None:
    found = values(
        screenings=[
            showing("Saturday January 2", "2:00 pm", venue="Annex"),
            showing("Thursday December 31", "11:15 pm", venue="Annex"),
            showing("Saturday January 2", "2:00 pm", venue="Annex"),
        ]
    )["screenings"]
    assert [s["starts_at"] for s in found] == ["2026-12-31T23:15:00-07:00", "2027-01-02T14:00:00-07:00"]


@pytest.mark.parametrize(
    ("message", "link", "availability", "notes"),
    [
        (None, "https://cinema.example/book/1", "available", []),
        (None, None, "unknown", []),
        ("SOLD OUT – thank you!", None, "sold_out", []),
        ("Standby only: line up at the door", "https://cinema.example/book/1", "standby", []),
        ("This screening has been cancelled", None, "cancelled", []),
        ("Limited seats", None, "unknown", ["Limited seats"]),
    ],
)
def test_availability(message: str | None, link: str | None, availability: str, notes: list[str]) -> None:
    (found,) = values(screenings=[showing("Sunday November 22", "7:50 pm", message=message, booking_url=link)])[
        "screenings"
    ]
    assert (found["availability"], found["notes"]) == (availability, notes)


@pytest.mark.parametrize(
    ("raw", "number", "kept"),
    [
        ("3117", "3117", []),
        (" 31 17\n", "31 17", []),
        (" ", None, []),
        ("31\u202e17", None, [{"label": "Screening id", "value": "31%E2%80%AE17"}]),
        ("31\x0017", None, [{"label": "Screening id", "value": "31%0017"}]),
        ("\ud800", None, [{"label": "Screening id", "value": "%EF%BF%BD"}]),
    ],
)
def test_a_number_of_which_something_would_have_to_be_left_out_is_none(
    raw: str, number: str | None, kept: list[dict[str, str]]
) -> None:
    found = interpret(item(screenings=[showing("Sunday November 22", "7:50 pm", id=raw)]))
    assert found.values["screenings"][0]["id"] == number
    assert found.values["extra"] == kept
    assert [problem.field for problem in found.problems] == ["screenings"] * len(kept)


def test_a_day_that_cannot_be_dated_is_kept_without_signs_that_no_text_may_hold() -> None:
    found = values(screenings=[ScrapedScreening(time="7:50 pm", starts_at="soon\u202e\x07", venue="Rio")])
    assert (found["screenings"], found["extra"]) == ([], [{"label": "Screening", "value": "7:50 pm soon Rio"}])


def test_an_end_before_the_start_is_no_end() -> None:
    (found,) = values(screenings=[ScrapedScreening(starts_at="2026-06-13T13:00", ends_at="2026-06-13T12:00")])[
        "screenings"
    ]
    assert found["ends_at"] is None


# ------------------------------------------------------------------ the rest
def test_advisories_are_parted_and_terms_are_not() -> None:
    found = values(advisories="Self harm, drug & alcohol abuse / Nudity", genres=["Art, Music & Photography", "Drama"])
    assert found["advisories"] == ["Self harm", "drug & alcohol abuse", "Nudity"]
    assert found["genres"] == ["Art, Music & Photography", "Drama"]


def test_a_contact_without_a_text_is_its_address() -> None:
    assert values(contact=Labelled("Film Contact", "", "mailto:a@b.example"))["contact"] == "mailto:a@b.example"
    assert values(contact=Labelled("Film Contact", "Blue Films", "mailto:a@b.example"))["contact"] == "Blue Films"
    assert values(contact=Labelled("Film Contact", "", "mailto:\u202ea@b.example "))["contact"] == "mailto:a@b.example"


def test_paragraphs_are_joined_by_a_blank_line() -> None:
    assert values(synopsis=["One.", "Two."])["synopsis"] == "One.\n\nTwo."
