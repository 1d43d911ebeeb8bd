"""``scrapy capture``: the stored page of an event, and one clear line where there is none."""

import argparse
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from filmscrape.archive.index import WARC
from filmscrape.archive.recorder import RunArchive
from filmscrape.archive.writer import Answer
from filmscrape.commands.capture import Command
from filmscrape.fixtures import serve
from tests.crawling import SOURCE, bundled_site, crawl, load_spider, project_settings, scrapy

SPIDER = load_spider()
HERE = SPIDER.event_url("here")
Run = Callable[..., tuple[int, bytes, str]]
ID = f"{SOURCE}:here"
MIRROR = f"http://127.0.0.1:8000{urlsplit(HERE).path}"
COPY = f"https://archive.test/web/20210203040506id_/{HERE}"

# What two runs were answered: address, day, status line, body.
RUNS = [
    [
        (HERE, "2023-10-20", "200 OK", b"<p>autumn</p>"),
        (f"{SPIDER.site}/robots.txt", "2023-10-20", "404 Not Found", b"no robots"),
        (SPIDER.event_url("gone"), "2023-10-20", "410 Gone", b"gone"),
    ],
    [
        (MIRROR, "2024-05-01", "200 OK", b"<p>spring</p>"),
        (HERE, "2024-06-01", "503 Service Unavailable", b"busy"),
        (COPY, "2024-07-01", "200 OK", b"<p>long ago</p>"),
        (SPIDER.event_url("there"), "2024-05-01", "200 OK", b"<p>there</p>"),
    ],
]


@pytest.fixture
def output(tmp_path: Path) -> Path:
    for number, answers in enumerate(RUNS):
        folder = tmp_path / SOURCE / "runs" / f"2026010{number}"
        folder.mkdir(parents=True)
        archive = RunArchive(folder, folder.parent, {"software": "test"})
        for url, day, status, body in answers:
            when = datetime.fromisoformat(f"{day}T12:00:00").replace(tzinfo=UTC)
            archive.record(Answer(url, when, b"GET / HTTP/1.1", f"HTTP/1.1 {status}\r\nX-Day: {day}".encode(), body),
                           int(status[:3]))  # fmt: skip
        archive.close()
    return tmp_path


