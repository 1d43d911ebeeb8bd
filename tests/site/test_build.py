"""The catalogue's pages: whole, linked, the same for the same dataset, and nothing in them runs."""

import fcntl
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from lxml import etree, html
from pyld import jsonld

from filmscrape.exports.claim import FolderInUse
from filmscrape.exports.dataset import Dataset
from filmscrape.exports.whole import FolderOfOthers
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
    "aria-current", "aria-hidden", "aria-label", "aria-labelledby", "autocapitalize", "autocomplete",
    "charset", "class", "content", "datetime", "defer", "dir", "enterkeyhint", "for", "hidden", "href",
    "http-equiv", "id", "lang", "name", "rel", "role", "scope", "spellcheck", "src", "tabindex", "title",
    "type", "value",
}  # fmt: skip


# A build in a process of its own: dataset, folder, number of processes.
BUILD = (
    "import sys; from pathlib import Path; from filmscrape.exports.dataset import Dataset\n"
    "from filmscrape.site.build import build\n"
    "build(Dataset([Path(sys.argv[1])]), Path(sys.argv[2]), int(sys.argv[3]))"
)


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


@pytest.mark.parametrize("processes", [1, 3])
def test_the_same_dataset_gives_the_same_bytes(catalogue: Path, tmp_path: Path, processes: int) -> None:
    """Whatever the number of processes, the time zone, the language and the order of hashes."""
    folder = tmp_path / "elsewhere"
    dataset(tmp_path, bundled())
    strange = {**os.environ, "TZ": "Asia/Kathmandu", "LC_ALL": "C", "PYTHONHASHSEED": str(processes)}
    command = [sys.executable, "-c", BUILD, str(tmp_path / "events.jsonl"), str(folder), str(processes)]
    subprocess.run(command, env=strange, check=True, timeout=120)
    assert bytes_of(folder) == bytes_of(catalogue)


def test_the_flagship_page_says_what_the_record_says(catalogue: Path) -> None:
    (path,) = (catalogue / "event").glob("*/here.html")
    said = text_of(path)
    for words in ("Bas Devos", "Stefan Gota", "82 min", "Dutch", "Belgium", "Where each value comes from", "heading"):
        assert words in said
    (script,) = html.parse(str(path)).xpath("//script[@type='application/ld+json']/text()")
    assert any(node["@type"] == "Movie" for node in json.loads(script)["@graph"])
    assert html.parse(str(path)).xpath("//img") == []


def test_json_ld_of_each_page_says_something_to_a_reader_of_another_make(catalogue: Path) -> None:
    films = 0
    for path in (catalogue / "event").rglob("*.html"):
        (script,) = html.parse(str(path)).xpath("//script[@type='application/ld+json']/text()")
        nodes = jsonld.expand(json.loads(script))
        assert nodes
        assert all(kind.startswith("https://schema.org/") for node in nodes for kind in node["@type"]), path
        films += any(node["@type"] == ["https://schema.org/Movie"] for node in nodes)
    assert films


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
    assert len(page.xpath("//section[@class='row']//a")) == 2
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
    assert "English 1 spoken + 1 subtitled" in text_of(site / "languages/index.html")
    assert len(list((site / "countries").glob("*.html"))) == 3


def test_a_venue_has_a_page_with_what_is_on_there_and_its_calendar(tmp_path: Path) -> None:
    times = ("2026-12-05T19:50:00-08:00", "2026-12-06T19:50:00-08:00")
    shown = [screening(time, venue="The Rio") for time in times]
    over, nowhere = screening("2026-11-01T19:50:00-07:00", venue="Closed"), screening(times[1], venue=None)
    site = made(tmp_path, event(screenings=[over, *shown, nowhere]))
    (path,) = (site / "venues").iterdir()
    said = text_of(path)
    assert "The Rio 2 screenings to come. Subscribe: The Rio calendar" in said
    assert said.index("Saturday 5 December 2026") < said.index("Sunday 6 December 2026")
    (address,) = html.parse(str(path)).xpath("//p[@class='subscribe']/a/@href")
    assert b"The Rio" in (path.parent / address).read_bytes()
    assert "The Rio 2 screenings" in text_of(site / "index.html")


