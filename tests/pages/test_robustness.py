"""Pages that changed or broke: a renamed class costs little, a damaged page never raises, nothing foreign gets in."""

import hashlib
import json
import random
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from filmscrape.fixtures import Fixture
from filmscrape.interpret import interpret
from filmscrape.pages.base import NotAnEvent, UnreadablePage
from filmscrape.records import Event
from tests.fixtures import events, leaves, set_by_the_run

AT = datetime(2026, 11, 20, 18, tzinfo=UTC)
TAG = re.compile(rb"</?[a-zA-Z][^<>]*>")
DAMAGED_PAGES = 2000


def record(fixture: Fixture, body: bytes) -> dict[str, Any]:
    """The record of a changed page, validated."""
    item = fixture.page_class(body, fixture.meta["url"], fixture.captured_at).read()
    values = {**interpret(item).values, **set_by_the_run(fixture)}
    return dict(json.loads(Event.model_validate(values).model_dump_json()))


# ------------------------------------------------------------------ renamed classes
def renamed(body: bytes) -> bytes:
    """Every class name replaced by one that says nothing, the same name always by the same."""

    def fresh(found: re.Match[bytes]) -> bytes:
        names = (b"x" + hashlib.sha256(name).hexdigest()[:8].encode() for name in found.group(2).split())
        return b"class=" + found.group(1) + b" ".join(names) + found.group(1)

    return re.sub(rb"\bclass=([\"'])(.*?)\1", fresh, body)


def test_a_page_whose_classes_were_all_renamed_keeps_its_values() -> None:
    kept = lost = 0
    wrong = []
    for fixture in events():
        want = leaves({k: v for k, v in fixture.expected.items() if k != "extra"})
        try:
            got = record(fixture, renamed(fixture.body))
        except NotAnEvent:  # a title and a paragraph, and not one label: nothing says that it is an event
            got = {}
        have = leaves({k: v for k, v in got.items() if k in fixture.expected and k != "extra"})
        kept += sum(1 for place, value in want.items() if have.get(place) == value)
        lost += sum(1 for place in want if place not in have)
        wrong += [(fixture.name, place, value) for place, value in have.items() if want.get(place) != value]
    assert wrong == []
    assert kept / (kept + lost) >= 0.9


# ------------------------------------------------------------------ damage
def cut_tags(body: bytes, chance: random.Random) -> bytes:
    for tag in sorted(chance.sample(list(TAG.finditer(body)), 6), key=lambda m: -m.start()):
        body = body[: tag.start()] + body[tag.end() :]
    return body


def swap_tags(body: bytes, chance: random.Random) -> bytes:
    for _ in range(3):
        one, two = sorted(chance.sample(list(TAG.finditer(body)), 2), key=lambda m: m.start())
        body = body[: one.start()] + two.group() + body[one.end() : two.start()] + one.group() + body[two.end() :]
    return body


def flip_bytes(body: bytes, chance: random.Random) -> bytes:
    flipped = bytearray(body)
    for _ in range(40):
        flipped[chance.randrange(len(flipped))] = chance.randrange(256)
    return bytes(flipped)


def lose_a_part(body: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(body))
    return body[:start] + body[start + chance.randrange(8000) :]


def break_off(body: bytes, chance: random.Random) -> bytes:
    return body[: chance.randrange(len(body))]


DAMAGES: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    cut_tags,
    swap_tags,
    flip_bytes,
    lose_a_part,
    break_off,
)


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_a_damaged_page_gives_a_record_or_a_rejection(
    damage: Callable[[bytes, random.Random], bytes],
) -> None:
    chance = random.Random(damage.__name__)
    records = refused = 0
    for _ in range(DAMAGED_PAGES // len(DAMAGES)):
        fixture = chance.choice(events())
        try:
            record(fixture, damage(fixture.body, chance))
            records += 1
        except (NotAnEvent, UnreadablePage, ValidationError):
            refused += 1
    assert records + refused == DAMAGED_PAGES // len(DAMAGES)
    assert records > 0


def test_a_page_cut_off_inside_its_own_part_is_refused() -> None:
    for fixture in events():
        start = fixture.body.find(b"<p", fixture.body.find(b"c-event__description"))
        if b"c-event__description" in fixture.body:
            with pytest.raises(UnreadablePage, match="cut off"):
                event_page_of(fixture, fixture.body[: start + 20]).read()


def event_page_of(fixture: Fixture, body: bytes) -> Any:
    return fixture.page_class(body, fixture.meta["url"], AT)


@pytest.mark.parametrize("body", [b"", b"\x00", b"<", b"\xff\xfe\x00", b"<html></html>", b"{}", b"<main><h1>x" * 500])
def test_what_is_no_page_gives_no_record(body: bytes) -> None:
    fixture = events()[0]
    with pytest.raises((NotAnEvent, UnreadablePage)):
        event_page_of(fixture, body).read()


def test_deep_nesting_ends_without_a_traceback() -> None:
    fixture = events()[0]
    body = b"<html><body><main>" + b"<div>" * 20000 + b"<h1>Deep</h1>"
    with pytest.raises((NotAnEvent, UnreadablePage)):
        event_page_of(fixture, body).read()


# ------------------------------------------------------------------ nothing foreign
def test_nothing_of_navigation_footer_and_related_cards_gets_in() -> None:
    """The same page without them gives the same record."""
    for fixture in events():
        body = re.sub(rb"<(nav|footer)\b.*?</\1>", b"", fixture.body, flags=re.DOTALL)
        got, want = record(fixture, body), record(fixture, fixture.body)
        for name in Event.model_fields:
            if name not in ("provenance", "series", "alternative_titles", "extra"):
                assert got[name] == want[name], (fixture.name, name)
