"""Refuse packed bodies that break off: Scrapy unpacks what there is of them and says nothing."""

import zlib
from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.exceptions import ResponseDataLossError
from scrapy.http import Response

_GZIP = b"\x1f\x8b"
_PIECE = 64 * 1024  # bytes unpacked at a time, and thrown away


class PackedBodyMiddleware:
    """Downloader middleware between the wire and Scrapy's unpacking.

    A body that is cut off is asked for again, as one that is shorter than its ``Content-Length`` is.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build the middleware for a crawl."""
        return cls(crawler)

    def process_response(self, request: Request, response: Response) -> Response | Request:
        """Pass what is whole.

        :raises ResponseDataLossError: cut off, time and again.
        """
        limit = self._crawler.settings.getint("DOWNLOAD_MAXSIZE")
        coding = (response.headers.get("Content-Encoding") or b"").strip().lower()
        if coding not in (b"gzip", b"x-gzip") or not is_cut_off(response.body, limit):
            return response
        assert self._crawler.spider is not None
        again = get_retry_request(request, spider=self._crawler.spider, reason="packed body cut off")
        if again is None:
            raise ResponseDataLossError("the packed body is cut off")
        return again


def is_cut_off(body: bytes, limit: int) -> bool:
    """Whether a gzip body ends before its stream does, or is damaged.

    :param limit: bytes after which nobody looks any further: a body that is larger is refused for that.
    """
    if not body.startswith(_GZIP):
        return False  # some servers say gzip and send plain text
    rest, total = body, 0
    try:
        while rest.startswith(_GZIP):  # a body may consist of several members
            unpacker = zlib.decompressobj(31)
            while not unpacker.eof:
                piece = unpacker.decompress(rest, _PIECE)
                rest = unpacker.unconsumed_tail
                total += len(piece)
                if total > limit:
                    return False
                if not piece and not unpacker.eof:
                    return True
            rest = unpacker.unused_data
    except zlib.error:
        return True
    return False
