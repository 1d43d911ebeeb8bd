"""The contract as the models hold it."""

from typing import Any

import pytest
from pydantic import ValidationError

from filmscrape.records import Event
from tests.records import event  # a valid record


def refused(**changes: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        Event.model_validate({**event().model_dump(), **changes})
    return str(caught.value)


def test_a_record_survives_the_way_through_json() -> None:
    record = event()
    assert Event.model_validate_json(record.model_dump_json()) == record


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""),
        ("title", " Here"),
        ("title", "He  re"),
        ("title", "He\nre"),
        ("title", "He\u00a0re"),
        ("title", "<b>Here</b>"),
        ("title", "He\x07re"),
        ("title", "He\u202ere"),
        ("title", "He\u0301re"),  # not NFC
        ("synopsis", " "),
        ("synopsis", "One\x00two"),
        ("synopsis", "<p>One</p>"),
        ("year", 1492),
        ("runtime_minutes", 0),
        ("runtime_minutes", 99999),
        ("url", "ftp://cinema.example/"),
        ("url", "/show/here"),
        ("url", "https://cinema.example/a b"),
        ("url", "https://cinema.example/fdp.\u202egpj"),
        ("url", "https://cinema\u2066.example/"),
        ("url", "https://cinema.example/\x85"),
        ("links", [{"label": "Film site", "url": "https://film.example/\x01"}]),
        ("id", "here"),
        ("id", "festival:he\u202ere"),
        ("id", "festival:he\x07re"),
        ("kind", "movie"),
        ("status", "maybe"),
        ("first_seen", "2026-01-01"),
        ("first_seen", "2026-01-01T00:00:00-07:00"),
        ("genres", [""]),
        ("cast", [{"name": "Ann Roe"}]),
        ("countries", [{"name": "Belgium", "code": "BEL"}]),
        ("languages", [{"name": "Dutch", "code": "Dutch"}]),
    ],
)
def test_what_breaks_the_contract_is_refused(field: str, value: object) -> None:
    assert field in refused(**{field: value})


def test_unknown_keys_are_refused() -> None:
    assert "rating_count" in refused(rating_count=3)


def test_a_missing_key_is_refused() -> None:
    values = event().model_dump()
    del values["awards"]
    with pytest.raises(ValidationError, match="awards"):
        Event.model_validate(values)


def test_an_id_of_another_source_is_refused() -> None:
    assert "source" in refused(id="other:here")


def test_years_hold_together() -> None:
    assert "year_end" in refused(year=2023, year_end=2022)
    assert "year_end" in refused(year=None, year_end=2022)
    assert Event.model_validate({**event().model_dump(), "year": 2022, "year_end": 2023}).year_end == 2023


def test_text_may_hold_what_looks_like_markup() -> None:
    assert Event.model_validate({**event().model_dump(), "title": "1 < 2 > 0"}).title == "1 < 2 > 0"
