"""The WARC that several workers wrote is one like any other."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from warcio.archiveiterator import ArchiveIterator

from filmscrape.archive.captures import Damage, StoredCapture
from filmscrape.archive.concatenation import JoinedArchive
from filmscrape.archive.index import INDEX, WARC, SourceArchive, is_indexed, read_entries, scan, write_index
from filmscrape.archive.reader import read_captures
from filmscrape.archive.recorder import RunArchive
from filmscrape.archive.wacz import packed_name
from filmscrape.archive.writer import Answer
from filmscrape.runs.stored import PARTS, StoredRun

WHEN = datetime(2026, 1, 1, tzinfo=UTC)
BODIES = {"a": [b"one", b"two", b"one"], "b": [b"one", b"three"], "c": []}


def answer(url: str, body: bytes) -> Answer:
    return Answer(url, WHEN, b"GET / HTTP/1.1", b"HTTP/1.1 200 OK\r\nContent-Type: text/html", body)


def part(run: Path, worker: str, *, is_closed: bool = True, first: str = "") -> Path:
    """What a worker wrote; one that was killed left it without the lines beside it."""
    folder = run / PARTS / worker
    folder.mkdir(parents=True)
    archive = RunArchive(folder, run.parent, {"software": "test"})
    if first:
        archive.record(answer(first, b"rules"), 200)
    for number, body in enumerate(BODIES[worker]):
        archive.record(answer(f"https://site.test/{worker}/{number}", body), 200)
    archive.close()
    if not is_closed:
        (folder / INDEX).unlink()
    return folder / WARC


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = tmp_path / "runs" / "20260101"
    folder.mkdir(parents=True)
    return folder


def records(file: BinaryIO) -> Iterator[Any]:
    yield from ArchiveIterator(file, check_digests="raise")


def captures(warc: Path) -> list[StoredCapture]:
    damage: list[Damage] = []
    found = list(read_captures(warc, damage))
    assert damage == []
    return found


def test_it_is_read_as_one_file(run: Path) -> None:
    parts = [part(run, worker) for worker in BODIES]
    joined = JoinedArchive(run, parts)
    joined.close()
    whole = run / WARC
    assert whole.read_bytes() == b"".join(path.read_bytes() for path in parts)
    urls = [f"https://site.test/{worker}/{number}" for worker in BODIES for number in range(len(BODIES[worker]))]
    assert [capture.url for capture in captures(whole)] == urls
    with whole.open("rb") as file:
        kinds = [(record.rec_type, record.content_stream().read())[0] for record in records(file)]
    assert kinds.count("warcinfo") == len(BODIES)
    assert kinds.count("response") == joined.responses == 4
    assert kinds.count("revisit") == joined.revisits == 1
    assert joined.report()["bytes"] == whole.stat().st_size


def test_the_part_with_the_rules_comes_first(run: Path) -> None:
    """As in a run of one process: its answers are judged by the time that the site's clock said there."""
    JoinedArchive(run, [part(run, "a"), part(run, "b", first="https://site.test/robots.txt"), part(run, "c")])
    assert [capture.url[18:] for capture in captures(run / WARC)] == ["robots.txt", "b/0", "b/1", "a/0", "a/1", "a/2"]


def test_its_index_is_that_of_a_scan(run: Path) -> None:
    JoinedArchive(run, [part(run, worker) for worker in BODIES])
    assert is_indexed(run / WARC)
    index = (run / INDEX).read_bytes()
    assert [asdict(entry) for entry in read_entries(run / WARC)] == [asdict(entry) for entry in scan(run / WARC, [])]
    write_index(run / WARC)
    assert (run / INDEX).read_bytes() == index


def test_bodies_are_found_at_their_new_place(run: Path) -> None:
    JoinedArchive(run, [part(run, worker) for worker in BODIES])
    source = SourceArchive(run.parent)
    found = [source.read(warc, entry) for warc, entry in source.find(lambda entry: True)]
    assert [capture.body for capture in found if capture] == [b"one", b"two", b"one", b"one", b"three"]


def test_each_torn_end_is_left_out(run: Path) -> None:
    whole = part(run, "b")
    torn = part(run, "a", is_closed=False)
    bytes_of_a, last = torn.read_bytes(), list(scan(torn, []))[-1]
    for size in range(last.offset + 1, last.offset + last.length, 7):
        torn.write_bytes(bytes_of_a[:size])
        joined = JoinedArchive(run, [torn, whole])
        assert [capture.url[-3:] for capture in captures(run / WARC)] == ["a/0", "a/1", "b/0", "b/1"]
        assert joined.source.repaired == {"a": size - last.offset}
        assert is_indexed(run / WARC)
        assert list(read_entries(run / WARC)) == list(scan(run / WARC, []))


def test_it_takes_its_place_when_it_is_whole(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that is killed over it leaves the parts as they were, and nothing that seems to be the whole."""
    parts = [part(run, worker) for worker in BODIES]

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("filmscrape.archive.concatenation.put_in_place", die)
        with pytest.raises(KeyboardInterrupt):
            JoinedArchive(run, parts)
    assert StoredRun.read(run).warcs == parts
    JoinedArchive(run, parts)
    assert len(captures(run / WARC)) == 5
    assert not list(run.glob(f".{WARC}"))


# ------------------------------------------------------------------ parts that were never gathered
def test_parts_count_until_they_are_joined(run: Path) -> None:
    parts = [part(run, worker) for worker in BODIES]
    assert StoredRun.read(run).warcs == parts
    assert SourceArchive(run.parent).warcs() == parts
    JoinedArchive(run, parts)
    assert StoredRun.read(run).warcs == [run / WARC]
    assert SourceArchive(run.parent).warcs() == [run / WARC]


def test_a_later_run_refers_to_bodies_in_parts(run: Path) -> None:
    part(run, "a")
    later = run.with_name("20260102")
    later.mkdir()
    archive = RunArchive(later, run.parent, {"software": "test"})
    assert archive.record(answer("https://site.test/x", b"two"), 200).revisit
    archive.close()


def test_a_worker_refers_to_no_body_of_another(run: Path) -> None:
    """Its place in the joined file may be behind the reference."""
    part(run, "b")
    assert part(run, "a").is_file()
    assert [entry.kind for entry in read_entries(run / PARTS / "a" / WARC)] == ["response", "response", "revisit"]


def test_parts_are_packed_under_names_of_their_own(run: Path) -> None:
    assert [packed_name(part(run, worker)) for worker in "ab"] == ["a-pages.warc.gz", "b-pages.warc.gz"]
    assert packed_name(run / WARC) == WARC
