"""Values out of files of any version, whole or damaged: what is not there, or is something else, is empty."""

import json
from collections.abc import Iterator, Mapping
from math import isfinite
from pathlib import Path
from typing import Any

_MOST = 10**15  # no count and no size of a run is larger; a drawing of such numbers would be of no use


def mapping(value: object) -> Mapping[str, Any]:
    """Give a mapping with names as its keys."""
    return value if isinstance(value, dict) else {}


def items(value: object) -> list[Any]:
    """Give a list."""
    return value if isinstance(value, list) else []


def whole(value: object) -> int:
    """Give a count."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _MOST else 0


def number(value: object) -> float | None:
    """Give a number that is not negative."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < _MOST:
        return None
    return float(value) if isfinite(value) else None


def words(value: object) -> str:
    """Write a value in one string: a text as it stands, anything else as JSON has it."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    try:
        return json.dumps(value, ensure_ascii=False)
    except (RecursionError, ValueError):  # brackets in brackets without end
        return "…"


def lines(path: Path) -> Iterator[Mapping[str, Any]]:
    """Read a file of lines, one by one; one that is no JSON object gives an empty mapping. None of a missing file."""
    try:
        with path.open("rb") as file:
            for line in file:
                try:
                    yield mapping(json.loads(line))
                except (ValueError, RecursionError):
                    yield {}
    except OSError:
        return


def cut(text: str, most: int) -> str:
    """Bound a text, and say how much was left out."""
    return text if len(text) <= most else f"{text[:most]}… ({len(text) - most} more characters)"
