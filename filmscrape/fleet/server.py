"""The connection to Redis or Valkey, and what is said where it fails."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

import redis
from redis.backoff import ExponentialBackoff
from redis.exceptions import BusyLoadingError, ConnectionError, RedisError, ResponseError, TimeoutError
from redis.retry import Retry
from scrapy.settings import BaseSettings

from filmscrape.runs.outcome import CannotBegin, Outcome

_TIMEOUT = 10  # seconds for one answer
_LONGEST_PAUSE = 1.0  # seconds between two tries


class ServerLost(Exception):  # noqa: N818 - named for what is the case
    """The server did not come back within the patience, or does not do what it is asked; the message says which."""


def connect(settings: BaseSettings) -> redis.Redis:
    """Connect to the server that ``REDIS_URL`` names.

    A command that meets a server which is gone is tried again for ``REDIS_PATIENCE`` seconds; none of those that are
    sent does harm when it is done twice.

    :raises CannotBegin: there is none that answers, or the address is none.
    """
    url = settings["REDIS_URL"]
    tries = max(1, round(settings.getfloat("REDIS_PATIENCE") / _LONGEST_PAUSE))
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=_TIMEOUT, retry=Retry(ExponentialBackoff(), 1)) as once:
            once.ping()  # a wrong address is no reason for patience
        return redis.Redis.from_url(
            url,
            socket_timeout=_TIMEOUT,
            socket_connect_timeout=_TIMEOUT,
            retry=Retry(ExponentialBackoff(cap=_LONGEST_PAUSE, base=0.05), tries),
            retry_on_error=[ConnectionError, TimeoutError, BusyLoadingError],
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
