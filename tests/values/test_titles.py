"""Headings and the lines under them."""

from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from filmscrape.records import Line
from filmscrape.values.text import plain
from filmscrape.values.titles import Title, read_title

LINE: TypeAdapter[str] = TypeAdapter(Line)
PIECES = st.sampled_from(
    [
        "Salt", "The", "Omen", "é", "夜の海", "35mm", "4K", "Restoration", "40th", "Anniversary",
        "Director's", "Cut", "(", ")", "[", "]", "（", "）", " + ", " - ", " — ", ": ", " & ",
        " with ", "Q&A", "or ", "aka ", "1984", "Part", "2", "Screening", "Film", "Free", "Live",
        "(4K)", "(Omen)", " ", "\u00a0", "\n", "\u200b", "&amp;", "!", "'", "in ", "intro", "Panel",
        "Program",
    ]
)  # fmt: skip
GARBAGE = st.lists(PIECES | st.text(max_size=3), max_size=12).map("".join)


@pytest.mark.parametrize(
    "note",
    [
        "4K Restoration", "4K", "New Restoration", "80th Anniversary",
        "25th Anniversary 4K Restoration", "35mm", "35mm print", "35 mm", "70mm", "Lifeboat Benefit",
        "Free Screening", "Relaxed Screening", "Pride Month Screening", "Mystery Film", "Q&A",
        "Q & A", "with Q&A", "w/ Q&A", "Director's Cut", "Director’s Cut", "The Final Cut",
        "Extended Edition", "Sing-Along", "Dubbed", "English Dub", "Subtitled",
        "French with English subtitles", "In Japanese with English subtitles", "VOSTA", "3D",
        "Black & White", "Short Program", "Local Short Program", "Programme 2", "World Premiere",
        "Double Bill", "Cancelled", "RIFF Connect", "Open Captions", "DCP", "19+",
        "presented by Harbour Radio", "in the bar", "1984", "Tokyo, 1985", "June 10", "dir. Ida Sol",
    ],
)  # fmt: skip
@pytest.mark.parametrize("brackets", ["()", "[]", "（）"])
def test_bracketed_note(note: str, brackets: str) -> None:
    assert read_title(f"Low Tide {brackets[0]}{note}{brackets[1]}") == Title("Low Tide", (), (note,))


@pytest.mark.parametrize(
    ("heading", "title", "alternative"),
    [
        ("Augure (Omen)", "Augure", "Omen"),
        ("Skugga (The Shadow)", "Skugga", "The Shadow"),
        ("Hjem (Home)", "Hjem", "Home"),
        ("Jubileum (The Anniversary)", "Jubileum", "The Anniversary"),
        ("Harry (With a Friend Like Harry)", "Harry", "With a Friend Like Harry"),
        ("Skugga (Victor Hugo)", "Skugga", "Victor Hugo"),
        ("Skugga (innerspace)", "Skugga", "innerspace"),
        (
            "Low Tide (or How Ida Learned to Swim)",
            "Low Tide",
            "How Ida Learned to Swim",
        ),
        ("Low Tide (aka Marée basse)", "Low Tide", "Marée basse"),
        ("'Low Tide' (Marée basse)", "'Low Tide'", "Marée basse"),
        ("夜の海（Night Sea）", "夜の海", "Night Sea"),
    ],
)
def test_other_brackets_are_an_alternative_title(heading: str, title: str, alternative: str) -> None:
    assert read_title(heading) == Title(title, (alternative,), ())


@pytest.mark.parametrize(
    "heading",
    [
        "(500) Days of Summer",
        "(Untitled)",
        "Birdman or (The Unexpected Virtue of Ignorance)",
        "Everything You Always Wanted to Know About Sex* (But Were Afraid to Ask)",
        "The Man (Who Never) Was",
        "Mother(s)",
        "Night Ferry (Part 2)",
        "Night Ferry (II)",
        "Salt - A Coastal Love Story",
        "Romeo + Juliet",
        "Salt + Pepper",
        "Low Tide + Trio Nord Live",
        "1+1=3",
        "8 1/2",
        "2046",
        "Salt/Fire",
        "G7/99",
        "Lisbon - Porto - Faro",
        "Night Watch: Chapter V - The Long Thaw",
        "Harbour Forum: Program 4",
        "Harbour Forum - Program 4",
        "Series: Title",
        "In Conversation with Ida Sol",
        "Gone with the Wind",
        "Love & Anarchy: Live",
        "Piranha 3D",
        "Opening Night",
        "Premiere",
        "The Final Cut",
        "4K",
        "The 50th Anniversary",
        "Celebrating the 50th Anniversary",
        "Roots - Dub",
        "The Sea vs. Ida Sol",
        "!!!",
    ],
)
def test_title_that_stays_whole(heading: str) -> None:
    assert read_title(heading) == Title(heading, (), ())


