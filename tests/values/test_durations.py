"""Running times."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filmscrape.values.durations import read_minutes


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("82 min", 82),
        ("82 mins", 82),
        ("82 min.", 82),
        (" 98 minutes\n", 98),
        ("98\u00a0min", 98),
        ("98min", 98),
        ("98m", 98),
        ("98'", 98),
        ("98’", 98),
        ("98分", 98),
        ("(11 min)", 11),
        ("1h 22m", 82),
        ("1h22", 82),
        ("1 hr 22 min", 82),
        ("1 hour, 22 minutes", 82),
        ("1 hour and 22 minutes", 82),
        ("2 hours", 120),
        ("1.5 hours", 90),
        ("5 min 40 sec", 6),
        ("PT140M", 140),
        ("PT2H2M", 122),
        ("PT2H", 120),
        ("P0DT1H30M", 90),
        ("PT5400S", 90),
        ("Runtime: 98 min", 98),
        ("Runtime: 98", 98),
        ("Running time 98 minutes", 98),
        ("approx. 98 min", 98),
        ("ca. 98 min", 98),
        ("~98 min", 98),
        ("6000 min", 6000),
        ("1 min", 1),
    ],
)
def test_minutes(text: str, minutes: int) -> None:
    assert read_minutes(text) == minutes


@pytest.mark.parametrize(
    "text",
    [
        "",
        "25 minute talk",
        "Following a 25 minute talk, the film is introduced.",
        "At 167 minutes, it is at least half a dozen movies for the price of one.",
        "at 167 minutes",
        "98",
        "2023",
        "min. 98",
        "1:38",
        "98 min + Q&A",
        "82 min / 98 min",
        "1 h 99 min",
        "19+",
        "35mm",
        "0 min",
        "6001 min",
        "99999 min",
        "PT",
        "P",
        "٩٨ min",
        "98 min" + " " * 300 + "x",
    ],
)
def test_no_running_time(text: str) -> None:
    assert read_minutes(text) is None


@given(st.text() | st.text(alphabet="0123456789 hminPTMHS'.,:()~", max_size=14))
def test_any_text(text: str) -> None:
    minutes = read_minutes(text)
    assert minutes is None or 1 <= minutes <= 6000


@given(st.integers(1, 6000))
def test_forms_of_the_same_time(minutes: int) -> None:
    assert read_minutes(f"{minutes} min") == minutes
    assert read_minutes(f"PT{minutes}M") == minutes
    hours, rest = divmod(minutes, 60)
    if hours:
        assert read_minutes(f"{hours}h {rest}m") == minutes
        assert read_minutes(f"PT{hours}H{rest}M") == minutes
