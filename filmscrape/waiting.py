"""Where requests wait for their turn in memory: packed, for at a site's delay all that was found waits for hours."""

import pickle
from io import BytesIO
from typing import Any, Self

from scrapy import Request, Spider
from scrapy.crawler import Crawler

_SPIDER = "spider"


class PackedQueue:
    """A queue of Scrapy's scheduler (``SCHEDULER_MEMORY_QUEUE``), last in, first out, like the one that it has itself.

    What a request carries are plain values, and its callbacks methods of the spider. By ``Request.to_dict`` each
    callback would be looked for among all the spider's members, in 70 µs a request; like this it takes 16.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._waiting: list[bytes] = []

    @classmethod
    def from_crawler(cls, crawler: Crawler, *_: Any) -> Self:
        """Build a queue; Scrapy names the folder that one on disk would have, too."""
        return cls(crawler)

    def push(self, request: Request) -> None:
        """Have a request wait."""
        values = {name: value for name in request.attributes if (value := getattr(request, name))}
        packed = BytesIO()
        _Packer(packed, self._crawler.spider).dump((type(request), values))
        self._waiting.append(packed.getvalue())

    def pop(self) -> Request | None:
        """Give the request that came last."""
        return self._unpacked(self._waiting.pop()) if self._waiting else None

    def peek(self) -> Request | None:
        """Give it without taking it."""
        return self._unpacked(self._waiting[-1]) if self._waiting else None

    def _unpacked(self, packed: bytes) -> Request:
        kind, values = _Unpacker(BytesIO(packed), self._crawler.spider).load()
        request: Request = kind(**values)
        return request

    def close(self) -> None:
        """Do nothing: there is nothing to close."""

    def __len__(self) -> int:
        return len(self._waiting)


class _Packer(pickle.Pickler):
    """Packs all but the spider, which methods of it belong to."""

    def __init__(self, file: BytesIO, spider: Spider | None) -> None:
        super().__init__(file, pickle.HIGHEST_PROTOCOL)
        self._spider = spider

    def persistent_id(self, obj: object) -> str | None:
        return _SPIDER if obj is self._spider else None


class _Unpacker(pickle.Unpickler):
    def __init__(self, file: BytesIO, spider: Spider | None) -> None:
        super().__init__(file)
        self._spider = spider

    def persistent_load(self, pid: object) -> Spider | None:
        assert pid == _SPIDER
        return self._spider
