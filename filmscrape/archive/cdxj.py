"""CDXJ, the index of a web archive: one line a capture, sorted by a key that brings a site's addresses together.

A line is ``<SURT key> <14-digit time> <JSON>``, as pywb and the WACZ format have it; the lines are sorted by their
bytes.
"""

import json
import re
from collections.abc import Iterable
from urllib.parse import quote_from_bytes, unquote_to_bytes, urlsplit

from filmscrape.archive.members import WarcRecord

INDEXED = frozenset({"response", "revisit", "resource"})
"""Types of records that hold, or stand for, something to look at."""

_PORTS = {"http": 80, "https": 443}
_WWW = re.compile(r"^www\d*\.")
# What stays as it is in a key: printable ASCII but for the space, `#` and `%`.
_KEPT = "!\"$&'()*+,-./:;<=>?@[\\]^_`{|}~"
# Numbers of sessions, which make one page look like many.
_SESSIONS = tuple(
    re.compile(rb"^(.*)(?:" + pattern + rb")(?:&(.*))?$", re.IGNORECASE | re.DOTALL)
    for pattern in (
        rb"jsessionid=[0-9a-z]{32}",
        rb"phpsessid=[0-9a-z]{32}",
        rb"sid=[0-9a-z]{32}",
        rb"aspsessionid[a-z]{8}=[a-z]{24}",
        rb"cfid=[^&]+&cftoken=[^&]+",
    )
)


def surt(url: str) -> str:
    """Turn an address into its sort-friendly key, by the rules that wayback machines share.

    The host's labels are reversed, ``www.`` and a default port go, scheme, user and fragment too; path and
    query are lower-cased and escaped in one way, ``.`` and ``..`` resolved, a trailing slash goes, parameters are
    sorted and the numbers of sessions left out.

    >>> surt("https://www.festival.example:443/What's-On/Here/?b=2&a=1#top")
    "example,festival)/what's-on/here?a=1&b=2"

    :param url: an address; one that is not ``http`` or ``https``, or that cannot be taken apart, is its own key.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return url
    if parts.scheme not in _PORTS or not host:
        return url
    labels = _WWW.sub("", _ascii(host)).strip(".").split(".")
    key = ",".join(reversed(labels))
    if port is not None and port != _PORTS[parts.scheme]:
        key += f":{port}"
    query = _query(parts.query)
    return key + ")" + _path(parts.path) + (f"?{query}" if query else "")


def _ascii(host: str) -> str:
    host = unquote_to_bytes(host).decode("utf-8", "replace").lower()
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return quote_from_bytes(host.encode(), safe=_KEPT)


def _unescaped(text: str | bytes) -> bytes:
    """Undo escapes until there are none: ``%2541`` and ``%41`` and ``A`` are one."""
    before = text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text
    while (after := unquote_to_bytes(before)) != before:
        before = after
    return before


def _escaped(data: bytes) -> str:
    return quote_from_bytes(data, safe=_KEPT)


def _path(path: str) -> str:
    kept: list[bytes] = []
    for part in _unescaped(path).split(b"/"):
        if part == b".." and kept:
            kept.pop()
        elif part not in (b"", b"."):
            kept.append(part)
    return _escaped(b"/" + b"/".join(kept)).lower()


def _query(query: str) -> str:
    data = _unescaped(query)
    for session in _SESSIONS:
        if found := session.match(data):
            data = found[1] + (found[2] or b"")
    parameters = sorted(parameter.split(b"=", 1) for parameter in _escaped(data).lower().encode().split(b"&"))
    return b"&".join(map(b"=".join, parameters)).decode()


def timestamp(date: str) -> str:
    """Turn a ``WARC-Date`` (``2026-11-20T18:00:00Z``, perhaps with fractions) into 14 digits."""
    return re.sub(r"\D", "", date)[:14].ljust(14, "0")


def index_line(record: WarcRecord, filename: str) -> str:
    """Make the line of a record.

    :param record: of a type in :data:`INDEXED`.
    :param filename: name of its file, as the package holds it.
    """
    fields = {
        "url": record.url,
        "mime": media_type(record),
        "status": str(record.http_status) if record.http_status is not None else None,
        "digest": record.digest or None,
        "length": str(record.length),
        "offset": str(record.offset),
        "filename": filename,
    }
    known = {name: value for name, value in fields.items() if value is not None}
    return f"{surt(record.url)} {timestamp(record.date)} {json.dumps(known)}"


def media_type(record: WarcRecord) -> str | None:
    """What the record holds, without parameters; ``warc/revisit`` for a body that another record holds."""
    if record.type == "revisit":
        return "warc/revisit"
    headers = record.headers if record.type == "resource" else record.http_headers
    return re.split(r"[;\s]", headers.get("content-type", ""), maxsplit=1)[0].lower() or None


def sorted_index(lines: Iterable[str]) -> bytes:
    """Sort lines by their bytes, as binary searches want them, and end each with a newline."""
    return b"".join(line + b"\n" for line in sorted(line.encode() for line in lines))
