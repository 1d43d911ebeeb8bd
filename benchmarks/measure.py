"""Loops measured in turn, so that a machine whose speed drifts slows both alike, and what else the machine did."""

import gc
import os
import platform
import resource
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing import active_children
from typing import NamedTuple

AT_LEAST, AT_MOST = 3, 25
"""Rounds of a measurement."""
_TICKS = os.sysconf("SC_CLK_TCK")


# ------------------------------------------------------------------ a line of the table
class Row(NamedTuple):
    """One line of the table.

    :ivar ratio: of the two, as text; empty where there is only a figure.
    :ivar watch: what else went on in the runs.
    """

    what: str
    floor: str
    measured: str
    ratio: str
    goal: str
    watch: "Watch"


def table(rows: Iterable[Row]) -> str:
    """Print rows as a Markdown table."""
    head = "| what | floor | measured | ratio | goal | others, stolen |\n| --- | --- | --- | --- | --- | --- |\n"
    lines = (f"| {' | '.join(row[:-1])} | {row.watch} |\n".replace("|  |", "| |") for row in rows)
    return head + "".join(lines)


def machine() -> str:
    """One line on where the figures come from."""
    load = ", ".join(f"{figure:.2f}" for figure in os.getloadavg())
    return (
        f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} processors; load {load} at the"
        " beginning"
    )


# ------------------------------------------------------------------ the machine's other load
@dataclass
class Watch:
    """How much of the machine others had in each run: other processes, and the host where the machine is a guest.

    Where this is much, figures by the clock say more of the others than of what was measured.

    :ivar others: percent of all processors, of each run.
    :ivar stolen: the same.
    """

    others: list[float] = field(default_factory=list)
    stolen: list[float] = field(default_factory=list)

    @contextmanager
    def run(self) -> Iterator[None]:
        """Watch one run."""
        before, mine = _processors(), _own()
        yield
        after = _processors()
        if after is None or before is None:
            return
        total, busy, stolen = (b - a for a, b in zip(before, after, strict=True))
        if total:
            self.others.append(100 * max(busy - (_own() - mine), 0) / total)
            self.stolen.append(100 * stolen / total)

    def __str__(self) -> str:
        if not self.others:
            return "unknown"
        return f"{statistics.median(self.others):.0f} to {max(self.others):.0f} %, {max(self.stolen):.0f} %"


def _processors() -> tuple[float, float, float] | None:
    """Seconds of all processors so far: all of them, busy ones, stolen ones; Linux alone tells."""
    try:
        with open("/proc/stat", encoding="ascii") as file:
            ticks = [int(figure) / _TICKS for figure in file.readline().split()[1:9]]
    except OSError:
        return None
    idle, stolen = ticks[3] + ticks[4], ticks[7]
    return sum(ticks), sum(ticks) - idle - stolen, stolen


def of_children() -> float:
    """Processor seconds of all processes that this one started and that have ended."""
    return _processor(resource.RUSAGE_CHILDREN)


def _processor(whose: int) -> float:
    used = resource.getrusage(whose)
    return used.ru_utime + used.ru_stime


def _own() -> float:
    """Seconds that this process and its children were busy: those that have ended, and those of a pool."""
    seconds = _processor(resource.RUSAGE_SELF) + of_children()
    for child in active_children():
        with suppress(OSError), open(f"/proc/{child.pid}/stat", encoding="ascii") as file:
            seconds += sum(map(int, file.read().rpartition(")")[2].split()[11:13])) / _TICKS
    return seconds


# ------------------------------------------------------------------ ratios
@dataclass(frozen=True, slots=True)
class Ratio:
    """One loop as a multiple of another, round by round.

    :ivar floor: median seconds of one unit of the loop that is 1.0; of the other: ``measured``.
    :ivar low: of five rounds and more the second lowest and the second highest: one disturbed round decides nothing.
    :ivar quickest: seconds of one unit of the other loop in its quickest round. A host that gives a processor to
        several guests tells them nothing of it: what a loop takes doubles and halves within a second, and only the
        quickest round says what the loop costs.
    """

    median: float
    low: float
    high: float
    floor: float
    measured: float
    watch: Watch
    quickest: float

    def __str__(self) -> str:
        return f"**{self.median:.2f}** ({self.low:.2f} to {self.high:.2f})"


def rounds(within: float) -> Iterator[int]:
    """Count rounds as long as there is time for one more.

    :param within: seconds of all of them; a machine that needs more for :data:`AT_LEAST` takes them.
    """
    begin = time.monotonic()
    for number in range(AT_MOST):
        so_far = time.monotonic() - begin
        if number >= AT_LEAST and so_far + so_far / number > within:
            return
        yield number


def ratio(
    pieces: Sequence[tuple[Callable[[], object], Callable[[], object]]],
    units: int,
    *,
    within: float,
    clock: Callable[[], float] = time.process_time,
) -> Ratio:
    """Measure one loop against another in turn, after a piece of each to warm up.

    :param pieces: what is measured, and its floor. Where a round takes them by many short pieces, a machine whose speed
        changes within the round slows both alike.
    :param units: of each loop, in one round.
    :param within: seconds, as of :func:`rounds`.
    :param clock: processor time of this process, or ``time.perf_counter`` where several processes work.
    """
    for work in pieces[0]:
        work()
    watch = Watch()
    pairs = []
    for _ in rounds(within):
        with watch.run():
            found = [(seconds(floor, clock), seconds(work, clock)) for work, floor in pieces]
        pairs.append((sum(a for a, _ in found), sum(b for _, b in found)))
    return of_rounds(pairs, units, watch)


def of_rounds(pairs: Sequence[tuple[float, float]], units: int, watch: Watch) -> Ratio:
    """What rounds say together.

    :param pairs: seconds of the floor and of what is measured, in each round.
    """
    ratios = sorted(b / a for a, b in pairs)
    edge = 1 if len(pairs) > 4 else 0
    floors, times = zip(*pairs, strict=True)
    return Ratio(
        statistics.median(ratios),
        ratios[edge],
        ratios[-1 - edge],
        statistics.median(floors) / units,
        statistics.median(times) / units,
        watch,
        min(times) / units,
    )


class Spent(NamedTuple):
    """Seconds: by the clock, and of a processor."""

    clock: float
    processor: float

    @classmethod
    def since(cls, start: "Spent") -> "Spent":
        """What this process spent since another moment."""
        now = cls.now()
        return cls(now.clock - start.clock, now.processor - start.processor)

    @classmethod
    def now(cls) -> "Spent":
        """The moment."""
        return cls(time.perf_counter(), time.process_time())


def seconds(work: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    """Measure one run."""
    gc.collect()
    start = clock()
    work()
    return clock() - start
