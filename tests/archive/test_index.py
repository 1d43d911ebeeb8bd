"""Looking captures up in all runs of a source."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from filmscrape.archive.index import INDEX, WARC, SourceArchive, is_indexed, read_entries, write_index
from filmscrape.archive.manifest import CHECKSUMS
from filmscrape.archive.recorder import RunArchive
from filmscrape.archive.writer import Answer
from tests.warcs import digest

WHEN = datetime(2023, 10, 20, 17, 5, 12, tzinfo=UTC)


def answer(body: bytes, url: str = "https://site.test/") -> Answer:
    return Answer(url, WHEN, b"GET / HTTP/1.1", b"HTTP/1.1 200 OK\r\nContent-Type: text/html", body)


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    return tmp_path / "runs"


def run(runs: Path, name: str, *bodies: bytes) -> RunArchive:
    (runs / name).mkdir(parents=True)
    archive = RunArchive(runs / name, runs, {"software": "test"})
    for number, body in enumerate(bodies):
        archive.record(answer(body, f"https://site.test/{number}"), 200)
    return archive


def kinds(runs: Path, name: str) -> list[str]:
    return [entry.kind for entry in read_entries(runs / name / WARC)]


def test_a_body_is_written_once_over_all_runs(runs: Path) -> None:
    run(runs, "1", b"one", b"two", b"one").close()
    run(runs, "2", b"two", b"three").close()
    run(runs, "3", b"three", b"one", b"two").close()
    assert kinds(runs, "1") == ["response", "response", "revisit"]
    assert kinds(runs, "2") == ["revisit", "response"]
    assert kinds(runs, "3") == ["revisit"] * 3
    archive = SourceArchive(runs)
    for warc, entry in archive.find(lambda _: True):
        capture = archive.read(warc, entry)
        assert capture is not None
        assert (digest(capture.body), capture.url, capture.record_id) == (entry.digest, entry.url, entry.record_id)


def test_the_lines_can_be_made_again_to_the_byte(runs: Path) -> None:
    run(runs, "1", b"one", b"two", b"one").close()
    index = runs / "1" / INDEX
    before = index.read_bytes()
    assert before.count(b"\n") == 5
    index.unlink()
    assert kinds(runs, "1") == ["response", "response", "revisit"], "without the lines, the file itself is read"
    write_index(runs / "1" / WARC)
    assert index.read_bytes() == before


@pytest.mark.parametrize("cut", [1, 10, 100])
def test_lines_of_another_file_are_not_believed(runs: Path, cut: int) -> None:
    run(runs, "1", b"one", b"two").close()
    warc = runs / "1" / WARC
    assert is_indexed(warc)
    index = runs / "1" / INDEX
    index.write_bytes(index.read_bytes()[:-cut])
    assert not is_indexed(warc)
    assert kinds(runs, "1") == ["response", "response"]
    write_index(warc)
    warc.write_bytes(warc.read_bytes()[:-100])
    assert not is_indexed(warc)
    assert kinds(runs, "1") == ["response"]


def test_a_damaged_line_costs_nothing(runs: Path, caplog: pytest.LogCaptureFixture) -> None:
    run(runs, "1", b"one", b"two", b"three").close()
    index = runs / "1" / INDEX
    before = list(read_entries(runs / "1" / WARC))
    lines = index.read_bytes().splitlines(keepends=True)
    for bad in (b"{", b'{"offset": 1}\n', b"null\n"):
        index.write_bytes(b"".join([*lines[:2], bad, *lines[3:]]))
        assert list(read_entries(runs / "1" / WARC)) == before
        assert "is damaged" in caplog.text
        caplog.clear()


def test_a_later_run_mends_what_a_killed_one_left(runs: Path) -> None:
    killed = run(runs, "1", b"one", b"two")
    killed._writer.close()  # as the end of its process does
    killed._index._file.close()
    warc = runs / "1" / WARC
    content = warc.read_bytes()
    warc.write_bytes(content[:-20])
    archive = run(runs, "2", b"one", b"two")
    assert list(archive.report()["repaired"]) == ["1"]
    assert is_indexed(warc)
    archive.close()
    assert kinds(runs, "2") == ["revisit", "response"]
    again = run(runs, "3")
    assert again.report()["repaired"] == {}
    again.close()


def test_what_has_checksums_is_never_changed(runs: Path) -> None:
    run(runs, "1", b"one", b"two").close()
    warc = runs / "1" / WARC
    (runs / "1" / CHECKSUMS).write_text("")
    torn = warc.read_bytes()[:-20]
    warc.write_bytes(torn)
    SourceArchive(runs).mend()
    assert warc.read_bytes() == torn


def test_a_run_that_goes_on_is_left_alone(runs: Path) -> None:
    first = run(runs, "1", b"one")
    second = run(runs, "2", b"one")
    assert not is_indexed(first.path)
    assert kinds(runs, "1") == ["response"]
    first.close()
    second.close()


def test_a_reference_leads_to_a_record_that_is_there(runs: Path) -> None:
    """Runs can be thinned out while another one goes on."""
    run(runs, "1", b"one").close()
    archive = run(runs, "2", b"two")
    assert archive.source.known(digest(b"one")) is not None
    (runs / "1" / WARC).unlink()
    assert archive.source.known(digest(b"one")) is None
    assert not archive.record(answer(b"one"), 200).revisit
    archive.close()


def test_a_revisit_without_a_digest_is_resolved_by_address_and_date(runs: Path) -> None:
    run(runs, "1", b"one", b"two").close()
    archive = SourceArchive(runs)
    found = archive.resolve(None, "https://site.test/1", WHEN)
    assert found is not None
    assert found.body == b"two"
    assert archive.resolve(None, "https://site.test/1", WHEN.replace(year=2020)) is None
    assert archive.resolve("sha1:unknown", "https://site.test/1", WHEN) is None


def test_no_runs_at_all(runs: Path) -> None:
    archive = SourceArchive(runs)
    archive.mend()
    assert (archive.warcs(), archive.known(digest(b"one"))) == ([], None)
