"""Files that appear whole or not at all."""

import errno
from pathlib import Path

import pytest

from filmscrape.exports import drafts
from filmscrape.exports.claim import FolderInUse
from filmscrape.exports.drafts import Drafts
from filmscrape.exports.whole import FolderOfOthers, renewed
from tests.exports.stored import files


def test_files_appear_when_all_of_them_are_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drafts, "_WAITING", 3)
    with Drafts(tmp_path) as found:
        for piece in (b"one ", b"two ", b"three"):
            found.add("a/text", piece)
            found.add("b", piece)
        found.begin("empty")
        found.begin("own").write_bytes(b"x")
        assert all(name.split("/")[-1].startswith(".") for name in files(tmp_path))
    assert files(tmp_path) == {"a/text": b"one two three", "b": b"one two three", "empty": b"", "own": b"x"}
    assert found.written == [tmp_path / name for name in ("a/text", "b", "empty", "own")]


def test_a_failure_leaves_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    (tmp_path / "gone").write_bytes(b"old")

    def fail() -> None:
        with Drafts(tmp_path, owns=("gone",)) as found:
            found.add("a", b"new")
            found.begin("b").write_bytes(b"new")
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        fail()
    assert files(tmp_path) == {"a": b"old", "gone": b"old"}


def test_files_of_an_earlier_export_go_and_others_stay(tmp_path: Path) -> None:
    for name in ("venues/rio.ics", "venues/annex.ics", "venues/notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"old")
    with Drafts(tmp_path, owns=("venues/*.ics", "series/*.ics")) as found:
        found.add("venues/annex.ics", b"new")
    assert files(tmp_path) == {"venues/annex.ics": b"new", "venues/notes.txt": b"old"}


def test_a_folder_is_replaced_as_a_whole(tmp_path: Path) -> None:
    for number in "12":
        with renewed(tmp_path / "here", "package", "mark") as making:
            (making / "mark").write_text(number)
            (making / f"only-{number}").write_text("")
    assert files(tmp_path) == {"here/mark": b"2", "here/only-2": b""}

    def fail() -> None:
        with renewed(tmp_path / "here", "package", "mark") as making:
            (making / "mark").write_text("3")
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        fail()
    assert files(tmp_path) == {"here/mark": b"2", "here/only-2": b""}


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(FolderOfOthers, match="is no package"), renewed(tmp_path, "package", "mark"):
        pass
    assert files(tmp_path) == {"thesis.txt": b"mine"}


def test_a_folder_whose_file_system_knows_no_locks_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(descriptor: int, operation: int) -> None:
        raise OSError(errno.EBADF, "Bad file descriptor")  # what Linux answers for a folder on NFS

    monkeypatch.setattr("filmscrape.exports.claim.fcntl.flock", unknown)
    with Drafts(tmp_path) as found:
        found.add("a", b"new")
    assert files(tmp_path) == {"a": b"new"}


def test_a_folder_that_is_written_is_written_by_nobody_else(tmp_path: Path) -> None:
    with Drafts(tmp_path / "one"):
        with pytest.raises(FolderInUse, match="one now: wait for it"), Drafts(tmp_path / "one"):
            pass
        with Drafts(tmp_path / "other") as found:
            found.add("a", b"new")
    with Drafts(tmp_path / "one") as found:
        found.add("a", b"new")
    assert files(tmp_path) == {"one/a": b"new", "other/a": b"new"}
