"""Reading stored captures again: the bytes of the crawl, whatever the file, the order and the number of processes."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from filmscrape.archive import parallel
from filmscrape.archive import pieces as cutting
from filmscrape.archive.extraction import NOT_READ, OTHER_SITE, Archive
from filmscrape.archive.parallel import in_order
from filmscrape.archive.pieces import next_start, pieces, read_pieces
from filmscrape.archive.replay import UNRESOLVED, Replay, archive_of
from filmscrape.fixtures import Answer, Fixture, serve
from tests.crawling import SOURCE, Crawl, bundled_site, crawl, load_spider, rows
from tests.fixtures import fixture_folders
from tests.foreign_warcs import Kept, chunked, pack_whole, record, site_answers, write_warc

SPIDER = load_spider()
HOME = SPIDER.site


def replay(output: Path, *paths: Path, jobs: int = 1, publish: bool = False) -> tuple[Replay, dict[str, Any]]:
    """Read files again; the replay and what its one source's ``run.json`` says."""
    work = Replay(output, [SPIDER], jobs, publish=publish, examples=3)
    work.read([archive_of(path, [SPIDER]) for path in paths])
    (report,) = work.finish()
    return work, report


def events(report: dict[str, Any]) -> bytes:
    return (Path(report["folder"]) / "events.jsonl").read_bytes()


def records(report: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row in rows(Path(report["folder"]) / "events.jsonl")}


def event_fixtures() -> list[Fixture]:
    return [fixture for fixture in Fixture.all(fixture_folders()[0]) if (fixture.folder / "expected.json").exists()]


def event_url(slug: str) -> str:
    return SPIDER.event_url(slug)


def page(title: str, year: int, director: str, runtime: int | None = None) -> bytes:
    """A fixture page of a film with other facts, whole otherwise."""
    (here,) = (fixture for fixture in event_fixtures() if fixture.expected["id"].endswith(":here"))
    text = here.body.decode()
    expected = here.expected
    for old, new in (
        (expected["title"], title),
        (str(expected["year"]), str(year)),
        (expected["crew"][0]["name"], director),
    ):
        text = re.sub(rf"(?<=>)(\s*){re.escape(old)}(\s*)(?=<)", rf"\g<1>{new}\g<2>", text)
    minutes = f"{expected['runtime_minutes']} min"
    return text.replace(minutes, f"{runtime} min" if runtime else "").encode()


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Crawl:
    """A crawl of the bundled site."""
    with serve(bundled_site()) as origin:
        return crawl(tmp_path_factory.mktemp("crawled"), {"base_url": origin})


# ------------------------------------------------------------------ a crawl's own captures
def test_a_crawl_read_again_gives_the_same_bytes(crawled: Crawl, tmp_path: Path) -> None:
    work, report = replay(tmp_path, crawled.folder / "pages.warc.gz")
    assert events(report) == (crawled.folder / "events.jsonl").read_bytes()
    assert report["exit_code"] == 0
    for name in ("fetched", "extracted", "not_an_event", "valid", "unique", "written", "sightings", "problems"):
        assert report["counts"][name] == crawled.counts[name], name
    assert work.told.damage == []


def test_also_where_the_run_was_to_read_a_part(tmp_path: Path) -> None:
    with serve(bundled_site()) as origin:
        series = crawl(tmp_path / "series", {"base_url": origin, "discover": "series,sitemap"})
        only = crawl(tmp_path / "only", {"base_url": origin, "only": "here,casablanca"})
    for run in (series, only):
        _, report = replay(tmp_path / "again", run.folder / "pages.warc.gz")
        assert events(report) == (run.folder / "events.jsonl").read_bytes()


def test_a_file_that_was_taken_out_of_its_folder_still_names_its_run(crawled: Crawl, tmp_path: Path) -> None:
    moved = tmp_path / "taken.warc.gz"
    moved.write_bytes((crawled.folder / "pages.warc.gz").read_bytes())
    _, report = replay(tmp_path, moved)
    assert events(report) == (crawled.folder / "events.jsonl").read_bytes()


