"""A web archive is read in place of the site: against a stand-in for the Internet Archive, and against a real pywb."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote_plus, unquote_plus, urlsplit

import pytest

from filmscrape.archive.captures import Damage
from filmscrape.archive.reader import read_captures
from filmscrape.archive.wayback import replayed
from filmscrape.fixtures import Answer, Site, serve
from filmscrape.items import ScrapedEvent
from filmscrape.runs.outcome import Outcome
from tests import pywb
from tests.crawling import SOURCE, Crawl, bundled_site, crawl, load_spider, scrapy
from tests.pywb import Page

SPIDER = load_spider()
SITE = bundled_site()
ALL_DAYS = "2022-01-01..2026-12-31"
OF_THE_RUN = ("last_seen", "provenance")
NAMES = ["urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "length"]


# ------------------------------------------------------------------ pages
def path_of(slug: str) -> str:
    return urlsplit(SPIDER.event_url(slug)).path


def page(slug: str, date: str = "", *changes: tuple[bytes, bytes], url: str = "") -> Page:
    """A capture of a bundled page, on another day or with another text where that is wanted."""
    answer = SITE.answers[path_of(slug)]
    body = answer.body
    for old, new in changes:
        assert old in body
        body = body.replace(old, new)
    captured_at = datetime.fromisoformat(date).replace(tzinfo=UTC) if date else answer.date
    return Page(url or SPIDER.event_url(slug), captured_at, body)


def everything() -> list[Page]:
    """All bundled pages as a crawler of others may have captured them: listings, feeds and errors too."""
    return [
        Page(SPIDER.site + path, answer.date, answer.body, answer.status, tuple(answer.headers.items()))
        for path, answer in SITE.answers.items()
    ]


def events() -> set[str]:
    return {SPIDER.site + path for path, answer in SITE.answers.items() if answer.kind == "event"}


# ------------------------------------------------------------------ an archive
class Archive(Site):
    """The two addresses of the Internet Archive that matter, as it answers there."""

    def __init__(self, pages: Iterable[Page], robots: bytes | None = None) -> None:
        super().__init__(
            {} if robots is None else {"/robots.txt": Answer(robots, headers={"Content-Type": "text/plain"})}
        )
        self.pages = sorted(pages, key=lambda page: (urlkey(page.url), stamp(page)))
        self.index_answer: Answer | None = None
        self.hears_filters = True
        self.has_resume_keys = True
        self.has_dates = True

    def answer(self, target: str) -> Answer:
        found = super().answer(target)  # notes it; what a test laid there goes first
        if target in self.answers:
            return found
        if target.startswith("/cdx/search/cdx?"):
            return self.index_answer or self.index(parse_qsl(target.partition("?")[2], strict_parsing=True))
        return next((self.replay(page) for page in self.pages if address(page) == target), found)

    def replay(self, page: Page) -> Answer:
        headers = {**dict(page.headers), "x-archive-orig-date": "Thu, 01 Jan 1970 00:00:00 GMT"}
        if self.has_dates:
            headers["Memento-Datetime"] = format_datetime(page.captured_at, usegmt=True)
        return Answer(page.body, page.status, headers)

    def index(self, parameters: list[tuple[str, str]]) -> Answer:
        asked = dict(parameters)
        assert asked["matchType"] == "prefix"
        assert asked["output"] == "json"
        filters = [value.partition(":")[::2] for name, value in parameters if name == "filter"]
        assert filters == [("statuscode", "200"), ("mimetype", "text/html")]
        after = unquote_plus(asked["resumeKey"]) if self.has_resume_keys and "resumeKey" in asked else ""
        rows: list[list[str]] = []
        for page in self.pages:
            key, timestamp = urlkey(page.url), stamp(page)
            kind = dict(page.headers)["Content-Type"].partition(";")[0]
            row = [key, timestamp, page.url, kind, str(page.status), digest(page), str(len(page.body))]
            if self.hears_filters and not (
                key.startswith(urlkey(f"http://{asked['url']}"))
                and f"{key} {timestamp}" > after
                and asked["from"] <= timestamp <= asked["to"]
                and all(row[NAMES.index(name)] == value for name, value in filters)
                and (key, digest(page)) not in [(other[0], other[5]) for other in rows[-1:]]
            ):
                continue
            rows.append(row)
        limit = int(asked["limit"])
        answer: list[list[str]] = [NAMES, *rows[:limit]] if rows else []
        if len(rows) > limit and self.has_resume_keys:
            answer += [[], [quote_plus(f"{rows[limit - 1][0]} {rows[limit - 1][1]}")]]
        body = ("[" + ",\n".join(map(json.dumps, answer)) + "]\n").encode()
        return Answer(body, headers={"Content-Type": "application/json"})

    def captures_asked(self) -> list[str]:
        return [target for target in self.asked if replayed(target)]

    def index_asked(self) -> list[str]:
        return [target for target in self.asked if target.startswith("/cdx/")]


def urlkey(url: str) -> str:
    parts = urlsplit(url.lower())
    host = (parts.hostname or "").removeprefix("www.")
    return f"{','.join(reversed(host.split('.')))}){parts.path.rstrip('/')}"


def stamp(page: Page) -> str:
    return f"{page.captured_at:%Y%m%d%H%M%S}"


def address(page: Page) -> str:
    return f"/web/{stamp(page)}id_/{page.url}"


def digest(page: Page) -> str:
    return hashlib.sha1(page.body).hexdigest().upper()


def read(archive: Archive, output: Path, **arguments: str) -> Crawl:
    with serve(archive) as origin:
        return crawl(output, {"wayback": ALL_DAYS, "wayback_url": origin, **arguments})


def content(crawl: Crawl) -> dict[str, dict[str, Any]]:
    """The records without what differs between two runs by nature."""
    return {
        record["url"]: {name: value for name, value in record.items() if name not in OF_THE_RUN}
        for record in crawl.records().values()
    }


@pytest.fixture(scope="module")
def direct(tmp_path_factory: pytest.TempPathFactory) -> Crawl:
    """The same pages, read from the site itself: each answer has the date of its capture."""
    with serve(bundled_site()) as origin:
        slugs = ",".join(url.rstrip("/").rpartition("/")[2] for url in events())
        return crawl(tmp_path_factory.mktemp("direct"), {"base_url": origin, "discover": "none", "only": slugs})


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Crawl, Archive]:
    archive = Archive(everything())
    return read(archive, tmp_path_factory.mktemp("archive")), archive


# ------------------------------------------------------------------ the whole way
def test_records_are_those_of_the_site_itself(whole: tuple[Crawl, Archive], direct: Crawl) -> None:
    read, _ = whole
    assert read.outcome is Outcome.ACCEPTED
    assert read.records().keys() == direct.records().keys()
    assert content(read) == content(direct)
    assert content(read).keys() == events()


def test_the_capture_decides_the_dates(whole: tuple[Crawl, Archive]) -> None:
    read, archive = whole
    dates = {page.url: f"{page.captured_at:%Y-%m-%dT%H:%M:%SZ}" for page in archive.pages}
    for record in read.records().values():
        assert record["first_seen"] == record["last_seen"] == record["provenance"]["fetched_at"] == dates[record["url"]]
    years = {screening["starts_at"][:4] for record in read.records().values() for screening in record["screenings"]}
    assert {"2022", "2023", "2025", "2026"} <= years


def test_only_robots_index_and_captures_are_asked_for_each_once(whole: tuple[Crawl, Archive]) -> None:
    _, archive = whole
    assert set(Counter(archive.asked).values()) == {1}
    assert archive.asked[0] == "/robots.txt"
    assert len(archive.index_asked()) == 1
    assert len(archive.asked) == 2 + len(archive.captures_asked())


def test_counts_add_up(whole: tuple[Crawl, Archive]) -> None:
    read, archive = whole
    counts = read.counts
    assert counts["listed"] == counts["fetched"] == len(archive.captures_asked())
    assert counts["extracted"] == counts["written"] == len(events())
    assert counts["discovery_fetched"] == 1
    assert counts["discovery_failed"] == counts["refused"] == 0


def test_a_second_reading_gives_the_same_bytes(whole: tuple[Crawl, Archive], tmp_path: Path) -> None:
    archive = Archive(everything())
    with serve(archive) as origin:
        settings = {"CONCURRENT_REQUESTS": 8, "CONCURRENT_REQUESTS_PER_DOMAIN": 8}
        other = crawl(tmp_path, {"wayback": ALL_DAYS, "wayback_url": origin}, settings)
    assert content(other) == content(whole[0])


def test_a_capture_that_a_run_holds_is_not_asked_for_again(tmp_path: Path) -> None:
    archive = Archive(everything())
    with serve(archive) as origin:
        arguments = {"wayback": ALL_DAYS, "wayback_url": origin}
        settings = {"CONCURRENT_REQUESTS": 8, "CONCURRENT_REQUESTS_PER_DOMAIN": 8}
        part = crawl(tmp_path, {**arguments, "max_events": "5"}, settings)
        asked = archive.captures_asked()
        named = {r["id"]: r["provenance"]["warc_record_id"] for r in part.records().values()}
        whole = crawl(tmp_path, arguments, settings)
    assert len(asked) == len(named) == 5
    assert set(Counter(archive.captures_asked()).values()) == {1}
    assert len(archive.captures_asked()) == whole.counts["fetched"]
    assert whole.records().keys() > named.keys()
    for record in whole.records().values():
        assert record["provenance"]["warc_record_id"] is not None
        if record["id"] in named:
            assert record["provenance"]["warc_record_id"] == named[record["id"]]


def test_the_runs_own_archive_names_the_capture(whole: tuple[Crawl, Archive]) -> None:
    """Where a record comes from is in the run's WARC: the record that it names has the archive's address."""
    read, archive = whole
    damage: list[Damage] = []
    stored = {capture.record_id: capture for capture in read_captures(read.folder / "pages.warc.gz", damage)}
    captured = {page.url: page for page in archive.pages}
    assert damage == []
    for record in read.records().values():
        capture = stored[record["provenance"]["warc_record_id"]]
        assert capture.url.endswith(address(captured[record["url"]]))
        assert capture.body == captured[record["url"]].body


def test_a_reading_can_be_read_again_from_the_runs_own_archive(whole: tuple[Crawl, Archive]) -> None:
    crawl, _ = whole
    done = scrapy("replay", str(crawl.folder), OUTPUT_DIR=crawl.dataset.parent.parent)
    assert done.returncode == 0, done.stderr
    assert f"0 added, 0 changed, {len(events())} unchanged" in done.stdout


# ------------------------------------------------------------------ dates
@pytest.mark.parametrize("has_dates", [True, False], ids=["header", "address"])
def test_screenings_get_the_year_of_the_capture_not_of_the_reading(has_dates: bool, tmp_path: Path) -> None:
    archive = Archive([page("decision-to-leave")])
    archive.has_dates = has_dates
    (record,) = read(archive, tmp_path).records().values()
    assert record["first_seen"] == "2022-12-16T19:20:11Z"
    assert [s["starts_at"][:10] for s in record["screenings"]][:3] == ["2022-12-30", "2022-12-31", "2023-01-03"]


def test_days_are_in_utc_and_both_included(tmp_path: Path) -> None:
    moments = ["2022-08-31T23:59:59", "2022-09-01T00:00:00", "2022-09-02T23:59:59", "2022-09-03T00:00:00"]
    archive = Archive(page("here", moment, (b"82 min", b"%d min" % at)) for at, moment in enumerate(moments, 90))
    read(archive, tmp_path, wayback="2022-09-01..2022-09-02", captures="all")
    asked = [capture.timestamp for target in archive.captures_asked() if (capture := replayed(target))]
    assert sorted(asked) == ["20220901000000", "20220902235959"]


def test_a_server_that_ignores_what_it_is_asked_is_not_believed(tmp_path: Path) -> None:
    elsewhere = page("here", "2023-05-01", url=SPIDER.event_url("here").replace("://", "://other."))
    gone = replace(page("paris-texas", "2023-05-01"), status=404)
    archive = Archive([page("here", "2021-05-01"), page("vertigo", "2023-05-01"), gone, elsewhere])
    archive.hears_filters = False
    crawl = read(archive, tmp_path)
    assert content(crawl).keys() == {SPIDER.event_url("vertigo")}
    assert crawl.counts["listed"] == 1


# ------------------------------------------------------------------ choice
THREE = (
    ("2022-10-01", (b"82 min", b"80 min")),
    ("2023-03-01", (b"82 min", b"81 min")),
    ("2023-10-20",),
)


def three() -> list[Page]:
    return [page("here", date, *changes) for date, *changes in THREE]


def test_the_newest_capture_is_read_and_the_others_are_accounted_for(tmp_path: Path) -> None:
    archive = Archive(three())
    crawl = read(archive, tmp_path)
    (record,) = crawl.records().values()
    assert record["runtime_minutes"] == 82
    assert len(archive.captures_asked()) == 1
    assert crawl.counts["listed"] == 3
    assert crawl.counts["skipped"] == {"older_capture": 2}


def test_each_distinct_capture_is_read_when_all_are_wanted(tmp_path: Path) -> None:
    again = [replace(page, captured_at=page.captured_at.replace(day=28)) for page in three()]
    archive = Archive([*three(), *again])
    crawl = read(archive, tmp_path, captures="all")
    (record,) = crawl.records().values()
    assert sorted(archive.captures_asked()) == sorted(map(address, three()))
    assert record["runtime_minutes"] == 82
    assert (record["first_seen"], record["last_seen"]) == ("2022-10-01T00:00:00Z", "2023-10-20T00:00:00Z")
    assert crawl.counts["fetched"] == 3
    assert crawl.counts["duplicates"] == 2


def test_spellings_of_one_address_are_one_event(tmp_path: Path) -> None:
    url = SPIDER.event_url("here")
    spellings = [url, url.rstrip("/"), url.replace("https://", "http://www."), f"{url}?utm_source=mail"]
    pages = [page("here", f"2023-10-{day}", url=spelling) for day, spelling in enumerate(spellings, 11)]
    archive = Archive(pages)
    crawl = read(archive, tmp_path)
    assert content(crawl).keys() == {url}
    assert len(archive.captures_asked()) == 1, "one body"


def test_older_captures_fill_and_never_replace(tmp_path: Path) -> None:
    """The page of a past event lists no screenings any more: they come from the time before."""
    newer = page(
        "decision-to-leave", "2023-06-01", (b"138 min", b"139 min"), (b"c-event-instance", b"gone"), (b"Vancity", b"")
    )
    newer.body = newer.body.split(b'<section id="book')[0] + b"</article></main></body></html>"
    older = page("decision-to-leave")
    records = [
        read(Archive(pages), tmp_path / name, captures="all").records()[f"{SOURCE}:decision-to-leave"]
        for name, pages in (("one", [newer, older]), ("other", [older, newer]))
    ]
    assert records[0]["runtime_minutes"] == 139
    assert [s["starts_at"][:10] for s in records[0]["screenings"]][:3] == ["2022-12-30", "2022-12-31", "2023-01-03"]
    assert {name: records[0][name] for name in records[0] if name != "provenance"} == {
        name: records[1][name] for name in records[1] if name != "provenance"
    }


def test_two_films_at_one_address_stay_two_events(tmp_path: Path) -> None:
    other = page(
        "here", "2024-05-01", (b"<p>2023</p>", b"<p>1932</p>"), (b"Bas Devos", b"Howard Hawks"), (b"82 min", b"95 min")
    )
    records = read(Archive([page("here"), other]), tmp_path, captures="all").records()
    assert records.keys() == {f"{SOURCE}:here", f"{SOURCE}:here--1932"}
    assert [records[i]["runtime_minutes"] for i in sorted(records)] == [82, 95]
    assert {record["url"] for record in records.values()} == {SPIDER.event_url("here")}


# ------------------------------------------------------------------ captures that are no use
USELESS = {
    "not an event": (Answer(b"<!doctype html><html><body><main><h1>Members</h1></main></body></html>"), "not_an_event"),
    "cut off": (Answer(page("here").body[:9000]), "unreadable"),
    "gone": (Answer(b"", 404), "failed"),
    "refused": (Answer(b"", 503), "failed"),
    "another day": (Answer(status=302, headers={"Location": address(three()[0])}), "not_an_event"),
    "another page": (Answer(status=302, headers={"Location": address(page("vertigo", "2023-10-20"))}), "not_an_event"),
    "another host": (
        Answer(status=302, headers={"Location": "http://other.example" + address(three()[2])}),
        "not_an_event",
    ),
    "dated otherwise": (
        Answer(three()[1].body, headers={"Memento-Datetime": "Wed, 01 Mar 2023 00:00:00 GMT"}),
        "not_an_event",
    ),
    "itself": (Answer(status=302, headers={"Location": address(three()[2])}), "failed"),
    "nowhere": (Answer(status=302, headers={"Location": "http://[::1/"}), "not_an_event"),
}


@pytest.mark.parametrize(("answer", "fate"), USELESS.values(), ids=USELESS)
def test_the_next_older_capture_stands_in(answer: Answer, fate: str, tmp_path: Path) -> None:
    archive = Archive(three())
    newest = address(three()[2])
    archive.answers[newest] = replace(answer, headers={"Content-Type": "text/html", **answer.headers})
    crawl = read(archive, tmp_path)
    (record,) = crawl.records().values()
    assert record["runtime_minutes"] == 81
    assert crawl.counts[fate] == 1
    assert crawl.counts["skipped"] == {"older_capture": 1}
    assert set(archive.captures_asked()) == set(map(address, three()[1:]))
    (line,) = crawl.rows("failed.jsonl") + crawl.rows("skipped.jsonl") + crawl.rows("rejected.jsonl")
    assert line["url"].endswith(newest)


def test_a_capture_that_breaks_the_contract_is_no_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = SPIDER.event_page.read

    def breaking(self: Any) -> ScrapedEvent:
        item = honest(self)
        if self.captured_at.month == 10:
            item.title = ""
        return item

    monkeypatch.setattr(SPIDER.event_page, "read", breaking)
    archive = Archive(three())
    crawl = read(archive, tmp_path)
    assert crawl.counts["rejected"] == 1
    assert crawl.records()[f"{SOURCE}:here"]["runtime_minutes"] == 81


def test_the_search_for_a_usable_capture_is_bounded(tmp_path: Path) -> None:
    pages = [page("here", f"2023-0{month}-01", (b"82 min", b"%d min" % (80 + month))) for month in range(1, 8)]
    archive = Archive(pages)
    archive.answers |= {address(page): Answer(b"", 404) for page in pages[-SPIDER.max_captures :]}
    crawl = read(archive, tmp_path)
    assert crawl.outcome is Outcome.TOO_MANY_FAILED
    assert len(archive.captures_asked()) == SPIDER.max_captures == crawl.counts["failed"]
    assert crawl.counts["skipped"] == {"older_capture": len(pages) - SPIDER.max_captures}


def test_a_redirect_to_another_spelling_of_the_capture_is_followed(tmp_path: Path) -> None:
    secure = page("here")
    plain = replace(secure, url=secure.url.replace("https:", "http:"))
    archive = Archive([plain, secure])
    archive.answers[address(plain)] = Answer(status=302, headers={"Location": address(secure)})
    crawl = read(archive, tmp_path)
    assert archive.captures_asked() == [address(plain), address(secure)]
    assert content(crawl).keys() == {secure.url}
    assert crawl.counts["listed"] == crawl.counts["fetched"] == 1


# ------------------------------------------------------------------ index
def some_pages() -> list[Page]:
    """Three captures of each of three events, some seconds apart."""
    return [
        page(slug, f"2023-05-0{month}T00:00:0{month}", (b"</main>", b"<!-- %d --></main>" % month))
        for slug in ("here", "vertigo", "paris-texas")
        for month in (1, 2, 3)
    ]


@pytest.mark.parametrize("has_resume_keys", [True, False])
@pytest.mark.parametrize("rows", [1, 4, 9])
def test_a_long_index_is_read_in_parts(
    has_resume_keys: bool, rows: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By resume key, or by halves of the time where a server has none."""
    monkeypatch.setattr(SPIDER, "index_rows", rows)
    archive = Archive(some_pages())
    archive.has_resume_keys = has_resume_keys
    crawl = read(archive, tmp_path, captures="all", wayback="2023-05-01..2023-05-04")
    expected = len(some_pages())
    if rows == 1 and not has_resume_keys:
        expected = len({stamp(page) for page in some_pages()})  # three captures of one second
        assert crawl.counts["discovery_bounded"] == 3
    assert crawl.counts["listed"] == crawl.counts["fetched"] == expected
    assert set(Counter(archive.asked).values()) == {1}


