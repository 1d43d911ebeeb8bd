"""From all readings of one address to the records that are published of it.

The page that was captured last wins, older ones fill what it lacks, cards and calendar entries fill what no page says.
What this adds to :mod:`~filmscrape.runs.films` is time: an event keeps its id, a screening that nobody lists any
more is over once it has begun, and one that was moved is there once. Nothing here knows a file or a clock.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Self, TypeVar

from pydantic import BaseModel, PrivateAttr

from filmscrape.records import Event, Screening, Status
from filmscrape.runs.films import Films, forked_id, merge_films
from filmscrape.runs.known import Stored, latest
from filmscrape.runs.merge import Sighting, Venues, instant, same_film, same_screening, same_venue

_OVER = ("past", "cancelled")
# A screening that is listed once more after it began is over a day later, whatever the list said of it.
_GRACE = timedelta(days=1)


class _Capture(BaseModel):
    fetched_at: str


class Gist(BaseModel):
    """What has to be known of an event whose line stays as it stands; its fields mean what they mean in the record."""

    id: str
    title: str
    status: Status
    screenings: list[Screening]
    first_seen: str
    last_seen: str
    provenance: _Capture
    _line: bytes = PrivateAttr()

    @classmethod
    def of(cls, line: bytes) -> Self:
        """Read it from an event's line."""
        gist = cls.model_validate_json(line)
        gist._line = line
        return gist

    def as_line(self) -> bytes:
        """The event's line."""
        return self._line


Told = TypeVar("Told", Event, Gist)


class Reckoned(NamedTuple):
    """One event as it is to be published.

    :ivar listed: for each of its screenings the numbers of the readings that list it.
    :ivar due: when it has to be reckoned again because a screening will be over, UTC; ``None`` for never.
    :ivar is_over: the event is past for no other reason than that time went by.
    """

    event: Event | Gist
    listed: list[list[int]]
    due: str | None
    is_over: bool


def reckon(
    address: str, readings: Sequence[Stored], known: Mapping[str, Event], venues: Venues, now: str
) -> list[Reckoned]:
    """Make the records of one address.

    :param address: the id of the event that has it, ``<source>:<slug>``.
    :param readings: all that was ever read of it, at least one page.
    :param known: the events that are published of it, by id.
    :param now: the time up to which the dataset tells, UTC.
    """
    if len(readings) == 1 and not known and (alone := _of_one_page(address, readings[0], venues, now)):
        return [alone]
    pages = sorted((r for r in readings if r.kind == "page"), key=latest, reverse=True)
    cards = sorted((r for r in readings if r.kind != "page"), key=lambda r: (r.last_at[:10], r.line), reverse=True)
    events = {reading.number: _page(reading) for reading in pages}
    sightings = {reading.number: _sighting(reading) for reading in cards}
    films = merge_films(list(events.values()), list(sightings.values()), venues)
    said = _Listings(readings, {**events, **sightings})
    return [_in_time(event, said, now) for event in named(address, films, known)]


def _of_one_page(address: str, page: Stored, venues: Venues, now: str) -> Reckoned | None:
    """Take the event that a page alone tells of, as its line stands; ``None`` where something of it is to be changed.

    Most events are told of by one page, and reading all of a record takes three times as long as its gist.
    """
    gist = Gist.of(page.line)
    if (gist.id, gist.first_seen, gist.last_seen) != (address, page.first_at, page.last_at):
        return None
    if any(venues.named(screening) is not screening for screening in gist.screenings):
        return None
    found = _in_time(gist, _Listings([page], {page.number: gist}), now)
    return found if found.event is gist else None


def _page(reading: Stored) -> Event:
    event = Event.model_validate_json(reading.line)
    return changed(event, first_seen=reading.first_at, last_seen=reading.last_at)


def _sighting(reading: Stored) -> Sighting:
    return Sighting.model_validate_json(reading.line).model_copy(update={"seen_at": reading.last_at})


def named(address: str, films: Films, known: Mapping[str, Event]) -> list[Event]:
    """Give each film its id: the one that it is published under, for ever; else the address's, else its own.

    Where a published event may be of several films, it is of the one that is most like it. Of several films without
    an id the one that was captured first takes the address's.
    """
    likely = sorted(
        (_unlikeness(event, film), name != film.id, name, at)
        for name, event in known.items()
        for at, film in enumerate(films.events)
        if same_film(event, film)
    )
    ids: dict[int, str] = {}
    for *_, name, at in likely:
        if at not in ids and name not in ids.values():
            ids[at] = name
    found = {name: films.events[at] for at, name in ids.items()}
    for at, film in enumerate(films.events):
        if at not in ids:
            is_free = address not in found and address not in known
            found.setdefault(address if is_free else forked_id(changed(film, id=address)), film)
    return [changed(film, id=name) for name, film in sorted(found.items())]


