"""Labels and the values that stand with them, whatever elements a layout makes them of."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise

from filmscrape.pages.outline import HEADINGS, INLINE, Node, Outline, folded

# No label of a panel is longer; a "label" that is has swallowed its value (an unclosed tag).
LONGEST_LABEL = 48
_LINE_TAGS = frozenset(("p", "dd", "li"))
_LINES_AND_LISTS = _LINE_TAGS | {"ul", "ol", "br"}


@dataclass(slots=True)
class Pair:
    """A label and the range of runs that is its value; ``node`` is the value's element where it has one."""

    label: str
    key: str  # the label folded, for look-ups
    label_node: Node
    start: int
    stop: int
    node: Node | None
    strategy: str


def pairs_by_class(outline: Outline, label_class: str, value_class: str) -> list[Pair]:
    """The pairs of a layout whose class names are known: a label element and the value element behind it."""
    found = []
    for node in outline.having(label_class):
        label = outline.text(node)
        if not label or len(label) > LONGEST_LABEL:
            continue
        value = outline.next_sibling(node)
        if value is None or value_class not in value.cls:
            continue
        found.append(Pair(label, folded(label), node, value.start, _value_stop(outline, value), value, "known_element"))
    return _apart(found)


def pairs_by_label(
    outline: Outline,
    start: int,
    stop: int,
    is_label: Callable[[str], bool],
    taken: Iterable[Pair] = (),
) -> list[Pair]:
    """The pairs of a range whose labels are known words, and those built like them.

    A label is a run that is the whole text of its element. Its value is what follows it in the same parent.
    Elements that share tag, class and parent's class with a found label, and that come among them, are labels
    too, known or not.
    """
    covered: set[int] = set()
    for pair in taken:
        covered.update(range(pair.label_node.start, pair.stop))
    keys = outline.keys
    labels = [run for run in range(start, stop) if keys[run] and run not in covered and is_label(keys[run])]
    found = [found_pair for run in labels if (found_pair := _labelled(outline, run)) is not None]
    if found:
        known = {(pair.label_node.signature, _parent_signature(pair.label_node)) for pair in found}
        values = {pair.node.signature for pair in found if pair.node is not None}
        known = {shape for shape in known if shape[0] not in values}
        found += _alike(outline, found, known, stop, covered)
    return _apart(found)


def _apart(found: list[Pair]) -> list[Pair]:
    """The pairs in page order, no value reaching into the next label (it would where a tag was never closed)."""
    found.sort(key=lambda pair: pair.label_node.index)
    for pair, following in pairwise(found):
        pair.stop = max(pair.start, min(pair.stop, following.label_node.start))
    return found


def _value_stop(outline: Outline, value: Node) -> int:
    """Where a value's element really ends: before the first block inside it that is no line of text.

    A value holds lines; a box inside it was meant to stand behind it and fell in because a tag was never closed.
    """
    for node in outline.inside(value):
        if node.start > value.start and node.tag not in INLINE and node.tag not in _LINES_AND_LISTS:
            return node.start
    return value.stop


def _labelled(outline: Outline, run: int) -> Pair | None:
    """The pair of a label's run: the run is the whole text of its element, or the element was never closed."""
    if outline.is_alone(run):
        return _pair(outline, outline.alone(run), "label")
    node = outline.run_nodes[run]
    behind = run + 1
    if node.start != run or node.tag in INLINE or node.tag == "p" or outline.before[behind] != "\n\n":
        return None
    value = next((child for child in outline.children(node) if child.start == behind), None)
    if value is None:
        return None
    text = outline.line(run, behind)
    return Pair(text, folded(text), node, behind, _value_stop(outline, value), value, "label")


def _alike(
    outline: Outline,
    found: list[Pair],
    known: set[tuple[tuple[str, str], tuple[str, str] | None]],
    stop: int,
    covered: set[int],
) -> list[Pair]:
    """Pairs with unknown labels: elements of the same shape as the known ones, from the first of those on."""
    have = {pair.label_node.index for pair in found}
    first = found[0].label_node
    more = []
    i = first.index
    while i < len(outline.nodes):
        node = outline.nodes[i]
        i += 1
        if node.start >= stop:
            break
        if node.index in have or node.stop == node.start or node.start in covered:
            continue
        if (node.signature, _parent_signature(node)) not in known:
            continue
        if any(pair.start <= node.start < pair.stop for pair in found):
            continue
        text = outline.text(node)
        if text and len(text) <= LONGEST_LABEL and (pair := _pair(outline, node, "structure")):
            more.append(pair)
    return more


def _parent_signature(node: Node) -> tuple[str, str] | None:
    return node.parent.signature if node.parent is not None else None


def _pair(outline: Outline, label: Node, strategy: str) -> Pair | None:
    """The pair of a label element: its value is the text or the elements behind it in the same parent."""
    parent = label.parent
    if parent is None:
        return None
    text = outline.text(label)
    sibling = outline.next_sibling(label)
    behind = sibling.start if sibling is not None else parent.stop
    if behind > label.stop:  # text directly behind the label: <p><b>Director</b> Bas Devos</p>
        return Pair(text, folded(text), label, label.stop, parent.stop, None, strategy)
    if sibling is None or sibling.tag in HEADINGS:
        return None
    last = sibling
    while sibling.tag in _LINE_TAGS:  # a value of several paragraphs without an element around them
        following = outline.next_sibling(last)
        if following is None or following.signature != sibling.signature:
            break
        last = following
    node = sibling if last is sibling else None
    stop = _value_stop(outline, sibling) if last is sibling else last.stop
    return Pair(text, folded(text), label, sibling.start, stop, node, strategy)
