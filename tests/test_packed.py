"""Packed bodies: unpacked where they are whole, refused where they break off."""

import gzip
import zlib

import pytest
from scrapy import Request, Spider
from scrapy.http import HtmlResponse, Response
from scrapy.utils.test import get_crawler

from filmscrape.packed import CutOff, PackedBodyMiddleware, unpack

TEXT = b"".join(b"line %d of a page\n" % n for n in range(20_000))
PACKED = gzip.compress(TEXT, mtime=0)
LIMIT = 16 * 2**20
URL = "https://festival.example/"


@pytest.mark.parametrize(
    ("body", "unpacked"),
    [
        (PACKED, TEXT),
        (PACKED * 3, TEXT * 3),
        (PACKED + b"\0\0", TEXT),
        (gzip.compress(b"", mtime=0), b""),
        (b"", None),
        (b"plain text", None),
        (TEXT, None),
    ],
)
def test_whole(body: bytes, unpacked: bytes | None) -> None:
    assert unpack(body, LIMIT) == unpacked


@pytest.mark.parametrize("end", [2, 9, 30, len(PACKED) // 2, len(PACKED) - 9, len(PACKED) - 1])
@pytest.mark.parametrize("before", [b"", PACKED])
def test_cut_off(end: int, before: bytes) -> None:
    with pytest.raises(CutOff):
        unpack(before + PACKED[:end], LIMIT)


@pytest.mark.parametrize("at", [len(PACKED) // 2, len(PACKED) - 8])
def test_damaged(at: int) -> None:
    damaged = PACKED[:at] + zlib.crc32(b"other").to_bytes(4, "little") + PACKED[at + 4 :]
    with pytest.raises(CutOff):
        unpack(damaged, LIMIT)


def test_too_large_is_for_others_to_say() -> None:
    assert unpack(PACKED, len(TEXT)) == TEXT
    assert unpack(PACKED, len(TEXT) - 1) is None
    assert unpack(PACKED[:-1], len(TEXT) // 2) is None
    assert unpack(PACKED * 2, len(TEXT)) is None


def passed(response: Response) -> Response:
    """What the middleware makes of an answer that is whole."""
    found = PackedBodyMiddleware(get_crawler(Spider)).process_response(Request(URL), response)
    assert isinstance(found, Response)
    return found


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
