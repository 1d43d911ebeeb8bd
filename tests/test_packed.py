"""Packed bodies: unpacked where they are whole, refused where they break off."""

import gzip

import pytest
from scrapy import Request, Spider
from scrapy.exceptions import ResponseDataLossError
from scrapy.http import HtmlResponse, Response
from scrapy.utils.test import get_crawler

from filmscrape.packed import PackedBodyMiddleware

TEXT = b"".join(b"line %d of a page\n" % n for n in range(20_000))
PACKED = gzip.compress(TEXT, mtime=0)
LIMIT = 2**20
TOO_LARGE = gzip.compress(b" " * (LIMIT + 1), mtime=0)
URL = "https://festival.example/"


def answer(body: bytes) -> Response:
    return HtmlResponse(URL, headers={"Content-Encoding": "gzip"}, body=body)


def processed(response: Response, request: Request | None = None) -> Response | Request:
    """What the middleware makes of an answer."""
    crawler = get_crawler(Spider, {"DOWNLOAD_MAXSIZE": LIMIT})
    crawler.spider = Spider.from_crawler(crawler, "festival")
    return PackedBodyMiddleware(crawler).process_response(request or Request(URL), response)


def passed(response: Response) -> Response:
    """The same of one that is whole."""
    found = processed(response)
    assert isinstance(found, Response)
    return found


@pytest.mark.parametrize("text", [TEXT, b""])
def test_what_is_whole_is_unpacked(text: bytes) -> None:
    found = passed(answer(gzip.compress(text, mtime=0)))
    assert found.body == text
    assert "Content-Encoding" not in found.headers


@pytest.mark.parametrize("body", [b"", b"plain text", TOO_LARGE, TOO_LARGE[:-1], PACKED * 9])
def test_what_is_no_gzip_or_too_large_is_for_others_to_say(body: bytes) -> None:
    response = answer(body)
    assert passed(response) is response


@pytest.mark.parametrize("body", [PACKED[:-1], PACKED + PACKED[:30], PACKED[:-8] + b"damaged!"])
def test_what_breaks_off_is_asked_for_again_and_then_refused(body: bytes) -> None:
    again = processed(answer(body))
    assert isinstance(again, Request)
    assert again.meta["retry_times"] == 1
    with pytest.raises(ResponseDataLossError, match="the packed body is cut off"):
        processed(answer(body), Request(URL, meta={"retry_times": 99}))


def test_answer_is_handed_on_as_if_it_had_come_unpacked() -> None:
    """Its kind and its character set are told by the body, as those of an answer that was not packed."""
    body = '<html><meta charset="iso-8859-2"><p>Łódź'.encode("iso-8859-2")
    headers = {"Content-Encoding": "gzip", "Content-Type": "text/html", "Etag": '"1"'}
    found = passed(HtmlResponse(URL, headers=headers, body=gzip.compress(body), flags=["resumed"]))
    assert isinstance(found, HtmlResponse)
    assert found.text.endswith("Łódź")
    assert found.headers.to_unicode_dict() == {"Content-Type": "text/html", "Etag": '"1"'}
    assert found.flags == ["resumed"]
    assert isinstance(
        passed(Response(URL, headers={"Content-Encoding": "gzip"}, body=gzip.compress(body))), HtmlResponse
    )


@pytest.mark.parametrize("codings", [["deflate", "gzip"], ["br"], ["gzip, gzip"], []])
def test_other_codings_are_left_to_scrapy(codings: list[str]) -> None:
    response = HtmlResponse(URL, headers={"Content-Encoding": codings}, body=gzip.compress(b"<p>text"))
    assert passed(response) is response
