"""Datasets on disk for the tests of calendars, feeds and JSON-LD: records, and a ledger of runs beside them."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from filmscrape.exports.dataset import Dataset
from filmscrape.fixtures import Fixture
from filmscrape.records import Event
from filmscrape.runs.ledger import Ledger
from filmscrape.runs.readings import RunFacts, RunNotes, write_readings
from filmscrape.runs.spool import Spool
from filmscrape.runs.stored import LEDGER
from tests.crawling import SOURCE
from tests.records import PROVENANCE

ROOT = Path(__file__).parent.parent.parent


def dataset_of(folder: Path, *events: Event, texts: bool = True) -> Dataset:
    """A dataset without a ledger."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "events.jsonl"
    path.write_text("".join(f"{event.model_dump_json()}\n" for event in sorted(events, key=lambda event: event.id)))
    return Dataset([path], texts=texts)


def told(folder: Path, *runs: Sequence[Event], texts: bool = True) -> Dataset:
    """A dataset with the ledger that these runs made, one after another."""
    folder.mkdir(parents=True, exist_ok=True)
    with closing(Ledger(folder / LEDGER)) as ledger:
        for number, events in enumerate(runs):
            spool = Spool(folder / "spool.jsonl")
            for event in events:
                spool.add(event.model_dump())
            readings = folder / f"readings-{number}.jsonl.gz"
            listed = [event.id for event in events]
            facts = RunFacts(f"run-{number}", is_live=True, is_complete=False)
            write_readings(readings, spool, RunNotes(facts, listed=listed))
            spool.remove()
            with ledger.transaction():
                list(ledger.merge(readings))
        (folder / "events.jsonl").write_bytes(b"".join(ledger.lines()))
    return Dataset([folder / "events.jsonl"], texts=texts)


def fixtures() -> list[Event]:
    """The records of all captured event pages."""
    found = []
    for fixture in Fixture.all(ROOT / "fixtures" / SOURCE):
        if (fixture.folder / "expected.json").exists():
            seen = f"{fixture.captured_at:%Y-%m-%dT%H:%M:%SZ}"
            found.append(_record(fixture.expected, seen))
    return list({event.id: event for event in found}.values())


def _record(expected: dict[str, Any], seen: str) -> Event:
    run = {"first_seen": seen, "last_seen": seen, "provenance": {**PROVENANCE, "fetched_at": seen}}
    return Event.model_validate({**expected, **run})


def files(folder: Path) -> dict[str, bytes]:
    """All files below a folder, hidden ones too."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
