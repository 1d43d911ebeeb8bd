"""The records of a file as they lie in it: the same answers as warcio's, and every damage named by its offset."""

import gzip
import tracemalloc
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator
from warcio.checker import Checker

from filmscrape.archive.members import Flaw, WarcRecord, digest_bytes, walk
from tests.stored_runs import Shot, again, members, page, rewrite, warc

SHOTS = [
    Shot(page("here"), b"<h1>Here</h1>" * 500),
    Shot(page("gone"), b"", status="404 Not Found"),
    Shot(page("old"), b"", status="301 Moved Permanently", headers=(("Location", page("new")),)),
]
REVISIT = again(SHOTS[0], timedelta(days=1))
WHOLE = warc([*SHOTS, REVISIT])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "pages.warc.gz"
    file.write_bytes(WHOLE)
    return file


def read(path: Path) -> tuple[list[WarcRecord], list[Flaw]]:
    flaws: list[Flaw] = []
    return list(walk(path, flaws)), flaws


def warcio_finds_faults(path: Path) -> bool:
    return bool(Checker(SimpleNamespace(inputs=[str(path)], verbose=False)).process_all())


def test_records_are_those_that_warcio_reads(path: Path) -> None:
    found, flaws = read(path)
    assert flaws == []
    assert [record.faults for record in found] == [()] * 9
    with path.open("rb") as file:
        theirs = ArchiveIterator(file)
        for mine, record in zip(found, theirs, strict=True):
            assert mine.type == record.rec_type
            assert mine.id == record.rec_headers.get_header("WARC-Record-ID")
            assert mine.url == (record.rec_headers.get_header("WARC-Target-URI") or "")
            assert mine.digest == (record.rec_headers.get_header("WARC-Payload-Digest") or "")
            record.content_stream().read()
            assert (mine.offset, mine.length) == (theirs.get_record_offset(), theirs.get_record_length())
    assert [record.http_status for record in found if record.type == "response"] == [200, 404, 301]
    assert found[5].http_headers["location"] == page("new")
    assert found[7].type == "revisit"


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ((b"<h1>Here", b"<h1>Hera"), "the payload's digest is sha1:"),
        ((b"HTTP/1.1 200 OK", b"HTTP/1.1 201 OK"), "the block's digest is sha1:"),
        ((b"WARC-Block-Digest: sha1:", b"WARC-Block-Digest: sha9:"), "block digest of an unknown kind"),
        ((b"Content-Length: 6", b"Content-Length: 9"), "its Content-Length says"),
        ((b"\r\n\r\n<h1>", b"\r\n\r\n<<h1>"), "does not end where its gzip member ends"),
    ],
)
def test_a_record_that_was_changed(path: Path, change: tuple[bytes, bytes], fault: str) -> None:
    """The gzip members are sound, so only digests and lengths tell; digests that warcio finds wrong too."""
    at = rewrite(path, 1, change)
    found, flaws = read(path)
    assert len(found) == 9
    assert flaws == []
    (wrong,) = [record for record in found if record.faults]
    assert wrong.offset == at
    assert fault in " ".join(wrong.faults)
    if "digest" in fault:
        assert warcio_finds_faults(path)


def test_a_sound_file_passes_warcios_check(path: Path) -> None:
    assert not warcio_finds_faults(path)


@pytest.mark.parametrize("missing", [1, 9, 300])
def test_a_torn_tail_is_named_as_such(path: Path, missing: int) -> None:
    data = path.read_bytes()
    last = members(path)[-1][0]
    kept = max(len(data) - missing, last + 1)
    path.write_bytes(data[:kept])
    found, flaws = read(path)
    assert len(found) == 8
    (flaw,) = flaws
    assert (flaw.offset, flaw.length, flaw.torn) == (last, kept - last, True)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_whatever_is_damaged_the_rest_is_read(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Bytes in the middle are overwritten: the records outside are given, the stretch is named, nothing else is."""
    whole = WHOLE
    path = tmp_path_factory.getbasetemp() / "damaged.warc.gz"
    path.write_bytes(whole)
    places = [offset for offset, _ in members(path)]
    at = data.draw(st.integers(0, len(whole) - 2))
    size = data.draw(st.integers(1, min(40, len(whole) - at)))
    path.write_bytes(whole[:at] + bytes(byte ^ 0xFF for byte in whole[at : at + size]) + whole[at + size :])
    found, flaws = read(path)
    hit = {n for n, start in enumerate(places) if start < at + size and ([*places, len(whole)][n + 1]) > at}
    sound = {record.offset for record in found if not record.faults}
    assert {places[n] for n in range(len(places)) if n not in hit} <= sound
    named = {record.offset for record in found if record.faults} | {flaw.offset for flaw in flaws}
    # What gzip does not look at (time, name of the system) may change unnoticed.
    assert named <= {places[n] for n in hit}
    assert sum(flaw.length for flaw in flaws) <= sum([*places, len(whole)][n + 1] - places[n] for n in hit)


def test_what_is_no_archive_is_one_flaw(tmp_path: Path) -> None:
    for data in (b"<html>no archive</html>" * 5000, b"\x00" * 70000, gzip.compress(b"no record")):
        (tmp_path / "file").write_bytes(data)
        found, flaws = read(tmp_path / "file")
        assert found == []
        assert [(flaw.offset, flaw.length, flaw.torn) for flaw in flaws] == [(0, len(data), False)]
    (tmp_path / "file").write_bytes(b"")
    assert read(tmp_path / "file") == ([], [])


def test_a_member_that_unpacks_to_much_is_read_in_pieces(tmp_path: Path) -> None:
    shot = Shot(page("long"), b"\x00" * 30_000_000)
    (tmp_path / "file").write_bytes(warc([shot], extra=False))
    tracemalloc.start()
    found, flaws = read(tmp_path / "file")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (flaws, found[0].faults) == ([], ())
    assert peak < 12_000_000


@pytest.mark.parametrize("text", ["2JMJ7L5RSPYVXYRBE6QHFGTMGBMJ4HVX", "2jmj7l5rspyvxyrbe6qhfgtmgbmj4hvx"])
def test_digests_are_read_in_all_their_spellings(text: str) -> None:
    raw = digest_bytes(text, 20)
    assert raw is not None
    assert digest_bytes(raw.hex(), 20) == raw
    assert digest_bytes(raw.hex().upper(), 20) == raw


@pytest.mark.parametrize("text", ["", "zz", "!" * 32, "é" * 40])
def test_what_is_no_digest(text: str) -> None:
    assert digest_bytes(text, 20) is None
