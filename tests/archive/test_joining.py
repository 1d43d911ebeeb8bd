"""What is read again, joined to what was published: the newer capture wins, and no event leaves the dataset."""

import json
from collections.abc import Sequence
from itertools import permutations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from filmscrape.records import Event
from filmscrape.runs.films import address_of
from filmscrape.runs.ledger import Ledger
from filmscrape.runs.merging import Touched
from filmscrape.runs.readings import READINGS, RunFacts, RunNotes, write_readings
from filmscrape.runs.spool import Spool
from tests.ledgers import in_memory
from tests.records import director, event, screening

OLD, NEW = "2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z"
ID = "festival:here"


def capture(seen: str, digest: str = "0", **fields: Any) -> Event:
    """A record of a capture whose body has a digest of its own."""
    found = event(seen, **fields)
    return found.model_copy(update={"provenance": found.provenance.model_copy(update={"content_sha256": digest * 64})})


def read(ledger: Ledger, *records: Event) -> dict[str, Touched]:
    """Join what a replay read of some pages; what it says of each event."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / READINGS
        spool = Spool(path.with_name("spool.jsonl"))
        for record in records:
            spool.add_line(address_of(record.id), True, record.as_line())
        facts = RunFacts(f"run {len(ledger.runs())}", is_live=False, is_complete=False)
        write_readings(path, spool, RunNotes(facts))
        spool.remove()
        with ledger.transaction():
            return {touched.id: touched for touched in ledger.merge(path)}


def published(*readings: Sequence[Event]) -> tuple[Ledger, dict[str, dict[str, Any]]]:
    """Join readings one after the other; the dataset that comes of it."""
    ledger = in_memory()
    for records in readings:
        read(ledger, *records)
    return ledger, dataset(ledger)


def dataset(ledger: Ledger) -> dict[str, dict[str, Any]]:
    rows = [json.loads(line) for line in ledger.lines()]
    assert [row["id"] for row in rows] == sorted({row["id"] for row in rows})
    return {row["id"]: row for row in rows}


def only(*readings: Sequence[Event]) -> dict[str, Any]:
    (record,) = published(*readings)[1].values()
    return record


def test_an_older_capture_fills_and_never_overwrites() -> None:
    known = capture(NEW, title="Here", rating="19+", screenings=[screening("2026-01-05T19:50:00-08:00")])
    older = capture(
        OLD, "1", title="Her", rating="18+", summary="A blurb.", screenings=[screening("2025-01-05T19:50:00-08:00")]
    )
    record = only([known], [older])
    assert (record["title"], record["rating"], record["summary"]) == ("Here", "19+", "A blurb.")
    assert [s["starts_at"][:4] for s in record["screenings"]] == ["2025", "2026"]
    assert record["provenance"]["fetched_at"] == NEW
    assert (record["first_seen"], record["last_seen"]) == (OLD, NEW)


def test_a_newer_capture_wins_and_the_published_fills() -> None:
    record = only([capture(OLD, title="Her", year=2023)], [capture(NEW, "1", title="Here")])
    assert (record["title"], record["year"]) == ("Here", 2023)


def test_which_was_read_first_plays_no_part_for_captures_of_other_days() -> None:
    some = [capture(OLD, "1", title="Her", year=2023), capture(NEW, "2", title="Here"), capture(NEW, "2", title="Here")]
    assert len({json.dumps(only(*([one] for one in order))) for order in permutations(some)}) == 1


def test_the_same_capture_read_again_takes_its_place() -> None:
    """A value that better eyes do not see was wrong."""
    record = only([capture(OLD, year=2023)], [capture(OLD, summary="A blurb.")])
    assert (record["year"], record["summary"]) == (None, "A blurb.")


def test_but_what_other_captures_say_stays() -> None:
    older, newer = capture(OLD, "1", year=2023), capture(NEW, "2", year=2023, rating="19+")
    record = only([older], [newer], [capture(NEW, "2", summary="A blurb.")])
    assert (record["year"], record["rating"], record["summary"]) == (2023, None, "A blurb.")
    record = only([older], [newer], [capture(NEW, "2", summary="A blurb."), capture(OLD, "1")])
    assert (record["year"], record["rating"], record["summary"]) == (None, None, "A blurb.")


def test_no_event_leaves_the_dataset() -> None:
    other = capture(OLD, id="festival:other")
    ledger, before = published([other])
    touched = read(ledger, capture(NEW))
    assert list(touched) == [ID]
    assert touched[ID].old is None
    after = dataset(ledger)
    assert list(after) == [ID, "festival:other"]
    assert after["festival:other"] == before["festival:other"]


def test_another_film_at_the_address_becomes_an_event_of_its_own() -> None:
    """The published one keeps its id, whichever is older; and each finds itself again later."""
    hawks = capture(OLD, "1", title="Scarface", year=1932, crew=[director("Howard Hawks")])
    palma = capture(NEW, "2", title="Scarface", year=1983, crew=[director("Brian De Palma")])
    for first, second in permutations((hawks, palma)):
        ledger, found = published([first], [second])
        assert [row["year"] for row in found.values()] == [first.year, second.year]
        assert list(found) == [ID, f"{ID}--{second.year}"]
        touched = read(ledger, second.model_copy(update={"rating": "19+"}))
        assert f"{ID}--{second.year}" in touched
        again = dataset(ledger)
        assert list(again) == list(found)
        assert (again[ID]["rating"], again[f"{ID}--{second.year}"]["rating"]) == (None, "19+")


def test_a_forked_id_is_kept_for_ever() -> None:
    """Also where an older film of the address turns up, and where a film's year is read otherwise later."""
    palma = capture(NEW, "2", title="Scarface", year=1983, crew=[director("Brian De Palma")])
    hawks = capture(OLD, "1", title="Scarface", year=1932, crew=[director("Howard Hawks")])
    silent = capture("2024-01-01T00:00:00Z", "3", title="Scarface", year=1921, crew=[director("Nobody Known")])
    ledger, found = published([palma], [hawks], [silent])
    assert {name: row["year"] for name, row in found.items()} == {ID: 1983, f"{ID}--1921": 1921, f"{ID}--1932": 1932}
    later = capture("2026-06-01T00:00:00Z", "4", title="Scarface", year=1984, crew=[director("Brian De Palma")])
    read(ledger, later)
    assert {name: row["year"] for name, row in dataset(ledger).items()} == {
        ID: 1984,
        f"{ID}--1921": 1921,
        f"{ID}--1932": 1932,
    }
