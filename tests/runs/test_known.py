"""What a run's readings make of what was read of an address before, without a ledger."""

import pytest

from filmscrape.runs.known import Known, Stored
from filmscrape.runs.readings import Reading

FIRST, SECOND, THIRD = "2026-11-01T18:00:00Z", "2026-11-02T18:00:00Z", "2026-11-03T18:00:00Z"
ID = "festival:here"


def line(said: str) -> bytes:
    """A record, as far as its content is looked at."""
    return b'{"title":"%b","first_seen":"","last_seen":"","provenance":{}}\n' % said.encode()


def page(said: str, at: str, body: str = "body") -> Reading:
    return Reading(ID, "page", line(said), at, body)


def card(said: str, at: str) -> Reading:
    return Reading(ID, "card", line(said), at)


def stored(number: int, said: str, first: str, last: str, run: str = "run-1", body: str = "body") -> Stored:
    content = page(said, first).content
    return Stored(number, "page", content, first, body, run, last, body, run, line(said))


def told(known: list[Stored], *readings: Reading, run: str = "run-2") -> Known:
    found = Known(known, run)
    found.tell(readings)
    return found


def mark(reading: Stored) -> tuple[str, str, str, str]:
    return reading.first_at, reading.first_run, reading.last_at, reading.last_run


# ------------------------------------------------------------------ told again
def test_what_is_told_again_lasts_longer() -> None:
    known = told([stored(4, "a", FIRST, FIRST)], page("a", SECOND, "other"))
    assert [mark(reading) for reading in known.altered] == [(FIRST, "run-1", SECOND, "run-2")]
    assert (known.altered[0].first_body, known.altered[0].last_body) == ("body", "other")
    assert not known.new
    assert not known.is_news


def test_what_is_told_of_an_earlier_time_began_then() -> None:
    known = told([stored(4, "a", SECOND, THIRD)], page("a", FIRST, "other"))
    assert [mark(reading) for reading in known.readings] == [(FIRST, "run-2", THIRD, "run-1")]
    assert (known.altered[0].first_body, known.altered[0].last_body) == ("other", "body")


def test_of_one_moment_the_first_run_told_first_and_the_last_run_last() -> None:
    known = told([stored(4, "a", FIRST, FIRST)], page("a", FIRST))
    assert [mark(reading) for reading in known.readings] == [(FIRST, "run-1", FIRST, "run-2")]


def test_what_is_told_in_between_changes_nothing_of_when() -> None:
    known = told([stored(4, "a", FIRST, THIRD)], page("a", SECOND))
    assert [mark(reading) for reading in known.readings] == [(FIRST, "run-1", THIRD, "run-1")]


def test_a_page_that_is_as_it_was_keeps_the_body_of_its_newest_reading() -> None:
    before = [stored(4, "a", FIRST, FIRST, body="one"), stored(5, "b", SECOND, SECOND, body="two")]
    known = told(before, Reading(ID, "same", at=THIRD))
    assert [(reading.number, reading.last_at, reading.last_body) for reading in known.altered] == [(5, THIRD, "two")]
    assert not told([], Reading(ID, "same", at=THIRD)).readings, "of a page that was never read there is nothing"


def test_what_is_altered_twice_is_written_down_once() -> None:
    known = told([stored(4, "a", FIRST, FIRST)], page("a", SECOND), page("a", THIRD))
    assert [reading.last_at for reading in known.altered] == [THIRD]


# ------------------------------------------------------------------ news
def test_another_content_is_news_and_has_a_number_of_its_own() -> None:
    known = told([stored(4, "a", FIRST, FIRST)], page("b", SECOND))
    assert [reading.number for reading in known.readings] == [4, 5]
    assert known.new == known.readings[1:]
    assert known.is_news


def test_less_than_before_is_news_too() -> None:
    before = [stored(4, "a", FIRST, FIRST), stored(5, "b", SECOND, SECOND)]
    assert told(before, page("b", THIRD)).is_news


@pytest.mark.parametrize("readings", [[], [Reading(ID, "listed")]])
def test_nothing_is_no_news(readings: list[Reading]) -> None:
    known = told([stored(4, "a", FIRST, FIRST)], *readings)
    assert not known.is_news
    assert not known.altered


def test_a_card_that_says_what_the_page_says_is_a_reading_of_its_own() -> None:
    known = told([stored(4, "a", FIRST, FIRST)], card("a", FIRST))
    assert [reading.kind for reading in known.readings] == ["page", "card"]


# ------------------------------------------------------------------ one capture, other eyes
def test_what_was_read_later_in_one_capture_takes_the_place_of_what_was_read_before() -> None:
    known = told([stored(4, "a", FIRST, FIRST)], page("b", FIRST))
    assert [reading.number for reading in known.gone] == [4]
    assert known.readings == known.new
    assert known.is_news


def test_what_a_later_run_read_in_a_capture_stays() -> None:
    known = told([stored(4, "a", FIRST, FIRST, "run-3")], page("b", FIRST))
    assert [reading.number for reading in known.readings] == [4]
    assert not known.is_news


@pytest.mark.parametrize(("at", "left"), [(FIRST, SECOND), (SECOND, FIRST)])
def test_what_other_captures_say_stays(at: str, left: str) -> None:
    known = told([stored(4, "a", FIRST, SECOND)], page("b", at))
    assert [(reading.number, reading.first_at, reading.last_at) for reading in known.altered] == [(4, left, left)]
    assert not known.gone


def test_of_two_readings_of_a_capture_in_one_run_the_second_counts() -> None:
    known = told([], page("a", FIRST), page("b", FIRST))
    assert known.readings == known.new
    assert [reading.line for reading in known.new] == [line("b")]
    assert not known.gone
