"""The filmography sentence of a bio."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from filmscrape.records import Line, Year
from filmscrape.values.filmographies import split_filmography

LINE: TypeAdapter[str] = TypeAdapter(Line)
YEAR: TypeAdapter[int] = TypeAdapter(Year)


@pytest.mark.parametrize(
    ("text", "films"),
    [
        ("Filmography: Violet (2014), Here (2023)", [("Violet", 2014), ("Here", 2023)]),
        ("Filmography: Violet (2014); Here (2023).", [("Violet", 2014), ("Here", 2023)]),
        ("Filmography: Violet (2014), and Here (2023)", [("Violet", 2014), ("Here", 2023)]),
        ("Filmography: Violet (2014) & Here (2023)", [("Violet", 2014), ("Here", 2023)]),
        ("Filmography: Here (2023)", [("Here", 2023)]),
        ("Selected Filmography: Hollow, Hill (2019), Here (2023)", [("Hollow, Hill", 2019), ("Here", 2023)]),
        ("Filmography (selected): Here (2023)", [("Here", 2023)]),
        ("Filmographie sélective : Here (2023)", [("Here", 2023)]),
        ("Films include: Violet (2014), Here (2023)", [("Violet", 2014), ("Here", 2023)]),
        ("<strong>Filmography:</strong> Here (2023)", [("Here", 2023)]),
        ("Filmography: Violet (2014, short), Here (short, 2023)", [("Violet", 2014), ("Here", 2023)]),
        ("Filmography: Tides (2014–2016), Here [2023]", [("Tides", 2014), ("Here", 2023)]),
        ("Filmography: Augure (Omen) (2023)", [("Augure (Omen)", 2023)]),
        ("Filmography: Kill Bill: Vol. 1 (2003), Dr. Salt (2004)", [("Kill Bill: Vol. 1", 2003), ("Dr. Salt", 2004)]),
        (
            "Filmography: “Violet” (2014), mother! (2017), 1984 (1984)",
            [("Violet", 2014), ("mother!", 2017), ("1984", 1984)],
        ),
        (
            "Filmography: Violet; Salt, and Water; Here (2023); Tides.",
            [("Violet", None), ("Salt, and Water", None), ("Here", 2023), ("Tides", None)],
        ),
        ("Filmography: Violet; Here", [("Violet", None), ("Here", None)]),
        ("Filmography: Here (2023), Here (2023)", [("Here", 2023)]),
    ],
)
def test_list_of_its_own(text: str, films: list[tuple[str, int | None]]) -> None:
    assert split_filmography(["A bio.", text]) == (["A bio."], films)


def test_list_behind_prose_and_before_it() -> None:
    text = "Ida was born in Brno. Filmography: Violet (2014); Here (2023). She lives in Brussels."
    assert split_filmography([text, "More."]) == (
        ["Ida was born in Brno. She lives in Brussels.", "More."],
        [("Violet", 2014), ("Here", 2023)],
    )


def test_label_alone_announces_the_paragraphs_behind_it() -> None:
    films = [("Violet", 2014), ("Here", 2023)]
    assert split_filmography(["A bio.", "Filmography", "Violet (2014)", "Here (2023)", "More."]) == (
        ["A bio.", "More."],
        films,
    )
    assert split_filmography(["Filmography:", "Violet (2014), Here (2023)"]) == ([], films)


@pytest.mark.parametrize(
    "text",
    [
        "Her films include Violet (2014) and Here (2023).",
        "With Violet (2014), a reputation for patience was made.",
        "Filmography: Violet (2014) won a prize, and Here (2023) did not.",
        "Filmography: Violet (2014), and is now working on the next film, Here (2025).",
        "Filmography: Violet (2014), Here",
        "Filmography: Violet",
        "Filmography: Violet, Here, Tides",
        "Filmography:",
        "Filmography",
        "Filmography: Violet (2014), Tides. She then left the city behind and made Here (2023)",
        "Ida studied the filmography: Violet (2014).",
        "Filmography: Violet (short), Here (born in 1970",
    ],
)
def test_what_cannot_be_read_stays_whole(text: str) -> None:
    assert split_filmography([text]) == ([text], [])


def test_other_paragraphs_stay() -> None:
    assert split_filmography([]) == ([], [])
    assert split_filmography([" A  bio. ", "", "It says filmography."]) == (["A bio.", "It says filmography."], [])


PIECES = st.sampled_from(
    [
        "Filmography: ", "Filmography", "Films: ", "Violet", " (2014)", " (2014, short)", ", ", "; ", " and ", ". ",
        "Here", "she made ", "(", ")", " ", "Selected ", "“", "”", "1984", "\n",
    ]
)  # fmt: skip


@given(st.lists(st.lists(PIECES | st.text(max_size=3), max_size=12).map("".join), max_size=4))
def test_any_paragraphs(paragraphs: list[str]) -> None:
    bio, films = split_filmography(paragraphs)
    assert all(bio)
    for title, year in films:
        LINE.validate_python(title)
        if year is not None:
            YEAR.validate_python(year)
    assert split_filmography(bio) == (bio, [])


@given(
    st.lists(
        st.tuples(st.from_regex(r"[A-Z][a-z]{1,8}(,? [A-Z][a-z]{1,8}){0,3}", fullmatch=True), st.integers(1880, 2100)),
        min_size=1,
        max_size=5,
        unique=True,
    ),
    st.sampled_from([", ", "; "]),
)
def test_printed_lists_are_read_back(films: list[tuple[str, int]], separator: str) -> None:
    text = "Filmography: " + separator.join(f"{title} ({year})" for title, year in films)
    assert split_filmography(["A bio.", text]) == (["A bio."], films)
    assert split_filmography([f"A bio. {text}. More."]) == (["A bio. More."], films)
