"""Names of pages: ASCII, distinct, the same for ever."""

import re

import pytest

from filmscrape.site.addresses import event_page, filed, letter_of, page_name, person_page

KEYS = [
    "here", "Here", "HERE", "été", "ete", "e\u0301te\u0301", "東京物語", "大菩薩峠", "a/b", "a-b", "../../etc",
    "con", "nul",
    "", "x" * 300, "x" * 301, "-", "a--b", "here-0123456789ab", "%2e%2e", "a\x00b", "\ud800",
]  # fmt: skip


def test_names_are_plain_and_distinct() -> None:
    names = [page_name(key) for key in KEYS]
    assert len({name.lower() for name in names}) == len(KEYS)
    for name in names:
        assert re.fullmatch("[a-z0-9-]{1,100}", name), name
        assert name not in ("con", "nul")


def test_a_name_that_another_name_could_be_made_into_is_not_taken_as_it_is() -> None:
    made = page_name("Été")
    assert page_name(made) != made


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        (event_page("festival:here"), "event/festival/here.html"),
        (person_page("Bas Devos"), "person/bas-devos.html"),
        (person_page("BAS DEVOS"), "person/bas-devos.html"),
    ],
)
def test_plain_names_stay(page: str, expected: str) -> None:
    assert page == expected


def test_accents_keep_two_people_apart() -> None:
    assert person_page("Ana Peña") != person_page("Ana Pena")


@pytest.mark.parametrize(
    ("title", "letter"),
    [
        ("Here", "h"),
        ("Étoile", "e"),
        ("Øst", "o"),
        ("“Quote”", "q"),
        ("9 to 5", "0-9"),
        ("東京", "other"),
        ("…", "other"),
    ],
)
def test_titles_are_filed_under_their_plain_letter(title: str, letter: str) -> None:
    assert letter_of(title) == letter


def test_titles_are_sorted_as_a_reader_looks_for_them() -> None:
    assert sorted(["Zoo", "étoile", "Etna", "“Fin”"], key=filed) == ["Etna", "étoile", "“Fin”", "Zoo"]
