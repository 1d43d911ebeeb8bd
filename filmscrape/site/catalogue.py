"""What the lists of the catalogue need of all events: gathered in one reading, a few short strings for each."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from filmscrape.exports.names import web_address
from filmscrape.exports.tables import person_id
from filmscrape.records import Event
from filmscrape.site import words
from filmscrape.site.addresses import day_page, event_page, filed, group_key, group_page, person_page

ROOMS = ("countries", "languages", "genres", "series")


class Card(NamedTuple):
    """An event as lists show it.

    :ivar page: where its page is.
    :ivar keys: what it is filed under, by room; ``subtitles`` as well.
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

    @property
    def years(self) -> str:
        """``2021–2022``; empty where there is none."""
        return "–".join(str(year) for year in (self.year, self.year_end) if year)

    @property
    def facts(self) -> str:
        """Who, where, how long: the line under the title."""
        kind = "" if self.kind == "film" else words.KINDS.get(self.kind, self.kind)
        runtime = f"{self.runtime} min" if self.runtime else ""
        found = (kind, ", ".join(self.directors), ", ".join(self.countries), self.years, runtime)
        return " · ".join(filter(None, found))

    @property
    def sort_key(self) -> tuple[tuple[str, str], int, str]:
        """By title, then year."""
        return filed(self.title), self.year or 0, self.id


class Showing(NamedTuple):
    """A screening that is still to come, or of that very day.

    :ivar booking: an address that is safe to click on.
    """

    starts_at: str
    venue: str
    card: Card
    time: str
    tickets: str
    booking: str | None
    notes: tuple[str, ...]


class Day(NamedTuple):
    """A day's screenings by venue."""

    date: str
    page: str
    venues: list[tuple[str, list[Showing]]]

    @property
    def size(self) -> int:
        """How many screenings."""
        return sum(len(showings) for _, showings in self.venues)


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


class Catalogue:
    """All that the lists need.

    :param as_of: the dataset's own time, UTC; what starts on that day or later is on.
    """

    def __init__(self, as_of: str) -> None:
        self.as_of = as_of
        self.cards: list[Card] = []
        self.people: dict[str, PersonEntry] = {}
        self.groups: dict[str, dict[str, Group]] = {room: {} for room in ROOMS}
        self._moment = datetime.fromisoformat(as_of)
        self._showings: list[Showing] = []

    def add(self, event: Event) -> Card:
        """Take an event in."""
        card = _card(event)
        self.cards.append(card)
        self._file(event, card)
        for name, work in _parts(event):
            entry = self.people.setdefault(person_id(name), PersonEntry(person_page(name)))
            entry.spellings[name] += 1
            entry.parts.append(Part(card, work))
        for screening in event.screenings:
            if self.is_on(screening.starts_at):
                self._showings.append(
                    Showing(
                        screening.starts_at,
                        screening.venue or "Venue not given",
                        card,
                        words.clock(screening.starts_at),
                        words.TICKETS["cancelled" if event.status == "cancelled" else screening.availability],
                        web_address(screening.booking_url),
                        tuple(screening.notes),
                    )
                )
        return card

    def is_on(self, starts_at: str) -> bool:
        """Whether a screening starts on the dataset's day at its own place, or later."""
        start = datetime.fromisoformat(starts_at)
        return start.date() >= self._moment.astimezone(start.tzinfo).date()

    def days(self) -> list[Day]:
        """What is on, by day and venue, each in order of time."""
        found: dict[str, dict[str, list[Showing]]] = defaultdict(lambda: defaultdict(list))
        for showing in sorted(self._showings, key=lambda one: (one.starts_at[:16], filed(one.card.title), one.card.id)):
            found[showing.starts_at[:10]][showing.venue].append(showing)
        return [
            Day(date, day_page(date), sorted(venues.items(), key=lambda named: filed(named[0])))
            for date, venues in sorted(found.items())
        ]

    def _file(self, event: Event, card: Card) -> None:
        for room, key, name in _keys(event):
            shelf = "languages" if room == "subtitles" else room
            group = self.groups[shelf].setdefault(key, Group(group_page(shelf, key)))
            group.spellings[name] += 1
            pile = group.subtitled if room == "subtitles" else group.cards
            if not pile or pile[-1] is not card:  # a name may stand twice on a page
                pile.append(card)


def _card(event: Event) -> Card:
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
