"""Printed days and clock times, years of screenings, instants."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filmscrape.values.dates import instant, is_day, is_time, print_instant, print_utc, screening_start
from filmscrape.values.zones import zone

VANCOUVER = zone("America/Vancouver")
TORONTO = zone("America/Toronto")
CAPTURED = datetime(2026, 11, 22, 17, 0, tzinfo=UTC)


def start(day: str, time: str = "7:50 pm", captured: datetime = CAPTURED) -> str | None:
    found = screening_start(day, time, captured, VANCOUVER)
    return None if found is None else print_instant(found)


@pytest.mark.parametrize(
    "text",
    [
        "Sunday May 17", "Sat Jan 03", "Sat Jan 3", "Tuesday, April 15", "Tues. Apr. 15", "April 15", "15 April",
        "Sunday 17 May", "Thursday, September 28", "Sunday May 17 2026", "May 17, 2026", "Fri Sept 5th", "Feb 29",
        "Wednesday, the 23rd of September, 2026", " Sunday\u00a0May 17 ", "SUNDAY MAY 17",
    ],
)  # fmt: skip
def test_day(text: str) -> None:
    assert is_day(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "Sunday", "May", "May 2026", "17", "Feb 30", "Apr 31", "May 0", "May 32", "25 minute talk",
        "Starts March 17", "June 10 – 14 | Harbour Centre", "Dec 26 – Jan 8", "Jul 9–Aug 31", "Dec 10-20",
        "Monday Afternoons Feb 3 – Mar 10", "Oct 4: Q&A", "Marching 17", "7:50 pm", "Sunday May 17, 7:50 pm",
        "Maybe 12", "Someday May 17", "ſunday May 17", "x" * 10_000,
    ],
)  # fmt: skip
def test_no_day(text: str) -> None:
    assert not is_day(text)


@pytest.mark.parametrize(
    ("time", "clock"),
    [
        ("7:50 pm", "19:50"),
        ("7:50 p.m.", "19:50"),
        ("7:50PM", "19:50"),
        ("7.50pm", "19:50"),
        ("7:50\u00a0pm", "19:50"),
        ("7 pm", "19:00"),
        ("10:30 am", "10:30"),
        ("12:15 am", "00:15"),
        ("12:15 pm", "12:15"),
        ("12 pm", "12:00"),
        ("noon", "12:00"),
        ("12 noon", "12:00"),
        ("19:50", "19:50"),
        ("07:50", "07:50"),
        ("19h50", "19:50"),
        ("19 h 50", "19:50"),
        ("19h", "19:00"),
    ],
)
def test_clock_time(time: str, clock: str) -> None:
    assert is_time(time)
    assert start("Sunday May 17", time) == f"2026-05-17T{clock}:00-07:00"


@pytest.mark.parametrize(
    "text",
    ["", "7:50", "7", "19", "13 pm", "0 am", "24:00", "7:60 pm", "7:50 – 9:30 pm", "98 min", "25 minute talk",
     "Midnight", "2:1", "1984", "7 pmx", "x" * 10_000],
)  # fmt: skip
def test_no_clock_time(text: str) -> None:
    assert not is_time(text)
    assert start("Sunday May 17", text) is None


@pytest.mark.parametrize(
    ("day", "year"),
    [
        ("Sunday May 17", 2026),
        ("Sat Jan 03", 2026),
        ("Sun Jan 03", 2027),
        ("Thursday, December 31", 2026),
        ("Friday January 1", 2027),
        ("Tuesday April 15", 2025),
        ("Sunday November 22", 2026),
        ("April 15", 2027),
        ("June 15", 2026),
        ("November 22", 2026),
        ("May 17, 2025", 2025),
        ("Saturday May 17 2025", 2025),
        ("May 17, 1999", 1999),
    ],
)
def test_year_of_a_day(day: str, year: int) -> None:
    found = start(day)
    assert found is not None
    assert found.startswith(str(year))


@pytest.mark.parametrize(
    "day",
    [
        "Monday May 18 2020",
        "Wednesday May 17",
        "Saturday May 17 2026",
        "Feb 29",
        "Saturday Feb 29",
        "Feb 29, 2026",
        "May 17, 1066",
    ],
)
def test_day_that_contradicts_itself(day: str) -> None:
    captured = datetime(2026, 11, 22, tzinfo=UTC)
    years = {date(year, 5, 17).strftime("%A") for year in (2025, 2026, 2027)}
    assert "Wednesday" not in years  # else the second case says nothing
    expected = "2020-05-18T19:50:00-07:00" if day.startswith("Monday") else None
    assert start(day, captured=captured) == expected


def test_leap_day() -> None:
    assert start("Tuesday Feb 29", captured=datetime(2027, 12, 1, tzinfo=UTC)) == "2028-02-29T19:50:00-07:00"
    assert start("Feb 29", captured=datetime(2024, 3, 1, tzinfo=UTC)) == "2024-02-29T19:50:00-08:00"


def test_local_day_of_the_capture_decides() -> None:
    """At 03:00 UTC of New Year's Day it is still the old year in Vancouver, and 2 July 2025 a day nearer."""
    assert start("July 2", captured=datetime(2026, 1, 1, 3, tzinfo=UTC)) == "2025-07-02T19:50:00-07:00"
    assert start("July 2", captured=datetime(2026, 1, 1, 3)) == "2025-07-02T19:50:00-07:00"
    assert start("July 2", captured=datetime(2026, 1, 1, 9, tzinfo=UTC)) == "2026-07-02T19:50:00-07:00"


