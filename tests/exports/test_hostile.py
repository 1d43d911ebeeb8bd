"""Each of a list of hostile strings in each place of a record: nothing breaks, nothing runs, nothing is disguised."""

import csv
import json
import re
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import feedparser
import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree, html

from filmscrape.exports import atom, csv_tables, ical, jsonld
from filmscrape.exports.dataset import Dataset
from filmscrape.exports.names import clean
from filmscrape.exports.tables import TABLES
from filmscrape.records import Event
from tests.exports.parts import places, put, unchecked, whole
from tests.exports.test_ical import entries
from tests.report.hostile import STRINGS

WHOLE = whole()
PLACES = list(places(WHOLE))
# Controls, bidi embeddings, overrides and isolates. A line feed is none of them.
DISGUISE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff]")
WEB = re.compile(r"https?://[^\s<>\"]+")


class Hostile(Dataset):
    """A dataset that says a text in every place, as a hole in the checks of the record would let it."""

    def __init__(self, text: str) -> None:
        super().__init__([Path("nowhere")])
        # No file holds half a surrogate pair; a change that was logged may.
        object.__setattr__(self, "records", list(_hostile(text.encode("utf-8", "replace").decode())))
        object.__setattr__(self, "text", text)

    def events(self) -> Any:
        """An event for each place."""
        return iter(vars(self)["records"])

    def changes(self) -> Any:
        """A change of each field of the first event, from the text and to it."""
        text = vars(self)["text"]
        told = {"id": vars(self)["records"][0].id, "run": "run", "captured_at": "2026-11-21T00:00:00Z"}
        for field in Event.model_fields:
            yield {"kind": "changed", "field": field, "old": text, "new": [text], "screening": None, **told}
        place = {"starts_at": "2026-12-05T19:50:00-07:00", "venue": text}
        yield {"kind": "changed", "field": "screenings", "old": {"venue": text}, "new": {"notes": [text]},
               "screening": place, **told}  # fmt: skip


def _hostile(text: str) -> Iterator[Event]:
    numbers = count()
    for place in PLACES:
        address = str(place[-1]).endswith("url")
        for value in (text, f"https://a.example/{text}") if address else (text,):
            record = {**WHOLE, "id": f"festival:{next(numbers)}"}
            yield unchecked(put(record, place, f"{record['id']}-{text}" if place == ("id",) else value))


@pytest.fixture(params=STRINGS.values(), ids=list(STRINGS), scope="module")
def text(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def dataset(text: str) -> Dataset:
    return Hostile(text)


def test_a_place_is_left_out_of_none_of_this() -> None:
    fields = {place[0] for place in PLACES}
    without_text = {"schema_version", "source", "kind", "status", "year", "year_end", "runtime_minutes", "no_dialogue",
                    "first_seen", "last_seen"}  # fmt: skip
    assert fields == set(Event.model_fields) - without_text


def test_calendars(dataset: Dataset, tmp_path: Path) -> None:
    shown = sum(len(event.screenings) for event in dataset.events())
    for path in ical.write(dataset, tmp_path):
        data = path.read_bytes().decode()
        lines = data.split("\r\n")
        assert lines == [*data.splitlines(), ""]  # whatever a reader takes for the end of a line
        assert not DISGUISE.search(data.replace("\r\n", "\n"))
        unfolded = data.replace("\r\n ", "").split("\r\n")
        assert {line.partition(":")[0].partition(";")[0] for line in unfolded if line} <= {
            "BEGIN", "END", "VERSION", "PRODID", "NAME", "X-WR-CALNAME", "REFRESH-INTERVAL", "TZID", "DTSTART", "DTEND",
            "TZOFFSETFROM", "TZOFFSETTO", "TZNAME", "SUMMARY", "DTSTAMP", "UID", "SEQUENCE", "LAST-MODIFIED",
            "LOCATION", "STATUS", "TRANSP", "URL", "DESCRIPTION",
        }  # fmt: skip
        read = icalendar.Calendar.from_ical(data)
        assert [fault for component in read.walk() for fault in component.errors] == []
        if path.name == "all.ics":
            assert len(read.events) == len(entries(tmp_path)) == shown
        assert all(WEB.fullmatch(str(entry["URL"])) for entry in read.events if "URL" in entry)


def test_feeds(dataset: Dataset, tmp_path: Path) -> None:
    for path in atom.write(dataset, tmp_path):
        root = etree.fromstring(path.read_bytes())
        assert {etree.QName(node).localname for node in root.iter()} <= {
            "feed", "id", "title", "updated", "author", "name", "generator", "entry", "published", "link",
            "category", "content",
        }  # fmt: skip
        values = [value for node in root.iter() for value in (node.text, *node.attrib.values()) if value]
        assert not [value for value in values if DISGUISE.search(value)]
        assert all(WEB.fullmatch(link.get("href") or "") for link in root.iter("{*}link"))
        assert {content.get("type") for content in root.iter("{*}content")} <= {"text"}
        assert not feedparser.parse(path.read_bytes()).bozo


def test_csv(dataset: Dataset, tmp_path: Path) -> None:
    events = list(dataset.events())
    for path in csv_tables.write(dataset, tmp_path):
        with path.open(encoding="utf-8-sig", newline="") as file:
            head, *rows = csv.reader(file)
        assert all(len(row) == len(head) for row in rows)
        if path.name == "events.csv":
            assert len(rows) == len(events)
        for cell in (cell for row in rows for cell in row):
            assert not cell.lstrip().startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))
            assert not DISGUISE.search(cell)
    assert len(list(tmp_path.iterdir())) == len(TABLES)


def test_json_ld_in_a_script(dataset: Dataset, tmp_path: Path) -> None:
    for path in jsonld.write(dataset, tmp_path):
        data = path.read_text(encoding="utf-8")
        assert not re.search("[<>&\u2028\u2029]", data)
        assert not DISGUISE.search(data)
        page = html.fromstring(f"<!doctype html><html><body><script>{data}</script><p>end</p></body></html>")
        assert [node.tag for node in page.iter()] == ["html", "body", "script", "p"]
        found = json.loads(page.findtext(".//script") or "")
        for value in addresses(found["@graph"]):
            assert WEB.fullmatch(value) or re.match("[^:]*#", value), value


def addresses(value: Any) -> Iterator[str]:
    """The addresses of a JSON-LD document."""
    if isinstance(value, dict):
        for key, part in value.items():
            if key in ("@id", "url", "contentUrl", "image", "sameAs") and isinstance(part, str):
                yield part
            else:
                yield from addresses(part)
    elif isinstance(value, list):
        for part in value:
            yield from addresses(part)


@given(st.text())
def test_clean_text_holds_no_disguise_and_no_end_of_a_line_but_line_feeds(text: str) -> None:
    found = clean(text)
    assert not DISGUISE.search(found)
    assert found.splitlines() == found.removesuffix("\n").split("\n") or not found
    found.encode()
    assert clean(found) == found


@given(st.text())
def test_a_text_stays_what_it_is_in_json(text: str) -> None:
    assert json.loads(jsonld.script_json({"x": text})) == {"x": text}
