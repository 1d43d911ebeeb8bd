"""Ratios of two loops, measured in turn, so that a machine whose speed drifts slows both alike."""

import gc
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from os import cpu_count, getloadavg

ROUNDS = 25


@dataclass(frozen=True, slots=True)
class Ratio:
    """Processor time of one loop as a multiple of another's, round by round."""

    median: float
    low: float  # of the rounds, the second lowest and the second highest: one disturbed round decides nothing
    high: float
    floor_ms: float  # median time of one unit of the loop that is 1.0
    ms: float


def ratio(work: Callable[[], None], floor: Callable[[], None], units: int) -> Ratio:
    """Measure ``work`` against ``floor`` in turn over :data:`ROUNDS` rounds, after one of each to warm up."""
    work()
    floor()
    pairs = []
    for _ in range(ROUNDS):
        gc.collect()
        pairs.append((_seconds(floor), _seconds(work)))
    ratios = sorted(b / a for a, b in pairs)
    return Ratio(
        statistics.median(ratios),
        ratios[1],
        ratios[-2],
        statistics.median(a for a, _ in pairs) / units * 1000,
        statistics.median(b for _, b in pairs) / units * 1000,
    )


def _seconds(work: Callable[[], None]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def machine() -> str:
    """One line on where the figures come from."""
    load = getloadavg()[0]
    return f"Python {platform.python_version()}, {platform.machine()}, {cpu_count()} processors, load {load:.2f}"
