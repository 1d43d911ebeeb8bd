"""Write the records of a run: merged, sorted by id, one a line."""

import heapq
import os
from collections.abc import Iterable, Iterator
from errno import EIO
from pathlib import Path
from typing import NamedTuple, TypeVar

from filmscrape.records import Event
from filmscrape.runs.films import merge_films
from filmscrape.runs.merge import Sighting, Venues, newest_first
from filmscrape.runs.spool import Spooled

Value = TypeVar("Value")

_AT_ONCE = 64 * 1024  # bytes written by one call; blocks of a megabyte would be asked of the system each time


class Written(NamedTuple):
    """How many lines stand in the file, how many facts contradicted each other, and how many slugs were used again."""

    lines: int
    conflicts: int
    forked: int = 0
    """Films beyond the first of their address: each is an event of its own."""


def write_events(kept: Iterable[Spooled], venues: Venues, path: Path) -> Written:
    """Write ``events.jsonl`` from what a run kept, and make it durable.

    One event is in memory at a time. The same input gives the same bytes (times and provenance aside).

    :param kept: by id in order; of what has no page there is no record.
    :raises OSError: where the file cannot be written; it is no whole file then.
    """
    conflicts = forked = 0

    def groups() -> Iterator[list[tuple[str, bytes]]]:
        nonlocal conflicts, forked
        for event_id, pages, sightings in kept:
            if not pages:
                continue
            if len(pages) == 1 and not sightings:
                yield [(event_id, pages[0])]
                continue
            found = merge_films(
                newest_first(map(Event.model_validate_json, pages)),
                list(map(Sighting.model_validate_json, sightings)),
                venues,
            )
            conflicts += found.conflicts
            forked += len(found.events) - 1
            yield [(event.id, event.as_line()) for event in found.events]

    lines = write_lines((line for _, line in in_order(groups())), path)
    return Written(lines, conflicts, forked)


def in_order(groups: Iterable[list[tuple[str, Value]]]) -> Iterator[tuple[str, Value]]:
    """Sort the events of addresses by id, with only those in memory whose turn has not come.

    :param groups: the events of one address each, the one that has its id first; sorted by that id.
    """
    later: list[tuple[str, Value]] = []  # films that share an address: their ids come behind it
    for first, *others in groups:
        while later and later[0][0] < first[0]:
            yield heapq.heappop(later)
        yield first
        for other in others:
            heapq.heappush(later, other)
    yield from sorted(later, key=lambda event: event[0])


def write_lines(lines: Iterable[bytes], path: Path) -> int:
    """Write whole lines into a new file and make it durable.

    :return: how many stand in it.
    :raises OSError: where the file cannot be written, or is not as long as what was written; it is no whole file then.
    """
    number = size = 0
    with path.open("wb", buffering=_AT_ONCE) as file:
        for line in lines:
            size += file.write(line)
            number += 1
        file.flush()
        os.fsync(file.fileno())
        if os.fstat(file.fileno()).st_size != size:
            raise OSError(EIO, "the file is shorter than what was written into it", str(path))
    return number
