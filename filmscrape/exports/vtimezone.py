"""Time zones as calendars carry them, from the zone database in use.

The library's own generator is not used: it dates a change in spring by the clock after it (03:00), where RFC 5545 wants
the clock before it (02:00), so that strict readers are an hour late to notice.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import icalendar

from filmscrape.values.zones import zone

_STEP = timedelta(days=7)  # no zone in use changes its offset twice within a week
_SECOND = timedelta(seconds=1)
_KNOWN = range(1900, 2200)  # years; what lies beyond is a slip, and is not worth a zone of thousands of changes


def local(moment: datetime, name: str, *, is_published: bool = True) -> datetime:
    """Tell a moment by the venue's clock where that is sure to mean this moment, else in UTC.

    It is not sure where the zone is unknown, where the database gives that day another offset than the record bears,
    and in the second of the two hours that an autumn night has alike: a calendar's local time means the first.

    :param is_published: the offset is the site's own; that of a reckoned time may have changed since the start.
    """
    if moment.year not in _KNOWN:
        return moment.astimezone(UTC)
    try:
        there = moment.astimezone(zone(name))
    except ValueError:
        return moment.astimezone(UTC)
    agrees = there.utcoffset() == moment.utcoffset() or not is_published
    return there if agrees and not there.fold else moment.astimezone(UTC)


@lru_cache(maxsize=256)
def vtimezone(name: str, first: int, last: int) -> bytes:
    """A ``VTIMEZONE`` that holds from the year before ``first`` to the year after ``last``."""
    here = zone(name)
    found = icalendar.Timezone()
    found.add("tzid", name)
    begin, end = datetime(first - 1, 1, 1, tzinfo=UTC), datetime(last + 2, 1, 1, tzinfo=UTC)
    offset = begin.astimezone(here).utcoffset() or timedelta()
    found.add_component(_observance(begin.astimezone(here), offset))
    for moment in _changes(here, begin, end):
        found.add_component(_observance(moment.astimezone(here), offset))
        offset = moment.astimezone(here).utcoffset() or timedelta()
    return bytes(found.to_ical())


def _observance(since: datetime, before: timedelta) -> icalendar.TimezoneStandard | icalendar.TimezoneDaylight:
    """The rule that begins at a moment. Each change is one of its own: fewer programs read one with a list of dates."""
    rule = icalendar.TimezoneDaylight() if since.dst() else icalendar.TimezoneStandard()
    rule.add("dtstart", (since.astimezone(UTC) + before).replace(tzinfo=None))
    rule.add("tzoffsetfrom", before)
    rule.add("tzoffsetto", since.utcoffset())
    rule.add("tzname", since.tzname())
    return rule


def _changes(here: ZoneInfo, begin: datetime, end: datetime) -> Iterator[datetime]:
    """The moments, in UTC, from which another offset holds."""
    while begin < end:
        after = begin + _STEP
        if begin.astimezone(here).utcoffset() != after.astimezone(here).utcoffset():
            yield _moment(here, begin, after)
        begin = after


def _moment(here: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """The change between two moments of different offset, to the second."""
    offset = before.astimezone(here).utcoffset()
    while after - before > _SECOND:
        middle = before + timedelta(seconds=(after - before) // _SECOND // 2)
        if middle.astimezone(here).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after
