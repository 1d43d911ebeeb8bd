"""Calendars (iCalendar, RFC 5545): all screenings, and those of each source, venue and series.

A screening is one ``VEVENT``, also when it is over or cancelled: a calendar that is read again shows what became of it.
Its ``UID`` is of the event and the site's number for the screening, so it survives a moved time. Where the site numbers
nothing it is of the start and venue at first sight, which only a ledger remembers: without one a screening that moves
is another one.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import icalendar

from filmscrape.exports.dataset import Dataset, Revision
from filmscrape.exports.drafts import Drafts
from filmscrape.exports.facts import directors, is_cancelled
from filmscrape.exports.names import clean, key_of, screening_key, slug, told_apart, web_address
from filmscrape.exports.vtimezone import local, vtimezone
from filmscrape.records import Event, Language, Screening

_END = b"END:VCALENDAR\r\n"
_TICKETS = {"available": "available", "sold_out": "sold out", "standby": "standby only", "cancelled": "cancelled"}
# By event and key: the key that a screening had at first.
Origins = dict[tuple[str, str], str]


class Span(NamedTuple):
    """The years over which a calendar needs a zone."""

    first: int
    last: int


def write(dataset: Dataset, folder: Path) -> list[Path]:
    """Write ``all.ics``, ``sources/<source>.ics``, ``venues/<slug>.ics`` and ``series/<slug>.ics``.

    A slug is :func:`~filmscrape.exports.names.slug` of the name. ``LAST-MODIFIED`` and ``SEQUENCE`` are the
    event's, from the ledger; an unchanged site changes no byte. A calendar that there is no more is removed.

    :return: the files.
    """
    origins = first_keys(dataset)
    with Drafts(folder, owns=("sources/*.ics", "venues/*.ics", "series/*.ics")) as drafts:
        names = _headers(dataset, drafts)
        for event in dataset.events():
            found = dataset.revisions.get(event.id, Revision(0, ""))
            revision = Revision(found.number, found.at or event.first_seen)
            for uid, screening in identified(event, origins):
                piece = bytes(vevent(event, screening, uid, revision).to_ical())
                for name, _ in _files(event, screening):
                    drafts.add(name, piece)
        for name in names:
            drafts.add(name, _END)
    return drafts.written


# ------------------------------------------------------------------ calendars
def _headers(dataset: Dataset, drafts: Drafts) -> list[str]:
    """Begin each calendar: its name, and the zones of its screenings."""
    titles = {"all.ics": "Screenings"}
    zones: dict[str, dict[str, Span]] = defaultdict(dict)
    for event in dataset.events():
        titles[f"sources/{event.source}.ics"] = f"Screenings: {event.source}"
        for screening in event.screenings:
            when = [moment for moment in times(event, screening) if moment is not None and moment.tzinfo is not UTC]
            for name, title in _files(event, screening):
                titles[name] = title
                for moment in when:
                    span = zones[name].get(screening.timezone, Span(moment.year, moment.year))
                    zones[name][screening.timezone] = Span(min(span.first, moment.year), max(span.last, moment.year))
    for name in sorted(titles):
        drafts.add(name, _header(titles[name]))
        for zone, span in sorted(zones[name].items()):
            drafts.add(name, vtimezone(zone, *span))
    return sorted(titles)


def _header(title: str) -> bytes:
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//filmscrape//screenings//EN")
    calendar.add("version", "2.0")
    name = icalendar.vText(clean(title))  # the library does not know these two for text, and would not escape it
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)  # the same for programs older than RFC 7986
    calendar.add("refresh-interval", timedelta(days=1), parameters={"VALUE": "DURATION"})
    return bytes(calendar.to_ical()).removesuffix(_END)


def _files(event: Event, screening: Screening) -> Iterator[tuple[str, str]]:
    """The calendars that hold a screening, each with its name in words."""
    yield "all.ics", "Screenings"
    yield f"sources/{event.source}.ics", f"Screenings: {event.source}"
    if screening.venue:
        yield f"venues/{slug(screening.venue)}.ics", screening.venue
    for series in dict.fromkeys(event.series):
        yield f"series/{slug(series)}.ics", series


# ------------------------------------------------------------------ identity
def first_keys(dataset: Dataset) -> Origins:
    """Follow screenings back to what told them apart when they were seen first, through all that the ledgers logged."""
    found: Origins = {}
    for change in dataset.changes():
        old, new, place = change["old"], change["new"], change["screening"]
        if change["field"] == "screenings" and old and new and place:
            before, after = (_key({"id": None, **place, **facts}) for facts in (old, new))
            if before != after:
                found[change["id"], after] = found.get((change["id"], before), before)
    return found


def _key(facts: dict[str, str | None]) -> str:
    return screening_key(str(facts["starts_at"]), facts["venue"], facts["id"])


def identified(event: Event, origins: Origins) -> list[tuple[str, Screening]]:
    """An event's screenings, each with a ``UID`` that no other has.

    A screening whose past is known comes first: one that is new at a time that another one left gets a number more.
    """
    keys = [key_of(screening) for screening in event.screenings]
    order = sorted(range(len(keys)), key=lambda at: (event.id, keys[at]) not in origins)
    stems = (f"{quote(event.id, safe=':')}/{origins.get((event.id, keys[at]), keys[at])}" for at in order)
    uids = dict(zip(order, told_apart(stems, "~"), strict=True))
    return [(f"{uids[at]}@filmscrape", screening) for at, screening in enumerate(event.screenings)]


# ------------------------------------------------------------------ one screening
def vevent(event: Event, screening: Screening, uid: str, revision: Revision) -> icalendar.Event:
    """A screening as a calendar has it; the library escapes and folds.

    :param revision: how often the event changed, and when last, else when it was seen first.
    """
    entry = icalendar.Event()
    modified = datetime.fromisoformat(revision.at).astimezone(UTC)
    entry.add("uid", uid)
    entry.add("dtstamp", modified)  # without a METHOD it is when the entry was changed last (RFC 5545, 3.8.7.2)
    entry.add("last-modified", modified)
    entry.add("sequence", revision.number)
    start, end = times(event, screening)
    entry.add("dtstart", start)
    if end is not None:
        entry.add("dtend", end)
    entry.add("summary", clean(event.title))
    entry.add("status", "CANCELLED" if is_cancelled(event, screening) else "CONFIRMED")
    entry.add("transp", "TRANSPARENT")  # who reads what is on is not busy all that time
    if screening.venue:
        entry.add("location", clean(screening.venue))
    if address := web_address(screening.booking_url) or web_address(event.url):
        entry.add("url", address)
    entry.add("description", clean(description(event, screening)))
    return entry


def times(event: Event, screening: Screening) -> tuple[datetime, datetime | None]:
    """When a screening starts and ends; the end as published, else by the running time, else ``None``."""
    begins = datetime.fromisoformat(screening.starts_at)
    ends = datetime.fromisoformat(screening.ends_at) if screening.ends_at else None
    if (ends is None or ends <= begins) and event.runtime_minutes:
        ends = begins + timedelta(minutes=event.runtime_minutes)
    start = local(begins, screening.timezone)
    if ends is None or ends <= begins:
        return start, None
    if start.tzinfo is UTC:
        return start, ends.astimezone(UTC)
    # A night on which the clocks change ends by another offset than it began with.
    return start, local(ends, screening.timezone, is_published=False)


def description(event: Event, screening: Screening) -> str:
    """What a page says of a screening, a line each; the blurb follows after an empty one."""
    countries = ", ".join(country.name for country in event.countries)
    years = "–".join(str(year) for year in (event.year, event.year_end) if year)
    length = f"{event.runtime_minutes} min" if event.runtime_minutes else ""
    tickets = _TICKETS.get("cancelled" if is_cancelled(event, screening) else screening.availability)
    lines = [
        " / ".join(event.alternative_titles),
        f"Directed by {', '.join(directors(event))}" if directors(event) else "",
        " · ".join(part for part in (length, countries, years) if part),
        _languages(event),
        *(_short(short.title, short.directors) for short in event.shorts),
        f"Rating: {event.rating}" if event.rating else "",
        ", ".join([*event.notes, *screening.notes]),
        f"Tickets: {tickets}" if tickets else "",
        event.url,
    ]
    return "\n".join(line for line in lines if line) + (f"\n\n{event.summary}" if event.summary else "")


def _short(title: str, directors: list[str]) -> str:
    return f"Short: {title}" + (f" ({', '.join(directors)})" if directors else "")


def _languages(event: Event) -> str:
    spoken = "No dialogue" if event.no_dialogue else _names(event.languages)
    subtitles = f"subtitles: {_names(event.subtitles)}" if event.subtitles else ""
    return "; ".join(part for part in (spoken, subtitles) if part)


def _names(languages: list[Language]) -> str:
    return ", ".join(language.name for language in languages)
