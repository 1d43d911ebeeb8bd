"""Feeds: valid by the RFC, readable by a feed reader, stable, and safe."""

import re
from datetime import datetime
from pathlib import Path
from typing import Any

import feedparser
import pytest
from lxml import etree

from filmscrape.exports.atom import FEEDS, write
from filmscrape.exports.names import web_address
from filmscrape.exports.news import in_words
from filmscrape.records import Event
from tests.exports.stored import dataset_of, files, fixtures, told
from tests.records import director, event, screening

ATOM = {"a": "http://www.w3.org/2005/Atom"}
TAG = re.compile(r"tag:[a-z.-]+,\d{4}:[A-Za-z0-9._~!$&'()*+,;=:@/?%-]+")


def at(day: int, **values: Any) -> Event:
    return event(f"2026-11-{day:02}T18:00:00Z", **values)


def story(folder: Path, *, texts: bool = True) -> Path:
    """Four runs: two events, then a longer film, then a screening that is moved, then one that is cancelled."""
    shown = screening(id="1")
    moved = screening("2026-12-06T12:00:00-07:00", id="1")
    runs = [
        [at(1, screenings=[shown], synopsis="Old words."), at(1, id="festival:other", title="Other")],
        [at(2, screenings=[shown], runtime_minutes=90, synopsis="New words.")],
        [at(3, screenings=[moved], runtime_minutes=90, synopsis="New words.")],
        [at(4, screenings=[moved | {"availability": "cancelled"}], runtime_minutes=90, synopsis="New words.")],
    ]
    write(told(folder, *runs, texts=texts), folder / "out")
    return folder / "out"


def read(folder: Path, name: str) -> Any:
    found = feedparser.parse((folder / f"{name}.atom").read_bytes())
    assert not found.bozo, found.get("bozo_exception")
    assert found.version == "atom10"
    return found


def told_in(folder: Path, name: str) -> list[tuple[str, str]]:
    return [(entry.title, entry.content[0].value) for entry in read(folder, name).entries]


def check_required(path: Path) -> None:
    """What RFC 4287 asks for in sections 4.1.1, 4.1.2, 4.2.6 and 3.3."""
    feed = etree.fromstring(path.read_bytes())
    assert feed.tag == "{http://www.w3.org/2005/Atom}feed"
    for node in [feed, *feed.iterfind("a:entry", ATOM)]:
        for name in ("id", "title", "updated"):
            (found,) = node.findall(f"a:{name}", ATOM)
            assert found.text
        assert TAG.fullmatch(node.findtext("a:id", namespaces=ATOM) or "")
        assert datetime.fromisoformat(node.findtext("a:updated", namespaces=ATOM) or "").tzinfo is not None
    assert feed.findtext("a:author/a:name", namespaces=ATOM)  # of the feed, so that no entry needs one
    for entry in feed.iterfind("a:entry", ATOM):
        assert len(entry.findall("a:content", ATOM)) == 1
        assert len(entry.findall("a:link[@rel='alternate']", ATOM)) <= 1
    ids = [node.text for node in feed.iterfind("a:entry/a:id", ATOM)]
    assert len(set(ids)) == len(ids)


def test_news_are_told_where_they_belong_the_newest_first(tmp_path: Path) -> None:
    folder = story(tmp_path)

    assert told_in(folder, "new") == [
        ("New: Other", "Other"),
        ("New: Here", "Runtime: 90 min.\nScreening: 2026-12-06 12:00 (UTC-07:00), Festival Centre - Big Cinema."),
    ]
    cancelled = ("Cancelled: Here", "Cancelled: 2026-12-06 12:00 (UTC-07:00), Festival Centre - Big Cinema.")
    changed = [
        cancelled,
        (
            "Changed: Here",
            "Screening moved: 2026-12-05 19:50 (UTC-07:00), Festival Centre - Big Cinema"
            " → 2026-12-06 12:00 (UTC-07:00), Festival Centre - Big Cinema.",
        ),
        ("Changed: Here", "Synopsis: Old words. → New words.\nRuntime in minutes: nothing → 90."),
    ]
    assert told_in(folder, "changed") == changed
    assert told_in(folder, "cancelled") == [cancelled]
    assert told_in(folder, "all") == changed + told_in(folder, "new")
    assert read(folder, "changed").feed.updated == "2026-11-04T18:00:00Z"


