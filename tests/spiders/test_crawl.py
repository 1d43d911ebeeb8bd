"""The whole crawl on this machine: the real spider, settings, pipelines and run against the bundled site."""

import gzip
import json
import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

import pytest

from filmscrape.fixtures import Answer, Site, serve
from filmscrape.runs.lines import LineFile
from filmscrape.runs.outcome import Outcome
from filmscrape.spiders.asking import AskingSpider
from tests.crawling import ROOT, SOURCE, Crawl, bundled_site, crawl, load_spider, project_settings
from tests.records import event

SPIDER = load_spider()
PUBLIC = SPIDER.site
HTML = {"Content-Type": "text/html; charset=UTF-8"}
# What differs between two runs by nature.
OF_THE_RUN = ("first_seen", "last_seen", "provenance")


@pytest.fixture
def site() -> Site:
    return bundled_site()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Crawl, Site]:
    """One crawl of everything, for the tests that only look at it."""
    site = bundled_site()
    return run(site, tmp_path_factory.mktemp("output")), site


def run(site: Site, output: Path, settings: dict[str, Any] | None = None, **arguments: str) -> Crawl:
    with serve(site) as origin:
        return crawl(output, {"base_url": origin, **arguments}, settings)


def of_kind(site: Site, *kinds: str) -> set[str]:
    return {path for path, answer in site.answers.items() if answer.kind in kinds}


def events(site: Site) -> set[str]:
    return of_kind(site, "event")


def path_of(slug: str) -> str:
    return urlsplit(SPIDER.event_url(slug)).path


def published(crawl: Crawl) -> set[str]:
    return {urlsplit(record["url"]).path for record in crawl.records().values()}


def asked_events(site: Site) -> list[str]:
    return [path for path in site.asked if SPIDER.canonical(PUBLIC + path)]


def content(path: Path) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [{name: value for name, value in row.items() if name not in OF_THE_RUN} for row in found]


# ------------------------------------------------------------------ the whole way
def test_every_event_is_published_once(whole: tuple[Crawl, Site]) -> None:
    crawl, site = whole
    assert crawl.outcome is Outcome.ACCEPTED
    assert published(crawl) == events(site)
    assert crawl.counts["written"] == len(crawl.records()) == len(events(site))


def test_every_page_is_asked_for_once(whole: tuple[Crawl, Site]) -> None:
    _, site = whole
    assert set(Counter(site.asked).values()) == {1}
    assert site.asked[0] == "/robots.txt"


def test_discovery_goes_first(whole: tuple[Crawl, Site]) -> None:
    """Event pages are asked for when most is known.

    The next request is taken while an answer is still being read, so a few events slip in between.
    """
    _, site = whole
    first = min(site.asked.index(path) for path in asked_events(site))
    assert of_kind(site, "listing", "calendar", "sitemap") <= set(site.asked[: first + 5])


def test_records_keep_public_addresses(whole: tuple[Crawl, Site]) -> None:
    crawl, _ = whole
    text = crawl.dataset.read_text(encoding="utf-8")
    assert "127.0.0.1" not in text
    assert all(record["url"] == SPIDER.canonical(record["url"]) for record in crawl.records().values())


def test_lines_are_sorted_and_keys_stand_in_the_order_of_the_model(whole: tuple[Crawl, Site]) -> None:
    from filmscrape.records import Event

    crawl, _ = whole
    lines = crawl.dataset.read_bytes().splitlines()
    records = [json.loads(line) for line in lines]
    assert [record["id"] for record in records] == sorted(record["id"] for record in records)
    assert all(list(record) == list(Event.model_fields) for record in records)
    assert any(byte > 127 for line in lines for byte in line), "UTF-8, not escaped"


def test_the_capture_is_dated_by_the_answer(whole: tuple[Crawl, Site]) -> None:
    crawl, site = whole
    for record in crawl.records().values():
        date = site.answers[urlsplit(record["url"]).path].date.strftime("%Y-%m-%dT%H:%M:%SZ")
        assert record["provenance"]["fetched_at"] == record["first_seen"] == record["last_seen"] == date
        assert record["provenance"]["run_id"] == crawl.report["run_id"]
        assert record["provenance"]["http_status"] == 200


def test_counts_add_up_and_stand_in_run_json(whole: tuple[Crawl, Site]) -> None:
    crawl, _ = whole
    stored = json.loads((crawl.folder / "run.json").read_text(encoding="utf-8"))
    assert stored.pop("published")["bytes"] == crawl.dataset.stat().st_size
    assert stored == crawl.report
    assert stored["outcome"] == "accepted"
    assert stored["exit_code"] == 0
    counts = stored["counts"]
    assert counts["listed"] == counts["fetched"] == counts["extracted"] == counts["valid"] == counts["unique"]
    assert counts["sightings"] > 0
    assert stored["versions"].keys() == {"filmscrape", "python", "scrapy", "lxml", "pydantic", "tzdata"}