def test_an_index_without_an_end_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SPIDER, "index_rows", 1)
    monkeypatch.setattr(SPIDER, "max_index_pages", 4)
    archive = Archive(some_pages())
    crawl = read(archive, tmp_path, captures="all")
    assert len(archive.index_asked()) == 4
    assert crawl.counts["discovery_bounded"] == 1
    assert crawl.counts["listed"] == 4


def test_an_index_that_names_the_same_resume_key_for_ever_is_left(tmp_path: Path) -> None:
    archive = Archive(some_pages())
    answer = [*json.loads(archive.index(index_query()).body), [], ["again"]]
    archive.index_answer = Answer(json.dumps(answer).encode())
    crawl = read(archive, tmp_path)
    assert len(archive.index_asked()) == 2
    assert len(crawl.records()) == 3


def test_what_is_broken_in_an_index_is_accounted_for_and_the_rest_read(tmp_path: Path) -> None:
    archive = Archive(some_pages())
    whole = archive.index(index_query()).body
    archive.index_answer = Answer(whole.replace(b'"20230502', b'20230502"'))
    crawl = read(archive, tmp_path, captures="all")
    assert crawl.counts["listed"] == 6
    assert crawl.counts["discovery_failed"] == 1
    (line,) = crawl.rows("failed.jsonl")
    assert line["reason"] == "3 captures of 9 that cannot be read"