@pytest.mark.parametrize(
    ("heading", "title", "notes"),
    [
        ("Night Ferry (4K) 40th Anniversary", "Night Ferry", ["4K", "40th Anniversary"]),
        ("Low Tide 4K Restoration", "Low Tide", ["4K Restoration"]),
        ("Low Tide 35mm", "Low Tide", ["35mm"]),
        ("Low Tide in 35mm", "Low Tide", ["35mm"]),
        ("Harbour's End - Director's Cut", "Harbour's End", ["Director's Cut"]),
        ("Tin Man - Restored Director’s Cut", "Tin Man", ["Restored Director’s Cut"]),
        ("Low Tide – 4K Restoration", "Low Tide", ["4K Restoration"]),
        ("Low Tide — 50th Anniversary Restoration", "Low Tide", ["50th Anniversary Restoration"]),
        ("Low Tide | Free Screening", "Low Tide", ["Free Screening"]),
        ("Low Tide: Director's Cut", "Low Tide", ["Director's Cut"]),
        ("Blade Runner: The Final Cut", "Blade Runner", ["The Final Cut"]),
        ("Low Tide + Q&A", "Low Tide", ["Q&A"]),
        ("Low Tide + director Q&A", "Low Tide", ["director Q&A"]),
        ("Low Tide + Intro + Q&A", "Low Tide", ["Intro + Q&A"]),
        ("Low Tide + Q&A with Ida Sol & Theo Brandt", "Low Tide", ["Q&A with Ida Sol & Theo Brandt"]),
        ("Low Tide + Panel", "Low Tide", ["Panel"]),
        ("Low Tide with live score by Trio Nord", "Low Tide", ["live score by Trio Nord"]),
        ("Gone with the Wind + Q&A", "Gone with the Wind", ["Q&A"]),
        ("Romeo + Juliet + Q&A", "Romeo + Juliet", ["Q&A"]),
        (
            "Salt - A Coastal Love Story (RIFF Connect)",
            "Salt - A Coastal Love Story",
            ["RIFF Connect"],
        ),
        ("Low Tide (35mm) [Q&A]", "Low Tide", ["35mm", "Q&A"]),
        ("Low Tide (4K) (4k)", "Low Tide", ["4K"]),
        ("Low Tide ()", "Low Tide", []),
    ],
)
def test_notes_around_a_title(heading: str, title: str, notes: list[str]) -> None:
    assert read_title(heading) == Title(title, (), tuple(notes))


def test_alternative_title_and_notes_together() -> None:
    assert read_title("Augure (Omen) (4K) + Q&A") == Title("Augure", ("Omen",), ("4K", "Q&A"))
    assert read_title("Augure (Omen (4K))") == Title("Augure", ("Omen",), ("4K",))
    assert read_title("Low Tide (Low Tide)") == Title("Low Tide", (), ())


@pytest.mark.parametrize(
    ("subtitle", "alternatives", "notes"),
    [
        ("Le règne animal", ["Le règne animal"], []),
        ("(Le règne animal)", ["Le règne animal"], []),
        ("Le règne animal (35mm)", ["Le règne animal"], ["35mm"]),
        ("THE ANIMAL KINGDOM", [], []),
        ("The Ánimal Kingdom!", [], []),
        ("4K Restoration", [], ["4K Restoration"]),
        ("Screening followed by a Q&A", [], ["Screening followed by a Q&A"]),
        ("+ Harbour Lights", [], ["+ Harbour Lights"]),
        ("+ Q&A", [], ["Q&A"]),
        ("  ", [], []),
        ("", [], []),
        (None, [], []),
    ],
)
def test_line_under_the_heading(subtitle: str | None, alternatives: list[str], notes: list[str]) -> None:
    assert read_title("The Animal Kingdom", subtitle) == Title("The Animal Kingdom", tuple(alternatives), tuple(notes))


def test_nothing_is_said_twice() -> None:
    assert read_title("Augure (Omen) (4K)", "Omen (4K)") == Title("Augure", ("Omen",), ("4K",))


@pytest.mark.parametrize("heading", ["", " \n ", "\u200b", "<br>"])
def test_no_title_without_text(heading: str) -> None:
    assert read_title(heading) == Title(None, (), ())


@given(GARBAGE, GARBAGE | st.none())
def test_parts_are_clean_and_reading_again_changes_nothing(heading: str, subtitle: str | None) -> None:
    found = read_title(heading, subtitle)
    assert (found.title is None) == all(category(char) in ("Cf", "Zs") for char in plain(heading))
    for text in (found.title, *found.alternative_titles, *found.notes):
        if text is not None:
            LINE.validate_python(text)
    if found.title is not None:
        assert read_title(found.title) == Title(found.title, (), ())
        assert found.title not in found.alternative_titles


@given(GARBAGE)
def test_no_word_of_a_heading_is_lost(heading: str) -> None:
    found = read_title(heading)
    kept = " ".join(filter(None, (found.title, *found.alternative_titles, *found.notes))).casefold()
    small = {"or", "aka", "in", "on", "with"}  # what ties a title to the rest is dropped with its bracket
    for word in "".join(c if c.isalnum() else " " for c in plain(heading).casefold()).split():
        assert word in kept or word in small
