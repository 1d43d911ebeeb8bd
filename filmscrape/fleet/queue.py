"""The queue of a fleet: what a worker takes it has on a lease, so that a worker that dies takes no page with it.

A request is waiting, leased, or done. One script moves it from one state to the next, so there is no moment at which it
is in none; and what was seen once is never queued again. A lease that its worker does not renew is given to another.
Times are those of the server: the clocks of the workers play no part.
"""

from typing import Any

from scrapy import Request
from scrapy_redis.queue import Base

from filmscrape.fleet.identity import name_of

LEASE_NAME = "lease"
"""Key in a request's meta: the name under which it is leased."""
TAKEN = "taken"
"""Key in a request's meta: how often it was given to a worker."""
BOUNDED = -1
"""What :meth:`LeaseQueue.push` answers where so many requests of the kind were queued that no more are."""

# Waiting requests are sorted by priority, then by number. A double holds 2^53: room for 8,000 priorities.
_PUSH = """
if redis.call('SISMEMBER', KEYS[3], ARGV[1]) == 1 then return 0 end
local most = tonumber(ARGV[5])
local kind = ARGV[4] ~= '' and redis.call('HINCRBY', KEYS[4], 'kind ' .. ARGV[4], 1) or 0
if most > 0 and kind > most then return -1 end
redis.call('SADD', KEYS[3], ARGV[1])
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
local number = redis.call('HINCRBY', KEYS[4], '', 1)
redis.call('ZADD', KEYS[1], number - tonumber(ARGV[3]) * 1099511627776, ARGV[1])
return 1
"""
_NOW = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
"""
# What comes back is given first: it has waited longest, and others may follow from it.
_TAKE = (
    _NOW
    + """
for _, name in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', now, 'LIMIT', 0, 100)) do
    redis.call('ZREM', KEYS[3], name)
    redis.call('ZADD', KEYS[1], -9007199254740992, name)
end
local first = redis.call('ZPOPMIN', KEYS[1])[1]
if not first then return false end
redis.call('ZADD', KEYS[3], now + ARGV[1], first)
return {first, redis.call('HGET', KEYS[2], first), redis.call('HINCRBY', KEYS[4], first, 1)}
"""
)
_RENEW = _NOW + "for _, name in ipairs(ARGV) do redis.call('ZADD', KEYS[1], 'XX', now + {lease}, name) end"
_DONE = """
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('ZREM', KEYS[3], ARGV[1])
redis.call('HDEL', KEYS[2], ARGV[1])
redis.call('HDEL', KEYS[4], ARGV[1])
"""
_GIVE_BACK = """
if redis.call('ZREM', KEYS[2], ARGV[1]) == 1 then redis.call('ZADD', KEYS[1], -9007199254740992, ARGV[1]) end
"""


class LeaseQueue(Base):  # type: ignore[misc]  # without types
    """A queue of scrapy-redis whose requests are leased; see the module.

    :param key: what the names of its keys begin with.
    """

    def __init__(self, server: Any, spider: Any, key: str, serializer: Any = None) -> None:
        super().__init__(server, spider, key, serializer)
        self._fingerprinter = spider.crawler.request_fingerprinter
        self._lease = int(spider.crawler.settings.getfloat("LEASE") * 1000)
        names = ("waiting", "requests", "seen", "numbers", "leases", "takes")
        self._waiting, self._requests, self._seen, self._numbers, self._leases, self._takes = (
            f"{key}:{name}" for name in names
        )
        self._push = server.register_script(_PUSH)
        self._take = server.register_script(_TAKE)
        self._renew = server.register_script(_RENEW.replace("{lease}", str(self._lease)))
        self._done = server.register_script(_DONE)
        self._give_back = server.register_script(_GIVE_BACK)

    def push(self, request: Request) -> int:
        """Queue a request that was not seen before.

        :return: 1; 0 for one that was seen; :data:`BOUNDED`.
        """
        name = name_of(request, self._fingerprinter)
        # What passes the filter on purpose is a further try at what was counted already.
        kind, most = ("", 0) if request.dont_filter else (request.meta["kind"], request.meta.get("most", 0))
        keys = [self._waiting, self._requests, self._seen, self._numbers]
        return int(self._push(keys, [name, self._encode_request(request), request.priority, kind, most]))

    def pop(self, timeout: int = 0) -> Request | None:  # noqa: ARG002 - as scrapy-redis has it; nothing blocks here
        """Take the next request, on a lease."""
        found = self._take([self._waiting, self._requests, self._leases, self._takes], [self._lease])
        if not found:
            return None
        name, data, times = found
        request: Request = self._decode_request(data)
        request.meta[LEASE_NAME], request.meta[TAKEN] = name.decode(), int(times)
        return request

    def renew(self, names: list[str]) -> None:
        """Say that the requests of these names are still being worked on."""
        if names:
            self._renew([self._leases], names)

    def done(self, name: str) -> None:
        """Let go of a request: what came of it is written."""
        self._done([self._leases, self._requests, self._waiting, self._takes], [name])

    def give_back(self, name: str) -> None:
        """Let others have a request that was not asked."""
        self._give_back([self._waiting, self._leases], [name])

    def __len__(self) -> int:
        """How many requests are waiting or leased: 0 says that the crawl is through."""
        return int(self.server.zcard(self._waiting)) + int(self.server.zcard(self._leases))