@pytest.mark.parametrize(
    ("answer", "outcome", "words"),
    [
        (Answer(b"[]"), Outcome.TOO_FEW_EVENTS, "no event was found"),
        (Answer(b"<title>Sorry</title>"), Outcome.TOO_MANY_FAILED, ": no index of captures"),
        (Answer(b"", 503), Outcome.TOO_MANY_FAILED, "HTTP 503"),
        (Answer(b"", 404), Outcome.TOO_MANY_FAILED, "HTTP 404"),
    ],
)
def test_without_an_index_nothing_is_published(answer: Answer, outcome: Outcome, words: str, tmp_path: Path) -> None:
    archive = Archive(some_pages())
    archive.index_answer = answer
    crawl = read(archive, tmp_path)
    assert crawl.outcome is outcome
    assert words in crawl.verdict.message
    assert not crawl.dataset.exists()
    assert archive.captures_asked() == []


def index_query() -> list[tuple[str, str]]:
    names = {"url": SPIDER.capture_prefix, "matchType": "prefix", "output": "json", "limit": "99"}
    filters = [("filter", "statuscode:200"), ("filter", "mimetype:text/html")]
    return [*names.items(), ("from", "2022"), ("to", "2027"), *filters]


# ------------------------------------------------------------------ scope and manners
def test_events_can_be_named(tmp_path: Path) -> None:
    archive = Archive(everything())
    crawl = read(archive, tmp_path, only="here,vertigo,never-shown")
    assert content(crawl).keys() == {SPIDER.event_url("here"), SPIDER.event_url("vertigo")}
    assert len(archive.index_asked()) == 3
    assert len(archive.captures_asked()) == 2
    (line,) = crawl.rows("failed.jsonl")
    assert line == {
        "url": SPIDER.event_url("never-shown"),
        "kind": "capture",
        "reason": "the archive has no capture of it",
    }


