"""What each page of the catalogue shows, as plain values; how it looks is the templates' concern.

An address (``page``) is from the catalogue's root, ``href`` is one of the web that is safe to click on or ``None``.
Values are as they stand in the record: they are escaped where they are written.
"""

from collections.abc import Iterable, Sequence
from heapq import nsmallest
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from filmscrape.exports.names import web_address
from filmscrape.records import Event, Screening
from filmscrape.site import words
from filmscrape.site.addresses import LETTERS, filed, group_key, group_page, letter_of, person_page, without_article
from filmscrape.site.captures import Captured, Sighted
from filmscrape.site.catalogue import NO_VENUE, Card, Clock, Day, Group, PersonEntry
from filmscrape.site.subscriptions import Subscription, Subscriptions

_MOST_NAMED = 45  # people of the first page of people
_FIRST_DAYS = 7  # of the first page
_FIRST_ROWS = 200  # screenings after which the first page takes no further day


class Link(NamedTuple):
    """A link out of the catalogue.

    :ivar host: where it leads, for the reader to see; empty where it leads nowhere.
    """

    text: str
    href: str | None
    host: str


def link(address: str | None, text: str | None = None) -> Link:
    """Make a link; an address that is none of the web's stays text."""
    href = web_address(address)
    host = (urlsplit(href).hostname or "") if href else ""
    if href is None and text and address:
        text = f"{text} ({address})"
    return Link(text or address or "", href, host)


# ---------------------------------------------------------------------- event
def event_values(
    event: Event,
    card: Card,
    clock: Clock,
    history: Iterable[dict[str, Any]],
    captured: Captured,
    *,
    texts: bool,
) -> dict[str, Any]:
    """Say what the page of an event shows.

    :param history: the event's changes, the oldest first.
    :param captured: what the ledger knows of its captures.
    """
    now = [one for one in event.screenings if clock.is_on(one.starts_at)]
    before = [one for one in event.screenings if not clock.is_on(one.starts_at)]
    cancelled = event.status == "cancelled"
    return {
        "event": event,
        "card": card,
        "kind": words.KINDS.get(event.kind, event.kind),
        "status": words.STATUSES.get(event.status, event.status),
        "source_page": link(event.url, "The source’s page"),
        "contact": link(event.contact) if event.contact else None,
        "credits": _credits(event),
        "cast": [(one.name, person_page(one.name), one.character) for one in event.cast],
        "tags": {
            "Countries": _tags("countries", event.countries),
            "Languages": _tags("languages", event.languages),
            "Subtitles": _tags("languages", event.subtitles),
            "Genres": [(name, group_page("genres", group_key(name))) for name in event.genres],
            "Series": [(name, group_page("series", group_key(name))) for name in event.series],
        },
        "coming": [_screening(one, cancelled) for one in now],
        "earlier": [_screening(one, cancelled) for one in before],
        "shorts": [(short, [(name, person_page(name)) for name in short.directors]) for short in event.shorts],
        "people": [(one, person_page(one.name), link(one.image_url, "Portrait")) for one in event.people],
        "poster": next((found for image in event.images if (found := link(image.url, "Poster")).href), None),
        "images": [link(image.url, image.alt or "Image") for image in event.images],
        "links": [link(one.url, one.label) for one in event.links],
        "history": [words.what_changed(change, texts=texts) for change in history],
        "fields": [(words.field(name), strategy) for name, strategy in event.provenance.fields.items()],
        "first_seen": words.moment(event.first_seen),
        "last_seen": words.moment(event.last_seen),
        "captures": [(words.moment(one.at), one) for one in captured.of(event)],
        "sightings": [_sighted(one) for one in captured.sightings],
        "shared": captured.shared,
    }


def _sighted(seen: Sighted) -> tuple[str, str, str]:
    return words.SIGHTINGS[seen.kind], words.moment(seen.first), words.moment(seen.last)


def _credits(event: Event) -> list[tuple[str, list[tuple[str, str]]]]:
    """The crew by credit, in the page's order."""
    found: dict[str, list[tuple[str, str]]] = {}
    for one in event.crew:
        found.setdefault(one.credit, []).append((one.name, person_page(one.name)))
    return list(found.items())


def _tags(room: str, tags: Iterable[Any]) -> list[tuple[str, str]]:
    return [(tag.name, group_page(room, group_key(tag.name, tag.code))) for tag in tags]


def _screening(screening: Screening, cancelled: bool) -> dict[str, Any]:
    tickets = words.TICKETS["cancelled" if cancelled else screening.availability]
    return {
        "day": words.day(screening.starts_at),
        "starts_at": screening.starts_at,
        "time": words.clock(screening.starts_at),
        "ends": words.clock(screening.ends_at) if screening.ends_at else "",
        "zone": screening.timezone,
        "venue": screening.venue or NO_VENUE,
        "tickets": tickets,
        "booking": link(screening.booking_url, tickets or "Tickets") if screening.booking_url else None,
        "notes": screening.notes,
    }


# ---------------------------------------------------------------------- what is on
def first_days(days: Sequence[Day]) -> list[Day]:
    """The days of the first page: a week of days with screenings, fewer where they are full, one at least."""
    found: list[Day] = []
    for day in days[:_FIRST_DAYS]:
        if found and sum(one.size for one in found) + day.size > _FIRST_ROWS:
            break
        found.append(day)
    return found


