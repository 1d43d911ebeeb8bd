"""What changed of an event between two runs, as the lines of ``changes.jsonl``.

===================== ===================================================================================
``added``             the event is new: ``title``
``changed``           a field has another value: ``field``, ``old``, ``new``; of a screening, what differs of it
``screening_added``   a screening is new
``screening_moved``   the same screening starts at another time: ``old``, ``new``
``screening_cancelled`` a screening is cancelled
``sold_out``          a screening is sold out
``not_listed``        a run that saw all of the site did not see the event any more; it is not cancelled by that
``returned``          the event is listed again
===================== ===================================================================================

Time that goes by is no change: neither when an event was seen, nor a screening that is over.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Literal, NamedTuple

from filmscrape.records import Event, Screening
from filmscrape.runs.merge import instant, same_screening, same_venue

Kind = Literal[
    "added",
    "changed",
    "screening_added",
    "screening_moved",
    "screening_cancelled",
    "sold_out",
    "not_listed",
    "returned",
]

# Not of what an event is: when it was seen, and where that is written down.
_OF_THE_LEDGER = frozenset({"schema_version", "id", "first_seen", "last_seen", "provenance", "screenings"})
_KINDS: dict[str, Kind] = {"cancelled": "screening_cancelled", "sold_out": "sold_out"}


class Change(NamedTuple):
    """One change of one event.

    :ivar field: the field that changed; ``screenings`` for what happens to a screening.
    :ivar old: what it was, as JSON has it; ``None`` where there was nothing.
    :ivar new: what it is now.
    :ivar screening: start and venue of the screening, where it is about one.
    """

    kind: Kind
    id: str
    field: str | None = None
    old: Any = None
    new: Any = None
    screening: dict[str, Any] | None = None


def changes(old: Event, new: Event, *, is_over: bool = False) -> Iterator[Change]:
    """Compare what is known of an event with what was.

    :param is_over: ``new`` is past for no other reason than that time went by.
    """
    was, now = old.model_dump(mode="json"), new.model_dump(mode="json")
    for field, value in now.items():
        if field in _OF_THE_LEDGER or was[field] == value or (field == "status" and is_over):
            continue
        yield Change("changed", new.id, field, was[field], value)
    yield from _of_screenings(new.id, old.screenings, new.screenings)


def _of_screenings(event_id: str, old: Sequence[Screening], new: Sequence[Screening]) -> Iterator[Change]:
    gone = list(old)
    came: list[Screening] = []
    for screening in new:
        at = same_screening(gone, screening)
        if at is None:
            came.append(screening)
            continue
        yield from _of_screening(event_id, gone.pop(at), screening)
    for screening in came:
        moved = next((at for at, other in enumerate(gone) if same_venue(other.venue, screening.venue)), None)
        if moved is not None:
            yield _change("screening_moved", event_id, screening, gone.pop(moved), screening)
            continue
        yield _change("screening_added", event_id, screening, None, screening)
        if screening.availability in _KINDS:
            yield _change(_KINDS[screening.availability], event_id, screening, None, screening)
    for screening in gone:  # better eyes saw that there is none
        yield _change("changed", event_id, screening, screening, None)


def _of_screening(event_id: str, old: Screening, new: Screening) -> Iterator[Change]:
    was, now = _facts(old), _facts(new)
    differing = [name for name in now if name != "starts_at" and was[name] != now[name]]
    if instant(old) != instant(new):
        yield _change("screening_moved", event_id, new, old, new)
        differing = [name for name in differing if name != "ends_at"]  # moved with its beginning
    kind = _KINDS.get(new.availability) if "availability" in differing else None
    if kind is not None:
        yield _change(kind, event_id, new, old, new)
        differing.remove("availability")
    elif new.availability == "past" and "availability" in differing:
        differing.remove("availability")
    if differing:
        before, after = ({name: facts[name] for name in differing} for facts in (was, now))
        yield Change("changed", event_id, "screenings", before, after, _place(new))


def _change(kind: Kind, event_id: str, about: Screening, old: Screening | None, new: Screening | None) -> Change:
    before, after = (None if screening is None else _facts(screening) for screening in (old, new))
    return Change(kind, event_id, "screenings", before, after, _place(about))


def _facts(screening: Screening) -> dict[str, Any]:
    return screening.model_dump(mode="json")


def _place(screening: Screening) -> dict[str, Any]:
    return {"starts_at": screening.starts_at, "venue": screening.venue}
