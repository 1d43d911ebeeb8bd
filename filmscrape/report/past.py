"""What the report of all runs of a source says, as plain values."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from filmscrape.report.coverage import Heat, heat
from filmscrape.report.drawing import Column, draw_columns
from filmscrape.report.facts import lost_number
from filmscrape.report.loose import mapping, number
from filmscrape.runs.history import History, PastRun
from filmscrape.runs.stored import StoredRun

_COLUMNS = 18  # runs of the heat map: as many as a page has room for, so that the newest are seen


class Row(NamedTuple):
    """A run, as a row of the table.

    :ivar lost: pages that gave no record although they should have.
    :ivar received: bytes that came over the wire.
    """

    stored: StoredRun
    run: PastRun
    lost: int | None
    received: float | None


class Chart(NamedTuple):
    """A figure of all runs; ``most`` is the height of the highest column."""

    name: str
    unit: str
    most: float
    columns: list[Column]


@dataclass(frozen=True)
class SourceHistory:
    """The runs of a source: in a table, the newest first, and in charts, the oldest first."""

    history: History
    rows: list[Row]
    charts: list[Chart]
    heat: Heat

    @property
    def verdicts(self) -> dict[str, int]:
        """How many runs ended with which verdict."""
        found = [row.run.verdict for row in self.rows]
        return {verdict: found.count(verdict) for verdict in dict.fromkeys(sorted(found))}


def history_of(source: str, runs: Sequence[StoredRun]) -> SourceHistory:
    """Gather what there is to say of a source.

    :param runs: its runs, the oldest first.
    """
    history = History.of(source, list(runs))
    rows = [_row(stored, run) for stored, run in zip(reversed(runs), history.runs, strict=True)]
    whole = [stored for stored, run in zip(reversed(runs), history.runs, strict=True) if run.is_whole][::-1]
    return SourceHistory(history, rows, _charts(rows[::-1]), heat(whole[-_COLUMNS:]))


def _row(stored: StoredRun, run: PastRun) -> Row:
    received = number(mapping(stored.report.get("bytes")).get("response"))
    return Row(stored, run, lost_number(stored.report) if run.events is not None else None, received)


def _charts(rows: Sequence[Row]) -> list[Chart]:
    figures = (
        ("Events", "count", [row.run.events for row in rows]),
        ("Pages lost", "count", [row.lost for row in rows]),
        ("Changes", "count", [row.run.changes for row in rows]),
        ("Time", "seconds", [row.run.seconds for row in rows]),
        ("Received", "bytes", [row.received for row in rows]),
    )
    return [_chart(name, unit, rows, [number(value) for value in values]) for name, unit, values in figures]


def _chart(name: str, unit: str, rows: Sequence[Row], values: Sequence[float | None]) -> Chart:
    drawn = [(row.run.verdict, value, row.run.run_id) for row, value in zip(rows, values, strict=True)]
    return Chart(name, unit, max((value for value in values if value is not None), default=0.0), draw_columns(drawn))
