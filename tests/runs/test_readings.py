"""What is found in the lines of records without reading all of them, and where they lie while a run lasts."""

import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from filmscrape.runs.readings import venues_of
from filmscrape.runs.spool import Spool
from tests.records import event, screening, sighting

# Of what JSON escapes, and what a line of a record looks like.
TEXTS = st.lists(st.sampled_from(['"', "\\", "venue", ":", ",", "{", "é", "a"]), min_size=1).map("".join)


@given(st.lists(TEXTS, max_size=3), TEXTS)
def test_the_venues_of_a_record_are_found_whatever_they_are_called(names: list[str], text: str) -> None:
    said = json.dumps({"venue": text}, separators=(",", ":"))
    screenings = [screening(venue=name) for name in names] + [screening(venue=None)]
    record = event(synopsis=said, title=text, screenings=screenings, extra=[{"label": said, "value": said}])
    assert venues_of(record.model_dump_json().encode()) == set(names)
    seen = sighting(summary=said, screenings=screenings)
    assert venues_of(seen.model_dump_json().encode()) == set(names)


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
