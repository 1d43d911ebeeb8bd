"""Production years."""

import re
from functools import lru_cache

from filmscrape.values.fragments import clean_lines

_BRACKET = re.compile(r"[(\[]([^()\[\]]*)[)\]]")
_YEARS = re.compile(r"\d{4}(?:\s*(?:[-–—‑−/,&;+]|to|and|et|à)\s*\d{4})*", re.ASCII)
_SHORT_RANGE = re.compile(r"(\d{2})(\d{2})\s*([-–—‑−/])\s*(\d{2})", re.ASCII)
_EARLIEST, _LATEST = 1880, 2100  # as the record allows


@lru_cache(maxsize=1024)
def read_years(text: str) -> tuple[int | None, int | None]:
    """Read the production year and, of a range, its last year.

    ``2021-2022``, ``2021–22``, ``2024 & 2025`` and ``2021, 2022`` give both; ``2023`` gives ``(2023, None)``.
    Where the page gives a year for each of several films (one a line, or with the film's name behind it in
    brackets), the first film's counts. ``(None, None)`` for what cannot be read (``c. 1920``, ``1920s``), for
    years outside 1880-2100 and for a range that runs backwards. ``2010-12`` with a hyphen or a slash may be a
    month: the year of both readings, no end.
    """
    first = next(iter(clean_lines(text)), "")
    bracket = _BRACKET.search(first)
    if bracket is not None:
        first = first[: bracket.start()] if bracket.start() else bracket[1] if bracket[0] == first else first
    return _range(first.strip(" ."))


def _range(text: str) -> tuple[int | None, int | None]:
    short = _SHORT_RANGE.fullmatch(text)
    if short is not None:
        return _short_range(*short.groups())
    if _YEARS.fullmatch(text) is None:
        return None, None
    years = [int(year) for year in re.findall(r"\d{4}", text)]
    if years != sorted(years) or not _EARLIEST <= years[0] <= years[-1] <= _LATEST:
        return None, None
    return years[0], years[-1] if years[-1] > years[0] else None


def _short_range(century: str, start: str, dash: str, end: str) -> tuple[int | None, int | None]:
    """``2023-24``; a century may turn (``1999-00``)."""
    first, last = int(century + start), int(century + end)
    if start == "99" and end == "00":
        last += 100
    if not _EARLIEST <= first <= _LATEST:
        return None, None
    if dash in "-/‑" and 1 <= int(end) <= 12:
        return first, None
    return (first, last) if first < last <= _LATEST else (None, None)
