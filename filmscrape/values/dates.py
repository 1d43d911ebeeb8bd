"""Days and clock times as pages print them, and instants as the record prints them.

The year of a screening is not on the page. It is the year in which the printed weekday fits, nearest to the
day on which the page was captured; the reader's own clock has no say (the contract's rule *The year of a
screening*).
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from filmscrape.values.text import tidy

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_WEEKDAY = {name[:3]: number for number, name in enumerate(_WEEKDAYS)}
_MONTH = {name[:3]: number for number, name in enumerate(_MONTHS, start=1)}
_WEEKDAY_PATTERN = r"(?:mon|tue|wed|thu|fri|sat|sun|" + "|".join(_WEEKDAYS) + "|tues|weds|thur|thurs)"
_MONTH_PATTERN = r"(?:jan|feb|mar|apr|jun|jul|aug|sep|oct|nov|dec|" + "|".join(_MONTHS) + "|sept)"
_DAY = re.compile(
    rf"(?:(?P<weekday>{_WEEKDAY_PATTERN})(?:\.?,?\s+))?"
    rf"(?:(?P<month>{_MONTH_PATTERN})\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?"
    rf"|(?:the\s+)?(?P<day_first>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<month_last>{_MONTH_PATTERN})\.?)"
    r"(?:,?\s+(?P<year>\d{4}))?",
    re.IGNORECASE | re.ASCII,
)
_TIME = re.compile(
    r"(?P<noon>(?:12\s+)?noon)|(?P<hour>\d{1,2})(?:\s?[:.h]\s?(?P<minute>\d\d)|(?P<bare_h>\s?h))?"
    r"(?:\s*(?P<half>[ap])\.?\s?m\.?)?",
    re.IGNORECASE | re.ASCII,
)
_INSTANT = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\d|\d{8})[Tt ]\s*"
    r"(?P<hour>\d\d):?(?P<minute>\d\d)(?::?(?P<second>\d\d)(?:[.,]\d+)?)?"
    r"\s*(?:(?P<utc>[Zz]|UTC|GMT)|(?P<sign>[+−-])(?P<hours>\d\d):?(?P<minutes>\d\d)?)?",
    re.ASCII,
)
_LONGEST_DAY = 40  # `Wednesday, the 23rd of September, 2026`
_LONGEST_TIME = 12  # `10:30 p.m.` and a blank at each end
# Instants outside are typing errors; long before them offsets hold seconds, which the record cannot print.
_EARLIEST, _LATEST = 1970, 2100


@lru_cache(maxsize=2048)
def _day(text: str) -> tuple[int | None, int | None, int, int] | None:
    """Read a printed day as (year, weekday, month, day of the month)."""
    found = _DAY.fullmatch(tidy(text))
    if found is None:
        return None
    month = _MONTH[(found["month"] or found["month_last"])[:3].lower()]
    day = int(found["day"] or found["day_first"])
    if not 1 <= day <= (29 if month == 2 else 30 if month in (4, 6, 9, 11) else 31):
        return None
    weekday = _WEEKDAY[found["weekday"][:3].lower()] if found["weekday"] else None
    return int(found["year"]) if found["year"] else None, weekday, month, day


@lru_cache(maxsize=1024)
def _time(text: str) -> time | None:
    """Read a printed clock time."""
    found = _TIME.fullmatch(tidy(text))
    if found is None:
        return None
    if found["noon"]:
        return time(12)
    hour, minute, half = int(found["hour"]), int(found["minute"] or 0), found["half"]
    if minute > 59:
        return None
    if half:
        if not 1 <= hour <= 12 or found["bare_h"]:
            return None
        return time(hour % 12 + (12 if half in "pP" else 0), minute)
    if hour > 23 or (found["minute"] is None and not found["bare_h"]) or len(found["hour"]) == 1:
        return None
    return time(hour, minute)


def is_day(text: str) -> bool:
    """Whether a whole text is a printed day: ``Sunday May 17``, ``Sat Jan 03``, ``17 May 2026``.

    The day of the month must be there, and it must exist in that month; a range of days is no day.
    """
    return 4 < len(text) <= _LONGEST_DAY and _day(text) is not None


def is_time(text: str) -> bool:
    """Whether a whole text is a clock time that :func:`screening_start` understands."""
    return 1 < len(text) <= _LONGEST_TIME and _time(text) is not None


def screening_start(day: str, time: str, captured_at: datetime, zone: ZoneInfo) -> datetime | None:
    """Tell when a screening begins, as an aware datetime in ``zone``.

    :param day: as printed, with or without weekday and year: ``Sunday May 17``.
    :param time: ``7:50 pm``, ``7 p.m.``, ``noon``, or a 24-hour time of two digits (``19:50``, ``07:50``).
        ``7:50`` without am or pm may be either, and so may ``midnight`` be the beginning or the end of a day:
        not read.
    :param captured_at: when the page was captured (UTC if naive); its local day in ``zone`` decides the year.
    :returns: ``None`` where day or time cannot be read; where the weekday fits neither the printed year nor
        any year from the one before the capture to the one after it (a site lists what is near: the page
        contradicts itself); and for a wall time that the change to daylight-saving time leaves out.

    Without a weekday the year is the one that brings the date nearest to the capture, the later one of two
    that are equally near. A show after midnight stays on the printed day. Of a wall time that occurs twice
    the first counts.
    """
    printed, clock = _day(day), _time(time)
    if printed is None or clock is None:
        return None
    if captured_at.tzinfo is None:
        captured_at = captured_at.replace(tzinfo=UTC)
    try:
        captured = captured_at.astimezone(zone).date()
    except OverflowError:
        return None
    found = _date(printed, captured)
    return None if found is None else _at_wall_clock(datetime.combine(found, clock), zone)


@lru_cache(maxsize=2048)  # a programme has the same days on many pages, and a crawl few days of its own
def _date(printed: tuple[int | None, int | None, int, int], captured: date) -> date | None:
    year, weekday, month, day = printed
    fitting = []
    for candidate in (captured.year - 1, captured.year, captured.year + 1) if year is None else (year,):
        try:
            found = date(candidate, month, day)
        except ValueError:
            continue
        if weekday is None or found.weekday() == weekday:
            fitting.append(found)
    return min(fitting, key=lambda near: (abs(near - captured), captured - near), default=None)


@lru_cache(maxsize=2048)
def _at_wall_clock(wall: datetime, zone: ZoneInfo) -> datetime | None:
    """Place a wall-clock time in a zone; ``None`` where the zone's clocks never show it."""
    if not _EARLIEST <= wall.year <= _LATEST:
        return None
    there = wall.replace(tzinfo=zone)
    if there.astimezone(UTC).astimezone(zone).replace(tzinfo=None, fold=0) != wall:
        return None
    return there


