"""Kill a crawl where a test wants it: as it asks for its n-th page, or in a function of the program.

As a program of its own it runs ``scrapy`` and kills itself::

    python -m tests.killing after:2:filmscrape.runs.joining:write_draft crawl SOURCE …

kills the process when ``write_draft``, as ``joining`` calls it, has done its work for the second time. ``before`` kills
before the work, ``during`` a generator that has given so many things. And with a disk that is full where a file reaches
so many bytes::

    python -m tests.killing full:300000 crawl SOURCE …

And with Ctrl-C in the last moment of a process, when Python itself has put its signal handlers away::

    python -m tests.killing late crawl SOURCE …
"""

import importlib
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filmscrape.fixtures import Answer, Site, serve
from filmscrape.runs.ledger import Ledger
from filmscrape.runs.readings import READINGS, Reading, read_readings
from filmscrape.runs.stored import LEDGER, StoredRun, runs_of
from tests.crawling import NO_DELAY, ROOT, SOURCE, bundled_site, command, environment

IN_FLIGHT = 4
"""Requests that are under way at once."""
QUICK = {**NO_DELAY, "CONCURRENT_REQUESTS": IN_FLIGHT, "CONCURRENT_REQUESTS_PER_DOMAIN": IN_FLIGHT}
_IDS = re.compile(rb"<urn:uuid:[0-9a-f-]{36}>")
_RUN = re.compile(rb"\d{8}T\d{6}\.\d{3}Z-[0-9a-f]{4}")


class Watched(Site):
    """The bundled site; it can do something when the n-th request since :meth:`expect` comes in."""

    def __init__(self, answers: dict[str, Answer]) -> None:
        super().__init__(answers)
        self._due = 0
        self._act: Callable[[], object] = lambda: None

    def expect(self, number: int, act: Callable[[], object]) -> None:
        """Do something before the n-th request from now on is answered."""
        self._due, self._act = len(self.asked) + number, act

    def answer(self, target: str) -> Answer:
        """Answer as the site does."""
        found = super().answer(target)
        if self._due and len(self.asked) >= self._due:
            self._due = 0
            self._act()
        return found

    @property
    def twice(self) -> list[str]:
        """The paths that were asked for more than once; none may be asked for a third time."""
        often = Counter(self.asked)
        assert not [path for path, times in often.items() if times > 2]
        return sorted(path for path, times in often.items() if times == 2)


def watched_site() -> Watched:
    """The bundled site, free to be changed by the test."""
    return Watched(bundled_site().answers)


@dataclass
class Place:
    """An output directory and the site that is crawled into it."""

    output: Path
    origin: str
    site: Watched

    @property
    def folder(self) -> Path:
        """That of the source."""
        return self.output / SOURCE

    @property
    def dataset(self) -> Path:
        """What is published."""
        return self.folder / "events.jsonl"

    @property
    def arguments(self) -> dict[str, str]:
        """Those of the spider."""
        return {"base_url": self.origin}

    def runs(self) -> list[StoredRun]:
        """The runs, the oldest first."""
        return runs_of(self.output, SOURCE)

    @property
    def environment(self) -> dict[str, str]:
        """Of the processes that crawl."""
        return environment()

    def line(self, **settings: Any) -> list[str]:
        """The command line of a crawl, as a user has it."""
        given = [part for name, value in self.arguments.items() for part in ("-a", f"{name}={value}")]
        return command("crawl", SOURCE, *given, **{"OUTPUT_DIR": self.output, **QUICK, **settings})

    def start(self, **settings: Any) -> "subprocess.Popen[str]":
        """Begin a crawl in a process of its own."""
        return self._start(self.line(**settings))

    def _start(self, line: list[str]) -> "subprocess.Popen[str]":
        return subprocess.Popen(line, cwd=ROOT, env=self.environment, stdout=-1, stderr=-1, text=True)

    def run(self, **settings: Any) -> "subprocess.CompletedProcess[str]":
        """Crawl in a process of its own, to the end."""
        return ended(self.start(**settings))

    def killed_at(self, number: int, wait: float = 0.0) -> int:
        """Crawl until the n-th request is there, wait some seconds, and kill; a run may be through by then.

        :return: the exit code.
        """
        crawl = self.start()  # takes a second to ask for anything
        self.site.expect(number, lambda: _later(wait, crawl.kill))
        return ended(crawl).returncode

    def run_in(self, where: str, **settings: Any) -> "subprocess.CompletedProcess[str]":
        """Crawl as this module does as a program: until the crawl kills itself, or the disk is full."""
        return ended(self.start_in(where, **settings))

    def start_in(self, where: str, **settings: Any) -> "subprocess.Popen[str]":
        """Begin such a crawl."""
        line = self.line(**settings)
        line[2:3] = ["tests.killing", where]
        return self._start(line)

    def copied_to(self, output: Path) -> "Place":
        """The same state in another directory."""
        shutil.copytree(self.output, output)
        return Place(output, self.origin, self.site)

    # ------------------------------------------------------------------ what is there, to compare
    def published(self) -> bytes:
        """The dataset, runs and records of WARCs named by what they are and not by when they were made."""
        return plain(self.dataset.read_bytes())

    def ledger(self) -> list[str]:
        """All rows of the ledger, in the same way; runs are named by their number there."""
        ledger = Ledger(self.folder / LEDGER, read_only=True)
        names = {run: f"run {number}" for number, run in enumerate(ledger.runs(), 1)}
        columns = {table: names for table, (names, _) in ledger.tables().items()}
        rows = [(table, dict(zip(columns[table], row, strict=True))) for table, row in ledger.dump()]
        ledger.close()
        for _, row in rows:
            # Of `answers`: what a sitemap says of a page, if it was read before the page was. With several requests
            # under way that is a matter of chance, crash or not.
            row.pop("lastmod", None)
        return sorted(_named(f"{table} {row}", names) for table, row in rows if table != "runs")

    def readings(self, run: StoredRun) -> list[bytes]:
        """What a run read, but for its own first line."""
        return [plain(repr(line).encode()) for line in read_readings(run.path / READINGS) if isinstance(line, Reading)]


