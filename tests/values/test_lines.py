"""Kinds of lines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filmscrape.values import lines


@pytest.mark.parametrize(
    "line",
    ["Canadian Premiere", "North American Premiere", "World Premiere", "BC Theatrical Premiere", "Vancouver Premiere",
     "International Premiere", "VIFF 2022 Opening Film", "VIFF 2022 Closing Film", "Opening Night Film"],
)  # fmt: skip
def test_premieres(line: str) -> None:
    assert lines.is_premiere(line)


@pytest.mark.parametrize(
    "line",
    [
        "The premiere was sold out.",
        "A premiere",
        "premiere",
        "Her film had its world premiere in Cannes",
        "The Opening",
        "2022",
    ],
)
def test_no_premieres(line: str) -> None:
    assert not lines.is_premiere(line)


@pytest.mark.parametrize(
    "line",
    ["Q&A Sept 30 & Oct 2", "Oct 4: Q&A", "Oct 3 & 11: Q&A", "October 6 & 8: Q&A with director Ana Ruiz & crew",
     "Sept 29 & 30: Q&A with filmmakers", "September 29 & October 1: Q&A with the film teams", "Q&A"],
)  # fmt: skip
def test_questions_and_answers(line: str) -> None:
    assert lines.is_question_and_answer(line)


@pytest.mark.parametrize(
    "line",
    [
        "A panel discussion/Q&A will follow the screening.",
        "Quiet days",
        "The Q&A was lively",
        "October 6: doors at seven",
    ],
)
def test_no_questions_and_answers(line: str) -> None:
    assert not lines.is_question_and_answer(line)


@pytest.mark.parametrize(
    "line",
    ["Un Certain Regard Award, Cannes 2023", "French Touch Prize of the Jury, Cannes Critics’ Week 2022",
     "Palme d’Or, Cannes 2024",
     "Golden Leopard, Locarno 2022", "Best Screenplay, Venice 2021", "Silver Bear for Best Director, Berlin 2020"],
)  # fmt: skip
def test_awards(line: str) -> None:
    assert lines.is_award(line)


@pytest.mark.parametrize(
    "line",
    [
        "It won the Palme d’Or in Cannes. That was in 2024",
        "Shot in the winter of 2022",
        "The best film, says everybody.",
        "Cannes 2022",
    ],
)
def test_no_awards(line: str) -> None:
    assert not lines.is_award(line)


@pytest.mark.parametrize(
    "line",
    ["Supported by", "Presented by", "Presented with", "Media Partner", "Series Media Partner", "Community Partner",
     "Community Partners", "Community Broadcast Partner", "Co-presented by", "Consulate Partner:", "Sponsors"],
)  # fmt: skip
def test_captions(line: str) -> None:
    assert lines.is_caption(line)


@pytest.mark.parametrize(
    "line", ["Presented by the director herself.", "Her partner", "Supported", "The Partner", "By"]
)
def test_no_captions(line: str) -> None:
    assert not lines.is_caption(line)


def test_a_caption_with_its_name() -> None:
    assert lines.caption_and_name("Presented by Maison Boréale") == ("Presented by", "Maison Boréale")
    assert lines.caption_and_name("Presented by the director, it ran for a year.") is None


@pytest.mark.parametrize(
    "line",
    ["This short film program includes the following films:", "The programme features the following shorts:",
     "Films in this programme:"],
)  # fmt: skip
def test_introductions_of_shorts(line: str) -> None:
    assert lines.introduces_shorts(line)


def test_ratings() -> None:
    assert all(map(lines.is_rating, ("18+", "19+", "Open to youth!", "All ages", "PG")))
    assert not any(map(lines.is_rating, ("Great", "19", "+", "2001")))


def test_advisories() -> None:
    assert lines.are_advisories("Graphic violence, drug & alcohol abuse")
    assert lines.are_advisories("Self Harm, Flashing strobe lights")
    assert not lines.are_advisories("A film about violence, and about love.")
    assert not lines.are_advisories("35mm")


def test_companies_are_no_genre() -> None:
    assert lines.are_companies("Nord-Ouest Films, France 2 Cinema, StudioCanal")
    assert lines.are_companies("Kino Vesna, Quatre Vents")
    assert not lines.are_companies("Art, Music & Photography")
    assert not lines.are_companies("Cinemas of Asia")


def test_languages_of_titles() -> None:
    assert all(map(lines.is_foreign, ("Le règne animal", "O rio que corre", "夜の海", "Das stille Haus", "L'eau")))
    assert not any(map(lines.is_foreign, ("Altered States", "Oscars®", "Back to the 80s", "Film Studies")))


@given(st.text())
def test_no_line_raises(line: str) -> None:
    for ask in (
        lines.is_premiere, lines.is_question_and_answer, lines.is_award, lines.is_caption, lines.introduces_shorts,
        lines.is_rating, lines.are_advisories, lines.are_companies, lines.says_passed, lines.is_foreign,
        lines.is_english, lines.is_sentence, lines.has_dash, lines.is_advisory_label,
    ):  # fmt: skip
        assert ask(line) in (True, False)
    assert lines.without_dash(line) in line
    lines.caption_and_name(line)
    lines.image_credit(line)
