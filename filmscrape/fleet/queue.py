"""The queue of a fleet: what a worker takes it has on a lease, so that a worker that dies takes no page with it.

A request is waiting, leased, or done. One script moves it from one state to the next, so there is no moment at which it
is in none; and what was seen once is never queued again. A lease that its worker does not renew is given to another.
Times are those of the server: the clocks of the workers play no part.

Requests are numbered as they are queued. A worker that has seen a higher number than the server knows of has a server
that lost its memory, or came back with an older one. An empty queue does not say then that the crawl is through.
"""

from enum import IntEnum
from typing import Any

from scrapy import Request
from scrapy_redis.queue import Base

from filmscrape.fleet.identity import matter_of, name_of
from filmscrape.fleet.server import ServerLost

LEASE_NAME = "lease"
"""Key in a request's meta: the name under which it is leased."""
TAKEN = "taken"
"""Key in a request's meta: how often it was given to a worker."""


class Pushed(IntEnum):
    """What became of a request that was to be queued.

    ``KNOWN`` was queued before, perhaps by another worker; ``SAME_PAGE`` is another matter whose address has the same
    fingerprint; of the kind of a ``BOUNDED`` one so many were queued that no more are.
    """

    NEW = 1
    KNOWN = 2
    SAME_PAGE = 3
    BOUNDED = 4


# The first line of each: nothing is done to a queue that is not the one that the worker knows.
_SAME = """
local number = tonumber(redis.call('HGET', KEYS[1], '') or 0)
if number < tonumber(ARGV[1]) then return {number} end
"""
_NOW = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
"""
# Waiting requests are sorted by priority, then by number. A double holds 2^53: room for 8,000 priorities.
_PUSH = (
    _SAME
    + """
local known = redis.call('HGET', KEYS[2], ARGV[2])
if known then return {number, known == ARGV[3] and 2 or 3} end
local most = tonumber(ARGV[7])
local kind = ARGV[6] ~= '' and redis.call('HINCRBY', KEYS[1], 'kind ' .. ARGV[6], 1) or 0
if most > 0 and kind > most then return {number, 4} end
redis.call('HSET', KEYS[2], ARGV[2], ARGV[3])
redis.call('HSET', KEYS[3], ARGV[2], ARGV[4])
number = redis.call('HINCRBY', KEYS[1], '', 1)
redis.call('ZADD', KEYS[4], number - tonumber(ARGV[5]) * 1099511627776, ARGV[2])
return {number, 1}
"""
)
# What comes back is given first: it has waited longest, and others may follow from it.
_TAKE = (
    _SAME
    + _NOW
    + """
for _, name in ipairs(redis.call('ZRANGEBYSCORE', KEYS[4], '-inf', now, 'LIMIT', 0, 100)) do
    redis.call('ZREM', KEYS[4], name)
    redis.call('ZADD', KEYS[3], -9007199254740992, name)
end
local first, request
repeat  -- one without its words was done, and comes of a copy of the queue that was not made at one stroke
    first = redis.call('ZPOPMIN', KEYS[3])[1]
    request = first and redis.call('HGET', KEYS[2], first)
until not first or request
if not first then return {number} end
redis.call('ZADD', KEYS[4], now + ARGV[2], first)
return {number, first, request, redis.call('HINCRBY', KEYS[5], first, 1)}
"""
)
_COUNT = _SAME + "return {number, redis.call('ZCARD', KEYS[2]) + redis.call('ZCARD', KEYS[3])}"
_RENEW = (
    _NOW
    + """
for at = 2, #ARGV do redis.call('ZADD', KEYS[1], 'XX', now + ARGV[1], ARGV[at]) end
"""
)
_DONE = """
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('HDEL', KEYS[3], ARGV[1])
redis.call('HDEL', KEYS[4], ARGV[1])
"""
_GIVE_BACK = """
if redis.call('ZREM', KEYS[1], ARGV[1]) == 1 then
    redis.call('ZADD', KEYS[2], -9007199254740992, ARGV[1])
    redis.call('HINCRBY', KEYS[3], ARGV[1], -1)
end
"""


class LeaseQueue(Base):  # type: ignore[misc]  # without types
    """A queue of scrapy-redis whose requests are leased; see the module.

    All that asks the server raises :class:`ServerLost` where it has lost the queue.

    :param key: what the names of its keys begin with.
    """

    def __init__(self, server: Any, spider: Any, key: str, serializer: Any = None) -> None:
        super().__init__(server, spider, key, serializer)
        self._fingerprinter = spider.crawler.request_fingerprinter
        self._lease = int(spider.crawler.settings.getfloat("LEASE") * 1000)
        self._number = 0
        names = ("waiting", "requests", "seen", "numbers", "leases", "takes")
        self._waiting, self._requests, self._seen, self._numbers, self._leases, self._takes = (
            f"{key}:{name}" for name in names
        )
        scripts = (_PUSH, _TAKE, _COUNT, _RENEW, _DONE, _GIVE_BACK)
        self._push, self._take, self._count, self._renew, self._done, self._give_back = map(
            server.register_script, scripts
        )

    def push(self, request: Request) -> Pushed:
        """Queue a request that was not seen before."""
        name = name_of(request, self._fingerprinter)
        # What passes the filter on purpose is a further try at what was counted already.
        kind, most = ("", 0) if request.dont_filter else (request.meta["kind"], request.meta.get("most", 0))
        keys = [self._numbers, self._seen, self._requests, self._waiting]
        data = self._encode_request(request)
        (pushed,) = self._same(self._push(keys, [self._number, name, matter_of(request), data, request.priority,
                                                 kind, most]))  # fmt: skip
        return Pushed(pushed)

    def pop(self, timeout: int = 0) -> Request | None:  # noqa: ARG002 - as scrapy-redis has it; nothing blocks here
        """Take the next request, on a lease."""
        keys = [self._numbers, self._requests, self._waiting, self._leases, self._takes]
        found = self._same(self._take(keys, [self._number, self._lease]))
        if not found:
            return None
        name, data, times = found
        request: Request = self._decode_request(data)
        request.meta[LEASE_NAME], request.meta[TAKEN] = name.decode(), int(times)
        return request

    def renew(self, names: list[str]) -> None:
        """Say that the requests of these names are still being worked on."""
        if names:
            self._renew([self._leases], [self._lease, *names])

    def done(self, name: str) -> None:
        """Let go of a request: what came of it is written."""
        self._done([self._leases, self._waiting, self._requests, self._takes], [name])

    def give_back(self, name: str) -> None:
        """Let others have a request that nothing came of; that this worker took it does not count."""
        self._give_back([self._leases, self._waiting, self._takes], [name])

    def __len__(self) -> int:
        """How many requests are waiting or leased: 0 says that the crawl is through."""
        return int(self._same(self._count([self._numbers, self._waiting, self._leases], [self._number]))[0])

    def _same(self, answer: list[Any]) -> list[Any]:
        """Take an answer of the queue that this worker knows.

        :raises ServerLost: it is not the same any more.
        """
        number = int(answer[0])
        if number < self._number:
            raise ServerLost("the Redis server has lost the queue, or came back with an older one")
        self._number = number
        return answer[1:]
