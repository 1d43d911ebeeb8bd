"""What every page object shares: decode once, parse once, and rank the strategies that look for a field.

A page object takes ``(body, url, captured_at)`` and answers with items. It knows no Scrapy, no socket, no
clock and no file, so the same code reads a live response, a WARC of 2023, a web archive's copy and a fixture.
"""

import codecs
import re
from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from typing import ClassVar, TypeVar
from urllib.parse import urljoin, urlsplit

from lxml import etree
from parsel import Selector
from w3lib.encoding import html_body_declared_encoding

from filmscrape.values.addresses import bare, escaped

T = TypeVar("T")
_SCHEME = re.compile(r"(?!https?:)[A-Za-z][A-Za-z0-9+.-]*:")
_ABSOLUTE = re.compile(r"https?://([\w.:-]+)((?:[/?#].*)?)\Z", re.DOTALL)


class NotAnEvent(Exception):  # noqa: N818 - no error: an answer
    """The page is whole and readable but is no event's: it gives no record.

    :param reason: why, in words for ``skipped.jsonl``.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class UnreadablePage(Exception):  # noqa: N818 - named for what the page is
    """The page cannot be read without risking wrong values (cut off, no text): it is rejected.

    :param reason: why, in words for ``rejected.jsonl``.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def as_utf8(body: bytes) -> bytes:
    """The body as UTF-8.

    A body that is valid UTF-8 is UTF-8 whatever its label says (text in another encoding that happens to be
    valid UTF-8 does not occur at a page's length); otherwise the page's own declaration counts, and last
    Windows-1252, which a browser would take. Bytes that fit nothing become U+FFFD.
    """
    if b"\x00" in body:  # libxml2 stops reading at a NUL
        body = body.replace(b"\x00", b"")
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as problem:
        declared = html_body_declared_encoding(body[:4096]) or "cp1252"
        if _is_utf8(declared) or _mostly_utf8(body, problem):
            return body.decode("utf-8", "replace").encode("utf-8")
        return body.decode(declared, "replace").encode("utf-8")
    return body


def _is_utf8(encoding: str) -> bool:
    try:
        return codecs.lookup(encoding).name == "utf-8"
    except LookupError:
        return False


def _mostly_utf8(body: bytes, problem: UnicodeDecodeError) -> bool:
    """A few stray bytes in a body full of UTF-8 sequences are damage, not another encoding."""
    sequences = len(re.findall(rb"[\xc3-\xf4][\x80-\xbf]", body))
    return problem.start > 0 and sequences > 8


# Plain elements: those of lxml.html ask a Python function for their class, each time one is touched.
_PARSER = etree.HTMLParser(encoding="utf-8")
_EMPTY = b"<html></html>"


def head_and_main(text: bytes) -> bytes | None:
    """The page without what stands outside ``head`` and ``main``; ``None`` where that cannot be told for certain."""
    start = text.find(b"<main")
    if start < 0 or text.find(b"<main", start + 5) >= 0:
        return None
    end = text.find(b"</main>", start)
    body = text.find(b"<body")
    opened = text.find(b">", body) + 1
    if end < 0 or not 0 <= body < opened <= start or text.find(b"</main>", end + 7) >= 0:
        return None
    return b"".join((text[:opened], text[start : end + 7], b"</body></html>"))


class Page:
    """A page of one site.

    :param body: the answer's body, transfer and content encodings undone.
    :param url: the address that was asked, on the public site, a mirror or a test server.
    :param captured_at: when the answer was given (its ``Date``), an aware UTC time.
    """

    public: ClassVar[str]  # scheme and host of the public site

    def __init__(self, body: bytes, url: str, captured_at: datetime) -> None:
        if captured_at.tzinfo is None:
            raise ValueError("captured_at needs a time zone: the years of screenings rest on it")
        self.body = body
        self.url = url
        self.captured_at = captured_at
        self.strategies: dict[str, str] = {}

    @cached_property
    def text(self) -> bytes:
        """The body as UTF-8."""
        return as_utf8(self.body)

    @property
    def has_end(self) -> bool:
        """Whether the page comes as far as its footer or the end of the document."""
        tail = self.text[-2048:].lower()
        return b"</html" in tail or b"</body" in tail or b"<footer" in self.text

    @cached_property
    def selector(self) -> Selector:
        """The whole page, parsed on first use."""
        return Selector(body=self.text if self.text.strip() else _EMPTY, encoding="utf-8", type="html")

    @cached_property
    def part(self) -> etree._Element:
        """The root of the page reduced to its head and its ``main``, where it has exactly one; else of the whole page.

        Navigation, icons, scripts and footer are two thirds of a page and hold nothing of its subject; not
        parsing them is the largest saving there is.
        """
        text = head_and_main(self.text) or self.text
        try:
            root: etree._Element | None = etree.fromstring(text, _PARSER)
        except etree.XMLSyntaxError:  # nothing at all to make an element of
            root = None
        return root if root is not None else etree.fromstring(_EMPTY, _PARSER)

    @cached_property
    def metas(self) -> dict[str, str]:
        """The ``content`` of the head's ``meta`` elements by ``property`` or ``name``; the first of a name counts."""
        found: dict[str, str] = {}
        for meta in self.part.iter("meta"):
            name = meta.get("property") or meta.get("name")
            if name and name not in found:
                found[name] = meta.get("content") or ""
        return found

    @cached_property
    def _own_hosts(self) -> frozenset[str]:
        return frozenset(
            (urlsplit(self.url).netloc, urlsplit(self.public).netloc, "www." + urlsplit(self.public).netloc)
        )

    def public_url(self, href: str | None) -> str | None:
        """An address found on the page as an absolute one on the public site; ``None`` where it is no http(s) address.

        Links to the host that served the page (a mirror, a test server) become links to the public site.
        """
        href = bare(href or "")
        if not href or href.startswith("#"):
            return None
        found = _ABSOLUTE.match(href)
        if found is None:
            if _SCHEME.match(href):
                return None
            found = _ABSOLUTE.match(_joined(self.public + urlsplit(self.url).path, href.strip()))
            if found is None:
                return None
        host, path = found.groups()
        return escaped(self.public + path if host in self._own_hosts else found.group())

    def rank(self, field: str, *strategies: tuple[str, Callable[[], T | None]]) -> T | None:
        """Ask the strategies in their order, the surest first; the first that answers is noted and wins."""
        for name, strategy in strategies:
            value = strategy()
            if value:
                self.strategies[field] = name
                return value
        return None


def _joined(base: str, href: str) -> str:
    try:
        return urljoin(base, href)
    except ValueError:  # a broken IPv6 host
        return ""
