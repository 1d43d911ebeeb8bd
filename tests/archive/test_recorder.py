"""What a crawl leaves in its WARC, read back by warcio."""

import gzip
import json
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from scrapy import Request
from scrapy.http import Response

from filmscrape.archive.index import INDEX, WARC, read_entries
from filmscrape.archive.reader import read_captures, read_records
from filmscrape.archive.recorder import answer_of
from filmscrape.fixtures import Answer, Site, serve
from filmscrape.runs.outcome import Outcome
from tests.archive.test_writer import by_warcio, sound
from tests.crawling import (
    NO_DELAY,
    ROOT,
    SOURCE,
    Crawl,
    bundled_site,
    command,
    crawl,
    environment,
    load_spider,
    rows,
    scrapy,
)

SPIDER = load_spider()
PATH = urlsplit(SPIDER.event_url("here")).path
ONLY_HERE = {"only": "here", "discover": "none"}


def run(site: Site, output: Path, settings: dict[str, Any] | None = None, **arguments: str) -> Crawl:
    with serve(site) as origin:
        return crawl(output, {"base_url": origin, **arguments}, settings)


def responses(path: Path) -> dict[str, dict[str, Any]]:
    """The response and revisit records by path and query."""
    found = {}
    for record in by_warcio(path):
        if record["WARC-Type"] in ("response", "revisit"):
            parts = urlsplit(record["WARC-Target-URI"])
            found[parts.path + (f"?{parts.query}" if parts.query else "")] = record
    return found


# ------------------------------------------------------------------ a whole crawl
@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Crawl, Crawl, Site]:
    """Two crawls of a site that does not change, from one address."""
    site = bundled_site()
    site.answers[urlsplit(SPIDER.event_url("moved-here")).path] = Answer(status=301, headers={"Location": PATH})
    output = tmp_path_factory.mktemp("output")
    only = {"only": "here,casablanca,moved-here,no-such-event"}
    with serve(site) as origin:
        first = crawl(output, {"base_url": origin, **only})
        return first, crawl(output, {"base_url": origin, **only}), site


def test_every_answer_is_there_as_it_came(whole: tuple[Crawl, Crawl, Site]) -> None:
    crawl, _, site = whole
    found = responses(crawl.folder / WARC)
    assert sound(crawl.folder / WARC)
    assert set(found) == set(site.asked)
    for target, record in found.items():
        if record["WARC-Type"] == "response" and target in site.answers and site.answers[target].body:
            body = gzip.decompress(record["body"]) if record["body"].startswith(b"\x1f\x8b") else record["body"]
            assert body == site.answers[target].body
    packed = [record for record in found.values() if record["body"].startswith(b"\x1f\x8b")]
    assert len(packed) > 3, "bodies stay packed"
    assert {record["WARC-IP-Address"] for record in found.values()} == {"127.0.0.1"}


def test_redirects_errors_and_robots_are_there(whole: tuple[Crawl, Crawl, Site]) -> None:
    found = responses(whole[0].folder / WARC)
    moved, gone = (urlsplit(SPIDER.event_url(slug)).path for slug in ("moved-here", "no-such-event"))
    assert found["/robots.txt"]["http"] == "200 OK"
    assert found[moved]["http"] == "301 Moved Permanently"
    assert found[gone]["http"] == "404 Not Found"
    (page,) = (capture for capture in read_captures(whole[0].folder / WARC, []) if capture.url.endswith(gone))
    assert b"Page not found" in page.body


def test_requests_stand_before_their_answers(whole: tuple[Crawl, Crawl, Site]) -> None:
    records = by_warcio(whole[0].folder / WARC)[1:]
    for request, response in zip(records[::2], records[1::2], strict=True):
        assert request["WARC-Type"] == "request"
        assert request["WARC-Target-URI"] == response["WARC-Target-URI"]
        assert request["WARC-Concurrent-To"] == response["WARC-Record-ID"]
    first = next(record for record in read_records(whole[0].folder / WARC, []) if record.kind == "request")
    lines = first.block.decode().split("\r\n")
    assert lines[0] == "GET /robots.txt HTTP/1.1"
    assert lines[1].startswith("Host: 127.0.0.1:")
    assert "Accept-Encoding: gzip, deflate" in lines
    assert any(line.startswith("User-Agent: filmscrape/") for line in lines)


def test_records_name_their_capture(whole: tuple[Crawl, Crawl, Site]) -> None:
    for done in whole[:2]:
        captures = {capture.record_id: capture for capture in read_captures(done.folder / WARC, [], _elsewhere(whole))}
        for record in rows(done.folder / "events.jsonl"):
            if record["provenance"]["run_id"] != done.report["run_id"]:
                continue
            capture = captures[record["provenance"]["warc_record_id"]]
            assert SPIDER.canonical(capture.url) == record["url"]
            assert record["provenance"]["fetched_at"] == capture.captured_at.strftime("%Y-%m-%dT%H:%M:%SZ")
            assert b"<title>" in capture.body


