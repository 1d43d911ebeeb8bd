"""Checksums of a run's files, as ``sha256sum`` reads them."""

import shutil
import subprocess
from pathlib import Path

import pytest

from filmscrape.archive.manifest import CHECKSUMS, check_files, write_checksums


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "run.json").write_text("{}\n")
    (tmp_path / "pages.warc.gz").write_bytes(bytes(range(256)) * 5000)
    (tmp_path / "empty.jsonl").write_bytes(b"")
    (tmp_path / ".draft").write_text("not yet")
    write_checksums(tmp_path)
    return tmp_path


def test_sound_files(folder: Path) -> None:
    assert list(check_files(folder)) == []
    lines = (folder / CHECKSUMS).read_text().splitlines()
    assert [line.split("  ")[1] for line in lines] == ["empty.jsonl", "pages.warc.gz", "run.json"]
    assert lines[0].startswith("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="no sha256sum here")
def test_sha256sum_reads_them(folder: Path) -> None:
    assert subprocess.run(["sha256sum", "--check", "--strict", CHECKSUMS], cwd=folder, stdout=-1).returncode == 0
    (folder / "run.json").write_text("{ }\n")
    assert subprocess.run(["sha256sum", "--check", CHECKSUMS], cwd=folder, stdout=-1, stderr=-1).returncode == 1


def test_writing_them_again_changes_nothing(folder: Path) -> None:
    before = (folder / CHECKSUMS).read_bytes()
    write_checksums(folder)
    assert (folder / CHECKSUMS).read_bytes() == before
    assert not (folder / f".{CHECKSUMS}").exists()


def test_one_bit_is_noticed(folder: Path) -> None:
    data = bytearray((folder / "pages.warc.gz").read_bytes())
    data[700_000] ^= 1
    (folder / "pages.warc.gz").write_bytes(data)
    (fault,) = check_files(folder)
    assert fault.path == folder / "pages.warc.gz"
    assert ", expected " in fault.reason


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / "run.json").unlink()
    (fault,) = check_files(folder)
    assert str(fault).startswith(f"{folder / 'run.json'}: missing")


@pytest.mark.parametrize("line", ["run.json", "0" * 63 + "  run.json", "0" * 64 + "  ../run.json", "\udcff"])
def test_a_line_that_is_none(folder: Path, line: str) -> None:
    sums = folder / CHECKSUMS
    sums.write_bytes(line.encode("utf-8", "surrogateescape") + b"\n" + sums.read_bytes())
    (fault,) = check_files(folder)
    assert (fault.path, fault.place) == (sums, "line 1")