def test_offset_of_the_day() -> None:
    assert start("Sunday November 29") == "2026-11-29T19:50:00-07:00"
    assert start("Sat Jan 03") == "2026-01-03T19:50:00-08:00"
    assert start("Sunday, January 4", captured=datetime(2026, 1, 2, tzinfo=UTC)) == "2026-01-04T19:50:00-08:00"


def test_late_show_stays_on_the_printed_day() -> None:
    assert start("Friday January 1", "12:15 am") == "2027-01-01T00:15:00-07:00"


def test_wall_time_that_the_clocks_leave_out_or_show_twice() -> None:
    assert screening_start("Sunday March 14 2027", "2:30 am", CAPTURED, TORONTO) is None
    twice = screening_start("Sunday November 7 2027", "1:30 am", CAPTURED, TORONTO)
    assert twice is not None
    assert print_instant(twice) == "2027-11-07T01:30:00-04:00"
    assert instant("2027-03-14T02:30", TORONTO) is None


@given(st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1)), st.integers(-180, 180))
def test_every_near_day_gets_its_year_back(captured: datetime, days: int) -> None:
    captured = captured.replace(tzinfo=VANCOUVER)
    near = captured.date() + timedelta(days=days)
    for printed in (f"{near:%A} {near:%B} {near.day}", f"{near:%a} {near:%b %d}", f"{near:%B} {near.day}"):
        found = screening_start(printed, "7:50 pm", captured.astimezone(UTC), VANCOUVER)
        assert found is not None
        assert found.date() == near
        assert found.replace(tzinfo=None).time().isoformat() == "19:50:00"


@given(st.text(), st.text(), st.datetimes() | st.datetimes(timezones=st.just(UTC)))
def test_any_texts_and_any_capture(day: str, time: str, captured: datetime) -> None:
    for found in (
        screening_start(day, time, captured, VANCOUVER),
        screening_start("Sunday May 17", "7:50 pm", captured, VANCOUVER),
        screening_start("May 17", "7:50 pm", captured, VANCOUVER),
        instant(day, VANCOUVER),
    ):
        assert found is None or found.tzinfo is VANCOUVER
    assert is_day(day) in (True, False)
    assert is_time(time) in (True, False)


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("2026-06-13T13:00:00-07:00", "2026-06-13T13:00:00-07:00"),
        ("2026-06-13T20:00:00Z", "2026-06-13T13:00:00-07:00"),
        ("2026-06-13T13:00:00", "2026-06-13T13:00:00-07:00"),
        ("2026-06-13T13:00", "2026-06-13T13:00:00-07:00"),
        ("2026-06-13 13:00:00 -0500", "2026-06-13T11:00:00-07:00"),
        ("2026-06-13T13:00:00-0500", "2026-06-13T11:00:00-07:00"),
        ("2026-06-13T13:00+05:30", "2026-06-13T00:30:00-07:00"),
        ("20260613T200000Z", "2026-06-13T13:00:00-07:00"),
        ("2026-06-13T20:00:00.123456789Z", "2026-06-13T13:00:00-07:00"),
        (" 2026-06-13t20:00z ", "2026-06-13T13:00:00-07:00"),
        ("2025-12-13T13:00", "2025-12-13T13:00:00-08:00"),
        ("2026-12-13T13:00", "2026-12-13T13:00:00-07:00"),
    ],
)
def test_instant(text: str, printed: str) -> None:
    found = instant(text, VANCOUVER)
    assert found is not None
    assert print_instant(found) == printed
    assert instant(printed, VANCOUVER) == found


@pytest.mark.parametrize(
    "text",
    ["", "2026-06-13", "13:00", "2026-02-30T10:00", "2026-06-13T25:00", "2026-06-13T13:00+99:00", "0001-01-01T00:00Z",
     "9999-12-31T23:59Z", "June 13 2026 13:00", "2026-06-13T13", "2026-W24-6T13:00"],
)  # fmt: skip
def test_no_instant(text: str) -> None:
    assert instant(text, VANCOUVER) is None


@given(st.datetimes(datetime(1970, 1, 2), datetime(2100, 12, 31)))
def test_printed_instants_are_read_back(moment: datetime) -> None:
    moment = moment.replace(microsecond=0, tzinfo=UTC)
    there = moment.astimezone(VANCOUVER)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d", print_instant(there))
    for printed in (print_instant(there), print_utc(there)):
        found = instant(printed, VANCOUVER)
        assert found is not None
        assert found.astimezone(UTC) == moment  # in UTC: an hour that occurs twice equals no other zone's
        assert print_instant(found) == print_instant(there)
    assert print_utc(there) == moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_printing_needs_an_offset() -> None:
    with pytest.raises(ValueError, match="offset"):
        print_instant(datetime(2026, 1, 1))
    with pytest.raises(ValueError, match="offset"):
        print_utc(datetime(2026, 1, 1))


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("2026-12-13T13:00:00-08:00", "2026-12-13T13:00:00-07:00"),  # the offset that was lawful until 2026
        ("2024-12-13T13:00:00-08:00", "2024-12-13T13:00:00-08:00"),
        ("2024-06-13T13:00:00-08:00", "2024-06-13T13:00:00-07:00"),
        ("2026-12-13T13:00:00-05:00", "2026-12-13T11:00:00-07:00"),  # another zone's: an instant
        ("2026-12-13T20:00:00Z", "2026-12-13T13:00:00-07:00"),
        ("2024-11-03T01:30:00-08:00", "2024-11-03T01:30:00-08:00"),  # the second of the two
    ],
)
def test_an_old_zone_database_of_the_site_does_not_move_a_screening(text: str, printed: str) -> None:
    found = instant(text, VANCOUVER)
    assert found is not None
    assert print_instant(found) == printed
