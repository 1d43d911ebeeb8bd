"""What the workers of one run tell one another, beside the queue: who is there, how far, how it ended.

All of it lies in Redis under ``filmscrape:{<source>}``; the braces keep it on one node of a cluster. Times are those of
the server.
"""

import json
from typing import Any, NamedTuple

from scrapy.settings import BaseSettings

from filmscrape import __version__
from filmscrape.fleet.server import ServerLost, connect
from filmscrape.runs.outcome import CannotBegin, Outcome, Verdict

_NOW = "local clock = redis.call('TIME') local now = clock[1] * 1000 + math.floor(clock[2] / 1000) "
# Nobody takes a time that is still to come: so a worker that dies or leaves takes none with it, and nobody asks at a
# time that was taken before the host wanted to be left alone.
_CLAIM = (
    _NOW
    + """
local due = tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or 0)
if due > now then return due - now end
if tonumber(ARGV[2]) > 0 then redis.call('HSET', KEYS[1], ARGV[1], now + ARGV[2]) end
return 0
"""
)
_PAUSE = (
    _NOW
    + """
local due = math.max(now + ARGV[2], tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or 0))
redis.call('HSET', KEYS[1], ARGV[1], due)
"""
)
# Who begins a run is there from then on: one that comes at the same moment must not take it for one that was left.
_JOIN = (
    _NOW
    + """
if redis.call('SETNX', KEYS[1], ARGV[1]) == 1 then redis.call('ZADD', KEYS[2], now + ARGV[2], ARGV[3]) end
return redis.call('GET', KEYS[1])
"""
)
_BE_THERE = _NOW + "redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])"
_PRESENT = _NOW + "return redis.call('ZRANGEBYSCORE', KEYS[1], now, '+inf')"
_KEEP = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
"""
_LEAVE = """
redis.call('ZREM', KEYS[1], ARGV[1])
if redis.call('GET', KEYS[2]) == ARGV[1] then redis.call('DEL', KEYS[2]) end
"""
_REMEMBERED = 7 * 24 * 3600  # seconds: how the last run ended


class Mission(NamedTuple):
    """The run that a worker takes part in.

    :ivar id: the run's id.
    :ivar started: when it began, ISO 8601 UTC.
    :ivar arguments: of the spider.
    :ivar version: of the program; two versions read pages differently.
    """

    id: str
    started: str
    arguments: dict[str, str]
    version: str = __version__


class Ended(NamedTuple):
    """How a run ended, or is to end.

    :ivar outcome: an exit code of :class:`~filmscrape.runs.outcome.Outcome`; -1 where it is to be judged.
    :ivar reason: with which Scrapy closed the spider that ended it.
    """

    run_id: str
    outcome: int
    message: str
    reason: str = ""

    @property
    def verdict(self) -> Verdict | None:
        """The verdict, where there is one already."""
        return Verdict(Outcome(self.outcome), self.message) if self.outcome >= 0 else None


class Board:
    """What is shared.

    :param source: the spider's name.
    :param worker: this worker's name.
    :raises CannotBegin: no server answers.
    """

    def __init__(self, settings: BaseSettings, source: str, worker: str) -> None:
        # Typed by what it answers to commands, which its own types leave open.
        self.server: Any = connect(settings)
        self.url: str = settings["REDIS_URL"]
        self._root = f"filmscrape:{{{source}}}"
        self._worker = worker
        self._lease = int(settings.getfloat("LEASE") * 1000)
        self._late = settings.getfloat("FLEET_LATE")
        self._prefix = self._root
        register = self.server.register_script
        self._claim, self._pause, self._join = register(_CLAIM), register(_PAUSE), register(_JOIN)
        self._be_there, self._present, self._leave = register(_BE_THERE), register(_PRESENT), register(_LEAVE)
        self._keep = register(_KEEP)

    def key(self, name: str) -> str:
        """The key of what the run shares under a name."""
        return f"{self._prefix}:{name}"

    # ------------------------------------------------------------------ the run
    def join(self, mine: Mission) -> Mission:
        """Take part in the run that is going on, else begin one; one of another crawl that all have left is given up.

        :param mine: the run as this worker would begin it.
        :return: the run as it is.
        :raises CannotBegin: it is another crawl that is going on, or this worker has come late.
        """
        if not self.is_going_on():
            self._refuse_late()
        keys = [self._root + ":run", f"{self._root}:{mine.id}:workers"]
        found = self._join(keys, [json.dumps(mine._asdict()), self._lease, self._worker])
        theirs = Mission(**json.loads(found))
        self._prefix = f"{self._root}:{theirs.id}"
        if theirs.arguments == mine.arguments and theirs.version == mine.version:
            return theirs
        if not self.present():
            self.forget(theirs.id)
            return self.join(mine)
        raise CannotBegin(
            Outcome.USAGE,
            f"the workers of {theirs.id} crawl with {theirs.arguments or 'no arguments'} and version"
            f" {theirs.version}, this one was called with {mine.arguments or 'none'} and is {mine.version}",
        )

    def is_going_on(self) -> bool:
        """Whether there is a run that did not end."""
        return bool(self.server.exists(self._root + ":run"))

    def is_of(self, run: Mission) -> bool:
        """Whether a run is the one that this worker takes part in."""
        return self._prefix == f"{self._root}:{run.id}"

    def _refuse_late(self) -> None:
        found = self.server.get(self._root + ":last")
        if not found:
            return
        last = json.loads(found)
        age = self.server.time()[0] - last.pop("at")
        ended = Ended(**last)
        if age < self._late and ended.verdict is not None:
            message = f"{ended.run_id} ended {age} s ago without this worker ({ended.message or 'accepted'});"
            raise CannotBegin(ended.verdict.outcome, f"{message} to begin another run now, set FLEET_LATE=0")

    # ------------------------------------------------------------------ who is there
    def be_there(self) -> None:
        """Say that this worker is there, for the time of a lease."""
        self._be_there([self.key("workers")], [self._worker, self._lease])

    def present(self) -> set[str]:
        """Who is there, as far as their leases tell."""
        return {name.decode() for name in self._present([self.key("workers")])}

    def leave(self) -> set[str]:
        """Say that this worker is gone; the answer is who is still there."""
        self._leave([self.key("workers"), self.key("last")], [self._worker])
        return self.present()

    def close_part(self) -> None:
        """Say that what this worker found is all written."""
        self.server.sadd(self.key("closed"), self._worker)

    def is_waited_for(self) -> bool:
        """Whether a worker that is there has not written all that it found."""
        self.be_there()
        closed = {name.decode() for name in self.server.smembers(self.key("closed"))}
        return not closed.issuperset(self.present())

    # ------------------------------------------------------------------ the end
    def end(self, ended: Ended) -> None:
        """Say that the run is to end; who says it first has said it."""
        self.server.set(self.key("ending"), json.dumps(ended._asdict()), nx=True)

    def ending(self) -> Ended | None:
        """How the run is to end, if somebody has said so."""
        found = self.server.get(self.key("ending"))
        return Ended(**json.loads(found)) if found else None

    def be_last(self) -> bool:
        """Be the one that gathers and publishes: true for one worker, until it is done or dead."""
        key = self.key("last")
        if self.server.set(key, self._worker, nx=True, px=self._lease):
            return True
        return bool(self._keep([key], [self._worker, self._lease]))

    def finish(self, ended: Ended) -> None:
        """Say how the run ended, and clear the board."""
        at = self.server.time()[0]
        self.server.set(self._root + ":last", json.dumps({**ended._asdict(), "at": at}), ex=_REMEMBERED)
        self.forget(ended.run_id)

    def ended(self, run_id: str) -> Ended | None:
        """How a run ended; ``None`` while it lasts.

        :raises ServerLost: nobody knows of the run any more.
        """
        keys = (self._root + ":run", self._root + ":last")
        run, last = (json.loads(found or b"{}") for found in self.server.mget(*keys))
        if last.pop("at", None) and last["run_id"] == run_id:
            return Ended(**last)
        if run.get("id") != run_id:
            raise ServerLost(f"the Redis server has lost {run_id}")
        return None

    def forget(self, run_id: str) -> None:
        """Clear the board of a run that ended or was given up."""
        current = json.loads(self.server.get(self._root + ":run") or b"{}")
        if current.get("id") == run_id:
            self.server.delete(self._root + ":run")
        for key in self.server.scan_iter(match=_literally(f"{self._root}:{run_id}:") + "*", count=1000):
            self.server.unlink(key)

    # ------------------------------------------------------------------ manners
    def claim(self, host: str, seconds: float) -> float:
        """Take the time of the next request to a host, if it has come; the one after it may go so many seconds later.

        :return: 0, or the seconds until then.
        """
        return int(self._claim([self.key("hosts")], [host, round(seconds * 1000)])) / 1000

    def pause(self, host: str, seconds: float) -> None:
        """Have nobody ask a host for so many seconds."""
        self._pause([self.key("hosts")], [host, round(seconds * 1000)])

    def robots(self, host: str) -> bytes | None:
        """The robots.txt of a host, if a worker has read it."""
        found: bytes | None = self.server.hget(self.key("robots"), host)
        return found

    def put_robots(self, host: str, text: bytes) -> None:
        """Let the others know the robots.txt of a host."""
        self.server.hset(self.key("robots"), host, text)

    def count(self, name: str, by: int = 1) -> int:
        """Add to a number that all workers count together; the answer is what it is now."""
        return int(self.server.hincrby(self.key("counts"), name, by))

    def recount(self, *names: str) -> None:
        """Begin numbers again."""
        self.server.hdel(self.key("counts"), *names)


def _literally(text: str) -> str:
    """A pattern that means just this text."""
    return "".join(f"\\{sign}" if sign in "*?[]\\" else sign for sign in text)
