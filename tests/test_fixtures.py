"""Every fixture page gives the record that stands beside it: one test per field of each page.

``pytest --accept`` writes what the code gives into ``expected.json`` and fails that run, so that somebody looks at
the difference. ``FILMSCRAPE_CAPTURES`` names another folder of the same shape (``make test-captures DIR=…``).
"""

import gc
import json
import weakref
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from filmscrape.fixtures import Fixture
from filmscrape.interpret import interpret
from filmscrape.pages.base import NotAnEvent
from filmscrape.records import Event
from tests.fixtures import accept as accept_value
from tests.fixtures import fixture_folders, set_by_the_run

# Set by the run, not by the page.
NOT_OF_THE_PAGE = {"first_seen", "last_seen", "provenance"}
FIELDS = [name for name in Event.model_fields if name not in NOT_OF_THE_PAGE]
FIXTURES = [fixture for folder in fixture_folders() for fixture in Fixture.all(folder)]
EVENTS = [fixture for fixture in FIXTURES if fixture.meta["kind"] == "event"]
NOT_EVENTS = [fixture for fixture in FIXTURES if fixture.meta["kind"] == "not_event"]


@cache
def published(folder: Path) -> dict[str, Any]:
    """The record that a fixture's page gives, validated, as plain JSON values."""
    fixture = Fixture(folder)
    values = interpret(fixture.event_page().read()).values
    record = Event.model_validate({**values, **set_by_the_run(fixture)})
    return dict(json.loads(record.model_dump_json()))


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("fixture", EVENTS, ids=lambda fixture: fixture.name)
def test_field(fixture: Fixture, field: str, accept: bool) -> None:
    got = published(fixture.folder)[field]
    expected = fixture.expected
    if accept and expected.get(field) != got:
        accept_value(fixture, field, got)
        pytest.fail(f"{fixture.name}: {field} accepted; look at the difference and run again without --accept")
    assert got == expected[field]


@pytest.mark.parametrize("fixture", EVENTS, ids=lambda fixture: fixture.name)
def test_expectation_is_whole(fixture: Fixture) -> None:
    assert list(fixture.expected) == FIELDS


@pytest.mark.parametrize("fixture", NOT_EVENTS, ids=lambda fixture: fixture.name)
def test_page_that_is_no_event_gives_no_record(fixture: Fixture) -> None:
    with pytest.raises(NotAnEvent):
        fixture.event_page().read()


@pytest.fixture
def no_collector() -> Iterator[None]:
    """What goes, goes by itself."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize("fixture", EVENTS, ids=lambda fixture: fixture.name)
def test_a_page_that_was_read_is_gone(fixture: Fixture) -> None:
    page = fixture.event_page()
    page.read()
    seen = weakref.ref(page)
    del page
    assert seen() is None, "in a circle of references, a page and its tree take memory until the collector comes by"


def test_there_are_fixtures() -> None:
    assert EVENTS
