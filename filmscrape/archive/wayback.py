"""Web archives: ask their index (CDX) for captures, read its answers, choose captures, find their bytes.

Two kinds of server are known, told apart by their address:

- without a path, a Wayback Machine such as the Internet Archive's: index at ``/cdx/search/cdx``, captures below
  ``/web/``;
- with a path, a collection of pywb (``http://127.0.0.1:8080/festivals``): index at ``<address>/cdx``, captures below
  ``<address>/``.

Their answers are told apart by what they look like: a list of lists with a row of names, or one JSON object a line.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

INTERNET_ARCHIVE = "https://web.archive.org"
# `id_` asks for the bytes as they were captured: no banner, no addresses rewritten.
_REPLAYED = re.compile(r"/(\d{14})id_/(https?://.+)\Z", re.DOTALL)
_STAMP = "%Y%m%d%H%M%S"
_ADDRESS = re.compile(r"https?://[^\s\x00-\x1f\x7f]+\Z")
# A column by the names that servers give it; the first is the Internet Archive's.
_COLUMNS = {"url": ("original", "url"), "status": ("statuscode", "status"), "mime": ("mimetype", "mime")}


class UnreadableIndex(Exception):  # noqa: N818 - named for what the answer is
    """An answer that is no index of captures; the message says why."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What to read from a web archive.

    :ivar server: address of the archive, without a slash at its end.
    :ivar first: captures from this second on, UTC.
    :ivar last: captures up to this second, UTC.
    :ivar every: each distinct capture of an event instead of the newest that can be used.
    """

    server: str
    first: datetime
    last: datetime
    every: bool = False


class Listed(NamedTuple):
    """A capture as an index lists it.

    :ivar timestamp: when it was made: 14 digits, UTC.
    :ivar url: the address that was captured, in the spelling of its time.
    :ivar digest: of its body, as the index gives it; empty where it gives none.
    """

    timestamp: str
    url: str
    digest: str


class Index(NamedTuple):
    """An answer of an index.

    :ivar captures: pages that were there (status 200, ``text/html``).
    :ivar rows: how many captures the answer lists, of whatever kind, broken ones too.
    :ivar broken: lines and rows that cannot be read.
    :ivar resume: where the list goes on, where the server says so.
    """

    captures: list[Listed]
    rows: int
    broken: int
    resume: str | None


# ------------------------------------------------------------------ addresses
def query(server: str, prefix: str, first: datetime, last: datetime, limit: int, resume: str | None = None) -> str:
    """Build the address that lists the captures of every page whose address begins with a prefix.

    :param prefix: address without its scheme: ``festival.example/events/``.
    :param first: captures from then on; ``last``: up to then. UTC, to the second, both included.
    :param limit: how many to list at most.
    :param resume: where to go on, as the answer before said it.
    """
    parameters = [
        ("url", prefix),
        ("matchType", "prefix"),
        ("from", stamp(first)),
        ("to", stamp(last)),
        ("filter", "statuscode:200"),
        ("filter", "mimetype:text/html"),
        ("collapse", "digest"),
        ("output", "json"),
        ("limit", str(limit)),
        ("showResumeKey", "true"),
    ]
    if resume is not None:
        parameters.append(("resumeKey", resume))
    place = "cdx" if urlsplit(server).path else "cdx/search/cdx"
    return f"{server}/{place}?{urlencode(parameters)}"


def replay(server: str, capture: Listed) -> str:
    """Build the address of a capture's bytes."""
    place = server if urlsplit(server).path else f"{server}/web"
    return f"{place}/{capture.timestamp}id_/{capture.url}"


def replayed(url: str) -> Listed | None:
    """Read the time and the captured address from the address of a capture's bytes; ``None`` for any other."""
    found = _REPLAYED.search(url)
    if found is None or moment(found.group(1)) is None:
        return None
    return Listed(found.group(1), found.group(2), "")


