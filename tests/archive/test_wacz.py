"""A packed run, read back with what did not write it: ``zipfile`` and warcio."""

import gzip
import hashlib
import json
import zipfile
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from warcio.archiveiterator import ArchiveIterator
from warcio.checker import Checker

from filmscrape.archive.wacz import CannotPack, Packed, pack
from filmscrape.runs.stored import StoredRun, runs_beside
from tests.stored_runs import NOW, Past, Shot, again, members, page, rewrite

HERE = Shot(page("here"), b"<h1>Here</h1>" * 200, NOW - timedelta(days=9))
DUNE = Shot(page("dune"), b"<h1>Dune</h1>" * 200, NOW - timedelta(days=9, seconds=-3))
MOVED = Shot(page("old"), b"", NOW, "301 Moved Permanently", headers=(("Location", page("here")),))
GONE = Shot(page("gone"), b"nothing here", NOW, "404 Not Found")
LIST = Shot("https://festival.example/whats-on/?b=2&a=1", b"<a>all</a>", NOW)


class Opened:
    """A package as a viewer finds it."""

    def __init__(self, path: Path) -> None:
        self.zip = zipfile.ZipFile(path)
        self.names = self.zip.namelist()

    def text(self, name: str) -> str:
        return self.zip.read(name).decode()

    def json(self, name: str) -> Any:
        return json.loads(self.text(name))

    def lines(self) -> list[tuple[str, str, dict[str, str]]]:
        parts = [line.split(" ", 2) for line in self.text("indexes/index.cdxj").splitlines()]
        return [(key, stamp, json.loads(fields)) for key, stamp, fields in parts]

    def pages(self) -> list[dict[str, str]]:
        return [json.loads(line) for line in self.text("pages/pages.jsonl").splitlines()]

    def record(self, fields: dict[str, str]) -> Any:
        """The record at the place that a line of the index names, and only that place's bytes."""
        data = self.zip.read("archive/" + fields["filename"])
        start, length = int(fields["offset"]), int(fields["length"])
        (record,) = list(self._read(data[start : start + length]))
        return record

    @staticmethod
    def _read(data: bytes) -> Any:
        for record in ArchiveIterator(BytesIO(data), check_digests="raise"):
            record.body = record.content_stream().read()
            yield record


@pytest.fixture
def past(tmp_path: Path) -> Past:
    return Past(tmp_path / "output")


@pytest.fixture
def run(past: Past) -> StoredRun:
    shots = [LIST, HERE, DUNE, GONE, MOVED, again(HERE, timedelta(hours=1))]
    return past.add(1, shots, {"here": HERE, "dune": DUNE}, publish=True)


def packed(run: StoredRun, target: Path) -> tuple[Packed, Opened]:
    return pack(run, runs_beside(run), target), Opened(target)


def test_every_line_of_the_index_leads_to_its_record(run: StoredRun, tmp_path: Path) -> None:
    result, wacz = packed(run, tmp_path / "run.wacz")
    assert result == Packed(captures=6, pages=2)
    lines = wacz.lines()
    assert len(lines) == 6
    seen = []
    for key, stamp, fields in lines:
        record = wacz.record(fields)
        headers = record.rec_headers
        assert headers.get_header("WARC-Target-URI") == fields["url"]
        assert headers.get_header("WARC-Payload-Digest") == fields["digest"]
        assert "".join(filter(str.isdigit, headers.get_header("WARC-Date"))) == stamp
        assert record.http_headers.get_statuscode() == fields["status"]
        assert (record.rec_type == "revisit") is (fields["mime"] == "warc/revisit")
        seen.append((key, record.rec_type))
    assert seen == [
        ("example,festival)/whats-on/dune", "response"),
        ("example,festival)/whats-on/gone", "response"),
        ("example,festival)/whats-on/here", "response"),
        ("example,festival)/whats-on/here", "revisit"),
        ("example,festival)/whats-on/old", "response"),
        ("example,festival)/whats-on?a=1&b=2", "response"),
    ]
    raw = wacz.text("indexes/index.cdxj").encode().splitlines()
    assert raw == sorted(raw)
    assert gzip.decompress(wacz.zip.read("indexes/index.cdx.gz")).splitlines() == raw


