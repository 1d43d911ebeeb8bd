"""``scrapy explain``: a value's strategy, words, element, line and capture, from the stored page."""

import gzip
import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from filmscrape.archive.explanation import Explainer, phrases
from filmscrape.archive.reader import read_capture
from filmscrape.commands.explain import Command
from filmscrape.commands.replay import Command as Replay
from filmscrape.fixtures import Fixture, Site, serve
from filmscrape.items import ScrapedEvent
from filmscrape.pages.base import NotAnEvent
from filmscrape.records import Event
from filmscrape.runs.stored import LEDGER
from tests.crawling import SOURCE, Crawl, bundled_site, crawl, load_spider, rows, scrapy
from tests.fixtures import fixture_folders
from tests.foreign_warcs import Kept, write_warc
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
    first, strategy, words, capture, url, since, until = done.stdout.splitlines()
    assert first == f"{HERE} year: 2023"
    assert strategy.split() == ["strategy", crawled.records()[HERE]["provenance"]["fields"]["year"]]
    assert re.fullmatch(r'words +"2023" in <\w+[^>]*>, line \d+', words)
    assert f"{crawled.folder / 'pages.warc.gz'}, offset " in capture
    assert url.endswith(" at 2023-10-20T17:05:12Z")
    assert since == f"first seen 2023-10-20T17:05:12Z by run {crawled.folder.name}"
    assert until == f"last seen  2023-10-20T17:05:12Z by run {crawled.folder.name}"


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

    at = told["capture"]["captured_at"]
    assert told["seen"]["first_run"] == told["seen"]["last_run"] == run.folder.name
    assert told["seen"]["first"] <= at <= told["seen"]["last"]


# ------------------------------------------------------------------ from when to when
def dated(site: Site, slug: str, day: str, old: bytes = b"", new: bytes = b"") -> Kept:
    """A page of the bundled site with something else on it, as it was captured on a day."""
    target = next(path for path in site.answers if path.endswith(f"/{slug}/"))
    assert old in site.answers[target].body
    return Kept(load_spider().site + target, site.answers[target].body.replace(old, new), f"{day}T12:00:00Z")


def history(tmp_path: Path, *kept: Kept) -> list[str]:
    """Publish captures, each as a run of its own; the runs."""
    found = []
    for n, one in enumerate(kept):
        path = write_warc(tmp_path / f"{n}.warc.gz", [one])
        done = run_command(Replay(), str(path), "--publish", "--jobs", "1", "--json", output=tmp_path / "output")
        assert done.returncode == 0, done.stderr
        (report,) = json.loads(done.stdout)["sources"]
        found.append(str(report["run_id"]))
        # That is where captures are looked for.
        (Path(report["folder"]) / "pages.warc.gz").write_bytes(path.read_bytes())
    return found


def told_of(tmp_path: Path, event_id: str, field: str) -> dict[str, Any]:
    done = run_command(Command(), event_id, field, "--json", output=tmp_path / "output")
    assert (done.returncode, done.stderr) == (0, "")
    return dict(json.loads(done.stdout))


def seen(first: str, first_run: str, last: str, last_run: str) -> dict[str, str]:
    first, last = (f"{day}T12:00:00Z" for day in (first, last))
    return {"first": first, "first_run": first_run, "last": last, "last_run": last_run}


def test_a_value_is_seen_from_its_first_capture_to_its_last(tmp_path: Path) -> None:
    """By the dates of the captures, in whatever order they were read; another value in between is another."""
    site = bundled_site()
    runs = history(
        tmp_path,
        dated(site, "here", "2024-03-01"),
        dated(site, "here", "2024-05-01", b"82 min", b"83 min"),
        dated(site, "here", "2024-01-01"),
        dated(site, "here", "2024-04-01"),
    )
    told = told_of(tmp_path, HERE, "runtime_minutes")
    assert (told["value"], told["published"]) == (83, 83)
    assert told["seen"] == seen("2024-05-01", runs[1], "2024-05-01", runs[1])
    told = told_of(tmp_path, HERE, "year")
    assert told["seen"] == seen("2024-01-01", runs[2], "2024-05-01", runs[1])