@pytest.fixture
def printed(output: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> Run:
    """Run the command as ``scrapy`` drives it: exit code, standard output and standard error."""

    def run(*arguments: str) -> tuple[int, bytes, str]:
        capture = Command()
        capture.settings = project_settings()
        capture.settings.set("OUTPUT_DIR", str(output))
        parser = argparse.ArgumentParser(conflict_handler="resolve")
        capture.add_options(parser)
        try:
            options, rest = parser.parse_known_args(arguments)
            capture.process_options(rest, options)
            capture.run(rest, options)
        except SystemExit as end:
            capture.exitcode = int(str(end.code))
        out, err = capfdbinary.readouterr()
        return capture.exitcode, out, err.decode()

    return run


@pytest.mark.parametrize(
    ("arguments", "body"),
    [
        ((ID,), b"<p>spring</p>"),
        ((HERE,), b"<p>spring</p>"),
        ((HERE.rstrip("/"),), b"<p>spring</p>"),
        ((MIRROR,), b"<p>spring</p>"),
        ((ID, "--date", "2024-05-01"), b"<p>spring</p>"),
        ((ID, "--date", "2024-05-01T12:00:00Z"), b"<p>spring</p>"),
        ((ID, "--date", "2024-05-01T11:59:59"), b"<p>autumn</p>"),
        ((ID, "--date", "2024-04-30"), b"<p>autumn</p>"),
        ((ID, "--date", "2023-10-20"), b"<p>autumn</p>"),
        ((ID, "--date", "2023-10-19"), b"<p>long ago</p>"),
        ((ID, "--date", "2021-02-03"), b"<p>long ago</p>"),
        ((f"{SOURCE}:there",), b"<p>there</p>"),
        ((f"{SOURCE}:gone",), b"gone"),
        ((f"{SPIDER.site}/robots.txt",), b"no robots"),
    ],
)
def test_the_newest_page_not_after_a_date(arguments: tuple[str, ...], body: bytes, printed: Run) -> None:
    assert printed(*arguments) == (0, body, "")


def test_headers_and_place(printed: Run, output: Path) -> None:
    code, out, _ = printed(ID, "--headers")
    place, head, body = out.decode().split("\n\n")
    warc = output / SOURCE / "runs" / "20260101" / WARC
    assert (code, body) == (0, "<p>spring</p>")
    assert re.match(rf"{re.escape(str(warc))}: offset \d+\nWARC-Record-ID: <urn:uuid:", place)
    assert f"WARC-Target-URI: {MIRROR}\nWARC-Date: 2024-05-01T12:00:00Z" in place
    assert head == "HTTP/1.1 200 OK\nX-Day: 2024-05-01"


def test_one_record_by_its_id(printed: Run) -> None:
    """As ``provenance.warc_record_id`` names it."""
    _, out, _ = printed(ID, "--headers", "--date", "2023-10-20")
    record_id = re.search(rb"<(urn:uuid:[0-9a-f-]+)>", out)
    assert record_id is not None
    for name in (record_id[0].decode(), record_id[1].decode()):
        assert printed(name) == (0, b"<p>autumn</p>", "")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ((), "name one event"),
        ((ID, HERE), "name one event"),
        ((f"{SOURCE}:nowhere",), f"there is no capture of {SOURCE}:nowhere"),
        (
            ("nobody:here",),
            f"'nobody:here' is neither an event's id (<source>:<slug>) nor an address; sources: {SOURCE}",
        ),
        (("here",), "neither an event's id"),
        (("https://other.test/",), "there is no capture of https://other.test/"),
        (("urn:uuid:00000000-0000-4000-8000-000000000000",), "there is no capture of urn:uuid:"),
        ((ID, "--date", "2021-02-02"), "so early; the oldest is of 2021-02-03T04:05:06Z"),
        ((ID, "--date", "spring"), "'spring' is neither a day nor a time"),
        ((ID, "--raw"), "there is no option --raw"),
    ],
)
def test_what_is_not_there_is_one_line_and_exit_code_2(
    arguments: tuple[str, ...], complaint: str, printed: Run
) -> None:
    code, out, err = printed(*arguments)
    assert (code, out) == (2, b"")
    (line,) = err.splitlines()
    assert line.startswith("scrapy capture: ")
    assert complaint in line


def test_a_capture_that_is_damaged_exits_18(printed: Run, output: Path) -> None:
    warc = output / SOURCE / "runs" / "20260101" / WARC
    content = bytearray(warc.read_bytes())
    _, out, _ = printed(ID, "--headers")
    offset = int(out.split(b"offset ")[1].split(b"\n")[0])
    content[offset + 30] ^= 0x55
    warc.write_bytes(content)
    code, out, err = printed(ID)
    assert (code, out) == (18, b"")
    assert "cannot be read" in err


def test_a_body_that_cannot_be_unpacked_exits_18(printed: Run, output: Path) -> None:
    folder = output / SOURCE / "runs" / "20260102"
    folder.mkdir()
    archive = RunArchive(folder, folder.parent, {"software": "test"})
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: br"
    archive.record(Answer(HERE, datetime(2025, 1, 1, tzinfo=UTC), b"GET / HTTP/1.1", head, b"\x0b\x02"), 200)
    archive.close()
    code, out, err = printed(ID)
    assert (code, out) == (18, b"")
    assert "content coding 'br' cannot be undone" in err


def test_a_film_whose_address_another_film_has_now(printed: Run, output: Path) -> None:
    _, out, _ = printed(ID, "--headers", "--date", "2023-10-20")
    record_id = out.split(b"WARC-Record-ID: ")[1].split(b"\n")[0].decode()
    line = f'{{"id": "{ID}--1932", "provenance": {{"warc_record_id": "{record_id}"}}}}\n'
    (output / SOURCE / "events.jsonl").write_text(line)
    assert printed(f"{ID}--1932") == (0, b"<p>autumn</p>", "")
    assert printed(f"{ID}--1983")[0] == 2


def test_the_command_as_a_user_runs_it(tmp_path: Path) -> None:
    site = bundled_site()
    with serve(site) as origin:
        crawl(tmp_path, {"base_url": origin, "only": "here", "discover": "none"})
    done = scrapy("capture", ID, OUTPUT_DIR=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.encode() == site.answers[urlsplit(HERE).path].body
    assert "scrapy capture" in scrapy("capture", "--help").stdout
