"""Records for tests: whole and valid, with what a test wants to be different."""

from typing import Any

from filmscrape.records import Event
from filmscrape.runs.merge import Sighting

PROVENANCE: dict[str, Any] = {
    "run_id": "run",
    "fetched_at": "2026-11-20T18:00:00Z",
    "http_status": 200,
    "content_sha256": "0" * 64,
    "warc_record_id": None,
    "extractor": "filmscrape 0",
    "layout": None,
    "fields": {},
}
EMPTY: dict[str, Any] = {
    "schema_version": "1.0",
    "id": "festival:here",
    "source": "festival",
    "source_id": None,
    "url": "https://festival.example/whats-on/here/",
    "kind": "film",
    "status": "unknown",
    "title": "Here",
    "premiere": None,
    "summary": None,
    "synopsis": None,
    "year": None,
    "year_end": None,
    "runtime_minutes": None,
    "language_note": None,
    "no_dialogue": False,
    "rating": None,
    "contact": None,
    "first_seen": "2026-11-20T18:00:00Z",
    "last_seen": "2026-11-20T18:00:00Z",
}


def event(seen: str = "2026-11-20T18:00:00Z", strategies: dict[str, str] | None = None, **values: Any) -> Event:
    """A record, seen at ``seen``; what ``values`` leave out is empty."""
    lists: dict[str, Any] = {name: [] for name in Event.model_fields if name not in EMPTY}
    provenance = {**PROVENANCE, "fetched_at": seen, "fields": strategies or {}}
    return Event.model_validate(
        {**lists, **EMPTY, "first_seen": seen, "last_seen": seen, "provenance": provenance, **values}
    )


def sighting(origin: str = "card", seen: str = "2026-11-20T18:00:00Z", **values: Any) -> Sighting:
    """A sighting of the same event."""
    empty: dict[str, Any] = {
        "source_id": None,
        "summary": None,
        "runtime_minutes": None,
        "crew": [],
        "screenings": [],
    }
    return Sighting.model_validate({"id": EMPTY["id"], "origin": origin, "seen_at": seen, **empty, **values})


def screening(starts_at: str = "2026-12-05T19:50:00-07:00", **values: Any) -> dict[str, Any]:
    """A screening as plain values."""
    return {
        "id": None,
        "starts_at": starts_at,
        "ends_at": None,
        "timezone": "America/Vancouver",
        "venue": "Festival Centre - Big Cinema",
        "booking_url": None,
        "availability": "unknown",
        "notes": [],
        **values,
    }


def director(name: str) -> dict[str, str]:
    """A director's entry in a crew."""
    return {"name": name, "role": "director", "credit": "Director"}
