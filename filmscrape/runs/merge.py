"""One event from several descriptions of it: pure functions on records.

The page wins; cards and calendar entries fill what it lacks. Of two pages of one id the newer capture wins
and the older fills. A screening is never lost, and never doubled. Nothing here knows a file or a clock.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from filmscrape.records import CrewMember, Event, EventId, Line, Minutes, Part, Screening, Text, UtcInstant

# Fields that are read from one value of the page: they are taken together or not at all.
_TOGETHER = (("year", "year_end"), ("language_note", "languages", "subtitles", "no_dialogue"))
# What differs between two captures of one page by nature.
_OF_THE_CAPTURE = frozenset({"status", "screenings", "first_seen", "last_seen", "provenance"})


class Sighting(Part):
    """The few facts that a card of a listing or an entry of a calendar gives about an event.

    Fields mean what they mean in :class:`~filmscrape.records.Event`.
    """

    id: EventId
    origin: Literal["card", "calendar"]
    seen_at: UtcInstant
    source_id: Line | None
    summary: Text | None
    runtime_minutes: Minutes | None
    crew: list[CrewMember]
    screenings: list[Screening]


class Merged(NamedTuple):
    """A merged record, and how many facts contradicted each other on the way."""

    event: Event
    conflicts: int


# ------------------------------------------------------------------ venues
@lru_cache(maxsize=1024)
def venue_slug(name: str) -> str:
    """The form in which calendars name a venue: ``VIFF Centre - VIFF Cinema`` is ``viff-centre-viff-cinema``."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    kept = "".join(c for c in letters if not unicodedata.combining(c) and c not in "'’.")
    return re.sub(r"[\W_]+", "-", kept).strip("-")


@lru_cache(maxsize=4096)
def same_venue(one: str | None, other: str | None) -> bool:
    """Whether two names may mean one place.

    Slugs are equal, or every word of one is in the other (``The Rio Theatre``, ``rio-theatre``). A venue that
    is not named contradicts none.
    """
    if one is None or other is None:
        return True
    words, others = set(venue_slug(one).split("-")), set(venue_slug(other).split("-"))
    return words <= others or others <= words


class Venues:
    """The names of a run's venues by slug, so that a venue which only a calendar knows gets its name."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    @classmethod
    def of(cls, names: Iterable[tuple[str, str]]) -> "Venues":
        """Start from names by slug that are known."""
        venues = cls()
        venues._names = dict(names)
        return venues

    @property
    def names(self) -> Mapping[str, str]:
        """The names by slug."""
        return self._names

    def learn(self, screenings: Iterable[Mapping[str, Any]]) -> None:
        """Note the venues of a record's screenings, as plain values.

        Those that are named in words; of two spellings the first in order of the alphabet stays.
        """
        for screening in screenings:
            if screening["venue"] is not None:
                self.learn_name(screening["venue"])

    def learn_name(self, name: str) -> bool:
        """Do the same with a name alone; false where that is no news."""
        slug = venue_slug(name)
        known = self._names.get(slug)
        if name == slug or (known is not None and known <= name):
            return False
        self._names[slug] = name
        return True

    def join(self, others: "Venues") -> None:
        """Note what was learned elsewhere."""
        for name in others.names.values():
            self.learn_name(name)

    def named(self, screening: Screening) -> Screening:
        """The screening, its venue in words where the run knows them."""
        name = self._names.get(screening.venue) if screening.venue else None
        return screening.model_copy(update={"venue": name}) if name else screening


# ------------------------------------------------------------------ screenings
def instant(screening: Screening) -> datetime:
    """When the screening starts, as a moment that can be compared whatever the offset."""
    return datetime.fromisoformat(screening.starts_at)


def merge_screenings(mine: Sequence[Screening], others: Iterable[Screening]) -> tuple[list[Screening], int]:
    """Unite two descriptions of an event's screenings; ``mine`` wins.

    Two are the same by the site's number, else by start and venue. What ``mine`` lacks is filled in; a
    screening that it lacks is added.

    :return: the screenings, sorted by start, and how many have one number but two starts.
    """
    merged = list(mine)
    conflicts = 0
    for other in others:
        at = same_screening(merged, other)
        if at is None:
            merged.append(other)
            continue
        same_start = instant(merged[at]) == instant(other)
        conflicts += not same_start
        taken = {s.id for s in merged}
        merged[at] = _filled(merged[at], other, same_start, other.id not in taken)
    return sorted(merged, key=instant), conflicts


def same_screening(screenings: Sequence[Screening], wanted: Screening) -> int | None:
    """Tell where the same screening stands, if it does: by the site's number, else by start and venue."""
    if wanted.id is not None:
        for at, screening in enumerate(screenings):
            if screening.id == wanted.id:
                return at
    alike = [
        at for at, s in enumerate(screenings) if instant(s) == instant(wanted) and same_venue(s.venue, wanted.venue)
    ]
    exact = [at for at in alike if _slug(screenings[at]) == _slug(wanted)]
    return next(iter(exact or alike), None)


