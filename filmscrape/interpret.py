"""What the words of a page mean: :class:`~filmscrape.items.ScrapedEvent` → the fields of a record.

Text that is there but cannot be read is a *problem*: its field stays null, the text stays verbatim in ``extra`` and
the run counts it. Nothing here knows a site; a source's own words are its page object's business.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from filmscrape.items import Labelled, ScrapedEvent, ScrapedPerson, ScrapedScreening
from filmscrape.records import SCHEMA_VERSION
from filmscrape.values.addresses import escaped
from filmscrape.values.countries import read_countries
from filmscrape.values.dates import instant, print_instant, screening_start
from filmscrape.values.durations import read_minutes
from filmscrape.values.filmographies import split_filmography
from filmscrape.values.languages import read_language_line
from filmscrape.values.people import cast_members, role_of, split_names
from filmscrape.values.shorts import read_short_line
from filmscrape.values.text import tidy, unescape
from filmscrape.values.titles import read_title
from filmscrape.values.years import read_years
from filmscrape.values.zones import zone

_PARTS = re.compile(r"[,;/•|\n]")
_BRACKET = re.compile(r"\(([^()]+)\)")
_LIVE_SERIES = re.compile(r"\blive\b", re.IGNORECASE)
_NOBODY = re.compile(r"various\b", re.IGNORECASE)
_TALK = re.compile(
    r"\b(?:in conversation|an evening with|master ?class|panel|talks?|lecture|workshop|conference|summit)\b",
    re.IGNORECASE,
)
_PERFORMANCE = re.compile(r"\b(?:live|concert|quartet|quintet|sextet|sings)\b", re.IGNORECASE)
_SHORTS = re.compile(r"\bshorts?\b", re.IGNORECASE)
_AVAILABILITY = (
    (re.compile(r"cancel", re.IGNORECASE), "cancelled"),
    (re.compile(r"sold[\s-]?out", re.IGNORECASE), "sold_out"),
    (re.compile(r"stand-?by|\brush\b", re.IGNORECASE), "standby"),
)


@dataclass(frozen=True, slots=True)
class Problem:
    """A value that a page gives and that could not be read."""

    field: str
    reason: str
    raw: str


@dataclass(slots=True)
class Interpretation:
    """The fields of a record (without ``first_seen``, ``last_seen`` and ``provenance``) and what could not be read."""

    values: dict[str, Any]
    problems: list[Problem] = field(default_factory=list)


def interpret(item: ScrapedEvent) -> Interpretation:
    """Say what a page said.

    :returns: plain values, ready for :class:`filmscrape.records.Event`; nothing is validated here.
    """
    return _Reader(item).read()


class _Reader:
    def __init__(self, item: ScrapedEvent) -> None:
        self.item = item
        self.problems: list[Problem] = []
        self.extra = [{"label": fact.label, "value": fact.text} for fact in item.extra if fact.text]

    def unread(self, name: str, reason: str, raw: str, label: str) -> None:
        """Keep what could not be read, and count it."""
        self.problems.append(Problem(name, reason, raw))
        self.keep(label, raw)

    def keep(self, label: str, raw: str) -> None:
        """Keep a labelled text verbatim in ``extra``."""
        fact = {"label": label, "value": raw}
        if fact not in self.extra:
            self.extra.append(fact)

    def read(self) -> Interpretation:
        item = self.item
        title = read_title(item.title or "", item.subtitle)
        crew = self.crew()  # in the panel's order, so that what is kept in `extra` stands in page order
        countries = self.countries()
        year, year_end = self.years()
        languages = self.languages()
        screenings = self.screenings()
        values: dict[str, Any] = {
            "schema_version": SCHEMA_VERSION,
            "id": f"{item.source}:{item.url.rstrip('/').rsplit('/', 1)[-1]}",
            "source": item.source,
            "source_id": self.number("source_id", item.source_id, "Event id"),
            "url": item.url,
            "kind": self.kind(title.title or "", title.notes),
            "status": self.status(screenings),
            "title": title.title,
            "alternative_titles": list(title.alternative_titles),
            "notes": _distinct([*title.notes, *item.notes]),
            "series": _distinct(item.series),
            "premiere": item.premiere,
            "awards": item.awards,
            "summary": item.summary,
            "synopsis": "\n\n".join(item.synopsis) or None,
            "quotes": [{"text": q.text, "attribution": q.attribution} for q in item.quotes],
            "year": year,
            "year_end": year_end,
            "runtime_minutes": self.minutes(),
            "countries": countries,
            **languages,
            "genres": _distinct(item.genres),
            "rating": item.rating,
            "advisories": [part for part in map(str.strip, _PARTS.split(item.advisories or "")) if part],
            "cast": self.cast(),
            "crew": crew,
            "people": self.people(),
            "screenings": screenings,
            "shorts": self.shorts(),
            "partners": [{"name": p.name, "credit": p.credit} for p in item.partners],
            "contact": self.contact(),
            "links": [{"label": link.label, "url": link.href} for link in item.links],
            "images": [{"url": image.url, "alt": image.alt} for image in item.images],
            "extra": self.extra,
        }
        return Interpretation(values, self.problems)

    def number(self, name: str, raw: str | None, label: str) -> str | None:
        """A number of the site's own. Of one that no text may hold nothing is left out: it could become another's."""
        if raw is None:
            return None
        clean = tidy(raw)
        if clean == _one_line(raw):
            return clean or None
        self.unread(name, "not a number of the site", tidy(escaped(unescape(raw))), label)
        return None

    # ------------------------------------------------------------------ what is shown
    def kind(self, title: str, notes: tuple[str, ...]) -> str:
        """Shorts where the page lists them; a film where it gives a film's facts; else by guests and title."""
        item = self.item
        various = any(_NOBODY.match(d.text) for d in item.directors)
        if item.shorts or (various and _SHORTS.search(" ".join((title, *notes, *item.series, *item.genres)))):
            return "shorts"
        if any(map(_LIVE_SERIES.search, item.series)):
            return "performance"
        if item.directors or item.countries or item.language or item.year or item.cast:
            return "film"
        if item.guests or _TALK.search(title):
            return "talk"
        if _PERFORMANCE.search(title):
            return "performance"
        return "other"

    def status(self, screenings: list[dict[str, Any]]) -> str:
        """``past`` where the page says so; by its screenings otherwise."""
        if self.item.passed:
            return "past"
        if screenings:
            return "cancelled" if all(s["availability"] == "cancelled" for s in screenings) else "upcoming"
        return "unknown"

    def years(self) -> tuple[int | None, int | None]:
        raw = self.item.year
        if raw is None:
            return None, None
        found = read_years(raw)
        if found[0] is None and not _NOBODY.match(raw):
            self.unread("year", "no year or range of years", _one_line(raw), self.item.labels.get("year", "Year"))
        return found

    def minutes(self) -> int | None:
        raw = self.item.runtime
        if raw is None:
            return None
        found = read_minutes(raw)
        if found is None:
            self.unread(
                "runtime_minutes",
                "no running time",
                _one_line(raw),
                self.item.labels.get("runtime", "Runtime"),
            )
        return found

    def countries(self) -> list[dict[str, str | None]]:
        raw = self.item.countries
        if raw is None:
            return []
        found = read_countries(raw)
        label = self.item.labels.get("countries", "Country")
        for fragment in found.unread:
            self.unread("countries", "not the name of a country or nation", fragment, label)
        if not found.countries and not found.unread:
            self.keep(label, _one_line(raw))
        return [{"name": c.name, "code": c.code} for c in found.countries]

    def languages(self) -> dict[str, Any]:
        """The four fields of the language line."""
        raw = self.item.language
        if raw is None:
            return {"languages": [], "subtitles": [], "language_note": None, "no_dialogue": False}
        found = read_language_line(raw)
        label = self.item.labels.get("language", "Language")
        for fragment in found.unread:
            self.unread("languages", "not the name of a language", fragment, label)
        if not found.languages and not found.no_dialogue and not found.unread:
            self.keep(label, _one_line(raw))
        return {
            "languages": [{"name": x.name, "code": x.code} for x in found.languages],
            "subtitles": [{"name": x.name, "code": x.code} for x in found.subtitles],
            "language_note": _one_line(raw),
            "no_dialogue": found.no_dialogue,
        }

    # ------------------------------------------------------------------ who
    def crew(self) -> list[dict[str, str]]:
        """Directors first, then the credits in page order; guests of a talk are speakers."""
        item = self.item
        found = [
            {"name": name, "role": "director", "credit": credit.label}
            for credit in item.directors
            for name in self.names(credit)
        ]
        found += [
            {"name": name, "role": role_of(credit.label), "credit": credit.label}
            for credit in item.credits
            for name in self.names(credit)
        ]
        found += [{"name": guest.name, "role": "speaker", "credit": guest.label or "Guest"} for guest in item.guests]
        return _distinct(found)

    def cast(self) -> list[dict[str, str | None]]:
        """The actors. On a page of two films a film's title stands in the place of a character."""
        members = cast_members(self.item.cast or "")
        films = self.films() if any(character for _, character in members) else frozenset()
        return [
            {"name": name, "character": None if character and character.casefold() in films else character}
            for name, character in members
        ]

    def films(self) -> frozenset[str]:
        """The titles that the page gives to its film, or to its films."""
        item = self.item
        films = {item.title, (item.subtitle or "").lstrip("+ ")}
        for text in (item.countries, item.year, item.language, *(d.text for d in item.directors)):
            films.update(_BRACKET.findall(text or ""))
        return frozenset(film.casefold() for film in films if film)

    def names(self, credit: Labelled) -> tuple[str, ...]:
        names = tuple(split_names(credit.text))
        if not names:
            self.keep(credit.label, _one_line(credit.text))
        return names

    def people(self) -> list[dict[str, Any]]:
        item = self.item
        found = [self.person(person, role_of(person.label or "")) for person in item.people]
        return found + [self.person(guest, "speaker") for guest in item.guests]

    @staticmethod
    def person(person: ScrapedPerson, role: str) -> dict[str, Any]:
        paragraphs, films = split_filmography(person.bio)
        return {
            "name": person.name,
            "role": role,
            "bio": "\n\n".join(paragraphs) or None,
            "filmography": [{"title": title, "year": year} for title, year in films],
            "image_url": person.image_url,
        }

    # ------------------------------------------------------------------ when
    def screenings(self) -> list[dict[str, Any]]:
        """Sorted by start; the same showing printed twice counts once."""
        found: dict[tuple[str, str | None, str | None], dict[str, Any]] = {}
        for screening in self.item.screenings:
            value = self.screening(screening)
            if value is not None:
                found.setdefault((value["starts_at"], value["venue"], value["id"]), value)
        return sorted(found.values(), key=_by_start) if len(found) > 1 else list(found.values())

    def screening(self, screening: ScrapedScreening) -> dict[str, Any] | None:
        item = self.item
        where = zone(item.timezone)
        start = instant(screening.starts_at, where) if screening.starts_at else None
        if start is None and screening.day and screening.time:
            start = screening_start(screening.day, screening.time, item.captured_at, where)
        if start is None:
            raw = " ".join(filter(None, (screening.day, screening.time, screening.starts_at, screening.venue)))
            self.unread("screenings", "the day cannot be dated", tidy(raw), "Screening")
            return None
        end = instant(screening.ends_at, where) if screening.ends_at else None
        availability = self.availability(screening)
        notes = list(screening.notes)
        if screening.message and availability == "unknown":
            notes.append(screening.message)
        return {
            "id": self.number("screenings", screening.id, "Screening id"),
            "starts_at": print_instant(start),
            "ends_at": print_instant(end) if end is not None and end > start else None,
            "timezone": item.timezone,
            "venue": screening.venue,
            "booking_url": screening.booking_url,
            "availability": availability,
            "notes": notes,
        }

    @staticmethod
    def availability(screening: ScrapedScreening) -> str:
        """What the message says; without one a booking link means that there are tickets."""
        for pattern, word in _AVAILABILITY:
            if screening.message and pattern.search(screening.message):
                return word
        if screening.message:
            return "unknown"
        return "available" if screening.booking_url else "unknown"

    # ------------------------------------------------------------------ the rest
    def shorts(self) -> list[dict[str, Any]]:
        found = []
        for short in self.item.shorts:
            line = read_short_line(short.line or "")
            if line is None and short.line:
                self.unread("shorts", "not `Director, Place (N min)`", short.line, short.title)
            found.append(
                {
                    "title": short.title,
                    "directors": list(line.directors) if line else [],
                    "places": list(line.places) if line else [],
                    "runtime_minutes": line.runtime_minutes if line else None,
                    "synopsis": short.synopsis,
                }
            )
        return found

    def contact(self) -> str | None:
        contact = self.item.contact
        return (contact.text or tidy(contact.href or "") or None) if contact is not None else None


def _by_start(screening: dict[str, Any]) -> tuple[float, str, str]:
    start = datetime.fromisoformat(screening["starts_at"]).timestamp()
    return start, screening["venue"] or "", screening["id"] or ""


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _distinct(values: list[Any]) -> list[Any]:
    """The values without repeats, in their order."""
    if len(values) < 2:
        return values
    return list({tuple(value.items()) if isinstance(value, dict) else value: value for value in values}.values())