def _unlikeness(event: Event, film: Event) -> tuple[bool, bool]:
    """How little speaks for two records being of one film, besides that they may be."""
    return event.year != film.year, event.title.casefold() != film.title.casefold()


def changed(event: Told, **update: Any) -> Told:
    """The event with other values; itself where they are its own: most events are what one page says of them."""
    is_same = all(getattr(event, name) == value for name, value in update.items())
    return event if is_same else event.model_copy(update=update)


# ------------------------------------------------------------------ time
class _Listings:
    """Which readings list a screening, and from when to when."""

    def __init__(self, readings: Sequence[Stored], said: Mapping[int, Event | Gist | Sighting]) -> None:
        self._spans = {reading.number: (reading.first_at, reading.last_at) for reading in readings}
        self._said = {number: said[number].screenings for number in self._spans if number in said}

    def of(self, screenings: Sequence[Screening]) -> list[list[int]]:
        """The readings that list each of some screenings."""
        found: list[list[int]] = [[] for _ in screenings]
        for number, listed in sorted(self._said.items()):
            for screening in listed:
                at = same_screening(screenings, screening)
                if at is not None and number not in found[at]:
                    found[at].append(number)
        return found

    def span(self, numbers: Sequence[int]) -> tuple[datetime, datetime]:
        """From when to when some readings were made."""
        spans = [self._spans[number] for number in numbers]
        return datetime.fromisoformat(min(first for first, _ in spans)), datetime.fromisoformat(
            max(last for _, last in spans)
        )


def _in_time(event: Told, said: _Listings, now: str) -> Reckoned:
    if not event.screenings:
        return Reckoned(event, [], None, is_over=False)
    listed = said.of(event.screenings)
    screenings = _without_moved(event.screenings, listed, said)
    if len(screenings) < len(event.screenings):
        listed = said.of(screenings)
    moment = datetime.fromisoformat(now)
    ends = [_over_at(s, said, numbers) for s, numbers in zip(screenings, listed, strict=True)]
    aged = [
        s.model_copy(update={"availability": "past"}) if end is not None and end <= moment else s
        for s, end in zip(screenings, ends, strict=True)
    ]
    coming = [end for end in ends if end is not None and end > moment]
    is_over = event.status == "upcoming" and bool(aged) and all(s.availability in _OVER for s in aged)
    due = min(coming).strftime("%Y-%m-%dT%H:%M:%SZ") if coming else None
    event = changed(event, screenings=aged, status="past" if is_over else event.status)
    return Reckoned(event, listed, due, is_over)


def _over_at(screening: Screening, said: _Listings, numbers: Sequence[int]) -> datetime | None:
    """When a screening is over as far as the ledger can tell; ``None`` where its own words say so."""
    if screening.availability in _OVER or not numbers:
        return None
    start = instant(screening).astimezone(datetime.fromisoformat("1970-01-01T00:00:00Z").tzinfo)
    _, last = said.span(numbers)
    return start if last < start else max(last, start) + _GRACE


def _without_moved(
    screenings: Sequence[Screening], listed: Sequence[Sequence[int]], said: _Listings
) -> list[Screening]:
    """Leave out a screening in whose place another one came.

    That is so where it was still to come when it was no longer listed, a screening at the same venue was first
    listed after that, and it is the only one of the two kinds: then the site moved it.

    :param listed: for each screening the readings that list it.
    """
    kept = [
        _Listed(screening, *said.span(numbers))
        for screening, numbers in zip(screenings, listed, strict=True)
        if numbers
    ]
    moved: list[Screening] = []
    for later in list(kept):
        near = [other for other in kept if same_venue(other.screening.venue, later.screening.venue)]
        gone = [other for other in near if other.left_before(later.first)]
        came = [other for other in near if other.first == later.first]
        if len(gone) == 1 and len(came) == 1:
            kept.remove(gone[0])
            moved.append(gone[0].screening)
    return [screening for screening in screenings if not any(screening is other for other in moved)]


class _Listed(NamedTuple):
    """A screening, and when it was listed first and last."""

    screening: Screening
    first: datetime
    last: datetime

    def left_before(self, moment: datetime) -> bool:
        """Whether it was not listed any more at a moment, and still to come."""
        return self.last < moment < instant(self.screening) and self.screening.availability not in _OVER
