"""``scrapy explain``: a value's strategy, words, element, line and capture, from the stored page."""

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest

from filmscrape.archive.explanation import Explainer, phrases
from filmscrape.archive.reader import read_capture
from filmscrape.commands.explain import Command
from filmscrape.fixtures import Fixture, Site, serve
from filmscrape.items import ScrapedEvent
from filmscrape.pages.base import NotAnEvent
from filmscrape.records import Event
from tests.crawling import SOURCE, Crawl, bundled_site, crawl, load_spider, rows, scrapy
from tests.fixtures import fixture_folders
from tests.in_process import run as run_command

HERE = f"{SOURCE}:here"
UNEXPLAINED = ("schema_version", "first_seen", "last_seen", "provenance")


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Crawl:
    """A crawl of the bundled site."""
    with serve(bundled_site()) as origin:
        return crawl(tmp_path_factory.mktemp("crawled"), {"base_url": origin})


def explain(run: Crawl, *arguments: str) -> dict[str, Any]:
    done = run_command(Command(), *arguments, "--json", output=run.dataset.parents[1])
    assert (done.returncode, done.stderr) == (0, "")
    return dict(json.loads(done.stdout))


def stored_lines(told: dict[str, Any]) -> list[str]:
    """The lines of the stored page that an answer names."""
    capture = read_capture(Path(told["capture"]["file"]), told["capture"]["offset"])
    assert capture is not None
    assert capture.record_id == told["capture"]["record_id"]
    return capture.body.decode(errors="replace").split("\n")


def test_runtime_of_a_published_event(crawled: Crawl) -> None:
    told = explain(crawled, HERE, "runtime_minutes")
    record = crawled.records()[HERE]
    assert told["value"] == told["published"] == record["runtime_minutes"] == 82
    assert told["strategy"] == record["provenance"]["fields"]["runtime_minutes"]
    assert told["capture"]["record_id"] == record["provenance"]["warc_record_id"]
    assert told["capture"]["captured_at"] == record["provenance"]["fetched_at"]
    (place,) = told["places"]
    assert place["words"] == "82 min"
    tag, *classes = place["element"].split(".")
    line = stored_lines(told)[place["line"] - 1]
    assert re.search(rf'<{tag} class="{" ".join(classes)}">\s*82 min', line)


def test_in_words(crawled: Crawl) -> None:
    done = scrapy("explain", HERE, "year", OUTPUT_DIR=crawled.dataset.parents[1])
    first, strategy, words, capture, url = done.stdout.splitlines()
    assert first == f"{HERE} year: 2023"
    assert strategy.split() == ["strategy", crawled.records()[HERE]["provenance"]["fields"]["year"]]
    assert re.fullmatch(r'words +"2023" in <\w+[^>]*>, line \d+', words)
    assert f"{crawled.folder / 'pages.warc.gz'}, offset " in capture
    assert url.endswith(" at 2023-10-20T17:05:12Z")


@pytest.mark.parametrize("fixture", list(Fixture.all(fixture_folders()[0])), ids=lambda f: f.name)
def test_every_place_holds_its_words(crawled: Crawl, fixture: Fixture) -> None:
    """On every line that is named the words begin, for every field of every fixture page."""
    if not (fixture.folder / "expected.json").exists():
        return
    explainer = Explainer(crawled.dataset.parents[1], load_spider(), fixture.expected["id"])
    text = fixture.body.decode(errors="replace").split("\n")
    told = 0
    for field in Event.model_fields:
        if field in UNEXPLAINED:
            continue
        found = explainer.explain(field)
        for place in found.places:
            if place.line is not None:
                told += 1
                here = re.sub(r"&(amp;)?#?\w+;", "", " ".join(text[place.line - 1 : place.line + 3]))
                word = max(place.words.split()[:1], key=len)
                plain = re.sub(r"[^\x21-\x7e]|[&'\"]", "", word)
                assert plain in re.sub(r"[^\x20-\x7e]|[&'\"]", "", here), (field, place)
    assert told > 3