def test_run_folder_holds_its_files_and_nothing_else(whole: tuple[Crawl, Site]) -> None:
    crawl, _ = whole
    names = {path.name for path in crawl.folder.iterdir()}
    lines = {"events.jsonl", "rejected.jsonl", "skipped.jsonl", "failed.jsonl", "captures.jsonl", "changes.jsonl"}
    assert names == lines | {"pages.warc.gz", "readings.jsonl.gz", "report.html", "run.json", "SHA256SUMS"}
    assert (crawl.folder / "events.jsonl").read_bytes() == crawl.dataset.read_bytes()
    assert {path.name for path in crawl.dataset.parent.iterdir()} == {"events.jsonl", "ledger.sqlite", ".lock", "runs"}
    assert re.fullmatch(r"\d{8}T\d{6}\.\d{3}Z-[0-9a-f]{4}", crawl.folder.name)


def test_two_runs_give_the_same_bytes(site: Site, whole: tuple[Crawl, Site], tmp_path: Path) -> None:
    """Whatever the order in which the answers came."""
    other = run(site, tmp_path, {"CONCURRENT_REQUESTS": 8, "CONCURRENT_REQUESTS_PER_DOMAIN": 8})
    assert content(other.dataset) == content(whole[0].dataset)


class Collector:
    """A pipeline of one's own, behind the project's."""

    found: ClassVar[list[Any]] = []

    def process_item(self, item: Any) -> Any:
        self.found.append(item)
        return item


def test_a_pipeline_of_ones_own_gets_records_as_plain_values(site: Site, tmp_path: Path) -> None:
    Collector.found.clear()
    pipelines = {**project_settings().getdict("ITEM_PIPELINES"), Collector: 400}
    found = run(site, tmp_path / "output", {"ITEM_PIPELINES": pipelines}, max_events="3")
    told = {row["id"]: row for row in Collector.found if "origin" not in row}  # beside what cards and calendar say
    assert told.keys() == found.records().keys() != set()
    for name, record in found.records().items():
        assert list(told[name]) == list(record)
        assert (told[name]["crew"], told[name]["synopsis"]) == (record["crew"], record["synopsis"])


def test_the_calendar_fills_what_the_page_lacks(whole: tuple[Crawl, Site]) -> None:
    """Every screening that the calendar names is there once, with the calendar's end."""
    crawl, site = whole
    (calendar,) = of_kind(site, "calendar")
    ends = Counter((entry["start"], entry["end"]) for entry in json.loads(site.answers[calendar].body))
    found = Counter(
        (screening["starts_at"][:19], screening["ends_at"][:19])
        for record in crawl.records().values()
        for screening in record["screenings"]
        if screening["ends_at"]
    )
    assert found == ends
    for record in crawl.records().values():
        starts = [(screening["starts_at"], screening["venue"]) for screening in record["screenings"]]
        assert len(starts) == len(set(starts))
        assert [start for start, _ in starts] == sorted(start for start, _ in starts)


def test_what_came_from_elsewhere_is_attributed(whole: tuple[Crawl, Site], tmp_path: Path) -> None:
    """A number that only the calendar knows is in the record, and ``provenance`` says where it is from."""
    site = bundled_site()
    page = site.answers[path_of("spirited-away")]
    number = whole[0].records()[f"{SOURCE}:spirited-away"]["source_id"]
    thinner = re.sub(rb"data-eventid=.\d+.|postid-\d+|<meta[^>]*og:description[^>]*>|\\?p=\d+", b"", page.body)
    assert number.encode() not in thinner.replace(b"data-instanceid", b"")
    site.answers[path_of("spirited-away")] = replace(page, body=thinner)
    record = run(site, tmp_path, only="spirited-away").records()[f"{SOURCE}:spirited-away"]
    assert record["source_id"] == number
    assert record["provenance"]["fields"]["source_id"] == "calendar"


# ------------------------------------------------------------------ places
@pytest.mark.parametrize("place", SPIDER.places)
def test_each_place_can_be_looked_at_alone(place: str, site: Site, tmp_path: Path) -> None:
    crawl = run(site, tmp_path, discover=place)
    kinds = {site.answers[path].kind for path in site.asked if path in site.answers}
    expected = {"robots", "event", place}
    if place == "series":
        expected.add("listing")  # its first page, for the series in its navigation
        assert sum(site.answers[path].kind == "listing" for path in site.asked if path in site.answers) == 1
    assert kinds == expected
    assert published(crawl) == set(asked_events(site))
    assert 0 < len(published(crawl)) <= len(events(site))


def test_no_single_place_knows_all_and_the_sitemap_knows_the_past(site: Site, tmp_path: Path) -> None:
    found = {place: published(run(site, tmp_path / place, discover=place)) for place in SPIDER.places}
    assert found["sitemap"] - found["listing"] - found["calendar"]
    assert found["listing"] | found["calendar"] | found["series"] | found["sitemap"] == events(site)


