"""Values in words: days, times, changes. English, whatever the machine speaks."""

from datetime import date, datetime
from typing import Any

from filmscrape.exports.dataset import TEXTS

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December")  # fmt: skip
NOTHING = "—"
TICKETS = {
    "available": "Tickets available",
    "sold_out": "Sold out",
    "standby": "Standby only",
    "cancelled": "Cancelled",
    "past": "Past",
    "unknown": "",
}
KINDS = {"film": "Film", "shorts": "Short films", "talk": "Talk", "performance": "Performance", "other": "Event"}
STATUSES = {"upcoming": "", "past": "Past", "cancelled": "Cancelled", "unknown": ""}
SUBSCRIPTIONS = {"": "Everything", "venues": "By venue", "series": "By series", "sources": "By source"}
SIGHTINGS = {"card": "Cards of listings", "calendar": "Calendar entries"}
# Fields that hold what others wrote, left out with the texts.
_TEXTS = frozenset({*TEXTS, "people", "shorts"})
_LONGEST = 400  # characters of a value in the history of changes; the whole of it is in the ledger
_KINDS = {
    "added": "First seen",
    "screening_added": "Screening added",
    "screening_moved": "Screening moved",
    "screening_cancelled": "Screening cancelled",
    "sold_out": "Screening sold out",
    "not_listed": "No longer listed",
    "returned": "Listed again",
}


def day(text: str) -> str:
    """``2026-12-05`` is ``Saturday 5 December 2026``."""
    found = date.fromisoformat(text[:10])
    return f"{_DAYS[found.weekday()]} {found.day} {_MONTHS[found.month - 1]} {found.year}"


def month(text: str) -> str:
    """``2026-12-05`` is in ``December 2026``."""
    return f"{_MONTHS[int(text[5:7]) - 1]} {text[:4]}"


def short_day(text: str) -> str:
    """``2026-12-05`` is ``Sat 5``."""
    found = date.fromisoformat(text[:10])
    return f"{_DAYS[found.weekday()][:3]} {found.day}"


def clock(text: str) -> str:
    """The time of day at the place, as the record has it: ``19:50``."""
    return text[11:16]


def moment(text: str) -> str:
    """``2026-11-22T17:00:00Z`` is ``22 November 2026, 17:00 UTC``."""
    found = datetime.fromisoformat(text)
    return f"{found.day} {_MONTHS[found.month - 1]} {found.year}, {found:%H:%M}{' UTC' if text[-1] == 'Z' else ''}"


def field(name: str) -> str:
    """``runtime_minutes`` is ``Runtime minutes``."""
    return name.replace("_", " ").capitalize()


def what_changed(change: dict[str, Any], *, texts: bool) -> dict[str, str]:
    """Say a line of ``changes.jsonl`` in words: ``when``, ``what``, ``before``, ``now``.

    :param texts: false leaves out the values of fields that hold what others wrote.
    """
    kind, name = change["kind"], change["field"] or ""
    what = _KINDS.get(kind) or ("Screening changed" if name == "screenings" else field(name))
    place = change["screening"]
    if place and kind == "changed":
        what += f": {value(place)}"
    told = texts or name not in _TEXTS
    before, now = (value(change[side]) if told else "text left out" for side in ("old", "new"))
    captured = change["captured_at"]
    return {"when": moment(captured) if captured else NOTHING, "what": what, "before": before, "now": now}


def value(found: Any) -> str:
    """Say a value of a record in words, at most a paragraph long."""
    said = _value(found)
    return said if len(said) <= _LONGEST else f"{said[:_LONGEST].rstrip()} …"


def _value(found: Any) -> str:
    if found is None or found in ("", [], {}):
        return NOTHING
    if isinstance(found, bool):
        return "yes" if found else "no"
    if isinstance(found, list):
        return "; ".join(map(_value, found))
    if isinstance(found, dict):
        return _part(found)
    return str(found)


def _part(found: dict[str, Any]) -> str:
    if isinstance(found.get("starts_at"), str) and "venue" in found:
        return f"{_when(found['starts_at'])}, {found['venue'] or 'venue not given'}"
    if set(found) <= {"name", "code"}:
        return str(found.get("name"))
    return ", ".join(f"{field(name).lower()} {_value(said)}" for name, said in found.items())


def _when(text: str) -> str:
    try:
        return f"{day(text)}, {clock(text)}"
    except ValueError:  # a ledger of strange make
        return text
