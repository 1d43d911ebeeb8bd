"""Crawl a site again: what did not change costs next to nothing, what changed is read, nothing is taken on trust."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha1
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from filmscrape import conditional
from filmscrape.archive.index import read_entries
from filmscrape.fixtures import Site, serve
from filmscrape.runs.outcome import Outcome
from tests.crawling import SOURCE, Crawl, bundled_site, crawl, load_spider, rows

SPIDER = load_spider()
HERE = urlsplit(SPIDER.event_url("here")).path
DAY = timedelta(days=1)


def is_event(path: str) -> bool:
    return SPIDER.canonical(SPIDER.site + path) is not None


@pytest.fixture
def site() -> Site:
    """The bundled site, all of whose pages bear an ``ETag``, and say that nobody should keep them."""
    site = bundled_site()
    for path in site.answers:
        tag(site, path)
    return site


def tag(site: Site, path: str) -> None:
    answer = site.answers[path]
    etag = f'"{sha1(answer.body, usedforsecurity=False).hexdigest()}"'
    site.answers[path] = replace(answer, headers={**answer.headers, "ETag": etag, "Cache-Control": "no-cache"})


def change(site: Site, path: str, *words: tuple[bytes, bytes]) -> None:
    body = site.answers[path].body
    for old, new in words:
        assert old in body
        body = body.replace(old, new)
    site.answers[path] = replace(site.answers[path], body=body)
    tag(site, path)


def later(site: Site, by: timedelta = DAY) -> None:
    """Let time go by: the site's own clock is the ``Date`` of its answers."""
    site.answers = {path: replace(answer, date=answer.date + by) for path, answer in site.answers.items()}
    site.asked.clear()


def run(site: Site, output: Path, settings: dict[str, Any] | None = None, **arguments: str) -> Crawl:
    with serve(site) as origin:
        return crawl(output, {"base_url": origin, **arguments}, settings)


def received(crawl: Crawl) -> int:
    return int(crawl.report["bytes"]["response"])


# ------------------------------------------------------------------ nothing changed
def test_an_unchanged_site_costs_next_to_nothing(site: Site, tmp_path: Path) -> None:
    first = run(site, tmp_path)
    before = first.records()
    later(site)
    second = run(site, tmp_path)
    assert (first.outcome, second.outcome) == (Outcome.ACCEPTED, Outcome.ACCEPTED)
    assert received(second) < 0.1 * received(first), "headers alone; pages of a real size make it less than 5 %"
    assert second.counts["unchanged"] == second.counts["fetched"] - second.counts["not_an_event"] > 40
    assert second.counts["extracted"] == 0
    assert second.counts["sightings"] == first.counts["sightings"] > 0, "listings and calendars are always read"
    assert rows(second.folder / "changes.jsonl") == []
    now = {name: {**row, "last_seen": before[name]["last_seen"]} for name, row in second.records().items()}
    assert now == before
    assert all(row["last_seen"] > before[name]["last_seen"] for name, row in second.records().items())


def test_where_the_clock_stands_still_the_bytes_are_the_same(site: Site, tmp_path: Path) -> None:
    dataset = run(site, tmp_path).dataset.read_bytes()
    assert run(site, tmp_path).dataset.read_bytes() == dataset


def test_pages_without_validators_are_fetched_and_change_nothing(tmp_path: Path) -> None:
    site = bundled_site()
    dataset = run(site, tmp_path).dataset.read_bytes()
    second = run(site, tmp_path)
    assert second.counts["unchanged"] == 0
    assert second.dataset.read_bytes() == dataset
    assert rows(second.folder / "changes.jsonl") == []


def test_the_date_of_a_page_is_a_validator_too(tmp_path: Path) -> None:
    site = bundled_site()
    stamp = {"Last-Modified": "Sat, 01 Nov 2025 08:00:00 GMT"}
    site.answers = {path: replace(answer, headers={**answer.headers, **stamp}) for path, answer in site.answers.items()}
    run(site, tmp_path)
    assert run(site, tmp_path).counts["unchanged"] > 40


def test_without_a_warc_lists_are_fetched_and_events_are_not(site: Site, tmp_path: Path) -> None:
    first = run(site, tmp_path, {"WARC": False})
    second = run(site, tmp_path, {"WARC": False})
    assert second.counts["unchanged"] > 40
    assert second.counts["sightings"] == first.counts["sightings"]
    assert second.dataset.read_bytes() == first.dataset.read_bytes()


