"""Plain records are checked and printed as their models check and print them."""

import re
import sys
import unicodedata
from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from typing import Any, get_args

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from filmscrape import plain
from filmscrape.interpret import interpret
from filmscrape.plain import Record, checked, is_page, line_of
from filmscrape.records import Event, Instant, Line, Part, Surely, Text, UtcInstant
from filmscrape.runs.merge import Sighting
from tests.fixtures import events, set_by_the_run
from tests.records import PROVENANCE, event, sighting

Path = tuple[str | int, ...]

FULL = event(
    strategies={"title": "heading"},
    source_id="7",
    alternative_titles=["Ici"],
    quotes=[{"text": "Quiet.\n\nSlow.", "attribution": None}],
    year=2022,
    year_end=2023,
    runtime_minutes=82,
    countries=[{"name": "Belgium", "code": "BE"}],
    languages=[{"name": "Chinese 中文", "code": "zh"}],
    crew=[{"name": "Bas Devos", "role": "director", "credit": "Director"}],
    people=[
        {
            "name": "Bas Devos",
            "role": "director",
            "bio": "Born in 1983.",
            "filmography": [{"title": "Violet", "year": 2014}],
            "image_url": "https://festival.example/devos.jpg",
        }
    ],
    screenings=[
        {
            "id": "1",
            "starts_at": "2026-11-20T18:00:00-08:00",
            "ends_at": None,
            "timezone": "America/Vancouver",
            "venue": "Orpheum",
            "booking_url": None,
            "availability": "unknown",
            "notes": ["Q&A"],
        }
    ],
    shorts=[{"title": "One", "directors": ["Ann Roe"], "places": [], "runtime_minutes": None, "synopsis": "Short."}],
    links=[{"label": "Film site", "url": "https://film.example/"}],
).model_dump()
CARD = sighting(screenings=FULL["screenings"], crew=FULL["crew"], summary="A walk.").model_dump()
ODD: list[Any] = [
    *(None, True, 0, -1, 2023, 10**30, 1.5, "", " ", " Here", "He  re", "Here", "2023", "He\x07re", "He\u202ere"),
    *("He\u0301re", "H\u00e9re", "<b>Here</b>", "1 < 2", "\ud83d", "festival:here", "other:here", "film", "director"),
    *("https://a.example/", "2026-01-01T00:00:00Z", "2026-13-01T00:00:00Z", "0" * 64, b"Here"),
    *([], [None], ["Here"], {}, {"Here": "there"}, {"name": "Here"}, ({"name": "Here"},)),
]


def places(value: object, path: Path = ()) -> Iterator[Path]:
    """Where anything stands in a record, the record itself first."""
    yield path
    if isinstance(value, dict | list):
        for key, part in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(part, (*path, key))


def put(record: Record, path: Path, value: object) -> Any:
    """The record with another value at a place."""
    if not path:
        return value
    changed = deepcopy(record)
    *way, last = path
    parent: Any = changed
    for step in way:
        parent = parent[step]
    parent[last] = value
    return changed


@cache
def all_places(is_page: bool) -> list[Path]:
    return list(places(FULL if is_page else CARD))


def judged(model: type[Part], values: Any) -> tuple[list[Any], bytes | None]:
    """The errors that the model finds, or the line that it prints."""
    try:
        return [], model.model_validate(values).as_line()
    except ValidationError as fault:
        return errors(fault), None


def errors(fault: ValidationError) -> list[Any]:
    """Path, kind and value of each error. What is no dictionary is told in other words: it could be a part's object."""
    found = fault.errors(include_url=False, include_context=False)
    return [(error["loc"], error["type"].replace("model_type", "dict_type"), repr(error["input"])) for error in found]


@pytest.mark.parametrize("fixture", events(), ids=lambda fixture: fixture.name)
def test_a_page_s_record_is_what_its_model_makes_of_it(fixture: Any) -> None:
    values = {**interpret(fixture.event_page().read()).values, **set_by_the_run(fixture)}
    assert line_of(checked(Event, values)) == Event.model_validate(values).as_line()


@given(st.booleans(), st.data(), st.sampled_from(ODD) | st.text(max_size=6))
@example(True, None, "He\u0301re")
def test_what_the_model_refuses_is_refused_for_the_same_reasons(is_page: bool, data: Any, value: Any) -> None:
    model, record = (Event, FULL) if is_page else (Sighting, CARD)
    path = ("title",) if data is None else data.draw(st.sampled_from(all_places(is_page)))
    values = put(record, path, value)
    found, line = judged(model, values)
    if line is not None:
        assert line_of(checked(model, values)) == line
        return
    with pytest.raises(ValidationError) as caught:
        checked(model, values)
    assert errors(caught.value) == found