def test_an_event_whose_index_cannot_be_read_may_have_captures(tmp_path: Path) -> None:
    archive = Archive(everything())
    archive.index_answer = Answer(b"", 404)
    crawl = read(archive, tmp_path, only="here")
    assert [line["kind"] for line in crawl.rows("failed.jsonl")] == ["index"]
    assert crawl.counts["listed"] == 0


def test_an_event_beyond_the_bound_is_not_missing(tmp_path: Path) -> None:
    crawl = read(Archive(some_pages()), tmp_path, only="here,vertigo", max_events="1")
    assert content(crawl).keys() == {SPIDER.event_url("here")}
    assert crawl.counts["failed"] == 0
    assert crawl.counts["skipped"] == {"max_events": 3, "older_capture": 2}


def test_at_most_so_many_events_are_read(tmp_path: Path) -> None:
    archive = Archive(some_pages())
    crawl = read(archive, tmp_path, max_events="2", captures="all")
    assert content(crawl).keys() == {SPIDER.event_url("here"), SPIDER.event_url("paris-texas")}
    assert crawl.counts["fetched"] == 6
    assert crawl.counts["skipped"] == {"max_events": 3}


def test_robots_of_the_archive_are_obeyed(tmp_path: Path) -> None:
    archive = Archive(three(), robots=b"User-agent: *\nDisallow: /cdx/\n")
    crawl = read(archive, tmp_path)
    assert crawl.outcome is Outcome.ROBOTS
    assert archive.asked == ["/robots.txt"]


