"""How much memory a piece of work takes: each in a process of its own, so that none inherits another's peak."""

import multiprocessing
import resource
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.corpus import workplace, write_archive
from benchmarks.measure import Row, Spent, Watch
from benchmarks.replay import replay

FEW, MANY = 1_000, 4_000


class Peak(NamedTuple):
    """What a piece of work took.

    :ivar spent: what it says of itself.
    :ivar megabytes: resident memory at its highest, with Python and all libraries.
    """

    spent: Spent
    megabytes: float


def rows() -> Iterator[Row]:
    """Four times the pages; a hundred times are in the table of growth."""
    watch = Watch()
    with workplace() as folder:
        peaks = []
        for pages in (FEW, MANY):
            path = folder / f"{pages}.warc.gz"
            write_archive(path, pages)
            with watch.run():
                peaks.append(peak(replay, path))
    few, many = peaks
    yield Row(
        f"memory: replay of {MANY:,} pages, one process",
        f"{FEW:,} pages, {few.megabytes:.0f} MB",
        f"{many.megabytes:.0f} MB",
        f"**{many.megabytes / few.megabytes:.2f}**",
        "≤ 1.3",
        watch,
    )


def peak(work: Callable[..., Spent], *arguments: Any) -> Peak:
    """Do a piece of work in a process of its own.

    :param work: a function of a module, as for ``multiprocessing``, that tells what it spent.
    """
    return _apart(_highest, work, arguments)


def peak_of_command(work: Callable[..., Spent], *arguments: Any) -> Peak:
    """Do a piece of work that runs a command; the peak is the command's."""
    return _apart(_highest_of_commands, work, arguments)


def _apart(highest: Callable[[], float], work: Callable[..., Spent], arguments: tuple[Any, ...]) -> Peak:
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_measured, highest, work, arguments).result()


def _measured(highest: Callable[[], float], work: Callable[..., Spent], arguments: tuple[Any, ...]) -> Peak:
    return Peak(work(*arguments), highest())


def _highest() -> float:
    """Megabytes of this process at its highest; elsewhere than on Linux that may be those of the process before it."""
    status = Path("/proc/self/status")
    if status.exists():
        (line,) = (line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) / 1024
    return _resident(resource.RUSAGE_SELF)


def _highest_of_commands() -> float:
    """Megabytes of the largest process that this one waited for."""
    return _resident(resource.RUSAGE_CHILDREN)


def _resident(whose: int) -> float:
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(whose).ru_maxrss * unit / 1024**2
