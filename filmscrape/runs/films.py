"""Two films at one address: a slug that was used again gives two events, and nothing of one reaches the other.

The film that was captured first keeps the id; a later one gets its year behind it: ``festival:scarface--1983``.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from filmscrape.records import Event
from filmscrape.runs.merge import Merged, Sighting, Venues, directors, merge, same_film

_FORK = re.compile(r"(.+)--\d{4}")


class Films(NamedTuple):
    """The records of one address, the film that was captured first at their head."""

    events: list[Event]
    conflicts: int
    """Facts that contradict each other, and descriptions that could be of either film and so fill neither."""


def merge_films(pages: Sequence[Event], sightings: Iterable[Sighting], venues: Venues) -> Films:
    """Make the records of all that is known about one address.

    :param pages: at least one record of the address, the newest first.
    :param sightings: what cards and calendar entries say of it.
    :param venues: the names of venues that only a calendar knows.
    """
    films, doubtful = parted(pages, sightings)
    merged = [merge(film.pages, film.sightings, venues) for film in films]
    return _united(sorted(merged, key=lambda m: m.event.first_seen) if len(merged) > 1 else merged, doubtful)


class Film(NamedTuple):
    """What is known of one film.

    :ivar pages: the newest first.
    """

    pages: list[Event]
    sightings: list[Sighting]


def parted(pages: Sequence[Event], sightings: Iterable[Sighting]) -> tuple[list[Film], int]:
    """Part all that is known about one address by film, and count what could be of either film and is of none.

    :param pages: at least one record of the address, the newest first.
    """
    films = part(pages)
    if len(films) == 1:
        return [Film(list(pages), list(sightings))], 0
    doubtful = 0
    order = {id(page): at for at, page in enumerate(pages)}
    for page in pages:
        if page.year is None:
            at = _film_of(films, page)
            doubtful += at is None
            if at is not None:
                films[at].append(page)
    seen: list[list[Sighting]] = [[] for _ in films]
    for sighting in sightings:
        at = _film_of(films, sighting)
        doubtful += at is None
        if at is not None:
            seen[at].append(sighting)
    for film in films:
        film.sort(key=lambda page: order[id(page)])
    return [Film(film, cards) for film, cards in zip(films, seen, strict=True)], doubtful


def part(pages: Sequence[Event]) -> list[list[Event]]:
    """Part the captures that give a year by film; one film where they do not contradict each other.

    :param pages: the newest first.
    """
    films: list[list[Event]] = []
    for page in pages:
        if page.year is None:
            continue
        film = next((film for film in films if any(same_film(page, other) for other in film)), None)
        if film is None:
            films.append([page])
        else:
            film.append(page)
    return films if len(films) > 1 else [list(pages)]


def address_of(event_id: str) -> str:
    """The id of the address that an event has, which another film may have too."""
    found = _FORK.fullmatch(event_id)
    return found[1] if found else event_id


def forked_id(event: Event) -> str:
    """The id of a film at an address that another film has."""
    return f"{event.id}--{event.year}"


def _united(merged: Sequence[Merged], doubtful: int) -> Films:
    first, *others = (found.event for found in merged)
    forks = [event.model_copy(update={"id": forked_id(event)}) for event in others]
    return Films([first, *forks], doubtful + sum(found.conflicts for found in merged))


def _film_of(films: Sequence[Sequence[Event]], found: Event | Sighting) -> int | None:
    """Which film a description without a year is of: by its directors, its number, else by when it was made."""
    names = {member.name.casefold() for member in directors(found.crew)}
    if names:
        return _only(not names.isdisjoint(m.name.casefold() for p in film for m in directors(p.crew)) for film in films)
    if found.source_id is not None:
        at = _only(any(page.source_id == found.source_id for page in film) for film in films)
        if at is not None:
            return at
    when = _made(found)
    spans = [(min(map(_made, film)), max(map(_made, film))) for film in films]
    first, last = min(spans)[0], max(end for _, end in spans)
    return _only(
        (begin <= when <= end) or (end == last and when > last) or (begin == first and when < first)
        for begin, end in spans
    )


def _made(found: Event | Sighting) -> datetime:
    return datetime.fromisoformat(found.seen_at if isinstance(found, Sighting) else found.provenance.fetched_at)


def _only(answers: Iterable[bool]) -> int | None:
    """The position of the one answer that is yes; ``None`` where there is none or more than one."""
    yes = [at for at, answer in enumerate(answers) if answer]
    return yes[0] if len(yes) == 1 else None