@pytest.mark.parametrize("change", [{"year": None}, {"year_end": 2021}, {"id": "other:here"}])
def test_rules_that_span_fields_hold(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=r"year_end without|id does not begin"):
        checked(Event, FULL | change)


@pytest.mark.parametrize("path", [(), ("quotes", 0), ("people", 0, "filmography", 0), ("provenance",)])
def test_a_key_too_many_or_too_few_is_refused_at_any_depth(path: Path) -> None:
    part: Any = FULL
    for step in path:
        part = part[step]
    few = {name: value for name, value in part.items() if name != next(iter(part))}
    for changed in (part | {"stars": 4}, few):
        values = put(FULL, path, changed)
        with pytest.raises(ValidationError) as caught:
            checked(Event, values)
        assert errors(caught.value) == judged(Event, values)[0] != []


def surely(kind: Any) -> str:
    """What a kind says of the values that are sound beyond doubt."""
    (found,) = (rule.pattern for rule in get_args(kind) if isinstance(rule, Surely))
    return found


def test_letters_that_are_taken_for_sound_are_so_wherever_they_stand() -> None:
    """All of Unicode: what is sure is fit, and joins with no letter before it, so that no text of such is not NFC."""
    signs = [chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code < 0xE000]
    joining = {chr(int(unicodedata.decomposition(sign).split()[1], 16)) for sign in signs if composed(sign)}
    joining.update(map(chr, (*range(0x1161, 0x1176), *range(0x11A8, 0x11C3))))  # parts of Hangul, which no table has
    for kind in (Line, Text):
        sure = "".join(filter(re.compile(surely(kind)).fullmatch, signs))
        assert len(sure) > 30_000
        assert TypeAdapter(kind).validate_python(sure) == sure
        assert joining.isdisjoint(sure)
        assert not any(map(unicodedata.combining, sure))


def composed(sign: str) -> bool:
    """Whether a sign is what two others make together."""
    parts = unicodedata.decomposition(sign).split()
    return len(parts) == 2 and not parts[0].startswith("<")


@given(st.text("Hér <\u0301\n\u00a0\u202e中", max_size=6))
def test_texts_that_are_taken_for_sound_are_so(text: str) -> None:
    for kind in (Line, Text):
        if re.search(surely(kind).replace("$", r"\Z"), text):
            assert TypeAdapter(kind).validate_python(text) == text


PAIRS = [f"{number:02}" for number in range(100)]


@pytest.mark.parametrize(
    ("form", "number"),
    [
        ("2023-{}-{}T00:00:00Z", 365),
        ("2024-{}-{}T23:59:59Z", 365),  # a leap day is looked at more closely
        ("2023-02-03T{}:{}:59Z", 24 * 60),
        ("2023-02-03T23:{}:{}Z", 60 * 60),
        ("2023-02-03T00:00:00+{}:{}", 24 * 60),
        ("2023-02-03T00:00:00-{}:{}", 24 * 60),
    ],
)
def test_times_that_are_taken_for_sound_exist(form: str, number: int) -> None:
    kind = UtcInstant if form.endswith("Z") else Instant
    written = [form.format(one, other) for one in PAIRS for other in PAIRS]
    sure = list(filter(re.compile(surely(kind)).fullmatch, written))
    assert list(map(TypeAdapter(kind).validate_python, sure)) == sure
    assert len(sure) == number


def test_what_is_sure_is_asked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []
    real = plain._validate

    def noting(model: type[Part], is_sure: bool) -> Any:
        asked.append(is_sure)
        return real(model, is_sure)

    monkeypatch.setattr(plain, "_validate", noting)
    checked(Event, FULL)
    checked(Sighting, CARD)
    assert asked == [True, True]
    assert checked(Event, FULL | {"title": "SG\u0331aawaay"})["title"] == "SG\u0331aawaay"
    assert asked == [True, True, True, False]


def test_fields_come_out_in_the_order_of_the_contract() -> None:
    backwards = dict(reversed(FULL.items())) | {"provenance": dict(reversed(PROVENANCE.items()))}
    found = checked(Event, backwards)
    assert list(found) == list(Event.model_fields)
    assert list(found["provenance"]) == list(PROVENANCE)


def test_nothing_of_a_record_is_an_object_of_its_own() -> None:
    def kinds(value: object) -> set[type]:
        parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        return {type(value)}.union(*map(kinds, parts))

    assert kinds(checked(Event, FULL)) == {dict, list, str, int, bool, type(None)}


def test_a_page_is_told_from_a_sighting() -> None:
    assert is_page(checked(Event, FULL))
    assert not is_page(checked(Sighting, CARD))