def test_sitemaps_of_the_archive_are_of_no_interest(tmp_path: Path) -> None:
    archive = Archive(three(), robots=b"User-agent: *\nSitemap: /sitemap.xml\n")
    assert read(archive, tmp_path).outcome is Outcome.ACCEPTED
    assert "/sitemap.xml" not in archive.asked


def test_a_wrong_argument_is_one_line_before_any_request(tmp_path: Path) -> None:
    archive = Archive(three())
    with serve(archive) as origin:
        given = ("-a", f"wayback_url={origin}", "-a", "wayback=2024-12-31..2022-09-01")
        done = scrapy("crawl", SOURCE, *given, OUTPUT_DIR=tmp_path)
    assert done.returncode == 2
    assert done.stderr == "scrapy crawl: wayback='2024-12-31..2022-09-01' ends before it begins\n"
    assert archive.asked == []
    assert list(tmp_path.iterdir()) == []


# ------------------------------------------------------------------ a real archive
@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """pywb with the bundled pages, and four captures of two more states of one of them."""
    if not pywb.is_installed():
        pytest.skip(pywb.MISSING)
    folder = tmp_path_factory.mktemp("pywb")
    later = [replace(page, captured_at=page.captured_at.replace(hour=6)) for page in three()[:2]]
    pywb.write_warc(folder / "pages.warc.gz", [*everything(), *three()[:2], *later])
    with pywb.serve(folder, folder / "pages.warc.gz") as address:
        yield address