def test_an_event_that_only_the_calendar_names_is_fetched(site: Site, tmp_path: Path) -> None:
    (calendar,) = of_kind(site, "calendar")
    for path in of_kind(site, "listing", "series", "sitemap"):
        del site.answers[path]
    named = {
        SPIDER.canonical(url)
        for url in re.findall(r"https?:[^\"' ]+", site.answers[calendar].body.decode().replace("\\", ""))
    }
    crawl = run(site, tmp_path)
    assert {record["url"] for record in crawl.records().values()} == named - {None}
    assert len(crawl.records()) > 5


def test_places_that_do_not_exist_are_counted_and_no_failure(site: Site, tmp_path: Path) -> None:
    for path in of_kind(site, "calendar", "series"):
        del site.answers[path]
    crawl = run(site, tmp_path)
    assert crawl.outcome is Outcome.ACCEPTED
    assert crawl.counts["discovery_missing"] > 0
    assert crawl.counts["discovery_failed"] == 0
    assert crawl.rows("failed.jsonl") == []


def test_a_place_that_fails_is_named(site: Site, tmp_path: Path) -> None:
    (calendar,) = of_kind(site, "calendar")
    site.answers[calendar] = Answer(b"upstream down", 502, HTML)
    crawl = run(site, tmp_path)
    assert crawl.outcome is Outcome.DEGRADED
    (row,) = crawl.rows("failed.jsonl")
    assert (urlsplit(row["url"]).path, row["kind"], row["reason"]) == (calendar, "calendar", "HTTP 502")
    assert crawl.counts["discovery_failed"] == 1


@pytest.mark.parametrize("body", [b"", b"<html>maintenance</html>", b"{", b"[null, 3, {}]", b"\xff\xfe\x00"])
def test_garbage_in_every_place_costs_its_row_and_never_the_run(body: bytes, site: Site, tmp_path: Path) -> None:
    for path in of_kind(site, "calendar", "series", "listing"):
        site.answers[path] = replace(site.answers[path], body=body)
    crawl = run(site, tmp_path)
    # What is no page at all is a failure; a listing without cards may be one of a closed house.
    assert crawl.outcome.publishes
    assert published(crawl) == events(site), "the sitemap still knows all"
    assert crawl.counts["errors"] == 0


def test_the_listing_is_read_page_by_page(site: Site, tmp_path: Path) -> None:
    run(site, tmp_path, discover="listing")
    pages = [path for path in site.asked if path in of_kind(site, "listing")]
    assert len(pages) == len(of_kind(site, "listing")) > 1


def endless(site: Site, repeat: bool) -> Site:
    """A listing whose pages all link to a next one; with the same cards, or each with a card of its own."""
    first = min(of_kind(site, "listing"), key=len)
    page = site.answers[first]

    class Endless(Site):
        def answer(self, target: str) -> Answer:
            found = super().answer(target)
            number = re.fullmatch(rf"{re.escape(first)}page/(\d+)/", target)
            if target != first and number is None:
                return found
            n = int(number.group(1)) if number else 1
            card = (
                ""
                if repeat
                else f"<div class='c-event-card'><h3><a href='{path_of(f'film-{n}')}'>Film {n}</a></h3></div>"
            )
            link = f"{card}<a href='{first}page/{n + 1}/'>Next</a></main>"
            return replace(page, body=page.body.replace(b"</main>", link.encode()), status=200)

    assert b"</main>" in page.body
    return Endless(site.answers)


@pytest.mark.parametrize(("repeat", "pages"), [(True, 2), (False, 7)])
def test_a_listing_without_end_is_bounded(
    repeat: bool, pages: int, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the first page that shows nothing new, and by a number of pages."""
    monkeypatch.setattr(SPIDER, "max_list_pages", 7)
    site = endless(site, repeat)
    crawl = run(site, tmp_path, discover="listing")
    assert sum("/page/" in path for path in site.asked) + 1 == pages
    assert crawl.counts["discovery_bounded"] == 1
    assert crawl.outcome is (Outcome.ACCEPTED if repeat else Outcome.TOO_MANY_FAILED), "there are no such events"


def sitemaps(site: Site, *bodies: bytes, lines: str = "") -> None:
    """Put sitemaps in the place of the site's own, and name them in robots.txt."""
    names = [f"/map-{n}.xml" for n in range(len(bodies))]
    for name, body in zip(names, bodies, strict=True):
        site.answers[name] = Answer(body, headers={"Content-Type": "application/octet-stream"})
    text = "User-agent: *\nDisallow:\n" + "".join(f"Sitemap: {PUBLIC}{name}\n" for name in names) + lines
    site.answers["/robots.txt"] = Answer(text.encode(), headers={"Content-Type": "text/plain"})


def urlset(*urls: str) -> bytes:
    entries = "".join(f"<url><loc>{url}</loc></url>" for url in urls)
    return f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entries}</urlset>'.encode()


