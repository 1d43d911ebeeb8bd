"""One writer a source: the second is told who the first is, and does nothing."""

import json
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from filmscrape.commands.replay import Command as Replay
from filmscrape.runs.lock import LOCK, SourceLock, SourceLocked
from filmscrape.runs.outcome import Outcome
from tests.crawling import SOURCE, crawl
from tests.killing import QUICK, Place, crawled, ended
from tests.offline import run


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """A place that was crawled once."""
    with crawled(tmp_path / "output") as found:
        crawl(found.output, found.arguments, QUICK)
        found.site.asked.clear()
        yield found


@contextmanager
def going_on(place: Place) -> Iterator[int]:
    """A crawl in a process of its own that waits for an answer; gives the process's id."""
    reached, answered = threading.Event(), threading.Event()

    def wait() -> None:
        reached.set()
        answered.wait()

    place.site.expect(3, wait)
    process = place.start()
    try:
        assert reached.wait(30)
        yield process.pid
    finally:
        process.kill()
        ended(process)
        answered.set()


def test_while_a_crawl_goes_on(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """Another crawl ends at once, and so does what would publish; what only reads does its work."""
    (stored,) = place.runs()
    old = place.dataset.read_bytes()
    with going_on(place) as process:
        asked, folders = len(place.site.asked), len(place.runs())
        second = place.run()
        assert second.returncode == Outcome.LOCKED == 4
        (line,) = second.stderr.splitlines()
        holder = f"{SOURCE} is being changed by scrapy crawl {SOURCE} (process {process})"
        assert line == f"scrapy crawl: {holder}; nothing was asked of the site"
        assert (len(place.site.asked), len(place.runs())) == (asked, folders)
        publishing = run(Replay, place.output, [stored.id, "--publish"], capsys)
        assert publishing.code == Outcome.LOCKED
        assert publishing.complaint == f"{holder}; nothing was published"
        assert len(place.runs()) == folders
        assert run(Replay, place.output, [stored.id], capsys).code == 0
        with pytest.raises(SourceLocked):
            SourceLock(place.folder, "a test")
        os.kill(process, signal.SIGKILL)
        ended_by_now = place.run()
    assert ended_by_now.returncode == 0
    assert len(place.dataset.read_bytes()) == len(old)


def test_two_sources_do_not_lock_each_other(tmp_path: Path) -> None:
    one, other = SourceLock(tmp_path / "one", "a test"), SourceLock(tmp_path / "other", "a test")
    with pytest.raises(SourceLocked, match="one is being changed by a test"):
        SourceLock(tmp_path / "one", "another test")
    one.release()
    other.release()


def test_a_lock_ends_with_its_release(tmp_path: Path) -> None:
    lock = SourceLock(tmp_path, "a test")
    lock.release()
    lock.release()
    SourceLock(tmp_path, "another test").release()
    assert json.loads((tmp_path / LOCK).read_text())["holder"] == "another test"


def test_file_that_is_left_behind_locks_nothing(tmp_path: Path) -> None:
    (tmp_path / LOCK).write_text('{"holder": "somebody with a longer name than the next one", "pid": 1}\n')
    SourceLock(tmp_path, "a test").release()
    assert json.loads((tmp_path / LOCK).read_text()) == {"holder": "a test", "pid": os.getpid()}


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff\xfe"])
def test_holder_whose_name_cannot_be_read(content: bytes, tmp_path: Path) -> None:
    lock = SourceLock(tmp_path, "a test")
    (tmp_path / LOCK).write_bytes(content)
    with pytest.raises(SourceLocked, match="another process"):
        SourceLock(tmp_path, "another test")
    lock.release()