def test_the_archive_holds_what_the_site_said(site: Site, tmp_path: Path) -> None:
    run(site, tmp_path)
    later(site)
    second = run(site, tmp_path)
    entries = [entry for entry in read_entries(second.folder / "pages.warc.gz") if is_event(urlsplit(entry.url).path)]
    assert {(entry.kind, entry.status) for entry in entries} >= {("revisit", 304)}


# ------------------------------------------------------------------ something changed
def test_a_page_that_changed_is_read(site: Site, tmp_path: Path) -> None:
    run(site, tmp_path)
    later(site)
    change(site, HERE, (b"82 min", b"83 min"))
    second = run(site, tmp_path)
    assert second.counts["extracted"] == 1
    (row,) = rows(second.folder / "changes.jsonl")
    assert {name: row[name] for name in ("kind", "id", "field", "old", "new", "run")} == {
        "kind": "changed",
        "id": f"{SOURCE}:here",
        "field": "runtime_minutes",
        "old": 82,
        "new": 83,
        "run": second.folder.name,
    }
    assert second.records()[f"{SOURCE}:here"]["runtime_minutes"] == 83
    assert second.records()[f"{SOURCE}:here"]["provenance"]["run_id"] == second.folder.name


def test_an_event_that_left_the_site_stays(site: Site, tmp_path: Path) -> None:
    first = run(site, tmp_path)
    slug = b"/whats-on/here/" if HERE == "/whats-on/here/" else HERE.encode()
    del site.answers[HERE]
    for path, answer in list(site.answers.items()):
        if slug in answer.body and not is_event(path):
            site.answers[path] = replace(answer, body=answer.body.replace(slug, b"/elsewhere/"))
            tag(site, path)
    later(site)
    second = run(site, tmp_path)
    changed = [row["id"] for row in rows(second.folder / "changes.jsonl") if row["kind"] == "not_listed"]
    assert f"{SOURCE}:here" in changed
    assert second.records()[f"{SOURCE}:here"] == first.records()[f"{SOURCE}:here"]
    later(site)
    site.answers = {**bundled_site().answers}
    third = run(site, tmp_path)
    returned = [row["id"] for row in rows(third.folder / "changes.jsonl") if row["kind"] == "returned"]
    assert f"{SOURCE}:here" in returned


def test_a_run_of_some_pages_takes_nothing_away(site: Site, tmp_path: Path) -> None:
    first = run(site, tmp_path)
    second = run(site, tmp_path, only="here", discover="none")
    assert second.outcome is Outcome.ACCEPTED
    assert second.records() == first.records()
    assert rows(second.folder / "changes.jsonl") == []


def test_a_run_that_fails_changes_nothing(site: Site, tmp_path: Path) -> None:
    first = run(site, tmp_path)
    before = first.dataset.read_bytes()
    for path in [path for path in site.answers if is_event(path)]:
        site.answers[path] = replace(site.answers[path], status=503, headers={})
    second = run(site, tmp_path)
    assert second.outcome is Outcome.TOO_MANY_FAILED
    assert (second.folder / "changes.jsonl").read_bytes() == b""
    assert second.dataset.read_bytes() == before
    assert rows(run(bundled_site(), tmp_path).folder / "changes.jsonl") == [], "nor does it leave a trace"


# ------------------------------------------------------------------ nothing is taken on trust
def test_a_body_that_is_no_longer_archived_is_fetched(site: Site, tmp_path: Path) -> None:
    first = run(site, tmp_path)
    for name in ("pages.warc.gz", "captures.jsonl"):
        (first.folder / name).unlink()
    second = run(site, tmp_path)
    assert second.counts["unchanged"] == 0
    assert second.dataset.read_bytes() == first.dataset.read_bytes()