def index(*urls: str) -> bytes:
    entries = "".join(f"<sitemap><loc>{url}</loc></sitemap>" for url in urls)
    return f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entries}</sitemapindex>'.encode()


def test_sitemaps_are_read_nested_and_packed(site: Site, tmp_path: Path) -> None:
    here, there = SPIDER.event_url("here"), SPIDER.event_url("casablanca")
    inner = index(f"{PUBLIC}/map-2.xml", f"{PUBLIC}/map-1.xml", f"{PUBLIC}/map-0.xml")
    sitemaps(site, index(f"{PUBLIC}/map-1.xml"), inner, gzip.compress(urlset(here, there)))
    crawl = run(site, tmp_path, discover="sitemap")
    assert published(crawl) == {path_of("here"), path_of("casablanca")}
    assert set(Counter(site.asked).values()) == {1}, "an index that names itself is read once"


def test_sitemap_of_another_site_is_not_followed(site: Site, tmp_path: Path) -> None:
    elsewhere = Site({})
    with serve(elsewhere) as other:
        sitemaps(
            site,
            urlset(SPIDER.event_url("here"), f"{other}{path_of('casablanca')}"),
            lines=f"Sitemap: {other}/map.xml\n",
        )
        crawl = run(site, tmp_path, discover="sitemap")
    assert published(crawl) == {path_of("here")}
    assert elsewhere.asked == []
    assert crawl.counts["offsite"] == 2


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not xml",
        b"<html><body>Not found</body></html>",
        b"\x1f\x8b\x08broken",
        gzip.compress(b"x" * 99, mtime=0)[:30],
    ],
)
def test_damaged_sitemap_costs_its_row(body: bytes, site: Site, tmp_path: Path) -> None:
    sitemaps(site, body, urlset(SPIDER.event_url("here")))
    crawl = run(site, tmp_path, discover="sitemap")
    assert published(crawl) == {path_of("here")}
    (row,) = crawl.rows("failed.jsonl")
    assert row["kind"] == "sitemap"


def test_sitemap_that_breaks_off_gives_what_it_names_before(site: Site, tmp_path: Path) -> None:
    sitemaps(site, urlset(SPIDER.event_url("here"), SPIDER.event_url("casablanca"))[:-60])
    crawl = run(site, tmp_path, discover="sitemap")
    assert path_of("here") in published(crawl)
    (row,) = crawl.rows("failed.jsonl")
    assert (row["kind"], crawl.outcome) == ("sitemap", Outcome.DEGRADED), "nobody knows what stood behind it"


def test_sitemap_without_an_entry_or_with_a_comment_at_its_end_is_whole(site: Site, tmp_path: Path) -> None:
    sitemaps(site, b"<urlset/>", urlset(SPIDER.event_url("here")) + b"\n<!-- made in 0.1 seconds -->\n")
    assert run(site, tmp_path, discover="sitemap").rows("failed.jsonl") == []


@pytest.mark.parametrize("kind", ["event", "calendar"])
def test_date_that_cannot_be_costs_its_row(kind: str, site: Site, tmp_path: Path) -> None:
    """It would be the newest word on its page for decades, and what happens until then would be over."""
    path = min(of_kind(site, kind))
    site.answers[path] = replace(site.answers[path], date=datetime(2099, 1, 1, tzinfo=UTC))
    crawl = run(site, tmp_path)
    (row,) = crawl.rows("failed.jsonl")
    assert row["url"].endswith(path)
    assert row["reason"] == "its Date (2099-01-01) is more than a year later than what the site said before"
    assert b"2099-" not in crawl.dataset.read_bytes()
    with gzip.open(crawl.folder / "readings.jsonl.gz") as lines:
        assert b"2099-" not in lines.read()


@pytest.mark.parametrize("kind", ["listing", "series"])
def test_list_page_that_breaks_off_costs_its_row(kind: str, site: Site, tmp_path: Path) -> None:
    path = min(of_kind(site, kind), key=len)
    answer = site.answers[path]
    whole = answer.body
    site.answers[path] = replace(answer, body=whole[: whole.rindex(b"<footer")].replace(b"<footer", b"<div"))
    crawl = run(site, tmp_path)
    (row,) = crawl.rows("failed.jsonl")
    assert (row["url"].endswith(path), row["reason"].startswith("the page is cut off")) == (True, True)
    assert crawl.outcome is Outcome.DEGRADED


# ------------------------------------------------------------------ arguments
def test_only_fetches_the_named_and_still_takes_facts_from_elsewhere(
    site: Site, whole: tuple[Crawl, Site], tmp_path: Path
) -> None:
    crawl = run(site, tmp_path, only="spirited-away,here")
    assert sorted(asked_events(site)) == [path_of("here"), path_of("spirited-away")]
    record = crawl.records()[f"{SOURCE}:spirited-away"]
    everything = whole[0].records()[f"{SOURCE}:spirited-away"]
    assert record["screenings"] == everything["screenings"]
    assert record["source_id"] == everything["source_id"]
    assert crawl.counts["skipped"] == {"only": len(events(site)) - 2}