@pytest.mark.long
def test_pywb_records_are_those_of_the_site_itself(real: str, direct: Crawl, tmp_path: Path) -> None:
    read = crawl(tmp_path, {"wayback": ALL_DAYS, "wayback_url": real})
    assert read.outcome is Outcome.ACCEPTED
    assert content(read) == content(direct)
    assert read.counts["skipped"] == {"older_capture": 2}
    years = {s["starts_at"][:4] for record in read.records().values() for s in record["screenings"]}
    assert {"2022", "2023", "2025", "2026"} <= years


@pytest.mark.long
def test_pywb_captures_are_merged_by_their_dates(real: str, tmp_path: Path) -> None:
    newest = crawl(tmp_path / "newest", {"wayback": ALL_DAYS, "wayback_url": real, "only": "here"})
    every = crawl(tmp_path / "all", {"wayback": ALL_DAYS, "wayback_url": real, "only": "here", "captures": "all"})
    assert every.counts["fetched"] == 3
    (one,), (other,) = newest.records().values(), every.records().values()
    assert one["first_seen"] == "2023-10-20T17:05:12Z"
    assert other["first_seen"] == "2022-10-01T00:00:00Z"
    assert one["runtime_minutes"] == other["runtime_minutes"] == 82
    before = crawl(tmp_path / "before", {"wayback": "2022-01-01..2023-10-19", "wayback_url": real, "only": "here"})
    (old,) = before.records().values()
    assert (old["first_seen"], old["runtime_minutes"]) == ("2023-03-01T00:00:00Z", 81)


@pytest.mark.long
@pytest.mark.parametrize("rows", [2, 40])
def test_pywb_gives_a_long_index_in_parts(
    rows: int, real: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SPIDER, "index_rows", rows)
    named = {"only": "here"} if rows == 2 else {}  # 31 of the pages were captured in one second
    read = crawl(tmp_path, {"wayback": ALL_DAYS, "wayback_url": real, "captures": "all", **named})
    assert read.counts["discovery_fetched"] >= 3
    assert read.counts["discovery_bounded"] == 0
    assert read.counts["listed"] == read.counts["fetched"]
    assert len(read.records()) == (1 if named else len(events()))
    assert read.counts["duplicates"] == 2
