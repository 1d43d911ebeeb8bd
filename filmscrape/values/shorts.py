"""The line under a short film's title inside a programme: ``Director, Place (N min)``."""

import re
from dataclasses import dataclass
from functools import lru_cache

from filmscrape.values.countries import country_code
from filmscrape.values.people import is_nobody, is_suffix, split_names
from filmscrape.values.text import plain

_LONGEST_LINE = 240  # characters; more is prose
_MINUTES = r"(\d{1,4})\s*(?:min(?:ute)?s?\.?|['′’])"
_END = re.compile(rf"\s*(?:,?\s*\({_MINUTES}\)|,?\s*\[{_MINUTES}\]|,\s*{_MINUTES})\s*\.?\Z", re.IGNORECASE | re.ASCII)
_LAST_CHARACTERS = frozenset(")]nNsS.'′’")
_MOST_MINUTES = 6000  # as the record allows
_PROSE = re.compile(
    r"[^\W\d_]{4,}[.!?] |\b(?:is|are|was|were|has|have|will|runs?|screens|features|includes|by|with|from"
    r"|at|a|an|its|his|her|their|this|that|which|followed|preceded)\b"
)
_YEAR = re.compile(r"(?:18|19|20)\d\d(?:[-–](?:18|19|20)?\d\d)?\Z", re.ASCII)
_PROVINCES = frozenset(["BC", "QC", "ON", "NS", "MB", "SK", "AB", "NL", "NB", "PE", "PEI", "YT", "NT", "NU"])
_PROVINCE_NAMES = frozenset(
    [
        "alberta", "british columbia", "manitoba", "new brunswick", "newfoundland", "newfoundland & labrador",
        "newfoundland and labrador", "northwest territories", "nova scotia", "nunavut", "ontario",
        "prince edward island", "quebec", "québec", "saskatchewan", "yukon",
    ]
)  # fmt: skip
# What states that are no more and nations without a code are called; no person has such a name.
_STATE = re.compile(
    r"(?:\b(?:Republic|Kingdom|Union|Federation|States|Emirates?|Islands?|Territor(?:y|ies)|Nations?|Empire|Country)"
    r"|\A(?:East|West|North|South|Northern|Southern|Soviet|Former) \w+(?:ia|and|any|nam|en))\Z"
)
_BETWEEN_PLACES = re.compile(r"[/;&]|\band\b")
_SLASH = re.compile("/")


@dataclass(frozen=True, slots=True)
class ShortLine:
    """Who made a short film, where, and how long it is in minutes."""

    directors: tuple[str, ...]
    places: tuple[str, ...]
    runtime_minutes: int | None


def is_short_line(text: str) -> bool:
    """Whether a whole text reads as ``Director, Place (N min)``."""
    return read_short_line(text) is not None


@lru_cache(maxsize=256)  # a page asks whether it is one, and reads it afterwards
def read_short_line(line: str) -> ShortLine | None:
    """``Louise Labrousse, France (11 min)``; ``None`` for any other text.

    The last part between commas is the place: a country or nation, several with slashes, or a Canadian
    province. A last part of two or more words that is no known place is a person (``Ann Roe, Joe Doe (14
    min)`` has two directors and no place); a single unknown word is a place, for a page prints it there.
    Further known places before it are places too (``Ann Roe, QC, Canada``), and a year is left out. Nothing
    but a known place (``France (11 min)``) names no director. The line's form is all that can be seen: a
    film's title with its running time (``Low Tide (12 min)``) reads as a director's name, so a caller must
    know that it stands in a programme.

    :returns: names as printed; ``runtime_minutes`` is ``None`` for a number outside 1-6000.
    """
    if len(line) > 2 * _LONGEST_LINE or line.rstrip()[-1:] not in _LAST_CHARACTERS:
        return None
    text = plain(line)
    end = _END.search(text, max(0, len(text) - 24))
    if end is None or len(text) > _LONGEST_LINE:
        return None
    head = text[: end.start()].strip(" ,;-–—")
    if not any(map(str.isalpha, head)) or _PROSE.search(head):
        return None
    parts = [part for part in map(str.strip, head.split(",")) if part]
    while len(parts) > 1 and _YEAR.match(parts[-1]):
        parts.pop()
    places = _take_places(parts)
    directors = split_names(", ".join(parts))
    if parts and not directors and not is_nobody(parts[0]):
        return None
    minutes = int(next(filter(None, end.groups())))
    return ShortLine(directors, places, minutes if 1 <= minutes <= _MOST_MINUTES else None)


def _take_places(parts: list[str]) -> tuple[str, ...]:
    """Take the places off the end of a line's parts."""
    last = parts[-1]
    if len(parts) > 1 and not _is_place(last) and "/" not in last and (" " in last or is_suffix(last)):
        return ()
    if len(parts) == 1 and not _is_place(last):
        return ()
    places = list(_single_places(parts.pop()))
    while len(parts) > 1 and _is_place(parts[-1]):
        places[:0] = _single_places(parts.pop())
    return tuple(places)


def _is_place(part: str) -> bool:
    """Whether a part between commas names known places only."""
    return _is_known(part) or all(map(_is_known, map(str.strip, _BETWEEN_PLACES.split(part))))


def _is_known(place: str) -> bool:
    name = place.partition(" (")[0]
    return (
        name in _PROVINCES
        or name.casefold() in _PROVINCE_NAMES
        or country_code(name) is not None
        or _STATE.search(name) is not None
    )


def _single_places(part: str) -> list[str]:
    """``Belgium/DR Congo`` as two; ``Bosnia and Herzegovina`` as one."""
    if _is_known(part):
        return [part]
    between = _BETWEEN_PLACES if _is_place(part) else _SLASH
    return [place for place in map(str.strip, between.split(part)) if place]
