"""Each place of a record where text stands, and a record that has another text in one of them."""

import copy
from collections.abc import Iterator
from typing import Any

from filmscrape.exports.dataset import as_plain
from filmscrape.records import Event
from tests.exports.rebuilt import tricky

Place = tuple[str | int, ...]
# What is no text of a page: terms of the contract, times and digests, which a record refuses to be anything else.
TERMS = frozenset({"schema_version", "kind", "status", "availability", "role", "code", "source", "content_sha256"})
TIMES = frozenset({"first_seen", "last_seen", "starts_at", "ends_at", "fetched_at"})


def whole() -> dict[str, Any]:
    """A record that has a text in every place, as plain values."""
    found = as_plain(tricky())
    found |= {"premiere": "Premiere", "rating": "19+", "contact": "somebody"}
    found["provenance"] |= {"layout": "2025", "warc_record_id": "<urn:uuid:0>"}
    for part in (found["screenings"][0], found["screenings"][1]):
        part["booking_url"] = "https://tickets.example/1"
    found["quotes"][0]["attribution"] = "A paper"
    found["people"][0]["image_url"] = "https://i.example/3"
    found["partners"][0]["name"] = "A sponsor"
    return found


def places(value: Any, above: Place = ()) -> Iterator[Place]:
    """Where text stands in plain values."""
    if isinstance(value, dict):
        for key, part in value.items():
            if key not in TERMS | TIMES:
                yield from places(part, (*above, key))
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from places(part, (*above, number))
    elif isinstance(value, str):
        yield above


def put(record: dict[str, Any], place: Place, text: str) -> dict[str, Any]:
    """A copy with another text in a place."""
    found: Any = copy.deepcopy(record)
    part = found
    for step in place[:-1]:
        part = part[step]
    part[place[-1]] = text
    return dict(found)


def unchecked(record: dict[str, Any]) -> Event:
    """A record of values that break the contract: what an export makes of it must be sound all the same."""
    return Event.model_construct(**{name: _part(name, value) for name, value in record.items()})


def _part(name: str, value: Any) -> Any:
    kind = _KINDS.get(name)
    if kind is None:
        return value
    if isinstance(value, dict):
        return kind.model_construct(**value)
    return [kind.model_construct(**{key: _part(key, one) for key, one in part.items()}) for part in value]


def _kinds() -> dict[str, Any]:
    from filmscrape import records

    return {
        "quotes": records.Quote, "countries": records.Country, "languages": records.Language,
        "subtitles": records.Language, "cast": records.CastMember, "crew": records.CrewMember,
        "people": records.Person, "filmography": records.FilmographyEntry, "screenings": records.Screening,
        "shorts": records.Short, "partners": records.Partner, "links": records.Link, "images": records.Image,
        "extra": records.Extra, "provenance": records.Provenance,
    }  # fmt: skip


_KINDS = _kinds()
