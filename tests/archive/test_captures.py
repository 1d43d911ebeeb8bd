import zlib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from filmscrape.archive.captures import StoredCapture, UnreadableCapture, captured_at, read_http_date
from tests.warcs import packed, raw_deflate

PAGE = "<p>Les cinq diables — Léa Mysius</p>".encode() * 100


def capture(body: bytes, *headers: tuple[str, str]) -> StoredCapture:
    when = datetime(2023, 10, 20, tzinfo=UTC)
    return StoredCapture("https://site.test/", when, 200, headers, body, "<urn:uuid:1>", Path("pages.warc.gz"), 0)


@pytest.mark.parametrize(
    ("coding", "stored"),
    [
        ("gzip", packed(PAGE)),
        ("x-gzip", packed(PAGE)),
        ("GZIP", packed(PAGE)),
        ("gzip", packed(PAGE[:700]) + packed(PAGE[700:])),
        ("gzip", packed(PAGE) + b"\0\0 padding"),
        ("deflate", zlib.compress(PAGE)),
        ("deflate", raw_deflate(PAGE)),
        ("gzip, identity", packed(PAGE)),
        ("deflate, gzip", packed(zlib.compress(PAGE))),
        ("identity", PAGE),
        ("", PAGE),
    ],
)
def test_content_coding_is_undone(coding: str, stored: bytes) -> None:
    assert capture(stored, ("content-Encoding", coding)).body == PAGE


def test_codings_in_several_fields() -> None:
    stored = packed(zlib.compress(PAGE))
    assert capture(stored, ("Content-Encoding", "deflate"), ("Content-Encoding", "gzip")).body == PAGE


def test_body_that_was_unpacked_already() -> None:
    assert capture(PAGE, ("Content-Encoding", "gzip")).body == PAGE


def test_empty_body_needs_no_unpacking() -> None:
    assert capture(b"", ("Content-Encoding", "gzip")).body == b""


@pytest.mark.parametrize(
    ("coding", "stored", "reason"),
    [
        ("br", b"\x0b\x02\x80", "'br' cannot be undone"),
        ("gzip", packed(PAGE)[:-30], "cut off"),
        ("gzip", packed(PAGE)[:-8] + b"12345678", "damaged"),
        ("deflate", zlib.compress(PAGE)[:-30], "cut off"),
    ],
)
def test_body_that_cannot_be_unpacked(coding: str, stored: bytes, reason: str) -> None:
    with pytest.raises(UnreadableCapture, match=reason):
        _ = capture(stored, ("Content-Encoding", coding)).body


def test_a_body_that_unpacks_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("filmscrape.archive.captures._MAX_BODY", 1000)
    with pytest.raises(UnreadableCapture, match="too large"):
        _ = capture(packed(bytes(2000)), ("Content-Encoding", "gzip")).body
    assert capture(packed(bytes(900)), ("Content-Encoding", "gzip")).body == bytes(900)


def test_headers_are_found_whatever_their_case() -> None:
    found = capture(b"", ("CONTENT-type", "text/html"), ("Vary", "a"), ("vary", "b"))
    assert found.content_type == "text/html"
    assert found.header("vary") == "a, b"
    assert found.header("etag") is None


def test_an_answer_is_dated_by_its_date() -> None:
    assert captured_at(b"Fri, 20 Oct 2023 17:05:12 GMT") == datetime(2023, 10, 20, 17, 5, 12, tzinfo=UTC)


@pytest.mark.parametrize("value", [None, b"", b"soon", b"Fri, 99 Oct 2023 17:05:12 GMT", b"\xff"])
def test_without_a_date_the_clock_decides(value: bytes | None) -> None:
    assert read_http_date(value) is None
    before = datetime.now(UTC).replace(microsecond=0)
    assert before <= captured_at(value) <= datetime.now(UTC)
    assert captured_at(value).microsecond == 0
