"""WARCs as this program writes them: read back by warcio, checked by warcio, torn and repaired."""

import gzip
import os
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from warcio.archiveiterator import ArchiveIterator
from warcio.checker import Checker

from filmscrape.archive.captures import Damage
from filmscrape.archive.reader import read_captures, read_records
from filmscrape.archive.writer import NOT_MODIFIED, SAME_PAYLOAD, Answer, Earlier, WarcWriter, repair
from tests.warcs import digest, packed

WHEN = datetime(2023, 10, 20, 17, 5, 12, tzinfo=UTC)
PAGE = gzip.compress(b"<p>page</p>" * 50)
INFO = {"software": "filmscrape", "operator": "An archive\r\nX: 1"}


def answer(body: bytes = PAGE, url: str = "https://site.test/page/", **more: Any) -> Answer:
    return Answer(
        url,
        WHEN,
        b"GET /page/ HTTP/1.1\r\nHost: site.test",
        more.pop("response", b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip"),
        body,
        **more,
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "pages.warc.gz"


@pytest.fixture
def known() -> dict[str, Earlier]:
    return {}


@pytest.fixture
def writer(path: Path, known: dict[str, Earlier]) -> Iterator[WarcWriter]:
    writer = WarcWriter.open(path, INFO, known.get)
    yield writer
    writer.close()


def sound(path: Path) -> bool:
    """What ``warcio check`` says."""
    checker = Checker(CheckArguments([str(path)]))
    checker.process_all()
    return bool(checker.exit_value == 0)


class CheckArguments:
    verbose = False

    def __init__(self, inputs: list[str]) -> None:
        self.inputs = inputs


def by_warcio(path: Path) -> list[dict[str, Any]]:
    """Fields, HTTP status and stored body of every record."""
    found = []
    with path.open("rb") as file:
        for record in ArchiveIterator(file):
            fields = dict(record.rec_headers.headers)
            status = record.http_headers.statusline if record.http_headers else None
            fields |= {"version": record.rec_headers.protocol, "http": status, "body": record.raw_stream.read()}
            found.append(fields)
    return found


# ------------------------------------------------------------------ what is written
def test_an_independent_reader_finds_what_was_written(writer: WarcWriter, path: Path) -> None:
    written = writer.write(answer(ip="203.0.113.7"))
    info, request, response = by_warcio(path)
    assert sound(path)
    assert {record["version"] for record in (info, request, response)} == {"WARC/1.1"}
    assert info["body"] == b"software: filmscrape\r\noperator: An archive X: 1\r\n"
    assert (info["WARC-Type"], info["Content-Type"]) == ("warcinfo", "application/warc-fields")
    assert (request["WARC-Type"], request["http"]) == ("request", "/page/ HTTP/1.1")
    assert (response["WARC-Type"], response["http"], response["body"]) == ("response", "200 OK", PAGE)
    for record in (request, response):
        assert record["WARC-Date"] == "2023-10-20T17:05:12Z"
        assert record["WARC-Target-URI"] == "https://site.test/page/"
        assert record["WARC-IP-Address"] == "203.0.113.7"
        assert record["WARC-Warcinfo-ID"] == info["WARC-Record-ID"]
    assert response["WARC-Concurrent-To"] == request["WARC-Record-ID"]
    assert request["WARC-Concurrent-To"] == response["WARC-Record-ID"] == written.record_id
    assert response["WARC-Payload-Digest"] == digest(PAGE) == written.digest
    assert len({record["WARC-Record-ID"] for record in (info, request, response)}) == 3


def test_each_record_is_a_member_of_its_own(writer: WarcWriter, path: Path) -> None:
    last = writer.write(answer())
    content = path.read_bytes()
    starts = []
    while content:
        unpacker = zlib.decompressobj(31)
        starts.append(unpacker.decompress(content)[:9])
        content = unpacker.unused_data
    assert starts == [b"WARC/1.1\r"] * 3
    assert path.read_bytes()[last.offset :] == path.read_bytes()[-last.length :]


def test_what_was_written_is_read(writer: WarcWriter, path: Path) -> None:
    writer.write(answer())
    damage: list[Damage] = []
    (capture,) = read_captures(path, damage)
    assert (capture.body, capture.stored_body) == (gzip.decompress(PAGE), PAGE)
    assert (capture.captured_at, capture.url, damage) == (WHEN, "https://site.test/page/", [])


def test_every_record_is_whole_at_once(writer: WarcWriter, path: Path) -> None:
    """Nothing waits in a buffer: what a killed process leaves is what was written."""
    for number in range(3):
        writer.write(answer(b"%d" % number))
        assert len(list(read_records(path, []))) == 3 + 2 * number


def test_a_body_of_an_earlier_capture_is_referred_to(writer: WarcWriter, path: Path, known: dict[str, Earlier]) -> None:
    first = writer.write(answer())
    known[first.digest] = Earlier("https://site.test/page/", WHEN, first.record_id, first.digest)
    again = writer.write(answer(url="https://site.test/other/"))
    other = writer.write(answer(b"other"))
    assert (first.revisit, again.revisit, other.revisit) == (False, True, False)
    assert sound(path)
    record = by_warcio(path)[4]
    assert record["WARC-Type"] == "revisit"
    assert record["WARC-Profile"] == SAME_PAYLOAD
    assert record["WARC-Refers-To"] == first.record_id
    assert record["WARC-Refers-To-Target-URI"] == "https://site.test/page/"
    assert record["WARC-Refers-To-Date"] == "2023-10-20T17:05:12Z"
    assert record["WARC-Payload-Digest"] == first.digest
    assert (record["http"], record["body"]) == ("200 OK", b"")
    captures = list(read_captures(path, []))
    assert [capture.stored_body for capture in captures] == [PAGE, PAGE, b"other"]
    assert [capture.record_id for capture in captures] == [first.record_id, again.record_id, other.record_id]


def test_not_modified_refers_to_the_capture_that_is_still_good(writer: WarcWriter, path: Path) -> None:
    first = writer.write(answer())
    good = Earlier("https://site.test/page/", WHEN, first.record_id, first.digest)
    writer.write(answer(b"", response=b"HTTP/1.1 304 Not Modified\r\nETag: 7", not_modified=good))
    assert sound(path)
    assert by_warcio(path)[-1]["WARC-Profile"] == NOT_MODIFIED
    captures = list(read_captures(path, []))
    assert (captures[1].status, captures[1].body) == (304, gzip.decompress(PAGE))


def test_an_empty_body_refers_to_none(writer: WarcWriter, known: dict[str, Earlier]) -> None:
    known[digest(b"")] = Earlier("https://site.test/", WHEN, "<urn:uuid:1>", digest(b""))
    assert not writer.write(answer(b"")).revisit


def test_a_body_that_broke_off_says_so(writer: WarcWriter, path: Path, known: dict[str, Earlier]) -> None:
    known[digest(b"half")] = Earlier("https://site.test/", WHEN, "<urn:uuid:1>", digest(b"half"))
    assert not writer.write(answer(b"half", truncated="disconnect")).revisit
    assert by_warcio(path)[-1]["WARC-Truncated"] == "disconnect"


def test_a_file_that_is_there_is_not_added_to(writer: WarcWriter, path: Path) -> None:
    """Behind a tear nothing could be read."""
    with pytest.raises(FileExistsError):
        WarcWriter.open(path, INFO, lambda _: None)


# ------------------------------------------------------------------ repair
@pytest.fixture
def closed(writer: WarcWriter, path: Path) -> bytes:
    """A file of five records."""
    writer.write(answer())
    writer.write(answer(b"second"))
    writer.close()
    return path.read_bytes()


def test_a_whole_file_stays_as_it_is(closed: bytes, path: Path) -> None:
    assert (repair(path).records, repair(path).torn) == (5, 0)
    assert path.read_bytes() == closed


def test_a_torn_tail_is_cut_off_wherever_it_is_torn(closed: bytes, path: Path) -> None:
    ends = [record.offset + record.length for record in read_records(path, [])]
    for size in range(1, len(closed), 7):
        path.write_bytes(closed[:size])
        whole = max((end for end in ends if end <= size), default=0)
        done = repair(path)
        assert (done.torn, done.records) == (size - whole, sum(end <= size for end in ends))
        assert path.read_bytes() == closed[:whole]
        assert repair(path).torn == 0
    assert len(list(read_records(path, []))) == 4
    assert sound(path)


@pytest.mark.parametrize("tail", [bytes(1), bytes(5000), bytes(3_000_000)])
def test_zeros_that_a_power_cut_leaves_are_cut_off(closed: bytes, tail: bytes, path: Path) -> None:
    path.write_bytes(closed + tail)
    assert repair(path).torn == len(tail)
    assert path.read_bytes() == closed


@pytest.mark.parametrize("at", [40, 700, -6])
def test_other_damage_is_left_as_evidence(at: int, closed: bytes, path: Path) -> None:
    damaged = bytearray(closed)
    damaged[at] ^= 0x55
    path.write_bytes(damaged + b"garbage")
    assert repair(path).torn == 0
    assert path.read_bytes() == damaged + b"garbage"


def test_a_file_that_is_being_written_is_left_alone(writer: WarcWriter, path: Path) -> None:
    writer.write(answer())
    with path.open("ab") as file:
        file.write(b"\x1f\x8b\x08")
    size = os.path.getsize(path)
    assert repair(path).busy
    assert os.path.getsize(path) == size
    writer.close()
    assert (repair(path).torn, repair(path).busy) == (3, False)


def test_nothing_is_needed_of_what_is_no_member(path: Path) -> None:
    path.write_bytes(packed(b"no record"))
    assert repair(path).torn == 0