def test_captures_are_stored_byte_for_byte(run: StoredRun, tmp_path: Path) -> None:
    _, wacz = packed(run, tmp_path / "run.wacz")
    assert wacz.zip.read("archive/pages.warc.gz") == run.warcs[0].read_bytes()
    assert {entry.compress_type for entry in wacz.zip.infolist()} == {zipfile.ZIP_STORED}
    assert wacz.zip.testzip() is None
    (tmp_path / "copy.warc.gz").write_bytes(wacz.zip.read("archive/pages.warc.gz"))
    assert Checker(SimpleNamespace(inputs=[str(tmp_path / "copy.warc.gz")], verbose=False)).process_all() == 0


def test_pages_are_those_of_events(run: StoredRun, tmp_path: Path) -> None:
    _, wacz = packed(run, tmp_path / "run.wacz")
    assert wacz.pages() == [
        {"format": "json-pages-1.0", "id": "pages", "title": "Events"},
        {"id": "festival:dune", "title": "Dune", "url": DUNE.url, "ts": "2026-11-11T18:00:03Z"},
        {"id": "festival:here", "title": "Here", "url": HERE.url, "ts": "2026-11-11T18:00:00Z"},
    ]


def test_the_package_describes_itself(run: StoredRun, tmp_path: Path) -> None:
    _, wacz = packed(run, tmp_path / "run.wacz")
    assert wacz.names == [
        "archive/pages.warc.gz",
        "indexes/index.cdxj",
        "indexes/index.cdx.gz",
        "pages/pages.jsonl",
        "datapackage.json",
        "datapackage-digest.json",
    ]
    about = wacz.json("datapackage.json")
    assert about["profile"] == "data-package"
    assert about["wacz_version"] == "1.1.1"
    assert about["created"] == "2026-11-19T19:00:00Z"
    assert run.id in about["title"]
    assert about["software"].startswith("filmscrape ")
    assert [entry["path"] for entry in about["resources"]] == wacz.names[:4]
    for entry in about["resources"]:
        data = wacz.zip.read(entry["path"])
        assert entry["name"] == entry["path"].rsplit("/")[-1]
        assert entry["bytes"] == len(data)
        assert entry["hash"] == "sha256:" + hashlib.sha256(data).hexdigest()
    assert wacz.json("datapackage-digest.json") == {
        "path": "datapackage.json",
        "hash": "sha256:" + hashlib.sha256(wacz.zip.read("datapackage.json")).hexdigest(),
    }