def test_titles_are_filed_under_the_word_after_the_article_and_names_are_not(tmp_path: Path) -> None:
    site = made(tmp_path, event(title="The Hours"), event(id="festival:an", title="An", crew=[director("An Nguyen")]))
    assert "The Hours" in text_of(site / "events/letter-h.html")
    assert "An" in text_of(site / "events/letter-a.html")
    assert not (site / "events/letter-t.html").exists()
    assert "An Nguyen" in text_of(site / "people/letter-a.html")


# ------------------------------------------------------------------ texts, history
class Changed(Dataset):
    """A dataset with a change of each field that others wrote."""

    def changes(self) -> Iterator[dict[str, Any]]:
        """The changes."""
        for field in ("summary", "synopsis", "quotes", "people", "shorts"):
            yield {"kind": "changed", "id": "festival:here", "field": field, "old": "SECRET", "new": ["SECRET"],
                   "screening": None, "captured_at": "2026-11-20T18:00:00Z", "run": "r"}  # fmt: skip


def test_without_texts_no_word_of_others_is_left(tmp_path: Path) -> None:
    said: dict[str, Any] = {
        "summary": "SECRET",
        "synopsis": "SECRET",
        "quotes": [{"text": "SECRET", "attribution": "A"}],
    }

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
    with pytest.raises(FolderOfOthers, match="no catalogue"):
        made(tmp_path, event())
    assert [path.name for path in (tmp_path / "site").iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize("name", [".site.new", ".site.old"])
def test_a_folder_of_something_else_beside_it_is_left_alone(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / name / "thesis.txt").write_text("mine")
    with pytest.raises(FolderOfOthers, match="no catalogue"):
        made(tmp_path, event())
    assert (tmp_path / name / "thesis.txt").read_text() == "mine"
    assert not (tmp_path / "site").exists()


def test_what_a_killed_build_left_goes_with_the_next_one(tmp_path: Path) -> None:
    site = made(tmp_path, event())
    shutil.copytree(site, tmp_path / ".site.new")
    (tmp_path / ".site.new/catalogue.json").unlink()
    (tmp_path / ".site.new/.unfinished").touch()
    (tmp_path / ".site.new/event/festival/gone.html").write_text("half a page")
    site.rename(tmp_path / ".site.old")  # killed between the last two steps
    made(tmp_path, event())
    assert not (site / "event/festival/gone.html").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["events.jsonl", "site"]


def test_a_build_that_is_killed_takes_its_helpers_along_and_the_next_one_goes_on(tmp_path: Path) -> None:
    many = [event(id=f"festival:{number:04}", screenings=[screening()]) for number in range(2000)]
    dataset(tmp_path, many)
    site = tmp_path / "site"
    build_it = subprocess.Popen([sys.executable, "-c", BUILD, str(tmp_path / "events.jsonl"), str(site), "2"])
    until(lambda: (tmp_path / ".site.new/event/festival").is_dir())
    build_it.kill()
    build_it.wait()
    assert not site.exists()

    def is_built() -> bool:
        with suppress(FolderInUse):
            return made(tmp_path, event()).is_dir()
        return False

    until(is_built)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["events.jsonl", "site"]


def until(is_so: Callable[[], bool]) -> None:
    """Wait by looking, a minute at most."""
    for _ in range(600):
        if is_so():
            return
        time.sleep(0.1)
    raise AssertionError("it did not come to be")


def test_a_catalogue_that_a_killed_build_had_put_aside_outlives_a_build_that_fails(tmp_path: Path) -> None:
    site = made(tmp_path, event())
    before = bytes_of(site)
    site.rename(tmp_path / ".site.old")
    (tmp_path / "events.jsonl").write_text("{}\n")
    with pytest.raises(Exception, match="is no record"):
        build(Dataset([tmp_path / "events.jsonl"]), site)
    assert bytes_of(site) == before


def test_two_builds_of_one_folder_do_not_meet(tmp_path: Path) -> None:
    (tmp_path / ".site.new").mkdir()
    held = os.open(tmp_path / ".site.new", os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(FolderInUse, match="another process writes"):
            made(tmp_path, event())
    finally:
        os.close(held)
    assert made(tmp_path, event()).is_dir()


def test_a_folder_behind_a_link_is_replaced_and_the_link_stays(tmp_path: Path) -> None:
    (tmp_path / "public").mkdir()
    (tmp_path / "site").symlink_to(tmp_path / "public")
    made(tmp_path, event())
    made(tmp_path, event())
    assert (tmp_path / "site").is_symlink()
    assert (tmp_path / "public/index.html").is_file()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["events.jsonl", "public", "site"]


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
