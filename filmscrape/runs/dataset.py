"""Write the records of a run: merged, sorted by id, one a line."""

import os
from pathlib import Path
from typing import NamedTuple

from filmscrape.records import Event
from filmscrape.runs.merge import Sighting, Venues, merge
from filmscrape.runs.spool import Spool


class Written(NamedTuple):
    """How many lines stand in the file, and how many facts contradicted each other."""

    lines: int
    conflicts: int


def write_events(spool: Spool, venues: Venues, path: Path) -> Written:
    """Write ``events.jsonl`` from what a run kept, and make it durable.

    One event is in memory at a time. The same input gives the same bytes (times and provenance aside).

    :raises OSError: where the file cannot be written; it is no whole file then.
    """
    conflicts = 0
    with path.open("wb") as file:
        for pages, sightings in spool:
            line = pages[0]
            if len(pages) > 1 or sightings:
                merged, found = merge(
                    map(Event.model_validate_json, pages), map(Sighting.model_validate_json, sightings), venues
                )
                line = merged.model_dump_json().encode() + b"\n"
                conflicts += found
            file.write(line)
        file.flush()
        os.fsync(file.fileno())
    return Written(count_lines(path), conflicts)


def count_lines(path: Path) -> int:
    """Count the lines that stand in a file; a torn last one is none."""
    with path.open("rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))