def test_all_feeds_hold_what_the_rfc_requires(tmp_path: Path) -> None:
    for path in [*story(tmp_path / "a").iterdir(), *write(dataset_of(tmp_path / "b", *fixtures()), tmp_path / "b/out"),
                 *write(dataset_of(tmp_path / "c"), tmp_path / "c/out")]:  # fmt: skip
        check_required(path)


def test_without_a_ledger_new_events_are_those_seen_first_last(tmp_path: Path) -> None:
    one, two = at(1, id="festival:one", title="One", crew=[director("Bas Devos")]), at(2, id="festival:two")

    write(dataset_of(tmp_path, one, two), tmp_path / "out")

    assert [title for title, _ in told_in(tmp_path / "out", "new")] == ["New: Here", "New: One"]
    assert told_in(tmp_path / "out", "new")[1][1] == "Directed by: Bas Devos."
    assert told_in(tmp_path / "out", "all") == told_in(tmp_path / "out", "new")
    for name in ("changed", "cancelled"):
        assert told_in(tmp_path / "out", name) == []


def test_a_cancelled_event_is_told_among_the_cancelled(tmp_path: Path) -> None:
    write(told(tmp_path, [at(1)], [at(2, status="cancelled")]), tmp_path / "out")
    assert told_in(tmp_path / "out", "cancelled") == [("Cancelled: Here", "Status: unknown → cancelled.")]


def test_a_feed_ends_after_five_hundred_entries(tmp_path: Path) -> None:
    many = [event(f"2026-11-20T18:{n // 60:02}:{n % 60:02}Z", id=f"festival:{n}", title=f"T{n}") for n in range(530)]

    write(dataset_of(tmp_path, *many), tmp_path / "out")

    titles = [title for title, _ in told_in(tmp_path / "out", "new")]
    assert titles == [f"New: T{number}" for number in range(529, 29, -1)]


def test_an_unchanged_site_changes_no_byte_and_known_entries_keep_their_ids(tmp_path: Path) -> None:
    runs = [[at(1)], [at(2, year=2020)]]
    write(told(tmp_path / "a", *runs), tmp_path / "a/out")
    write(told(tmp_path / "b", *runs, [at(3, year=2020)]), tmp_path / "b/out")
    write(told(tmp_path / "c", *runs, [at(3, year=2021)]), tmp_path / "c/out")

    assert files(tmp_path / "a/out") == files(tmp_path / "b/out")
    before, after = ([entry.id for entry in read(tmp_path / name, "changed").entries] for name in ("a/out", "c/out"))
    assert len(after) == 2
    assert after[1:] == before


def test_what_was_taken_out_of_the_dataset_is_not_told_of(tmp_path: Path) -> None:
    gone = at(1, id="festival:gone")
    dataset = told(tmp_path, [at(1), gone], [at(2, id="festival:gone", year=2020)])
    (tmp_path / "events.jsonl").write_text(f"{at(1).model_dump_json()}\n")
    write(dataset, tmp_path / "out")
    assert all(b"gone" not in data for data in files(tmp_path / "out").values())


def test_texts_of_others_stay_out_where_they_are_not_wanted(tmp_path: Path) -> None:
    told_of = story(tmp_path, texts=False)
    assert "Synopsis: changed." in told_in(told_of, "changed")[2][1]
    assert all(b"words" not in data for data in files(told_of).values())


PERSON: dict[str, Any] = {
    "name": "Ann",
    "role": "speaker",
    "bio": "Secret words.",
    "filmography": [],
    "image_url": None,
}
SHORT = {"title": "Salt", "directors": [], "places": [], "runtime_minutes": 5, "synopsis": "Secret words."}
QUOTE = {"text": "Secret words.", "attribution": "A paper"}


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("people", [PERSON], "People: nothing → Ann."),
        ("shorts", [SHORT], "Shorts: nothing → Salt."),
        ("quotes", [QUOTE], "Quotes: changed."),
        ("summary", "Secret words.", "Summary: changed."),
    ],
)
def test_no_change_tells_the_texts_of_others(field: str, value: Any, words: str) -> None:
    change = {"kind": "changed", "field": field, "old": None, "new": value, "screening": None}
    assert list(in_words([change], texts=False)) == [words]


