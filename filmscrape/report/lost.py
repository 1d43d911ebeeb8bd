"""The pages that gave no record, with the reason, and where their captures lie."""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from filmscrape.archive.index import INDEX, WARC
from filmscrape.report.loose import cut, items, lines, mapping, whole, words

MOST = 200
"""So many of each kind are shown; the files have them all."""
_LONGEST = 400  # characters of a reason or of a raw value
_REASONS = 1000  # distinct ones that are counted
_RECORD_ID = re.compile(r"<(urn:uuid:[0-9a-f-]{36})>")


class Stored(NamedTuple):
    """Where a capture lies: its file, and the offset of its record in it, in bytes.

    :ivar command: what prints it; empty where the index does not name the record.
    """

    file: str
    offset: int
    status: int
    date: str
    command: str = ""


@dataclass(frozen=True)
class LostPage:
    """One page.

    :ivar about: the event's id, or which list it is a page of.
    :ivar reasons: one line each.
    :ivar is_list: it is no event's page, but one that leads to events.
    """

    url: str
    about: str
    reasons: list[str]
    is_list: bool = False
    capture: Stored | None = None


@dataclass(frozen=True)
class Lost:
    """The pages of one kind.

    :ivar kind: ``failed``, ``rejected`` or ``skipped``.
    :ivar number: how many there are.
    :ivar pages: the first of them.
    :ivar reasons: the commonest reasons, with how often each stands there.
    :ivar lists: how many of them are pages that lead to events, and no event's own.
    """

    kind: str
    number: int
    pages: list[LostPage] = field(default_factory=list)
    reasons: list[tuple[str, int]] = field(default_factory=list)
    lists: int = 0

    @property
    def file(self) -> str:
        """The file that has them all."""
        return f"{self.kind}.jsonl"


def lost_pages(folder: Path) -> list[Lost]:
    """List the pages that a run lost."""
    found = [_read(folder, kind) for kind in ("failed", "rejected", "skipped")]
    wanted = {_key(page.url) for lost in found for page in lost.pages}
    captures = _captures(folder, wanted) if wanted else {}
    return [
        replace(lost, pages=[replace(page, capture=captures.get(_key(page.url))) for page in lost.pages])
        for lost in found
    ]


def _read(folder: Path, kind: str) -> Lost:
    pages: list[LostPage] = []
    reasons: Counter[str] = Counter()
    number = lists = 0
    for line in lines(folder / f"{kind}.jsonl"):
        page = _page(line)
        number += 1
        lists += page.is_list
        if len(pages) < MOST:
            pages.append(page)
        for reason in page.reasons:
            if len(reasons) < _REASONS or reason in reasons:
                reasons[reason] += 1
    return Lost(kind, number, pages, reasons.most_common(5), lists)


def _page(line: Mapping[str, Any]) -> LostPage:
    if not line:
        return LostPage("", "", ["a line that cannot be read"])
    reasons = [words(line["reason"])] if line.get("reason") else []
    reasons += [_error(mapping(error)) for error in items(line.get("errors"))[:10]]
    about = words(line.get("id") or line.get("kind"))
    is_list = line.get("kind") not in (None, "event", "capture")
    return LostPage(words(line.get("url")), cut(about, _LONGEST), [cut(one, _LONGEST) for one in reasons], is_list)


def _error(error: Mapping[str, Any]) -> str:
    raw = error.get("raw")
    said = f"{words(error.get('field'))}: " if error.get("field") else ""
    return said + words(error.get("reason")) + (f" ({cut(words(raw), _LONGEST)})" if raw is not None else "")


def _captures(folder: Path, wanted: Collection[str]) -> dict[str, Stored]:
    """The last capture of each wanted page."""
    return {key: stored for key, stored in _stored(folder) if key in wanted}


def _stored(folder: Path) -> Iterator[tuple[str, Stored]]:
    file = WARC
    for line in lines(folder / INDEX):
        if "of" in line:
            file = words(line["of"])
        elif "url" in line and "offset" in line:
            place = file, whole(line["offset"]), whole(line.get("status")), words(line.get("date"))
            yield _key(words(line["url"])), Stored(*place, _command(words(line.get("record_id"))))


def _command(record_id: str) -> str:
    """Write what prints a capture; it will be copied into a shell, so nothing but a plain id is taken for one."""
    named = _RECORD_ID.fullmatch(record_id)
    return f"scrapy capture {named[1]}" if named else ""


def _key(url: str) -> str:
    """Name a page whatever host it was asked of: a mirror's captures stand under the mirror's name."""
    try:
        parts = urlsplit(url)
    except ValueError:  # a bracket that is none of an address
        return url
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
