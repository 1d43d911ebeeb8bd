"""What the lists of the catalogue need of all events: gathered in one reading, a few short strings for each."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from filmscrape.exports.names import web_address
from filmscrape.exports.tables import person_id
from filmscrape.records import Event
from filmscrape.site import words
from filmscrape.site.addresses import (
    day_page,
    event_page,
    filed,
    group_key,
    group_page,
    person_page,
    without_article,
)

ROOMS = ("countries", "languages", "genres", "series")
NO_VENUE = "Venue not given"


class Card(NamedTuple):
    """An event as lists show it.

    :ivar page: where its page is.
    :ivar keys: what it is filed under, by room; ``subtitles`` as well.
    :ivar sort_key: by title, then year.
    """

    id: str
    page: str
    title: str
    others: tuple[str, ...]
    year: int | None
    year_end: int | None
    runtime: int | None
    kind: str
    status: str
    directors: tuple[str, ...]
    names: tuple[str, ...]
    countries: tuple[str, ...]
    keys: dict[str, tuple[str, ...]]
    sort_key: tuple[tuple[str, str], int, str]

    @property
    def years(self) -> str:
        """``2021–2022``; empty where there is none."""
        return "–".join(str(year) for year in (self.year, self.year_end) if year)

    @property
    def facts(self) -> str:
        """Who, where, how long: the line under the title."""
        kind = "" if self.kind == "film" else words.KINDS.get(self.kind, self.kind)
        runtime = f"{self.runtime}\N{NO-BREAK SPACE}min" if self.runtime else ""
        found = (kind, ", ".join(self.directors), ", ".join(self.countries), self.years, runtime)
        return "\N{NO-BREAK SPACE}· ".join(filter(None, found))


class Showing(NamedTuple):
    """A screening that is still to come, or of that very day.

    :ivar venue: ``None`` where the page names none.
    :ivar booking: an address that is safe to click on.
    """

    starts_at: str
    venue: str | None
    card: Card
    time: str
    tickets: str
    booking: str | None
    notes: tuple[str, ...]


class Day(NamedTuple):
    """A day's screenings by venue."""

    date: str
    page: str
    venues: list["Place"]

    @property
    def size(self) -> int:
        """How many screenings."""
        return sum(len(place.showings) for place in self.venues)


class Place(NamedTuple):
    """A venue and screenings there, in order of time.

    :ivar page: ``None`` where the pages name no venue.
    """

    name: str
    page: str | None
    showings: list[Showing]

    @property
    def size(self) -> int:
        """How many screenings."""
        return len(self.showings)

    @property
    def days(self) -> list[tuple[str, list[Showing]]]:
        """The screenings by day."""
        return [(day, list(found)) for day, found in groupby(self.showings, key=lambda one: one.starts_at[:10])]


class Part(NamedTuple):
    """What somebody did in an event."""

    card: Card
    work: str


@dataclass
class Group:
    """Events that share a country, a language, a genre or a series.

    :ivar spellings: how often each spelling of its name is used.
    :ivar subtitled: events with subtitles in the language.
    """

    page: str
    spellings: Counter[str] = field(default_factory=Counter)
    cards: list[Card] = field(default_factory=list)
    subtitled: list[Card] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The most frequent spelling, among equals the first by code point."""
        return min(self.spellings, key=lambda name: (-self.spellings[name], name))


@dataclass
class PersonEntry:
    """A name and what it stands at.

    :ivar spellings: how often each spelling is used.
    """

    page: str
    spellings: Counter[str] = field(default_factory=Counter)
    parts: list[Part] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The most frequent spelling, among equals the first by code point."""
        return min(self.spellings, key=lambda name: (-self.spellings[name], name))


class Clock:
    """The dataset's own time.

    :param as_of: UTC.
    """

    def __init__(self, as_of: str) -> None:
        self._moment = datetime.fromisoformat(as_of)

    def is_on(self, starts_at: str) -> bool:
        """Whether a screening starts on the dataset's day at its own place, or later."""
        start = datetime.fromisoformat(starts_at)
        return start.date() >= self._moment.astimezone(start.tzinfo).date()


