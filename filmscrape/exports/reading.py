"""The lines of a file of the contract as records, and what to do about a line that is none."""

from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from filmscrape.exports.names import clean
from filmscrape.records import SCHEMA_VERSION, Event

_GZIP = b"\x1f\x8b"
# Years that hold times which UTC cannot tell: a day before the first one, a day after the last one.
_OUT_OF_BOUNDS = ("0001", "9999")


class DatasetUnreadable(Exception):  # noqa: N818 - named for what is the case
    """A file is no dataset; the message names the file and the line, says why, and what to do."""


def read(path: Path) -> Iterator[Event]:
    """Read the records of a file, which stand in the order of their ids.

    :raises DatasetUnreadable: at the first line that is no record, or stands out of order.
    :raises OSError: where the file cannot be read.
    """
    before = ""
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            try:
                event = _record(line)
                _check_order(event.id, before, path)
            except DatasetUnreadable as fault:
                raise DatasetUnreadable(f"{path}: line {number} {clean(str(fault))}") from None
            before = event.id
            yield event


def _record(line: bytes) -> Event:
    try:
        event = Event.model_validate_json(line)
    except ValidationError as fault:
        raise DatasetUnreadable(_reason(line, fault)) from None
    for screening in event.screenings:
        if screening.starts_at.startswith(_OUT_OF_BOUNDS) or (screening.ends_at or "").startswith(_OUT_OF_BOUNDS):
            raise DatasetUnreadable(f"is no record: {event.id} has a time that is out of bounds; take the line out")
    return event


def _reason(line: bytes, fault: ValidationError) -> str:
    """Why a line is no record, and what to do."""
    if not line.strip():
        return "is empty: take it out"
    if line.startswith(_GZIP):
        return "is no text: the file is compressed; unpack it with gunzip first"
    errors = fault.errors(include_url=False, include_context=False)
    version = next((error["input"] for error in errors if error["loc"] == ("schema_version",)), None)
    if isinstance(version, str):
        return (
            f"is of schema_version {version[:20]!r}, and this filmscrape reads {SCHEMA_VERSION}: "
            "export it with the filmscrape that wrote it"
        )
    place = ".".join(map(str, errors[0]["loc"]))[:100]
    return (
        f"is no record: {place + ': ' if place else ''}{errors[0]['msg']}; "
        "take the line out, or make the dataset again with scrapy rebuild"
    )


def _check_order(found: str, before: str, path: Path) -> None:
    if found == before:
        raise DatasetUnreadable(f"has {found} again: a dataset has each event once; take one of them out")
    if found < before:
        raise DatasetUnreadable(
            f"has {found} after {before}: a dataset is sorted by id; sort it with: jq -cs 'sort_by(.id)[]' {path}"
        )