def _slug(screening: Screening) -> str | None:
    return venue_slug(screening.venue) if screening.venue else None


def _filled(mine: Screening, other: Screening, same_start: bool, id_is_free: bool) -> Screening:
    """Fill what a screening lacks from another description of it."""
    update: dict[str, Any] = {}
    if mine.id is None and id_is_free:
        update["id"] = other.id
    if mine.ends_at is None and same_start:
        update["ends_at"] = other.ends_at
    if mine.venue is None:
        update["venue"] = other.venue
    if mine.booking_url is None:
        update["booking_url"] = other.booking_url
    if mine.availability == "unknown":
        update["availability"] = other.availability
    if not mine.notes:
        update["notes"] = other.notes
    changed = {name: value for name, value in update.items() if value != getattr(mine, name)}
    return mine.model_copy(update=changed) if changed else mine


# ------------------------------------------------------------------ events
def directors(crew: Iterable[CrewMember]) -> list[CrewMember]:
    """The directors of a crew."""
    return [member for member in crew if member.role == "director"]


def _whole_crew(newer: Sequence[CrewMember], older: Sequence[CrewMember]) -> list[CrewMember]:
    """Fill a crew by its two parts: directors stand in the panel too, the others in the credits alone.

    So a page that lost its credits names directors still, and takes nobody else back.
    """
    kept = directors(newer), [member for member in newer if member.role != "director"]
    if all(kept):
        return list(newer)
    others = [member for member in older if member.role != "director"]
    return [*(kept[0] or directors(older)), *(kept[1] or others)]


def same_film(one: Event, other: Event) -> bool:
    """Whether two records of one id may be of one film.

    They are not where the title or the directors differ and the year does too: a slug that was used again.
    """
    if one.year is None or other.year is None or one.year == other.year:
        return True
    names = {member.name.casefold() for member in directors(one.crew)}
    others = {member.name.casefold() for member in directors(other.crew)}
    return one.title.casefold() == other.title.casefold() and not (names and others and names.isdisjoint(others))