def test_only_fetches_what_nothing_lists(site: Site, tmp_path: Path) -> None:
    crawl = run(site, tmp_path, only="here,no-such-event", discover="none")
    assert sorted(site.asked) == ["/robots.txt", path_of("here"), path_of("no-such-event")]
    assert published(crawl) == {path_of("here")}
    (row,) = crawl.rows("failed.jsonl")
    assert row == {"url": SPIDER.event_url("no-such-event"), "kind": "event", "reason": "HTTP 404"}


def test_max_events_chooses_the_same_events_in_any_order(site: Site, tmp_path: Path) -> None:
    chosen = []
    for n, settings in enumerate(({}, {"CONCURRENT_REQUESTS": 8, "CONCURRENT_REQUESTS_PER_DOMAIN": 8})):
        site = bundled_site()
        crawl = run(site, tmp_path / str(n), settings, max_events="5")
        assert len(asked_events(site)) == 5
        assert crawl.counts["skipped"] == {"max_events": len(events(site)) - 5}
        chosen.append(published(crawl))
    assert chosen[0] == chosen[1]


def test_max_events_above_the_number_of_events_leaves_none_out(site: Site, tmp_path: Path) -> None:
    assert published(run(site, tmp_path, max_events="1000")) == events(site)


def test_upcoming_leaves_the_past_alone(site: Site, whole: tuple[Crawl, Site], tmp_path: Path) -> None:
    crawl = run(site, tmp_path, upcoming="1")
    to_come = {
        urlsplit(record["url"]).path
        for record in whole[0].records().values()
        if any(screening["starts_at"] > "2026-11-20" for screening in record["screenings"])
    }
    assert published(crawl) == to_come
    assert crawl.counts["skipped"] == {"not_upcoming": len(events(site)) - len(to_come)}
    assert "past" not in {record["status"] for record in crawl.records().values()}


# ------------------------------------------------------------------ pages that fail
def test_page_that_is_no_event_gives_a_reason_and_no_record(site: Site, tmp_path: Path) -> None:
    other = min(of_kind(site, "not_event"))
    site.answers[path_of("here")] = replace(site.answers[other])
    crawl = run(site, tmp_path)
    assert published(crawl) == events(site) - {path_of("here")}
    (row,) = crawl.rows("skipped.jsonl")
    assert row["url"] == SPIDER.event_url("here")
    assert row["reason"]
    assert crawl.counts["not_an_event"] == 1


@pytest.mark.parametrize("part", [0.1, 0.3, 0.6])
def test_page_that_is_cut_off_is_rejected_or_whole(part: float, site: Site, tmp_path: Path) -> None:
    page = site.answers[path_of("here")]
    site.answers[path_of("here")] = replace(page, body=page.body[: int(len(page.body) * part)])
    crawl = run(site, tmp_path, only="here,casablanca", discover="none")
    lost = crawl.rows("rejected.jsonl") + crawl.rows("skipped.jsonl")
    assert [row["url"] for row in lost] == [SPIDER.event_url("here")]
    assert published(crawl) == {path_of("casablanca")}