def instant(text: str, zone: ZoneInfo) -> datetime | None:
    """ISO 8601 text as an aware datetime in ``zone``; seconds may be missing, fractions of them are cut.

    With an offset (``Z``, ``-07:00``, ``-0700``) the instant that it says, without one the wall clock of the
    zone. An offset that the zone's clocks know, but not on that day, comes from a server with an old zone
    database (British Columbia's ``-08:00`` of before 2026): what it prints beside it is the wall clock, and that
    counts. ``None`` where the text is no date and time, or none that exists.
    """
    found = _INSTANT.fullmatch(tidy(text))
    if found is None:
        return None
    digits = found["date"].replace("-", "")
    try:
        wall = datetime(
            int(digits[:4]), int(digits[4:6]), int(digits[6:]),
            int(found["hour"]), int(found["minute"]), int(found["second"] or 0),
        )  # fmt: skip
    except ValueError:
        return None
    if not found["utc"] and not found["sign"]:
        return _at_wall_clock(wall, zone)
    offset = timedelta(hours=int(found["hours"] or 0), minutes=int(found["minutes"] or 0))
    if offset > timedelta(hours=14) or not _EARLIEST - 1 <= wall.year <= _LATEST + 1:
        return None
    signed = -offset if found["sign"] in ("-", "−") else offset
    there = (wall.replace(tzinfo=UTC) - signed).astimezone(zone)
    if there.utcoffset() != signed and signed and signed in _offsets(zone, wall.year):
        return _at_wall_clock(wall, zone)
    return there if _EARLIEST <= there.year <= _LATEST else None


@lru_cache(maxsize=64)
def _offsets(zone: ZoneInfo, year: int) -> frozenset[timedelta | None]:
    """The offsets that a zone's clocks had or have around a year."""
    return frozenset(
        datetime(near, month, 1, tzinfo=zone).utcoffset() for near in (year - 1, year, year + 1) for month in (1, 7)
    )


def print_instant(moment: datetime) -> str:
    """``2026-06-13T13:00:00-07:00``: to the second, with the offset of that day.

    :raises ValueError: for a naive datetime.
    """
    if moment.tzinfo is None:
        raise ValueError("an instant needs a UTC offset")
    return moment.isoformat(timespec="seconds")


def print_utc(moment: datetime) -> str:
    """``2026-06-13T20:00:00Z``: the same instant in UTC.

    :raises ValueError: for a naive datetime.
    """
    if moment.tzinfo is None:
        raise ValueError("an instant needs a UTC offset")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
