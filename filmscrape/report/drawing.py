"""Where things stand in the drawings: plain numbers, which the templates draw as SVG."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from filmscrape.report.flow import Loss, Step

# The flow is drawn for a narrow column, so that a phone shows it at its own size. Units are CSS pixels there.
WIDTH = 400
_BARS = 210  # of the widest bar
_BAR = 12
_LABEL = 20  # above a bar
_STEP = 62
_LINE = 18  # of a loss's label
_LEAST = 2.0  # a single page of thousands is seen as well
CHART = (1000.0, 100.0)  # of a chart, which is stretched to the room that it has


class Bar(NamedTuple):
    """A step: its bar, the part of it that was known already, and where its label stands."""

    step: Step
    x: float
    y: float
    width: float
    known: float
    label_y: float


class Branch(NamedTuple):
    """A loss: the outline of what turns off to the right, and where its label stands."""

    loss: Loss
    outline: str
    x: float
    label_y: float


@dataclass(frozen=True)
class FlowDrawing:
    """The drawing of a run's flow.

    :ivar bands: outlines of what comes from each bar to the next.
    """

    height: float
    bars: list[Bar]
    bands: list[str]
    branches: list[Branch]


def draw_flow(steps: Sequence[Step]) -> FlowDrawing:
    """Lay out the flow from above to below; losses turn off to the right."""
    widest = max((step.number for step in steps), default=0)
    bars: list[Bar] = []
    branches: list[Branch] = []
    y = 0.0
    for step in steps:
        top = y + _LABEL
        width = _wide(step.number, widest)
        bars.append(Bar(step, 0.0, top, width, _wide(step.known, widest), y + _LABEL - 6))
        branches += _branches(step, top, widest)
        y += max(_STEP, _LABEL + _BAR + 6 + _LINE * len(step.losses))
    bands = [_band(one, other) for one, other in pairwise(bars) if one.width and other.width]
    return FlowDrawing(round((bars[-1].y if bars else 0) + _BAR + 4, 1), bars, bands, branches)


def _wide(part: int, widest: int) -> float:
    return round(max(_BARS * part / widest, _LEAST), 2) if part and widest else 0.0


def _band(one: Bar, other: Bar) -> str:
    top, bottom = one.y + _BAR, other.y
    width = min(one.width, other.width)
    return f"M0 {top:g}H{width:g}L{other.width:g} {bottom:g}H0Z"


def _branches(step: Step, top: float, widest: int) -> list[Branch]:
    """Each loss leaves at the right end of the bar, the first one outermost and above the others: none cross."""
    found = []
    right = _wide(step.number, widest)
    for place, loss in enumerate(step.losses):
        wide = _wide(loss.number, widest)
        y = top + _BAR + 8 + _LINE * place
        left, x, begin = max(right - wide, 0.0), _BARS + 18.0, top + _BAR
        away = f"H{right:g}Q{right:g} {y:g} {x:g} {y:g}"
        back = f"V{y + 3:g}Q{left:g} {y + 3:g} {left:g} {begin:g}Z"
        found.append(Branch(loss, f"M{left:g} {begin:g}{away}{back}", x + 6, y + 6))
        right = left
    return found


# ------------------------------------------------------------------ charts of many runs
class Column(NamedTuple):
    """A run in a chart; ``kind`` is its verdict, ``label`` says in words what is drawn."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    label: str


def draw_columns(values: Sequence[tuple[str, float | None, str]]) -> list[Column]:
    """Lay out a column for each run, from left to right.

    :param values: verdict, figure and label of each; a figure of ``None`` draws nothing.
    """
    width, height = CHART
    most = max((value for _, value, _ in values if value), default=0.0)
    step = min(width / max(len(values), 1), width / 12)  # three runs are not drawn as three walls
    found = []
    for at, (kind, value, label) in enumerate(values):
        if value is None:
            continue
        tall = height * value / most if most else 0.0
        tall = max(tall, 1.5)
        found.append(
            Column(round(at * step, 2), round(height - tall, 2), round(step * 0.8, 2), round(tall, 2), kind, label)
        )
    return found
