"""Where the sections of an event's page lie: title, description, panel, chips, booking, credits, introductions.

A site's own words and class names come in as a :class:`Vocabulary`; the rest is order and structure, which most
pages of festivals and cinemas share.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from filmscrape.pages.labelled import Pair, pairs_by_class, pairs_by_label
from filmscrape.pages.outline import Node, Outline, folded
from filmscrape.values import lines
from filmscrape.values.dates import is_day, is_time
from filmscrape.values.text import tidy

MINUTES = re.compile(r"\s*(?:approx\.?\s*)?\d{1,4}\s*min(?:ute)?s?\.?\s*\Z", re.IGNORECASE)
# Panel rows that no other part of a page has.
_CERTAIN = frozenset(("countries", "year", "language", "cast"))


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words and class names of a site.

    :ivar panel: folded label of the details panel → what its value is (``directors``, ``cast``, ``countries``,
        ``year``, ``language``, ``runtime``, ``series``, ``genres``, ``contact``, ``links``, ``guest`` or ``ignored``).
    :ivar weak: labels that other parts of a page use too: they count only where others stand with them.
    :ivar headings: folded heading → the section that it begins (``booking``, ``access``, ``credits``, ``guest``,
        ``director``).
    :ivar series: matches a line under the title that can only be a series' name.
    :ivar related: matches the heading of the cards of other events, behind which nothing is the event's.
    """

    panel: Mapping[str, str]
    weak: frozenset[str]
    headings: Mapping[str, str]
    series: re.Pattern[str]
    related: re.Pattern[str]
    description_class: str
    label_class: str
    value_class: str
    duration_class: str
    instance_class: str
    card_class: str


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of an outline as a range of runs and a range of nodes."""

    start: int
    stop: int
    first_node: int
    last_node: int

    def __contains__(self, run: int) -> bool:
        return self.start <= run < self.stop


class Sections:
    """The sections of one page as ranges of runs of its outline.

    :param wanted: the title that the page's head gives, to know the right heading by.
    """

    def __init__(self, outline: Outline, words: Vocabulary, wanted: str | None) -> None:
        self.outline = outline
        self.words = words
        self.title = self._title(folded(wanted or ""))
        self.head_stop = self.title.stop if self.title is not None else 0
        self.headings = self._headings()
        self.description_strategy = "structure"
        self.description = self._description()
        self.panel = self._panel()
        self.facts_stop = max([self.head_stop, self.description.stop, *(pair.stop for pair in self.panel)])
        self.behind = sorted(r for r, kind in self.headings if kind != "booking" and r >= self.facts_stop)
        self.chips_stop = self._chips_stop()

    def first(self, kind: str) -> int | None:
        """The run of the first heading of a kind behind title and facts."""
        return next((r for r, k in self.headings if k == kind and r >= self.facts_stop), None)

    @property
    def booking(self) -> int | None:
        """The run of the heading over the screenings."""
        return next((r for r, kind in self.headings if kind == "booking"), None)

    @cached_property
    def passed(self) -> list[int]:
        """The runs that say that the event is over."""
        return [
            run
            for run, key in enumerate(self.outline.keys)
            if ("passed" in key or "ended" in key) and lines.says_passed(key)
        ]

    def pairs_by_class(self) -> list[Pair]:
        """All pairs of the site's known label and value elements."""
        return pairs_by_class(self.outline, self.words.label_class, self.words.value_class)

    # ------------------------------------------------------------------ title and headings
    def _title(self, wanted: str) -> Node | None:
        """The heading that says what the page's head says, else the first ``h1``, else whatever says it."""
        outline = self.outline
        first = None
        for node in outline.nodes:
            if node.tag == "h1" and node.stop > node.start:
                if not wanted or folded(outline.text(node)) == wanted:
                    return node
                first = first or node
        if first is None and wanted:
            for run, text in enumerate(outline.runs):
                if len(text) >= len(wanted) and folded(tidy(text)) == wanted:
                    return outline.alone(run)
        return first

    def _headings(self) -> list[tuple[int, str]]:
        """The runs behind the title that are a section's heading, with its kind, in page order."""
        outline = self.outline
        labels = {node.index for node in outline.having(self.words.label_class)}
        found = []
        for run, key in enumerate(outline.keys):
            kind = self.words.headings.get(key)
            if kind is not None and run >= self.head_stop and outline.is_alone(run):
                node = outline.alone(run)
                if not {node.index, outline.run_nodes[run].index} & labels:
                    found.append((run, kind))
        return found

    # ------------------------------------------------------------------ description
    def _description(self) -> Stretch:
        """By its class, else by its shape."""
        boxes = self.outline.having(self.words.description_class)
        for node in boxes:
            if node.stop > node.start:
                self.description_strategy = "known_element"
                return Stretch(node.start, node.stop, node.index, node.end)
        if boxes:
            return Stretch(self.head_stop, self.head_stop, 0, 0)
        return self._description_by_shape()

    def _description_by_shape(self) -> Stretch:
        """The parent that holds most paragraph text between the title and the first label, heading or chip."""
        outline = self.outline
        stop = self._facts_begin()
        weights: dict[int, int] = {}
        for node in outline.nodes:
            if node.start < self.head_stop or node.start >= stop or node.parent is None:
                continue
            if node.tag in ("p", "blockquote") and not self._in_head(node):
                size = sum(len(outline.runs[i]) for i in range(node.start, min(node.stop, stop)))
                weights[node.parent.index] = weights.get(node.parent.index, 0) + size
        if not weights:
            return Stretch(self.head_stop, self.head_stop, 0, 0)
        box = outline.nodes[max(weights, key=lambda i: (weights[i], -i))]
        if box.quoted and box.parent is not None:
            box = box.parent
        begin = box if box.start >= self.head_stop else self._first_paragraph(box)
        last = min(box.stop, stop)
        behind = (n.index for n in outline.nodes[begin.index :] if n.start >= last and n.index >= begin.end)
        return Stretch(begin.start, last, begin.index, min(next(behind, box.end), box.end))

    def _first_paragraph(self, box: Node) -> Node:
        """The first element of a box behind the title that a description can begin with."""
        tags = ("p", "blockquote", "h3", "h4", "ul")
        inside = (n for n in self.outline.children(box) if n.start >= self.head_stop and n.stop > n.start)
        return next((n for n in inside if n.tag in tags), box)

    def _in_head(self, node: Node) -> bool:
        """Whether a paragraph belongs to the head: it stands in the title's own box."""
        box = self.title.parent if self.title is not None else None
        return box is not None and node.parent is box and box.tag not in ("main", "body")

    def _facts_begin(self) -> int:
        """The first run behind the title that is a strong panel label, a section's heading or a duration."""
        outline, words = self.outline, self.words
        for run in range(self.head_stop, len(outline.runs)):
            key = outline.keys[run]
            if not key or not outline.is_alone(run):
                continue
            if (key in words.panel and key not in words.weak) or (
                key in words.headings and outline.alone(run).tag != "p"
            ):
                if outline.run_nodes[run].tag != "p":
                    return run
            elif MINUTES.match(key) or (run in self.passed and run > self.head_stop + 4):
                return run
        return len(outline.runs)

    # ------------------------------------------------------------------ panel and chips
    def _panel(self) -> list[Pair]:
        """The label and value pairs of the details panel, in page order."""
        outline, words = self.outline, self.words
        ends = [r for r, kind in self.headings if kind in ("booking", "access", "credits") and self._behind_panel(r)]
        stop = min(ends, default=len(outline.runs))
        found = [pair for pair in self.pairs_by_class() if pair.label_node.start < stop]
        text = self.description
        parts = (
            ((self.head_stop, text.start), (text.stop, stop)) if text.stop > text.start else ((self.head_stop, stop),)
        )
        more = [
            p for left, right in parts for p in pairs_by_label(outline, left, right, words.panel.__contains__, found)
        ]
        if not found and not any(p.key in words.panel and p.key not in words.weak for p in more):
            more = []
        return sorted(found + more, key=lambda pair: pair.label_node.index)

    def _behind_panel(self, run: int) -> bool:
        """Whether a heading stands behind the panel: no label comes after it that only the panel has."""
        outline = self.outline
        return not any(
            self.words.panel.get(outline.keys[later]) in _CERTAIN
            and outline.is_alone(later)
            and outline.run_nodes[later].tag != "p"
            for later in range(run + 1, len(outline.runs))
        )

    def _chips_stop(self) -> int:
        """Where the chips end: at the next heading, at the word that the event is over, or at the first screening."""
        outline = self.outline
        ends = [run for run in (self.booking, *self.behind, *self.passed) if run is not None and run >= self.facts_stop]
        stop = min(ends, default=len(outline.runs))
        for run in range(self.facts_stop, stop):
            key = outline.keys[run]
            if key and (is_day(key) or is_time(key)):
                return run
        return stop