def _elsewhere(whole: tuple[Crawl, Crawl, Site]) -> Any:
    from filmscrape.archive.index import SourceArchive

    return SourceArchive(whole[0].folder.parent).resolve


def test_an_unchanged_site_is_referred_to(whole: tuple[Crawl, Crawl, Site]) -> None:
    first, second, _ = whole
    kinds = {target: record["WARC-Type"] for target, record in responses(second.folder / WARC).items()}
    empty = urlsplit(SPIDER.event_url("moved-here")).path
    assert {kind for target, kind in kinds.items() if target != empty} == {"revisit"}
    assert sound(second.folder / WARC)
    assert (second.folder / WARC).stat().st_size < (first.folder / WARC).stat().st_size / 4
    assert second.report["archive"]["responses"] == 1
    ids = {record["WARC-Record-ID"] for record in by_warcio(first.folder / WARC)}
    assert all(
        record["WARC-Refers-To"] in ids
        for record in responses(second.folder / WARC).values()
        if record["WARC-Type"] == "revisit"
    )


def test_run_json_counts_what_is_there(whole: tuple[Crawl, Crawl, Site]) -> None:
    for done in whole[:2]:
        report = json.loads((done.folder / "run.json").read_text())["archive"]
        entries = list(read_entries(done.folder / WARC))
        assert report["responses"] == sum(entry.kind == "response" for entry in entries)
        assert report["revisits"] == sum(entry.kind == "revisit" for entry in entries)
        assert report["bytes"] == (done.folder / WARC).stat().st_size
        assert report["repaired"] == {}


def test_the_first_record_says_whose_archive_it_is(tmp_path: Path) -> None:
    done = run(bundled_site(), tmp_path, {"WARC_OPERATOR": "Film Archive <web@archive.test>"}, **ONLY_HERE)
    info = by_warcio(done.folder / WARC)[0]
    text = info["body"].decode()
    assert info["WARC-Filename"] == WARC
    assert "operator: Film Archive <web@archive.test>\r\n" in text
    assert "robots: obey\r\n" in text
    assert f"isPartOf: {done.report['run_id']}\r\n" in text
    assert "software: filmscrape/" in text


def test_without_a_warc(tmp_path: Path) -> None:
    done = run(bundled_site(), tmp_path, {"WARC": "0"}, **ONLY_HERE)
    assert done.outcome is Outcome.ACCEPTED
    assert not {WARC, INDEX} & {path.name for path in done.folder.iterdir()}
    assert done.report["archive"] is None
    assert [record["provenance"]["warc_record_id"] for record in done.records().values()] == [None]


def test_an_answer_without_a_date_has_one_time(tmp_path: Path) -> None:
    """The clock is asked once: the record and its capture agree."""
    with raw_site({PATH: b"Connection: close\r\n\r\n" + bundled_site().answers[PATH].body}) as origin:
        done = crawl(tmp_path, {"base_url": origin, **ONLY_HERE})
    (record,) = done.records().values()
    assert responses(done.folder / WARC)[PATH]["WARC-Date"] == record["provenance"]["fetched_at"]


