"""Two crawls of the bundled site, kept, checked, packed and shown: nothing here is made by the test."""

import gzip
import json
import subprocess
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace

import pytest
from warcio.archiveiterator import ArchiveIterator
from warcio.checker import Checker

from filmscrape.archive.retention import decide
from filmscrape.archive.wacz import pack
from filmscrape.commands.verify import Command as Verify
from filmscrape.fixtures import serve
from filmscrape.runs.lock import LOCK
from filmscrape.runs.stored import LEDGER, find_run, runs_beside, runs_of
from tests import offline, pywb
from tests.crawling import SOURCE, bundled_site, crawl, rows

ONLY = {"only": "here,casablanca", "discover": "none"}


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An output directory after two crawls of a site that did not change."""
    output = tmp_path_factory.mktemp("output")
    with serve(bundled_site()) as origin:
        for _ in range(2):
            assert crawl(output, {"base_url": origin, **ONLY}).outcome == 0
    return output


@pytest.fixture
def wacz(output: Path, tmp_path: Path) -> Path:
    """The second run, packed."""
    run = find_run(output, SOURCE)
    pack(run, runs_beside(run), tmp_path / "run.wacz")
    return tmp_path / "run.wacz"


def test_what_crawls_leave_behind_is_sound(output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = offline.run(Verify, output, [], capsys)
    assert (done.code, done.err) == (0, "")
    assert len(done.out.splitlines()) == 5
    assert "note" not in done.out
    for run in runs_of(output, SOURCE):
        for warc in run.warcs:
            assert Checker(SimpleNamespace(inputs=[str(warc)], verbose=False)).process_all() == 0


def test_a_changed_byte_of_any_file_is_noticed(output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = [path for path in output.rglob("*") if path.is_file() and path.stat().st_size]
    assert len(paths) >= 9
    assert output / SOURCE / LEDGER in paths
    for path in paths:
        if path.name == LOCK:  # says who held it last, and nothing else
            continue
        before = path.read_bytes()
        middle = len(before) // 2
        path.write_bytes(before[:middle] + bytes([before[middle] ^ 1]) + before[middle + 1 :])
        done = offline.run(Verify, output, [], capsys)
        path.write_bytes(before)
        assert done.code == 18 or (path.name == LEDGER and "not byte for byte" in done.out), path
        named = path.parent if path.name == "SHA256SUMS" else path  # a wrong sum speaks of the file that it is of
        assert any(str(named) in line for line in done.out.splitlines()[5:]), path


def test_the_package_of_a_run_has_what_its_revisits_refer_to(output: Path, wacz: Path) -> None:
    older, newer = runs_of(output, SOURCE)
    with zipfile.ZipFile(wacz) as archive:
        index = archive.read("indexes/index.cdxj").decode().splitlines()
        pages = [json.loads(line) for line in archive.read("pages/pages.jsonl").splitlines()[1:]]
        bodies = {}
        for line in index:
            fields = json.loads(line.split(" ", 2)[2])
            data = archive.read("archive/" + fields["filename"])
            start = int(fields["offset"])
            (record,) = ArchiveIterator(BytesIO(data[start : start + int(fields["length"])]))
            assert record.rec_headers.get_header("WARC-Target-URI") == fields["url"]
            assert record.rec_headers.get_header("WARC-Payload-Digest") == fields["digest"]
            if record.rec_type == "response":
                bodies[fields["url"], fields["digest"]] = record.raw_stream.read()
        revisits = [json.loads(line.split(" ", 2)[2]) for line in index if '"warc/revisit"' in line]
    assert {page["id"]: page["title"] for page in pages} == {
        row["id"]: row["title"] for row in rows(newer.path / "events.jsonl")
    }
    assert {page["url"] for page in pages} <= {fields["url"] for fields in revisits}
    assert all((fields["url"], fields["digest"]) in bodies for fields in revisits)
    assert older.warcs[0].stat().st_size > newer.warcs[0].stat().st_size


def test_the_first_run_stays_for_its_captures(output: Path) -> None:
    """The second was told that the pages are as they were: what is published was read in the first."""
    runs, later, none = runs_of(output, SOURCE), datetime.now(UTC) + timedelta(days=1), timedelta(0)
    first, second = decide(runs, output / SOURCE / "events.jsonl", none, later, resume_within=none)
    assert (first.stays, first.reason) == (True, "the dataset comes from it")
    assert (second.stays, second.reason) == (True, "the dataset comes from it")


# ------------------------------------------------------------------ a viewer of others
@contextmanager
def shown(folder: Path, wacz: Path) -> Iterator[str]:
    """Show a package with pywb; gives the collection's address."""
    for arguments in (("init", pywb.COLLECTION), ("add", "--unpack-wacz", pywb.COLLECTION, str(wacz))):
        subprocess.run([pywb.BIN / "wb-manager", *arguments], cwd=folder, check=True, capture_output=True)
    port = pywb.free_port()
    log = folder / "pywb.log"
    with log.open("wb") as out:
        line = [str(pywb.BIN / "wayback"), "--bind", "127.0.0.1", "--port", str(port)]
        viewer = subprocess.Popen(line, cwd=folder, stdout=out, stderr=out)
        try:
            address = f"http://127.0.0.1:{port}/{pywb.COLLECTION}"
            pywb.wait_for(f"{address}/cdx?url=festival.example", viewer, log)
            yield address
        finally:
            viewer.terminate()
            viewer.wait(20)


@pytest.mark.long
@pytest.mark.skipif(not pywb.is_installed(), reason=pywb.MISSING)
def test_a_viewer_shows_every_page(wacz: Path, output: Path, tmp_path: Path) -> None:
    """The pages are revisits: the viewer has to find their bodies in the package."""
    with zipfile.ZipFile(wacz) as archive:
        pages = [json.loads(line) for line in archive.read("pages/pages.jsonl").splitlines()[1:]]
    with shown(tmp_path, wacz) as address:
        for page in pages:
            stamp = "".join(filter(str.isdigit, page["ts"]))
            with urllib.request.urlopen(f"{address}/{stamp}id_/{page['url']}", timeout=20) as answer:
                body = answer.read()
            body = gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body
            assert page["title"].encode() in body
            assert b"</html>" in body
