"""The flow names every loss, and adds up; its drawing keeps within its bounds."""

from itertools import pairwise
from typing import Any

import pytest

from filmscrape.report.drawing import CHART, WIDTH, draw_columns, draw_flow
from filmscrape.report.flow import Loss, Step, asides, flow

COUNTS: dict[str, Any] = {
    "listed": 100, "fetched": 60, "failed": 5, "spared": 20, "pending": 3, "skipped": {"only": 10, "moved": 2},
    "extracted": 40, "unchanged": 15, "not_an_event": 4, "unreadable": 1, "valid": 73, "rejected": 2, "unique": 70,
    "duplicates": 3, "written": 70,
}  # fmt: skip


def test_each_loss_is_named() -> None:
    assert flow(COUNTS, is_published=True) == [
        Step("listed", 100, 0, [Loss("failed", 5), Loss("without an answer", 3),
                                Loss("not among those that only= names", 10, True),
                                Loss("moved to another event, which is counted itself", 2, True)]),
        Step("fetched", 80, 20, [Loss("no event", 4, True), Loss("unreadable", 1)]),
        Step("records", 75, 35, [Loss("rejected", 2)]),
        Step("valid", 73, 0, [Loss("there already", 3, True)]),
        Step("written", 70, 0, []),
        Step("published", 70, 0, []),
    ]  # fmt: skip


def test_each_step_is_the_one_before_without_its_losses() -> None:
    steps = flow(COUNTS, is_published=True)
    for step, after in pairwise(steps):
        assert step.number - sum(loss.number for loss in step.losses) == after.number


def test_what_is_not_published_is_lost_at_the_end() -> None:
    *_, written, published = flow(COUNTS, is_published=False)
    assert written.losses == [Loss("not published", 70)]
    assert published.number == 0


def test_what_vanished_has_a_name_too() -> None:
    steps = flow({**COUNTS, "fetched": 55}, is_published=True)
    assert Loss("lost without a reason", 5) in steps[0].losses


@pytest.mark.parametrize("counts", [None, {}, [], "x", {"listed": "9", "skipped": 3}, {"listed": -1}, {"listed": True}])
def test_counts_of_any_shape(counts: object) -> None:
    assert [step.number for step in flow(counts, is_published=True)] == [0] * 6
    assert asides(counts) == []


def test_asides() -> None:
    counts = {"discovery_fetched": 9, "discovery_missing": 22, "sightings": 43, "problems": {"cast": 1, "year": 5}}
    assert asides({**counts, "sightings_rejected": 1, "blocked": 2}) == [
        ("list pages", "9 fetched, 22 missing"),
        ("sightings of events on them", "43, 1 rejected"),
        ("pages refused", "2 blocked"),
        ("values that could not be read", "5 year, 1 cast"),
    ]


# ------------------------------------------------------------------ drawing
def test_the_drawing_is_to_scale() -> None:
    drawing = draw_flow(flow(COUNTS, is_published=True))
    listed, fetched, *_, published = drawing.bars
    assert fetched.width == pytest.approx(0.8 * listed.width)
    assert published.width == pytest.approx(0.7 * listed.width)
    assert fetched.known == pytest.approx(0.2 * listed.width)


def test_nothing_in_the_drawing_overlaps() -> None:
    many = {**COUNTS, "skipped": {f"reason {n}": 1 for n in range(30)}, "listed": 118}
    drawing = draw_flow(flow(many, is_published=True))
    labels = sorted(branch.label_y for branch in drawing.branches)
    assert all(later - earlier >= 16 for earlier, later in pairwise(labels))
    assert labels[-1] <= drawing.height
    assert max(bar.y for bar in drawing.bars) < drawing.height
    assert max(branch.x for branch in drawing.branches) < WIDTH - 100


def test_losses_do_not_cross() -> None:
    """The outermost stands highest."""
    branches = draw_flow(flow({**COUNTS, "pending": 2, "listed": 12}, is_published=True)).branches
    assert len(branches) > 2
    first, second = branches[:2]
    assert (first.loss.name, second.loss.name) == ("failed", "without an answer")
    assert first.label_y < second.label_y
    assert float(first.outline[1:].split(" ")[0]) > float(second.outline[1:].split(" ")[0])


def test_one_of_many_is_seen() -> None:
    (branch,) = draw_flow(flow({"listed": 10**6, "failed": 1, "fetched": 10**6 - 1, "extracted": 10**6 - 1,
                                "valid": 10**6 - 1, "written": 10**6 - 1}, is_published=True)).branches  # fmt: skip
    left, right = (float(part.split(" ")[0].split("Q")[0]) for part in branch.outline[1:].split("H"))
    assert right - left >= 2


def test_nothing_to_draw() -> None:
    drawing = draw_flow(flow({}, is_published=False))
    assert [bar.width for bar in drawing.bars] == [0.0] * 6
    assert drawing.bands == []


def test_columns() -> None:
    width, height = CHART
    columns = draw_columns([("accepted", 10, "a"), ("failed", None, "b"), ("accepted", 0, "c"), ("failed", 5, "d")])
    assert [column.label for column in columns] == ["a", "c", "d"], "what is not known is a gap"
    assert columns[0].height == height
    assert columns[2].height == height / 2
    assert all(column.x >= 0 and column.x + column.width <= width for column in columns)
    assert all(column.y + column.height == pytest.approx(height) for column in columns)
    many = draw_columns([("accepted", 1, str(n)) for n in range(1000)])
    assert many[-1].x + many[-1].width <= width
