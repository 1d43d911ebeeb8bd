"""Measure a run's own records: how much of each field is filled, by which strategy, and what most of them share."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from math import isfinite
from typing import Any, NamedTuple, Self

# What every record has, whatever the page says.
BOOKKEEPING = frozenset({"schema_version", "id", "source", "url", "first_seen", "last_seen", "provenance"})

_YEARS_AHEAD = 2  # films are announced up to two years ahead; no page tells of more
_SAMPLE = 60  # characters of a text, to be recognised by
_AT_ONCE = 5000  # distinct values in memory, whatever the number of events


class Shared(NamedTuple):
    """What many events have in common.

    :ivar value: what it is: ``19:00``, a title's beginning, the latest year.
    :ivar number: how many have it.
    :ivar of: how many could have it.
    :ivar events: over how many events these are spread.
    """

    value: str = ""
    number: int = 0
    of: int = 0
    events: int = 0

    @property
    def share(self) -> float:
        """From 0 to 1; 0 where there is nothing."""
        return self.number / self.of if self.of else 0.0


@dataclass(frozen=True)
class Measures:
    """What the records of a run are like.

    :ivar events: how many there are.
    :ivar coverage: field → share of the events in which it is filled, for the fields that a page may fill.
    :ivar strategies: field → strategy → number of the events in which it answered.
    :ivar commonest: the value that most have: of ``time_of_day`` (all screenings), ``runtime_minutes``, ``title``
        and ``synopsis``.
    :ivar ahead: how many lie more than two years after the capture of their page, and the latest of all: of ``year``
        (of production) and ``starts_at`` (of screenings).
    :ivar over: how many are past and show no screenings any more.
    """

    events: int = 0
    coverage: Mapping[str, float] = field(default_factory=dict)
    strategies: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    commonest: Mapping[str, Shared] = field(default_factory=dict)
    ahead: Mapping[str, Shared] = field(default_factory=dict)
    over: int = 0

    def as_json(self) -> dict[str, Any]:
        """The same for ``run.json``."""
        shared = {
            name: {of: found._asdict() for of, found in getattr(self, name).items()} for name in ("commonest", "ahead")
        }
        return {**asdict(self), **shared}

    @classmethod
    def from_json(cls, stored: Any) -> Self:
        """Read what a run of any version stored; what it lacks or has in another shape is left out."""
        stored = _mapping(stored)
        events, over = stored.get("events"), stored.get("over")
        return cls(
            events=events if _is_count(events) else 0,
            over=over if _is_count(over) else 0,
            coverage={name: share for name, share in _mapping(stored.get("coverage")).items() if _is_share(share)},
            strategies={
                name: {strategy: n for strategy, n in _mapping(found).items() if _is_count(n)}
                for name, found in _mapping(stored.get("strategies")).items()
            },
            commonest=_all_shared(stored.get("commonest")),
            ahead=_all_shared(stored.get("ahead")),
        )


def measure(lines: Iterable[bytes]) -> Measures:
    """Measure records.

    :param lines: the lines of a run's own ``events.jsonl``; they are read one by one.
    """
    tally = _Tally()
    for line in lines:
        tally.add(json.loads(line))
    return tally.measures()


def is_filled(value: object) -> bool:
    """Whether a field says something."""
    return value is not None and value is not False and value != []


class _Commonest:
    """Find the commonest value with no more than so many in memory (Misra and Gries).

    Exact while there are no more distinct values than that; beyond, the number is too low by one in each so many
    values at most, which hides nothing that most have in common.
    """

    def __init__(self) -> None:
        self._numbers: Counter[tuple[int, str]] = Counter()
        self.of = 0

    def add(self, text: str) -> None:
        self.of += 1
        self._numbers[hash(text), text[:_SAMPLE]] += 1
        if len(self._numbers) > _AT_ONCE:
            self._numbers = Counter({key: n - 1 for key, n in self._numbers.items() if n > 1})

    def found(self, events: int) -> Shared:
        if not self._numbers:
            return Shared(of=self.of, events=events)
        (_, text), number = min(self._numbers.items(), key=lambda item: (-item[1], item[0][1]))
        return Shared(" ".join(text.split()), number, self.of, events)


class _Tally:
    """Counts up what :class:`Measures` tells."""

    def __init__(self) -> None:
        self._events = self._screened = self._over = 0
        self._filled: Counter[str] = Counter()
        self._strategies: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._commonest = {name: _Commonest() for name in ("time_of_day", "runtime_minutes", "title", "synopsis")}
        self._years: Counter[int] = Counter()  # of production
        self._starts: Counter[int] = Counter()  # years of screenings
        self._ahead: Counter[str] = Counter()

    def add(self, event: Mapping[str, Any]) -> None:
        self._events += 1
        for name, value in event.items():
            if name not in BOOKKEEPING:
                self._filled[name] += is_filled(value)
        for name, strategy in event["provenance"]["fields"].items():
            self._strategies[name][strategy] += 1
        for name in ("runtime_minutes", "title", "synopsis"):
            if event[name] is not None:
                self._commonest[name].add(str(event[name]))
        captured = date.fromisoformat(event["provenance"]["fetched_at"][:10])
        if event["year"] is not None:
            self._years[event["year"]] += 1
            self._ahead["year"] += event["year"] > captured.year + _YEARS_AHEAD
        self._screened += bool(event["screenings"])
        self._over += event["status"] == "past" and not event["screenings"]
        for screening in event["screenings"]:
            self._add_screening(screening["starts_at"], captured)

    def _add_screening(self, starts_at: str, captured: date) -> None:
        self._commonest["time_of_day"].add(starts_at[11:16])
        start = date.fromisoformat(starts_at[:10])
        self._starts[start.year] += 1
        self._ahead["starts_at"] += (start - captured).days > _YEARS_AHEAD * 366

    def measures(self) -> Measures:
        spread = {"time_of_day": self._screened}
        return Measures(
            events=self._events,
            coverage={name: round(n / self._events, 4) for name, n in self._filled.items()},
            strategies={name: dict(sorted(found.items())) for name, found in sorted(self._strategies.items())},
            commonest={name: found.found(spread.get(name, found.of)) for name, found in self._commonest.items()},
            ahead={
                "year": self._latest("year", self._years, self._years.total()),
                "starts_at": self._latest("starts_at", self._starts, self._screened),
            },
            over=self._over,
        )

    def _latest(self, name: str, years: Counter[int], events: int) -> Shared:
        return Shared(str(max(years)) if years else "", self._ahead[name], years.total(), events)


# ------------------------------------------------------------------ what is stored
def _mapping(stored: Any) -> Mapping[str, Any]:
    return stored if isinstance(stored, dict) else {}


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and value >= 0


def _is_share(value: Any) -> bool:
    return isinstance(value, int | float) and isfinite(value) and 0 <= value <= 1


def _all_shared(stored: Any) -> dict[str, Shared]:
    found = {}
    for name, facts in _mapping(stored).items():
        numbers = [_mapping(facts).get(key) for key in ("number", "of", "events")]
        if all(map(_is_count, numbers)):
            number, of, events = (int(n or 0) for n in numbers)
            found[name] = Shared(str(_mapping(facts).get("value", "")), number, of, events)
    return found