def test_bodies_of_an_earlier_run_are_found(tmp_path: Path) -> None:
    """The second crawl of an unchanged site keeps references to what the first one kept."""
    with serve(bundled_site()) as origin:
        crawl(tmp_path, {"base_url": origin})
        second = crawl(tmp_path, {"base_url": origin})
    assert second.report["archive"]["revisits"] > 40
    for jobs in (1, 2):
        work, report = replay(tmp_path, second.folder / "pages.warc.gz", jobs=jobs)
        assert events(report) == (second.folder / "events.jsonl").read_bytes()
        assert work.told.others[UNRESOLVED] == 0
    alone = tmp_path / "alone.warc.gz"
    alone.write_bytes((second.folder / "pages.warc.gz").read_bytes())
    work = Replay(tmp_path / "elsewhere", [SPIDER], 1, publish=False, examples=3)
    work.read([archive_of(alone, [SPIDER])])
    assert work.told.others[UNRESOLVED] == second.report["archive"]["revisits"]
    assert work.told.damage == []


@pytest.mark.parametrize("size", [4_000, 50_000])
def test_the_number_of_processes_plays_no_part(
    crawled: Crawl, tmp_path: Path, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cutting.pieces, "__defaults__", (size,))
    path = crawled.folder / "pages.warc.gz"
    assert len(list(pieces(Archive(path, "run")))) > 2
    found = [replay(tmp_path, path, jobs=jobs)[1] for jobs in (1, 2, 3)]
    for name in ("events.jsonl", "skipped.jsonl", "rejected.jsonl", "failed.jsonl"):
        assert len({(Path(report["folder"]) / name).read_bytes() for report in found}) == 1
    assert found[0]["counts"] == found[1]["counts"] == found[2]["counts"]
    assert events(found[0]) == (crawled.folder / "events.jsonl").read_bytes()


# ------------------------------------------------------------------ files of others
def plain(path: Path, answers: list[Kept]) -> Path:
    return write_warc(path, answers, packed=False)


def whole(path: Path, answers: list[Kept]) -> Path:
    return pack_whole(write_warc(path, answers, packed=False))


def wget(path: Path, answers: list[Kept]) -> Path:
    return write_warc(path, answers, like_wget=True)


def in_chunks(path: Path, answers: list[Kept]) -> Path:
    for kept in answers:
        kept.headers = [("Content-Type", "text/html"), ("Transfer-Encoding", "chunked")]
        kept.body = chunked(kept.body)
    return write_warc(path, answers)


def resources(path: Path, answers: list[Kept]) -> Path:
    for kept in answers:
        kept.type = "resource"
    return write_warc(path, answers)


@pytest.mark.parametrize("written", [plain, whole, wget, in_chunks, resources])
@pytest.mark.parametrize("jobs", [1, 2])
def test_every_kind_of_file_gives_the_fixtures_records(
    written: Callable[[Path, list[Kept]], Path], jobs: int, tmp_path: Path
) -> None:
    fixtures = event_fixtures()
    answers = [Kept(f.meta["url"], f.body, f.meta["captured_at"]) for f in fixtures]
    answers.insert(3, Kept("https://elsewhere.example/whats-on/here/", b"<html>"))
    answers.insert(5, Kept(HOME + "/about/", b"<html>"))
    work, report = replay(tmp_path, written(tmp_path / "others.warc", answers), jobs=jobs)
    found = records(report)
    assert work.told.damage == []
    assert (work.told.others[OTHER_SITE], work.told.others[NOT_READ]) == (1, 1)
    assert set(found) == {fixture.expected["id"] for fixture in fixtures}
    for fixture in fixtures:
        got = found[fixture.expected["id"]]
        wanted = {name: value for name, value in fixture.expected.items() if name in got}
        assert {name: got[name] for name in wanted} == wanted
        assert got["provenance"]["fetched_at"] == fixture.meta["captured_at"]
        assert got["provenance"]["run_id"].startswith("others.warc")


def test_capture_dates_decide_the_years_of_screenings(tmp_path: Path) -> None:
    """The same page captured in two years: the printed weekday fits one year each."""
    fixture = next(f for f in event_fixtures() if f.expected["screenings"])
    year = int(fixture.meta["captured_at"][:4])
    dates = [fixture.meta["captured_at"], f"{year + 6}{fixture.meta['captured_at'][4:]}"]
    starts = []
    for date in dates:
        path = write_warc(tmp_path / f"{date[:4]}.warc.gz", [Kept(fixture.meta["url"], fixture.body, date)])
        _, report = replay(tmp_path, path)
        (record,) = records(report).values()
        starts.append({s["starts_at"][:4] for s in record["screenings"]})
    assert starts[0] == {s["starts_at"][:4] for s in fixture.expected["screenings"]}
    assert starts[0].isdisjoint(starts[1])