def test_the_same_run_gives_the_same_bytes(run: StoredRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = tmp_path / "one.wacz", tmp_path / "other.wacz"
    pack(run, [], one)
    monkeypatch.setattr("time.time", lambda: 4_000_000_000.0)
    other.write_bytes(b"what was there before")
    pack(run, [], other)
    assert one.read_bytes() == other.read_bytes()
    assert {entry.date_time for entry in Opened(one).zip.infolist()} == {(2026, 11, 19, 19, 0, 0)}


def test_what_revisits_refer_to_is_packed_with_them(past: Past, tmp_path: Path) -> None:
    """Without the body no viewer can show the page."""
    older = past.add(8, [DUNE, HERE, GONE], {"here": HERE})
    past.add(5, [GONE])
    newer = past.add(1, [again(HERE, timedelta(days=8)), again(DUNE, timedelta(days=8)), LIST])
    result, wacz = packed(newer, tmp_path / "run.wacz")
    assert result == Packed(captures=5, pages=1, referred=2)
    fields = [fields for _, _, fields in wacz.lines() if fields["filename"] == "referred.warc.gz"]
    assert [line["url"] for line in fields] == [DUNE.url, HERE.url]
    assert [wacz.record(line).body for line in fields] == [DUNE.body, HERE.body]
    whole = older.warcs[0].read_bytes()
    stored = wacz.zip.read("archive/referred.warc.gz")
    assert all(gz in whole for gz in (stored[: int(fields[0]["length"])], stored[int(fields[1]["offset"]) :]))
    listed = [entry["path"] for entry in wacz.json("datapackage.json")["resources"]]
    assert "archive/referred.warc.gz" in listed


def test_a_body_is_found_in_another_record_of_the_same_digest(past: Past, tmp_path: Path) -> None:
    twin = Shot(page("twin"), HERE.body, HERE.at)
    past.add(8, [twin])
    newer = past.add(1, [again(HERE, timedelta(days=8))])
    result, wacz = packed(newer, tmp_path / "run.wacz")
    assert (result.referred, result.unresolved) == (1, 0)
    assert {fields["url"] for _, _, fields in wacz.lines()} == {HERE.url, twin.url}


def test_a_revisit_of_nothing_is_counted(past: Past, tmp_path: Path) -> None:
    past.add(8, [GONE])
    newer = past.add(1, [again(HERE, timedelta(days=8)), again(DUNE, timedelta(days=8))])
    result, wacz = packed(newer, tmp_path / "run.wacz")
    assert (result.captures, result.referred, result.unresolved) == (2, 0, 2)
    assert "archive/referred.warc.gz" not in wacz.names


def test_a_killed_run_gives_its_whole_records(past: Past, tmp_path: Path) -> None:
    run = past.add(1, [HERE, LIST, GONE, DUNE], finished=False)
    (run.path / "events.jsonl").unlink()
    warc = run.warcs[0]
    start = members(warc)[-2][0]  # the last capture; its request follows
    warc.write_bytes(warc.read_bytes()[: start + 50])
    result, wacz = packed(run, tmp_path / "run.wacz")
    assert result == Packed(captures=3, pages=2, torn=50)
    assert wacz.zip.read("archive/pages.warc.gz") == warc.read_bytes()[:start]
    assert {line["url"] for line in wacz.pages()[1:]} == {HERE.url, LIST.url}, "no records: every page that is there"
    assert wacz.json("datapackage.json")["created"] == "2026-11-20T18:00:00Z"


def test_a_damaged_run_is_not_packed(run: StoredRun, tmp_path: Path) -> None:
    target = tmp_path / "run.wacz"
    target.write_bytes(b"before")
    at = rewrite(run.warcs[0], 3, (b"<h1>", b"<h2>"))
    with pytest.raises(CannotPack) as refused:
        pack(run, [], target)
    (first, *_) = refused.value.faults
    assert (first.path, first.place) == (run.warcs[0], f"offset {at}")
    assert target.read_bytes() == b"before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["output", "run.wacz"]


def test_a_torn_tail_of_a_run_that_is_over_is_damage(run: StoredRun, tmp_path: Path) -> None:
    data = run.warcs[0].read_bytes()
    run.warcs[0].write_bytes(data[:-9])
    with pytest.raises(CannotPack) as refused:
        pack(run, [], tmp_path / "run.wacz")
    assert len(refused.value.faults) == 1


def test_records_of_the_run_that_are_damaged(run: StoredRun, tmp_path: Path) -> None:
    (run.path / "events.jsonl").write_text('{"id": "festival:here"}\n')
    with pytest.raises(CannotPack) as refused:
        pack(run, [], tmp_path / "run.wacz")
    assert refused.value.faults[0].place == "line 1"


@pytest.mark.parametrize("shots", [None, []])
def test_a_run_without_captures_is_refused(past: Past, tmp_path: Path, shots: list[Shot] | None) -> None:
    with pytest.raises(CannotPack, match=r"kept no pages|holds no captures") as refused:
        pack(past.add(1, shots), [], tmp_path / "run.wacz")
    assert refused.value.faults == []
    assert not (tmp_path / "run.wacz").exists()