def plain(text: bytes) -> bytes:
    """A text without the ids of records and runs."""
    return _RUN.sub(b"RUN", _IDS.sub(b"RECORD", text))


def _named(row: str, names: dict[str, str]) -> str:
    text = _IDS.sub(b"RECORD", row.encode()).decode()
    return _RUN.sub(lambda found: names[found[0].decode()].encode(), text.encode()).decode()


def _later(seconds: float, act: Callable[[], object]) -> None:
    if not seconds:
        act()
        return
    timer = threading.Timer(seconds, act)
    timer.daemon = True
    timer.start()


def ended(crawl: "subprocess.Popen[str]") -> "subprocess.CompletedProcess[str]":
    """Wait for a crawl to end; one that does not is a defect."""
    try:
        out, errors = crawl.communicate(timeout=60)
    finally:
        crawl.kill()
    assert "Traceback" not in errors, errors
    return subprocess.CompletedProcess(crawl.args, crawl.returncode, out, errors)


@contextmanager
def crawled(output: Path) -> Iterator[Place]:
    """A site, and a directory to crawl it into."""
    site = watched_site()
    with serve(site) as origin:
        yield Place(output, origin, site)


# ------------------------------------------------------------------ as a program
def prepare(what: str) -> None:
    """Make this process one that ends as the test wants; the module says how it is put."""
    if what.startswith("full:"):
        size = int(what.removeprefix("full:"))
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))  # Python ignores the signal: writing fails instead
        return
    if what == "late":
        vars(importlib.import_module("tests"))["last"] = _Last()
        return
    moment, number, module, name = what.split(":")
    holder: Any = importlib.import_module(module)
    *path, last = name.split(".")
    for part in path:
        holder = getattr(holder, part)
    original, calls = getattr(holder, last), iter(range(1, 1_000_000))

    def deadly(*args: Any, **kwargs: Any) -> Any:
        is_due = next(calls) == int(number)
        if is_due and moment == "before":
            die()
        answer = original(*args, **kwargs)
        if is_due and moment == "after":
            die()
        return answer

    def mortal(*args: Any, **kwargs: Any) -> Iterator[Any]:
        for count, value in enumerate(original(*args, **kwargs), 1):
            yield value
            if count == int(number):
                die()

    setattr(holder, last, mortal if moment == "during" else deadly)


class _Last:
    """Sends Ctrl-C to its own process when it is thrown away, which is after the signal handlers are."""

    def __del__(self, interrupt: Callable[[int], None] = signal.raise_signal, sent: int = signal.SIGINT) -> None:
        interrupt(sent)


def die() -> None:
    """Kill this process as ``kill -9`` does."""
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    """Run ``scrapy`` with the arguments behind the first, which says how it ends."""
    from scrapy.cmdline import execute

    prepare(sys.argv.pop(1))
    execute(["scrapy", *sys.argv[1:]])


if __name__ == "__main__":
    main()