# ------------------------------------------------------------------ over the wire
@contextmanager
def raw_site(answers: dict[str, bytes]) -> Iterator[str]:
    """A site that sends what is given behind its status line: header fields, a blank line, and any bytes."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            found = answers.get(self.path)
            status = b"HTTP/1.1 404 Not Found\r\n" if found is None else b"HTTP/1.1 200 OK\r\n"
            self.wfile.write(status + (found or b"Content-Length: 0\r\n\r\n"))
            self.close_connection = found is not None

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def chunks(body: bytes) -> bytes:
    return b"".join(
        b"%x\r\n%s\r\n" % (len(body[at : at + 999]), body[at : at + 999]) for at in range(0, len(body), 999)
    )


@pytest.mark.parametrize("handler", ["Twisted", "aiohttp"])
def test_chunks_are_undone_and_packing_is_not(handler: str, tmp_path: Path) -> None:
    page = bundled_site().answers[PATH].body
    stored = gzip.compress(page)
    head = b"Content-Type: text/html\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
    with raw_site({PATH: head + chunks(stored) + b"0\r\n\r\n"}) as origin:
        arguments = {"base_url": origin, **ONLY_HERE}
        if handler == "aiohttp":
            crawl(tmp_path, arguments)
        else:
            given = [part for name, value in arguments.items() for part in ("-a", f"{name}={value}")]
            assert scrapy("crawl", SOURCE, *given, OUTPUT_DIR=tmp_path, **NO_DELAY).returncode == 0
    (warc,) = tmp_path.glob(f"*/runs/*/{WARC}")
    assert sound(warc)
    assert responses(warc)[PATH]["body"] == stored
    damage: list[Any] = []
    (capture,) = (capture for capture in read_captures(warc, damage) if capture.url.endswith(PATH))
    assert (capture.stored_body, capture.body, damage) == (stored, page, [])
    assert capture.header("transfer-encoding") is None
    if handler == "aiohttp":  # Twisted keeps that field to itself
        assert capture.header("x-crawler-transfer-encoding") == "chunked"
        assert capture.header("content-length") == str(len(stored))


def test_what_goes_to_the_proxy_stays_there() -> None:
    request = Request("http://user@site.test:8000/a?b=c#d", headers={"Proxy-Authorization": "Basic secret", "A": "1"})
    recorded = answer_of(request, Response(request.url, status=299, body=b"x"))
    assert recorded.request == b"GET /a?b=c HTTP/1.1\r\nHost: site.test:8000\r\nA: 1"
    assert recorded.response == b"HTTP/1.1 299"
    assert recorded.url == "http://user@site.test:8000/a?b=c"
    assert recorded.ip is None


def test_a_body_that_broke_off_is_marked() -> None:
    response = Response("http://site.test/", body=b"half", flags=["dataloss"])
    assert answer_of(Request("http://site.test/"), response).truncated == "disconnect"


def test_what_was_tried_again_is_there_each_time(tmp_path: Path) -> None:
    site = bundled_site()
    site.answers[PATH] = Answer(b"busy", 503)
    done = run(site, tmp_path, {"RETRY_TIMES": 2}, **ONLY_HERE)
    statuses = [record["http"] for record in by_warcio(done.folder / WARC) if record["WARC-Type"] != "request"]
    assert statuses.count("503 Service Unavailable") == 3
    assert done.report["archive"]["revisits"] == 2, "the body of an error is written once, too"


# ------------------------------------------------------------------ accidents
@pytest.mark.long
def test_killed_in_the_middle(tmp_path: Path) -> None:
    """Every whole record is readable; what is torn is cut off and counted when the next run meets it."""
    site = bundled_site()
    with serve(site) as origin:
        line = command("crawl", SOURCE, "-a", f"base_url={origin}", OUTPUT_DIR=tmp_path,
                       **{**NO_DELAY, "DOWNLOAD_DELAY": 0.05})  # fmt: skip
        process = subprocess.Popen(line, cwd=ROOT, env=environment(), stdout=-1, stderr=-1)
        deadline = time.monotonic() + 30
        while len(site.asked) < 30 and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        (warc,) = tmp_path.glob(f"*/runs/*/{WARC}")
        assert sound(warc)
        before = [record.id for record in read_records(warc, [])]
        assert len(before) >= 1 + 2 * 28, "all but the answers that were under way"
        assert not warc.with_name(INDEX).exists()

        content = warc.read_bytes()
        warc.write_bytes(content[:-100])
        torn = crawl(tmp_path, {"base_url": origin, **ONLY_HERE})
    assert torn.outcome is Outcome.ACCEPTED
    assert list(torn.report["archive"]["repaired"]) == [warc.parent.name]
    assert torn.report["archive"]["repaired"][warc.parent.name] > 0
    assert [record.id for record in read_records(warc, [])] == before[:-1]
    assert sound(warc)


def test_a_full_disk_ends_the_run(tmp_path: Path) -> None:
    with serve(bundled_site()) as origin:
        line = command("crawl", SOURCE, "-a", f"base_url={origin}", OUTPUT_DIR=tmp_path, **NO_DELAY)
        # 400 blocks of 512 bytes a file: less than the WARC needs, more than any other file has by then
        full = ["sh", "-c", 'ulimit -f 400; exec "$@"', "sh", *line]
        done = subprocess.run(full, cwd=ROOT, env=environment(), capture_output=True, text=True)
    assert done.returncode == 3
    assert "cannot write" in done.stderr.splitlines()[-1]
    assert not list(tmp_path.glob("*/events.jsonl"))
    (warc,) = tmp_path.glob(f"*/runs/*/{WARC}")
    assert sound(warc), "the record that did not fit was taken off again"
    assert len(list(read_records(warc, []))) > 3


def test_an_archive_that_cannot_be_begun_ends_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", "pages.warc.gz")

    monkeypatch.setattr("filmscrape.archive.writer.LineFile.append", full)
    with pytest.raises(OSError, match="No space left"):
        run(bundled_site(), tmp_path, None, **ONLY_HERE)
