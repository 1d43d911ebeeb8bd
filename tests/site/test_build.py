"""The catalogue's pages: whole, linked, the same for the same dataset, and nothing in them runs."""

import itertools
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from lxml import etree, html

from filmscrape.exports.dataset import Dataset
from filmscrape.exports.whole import FolderInUse
from filmscrape.records import Event
from filmscrape.site.build import MARK, build
from tests.records import director, event, screening
from tests.site.catalogues import STRANGE, Unchecked, bundled, dataset

# What a page may be made of; an element or an attribute beside these came from a record.
ELEMENTS = {
    "a", "article", "aside", "bdi", "blockquote", "body", "button", "caption", "cite", "code", "dd", "details",
    "div", "dl", "dt", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "head", "header", "html",
    "input", "label", "li", "link", "main", "meta", "nav", "ol", "option", "p", "script", "search", "section",
    "select", "span", "summary", "table", "tbody", "td", "th", "thead", "time", "title", "tr", "ul",
}  # fmt: skip
ATTRIBUTES = {
    "aria-current", "aria-hidden", "aria-label", "aria-labelledby", "autocomplete", "charset", "class",
    "content", "datetime", "defer", "dir", "for", "hidden", "href", "http-equiv", "id", "lang", "name", "rel",
    "role", "scope", "spellcheck", "src", "tabindex", "type", "value",
}  # fmt: skip


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("catalogue")
    build(dataset(folder, bundled()), folder / "site")
    return folder / "site"