def test_other_words_of_the_same_people_are_told_without_them() -> None:
    change = {
        "kind": "changed",
        "field": "people",
        "old": [{**PERSON, "bio": None}],
        "new": [PERSON],
        "screening": None,
    }
    assert list(in_words([change], texts=True)) == ["People: details changed."]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"kind": "sold_out", "old": {}, "new": {}}, "Sold out: 2026-12-05 19:50 (UTC-07:00), Rio."),
        ({"kind": "screening_added", "old": None, "new": {}}, "New screening: 2026-12-05 19:50 (UTC-07:00), Rio."),
        ({"kind": "changed", "old": {}, "new": None}, "Screening withdrawn: 2026-12-05 19:50 (UTC-07:00), Rio."),
        (
            {
                "kind": "changed",
                "old": {"venue": "Annex", "notes": []},
                "new": {"venue": "Rio", "notes": ["35mm", "Q&A"]},
            },
            "Screening 2026-12-05 19:50 (UTC-07:00), Rio: Venue: Annex → Rio; Notes: nothing → 35mm, Q&A.",
        ),
    ],
)
def test_what_happens_to_a_screening_is_said_in_words(values: dict[str, Any], words: str) -> None:
    place = {"starts_at": "2026-12-05T19:50:00-07:00", "venue": "Rio"}
    assert list(in_words([{"field": "screenings", "screening": place, **values}], texts=True)) == [words]


def test_what_a_page_says_is_text_and_nothing_else(tmp_path: Path) -> None:
    nasty = '">< img src=x onerror=alert(1)> ]]> & <!-- </title>'  # as close to markup as records let it come
    first = at(1, title=nasty, url="https://e.example/\ufeff\"<'>")
    write(told(tmp_path, [first], [at(2, title=nasty, genres=[nasty])]), tmp_path / "out")

    root = etree.fromstring((tmp_path / "out/all.atom").read_bytes())

    assert {node.tag.split("}")[1] for node in root.iter()} <= {
        "feed", "id", "title", "updated", "author", "name", "generator", "entry", "published", "link",
        "category", "content",
    }  # fmt: skip
    entry = root.find("a:entry", ATOM)
    assert entry is not None
    assert entry.findtext("a:title", namespaces=ATOM) == f"Changed: {nasty}"
    assert nasty in (entry.findtext("a:content", namespaces=ATOM) or "")
    for data in files(tmp_path / "out").values():
        assert b"\xef\xbb\xbf" not in data


def test_a_change_that_was_logged_with_control_characters_is_told_without(tmp_path: Path, monkeypatch: Any) -> None:
    dataset = dataset_of(tmp_path, at(1))
    row = {"kind": "changed", "id": "festival:here", "run": "r", "captured_at": "2026-11-02T00:00:00Z",
           "field": "rating", "screening": None, "old": "\x00\u202e\u2066\ufffeA", "new": "B\ud800"}  # fmt: skip
    monkeypatch.setattr(type(dataset), "changes", lambda _: iter([row]))
    write(dataset, tmp_path / "out")
    assert told_in(tmp_path / "out", "changed") == [("Changed: Here", "Rating: A → B.")]


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "JaVaScript:alert(1)", "java\tscript:alert(1)", "data:text/html,x",
     "vbscript:x", "//e.example/", "/path", "https://", "http://[::1", "ftp://e.example/",
     "", None, " javascript:x", "\u202ejavascript:x"],
)  # fmt: skip
def test_only_addresses_of_the_web_pass(address: str | None) -> None:
    assert web_address(address) is None


def test_an_address_is_escaped_once() -> None:
    assert web_address("https://e.example/a%20b?c=d&e=\"f'#g") == "https://e.example/a%20b?c=d&e=%22f'#g"
    assert web_address("https://e.example/夜") == "https://e.example/%E5%A4%9C"


def test_there_are_feeds_by_these_names(tmp_path: Path) -> None:
    assert {path.name for path in write(dataset_of(tmp_path), tmp_path / "out")} == {f"{name}.atom" for name in FEEDS}
