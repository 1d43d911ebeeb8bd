"""News in words, a line each: what a new event is, and what changed of a known one, from old to new."""

from collections.abc import Iterable, Iterator
from typing import Any

from filmscrape.exports.dataset import TEXTS
from filmscrape.exports.facts import directors
from filmscrape.records import Event

_SHORTEST = 200  # characters of a value that a line repeats; the page has the rest
_NOTHING = "nothing"
_NAMES = {"runtime_minutes": "Runtime in minutes", "countries": "Countries", "no_dialogue": "No dialogue"}


def is_cancellation(change: dict[str, Any]) -> bool:
    """Whether an event or a screening of it was cancelled."""
    if change["kind"] == "screening_cancelled":
        return True
    return bool(change["field"] == "status" and change["new"] == "cancelled")


def facts_of(event: Event) -> Iterator[str]:
    """What a new event is, without the texts of others."""
    facts = {
        "Directed by": ", ".join(directors(event)),
        "Countries": ", ".join(country.name for country in event.countries),
        "Languages": ", ".join(language.name for language in event.languages),
        "Year": str(event.year or ""),
        "Runtime": f"{event.runtime_minutes} min" if event.runtime_minutes else "",
    }
    yield from (f"{name}: {value}." for name, value in facts.items() if value)
    for screening in event.screenings:
        yield f"Screening: {_place(screening.starts_at, screening.venue)}."


def in_words(changes: Iterable[dict[str, Any]], *, texts: bool) -> Iterator[str]:
    """Say what changed, from old to new.

    :param texts: whether what others wrote is repeated; else it is only said that it changed.
    """
    for change in changes:
        if change["screening"]:
            yield _of_screening(change)
        elif change["field"] in TEXTS and not texts:
            yield f"{_name(change['field'])}: changed."
        else:
            old, new = _words(change["old"]), _words(change["new"])
            # Names alone are told of people and shorts; where they are the same their texts differ.
            yield _sentence(f"{_name(change['field'])}: " + ("details changed" if old == new else f"{old} → {new}"))


def _of_screening(change: dict[str, Any]) -> str:
    kind, old, new, place = change["kind"], change["old"], change["new"], change["screening"]
    where = _place(place["starts_at"], place["venue"])
    if kind == "screening_moved":
        return f"Screening moved: {_place(old['starts_at'], old['venue'])} → {where}."
    if kind in ("screening_added", "screening_cancelled", "sold_out"):
        return {"screening_added": "New screening", "sold_out": "Sold out"}.get(kind, "Cancelled") + f": {where}."
    if new is None:
        return f"Screening withdrawn: {where}."
    differing = (f"{_name(name)}: {_words((old or {}).get(name))} → {_words(value)}" for name, value in new.items())
    return _sentence(f"Screening {where}: {'; '.join(differing)}")


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def _place(starts_at: str, venue: str | None) -> str:
    """When and where, by the clock of the place: ``2026-12-05 19:50 (UTC-07:00), The Rio Theatre``."""
    offset = starts_at[19:].replace("Z", "")
    return f"{starts_at[:10]} {starts_at[11:16]} (UTC{offset})" + (f", {venue}" if venue else "")


def _name(field: str) -> str:
    return _NAMES.get(field, field.replace("_", " ").capitalize())


def _words(value: Any) -> str:
    """A value of a record in words; of one with parts what names it."""
    if value is None or value == []:
        return _NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = ", ".join(map(_part, value)) if isinstance(value, list) else _part(value)
    return text if len(text) <= _SHORTEST else f"{text[:_SHORTEST].rstrip()}…"


def _part(value: Any) -> str:
    if not isinstance(value, dict):
        return " ".join(str(value).split())
    name = next((value[key] for key in ("name", "title", "text", "value", "url") if value.get(key)), _NOTHING)
    detail = next((value[key] for key in ("credit", "character", "attribution", "label") if value.get(key)), None)
    return " ".join(f"{name} ({detail})".split()) if detail else str(name)
