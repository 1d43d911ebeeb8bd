"""Works, manifestations, agents and public events, for film archives.

The model is that of EN 15907; classes, slots and terms are those of the AVefi schema
(https://github.com/AV-EFI/av-efi-schema) wherever it has one. What goes beyond it is marked in
``en15907.schema.json``. Each file holds one record a line.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from importlib.resources import files
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from filmscrape.exports.dataset import Dataset
from filmscrape.exports.drafts import Drafts
from filmscrape.exports.en15907_terms import (
    ACTIVITIES,
    duration,
    formats,
    languages,
    local,
    named,
    web_resources,
)
from filmscrape.exports.names import key_of, told_apart
from filmscrape.exports.rights import HOME
from filmscrape.exports.tables import person_id
from filmscrape.records import Event, Screening, Short
from filmscrape.runs.lines import as_line

SCHEMA: Final = "en15907.schema.json"
_FILES: Final = ("works", "manifestations", "events", "agents")

Record = dict[str, Any]


def write(dataset: Dataset, folder: Path) -> list[Path]:
    """Write the records and their schema into a folder.

    :raises OSError: where a file cannot be written.
    """
    with Drafts(folder) as drafts:
        for name in _FILES:
            drafts.begin(f"{name}.jsonl")
        agents = Agents()
        for event in dataset.events():
            for name, record in records(event):
                drafts.add(f"{name}.jsonl", as_line(record))
                agents.add(record)
        for record in agents.records():
            drafts.add("agents.jsonl", as_line(record))
        drafts.add(SCHEMA, files("filmscrape.exports").joinpath(SCHEMA).read_bytes())
    return drafts.written


def records(event: Event) -> Iterator[tuple[str, Record]]:
    """Describe an event: the name of a file and a record for it, one after the other.

    A talk, a performance, or what the page does not tell, is no cinematographic work: it has public events only.
    """
    shown: str | None = None
    if event.kind in ("film", "shorts"):
        shown = f"{event.id}/manifestation"
        yield "works", _work(event)
        yield "manifestations", _manifestation(event, shown)
    for identifier, short in _each_named(event.id + "/shorts", event.shorts):
        yield "works", _short(event, short, identifier)
        if short.runtime_minutes is not None:
            yield "manifestations", _short_shown(event, short, identifier)
    for identifier, screening in _screenings(event):
        yield "events", _public_event(event, screening, identifier, shown)


class Agents:
    """Everybody whom works name: all that memory keeps. A name is no identity: two people of one name are one here."""

    def __init__(self) -> None:
        self._spellings: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._kinds: defaultdict[str, set[str]] = defaultdict(set)

    def add(self, record: Record) -> None:
        """Take note of those whom a record names, and of their activities."""
        for event in record.get("has_event", ()):
            for activity in event.get("has_activity", ()):
                for agent in activity["has_agent"]:
                    found = person_id(agent["has_name"])
                    self._spellings[found][agent["has_name"]] += 1
                    self._kinds[found].add(activity.get("type", "Other"))

    def records(self) -> Iterator[Record]:
        """A record for each, with the most frequent spelling first, among equals the first by code point."""
        for found, spellings in sorted(self._spellings.items()):
            name, *others = sorted(spellings, key=lambda name: (-spellings[name], name))
            yield _filled(
                {**_agent(name), "has_alternate_name": others, "has_activity_type": sorted(self._kinds[found])}
            )


# ------------------------------------------------------------------ works
def _work(event: Event) -> Record:
    return _filled(
        {
            "category": "avefi:WorkVariant",
            "type": "Collection" if event.kind == "shorts" else "Monographic",
            "has_identifier": [local(event.id)],
            "has_primary_title": _title(event.title, "PreferredTitle"),
            "has_alternative_title": [_title(title, "AlternativeTitle") for title in event.alternative_titles],
            "has_event": _events(_production(event)),
            "has_genre": [{"has_name": genre} for genre in event.genres],
            "has_note": event.awards,
            "has_content_description": _descriptions(Summary=event.summary, Synopsis=event.synopsis),
            "described_by": [_description(event)],
        }
    )


def _short(event: Event, short: Short, identifier: str) -> Record:
    places = [_place(name) for name in short.places]
    direction = {**_activity("DirectingActivity", "Director"), "has_agent": [_agent(name) for name in short.directors]}
    production = _filled({"has_activity": [direction] if short.directors else [], "located_in": places})
    return _filled(
        {
            "category": "avefi:WorkVariant",
            "type": "Monographic",
            "has_identifier": [local(identifier)],
            "has_primary_title": _title(short.title, "PreferredTitle"),
            "has_form": ["Short"] if event.kind == "shorts" else [],
            "has_event": _events(production),
            "has_content_description": _descriptions(Synopsis=short.synopsis),
            "is_part_of": [local(event.id)] if event.kind == "shorts" else [],
            "described_by": [_description(event)],
        }
    )


def _production(event: Event) -> Record:
    """Who made it, when and where."""
    made = "/".join(str(year) for year in (event.year, event.year_end) if year is not None)
    places = [_place(country.name, country.code) for country in event.countries]
    return _filled({"has_date": made, "has_activity": [*_crew(event), *_cast(event)], "located_in": places})


def _crew(event: Event) -> Iterator[Record]:
    """One activity for all who have the same credit in a row; a label without a term of AVefi stays as it is."""
    for (role, credit), people in groupby(event.crew, key=lambda member: (member.role, member.credit)):
        if (term := ACTIVITIES.get(role)) is not None:
            activity = _activity(*term)
        else:
            activity = {"category": "filmscrape:OtherActivity"}
        yield {**activity, "has_credit": credit, "has_agent": [_agent(person.name) for person in people]}


def _cast(event: Event) -> Iterator[Record]:
    if event.cast:
        agents = [_filled({**_agent(actor.name), "has_character": actor.character}) for actor in event.cast]
        yield {**_activity("CastActivity", "CastMember"), "has_agent": agents}


# ------------------------------------------------------------------ manifestations
def _manifestation(event: Event, identifier: str) -> Record:
    notes = [*event.notes, event.premiere, event.language_note, event.rating, *event.advisories]
    return _filled(
        {
            "category": "avefi:Manifestation",
            "has_identifier": [local(identifier)],
            "has_primary_title": _title(event.title, "TitleProper"),
            "is_manifestation_of": [local(event.id)],
            "has_duration": duration(event.runtime_minutes) if event.runtime_minutes else None,
            "has_format": formats(event.notes),
            "in_language": languages(event.languages, event.subtitles, event.no_dialogue),
            "has_note": [note for note in notes if note is not None],
            "has_webresource": web_resources(event.url),
            "described_by": _description(event),
        }
    )


def _short_shown(event: Event, short: Short, identifier: str) -> Record:
    return _filled(
        {
            "category": "avefi:Manifestation",
            "has_identifier": [local(identifier + "/manifestation")],
            "has_primary_title": _title(short.title, "TitleProper"),
            "is_manifestation_of": [local(identifier)],
            "has_duration": duration(short.runtime_minutes or 0),
            "has_webresource": web_resources(event.url),
            "described_by": _description(event),
        }
    )


# ------------------------------------------------------------------ public events
def _public_event(event: Event, screening: Screening, identifier: str, shown: str | None) -> Record:
    """A showing. AVefi has no such event: its publications are releases."""
    return _filled(
        {
            "category": "filmscrape:PublicScreening" if shown else "filmscrape:PublicEvent",
            "has_identifier": [local(identifier)],
            "has_primary_title": _title(event.title, "TitleProper"),
            "is_event_of": [local(shown)] if shown else [],
            "has_date": screening.starts_at[:10],
            "starts_at": screening.starts_at,
            "ends_at": screening.ends_at,
            "has_timezone": screening.timezone,
            "has_venue": screening.venue,
            "has_series": event.series,
            "has_availability": screening.availability,
            "has_note": screening.notes,
            "has_webresource": web_resources(event.url, screening.booking_url),
            "described_by": _description(event),
        }
    )


def _screenings(event: Event) -> Iterator[tuple[str, Screening]]:
    """The screenings with an identifier each."""
    stems = (f"{event.id}/screenings/{key_of(screening)}" for screening in event.screenings)
    return zip(told_apart(stems, "/"), event.screenings, strict=True)


def _each_named(identifier: str, shorts: Sequence[Short]) -> Iterator[tuple[str, Short]]:
    """Shorts with an identifier each, by title: it stays where their order changes."""
    return zip(told_apart((named(identifier, short.title) for short in shorts), "/"), shorts, strict=True)


# ------------------------------------------------------------------ parts
def _title(name: str, kind: str) -> Record:
    return {"has_name": name, "type": kind}


def _activity(category: str, kind: str) -> Record:
    return {"category": f"avefi:{category}", "type": kind}


def _agent(name: str) -> Record:
    """Whom a page names, person or company: it does not say which, and neither do we."""
    return {"category": "avefi:Agent", "has_name": name, "has_identifier": [local(f"agents/{person_id(name)}")]}


def _place(name: str, code: str | None = None) -> Record:
    return _filled({"category": "avefi:GeographicName", "has_name": name, "has_code": code})


def _events(production: Record) -> list[Record]:
    return [{"category": "avefi:ProductionEvent", **production}] if production else []


def _descriptions(**texts: str | None) -> list[Record]:
    return [{"type": kind, "has_text": text} for kind, text in texts.items() if text is not None]


def _description(event: Event) -> Record:
    """Who says so, where, and when that was last seen."""
    site = "/".join(event.url.split("/")[:3]) + "/"
    return {
        "has_issuer_id": next(iter(web_resources(site)), HOME),
        "has_issuer_name": event.source,
        "has_source_key": [local(event.id)["id"]],
        "last_modified": event.last_seen,
    }


def _filled(record: Record) -> Record:
    """Leave out what says nothing: AVefi knows absent slots, not empty ones."""
    return {name: value for name, value in record.items() if value not in (None, "", [], {})}
