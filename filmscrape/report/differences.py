"""What a value was and what it is, side by side, with what differs marked."""

import re
from collections.abc import Mapping
from difflib import SequenceMatcher
from typing import Any, NamedTuple

from filmscrape.report.loose import cut, words

_LONGEST = 600  # characters of a value; a synopsis is longer, and its difference is seen in what is shown or counted
_BEFORE = 100  # characters before a difference, for whoever has to find the place
_MOST_WORDS = 250  # to compare: more take time that nobody has at the end of a run
_MOST_ELEMENTS = 500  # of two lists, each compared with each
_MOST_LINES = 12


class Part(NamedTuple):
    """A piece of text.

    :ivar differs: the other side does not have it.
    """

    text: str
    differs: bool = False


Line = list[Part]


class Sides(NamedTuple):
    """Both sides; one with no lines says that there was nothing."""

    old: list[Line]
    new: list[Line]


def sides(old: Any, new: Any) -> Sides:
    """Compare two values as JSON has them."""
    if isinstance(old, dict) and isinstance(new, dict):
        return _of_mappings(old, new)
    if isinstance(old, list) and isinstance(new, list) and len(old) + len(new) <= _MOST_ELEMENTS:
        return Sides(_beside(old, new), _beside(new, old))
    if isinstance(old, str) and isinstance(new, str):
        was, now = _of_texts(old, new)
        return Sides([was], [now])
    return Sides(_alone(old), _alone(new))


def _alone(value: Any) -> list[Line]:
    """A value that the other side has nothing to compare with."""
    if isinstance(value, dict):
        return _bounded([[Part(f"{name}: "), Part(_short(part))] for name, part in value.items() if _says(part)])
    if isinstance(value, list):
        return _bounded([[Part(_element(part))] for part in value])
    return [[Part(_short(value))]] if _says(value) else []


def _of_mappings(old: Mapping[str, Any], new: Mapping[str, Any]) -> Sides:
    """Only what differs, name by name."""
    was: list[Line] = []
    now: list[Line] = []
    for name in dict.fromkeys([*old, *new]):
        if old.get(name) != new.get(name):
            before, after = _of_texts(_short(old.get(name)), _short(new.get(name)))
            was.append([Part(f"{name}: "), *(before or [Part("—")])])
            now.append([Part(f"{name}: "), *(after or [Part("—")])])
    return Sides(_bounded(was), _bounded(now))


def _beside(mine: list[Any], other: list[Any]) -> list[Line]:
    """The elements that the other list does not have, and how many it has too."""
    same = sum(element in other for element in mine)
    lines = _bounded([[Part(_element(element), differs=True)] for element in mine if element not in other])
    if same == len(mine) and mine:
        return [[Part(f"the same {same}" + (", in another order" if len(other) == same else ""))]]
    return [*lines, [Part(f"and {same} that are the same")]] if same else lines


def _of_texts(old: str, new: str) -> tuple[Line, Line]:
    """Two texts, word by word; of long ones, what begins shortly before they differ."""
    begin = _shared(old, new) if max(len(old), len(new)) > _LONGEST else 0
    was, now = _by_words(old[begin:], new[begin:])
    same = [Part(f"({begin} characters that are the same) … ")] if begin else []
    return [*same, *was], [*same, *now]


def _shared(old: str, new: str) -> int:
    """How many characters at the beginning need not be shown."""
    pairs = enumerate(zip(old, new, strict=False))
    same = next((at for at, (one, other) in pairs if one != other), min(len(old), len(new)))
    return max(old.rfind(" ", 0, max(same - _BEFORE, 0)) + 1, 0)


def _by_words(old: str, new: str) -> tuple[Line, Line]:
    a, b = (re.findall(r"\s+|\S+", cut(text, _LONGEST)) for text in (old, new))
    if max(len(a), len(b)) > _MOST_WORDS:
        return [Part("".join(a), differs=True)], [Part("".join(b), differs=True)]
    was: Line = []
    now: Line = []
    for tag, i, j, k, m in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if i < j:
            was.append(Part("".join(a[i:j]), tag != "equal"))
        if k < m:
            now.append(Part("".join(b[k:m]), tag != "equal"))
    return was, now


def _element(value: Any) -> str:
    if isinstance(value, dict):
        return cut(" · ".join(words(part) for part in value.values() if _says(part)), _LONGEST)
    return _short(value)


def _short(value: Any) -> str:
    return cut(words(value), _LONGEST)


def _says(value: Any) -> bool:
    return value is not None and value != [] and value != ""


def _bounded(found: list[Line]) -> list[Line]:
    more = len(found) - _MOST_LINES
    return [*found[:_MOST_LINES], [Part(f"and {more} more")]] if more > 0 else found
