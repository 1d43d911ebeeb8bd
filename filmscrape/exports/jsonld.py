"""schema.org as JSON-LD: films, screenings and people, of the whole dataset or of one event for its page.

The context stands in each document and maps its words to https://schema.org/ itself, so a reader needs no network. A
part has the address of the event's page and a fragment; that of a person or a short is made of the name, so it stays.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from filmscrape.exports.dataset import Dataset
from filmscrape.exports.drafts import Drafts
from filmscrape.exports.facts import is_cancelled
from filmscrape.exports.jsonld_work import Node, film, iri, person, programme, short_films, tidied
from filmscrape.exports.names import UNWANTED, key_of, told_apart, web_address
from filmscrape.records import Event, Screening

_ADDRESSES = ("availability", "contentUrl", "eventStatus", "url")
CONTEXT: dict[str, Any] = {
    "@vocab": "https://schema.org/",
    **{name: {"@type": "@id"} for name in _ADDRESSES},
    **{name: {"@type": "DateTime"} for name in ("startDate", "endDate")},
    **{name: {"@type": "Duration"} for name in ("duration",)},
}
"""What the words of a document mean: terms of schema.org, addresses and times with their types."""

# What a page says of tickets; it says nothing of them where a screening is over or cancelled.
_AVAILABILITY = {"available": "InStock", "sold_out": "SoldOut", "standby": "LimitedAvailability"}
# Formats that a note names and nothing else: a `4K Restoration` may be shown from a film print.
_FORMATS = frozenset({"16mm", "35mm", "70mm", "3d", "4k", "dcp", "imax", "super 8"})
_TYPES = {"film": "ScreeningEvent", "shorts": "ScreeningEvent", "talk": "EducationEvent"}
_WORKS = {"film": film, "shorts": programme}
# JSON is the same with these escaped. HTML and JavaScript see in it no end of a script and no end of a line, and who
# reads it as text sees it in its order.
_ESCAPED = re.compile(f"[<>&\u2028\u2029]|{UNWANTED.pattern}")


def write(dataset: Dataset, folder: Path) -> list[Path]:
    """Write ``dataset.jsonld``: one document, a node of its graph a line.

    :return: the file.
    """
    with Drafts(folder) as drafts:
        drafts.add("dataset.jsonld", f'{{"@context": {script_json(CONTEXT)}, "@graph": ['.encode())
        before = "\n"
        for event in dataset.events():
            for node in nodes(event):
                drafts.add("dataset.jsonld", f"{before}{script_json(node)}".encode())
                before = ",\n"
        drafts.add("dataset.jsonld", b"\n]}\n")
    return drafts.written


def event_jsonld(event: Event) -> Node:
    """One event as a document of its own, for its page; :func:`script_json` writes it into a ``<script>``."""
    return {"@context": CONTEXT, "@graph": list(nodes(event))}


def script_json(value: Any) -> str:
    """JSON on one line that can stand in a ``<script>`` of an HTML page as it is: no text in it ends the script."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def nodes(event: Event) -> Iterator[Node]:
    """The things that an event's page tells of: works, screenings, people, each with its ``@id``."""
    works = [_WORKS[event.kind](event)] if event.kind in _WORKS else []
    shorts = short_films(event)
    yield from works
    yield from shorts
    for introduced in event.people:
        yield person(event, introduced.name, introduced)
    names = told_apart((f"screening-{key_of(screening)}" for screening in event.screenings), "-")
    for name, screening in zip(names, event.screenings, strict=True):
        yield tidied(_showing(event, name, screening, shorts))
    if not works and not event.screenings:
        yield tidied(_showing(event, "event", None, shorts))


# ------------------------------------------------------------------ screenings
def _showing(event: Event, name: str, screening: Screening | None, shorts: list[Node]) -> Node:
    """A screening; ``None`` for a talk or a performance whose page tells no time."""
    node: Node = {
        "@type": _TYPES.get(event.kind, "Event"),
        "@id": iri(event, name),
        "name": event.title,
        "url": web_address(event.url),
        "eventStatus": f"https://schema.org/{'EventCancelled' if _is_off(event, screening) else 'EventScheduled'}",
        "organizer": _organizer(event),
        "superEvent": [{"@type": "EventSeries", "name": name} for name in event.series],
        "sponsor": [{"@type": "Organization", "name": partner.name} for partner in event.partners if partner.name],
        **_shown(event, shorts),
    }
    if screening is None:
        return node
    formats = [note for note in (*event.notes, *screening.notes) if note.lower().replace(" ", "") in _SPACELESS]
    return node | {
        "startDate": screening.starts_at,
        "endDate": screening.ends_at,
        "location": {"@type": "Place", "name": screening.venue} if screening.venue else None,
        "offers": _offer(event, screening),
        "videoFormat": formats if event.kind in ("film", "shorts") else [],
    }


_SPACELESS = frozenset(name.replace(" ", "") for name in _FORMATS)


def _shown(event: Event, shorts: list[Node]) -> Node:
    """What is shown; a talk shows nothing, so that what is told of it is told of the event."""
    parts = [{"@id": short["@id"]} for short in shorts]
    if event.kind == "film":
        return {"workPresented": [{"@id": iri(event, "film")}, *parts], "subtitleLanguage": _subtitles(event)}
    if event.kind == "shorts":
        whole = {"@id": iri(event, "programme")}
        return {"workPresented": parts, "workFeatured": whole, "subtitleLanguage": _subtitles(event)}
    on_stage = [member.name for member in event.crew if member.role == "speaker"]
    return {
        "inLanguage": [language.code or language.name for language in event.languages],
        "description": event.synopsis or event.summary,
        "performer": [person(event, name) for name in dict.fromkeys((*on_stage, *(one.name for one in event.cast)))],
        "image": [address for image in event.images if (address := web_address(image.url))],
        "workFeatured": parts,
    }


def _subtitles(event: Event) -> list[str]:
    return [language.code or language.name for language in event.subtitles]


def _is_off(event: Event, screening: Screening | None) -> bool:
    return event.status == "cancelled" if screening is None else is_cancelled(event, screening)


def _offer(event: Event, screening: Screening) -> Node | None:
    """Tickets, where the page says where or whether there are any."""
    known = None if is_cancelled(event, screening) else _AVAILABILITY.get(screening.availability)
    address = web_address(screening.booking_url)
    if known is None and address is None:
        return None
    return {"@type": "Offer", "url": address, "availability": f"https://schema.org/{known}" if known else None}


def _organizer(event: Event) -> Node | None:
    """Whose page it is: a record knows the site's address and no other name."""
    address = web_address(event.url)
    if address is None:
        return None
    scheme, _, host, *_ = address.split("/")
    home = f"{scheme}//{host}/"
    return {"@type": "Organization", "@id": f"{home}#organization", "name": host, "url": home}
