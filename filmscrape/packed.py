"""Unpack bodies, once, and refuse those that break off: Scrapy unpacks what there is of them and says nothing."""

from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.exceptions import ResponseDataLossError
from scrapy.http import Response, TextResponse
from scrapy.responsetypes import responsetypes

from filmscrape.unpacking import CannotUnpack, TooLarge, gunzip


class PackedBodyMiddleware:
    """Downloader middleware between the wire and Scrapy's unpacking.

    A body that is cut off is asked for again, as one that is shorter than its ``Content-Length`` is. What is packed in
    any other way than by gzip, or is too large, is left to Scrapy.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._limit = crawler.settings.getint("DOWNLOAD_MAXSIZE")

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build the middleware for a crawl."""
        return cls(crawler)

    def process_response(self, request: Request, response: Response) -> Response | Request:
        """Pass what is whole.

        :raises ResponseDataLossError: cut off, time and again.
        """
        codings = [coding.strip().lower() for coding in response.headers.getlist("Content-Encoding")]
        if codings not in ([b"gzip"], [b"x-gzip"]):
            return response
        try:
            body = gunzip(response.body, self._limit)
        except TooLarge:
            return response
        except CannotUnpack:
            assert self._crawler.spider is not None
            again = get_retry_request(request, spider=self._crawler.spider, reason="packed body cut off")
            if again is None:
                raise ResponseDataLossError("the packed body is cut off") from None
            return again
        return response if body is None else _replaced(response, body)


def _replaced(response: Response, body: bytes) -> Response:
    """Give the answer with its body unpacked; what kind of answer it is, is told by that body."""
    headers = response.headers.copy()
    del headers["Content-Encoding"]
    kind = responsetypes.from_args(headers=headers, url=response.url, body=body)
    if issubclass(kind, TextResponse):
        return response.replace(cls=kind, headers=headers, body=body, encoding=None)  # which may stand in the body
    return response.replace(cls=kind, headers=headers, body=body)