def merge_pages(newer: Event, older: Event) -> Merged:
    """Unite two captures of one page: the newer wins, the older fills what it lacks.

    Two films are never mixed: where the older is of another film it fills nothing, and that is a conflict.
    """
    if not same_film(newer, older):
        return Merged(newer, 1)
    update: dict[str, Any] = {}
    conflicts = 0
    together = {name: group for group in _TOGETHER for name in group}
    for name in Event.model_fields:
        if name in _OF_THE_CAPTURE:
            continue
        group = together.get(name, (name,))
        here, there = getattr(newer, name), getattr(older, name)
        if all(_is_empty(getattr(newer, part)) for part in group):
            update[name] = there
        elif name == "crew" and (crew := _whole_crew(here, there)) != here:
            update[name] = crew
        elif here != there and not _is_empty(there):
            conflicts += 1
    # What the page does not tell is no news: a thinner page takes nothing back.
    update |= {
        name: getattr(older, name)
        for name, empty in (("status", "unknown"), ("kind", "other"))
        if getattr(newer, name) == empty
    }
    update = {name: value for name, value in update.items() if not _is_empty(value)}
    lacking = [name for name in update if _is_empty(getattr(newer, name)) or name in ("status", "kind")]
    fields = {name: older.provenance.fields[name] for name in lacking if name in older.provenance.fields}
    update["screenings"], contradicting = merge_screenings(newer.screenings, older.screenings)
    update["first_seen"] = min(newer.first_seen, older.first_seen)
    update["last_seen"] = max(newer.last_seen, older.last_seen)
    update["provenance"] = _attributed(newer, fields)
    return Merged(newer.model_copy(update=update), conflicts + contradicting)


def add_sighting(event: Event, sighting: Sighting) -> Merged:
    """Fill what a page lacks from a card or a calendar entry.

    These give ``source_id``, ``summary``, ``runtime_minutes``, directors where the page has none, and of the
    screenings what :func:`merge_screenings` fills. A status that the page leaves open becomes ``upcoming``
    where the sighting adds a screening that is still to come.
    """
    update: dict[str, Any] = {
        name: getattr(sighting, name)
        for name in ("source_id", "summary", "runtime_minutes")
        if getattr(event, name) is None and getattr(sighting, name) is not None
    }
    found = directors(sighting.crew)
    if found and not directors(event.crew):
        update["crew"] = found + event.crew
    screenings, conflicts = merge_screenings(event.screenings, sighting.screenings)
    if screenings != event.screenings:
        update["screenings"] = screenings
        if event.status == "unknown" and any(s.availability not in ("past", "cancelled") for s in screenings):
            update["status"] = "upcoming"
    if not update:
        return Merged(event, conflicts)
    fields: dict[str, str] = {name: sighting.origin for name in update if _is_empty(getattr(event, name))}
    update["provenance"] = _attributed(event, fields)
    return Merged(event.model_copy(update=update), conflicts)


def newest_first(pages: Iterable[Event]) -> list[Event]:
    """Order the captures of one address for :func:`merge`, whatever the order in which they were found."""
    return sorted(pages, key=lambda e: (e.last_seen, e.provenance.fetched_at, e.model_dump_json()), reverse=True)


def merge(pages: Sequence[Event], sightings: Iterable[Sighting], venues: Venues) -> Merged:
    """Make one record of all that was found about an event.

    :param pages: at least one record of the event's page, as :func:`newest_first` orders them.
    :param sightings: cards and calendar entries, in any order. A calendar goes before a card, a later day before an
        earlier one; which of two lists was asked first on one day plays no part.
    :param venues: the names of venues that only a calendar knows.
    """
    newest, *rest = pages
    merged, conflicts = newest, 0
    for page in rest:
        merged, found = merge_pages(merged, page)
        conflicts += found
    ordered = sorted(sightings, key=lambda s: (s.seen_at[:10], s.model_dump_json()), reverse=True)
    for sighting in sorted(ordered, key=lambda s: s.origin != "calendar"):
        merged, found = add_sighting(merged, sighting)
        conflicts += found
    if any(s.venue and s.venue == venue_slug(s.venue) for s in merged.screenings):
        merged = merged.model_copy(update={"screenings": [venues.named(s) for s in merged.screenings]})
    return Merged(merged, conflicts)


def _is_empty(value: object) -> bool:
    return value is None or value is False or value == []


def _attributed(event: Event, fields: dict[str, str]) -> Any:
    """The provenance of an event, with the strategies of the fields that came from elsewhere."""
    if not fields:
        return event.provenance
    return event.provenance.model_copy(update={"fields": {**event.provenance.fields, **fields}})
