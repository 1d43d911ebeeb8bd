"""From what a page said to a record that keeps the contract, or to the list of what breaks it."""

from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from filmscrape import __version__
from filmscrape.interpret import Interpretation
from filmscrape.items import ScrapedEvent
from filmscrape.plain import Record, checked
from filmscrape.records import Event
from filmscrape.runs.merge import Sighting


def record_of(item: ScrapedEvent, meaning: Interpretation, run_id: str) -> Record:
    """Build the record of an event's page.

    :return: the fields of :class:`~filmscrape.records.Event`, as plain values.
    :raises pydantic.ValidationError: where a value breaks the contract.
    """
    seen = utc(item.captured_at)
    provenance: dict[str, Any] = {
        "run_id": run_id,
        "extractor": f"filmscrape {__version__}",
        "layout": item.layout,
        "fields": item.strategies,
    }
    if item.capture is not None:
        provenance |= {
            "fetched_at": seen if item.capture.fetched_at == item.captured_at else utc(item.capture.fetched_at),
            "http_status": item.capture.http_status,
            "content_sha256": item.capture.content_sha256,
            "warc_record_id": item.capture.warc_record_id,
        }
    return checked(Event, {**meaning.values, "first_seen": seen, "last_seen": seen, "provenance": provenance})


def sighting_of(item: ScrapedEvent, meaning: Interpretation) -> Record:
    """Build what a card or a calendar entry adds to a record; what else it says plays no part.

    :return: the fields of :class:`~filmscrape.runs.merge.Sighting`, as plain values.
    :raises pydantic.ValidationError: where a value breaks the contract.
    """
    taken = {name: meaning.values[name] for name in Sighting.model_fields if name in meaning.values}
    return checked(Sighting, {**taken, "origin": item.origin, "seen_at": utc(item.captured_at)})


def errors_of(fault: Exception) -> list[dict[str, Any]]:
    """List every error as ``field`` (a path such as ``screenings.0.venue``), ``reason`` and ``raw`` value.

    An exception of another kind is a fault of the program; it costs one item and not the run.
    """
    if not isinstance(fault, ValidationError):
        return [{"field": None, "reason": f"cannot be interpreted: {fault!r}", "raw": None}]
    return [
        {"field": ".".join(map(str, error["loc"])), "reason": error["msg"], "raw": error["input"]}
        for error in fault.errors(include_url=False, include_context=False)
    ]


def event_id(source: str, address: str) -> str:
    """Name an event by its source and the last part of its canonical address, as the record does."""
    return f"{source}:{address.rstrip('/').rsplit('/', 1)[-1]}"


def utc(moment: datetime) -> str:
    """Print an aware time as the contract wants it: UTC, whole seconds, ``Z``."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
