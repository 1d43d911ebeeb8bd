"""The line under a short film's title."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from filmscrape.records import Line
from filmscrape.values.shorts import ShortLine, is_short_line, read_short_line

LINE: TypeAdapter[str] = TypeAdapter(Line)


@pytest.mark.parametrize(
    ("line", "directors", "places", "minutes"),
    [
        ("Ida Sol, France (11 min)", ["Ida Sol"], ["France"], 11),
        ("Ida Sol, QC (11 mins)", ["Ida Sol"], ["QC"], 11),
        ("Ida Sol, NU [11 minutes]", ["Ida Sol"], ["NU"], 11),
        ("Ida Sol, BC, 11 min", ["Ida Sol"], ["BC"], 11),
        ("Ida Sol, Theo Brandt, AB (8 min)", ["Ida Sol", "Theo Brandt"], ["AB"], 8),
        ("Ida Sol, Theo Brandt, Mara Quill, ON (8 min)", ["Ida Sol", "Theo Brandt", "Mara Quill"], ["ON"], 8),
        ("Ida Sol & Theo Brandt, Finland (14 min)", ["Ida Sol", "Theo Brandt"], ["Finland"], 14),
        ("Lilly and Lana Wachowski, USA (3 min)", ["Lilly Wachowski", "Lana Wachowski"], ["USA"], 3),
        ("Ida Sol (14 min)", ["Ida Sol"], [], 14),
        ("Ida Sol, Theo Brandt (14 min)", ["Ida Sol", "Theo Brandt"], [], 14),
        ("Gordon Parks, Jr. (14 min)", ["Gordon Parks, Jr."], [], 14),
        ("Collectif Marée, Belgium/DR Congo (14 min)", ["Collectif Marée"], ["Belgium", "DR Congo"], 14),
        ("MAREE, Germany (11 min)", ["MAREE"], ["Germany"], 11),
        ("Ida Sol, Portugal / Brazil/Spain (19 min)", ["Ida Sol"], ["Portugal", "Brazil", "Spain"], 19),
        ("Ida Sol, France & Belgium (8 min)", ["Ida Sol"], ["France", "Belgium"], 8),
        ("Ida Sol, Bosnia and Herzegovina (8 min)", ["Ida Sol"], ["Bosnia and Herzegovina"], 8),
        ("Ida Sol, South Korea (8 min)", ["Ida Sol"], ["South Korea"], 8),
        ("Ida Sol, British Columbia (8 min)", ["Ida Sol"], ["British Columbia"], 8),
        ("Ida Sol, West Germany (8 min)", ["Ida Sol"], ["West Germany"], 8),
        ("Ida Sol, Soviet Union (8 min)", ["Ida Sol"], ["Soviet Union"], 8),
        ("Ida Sol, Haida Nation (8 min)", ["Ida Sol"], ["Haida Nation"], 8),
        ("Ida Sol, Norlandia (8 min)", ["Ida Sol"], ["Norlandia"], 8),
        ("Ida Sol, QC, Canada (8 min)", ["Ida Sol"], ["QC", "Canada"], 8),
        ("Ida Sol, France, 2023 (8 min)", ["Ida Sol"], ["France"], 8),
        ("Various, QC (8 min)", [], ["QC"], 8),
        ("France (8 min)", [], ["France"], 8),
        ("Ida Sol,\u00a0France (8\u00a0min)", ["Ida Sol"], ["France"], 8),
        ("Ida Sol, France (0 min)", ["Ida Sol"], ["France"], None),
        ("Ida Sol, France (9999 min)", ["Ida Sol"], ["France"], None),
    ],
)
def test_short_line(line: str, directors: list[str], places: list[str], minutes: int | None) -> None:
    assert read_short_line(line) == ShortLine(tuple(directors), tuple(places), minutes)
    assert is_short_line(line)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "(8 min)",
        ", (8 min)",
        "98 min",
        "Ida Sol, France",
        "Ida Sol, France (11 min) and more",
        "Ida Sol, France (11)",
        "The restoration is long (98 min)",
        "A ferry captain turns the ship around. Ida Sol, QC (8 min)",
        "The restoration runs 12 min longer than the version released in 1987.",
        "Ida Sol, who made films beside neighbours since flood waters rose high (8 min)",
        "Ida Sol, France " + "x" * 300 + " (8 min)",
    ],
)
def test_no_short_line(text: str) -> None:
    assert read_short_line(text) is None
    assert not is_short_line(text)


PIECES = st.sampled_from(
    [
        "Ida",
        "Sol",
        "Roe",
        ", ",
        " & ",
        "/",
        "France",
        "QC",
        "DR Congo",
        "2023",
        "Jr.",
        " ",
        "(",
        ")",
        "(8 min)",
        "[8 mins]",
        "(Salt)",
    ]
)


@given(st.lists(PIECES | st.text(max_size=3), max_size=10).map("".join), st.sampled_from(["", " (8 min)", ", 8 min"]))
def test_any_text(text: str, end: str) -> None:
    found = read_short_line(text + end)
    assert is_short_line(text + end) == (found is not None)
    if found is not None:
        for name in (*found.directors, *found.places):
            LINE.validate_python(name)
        assert found.directors or found.places
        assert found.runtime_minutes is None or 1 <= found.runtime_minutes <= 6000


@given(
    st.lists(st.from_regex(r"[A-Z][a-z]{2,8} [A-Z][a-z]{2,9}o", fullmatch=True), min_size=1, max_size=3, unique=True),
    st.sampled_from([[], ["QC"], ["France"], ["Belgium", "DR Congo"]]),
    st.integers(1, 99),
)
def test_printed_lines_are_read_back(directors: list[str], places: list[str], minutes: int) -> None:
    line = ShortLine(tuple(directors), tuple(places), minutes)
    place = ", " + "/".join(places) if places else ""
    assert read_short_line(f"{', '.join(directors)}{place} ({minutes} min)") == line
    assert read_short_line(f"{' & '.join(directors)}{place} ({minutes} min)") == line
