"""The demonstration, and the site that it serves."""

import json
import re
import subprocess
import sys
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from filmscrape.demo import bundled, filled, main
from filmscrape.fixtures import Answer, Site, serve
from tests.crawling import ROOT, SOURCE, bundled_site, environment
from tests.terminal import ESCAPE, on_terminal


def demo(folder: Path) -> "subprocess.CompletedProcess[str]":
    line = [sys.executable, "-m", "filmscrape.demo"]
    return subprocess.run(line, cwd=folder, env=environment(), capture_output=True, text=True)


def test_demo_crawls_the_bundled_site(tmp_path: Path) -> None:
    (tmp_path / "fixtures").symlink_to(ROOT / "fixtures")
    done = demo(tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    *_, row, path = done.stdout.splitlines()
    assert path == f"output/{SOURCE}/events.jsonl"
    events = len((tmp_path / path).read_bytes().splitlines())
    assert re.fullmatch(rf"{SOURCE} +{events} +\d+ % +0 +\d+\.\d *", row)
    assert events == sum(answer.kind == "event" for answer in bundled_site().answers.values())


@pytest.mark.long
def test_demo_on_a_terminal_shows_how_far_it_is(tmp_path: Path) -> None:
    (tmp_path / "fixtures").symlink_to(ROOT / "fixtures")
    line = [sys.executable, "-m", "filmscrape.demo"]
    done = on_terminal(line, environment(), columns=40, cwd=tmp_path)
    assert (done.code, done.is_sane) == (0, True)
    assert re.search(rf"{SOURCE}: \d+ of \d+ events", done.seen)
    told = (ESCAPE.sub("", line).strip() for line in done.seen.splitlines())
    *_, row, path = filter(None, told)
    assert path == f"output/{SOURCE}/events.jsonl"
    assert re.fullmatch(rf"{SOURCE} +46 +\d+ % +0 +\d+\.\d", row)
    assert "…" not in ESCAPE.sub("", done.seen)


def test_ctrl_c_ends_the_demo_as_it_ends_the_crawl(tmp_path: Path) -> None:
    (tmp_path / "fixtures").symlink_to(ROOT / "fixtures")
    line = [sys.executable, "-m", "filmscrape.demo"]
    done = on_terminal(line, environment(), cwd=tmp_path, keys=(" events", "\x03"))
    assert (done.code, done.is_sane) == (11, True)
    assert "Traceback" not in done.seen
    assert "scrapy crawl: interrupted" in done.seen


def test_demo_fails_where_the_crawl_fails(tmp_path: Path) -> None:
    page = tmp_path / "fixtures" / SOURCE / "robots"
    page.mkdir(parents=True)
    meta = {"url": "https://festival.example/robots.txt", "captured_at": "2026-01-01T00:00:00Z", "status": 404}
    (page / "meta.json").write_text(json.dumps(meta))
    done = demo(tmp_path)
    assert done.returncode == 13
    assert "no event was found" in done.stderr


@pytest.mark.parametrize("arguments", [[], ["nobody"]])
def test_demo_without_pages_says_so(
    tmp_path: Path, arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT if arguments else tmp_path)
    assert main(arguments) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_fields_filled() -> None:
    events: list[dict[str, Any]] = [
        {"id": "a", "title": "Here", "year": 2023, "cast": [], "no_dialogue": False},
        {"id": "b", "title": "There", "year": None, "cast": [1], "no_dialogue": True},
    ]
    assert filled(events) == pytest.approx(100 * 5 / 7)
    assert filled([]) == 0


# ------------------------------------------------------------------ the site
def get(origin: str, target: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    connection = HTTPConnection(urlsplit(origin).netloc, timeout=5)
    connection.request("GET", target, headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, {name.lower(): value for name, value in answer.getheaders()}, body


def test_site_answers_as_it_was_captured() -> None:
    when = datetime(2023, 10, 20, 17, 5, 12, tzinfo=UTC)
    body = "Café ".encode() * 500
    page = Answer(body, 200, {"Content-Type": "text/plain", "Content-Encoding": "br", "ETag": '"x"'}, when)
    site = Site({"/page/": page, "/list?day=1": Answer(b"day", 410)})
    with serve(site) as origin:
        status, headers, plain = get(origin, "/page/")
        assert (status, plain, headers["date"]) == (200, body, "Fri, 20 Oct 2023 17:05:12 GMT")
        assert (headers["etag"], headers["content-type"]) == ('"x"', "text/plain")
        assert "content-encoding" not in headers
        _, headers, packed = get(origin, "/page/", **{"Accept-Encoding": "gzip"})
        assert headers["content-encoding"] == "gzip"
        assert len(packed) < len(body)
        assert get(origin, "/list?day=1")[::2] == (410, b"day")
        assert get(origin, "/list")[0] == 404
        status, headers, _ = get(origin, "/page")
        assert (status, headers["location"]) == (301, "/page/")
    assert site.asked == ["/page/", "/page/", "/list?day=1", "/list", "/page"]


def test_bundled_pages_are_found() -> None:
    assert bundled(ROOT / "fixtures") == [SOURCE]
    site = bundled_site()
    assert "/robots.txt" in site.answers
    assert all(answer.body for answer in site.answers.values() if answer.status == 200)