@pytest.fixture(scope="module")
def strange(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("strange") / "site"
    build(Unchecked([Path("nowhere")]), folder)
    return folder


def made(tmp_path: Path, *events: Event, texts: bool = True) -> Path:
    build(dataset(tmp_path, list(events), texts=texts), tmp_path / "site")
    return tmp_path / "site"


def text_of(path: Path) -> str:
    return " ".join(" ".join(html.parse(str(path)).getroot().find("body").itertext()).split())


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_every_link_inside_the_folder_leads_to_a_file(catalogue: Path) -> None:
    checked = 0
    for path in catalogue.rglob("*.html"):
        for address in html.parse(str(path)).xpath("//@href | //@src"):
            parts = urlsplit(address)
            if parts.scheme in ("http", "https"):
                continue
            assert not parts.scheme, (path, address)
            assert not address.startswith("/"), (path, address)
            target = path.parent / unquote(parts.path) if parts.path else path
            assert target.is_file(), (path, address)
            checked += 1
    assert checked > 1000


def test_everything_has_a_page_that_is_linked(catalogue: Path) -> None:
    linked = {
        (path.parent / unquote(address)).resolve()
        for path in catalogue.rglob("*.html")
        for address in html.parse(str(path)).xpath("//a/@href")
        if not urlsplit(address).scheme
    }
    assert [path for path in catalogue.rglob("*.html") if path.resolve() not in linked] == []


def test_the_same_dataset_gives_the_same_bytes(catalogue: Path, tmp_path: Path) -> None:
    assert bytes_of(made(tmp_path, *bundled())) == bytes_of(catalogue)


def test_the_flagship_page_says_what_the_record_says(catalogue: Path) -> None:
    (path,) = (catalogue / "event").glob("*/here.html")
    said = text_of(path)
    for words in ("Bas Devos", "Stefan Gota", "82 min", "Dutch", "Belgium", "Where each value comes from", "heading"):
        assert words in said
    (script,) = html.parse(str(path)).xpath("//script[@type='application/ld+json']/text()")
    assert any(node["@type"] == "Movie" for node in json.loads(script)["@graph"])
    assert html.parse(str(path)).xpath("//img") == []


def test_every_page_has_language_title_one_heading_and_landmarks(catalogue: Path) -> None:
    for path in catalogue.rglob("*.html"):
        page = html.parse(str(path)).getroot()
        assert page.get("lang") == "en"
        assert len(page.findall(".//main")) == len(page.findall(".//h1")) == 1, path
        assert page.findtext(".//title")
        levels = [int(one.tag[1]) for one in page.iter("h1", "h2", "h3")]
        assert all(after <= before + 1 for before, after in itertools.pairwise(levels)), (path, levels)
        names = page.xpath("//@id")
        assert len(names) == len(set(names)), path


# ------------------------------------------------------------------ what is on
def test_on_is_what_starts_on_the_day_of_the_dataset_at_the_venue_or_later(tmp_path: Path) -> None:
    # 03:00 UTC of the 21st is still the 20th in Vancouver.
    times = ("2026-11-19T23:30:00-08:00", "2026-11-20T10:00:00-08:00", "2026-11-21T10:00:00-08:00")
    shown = event("2026-11-21T03:00:00Z", screenings=[screening(time) for time in times])
    site = made(tmp_path, shown)
    said = text_of(site / "index.html")
    assert "Friday 20 November 2026" in said
    assert "Saturday 21 November 2026" in said
    assert "Thursday 19 November 2026" not in said
    assert "As of 21 November 2026, 03:00 UTC" in said
    assert "Earlier screenings" in text_of(site / "event/festival/here.html")


def test_a_cancelled_event_is_shown_as_cancelled_and_sells_no_tickets(tmp_path: Path) -> None:
    showing = screening(booking_url="https://tickets.example/1", availability="available")
    site = made(tmp_path, event(status="cancelled", screenings=[showing]))
    for page in ("index.html", "event/festival/here.html"):
        assert "Cancelled" in text_of(site / page)
        assert "tickets.example" not in (site / page).read_text().split("<body>")[1]


def test_a_full_week_is_cut_but_one_day_is_always_there(tmp_path: Path) -> None:
    start = [screening(f"2026-12-{day:02}T{hour:02}:{minute:02}:00-08:00") for day in (5, 6) for hour in range(24)
             for minute in range(0, 60, 10)]  # fmt: skip
    site = made(tmp_path, event(screenings=start))
    page = html.parse(str(site / "index.html"))
    assert len(page.xpath("//li[contains(@class, 'showing')]")) == 144
    assert len(page.xpath("//section[@class='month']//a")) == 2
    assert (site / "days/2026-12-06.html").is_file()


def test_a_catalogue_of_nothing_is_a_catalogue(tmp_path: Path) -> None:
    assert "No screening is announced" in text_of(made(tmp_path) / "index.html")


# ------------------------------------------------------------------ people, groups
def test_a_person_has_a_page_with_all_that_they_did(tmp_path: Path) -> None:
    cast = [{"name": "ANA PEÑA", "character": "Rosie"}]
    one = event(id="festival:one", title="One", year=2001, crew=[director("Ana Peña")], cast=cast)
    two = event(id="festival:two", title="Two", year=2005, crew=[director("Ana Peña")])
    site = made(tmp_path, one, two)
    (path,) = (site / "person").glob("ana-pe*.html")
    said = text_of(path)
    assert "Also written ANA PEÑA" in said
    assert said.index("Two") < said.index("One")
    assert "Director , Cast, as Rosie" in said


def test_countries_and_languages_are_counted(tmp_path: Path) -> None:
    usa, states = {"name": "USA", "code": "US"}, {"name": "United States", "code": "US"}
    english = {"name": "English", "code": "en"}
    site = made(
        tmp_path,
        event(id="festival:one", countries=[usa], languages=[english]),
        event(id="festival:two", countries=[usa, states], subtitles=[english]),
        event(id="festival:three", countries=[states, {"name": "Us", "code": None}]),
    )
    assert "USA 3" in text_of(site / "countries/index.html")
    assert "English 1 1" in text_of(site / "languages/index.html")
    assert len(list((site / "countries").glob("*.html"))) == 3


# ------------------------------------------------------------------ texts, history
def test_without_texts_no_word_of_others_is_left(tmp_path: Path) -> None:
    said: dict[str, Any] = {
        "summary": "SECRET",
        "synopsis": "SECRET",
        "quotes": [{"text": "SECRET", "attribution": "A"}],
    }

    class Changed(Dataset):
        def changes(self):  # type: ignore[no-untyped-def]
            for field in ("summary", "synopsis", "quotes", "people", "shorts"):
                yield {"kind": "changed", "id": "festival:here", "field": field, "old": "SECRET", "new": ["SECRET"],
                       "screening": None, "captured_at": "2026-11-20T18:00:00Z", "run": "r"}  # fmt: skip

    path = dataset(tmp_path, [event(**said)]).paths[0]
    for texts in (True, False):
        build(Changed([path], texts=texts), tmp_path / "site")
        page = (tmp_path / "site/event/festival/here.html").read_text()
        assert ("SECRET" in page) is texts
    assert not any(b"SECRET" in body for name, body in bytes_of(tmp_path / "site").items() if "feeds/" not in name)


# ------------------------------------------------------------------ the folder
def test_a_new_catalogue_replaces_the_old_one_as_a_whole(tmp_path: Path) -> None:
    made(tmp_path, event(), event(id="festival:gone"))
    site = made(tmp_path, event())
    assert not (site / "event/festival/gone.html").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["events.jsonl", "site"]


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site/thesis.txt").write_text("mine")
    with pytest.raises(FolderInUse, match="no catalogue"):
        made(tmp_path, event())
    assert [path.name for path in (tmp_path / "site").iterdir()] == ["thesis.txt"]


def test_a_build_that_fails_leaves_the_old_catalogue(tmp_path: Path) -> None:
    site = made(tmp_path, event())
    before = bytes_of(site)
    (tmp_path / "events.jsonl").write_text("{}\n")
    with pytest.raises(Exception, match="is no record"):
        build(Dataset([tmp_path / "events.jsonl"]), site)
    assert bytes_of(site) == before
    assert MARK in before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["events.jsonl", "site"]


# ------------------------------------------------------------------ strangers' text
def test_no_element_and_no_attribute_comes_of_a_record(strange: Path) -> None:
    paths = list(strange.rglob("*.html"))
    assert len(paths) > 3 * len(STRANGE)
    for path in paths:
        page = html.parse(str(path)).getroot()
        for one in page.iter(etree.Element):
            assert one.tag in ELEMENTS, (path, one.tag)
            assert set(one.attrib) <= ATTRIBUTES, (path, one.attrib)
        assert not page.xpath("//comment()"), path
        scripts = [script.get("type") or script.get("src") for script in page.iter("script")]
        assert all(re.fullmatch(r"application/ld\+json|(\.\./)+assets/[a-z-]+\.js", script) for script in scripts)


def test_only_web_addresses_are_links(strange: Path) -> None:
    for path in strange.rglob("*.html"):
        for address in html.parse(str(path)).xpath("//@href"):
            scheme = urlsplit(address).scheme
            assert scheme in ("", "http", "https"), (path, address)
            if scheme:
                assert re.fullmatch(r"[!-~]+", address), (path, address)


def test_what_could_disguise_text_is_shown(strange: Path) -> None:
    for path in [*strange.rglob("*.html"), *strange.rglob("*.js")]:
        body = re.sub(r'<script type="application/ld\+json">.*?</script>', "", path.read_text(encoding="utf-8"))
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2028\u2066-\u2069]", body), path
    assert "⟨U+202E⟩gnp.exe" in text_of(strange / "event/festival/strange-8.html")


def test_strange_text_is_there_as_text(strange: Path) -> None:
    for number, text in enumerate(STRANGE[:8]):
        assert text in text_of(strange / f"event/festival/strange-{number}.html")