def test_an_older_version_s_records_are_read_again(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the archive: the site is not asked for bytes that are there."""
    first = run(site, tmp_path)
    monkeypatch.setattr(conditional, "_EXTRACTOR", b'"extractor":"filmscrape 99"')
    second = run(site, tmp_path)
    assert second.counts["unchanged"] == 0
    assert second.counts["extracted"] == first.counts["extracted"]
    assert received(second) < 0.1 * received(first)


def test_a_page_that_is_no_event_any_more_is_asked_for_anew(site: Site, tmp_path: Path) -> None:
    run(site, tmp_path)
    other = next(path for path, answer in site.answers.items() if answer.kind == "not_event")
    site.answers[HERE] = site.answers[other]
    assert run(site, tmp_path).counts["unreadable"] == 1
    second = run(site, tmp_path)
    assert [row["url"] for row in second.rows("rejected.jsonl")].count(SPIDER.event_url("here")) == 1


# ------------------------------------------------------------------ sitemaps
@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def with_lastmod(site: Site, when: datetime, lastmod: bytes) -> None:
    """Answer at this time, with sitemaps that say when all pages were changed."""
    site.answers = {path: replace(answer, date=when) for path, answer in site.answers.items()}
    for path, answer in site.answers.items():
        if answer.kind == "sitemap":
            body, number = re.subn(rb"(?<=<lastmod>)[^<]+", lastmod, answer.body)
            assert number
            site.answers[path] = replace(answer, body=body)
            tag(site, path)
    site.asked.clear()


def asked_again(site: Site) -> set[str]:
    return {path for path in site.asked if is_event(path)}


def test_a_past_event_whose_page_has_not_moved_is_spared(site: Site, now: datetime, tmp_path: Path) -> None:
    with_lastmod(site, now, b"2025-11-01")
    first = run(site, tmp_path)
    past = {urlsplit(row["url"]).path for row in first.records().values() if row["status"] == "past"}
    assert past
    site.asked.clear()
    second = run(site, tmp_path)
    assert not past & asked_again(site)
    assert second.counts["spared"] == len(past)
    assert second.counts["unchanged"] == len(first.records()) - len(past)
    assert second.dataset.read_bytes() == first.dataset.read_bytes()
    assert second.outcome is Outcome.ACCEPTED
    site.asked.clear()
    third = run(site, tmp_path, {"ASK_AGAIN_AFTER_DAYS": 0})
    assert third.counts["spared"] == 0, "every page is asked for again in time"
    assert past <= asked_again(site)


def test_a_page_whose_lastmod_moved_is_asked_for(site: Site, now: datetime, tmp_path: Path) -> None:
    with_lastmod(site, now, b"2025-11-01")
    run(site, tmp_path)
    with_lastmod(site, now, b"2025-11-02")
    assert run(site, tmp_path).counts["spared"] == 0


# ------------------------------------------------------------------ whose dataset it is
def test_what_a_stand_in_shows_is_not_mixed_with_the_site_s(site: Site, tmp_path: Path) -> None:
    first = run(site, tmp_path)
    report = first.folder / "run.json"
    report.write_text(report.read_text().replace('"mirror": "127.0.0.1"', '"mirror": null'))
    before = first.dataset.read_bytes()
    change(site, HERE, (b"82 min", b"83 min"))
    second = run(site, tmp_path)
    assert second.outcome is Outcome.USAGE
    assert f"was read from {SPIDER.site} and this run from 127.0.0.1" in second.verdict.message
    assert second.dataset.read_bytes() == before
    assert second.report["timings"].keys() == {"crawl", "write"}


# ------------------------------------------------------------------ pages that are no event's any more
def test_a_page_that_was_an_event_and_is_not_recognised_any_more_is_a_loss(site: Site, tmp_path: Path) -> None:
    first = run(site, tmp_path)
    later(site)
    blank = b"<!doctype html><html><body><main><h1>Members</h1><p>Join us.</p></main></body></html>"
    site.answers[HERE] = replace(site.answers[HERE], body=blank)
    tag(site, HERE)
    second = run(site, tmp_path)
    assert second.counts["not_an_event"] == first.counts["not_an_event"], "what never was one is none now"
    assert second.counts["unreadable"] == 1
    (row,) = rows(second.folder / "rejected.jsonl")
    assert row["url"] == SPIDER.event_url("here")
    assert "an earlier run read one" in row["errors"][0]["reason"]
    assert second.records()[f"{SOURCE}:here"]["title"] == "Here", "it stays in the dataset"


def test_many_such_pages_are_a_layout_that_nobody_knows_and_fail_the_run(site: Site, tmp_path: Path) -> None:
    run(site, tmp_path)
    later(site)
    for path in filter(is_event, site.answers):
        if site.answers[path].status == 200 and site.answers[path].kind == "event":
            body = re.sub(rb"(?s)<main.*</main>", b"<main></main>", site.answers[path].body)
            site.answers[path] = replace(site.answers[path], body=body)
            tag(site, path)
    assert run(site, tmp_path).outcome is Outcome.TOO_MANY_FAILED