def stamp(moment: datetime) -> str:
    """Print an aware time as archives do: ``20231020170512``, UTC."""
    return re.sub(r"\D", "", moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds"))


def moment(timestamp: str) -> datetime | None:
    """Read 14 digits as a time, UTC; ``None`` where they are no date."""
    if len(timestamp) != 14 or not (timestamp.isascii() and timestamp.isdigit()):
        return None
    try:
        return datetime.strptime(timestamp, _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None


# ------------------------------------------------------------------ answers
def read_index(body: bytes) -> Index:
    """Read an answer of an index, in either form; what cannot be read of it is counted.

    :raises UnreadableIndex: nothing of it is an index: a page in HTML, an error message.
    """
    text = body.decode("utf-8", "replace").strip()
    rows, broken, resume = _table(text) if text.startswith("[") else _objects(text)
    pages, whole = [], 0
    for row in rows:
        capture = _capture(row)
        if capture is None:
            broken += 1
            continue
        whole += 1
        if _is_page(row):
            pages.append(capture)
    if broken and not whole:
        raise UnreadableIndex(f"no index of captures: {text[:60]!r}")
    return Index(pages, whole + broken, broken, resume)


def _table(text: str) -> tuple[list[dict[str, Any]], int, str | None]:
    """Read ``[["timestamp", …], ["20231020170512", …], …, [], ["<resume key>"]]``.

    :return: the rows by name, how many cannot be read, and the resume key.
    """
    try:
        table, broken = json.loads(text), 0
    except ValueError:
        table, broken = _whole_rows(text)
    rows: list[dict[str, Any]] = []
    names = table[0] if table and isinstance(table[0], list) else []
    for position, row in enumerate(table):
        if row == []:  # the list is over; where it goes on stands behind
            key = table[position + 1] if position + 1 < len(table) else None
            return rows, broken, str(key[0]) if isinstance(key, list) and key else None
        if position == 0 and names:
            continue
        if isinstance(row, list) and len(row) == len(names):
            rows.append(dict(zip(map(str, names), row, strict=True)))
        else:
            broken += 1
    return rows, broken, None


def _whole_rows(text: str) -> tuple[list[Any], int]:
    """Read of a list that is damaged or cut off what is whole: servers write a row on a line of its own."""
    table, broken = [], int(not text.endswith("]"))
    for line in text.splitlines():
        row = line.strip().rstrip(",")
        row = row.removeprefix("[") if row.startswith("[[") else row
        row = row.removesuffix("]") if row.endswith("]]") else row
        if row.strip("[]"):
            try:
                table.append(json.loads(row))
            except ValueError:
                broken += 1
    return table, broken


def _objects(text: str) -> tuple[list[dict[str, Any]], int, None]:
    """Read one JSON object a line, with or without key and timestamp before it (CDXJ)."""
    rows, broken = [], 0
    for line in filter(str.strip, text.splitlines()):
        before, brace, after = line.partition("{")
        try:
            row = json.loads(brace + after)
        except ValueError:
            broken += 1
            continue
        _, _, timestamp = before.strip().rpartition(" ")
        rows.append({"timestamp": timestamp, **row})
    return rows, broken, None


def _capture(row: Mapping[str, Any]) -> Listed | None:
    timestamp, url, digest = str(row.get("timestamp")), _column(row, "url"), row.get("digest")
    if moment(timestamp) is None or not url or not _ADDRESS.match(url):
        return None
    return Listed(timestamp, url, digest if isinstance(digest, str) and digest != "-" else "")


def _is_page(row: Mapping[str, Any]) -> bool:
    """Whether a row is of a page, as far as it says: not every server filters as it is asked to."""
    status, kind = _column(row, "status"), _column(row, "mime")
    return status in (None, "200") and (kind is None or kind.lower().startswith("text/html"))


def _column(row: Mapping[str, Any], name: str) -> str | None:
    return next((str(row[key]) for key in _COLUMNS[name] if row.get(key) is not None), None)


# ------------------------------------------------------------------ choice
def versions(captures: Iterable[Listed]) -> list[Listed]:
    """Choose one capture for each distinct body of one event's page, the newest first.

    Of neighbours with one body the earliest counts: it is the nearest to the days of which the page speaks. A body
    that came back later is as new as its return.
    """
    neighbours: list[Listed] = []
    for capture in sorted(set(captures)):
        if not neighbours or not capture.digest or capture.digest != neighbours[-1].digest:
            neighbours.append(capture)
    chosen: dict[str, Listed] = {}
    for capture in reversed(neighbours):
        chosen.setdefault(capture.digest or capture.timestamp, capture)
    return list(chosen.values())


def halves(first: datetime, last: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Part a span of time in two, none of whose seconds is lost; nothing for a single second."""
    middle = first + (last - first) // 2
    middle = middle.replace(microsecond=0)
    if first < last:
        yield first, middle
        yield middle + timedelta(seconds=1), last