def test_reader_that_breaks_costs_its_page_and_never_the_run(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = SPIDER.event_page.read

    def read(page: Any) -> Any:
        if page.url.endswith("/here/"):
            raise ZeroDivisionError("a fault of the reader")
        return real(page)

    monkeypatch.setattr(SPIDER.event_page, "read", read)
    crawl = run(site, tmp_path)
    assert crawl.outcome is Outcome.DEGRADED
    assert published(crawl) == events(site) - {path_of("here")}
    (row,) = crawl.rows("rejected.jsonl")
    assert row["url"] == SPIDER.event_url("here")
    assert "ZeroDivisionError" in row["errors"][0]["reason"]
    assert crawl.counts["unreadable"] == 1


def test_record_that_breaks_the_contract_is_rejected_with_every_error(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = SPIDER.event_page.read

    def read(page: Any) -> Any:
        item = real(page)
        if page.url.endswith("/here/"):
            item.rating, item.premiere = "<b>18+</b>", "two\nlines"
        return item

    monkeypatch.setattr(SPIDER.event_page, "read", read)
    crawl = run(site, tmp_path)
    (row,) = crawl.rows("rejected.jsonl")
    assert (row["url"], row["id"]) == (SPIDER.event_url("here"), f"{SOURCE}:here")
    assert {error["field"]: error["raw"] for error in row["errors"]} == {
        "rating": "<b>18+</b>",
        "premiere": "two\nlines",
    }
    assert all(error["reason"] for error in row["errors"])
    assert crawl.counts["rejected"] == 1
    assert f"{SOURCE}:here" not in crawl.records(), "a sighting alone makes no record"


def test_failures_are_named_and_do_not_end_the_run(site: Site, tmp_path: Path) -> None:
    site.answers[path_of("here")] = Answer(b"", 404, HTML)
    site.answers[path_of("casablanca")] = Answer(b"", 503, HTML)
    crawl = run(site, tmp_path)
    reasons = {row["url"]: row["reason"] for row in crawl.rows("failed.jsonl")}
    assert reasons == {SPIDER.event_url("here"): "HTTP 404", SPIDER.event_url("casablanca"): "HTTP 503"}
    assert crawl.outcome is Outcome.DEGRADED
    assert crawl.counts["failed"] == 2
    assert published(crawl) == events(site) - {path_of("here"), path_of("casablanca")}


def test_answer_that_is_too_large_is_not_read(site: Site, tmp_path: Path) -> None:
    page = site.answers[path_of("here")]
    site.answers[path_of("here")] = replace(page, body=page.body + b" " * 300_000)
    crawl = run(site, tmp_path, {"DOWNLOAD_MAXSIZE": 200_000}, only="here,casablanca", discover="none")
    (row,) = crawl.rows("failed.jsonl")
    assert "200000" in row["reason"] or "DOWNLOAD_MAXSIZE" in row["reason"]
    assert published(crawl) == {path_of("casablanca")}


# ------------------------------------------------------------------ redirects
def redirect(to: str, status: int = 301) -> Answer:
    return Answer(status=status, headers={"Location": to})


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_to_another_site_is_not_followed(status: int, site: Site, tmp_path: Path) -> None:
    elsewhere = Site({path_of("here"): site.answers[path_of("here")]})
    with serve(elsewhere) as other:
        site.answers[path_of("here")] = redirect(other + path_of("here"), status)
        crawl = run(site, tmp_path)
    assert elsewhere.asked == []
    assert published(crawl) == events(site) - {path_of("here")}
    (row,) = crawl.rows("failed.jsonl")
    assert "another site" in row["reason"]
    assert crawl.counts["offsite"] == 1


@pytest.mark.parametrize(
    "to", ["//elsewhere.example/x/", "ftp://127.0.0.1/x", "javascript:alert(1)", "http://[::1", ""]
)
def test_redirect_that_leads_nowhere_is_a_failure(to: str, site: Site, tmp_path: Path) -> None:
    site.answers[path_of("here")] = redirect(to)
    crawl = run(site, tmp_path, only="here,casablanca", discover="none")
    assert [row["url"] for row in crawl.rows("failed.jsonl")] == [SPIDER.event_url("here")]
    assert published(crawl) == {path_of("casablanca")}


def test_event_that_moved_is_an_event_of_its_new_address(site: Site, tmp_path: Path) -> None:
    """The public address in the redirect leads to the mirror; one that is known already is not asked for twice."""
    site.answers[path_of("old-here")] = redirect(SPIDER.event_url("here"))
    site.answers[path_of("older-here")] = redirect(path_of("old-here"))
    crawl = run(site, tmp_path, only="old-here,older-here", discover="none")
    assert published(crawl) == {path_of("here")}
    assert site.asked.count(path_of("here")) == 1
    assert crawl.counts["skipped"] == {"moved": 2}
    assert len(crawl.rows("skipped.jsonl")) == 2


def test_redirect_to_a_known_event_does_not_lose_it(site: Site, tmp_path: Path) -> None:
    site.answers[path_of("here")] = redirect(path_of("casablanca"), 302)
    crawl = run(site, tmp_path)
    assert crawl.outcome is Outcome.ACCEPTED
    assert published(crawl) == events(site) - {path_of("here")}
    assert site.asked.count(path_of("casablanca")) == 1


@pytest.mark.parametrize("to", ["/", "/whats-on/", "/series/pantheon/"])
def test_redirect_to_no_event_is_no_event(to: str, site: Site, tmp_path: Path) -> None:
    site.answers[path_of("here")] = redirect(to)
    crawl = run(site, tmp_path)
    assert crawl.counts["not_an_event"] == 1
    (row,) = crawl.rows("skipped.jsonl")
    assert row["reason"].startswith("redirects to ")


def test_redirect_to_another_spelling_is_followed(site: Site, tmp_path: Path) -> None:
    site.answers[path_of("here") + "?lang=en"] = site.answers[path_of("here")]
    site.answers[path_of("here")] = redirect("?lang=en", 302)
    assert path_of("here") in published(run(site, tmp_path, only="here", discover="none"))


def test_redirects_in_a_circle_end(site: Site, tmp_path: Path) -> None:
    site.answers[path_of("here")] = redirect(path_of("here"))
    (calendar,) = of_kind(site, "calendar")
    site.answers[calendar] = redirect(calendar)
    crawl = run(site, tmp_path)
    assert {row["reason"] for row in crawl.rows("failed.jsonl")} == {"more than 5 redirects"}
    assert len(crawl.rows("failed.jsonl")) == 2
    assert crawl.outcome is Outcome.DEGRADED


# ------------------------------------------------------------------ robots.txt
def robots(text: str) -> Answer:
    return Answer(text.encode(), headers={"Content-Type": "text/plain"})


def test_robots_that_forbids_all_ends_the_run(site: Site, tmp_path: Path) -> None:
    site.answers["/robots.txt"] = robots("User-agent: *\nDisallow: /\n")
    crawl = run(site, tmp_path)
    assert crawl.outcome is Outcome.ROBOTS
    assert site.asked == ["/robots.txt"]
    assert not crawl.dataset.exists()


def test_robots_is_read_for_this_agent(site: Site, tmp_path: Path) -> None:
    site.answers["/robots.txt"] = robots("User-agent: filmscrape\nDisallow: /\n\nUser-agent: *\nDisallow:\n")
    assert run(site, tmp_path).outcome is Outcome.ROBOTS


def test_place_that_robots_forbids_is_left_alone(site: Site, tmp_path: Path) -> None:
    text = site.answers["/robots.txt"].body.decode().replace("Disallow: /wp-admin/\n", "Disallow: /wp-json/\n")
    site.answers["/robots.txt"] = robots(text)
    (calendar,) = of_kind(site, "calendar")
    assert calendar.startswith("/wp-json/")
    crawl = run(site, tmp_path)
    assert calendar not in site.asked
    assert crawl.outcome is Outcome.DEGRADED
    assert [row["reason"] for row in crawl.rows("failed.jsonl")] == ["forbidden by robots.txt"]


def test_site_without_robots_is_open(site: Site, tmp_path: Path) -> None:
    del site.answers["/robots.txt"]
    crawl = run(site, tmp_path)
    assert crawl.outcome is Outcome.ACCEPTED
    assert not of_kind(site, "sitemap") & set(site.asked)


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
def test_robots_that_cannot_be_read_ends_the_run(status: int, site: Site, tmp_path: Path) -> None:
    site.answers["/robots.txt"] = Answer(b"", status, HTML)
    crawl = run(site, tmp_path)
    assert crawl.outcome is Outcome.ROBOTS
    assert f"HTTP {status}" in crawl.verdict.message
    assert site.asked == ["/robots.txt"]


def test_robots_on_another_site_ends_the_run(site: Site, tmp_path: Path) -> None:
    site.answers["/robots.txt"] = redirect("https://elsewhere.example/robots.txt")
    assert run(site, tmp_path).outcome is Outcome.ROBOTS
    assert site.asked == ["/robots.txt"]


# ------------------------------------------------------------------ outcomes, and what stays
@pytest.fixture
def old(tmp_path: Path) -> Iterator[Path]:
    """An output directory that holds a dataset; whatever the test does, it must stay as it was."""
    dataset = tmp_path / SOURCE / "events.jsonl"
    dataset.parent.mkdir()
    line = event(id=f"{SOURCE}:yesterday", source=SOURCE).model_dump_json().encode() + b"\n"
    dataset.write_bytes(line)
    yield tmp_path
    assert dataset.read_bytes() == line
    assert {path.name for path in dataset.parent.iterdir()} == {"events.jsonl", "ledger.sqlite", ".lock", "runs"}


def test_host_that_refuses_connections(old: Path) -> None:
    with serve(Site({})) as origin:
        pass  # closed again: nobody listens there now
    crawl_ = crawl(old, {"base_url": origin})
    assert crawl_.outcome is Outcome.TOO_MANY_FAILED
    assert crawl_.verdict.message == f"{urlsplit(origin).netloc} cannot be reached: connection refused"


def test_site_that_answers_with_errors_only(old: Path) -> None:
    class Down(Site):
        def answer(self, target: str) -> Answer:
            super().answer(target)
            return Answer(b"", 404 if target == "/robots.txt" else 503, HTML)

    crawl = run(Down({}), old)
    assert crawl.outcome is Outcome.TOO_MANY_FAILED
    assert "HTTP 503" in crawl.verdict.message


def test_site_without_events(old: Path) -> None:
    assert run(Site({}), old).outcome is Outcome.TOO_FEW_EVENTS


def test_disk_that_is_full(site: Site, old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, lines = LineFile.append, []

    def append(file: LineFile, line: bytes) -> int:
        lines.append(line)
        if len(lines) > 60:
            raise OSError(28, "No space left on device")
        return real(file, line)

    monkeypatch.setattr(LineFile, "append", append)
    crawl = run(site, old)
    assert crawl.outcome is Outcome.CANNOT_WRITE
    assert "No space left on device" in crawl.verdict.message
    assert len(site.asked) < 70, "it does not go on asking"


def test_disk_that_is_full_when_the_records_are_written(site: Site, old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a line is left, which nobody may read as a record."""

    def write_events(kept: Any, venues: Any, path: Path) -> None:
        path.write_bytes(b'{"id":"torn')
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr("filmscrape.pipelines.write.write_events", write_events)
    crawl = run(site, old)
    assert crawl.outcome is Outcome.CANNOT_WRITE
    assert "No space left on device" in crawl.verdict.message


def test_page_that_gets_lost_on_the_way_is_found_out(site: Site, old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run whose counts do not add up is not published, whoever lost the page."""
    real = AskingSpider.answered

    def answered(spider: AskingSpider, response: Any) -> Any:
        if not response.url.endswith("/here/"):
            yield from real(spider, response)

    monkeypatch.setattr(AskingSpider, "answered", answered)
    crawl = run(site, old)
    assert crawl.outcome is Outcome.INTEGRITY
    assert "listed" in crawl.verdict.message
    assert crawl.counts["pending"] == 1


def test_fault_of_the_program_is_never_published(site: Site, old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where even the accounting breaks, sums that come out even prove nothing."""

    def redirected(spider: AskingSpider, response: Any) -> Any:
        raise ZeroDivisionError

    (calendar,) = of_kind(site, "calendar")
    site.answers[calendar] = redirect("/elsewhere/")
    monkeypatch.setattr(AskingSpider, "redirected", redirected)
    crawl = run(site, old)
    assert crawl.outcome is Outcome.INTEGRITY
    assert crawl.counts["errors"] == 1
    assert "1 errors of the program itself" in crawl.verdict.message


def test_limit_of_scrapy_is_a_budget(site: Site, old: Path) -> None:
    crawl = run(site, old, {"CLOSESPIDER_PAGECOUNT": 10})
    assert crawl.outcome is Outcome.BUDGET
    assert "CLOSESPIDER_PAGECOUNT" in crawl.verdict.message


def test_new_dataset_takes_the_place_of_the_old(site: Site, tmp_path: Path) -> None:
    first = run(site, tmp_path, max_events="3")
    inode = os.stat(first.dataset).st_ino
    del site.answers[urlsplit(min(record["url"] for record in first.records().values())).path]
    second = run(site, tmp_path, max_events="4")
    assert second.dataset == first.dataset
    assert os.stat(second.dataset).st_ino != inode, "replaced, not overwritten"
    assert len(second.records()) == 4, "the one that is gone from the site stays"
    assert len((first.folder / "events.jsonl").read_bytes().splitlines()) == 3, "the evidence stays"
    assert first.folder.name < second.folder.name


# ------------------------------------------------------------------ addresses
def test_two_spellings_of_one_address_are_one_event(site: Site, tmp_path: Path) -> None:
    spelled = SPIDER.event_url("here")
    sitemaps(site, urlset(spelled, spelled.rstrip("/"), spelled + "?utm=1", spelled.upper().replace("HTTPS", "https")))
    crawl = run(site, tmp_path, discover="sitemap")
    assert published(crawl) == {path_of("here")}
    assert crawl.counts["listed"] == 1


@pytest.mark.parametrize(
    ("href", "expected"),
    [
        ("/whats-on/", "http://mirror.example:8000/whats-on/"),
        ("page/2/?a=b#top", "http://mirror.example:8000/whats-on/page/2/?a=b"),
        (f"{PUBLIC}/series/x/", "http://mirror.example:8000/series/x/"),
        (PUBLIC.replace("://", "://www.") + "/x/", "http://mirror.example:8000/x/"),
        (PUBLIC.replace("https", "http") + "/x/?y=1", "http://mirror.example:8000/x/?y=1"),
        ("https://mirror.example:8000/x/", "https://mirror.example:8000/x/"),
        ("//mirror.example:8000/x/", "http://mirror.example:8000/x/"),
        ("http://mirror.example/x/", None),
        ("http://mirror.example:8001/x/", None),
        ("https://elsewhere.example/x/", None),
        (PUBLIC + ".elsewhere.example/x/", None),
        ("mailto:someone@elsewhere.example", None),
        ("http://[::1/", None),
    ],
)
def test_links_stay_on_the_site(href: str, expected: str | None) -> None:
    spider = SPIDER(base_url="http://mirror.example:8000")
    assert spider.on_site(href, "http://mirror.example:8000/whats-on/") == expected


def test_manners_are_set() -> None:
    """The contract with the server: see ``filmscrape/settings.py`` for the reasons."""
    from tests.crawling import project_settings

    settings = project_settings()
    assert settings.getbool("ROBOTSTXT_OBEY")
    assert settings.getint("CONCURRENT_REQUESTS_PER_DOMAIN") == 1
    assert settings.getfloat("DOWNLOAD_DELAY") >= 3
    assert settings.getbool("AUTOTHROTTLE_ENABLED")
    assert not settings.getbool("COOKIES_ENABLED")
    assert not settings.getbool("TELNETCONSOLE_ENABLED")
    assert re.fullmatch(r"filmscrape/\d+\.\d+\.\d+ \(\+https://[^ ]+\)", settings["USER_AGENT"])
    assert 0 < settings.getint("DOWNLOAD_MAXSIZE") < 64 * 2**20


def test_the_bundled_site_is_where_it_is_expected() -> None:
    assert (ROOT / "fixtures" / SOURCE / "here" / "meta.json").exists()
