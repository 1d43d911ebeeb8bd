"""The connection to Redis or Valkey, and what is said where it fails."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from time import monotonic, sleep
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import redis
from redis.backoff import ExponentialBackoff
from redis.exceptions import BusyLoadingError, ConnectionError, RedisError, ResponseError, TimeoutError
from redis.retry import Retry
from scrapy.settings import BaseSettings

from filmscrape.runs.outcome import CannotBegin, Outcome

_TIMEOUT = 10  # seconds for one answer
_AT_FIRST = 5.0  # seconds of patience with an address that may be wrong: a restart takes one or two
_PAUSES = ExponentialBackoff(cap=1.0, base=0.05)  # seconds between two tries
_MOST_DOUBLINGS = 10  # of a pause; the cap has come by then


class ServerLost(Exception):  # noqa: N818 - named for what is the case
    """The server did not come back within the patience, or does not do what it is asked; the message says which."""


class Patience(Retry):
    """Tries for so many seconds; once that was in vain, all that follows fails at once.

    The client counts tries, and those to connect anew within those to ask: a host that is off the net makes one try
    last :data:`_TIMEOUT`. And a worker that has waited in vain is not to wait as long with each word of its farewell.
    """

    __hash__ = Retry.__hash__

    def __init__(self, seconds: float) -> None:
        super().__init__(_PAUSES, 1 << 30, (ConnectionError, TimeoutError, BusyLoadingError))
        self._seconds = seconds
        self._in_vain: Exception | None = None

    def __eq__(self, other: Any) -> bool:
        return self is other

    def __deepcopy__(self, memo: Any) -> "Patience":
        return self  # all connections of a client share it

    def call_with_retry(
        self,
        do: Callable[[], Any],
        fail: Callable[..., Any],
        is_retryable: Callable[[Exception], bool] | None = None,
        with_failure_count: bool = False,
    ) -> Any:
        """Do something, again and again until it works or the patience is at its end."""
        begin, failures = monotonic(), 0
        while True:
            if self._in_vain is not None:
                raise self._in_vain
            try:
                return do()
            except self._supported_errors as fault:
                if is_retryable is not None and not is_retryable(fault):
                    raise
                failures += 1
                fail(*([fault, failures] if with_failure_count else [fault]))
                if monotonic() - begin > self._seconds:
                    self._in_vain = fault
                else:
                    sleep(self._backoff.compute(min(failures, _MOST_DOUBLINGS)))


def connect(settings: BaseSettings) -> redis.Redis:
    """Connect to the server that ``REDIS_URL`` names.

    A command that meets a server which is gone is tried again for ``REDIS_PATIENCE`` seconds; none of those that are
    sent does harm when it is done twice.

    :raises CannotBegin: there is none that answers, or the address is none.
    """
    url = settings["REDIS_URL"]
    try:
        first = Patience(min(_AT_FIRST, settings.getfloat("REDIS_PATIENCE")))
        once = redis.Redis.from_url(url, socket_connect_timeout=_TIMEOUT, retry=first)
        with once, suppress(BusyLoadingError):  # that one comes: it reads what it had written
            once.ping()
        return redis.Redis.from_url(
            url,
            socket_timeout=_TIMEOUT,
            socket_connect_timeout=_TIMEOUT,
            retry=Patience(settings.getfloat("REDIS_PATIENCE")),
        )
    except ValueError as wrong:
        raise CannotBegin(Outcome.USAGE, f"REDIS_URL={url!r} is no address of a Redis server: {wrong}") from None
    except RedisError as fault:
        message = f"no Redis server answers at {without_password(url)} ({fault}): start one, or name it with REDIS_URL"
        raise CannotBegin(Outcome.FAULT, message) from None


@contextmanager
def told(url: str) -> Iterator[None]:
    """Turn a failing server into one sentence.

    :raises ServerLost: in place of what the client raises.
    """
    try:
        yield
    except ResponseError as fault:
        raise ServerLost(f"the Redis server at {without_password(url)} refuses: {fault}") from fault
    except RedisError as fault:
        raise ServerLost(f"the Redis server at {without_password(url)} does not come back: {fault}") from fault


def without_password(url: str) -> str:
    """An address as it may be shown."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=host, query=""))
