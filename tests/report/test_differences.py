"""Old and new side by side: what differs is marked, what is long is bounded."""

from typing import Any

import pytest

from filmscrape.report.differences import Line, sides


def told(lines: list[Line]) -> list[str]:
    """Lines as text, with what is marked in brackets."""
    return ["".join(f"[{part.text}]" if part.differs else part.text for part in line) for line in lines]


@pytest.mark.parametrize(
    ("old", "new", "was", "now"),
    [
        (None, "Here", [], ["Here"]),
        (90, 92, ["90"], ["92"]),
        (90, None, ["90"], []),
        ("A film by Ann Lee", "A film by Ann Li", ["A film by Ann [Lee]"], ["A film by Ann [Li]"]),
        ({"venue": "A", "id": 1}, {"venue": "B", "id": 1}, ["venue: [A]"], ["venue: [B]"]),
        ({"ends_at": None}, {"ends_at": "22:00"}, ["ends_at: —"], ["ends_at: [22:00]"]),
        (["a", "b"], ["b", "c"], ["[a]", "and 1 that are the same"], ["[c]", "and 1 that are the same"]),
        (["a", "b"], ["b", "a"], ["the same 2, in another order"], ["the same 2, in another order"]),
        (["a"], ["a", "b"], ["the same 1"], ["[b]", "and 1 that are the same"]),
        ([], [{"name": "Ann", "role": None}], [], ["[Ann]"]),
        (None, {"venue": "A", "notes": []}, [], ["venue: A"]),
    ],
)
def test_sides(old: Any, new: Any, was: list[str], now: list[str]) -> None:
    found = sides(old, new)
    assert (told(found.old), told(found.new)) == (was, now)


def test_long_values_are_bounded() -> None:
    text = "word " * 10_000
    for old, new in ((text, text + "x"), ({"a": text}, {"a": "b"}), ([text], []), (list(range(5000)), None)):
        found = sides(old, new)
        assert sum(len(part.text) for side in found for line in side for part in line) < 3000
        assert sum(len(side) for side in found) < 30


def test_how_much_was_left_out_is_said() -> None:
    assert told(sides(None, "x" * 700).new) == ["x" * 600 + "… (100 more characters)"]
    assert told(sides(None, list(range(20))).new)[-1] == "and 8 more"


@pytest.mark.parametrize("before", [0, 90, 590, 700, 5000])
def test_where_long_texts_differ_is_seen(before: int) -> None:
    """Also where only the end of a synopsis was mended."""
    same = ("word " * 2000)[:before]
    found = sides(f"{same}old end{' more' * 300}", f"{same}new end{' more' * 300}")
    assert [[part.text for part in line if part.differs] for (line,) in found] == [["old"], ["new"]]
    (line,) = found.new
    assert len("".join(part.text for part in line)) < 800
