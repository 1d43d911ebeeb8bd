"""What is usual: the medians of the last runs that published."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any, NamedTuple

from filmscrape.runs.measure import Measures
from filmscrape.runs.stored import StoredRun

RUNS = 5
"""How many runs are looked back at: few enough to follow a programme through its year, and an odd number, so that the
median is one that was seen."""


@dataclass(frozen=True)
class Baseline:
    """What the last published runs of the same scope were like; empty before the first.

    Each number is the median of the runs: one odd run, such as a degraded one that was published with half of a
    field missing, does not move it, and three of five, which are the new state of the site, do. Degraded runs count
    because they were published: leaving them out would hold every later run to a state that has passed.

    :ivar runs: ids of the runs, the oldest first.
    :ivar previous: id of the last run that published, whether it counts here or not.
    :ivar events: how many events they had.
    :ivar coverage: field → share of events in which it was filled.
    :ivar strategies: field → strategy → its share of the field's answers.
    :ivar problems: ``pages`` and ``sightings`` → values that could not be read, for each that was read.
    :ivar shared: of what :attr:`Measures.commonest` and :attr:`Measures.ahead` tell, the share.
    """

    runs: tuple[str, ...] = ()
    previous: str | None = None
    events: float | None = None
    coverage: Mapping[str, float] = field(default_factory=dict)
    strategies: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    problems: Mapping[str, float] = field(default_factory=dict)
    shared: Mapping[str, float] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """For ``run.json``: which runs, and what the closing table compares with."""
        return {
            "runs": list(self.runs),
            "previous": self.previous,
            "events": self.events,
            "coverage": dict(self.coverage),
        }


class Problems(NamedTuple):
    """Values that could not be read.

    :ivar number: how many there were.
    :ivar of: how many pages or sightings were read.
    :ivar fields: how many there were of each field.
    """

    number: int
    of: int
    fields: Mapping[str, int]


def baseline(runs: Sequence[StoredRun], scope: Mapping[str, Any]) -> Baseline:
    """Say what is usual for a scope.

    A run that the operator let pass on purpose (``ACCEPT``) begins anew: what was before it does not count any more,
    else the next run would fail for what was accepted in this one. A run in days that were declared as closed
    counts neither: what is usual is what the cinema shows when it is open.

    :param runs: the runs of a source, the oldest first; those that did not publish are left out.
    :param scope: the ``scope`` of ``run.json``: a run of twenty pages is compared with its own kind.
    """
    wanted = json.loads(json.dumps(scope))  # as it is read back: a tuple has become a list
    published = [run for run in runs if _published(run.report) and run.report.get("scope") == wanted]
    if not published:
        return Baseline()
    counted = [run for run in published if not _declared(run).get("closed")]
    anew = [
        at for at, run in enumerate(counted) if _declared(run).get("accept") and run.report["verdict"] == "degraded"
    ]
    counted = counted[anew[-1] if anew else 0 :][-RUNS:]
    measured = [Measures.from_json(run.report.get("measures")) for run in counted]
    measured = [measures for measures in measured if measures.events]
    return Baseline(
        runs=tuple(run.id for run in counted),
        previous=published[-1].id,
        events=median([m.events for m in measured]) if measured else None,
        coverage=_medians(m.coverage for m in measured),
        strategies=_strategies(measured),
        problems=_medians(_rates(run.report.get("counts")) for run in counted),
        shared=_medians({name: s.share for name, s in (*m.commonest.items(), *m.ahead.items())} for m in measured),
    )


def problems_of(counts: Mapping[str, Any]) -> dict[str, Problems]:
    """Part the problems of a run by where they were: on event ``pages``, or on ``sightings``.

    Pages that have not changed are not read again and give no problems, so these do not count here.

    :param counts: as ``run.json`` has them.
    """
    stored = counts.get("problems")
    found = {name: n for name, n in stored.items() if isinstance(n, int)} if isinstance(stored, dict) else {}
    pages = {name: n for name, n in found.items() if "." not in name}  # `card.screenings` is a sighting's
    sightings = {name: n for name, n in found.items() if "." in name}
    return {
        "pages": Problems(sum(pages.values()), _number(counts, "extracted"), pages),
        "sightings": Problems(sum(sightings.values()), _number(counts, "sightings"), sightings),
    }


def shares(numbers: Mapping[str, int]) -> dict[str, float]:
    """Part a whole: what each has of it; nothing where there is no whole."""
    total = sum(numbers.values())
    return {name: n / total for name, n in numbers.items()} if total else {}


# ------------------------------------------------------------------ parts
def _published(report: Mapping[str, Any]) -> bool:
    return report.get("verdict") in ("accepted", "degraded")


def _declared(run: StoredRun) -> Mapping[str, Any]:
    declared = run.report.get("declared")
    return declared if isinstance(declared, dict) else {}


def _rates(counts: Any) -> dict[str, float]:
    found = problems_of(counts if isinstance(counts, dict) else {})
    return {where: problems.number / problems.of for where, problems in found.items() if problems.of}


def _number(counts: Mapping[str, Any], name: str) -> int:
    n = counts.get(name)
    return n if isinstance(n, int) else 0


def _strategies(measured: Sequence[Measures]) -> dict[str, dict[str, float]]:
    names = {name for m in measured for name in m.strategies}
    found = {}
    for name in sorted(names):
        parted = [parts for m in measured if (parts := shares(m.strategies.get(name, {})))]
        known = {strategy for parts in parted for strategy in parts}
        found[name] = _medians({strategy: parts.get(strategy, 0.0) for strategy in known} for parts in parted)
    return found


def _medians(runs: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """The median of each name over the runs that have it."""
    values: dict[str, list[float]] = {}
    for run in runs:
        for name, value in run.items():
            values.setdefault(name, []).append(value)
    return {name: median(found) for name, found in sorted(values.items())}
