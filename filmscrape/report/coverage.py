"""How much of each field is filled, run by run, and which strategies answered."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from filmscrape.report.loose import mapping, number
from filmscrape.runs.baseline import Baseline, shares
from filmscrape.runs.history import PastRun
from filmscrape.runs.measure import Measures
from filmscrape.runs.stored import StoredRun

_CLEARLY = 0.05  # of the events or of a field's answers; less is a few films more or less


class Column(NamedTuple):
    """A run, as a column of the heat map.

    :ivar is_one_of_the_day: another run began on the same day, so that the time has to tell them apart.
    """

    run: PastRun
    events: int
    is_this: bool
    is_one_of_the_day: bool = False


@dataclass(frozen=True)
class Row:
    """A field, as a row of the heat map.

    :ivar shares: of the events in which it is filled, by column; ``None`` where the run does not know the field.
    :ivar usual: what is usual; ``None`` before there is anything usual.
    """

    field: str
    shares: list[float | None]
    usual: float | None

    @property
    def change(self) -> float | None:
        """How much more or less is filled in the last column than usual."""
        now = self.shares[-1] if self.shares else None
        return None if now is None or self.usual is None else now - self.usual

    @property
    def is_clear(self) -> bool:
        """Whether it differs by more than a few films make."""
        return self.change is not None and abs(self.change) >= _CLEARLY


@dataclass(frozen=True)
class Heat:
    """Fields and runs; rows that clearly differ come first, then by name in the order of the record."""

    columns: list[Column]
    rows: list[Row]


@dataclass(frozen=True)
class Answers:
    """How often a strategy answered for a field.

    :ivar number: in how many events.
    :ivar share: of the field's answers.
    :ivar usual: the share that is usual; ``None`` where nothing is known of the field.
    """

    field: str
    strategy: str
    number: int
    share: float
    usual: float | None

    @property
    def change(self) -> float | None:
        """How much more or less of the answers it gave than usual."""
        return None if self.usual is None else self.share - self.usual

    @property
    def is_clear(self) -> bool:
        """Whether it differs by more than a few films make."""
        return self.change is not None and abs(self.change) >= _CLEARLY


def measures_of(run: StoredRun) -> Measures:
    """Read what a run's records are like."""
    return Measures.from_json(run.report.get("measures"))


def heat(runs: Sequence[StoredRun], this: StoredRun | None = None) -> Heat:
    """Lay out the coverage of runs, the oldest first; those without a record are left out.

    :param this: the run that the report is about: the last column, with what is usual beside.
    """
    measured = [(run, measures) for run in runs if (measures := measures_of(run)).events]
    days = Counter(run.started.date() for run, _ in measured if run.started)
    columns = [
        Column(
            PastRun.of(run),
            m.events,
            this is not None and run.id == this.id,
            run.started is not None and days[run.started.date()] > 1,
        )
        for run, m in measured
    ]
    usual = mapping(mapping(this.report.get("baseline")).get("coverage")) if this else {}
    has_this = bool(columns) and columns[-1].is_this
    names = dict.fromkeys(name for _, m in reversed(measured) for name in m.coverage)
    rows = [
        Row(name, [m.coverage.get(name) for _, m in measured], number(usual.get(name)) if has_this else None)
        for name in names
    ]
    return Heat(columns, sorted(rows, key=lambda row: (not row.is_clear, row.change or 0.0 if row.is_clear else 0.0)))


def answers(measures: Measures, usual: Baseline) -> list[Answers]:
    """List the strategies that answered, or used to: first those that do so clearly more or less than usual."""
    found = []
    for field in sorted({*measures.strategies, *usual.strategies} if measures.events else ()):
        numbers = measures.strategies.get(field, {})
        found += _of_field(field, numbers, usual.strategies.get(field))
    return sorted(found, key=lambda a: (not a.is_clear, a.field, -a.number, a.strategy))


def _of_field(field: str, numbers: Mapping[str, int], usual: Mapping[str, float] | None) -> list[Answers]:
    now = shares(numbers)
    return [
        Answers(
            field, name, numbers.get(name, 0), now.get(name, 0.0), usual.get(name, 0.0) if usual is not None else None
        )
        for name in sorted({*numbers, *(usual or {})})
    ]