def test_a_value_that_only_an_older_capture_has_was_last_seen_then(tmp_path: Path) -> None:
    site = bundled_site()
    runs = history(tmp_path, dated(site, "here", "2024-01-01"), dated(site, "here", "2024-05-01", b"82 min", b""))
    told = told_of(tmp_path, HERE, "runtime_minutes")
    assert (told["value"], told["published"]) == (82, 82)
    assert told["capture"]["captured_at"] == "2024-01-01T12:00:00Z"
    assert told["seen"] == seen("2024-01-01", runs[0], "2024-01-01", runs[0])


def test_films_at_one_address_were_each_seen_in_their_own_time(tmp_path: Path) -> None:
    """Both are called alike: the later one was not seen when the first one was."""
    site = bundled_site()
    remake = site.answers[next(path for path in site.answers if path.endswith("/here/"))].body
    remake = remake.replace(b"Bas Devos", b"Robert Zemeckis").replace(b">2023<", b">2024<")
    again = dated(site, "here", "2025-01-01")
    runs = history(tmp_path, dated(site, "here", "2023-11-01"), replace(again, body=remake))
    for event_id, day, run in ((HERE, "2023-11-01", runs[0]), (f"{HERE}--2024", "2025-01-01", runs[1])):
        for field in ("title", "runtime_minutes", "kind"):
            told = told_of(tmp_path, event_id, field)
            assert told["value"] == told["published"]
            assert told["seen"] == seen(day, run, day, run), (event_id, field)
            assert told["capture"]["captured_at"] == f"{day}T12:00:00Z", (event_id, field)


def test_a_published_value_that_no_capture_has(crawled: Crawl, tmp_path: Path) -> None:
    """Time went by, or somebody changed the dataset: both values are told, and who saw the one that was seen."""
    output = shutil.copytree(crawled.dataset.parents[1], tmp_path / "output")
    dataset = output / SOURCE / "events.jsonl"
    dataset.write_bytes(dataset.read_bytes().replace(b'"runtime_minutes":82', b'"runtime_minutes":28', 1))
    told = told_of(tmp_path, HERE, "runtime_minutes")
    assert (told["value"], told["published"]) == (82, 28)
    assert told["seen"]["last_run"] == crawled.folder.name
    done = run_command(Command(), HERE, "runtime_minutes", output=output)
    assert "published  28" in done.stdout.splitlines()


@pytest.mark.parametrize("field", ["status", "kind", "countries", "screenings", "languages", "crew"])
def test_derived_fields_and_lists_are_seen_too(crawled: Crawl, field: str) -> None:
    event_id = next(row["id"] for row in rows(crawled.dataset) if row[field] not in ([], "unknown"))
    told = explain(crawled, event_id, field)
    assert told["value"] == told["published"]
    assert told["seen"]["first_run"] == told["seen"]["last_run"] == crawled.folder.name


def test_what_is_not_said_is_not_seen(crawled: Crawl) -> None:
    told = explain(crawled, HERE, "premiere")
    assert (told["value"], told["seen"]) == (None, None)


def test_without_a_ledger_nothing_is_said_of_runs(crawled: Crawl, tmp_path: Path) -> None:
    output = shutil.copytree(crawled.dataset.parents[1], tmp_path / "output")
    (output / SOURCE / LEDGER).unlink()
    assert told_of(tmp_path, HERE, "year")["seen"] is None
    (output / SOURCE / LEDGER).write_bytes(b"no database" * 500)
    done = run_command(Command(), HERE, "year", output=output)
    assert done.returncode == 18
    assert "scrapy rebuild makes it again from the runs" in done.stderr


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