def test_what_is_no_page_is_counted_with_its_reason(tmp_path: Path) -> None:
    fixture = event_fixtures()[0]
    answers = [
        Kept(fixture.meta["url"], fixture.body),
        Kept(event_url("moved"), b"", status="301 Moved", headers=[("Location", event_url("elsewhere"))]),
        Kept(event_url("gone"), b"<html>gone", status="404 Not Found"),
        Kept(event_url("broken"), b"<html>", status="503 Service Unavailable"),
        Kept(event_url("empty"), b"<html><body><main><p>Hello.</p></main></body></html>"),
        Kept(event_url("cut-off"), fixture.body[: len(fixture.body) // 2]),
        Kept(event_url("packed"), b"\x1f\x8b\x08\x00broken", headers=[("Content-Encoding", "gzip")]),
    ]
    work, report = replay(tmp_path, write_warc(tmp_path / "mixed.warc.gz", answers))
    counts = report["counts"]
    assert report["exit_code"] == 0
    assert (counts["listed"], counts["skipped"], counts["failed"]) == (7, {"moved": 1}, 2)
    assert (counts["fetched"], counts["extracted"]) == (4, 1)
    assert counts["not_an_event"] + counts["unreadable"] == 3
    folder = Path(report["folder"])
    assert {row["reason"] for row in rows(folder / "failed.jsonl")} == {"HTTP 404", "HTTP 503"}
    assert f"redirects to {event_url('elsewhere')}" in {row["reason"] for row in rows(folder / "skipped.jsonl")}
    assert work.told.damage == []


def test_a_page_that_is_as_it_was_counts_on_its_new_day(tmp_path: Path) -> None:
    """A server's 304, and a redirect whose body is that of an earlier one, are kept as revisits."""
    (here,) = (f for f in event_fixtures() if f.expected["id"].endswith(":here"))
    url, old, new = here.meta["url"], "2023-10-20T17:05:12Z", "2024-10-20T17:05:12Z"
    path = write_warc(tmp_path / "revisits.warc", [Kept(url, here.body, old)], packed=False)
    for target, status in ((url, "304 Not Modified"), (event_url("moved"), "301 Moved")):
        block = f"HTTP/1.1 {status}\r\nLocation: {url}\r\n\r\n".encode()
        refers = {"WARC-Refers-To-Target-URI": url, "WARC-Refers-To-Date": old}
        with path.open("ab") as file:
            file.write(record("revisit", target, new, "application/http; msgtype=response", block, **refers))
    work, report = replay(tmp_path, path)
    (found,) = records(report).values()
    assert (found["first_seen"], found["last_seen"], found["provenance"]["fetched_at"]) == (old, new, new)
    assert found["provenance"]["http_status"] == 304
    assert found["title"] == here.expected["title"]
    assert (report["counts"]["skipped"], report["counts"]["failed"]) == ({"moved": 1}, 0)
    assert work.told.others[UNRESOLVED] == 0


# ------------------------------------------------------------------ damage
def offsets(path: Path) -> list[int]:
    return [piece.start for piece in pieces(Archive(path, ""), 1)]


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("size", [2_000, 1 << 20])
def test_a_damaged_file_gives_what_can_be_read(
    jobs: int, size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cutting.pieces, "__defaults__", (size,))
    fixtures = event_fixtures()[:8]
    path = write_warc(tmp_path / "torn.warc.gz", [Kept(f.meta["url"], f.body) for f in fixtures])
    begins = offsets(path)
    assert len(begins) == 8
    data = bytearray(path.read_bytes())
    data[begins[3] + 200 : begins[3] + 260] = bytes(60)
    path.write_bytes(data[: begins[7] + 400])
    work, report = replay(tmp_path, path, jobs=jobs)
    found = [place.offset for place in work.damaged]
    assert (found[0], found[-1]) == (begins[3], begins[7])
    assert all(begins[3] <= offset < begins[4] for offset in found[:-1]), "one broken record, whatever is said of it"
    assert set(records(report)) == {f.expected["id"] for f in fixtures} - {
        fixtures[3].expected["id"],
        fixtures[7].expected["id"],
    }
    assert report["exit_code"] == 18
    assert [place["offset"] for place in report["damage"]] == found


def test_a_record_that_holds_an_archive_is_not_cut_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An archive within a record looks like records to whoever begins to read in its middle."""
    fixtures = event_fixtures()[:3]
    inner = write_warc(tmp_path / "inner.warc", [Kept(f.meta["url"], f.body) for f in fixtures[:2]], packed=False)
    kept = [
        Kept("https://elsewhere.example/download", inner.read_bytes()),
        Kept(fixtures[2].meta["url"], fixtures[2].body),
    ]
    path = write_warc(tmp_path / "outer.warc", kept, packed=False)
    monkeypatch.setattr(cutting.pieces, "__defaults__", (3_000,))
    assert sum(1 for _ in pieces(Archive(path, ""))) > 2
    for jobs in (1, 2):
        work, report = replay(tmp_path, path, jobs=jobs)
        assert set(records(report)) == {fixtures[2].expected["id"]}
        assert work.told.captures == 2
        assert work.told.damage == []


def test_places_where_records_begin(tmp_path: Path) -> None:
    path = write_warc(tmp_path / "a.warc.gz", [Kept(event_url("a"), b"x"), Kept(event_url("b"), b"y")])
    begins = offsets(path)
    assert len(begins) == 2
    assert next_start(path, begins[1]) == begins[1]
    assert next_start(path, begins[1] + 1) is None
    far = tmp_path / "far.bin"
    far.write_bytes(b"\x1f\x8b\x08" + bytes(200_000) + path.read_bytes())
    assert next_start(far, 0) == 200_003


# ------------------------------------------------------------------ several captures of one event
def test_the_newest_capture_wins_in_whatever_order_of_files(tmp_path: Path) -> None:
    old = Kept(event_url("here"), page("Here", 2023, "Bas Devos", 99), "2023-10-20T17:00:00Z")
    new = Kept(event_url("here"), page("Here (4K)", 2023, "Bas Devos"), "2025-10-20T17:00:00Z")
    older = write_warc(tmp_path / "a.warc.gz", [old])
    newer = write_warc(tmp_path / "b.warc.gz", [new])
    found = {events(replay(tmp_path, *order)[1]) for order in ((older, newer), (newer, older))}
    assert len(found) == 1
    (record,) = map(json.loads, found.pop().splitlines())
    assert (record["title"], record["runtime_minutes"]) == ("Here", 99)
    assert record["notes"] == ["4K"]
    assert record["provenance"]["fetched_at"] == new.date
    assert record["provenance"]["run_id"] == "b.warc.gz"
    assert (record["first_seen"], record["last_seen"]) == (old.date, new.date)


def test_two_films_at_one_address_stay_two_events(tmp_path: Path) -> None:
    hawks = Kept(event_url("scarface"), page("Scarface", 1932, "Howard Hawks", 93), "2022-10-20T17:00:00Z")
    palma = Kept(event_url("scarface"), page("Scarface", 1983, "Brian De Palma"), "2024-10-20T17:00:00Z")
    path = write_warc(tmp_path / "both.warc.gz", [palma, hawks])
    _, report = replay(tmp_path, path)
    found = records(report)
    assert list(found) == [f"{SOURCE}:scarface", f"{SOURCE}:scarface--1983"]
    first, second = found.values()
    assert (first["year"], first["runtime_minutes"], first["crew"][0]["name"]) == (1932, 93, "Howard Hawks")
    assert (second["year"], second["runtime_minutes"], second["crew"][0]["name"]) == (1983, None, "Brian De Palma")
    counts = report["counts"]
    assert (counts["valid"], counts["unique"], counts["duplicates"], counts["written"]) == (2, 2, 0, 2)


# ------------------------------------------------------------------ what it costs
@pytest.mark.parametrize("written", [write_warc, plain, whole])
def test_no_more_than_some_captures_are_in_memory(
    written: Callable[[Path, list[Kept]], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also of a file that cannot be cut."""
    monkeypatch.setattr(cutting, "_CAPTURES", 7)
    monkeypatch.setattr(cutting, "PIECE", 10)
    fixture = event_fixtures()[0]
    path = written(tmp_path / "many.warc", [Kept(event_url(f"film-{n}"), fixture.body) for n in range(40)])
    batches = [extracted for _, extracted in read_pieces([Archive(path, "run")], [SPIDER], 1)]
    assert sum(batch.captures for batch in batches) == 40
    assert all(batch.captures <= 7 for batch in batches)
    lines = [line.id for batch in batches for found in batch.by_source.values() for line in found.lines]
    assert lines == [f"{SOURCE}:film-{n}" for n in range(40)], "in the order of the file"


def test_work_is_read_ahead_a_little_only() -> None:
    """Answers do not pile up where the reader is slower than the processes."""
    begun = 0

    def work() -> Iterator[int]:
        nonlocal begun
        for number in range(100):
            begun += 1
            yield number

    ahead = []
    for taken, (number, answer) in enumerate(in_order(work(), abs, 2), 1):
        assert number == answer == taken - 1
        ahead.append(begun - taken)
    assert len(ahead) == 100
    assert max(ahead) <= 6


@pytest.mark.parametrize("method", ["fork", "forkserver", "spawn"])
def test_however_processes_are_started(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "start_method", lambda: method)
    work = [-3, 2, -1, 0] * 3
    assert list(in_order(work, abs, 2)) == [(number, abs(number)) for number in work]


def test_a_process_with_threads_is_not_copied() -> None:
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    try:
        assert parallel.start_method() != "fork"
    finally:
        done.set()
        thread.join()


def test_answers_of_a_web_archive_stand_for_the_pages_that_it_kept(tmp_path: Path) -> None:
    fixture = next(f for f in event_fixtures() if f.expected["screenings"])
    stamp = re.sub(r"\D", "", fixture.meta["captured_at"])
    url = f"https://web.archive.example/web/{stamp}id_/{fixture.meta['url']}"
    _, report = replay(tmp_path, write_warc(tmp_path / "wb.warc.gz", [Kept(url, fixture.body)]))
    (record,) = records(report).values()
    assert record["url"] == fixture.expected["url"]
    assert record["screenings"] == fixture.expected["screenings"]
    assert record["provenance"]["fetched_at"] == fixture.meta["captured_at"]


def test_lists_fill_what_pages_lack(tmp_path: Path) -> None:
    """The whole site as others would have kept it gives what a crawl of it gives, but for its provenance."""
    site = bundled_site()
    site.answers["/elsewhere"] = Answer(b"<html>")
    with serve(bundled_site()) as origin:
        run = crawl(tmp_path / "crawl", {"base_url": origin})
    path = write_warc(tmp_path / "site.warc.gz", site_answers(site, HOME))
    _, report = replay(tmp_path, path)
    for row in (found := records(report)).values():
        row.pop("provenance")
    wanted = run.records()
    for row in wanted.values():
        row.pop("provenance")
    assert found == wanted


# ------------------------------------------------------------------ what stands in the place of a page
def test_a_blocked_page_is_lost_for_the_same_reason(tmp_path: Path) -> None:
    """In the words of the crawl, and not as a page that is no event or cannot be read."""
    challenge = b"<html><head><title>Just a moment...</title></head><body></body></html>"
    site = bundled_site()
    (calendar,) = (path for path, answer in site.answers.items() if answer.kind == "calendar")
    stand_ins = {
        event_url("here"): Answer(challenge),
        event_url("casablanca"): Answer(b" "),
        event_url("spirited-away"): Answer(challenge, 403),
        event_url("log-in-first"): Answer(status=302, headers={"Location": "/wp-login.php"}),
        HOME + calendar: Answer(challenge),
    }
    for url, answer in stand_ins.items():
        site.answers[url.removeprefix(HOME)] = answer
    slugs = "here,casablanca,spirited-away,log-in-first,no-such-event"
    with serve(site) as origin:
        crawled = crawl(tmp_path, {"base_url": origin, "only": slugs, "discover": "calendar"})
    _, report = replay(tmp_path / "again", crawled.folder / "pages.warc.gz")
    again = rows(Path(report["folder"]) / "failed.jsonl")
    reasons = [
        {urlsplit(row["url"]).path: row["reason"] for row in found} for found in (crawled.rows("failed.jsonl"), again)
    ]
    assert len(reasons[0]) == len(stand_ins) + 1, "and one that is not there"
    assert [reason.startswith("blocked: ") for reason in reasons[0].values()].count(False) == 1
    assert reasons[0] == reasons[1]
    for name in ("failed", "blocked", "refused", "discovery_failed"):
        assert report["counts"][name] == crawled.counts[name], name
