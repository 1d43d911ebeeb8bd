"""Signs that no value may hold, put all over the pages: they cost no record, change no text, and get into no value."""

import json
import re
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from hashlib import sha256
from html import unescape
from typing import Any
from urllib.parse import quote

import pytest
from lxml import etree

from filmscrape.fixtures import Fixture
from filmscrape.interpret import interpret
from filmscrape.items import Capture
from filmscrape.pages.base import NotAnEvent, as_utf8
from filmscrape.validation import record_of
from tests.fixtures import events, leaves

UNFIT = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff]")
# As they stand in a page (themselves, as references, as references that were encoded twice), and what a parser makes
# of them.
SIGNS = {sign: sign for sign in ("\x07", "\x9f", "\u202e", "\u2066\u2069", "\ufeff")}
SIGNS |= {"&#8;": "\x08", "&#x202e;": "\u202e", "&amp;#8238;": "&#8238;"}
AROUND = "".join(map(chr, range(33)))  # what browsers leave out around an address
HERE = "UnfitSignsGoHere"  # stands for them in a tree, which takes no controls
# Attributes by which elements are found: what bears another name is another element.
NAMES = frozenset(("class", "id", "rel", "role", "type", "name", "property", "http-equiv", "charset"))
ADDRESS = re.compile("https?:")
NUMBER = re.compile(r"\.source_id|\.screenings\[\d+\]\.id")
NUMBERS = ("Event id", "Screening id")  # labels of those that could not be taken


# ------------------------------------------------------------------ changed pages
def attributes(root: etree._Element) -> None:
    """Put the place of the signs behind the value of every attribute that is no name."""
    for element in root.iter(etree.Element):
        for name in set(element.keys()) - NAMES:
            element.set(name, UNFIT.sub("", element.get(name, "")) + HERE)


def all_attributes(root: etree._Element) -> None:
    """Put it behind the names too."""
    attributes(root)
    for element in root.iter(etree.Element):
        for name in NAMES & set(element.keys()):
            element.set(name, element.get(name, "") + HERE)


def texts(root: etree._Element) -> None:
    """Put it behind every piece of text that is no program."""
    for node in root.iter():
        if isinstance(node.tag, str) and node.tag not in ("script", "style") and node.text:
            node.text = UNFIT.sub("", node.text) + HERE
        if node.tail:
            node.tail = UNFIT.sub("", node.tail) + HERE


def words(root: etree._Element) -> None:
    """Put it before and behind every word of a text: where elements meet, it stands between letters."""
    for node in root.iter():
        if isinstance(node.tag, str) and node.tag not in ("script", "style") and node.text:
            node.text = _around_words(node.text)
        if node.tail:
            node.tail = _around_words(node.tail)


def _around_words(text: str) -> str:
    return re.sub(r"\S+", HERE + r"\g<0>" + HERE, UNFIT.sub("", text))


@cache
def changed(change: Callable[[etree._Element], None]) -> list[tuple[Fixture, str]]:
    """The pages of all sources with places for signs."""
    parser = etree.HTMLParser(encoding="utf-8")
    found = []
    for fixture in events():
        root = etree.fromstring(as_utf8(fixture.body), parser)
        change(root)
        found.append((fixture, etree.tostring(root, method="html", encoding="unicode")))
    return found


def record(fixture: Fixture, page: str) -> dict[str, Any]:
    """What is published of a page, without what the run adds."""
    body = page.encode()
    item = fixture.page_class(body, fixture.meta["url"], fixture.captured_at).read()
    item.capture = Capture(fixture.captured_at, 200, sha256(body).hexdigest())
    found = record_of(item, interpret(item), "20261120T180000.000Z-0000")
    return {name: value for name, value in found.items() if name != "provenance"}


@cache
def untouched() -> dict[str, dict[str, Any]]:
    """The records of the pages as they are, by the names of these."""
    return {fixture.name: record(fixture, as_utf8(fixture.body).decode()) for fixture in events()}


# ------------------------------------------------------------------ what comes of them
@pytest.mark.parametrize("change", [attributes, texts, words], ids=lambda change: change.__name__)
def test_places_without_signs_change_nothing(change: Callable[[etree._Element], None]) -> None:
    assert all(HERE in page for _, page in changed(change))
    for fixture, page in changed(change):
        assert record(fixture, page.replace(HERE, "")) == untouched()[fixture.name], fixture.name


@pytest.mark.parametrize("signs", SIGNS, ids=ascii)
@pytest.mark.parametrize("change", [texts, words], ids=lambda change: change.__name__)
def test_in_texts_they_change_nothing(change: Callable[[etree._Element], None], signs: str) -> None:
    """Labels and headings are known with them, and words are parted and joined as they were."""
    for fixture, page in changed(change):
        assert record(fixture, page.replace(HERE, signs)) == untouched()[fixture.name], fixture.name


@pytest.mark.parametrize("signs", [*SIGNS, "\x85\x9f"], ids=ascii)
def test_in_attributes_they_change_addresses_and_take_numbers_away(signs: str) -> None:
    """An address leads where a browser goes with them. A number is none: with a sign less it could be another's."""
    refused = addresses = 0
    parsed = SIGNS.get(signs, signs)
    for fixture, page in changed(attributes):
        found = record(fixture, page.replace(HERE, signs))
        assert UNFIT.search(json.dumps(found, ensure_ascii=False)) is None, fixture.name
        kept = [fact for fact in found["extra"] if fact["label"] in NUMBERS]
        found["extra"] = [fact for fact in found["extra"] if fact not in kept]
        have, lost = leaves(found), []
        for place, value in leaves(untouched()[fixture.name]).items():
            if NUMBER.fullmatch(place) and place not in have:
                lost.append(f"{value}{quote(unescape(parsed))}")
            elif ADDRESS.match(str(value)) and place != ".url":
                addresses += 1
                assert have[place] == f"{value}{quote(parsed.strip(AROUND), safe='&#;')}", (fixture.name, place)
            else:
                assert have[place] == value, (fixture.name, place)
        assert not any(screening["id"] for screening in found["screenings"]), fixture.name
        assert sorted(fact["value"] for fact in kept) == sorted(lost), fixture.name
        refused += len(lost)
    assert refused > 80
    assert addresses > 80


@pytest.mark.parametrize("signs", SIGNS, ids=ascii)
def test_in_names_they_cost_at_most_the_record(signs: str) -> None:
    """Elements that are known by their names are others then; what is still found is as clean as ever."""
    records = 0
    for fixture, page in changed(all_attributes):
        with suppress(NotAnEvent):
            found = record(fixture, page.replace(HERE, signs))
            assert UNFIT.search(json.dumps(found, ensure_ascii=False)) is None, fixture.name
            records += 1
    assert records > 30
