"""What one page alone tells of is reckoned by its gist: the same as if all of it were read."""

from typing import Any

import pytest

from filmscrape.records import Event
from filmscrape.runs import reckon as rules
from filmscrape.runs.known import Stored
from filmscrape.runs.merge import Venues
from filmscrape.runs.reckon import Gist, Reckoned, reckon
from tests.records import event, screening

ID = "festival:here"
READ = "2026-11-01T18:00:00Z"
BEFORE, AFTER = "2026-10-31T19:50:00-07:00", "2026-12-05T19:50:00-07:00"
PAGES: dict[str, dict[str, Any]] = {
    "no screening": {"screenings": [], "status": "past"},
    "one to come": {"screenings": [screening(AFTER)], "status": "upcoming"},
    "one that is over": {"screenings": [screening(BEFORE)], "status": "upcoming"},
    "one of each": {"screenings": [screening(BEFORE), screening(AFTER)], "status": "upcoming"},
    "cancelled": {"screenings": [screening(AFTER, availability="cancelled")], "status": "cancelled"},
    "a venue by its slug": {"screenings": [screening(AFTER, venue="rio-theatre")], "status": "upcoming"},
}


def reckoned(page: Event, now: str, *, at: str = READ) -> list[Reckoned]:
    venues = Venues()
    venues.learn_name("Rio Theatre")
    reading = Stored(7, "page", "digest", at, "body", "run-1", at, "body", "run-1", page.as_line())
    return reckon(ID, [reading], {}, venues, now)


@pytest.mark.parametrize("said", PAGES)
@pytest.mark.parametrize("now", [READ, "2026-12-31T00:00:00Z"])
def test_the_gist_of_a_page_gives_what_all_of_it_gives(said: str, now: str, monkeypatch: pytest.MonkeyPatch) -> None:
    page = event(READ, **PAGES[said])
    (by_gist,) = reckoned(page, now)
    monkeypatch.setattr(rules, "_of_one_page", lambda *_: None)
    (by_all,) = reckoned(page, now)
    assert isinstance(by_all.event, Event)
    assert by_gist.event.as_line() == by_all.event.as_line()
    assert by_gist[1:] == by_all[1:]
    assert by_gist.event.screenings == by_all.event.screenings
    for name in ("id", "title", "status", "first_seen", "last_seen"):
        assert getattr(by_gist.event, name) == getattr(by_all.event, name)


def test_a_line_that_stays_as_it_is_is_not_read_whole() -> None:
    (found,) = reckoned(event(READ, **PAGES["one to come"]), READ)
    assert isinstance(found.event, Gist)


@pytest.mark.parametrize("said", ["one that is over", "a venue by its slug"])
def test_a_line_that_changes_is_made_anew(said: str) -> None:
    (found,) = reckoned(event(READ, **PAGES[said]), "2026-11-03T00:00:00Z")
    assert isinstance(found.event, Event)
    assert b"rio-theatre" not in found.event.as_line()


def test_a_line_of_another_time_or_id_is_made_anew() -> None:
    (later,) = reckoned(event(READ), READ, at="2026-11-02T18:00:00Z")
    assert (later.event.first_seen, later.event.last_seen) == ("2026-11-02T18:00:00Z", "2026-11-02T18:00:00Z")
    (forked,) = reckoned(event(READ, id=f"{ID}--1983"), READ)
    assert forked.event.id == ID