def months(days: Iterable[Day]) -> list[tuple[str, list[Day]]]:
    """All days with screenings, by month."""
    found: dict[str, list[Day]] = {}
    for day in days:
        found.setdefault(words.month(day.date), []).append(day)
    return list(found.items())


# ---------------------------------------------------------------------- lists
class Shelf(NamedTuple):
    """A page with a list of events: those of a letter, a year, a country.

    :ivar sections: heading and events, sorted by title.
    """

    title: str
    page: str
    sections: list[tuple[str, list[Card]]]

    @property
    def size(self) -> int:
        """How many events, in the first section."""
        return len(self.sections[0][1])


def by_title(cards: Iterable[Card]) -> list[Card]:
    """Events in the order of their titles."""
    return sorted(cards, key=lambda card: card.sort_key)


def letters(cards: Iterable[Card]) -> list[Shelf]:
    """A list for each letter with which a title begins."""
    found: dict[str, list[Card]] = {letter: [] for letter in LETTERS}
    for card in by_title(cards):
        found[letter_of(without_article(card.title))].append(card)
    return [
        Shelf(letter_name(letter), f"events/letter-{letter}.html", [("", titled)])
        for letter, titled in found.items()
        if titled
    ]


def years(cards: Iterable[Card]) -> list[Shelf]:
    """A list for each year of production, the newest first, and one for those without; a range stands in each year."""
    found: dict[int, list[Card]] = {}
    for card in by_title(cards):
        for year in range(card.year or 0, (card.year_end or card.year or 0) + 1):
            found.setdefault(year, []).append(card)
    return [
        Shelf(str(year or "No year"), f"events/year-{year or 'unknown'}.html", [("", titled)])
        for year, titled in sorted(found.items(), reverse=True)
    ]


def decades(found: Iterable[Shelf]) -> list[tuple[str, list[Shelf]]]:
    """Lists of years by decade: ``1990s``."""
    decades: dict[str, list[Shelf]] = {}
    for shelf in found:
        decades.setdefault(f"{shelf.title[:3]}0s" if shelf.title.isdigit() else "Undated", []).append(shelf)
    return list(decades.items())


def letter_name(letter: str) -> str:
    """How a letter is shown: ``A``, ``0–9``, ``Other``."""
    return letter.upper() if len(letter) == 1 else {"0-9": "0–9"}.get(letter, letter.capitalize())


def groups(found: Iterable[Group], *, languages: bool = False) -> list[Shelf]:
    """A list for each group, by name; a language has one of what is spoken, and one of subtitles."""
    shelves = []
    for group in sorted(found, key=lambda group: (filed(group.name), group.page)):
        sections = [("Spoken" if languages else "", by_title(group.cards))]
        if languages:
            sections.append(("Subtitles", by_title(group.subtitled)))
        shelves.append(Shelf(group.name, group.page, sections))
    return shelves


# ---------------------------------------------------------------------- people
def person_values(entry: PersonEntry) -> dict[str, Any]:
    """Say what the page of a name shows: each event once, with all that the name stands at."""
    works: dict[str, list[str]] = {}
    cards: dict[str, Card] = {}
    for part in entry.parts:
        cards[part.card.id] = part.card
        if part.work not in works.setdefault(part.card.id, []):
            works[part.card.id].append(part.work)
    order = sorted(cards.values(), key=lambda card: (-(card.year or 0), card.sort_key))
    others = sorted(set(entry.spellings) - {entry.name})
    return {"name": entry.name, "others": others, "films": [(card, works[card.id]) for card in order]}


def most_named(people: Iterable[PersonEntry]) -> list[tuple[str, str, int]]:
    """Those whom most events name: name, page and number of events."""
    counted = ((entry.name, entry.page, len({part.card.id for part in entry.parts})) for entry in people)
    return nsmallest(_MOST_NAMED, (one for one in counted if one[2] > 1), key=lambda one: (-one[2], filed(one[0])))


def people_by_letter(people: Iterable[PersonEntry]) -> list[tuple[str, str, list[tuple[str, str, int]]]]:
    """Everybody by letter: letter, page, and of each person name, page and number of events.

    By the first letter of the name as it is written: which of its words is the family's, a page does not say.
    """
    found: dict[str, list[tuple[str, str, int]]] = {letter: [] for letter in LETTERS}
    for name, entry in sorted(((entry.name, entry) for entry in people), key=lambda one: filed(one[0])):
        found[letter_of(name)].append((name, entry.page, len({part.card.id for part in entry.parts})))
    return [(letter_name(letter), f"people/letter-{letter}.html", listed) for letter, listed in found.items() if listed]


# ---------------------------------------------------------------------- subscriptions
def subscriptions(found: Subscriptions) -> list[tuple[str, list[tuple[str, list[Subscription]]]]]:
    """Calendars and feeds by what they are of: of everything, of a venue, a series, a source."""
    shown = []
    for name, listed in found.listed.items():
        kinds: dict[str, list[Subscription]] = {}
        for one in listed:
            kinds.setdefault(one.room, []).append(one)
        order = sorted(kinds, key=lambda room: list(words.SUBSCRIPTIONS).index(room))
        shown.append((name, [(words.SUBSCRIPTIONS[room], kinds[room]) for room in order]))
    return shown