def test_what_a_card_says_is_explained_from_the_list(tmp_path: Path) -> None:
    """The page gives no runtime: the value is that of a listing's card, and so is the capture."""
    site = bundled_site()
    event_id, minutes = _without_runtime(site)
    with serve(site) as origin:
        run = crawl(tmp_path, {"base_url": origin})
    assert run.records()[event_id]["provenance"]["fields"]["runtime_minutes"] in ("card", "calendar")
    told = explain(run, event_id, "runtime_minutes")
    assert told["value"] == told["published"] == minutes
    assert told["strategy"] == told["origin"] == run.records()[event_id]["provenance"]["fields"]["runtime_minutes"]
    spider = load_spider()
    assert spider.kind_of(told["capture"]["url"]) in ("listing", "series", "calendar")
    assert any(f"{minutes} min" in line for line in stored_lines(told))


def _without_runtime(site: Site) -> tuple[str, int]:
    """Take the running time off the page of an event that has a card which gives it."""
    spider = load_spider()
    for target, answer in list(site.answers.items()):
        if spider.kind_of(target) != "listing" or answer.status != 200:
            continue
        for card in spider.card_page(answer.body, spider.site + target, answer.date).sightings():
            minutes = re.match(r"(\d+) min", card.runtime or "")
            path = card.url.removeprefix(spider.site)
            if minutes and path in site.answers:
                page = site.answers[path]
                page.body = re.sub(rb"\b\d+ min(?:utes)?\b", b"", page.body)
                try:
                    item = spider.event_page(page.body, card.url, page.date).read()
                except NotAnEvent:
                    continue
                if item.runtime is None:
                    return f"{SOURCE}:{path.rstrip('/').rsplit('/', 1)[-1]}", int(minutes[1])
    raise AssertionError("no card of the bundled site gives a running time")


def test_an_event_that_is_not_published_is_found_by_its_address(crawled: Crawl, tmp_path: Path) -> None:
    runs = tmp_path / SOURCE / "runs"
    runs.mkdir(parents=True)
    (runs / crawled.folder.name).symlink_to(crawled.folder)
    done = run_command(Command(), HERE, "year", "--json", output=tmp_path)
    told = json.loads(done.stdout)
    assert (told["value"], told["published"], told["is_published"]) == (2023, None, False)


def test_what_the_page_does_not_say(crawled: Crawl) -> None:
    output = crawled.dataset.parents[1]
    empty = next(row for row in rows(crawled.dataset) if row["premiere"] is None)
    done = run_command(Command(), empty["id"], "premiere", output=output)
    assert done.returncode == 0
    assert done.stdout.splitlines()[:2] == [f"{empty['id']} premiere: null", "the page does not say"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "name an event and a field"),
        ((HERE,), "name an event and a field"),
        ((HERE, "runtime_minuts"), "no field 'runtime_minuts' that a page says; did you mean runtime_minutes?"),
        ((HERE, "xyzzy"), "no field 'xyzzy' that a page says; there are: id, "),
        ((HERE, "provenance"), "no field 'provenance'"),
        ((f"{SOURCE}:no-such-event", "year"), f"{SOURCE}:no-such-event is unknown: no page of it is stored in "),
        (("nobody:here", "year"), "no source 'nobody'; there are: "),
        (("here", "year"), "'here' is no event's id"),
    ],
)
def test_an_unknown_name_is_one_line(crawled: Crawl, arguments: tuple[str, ...], words: str) -> None:
    done = run_command(Command(), *arguments, output=crawled.dataset.parents[1])
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"scrapy explain: {words}")


def test_words_are_known_for_every_field_that_a_page_says(crawled: Crawl) -> None:
    """A field that was added to the record and forgotten here would be explained without its words."""
    derived = {"id", "source", "url", "status", "source_id"}
    silent = set(Event.model_fields) - set(UNEXPLAINED) - derived
    spider = load_spider()
    for fixture in Fixture.all(fixture_folders()[0]):
        if (fixture.folder / "expected.json").exists():
            item: ScrapedEvent = spider.event_page(fixture.body, fixture.meta["url"], fixture.captured_at).read()
            silent -= {field for field in silent if phrases(item, field)}
    assert silent <= {"contact", "links"}, "no fixture page has these"


def test_fixture_pages_are_what_the_crawl_stored(crawled: Crawl) -> None:
    told = explain(crawled, HERE, "title")
    (page,) = (fixture_folders()[0] / "here").glob("page.*.gz")
    assert "\n".join(stored_lines(told)).encode() == gzip.decompress(page.read_bytes())