class Catalogue:
    """All that the lists need.

    :param as_of: the dataset's own time, UTC; what starts on that day or later is on.
    """

    def __init__(self, as_of: str) -> None:
        self.as_of = as_of
        self.cards: list[Card] = []
        self.people: dict[str, PersonEntry] = {}
        self.groups: dict[str, dict[str, Group]] = {room: {} for room in ROOMS}
        self._clock = Clock(as_of)
        self._showings: list[Showing] = []

    def add(self, event: Event) -> Card:
        """Take an event in."""
        card = card_of(event)
        self.cards.append(card)
        self._file(event, card)
        for name, work in _parts(event):
            entry = self.people.setdefault(person_id(name), PersonEntry(person_page(name)))
            entry.spellings[name] += 1
            entry.parts.append(Part(card, work))
        for screening in event.screenings:
            if self._clock.is_on(screening.starts_at):
                self._showings.append(
                    Showing(
                        screening.starts_at,
                        screening.venue,
                        card,
                        words.clock(screening.starts_at),
                        words.TICKETS["cancelled" if event.status == "cancelled" else screening.availability],
                        web_address(screening.booking_url),
                        tuple(screening.notes),
                    )
                )
        return card

    def days(self) -> list[Day]:
        """What is on, by day and venue, each in order of time."""
        days = groupby(self._in_time(), key=lambda one: one.starts_at[:10])
        return [Day(date, day_page(date), _places(found)) for date, found in days]

    def venues(self) -> list[Place]:
        """What is on at each venue that is named."""
        return [place for place in _places(self._in_time()) if place.page]

    def _in_time(self) -> list[Showing]:
        return sorted(self._showings, key=lambda one: (one.starts_at[:16], one.card.sort_key))

    def _file(self, event: Event, card: Card) -> None:
        for room, key, name in _keys(event):
            shelf = "languages" if room == "subtitles" else room
            group = self.groups[shelf].setdefault(key, Group(group_page(shelf, key)))
            group.spellings[name] += 1
            pile = group.subtitled if room == "subtitles" else group.cards
            if not pile or pile[-1] is not card:  # a name may stand twice on a page
                pile.append(card)


def _places(showings: Iterable[Showing]) -> list[Place]:
    """Screenings by venue, in the order in which they come."""
    found: dict[str | None, list[Showing]] = defaultdict(list)
    for showing in showings:
        found[showing.venue].append(showing)
    places = [
        Place(name or NO_VENUE, group_page("venues", name) if name else None, shown) for name, shown in found.items()
    ]
    return sorted(places, key=lambda place: (place.page is None, filed(place.name)))


def card_of(event: Event) -> Card:
    """An event as lists show it."""
    keys: dict[str, dict[str, None]] = defaultdict(dict)
    for room, key, _ in _keys(event):
        keys[room][key] = None
    directors = [one.name for one in event.crew if one.role == "director"]
    return Card(
        event.id,
        event_page(event.id),
        event.title,
        tuple(event.alternative_titles),
        event.year,
        event.year_end,
        event.runtime_minutes,
        event.kind,
        event.status,
        tuple(dict.fromkeys(directors)),
        tuple(dict.fromkeys(name for name, _ in _parts(event))),
        tuple(country.name for country in event.countries),
        {room: tuple(found) for room, found in keys.items()},
        (filed(without_article(event.title)), event.year or 0, event.id),
    )


def _keys(event: Event) -> Iterator[tuple[str, str, str]]:
    """What an event is filed under: room, key, name."""
    for room, tags in (("countries", event.countries), ("languages", event.languages), ("subtitles", event.subtitles)):
        for tag in tags:
            yield room, group_key(tag.name, tag.code), tag.name
    for room, names in (("genres", event.genres), ("series", event.series)):
        for name in names:
            yield room, group_key(name), name


def _parts(event: Event) -> Iterator[tuple[str, str]]:
    """Everybody whom an event names, and as what."""
    for crew in event.crew:
        yield crew.name, crew.credit
    for cast in event.cast:
        yield cast.name, f"Cast, as {cast.character}" if cast.character else "Cast"
    for person in event.people:
        yield person.name, f"Introduced as {words.field(person.role).lower()}"
    for short in event.shorts:
        for name in short.directors:
            yield name, f"Director of {short.title}"
