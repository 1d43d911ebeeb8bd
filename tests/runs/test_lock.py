"""One writer a source: the second is told who the first is, and does nothing."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from filmscrape.commands.replay import Command as Replay
from filmscrape.runs.lock import LOCK, SourceLock, SourceLocked
from filmscrape.runs.outcome import Outcome
from tests.crawling import ROOT, SOURCE, crawl
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
def going_on(place: Place) -> Iterator["subprocess.Popen[str]"]:
    """A crawl in a process of its own that waits for an answer."""
    reached, answered = threading.Event(), threading.Event()

    def wait() -> None:
        reached.set()
        answered.wait()

    place.site.expect(3, wait)
    process = place.start(CONCURRENT_REQUESTS=1)
    try:
        assert reached.wait(30)
        yield process
    finally:
        process.kill()
        ended(process)
        answered.set()


@pytest.mark.long
def test_while_a_crawl_goes_on(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """Another crawl ends at once, and so does what would publish; what only reads does its work."""
    (stored,) = place.runs()
    old = place.dataset.read_bytes()
    with going_on(place) as process:
        asked, folders = len(place.site.asked), len(place.runs())
        second = place.run()
        assert second.returncode == 4
        (line,) = second.stderr.splitlines()
        holder = f"{SOURCE} is being changed by scrapy crawl {SOURCE} (process {process.pid})"
        assert line == f"scrapy crawl: {holder}; nothing was asked of the site"
        assert (len(place.site.asked), len(place.runs())) == (asked, folders)
        publishing = run(Replay, place.output, [stored.id, "--publish"], capsys)
        assert publishing.code == Outcome.LOCKED
        assert publishing.complaint == f"{holder}; nothing was published"
        assert len(place.runs()) == folders
        assert run(Replay, place.output, [stored.id], capsys).code == 0
        with pytest.raises(SourceLocked):
            SourceLock(place.folder, "a test")
        process.kill()
        process.wait()
        assert crawl(place.output, place.arguments, QUICK).outcome is Outcome.ACCEPTED
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


COPY = """
import os, signal, sys, time
from pathlib import Path
from filmscrape.runs.lock import SourceLock
lock = SourceLock(Path(sys.argv[1]), "a test")
copy = os.fork()
if copy:
    print(copy, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
os.close(1)
time.sleep(60)
"""


def test_copies_of_a_killed_process_hold_nothing(tmp_path: Path) -> None:
    """The processes of ``scrapy replay`` wait for work that nobody sends any more."""
    killed = subprocess.run([sys.executable, "-c", COPY, tmp_path], cwd=ROOT, stdout=subprocess.PIPE, check=False)
    copy = int(killed.stdout)
    try:
        SourceLock(tmp_path, "another test").release()
        os.kill(copy, 0)  # it is still there
    finally:
        os.kill(copy, signal.SIGKILL)


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff\xfe"])
def test_holder_whose_name_cannot_be_read(content: bytes, tmp_path: Path) -> None:
    lock = SourceLock(tmp_path, "a test")
    (tmp_path / LOCK).write_bytes(content)
    with pytest.raises(SourceLocked, match="another process"):
        SourceLock(tmp_path, "another test")
    lock.release()
