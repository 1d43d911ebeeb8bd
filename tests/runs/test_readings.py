"""What is found in the lines of records without reading all of them, and where they lie while a run lasts."""

import json
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filmscrape.records import Event
from filmscrape.runs.merge import Sighting
from filmscrape.runs.readings import (
    Answered,
    RunFacts,
    RunNotes,
    overview,
    read_readings,
    write_readings,
    writing_readings,
)
from filmscrape.runs.spool import Spool
from tests.records import event, screening, sighting

NOTES = RunNotes(RunFacts("1", is_live=True, is_complete=True))
# Of what JSON escapes, and what a line of a record looks like.
TEXTS = st.lists(st.sampled_from(['"', "\\", "venue", ":", ",", "{", "é", "a"]), min_size=1).map("".join)


@given(st.lists(TEXTS, max_size=3), TEXTS)
def test_the_venues_of_a_run_are_found_whatever_they_are_called(names: list[str], text: str) -> None:
    said = json.dumps({"venue": text}, separators=(",", ":"))
    screenings = [screening(venue=name) for name in names] + [screening(venue=None)]
    page = event(synopsis=said, title=text, screenings=screenings, extra=[{"label": said, "value": said}])
    told: list[Event | Sighting] = [page, sighting(summary=said, screenings=screenings)]
    for record in told:
        with TemporaryDirectory() as folder:
            assert overview(written(Path(folder), [record])).venues == set(names)


@pytest.mark.parametrize("newest", ["page", "card", "same", "answer", None])
def test_the_newest_capture_of_a_run_is_found_whatever_tells_of_it(newest: str | None, tmp_path: Path) -> None:
    late, said = "2026-11-09T18:00:00Z", '"fetched_at":"2099-01-01T00:00:00Z","at":"2099-01-01T00:00:00Z"'
    at = {name: late if name == newest else "2026-11-01T18:00:00Z" for name in ("page", "card", "same", "answer")}
    told: list[Event | Sighting] = [event(at["page"], synopsis=said), sighting(seen=at["card"], summary=said)]
    notes = NOTES._replace(same={"festival:other": at["same"]}, answers=[Answered("/here/", at["answer"])])
    path = written(tmp_path, told, notes._replace(listed=["festival:gone"]))
    lines = list(read_readings(path))
    assert overview(path).newest == max(line.at for line in lines if not isinstance(line, RunFacts))
    assert overview(path).newest == (late if newest else "2026-11-01T18:00:00Z")


def test_a_run_that_read_nothing_has_no_newest_capture(tmp_path: Path) -> None:
    assert overview(written(tmp_path, [])) == ("", set())


def written(folder: Path, records: Iterable[Event | Sighting], notes: RunNotes = NOTES) -> Path:
    spool = Spool(folder / "spool")
    for record in records:
        spool.add(record.model_dump())
    path = folder / "readings.jsonl.gz"
    write_readings(path, spool, notes)
    spool.remove()
    return path


@pytest.mark.parametrize("taken", [0, 1, 9])
def test_what_nobody_takes_is_written_all_the_same(taken: int, tmp_path: Path) -> None:
    notes = NOTES._replace(listed=["festival:c"])
    whole = written(tmp_path, [event(id=f"festival:{name}") for name in "ab"], notes).read_bytes()
    spool, path = Spool(tmp_path / "spool"), tmp_path / "again.jsonl.gz"
    for name in "ba":
        spool.add(event(id=f"festival:{name}").model_dump())
    with writing_readings(path, spool, notes) as kept:
        found = [(one.id, len(one.pages), len(one.sightings)) for one in islice(kept, taken)]
    assert found == [("festival:a", 1, 0), ("festival:b", 1, 0), ("festival:c", 0, 0)][:taken]
    assert path.read_bytes() == whole
    spool.remove()


def test_readings_that_could_not_be_written_to_their_end_are_not_in_place(tmp_path: Path) -> None:
    spool, path = Spool(tmp_path / "spool"), tmp_path / "readings.jsonl.gz"
    spool.add(event().model_dump())

    def fail() -> None:
        with writing_readings(path, spool, NOTES) as kept:
            next(kept)
            raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        fail()
    assert not path.exists()
    spool.remove()


def test_lines_that_come_together_are_kept_as_those_that_come_alone(tmp_path: Path) -> None:
    page, again, card = b"a page\n", b"the page once more, with more to say\n", b"a card\n"
    lines = [("a", True, page), ("b", False, card), ("a", True, again), ("b", False, card)]
    alone, together = Spool(tmp_path / "alone"), Spool(tmp_path / "together")
    doubles = sum(not alone.add_line(*line) and line[1] for line in lines)
    assert together.add_lines(lines[:1]) == 0
    assert together.add_lines(lines[1:]) == doubles == 1
    assert together.add_lines([]) == 0
    for spool in (alone, together):
        assert spool.of("a") == ([page, again], [])
        assert spool.of("b") == ([], [card, card])
        spool.remove()
