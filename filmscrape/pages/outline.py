"""The event's own part of a page, walked once into something flat that strategies can look things up in.

An :class:`Outline` is two lists in page order: the *nodes* (elements) and the *runs* (pieces of text).
A node knows which runs it holds (``start`` to ``stop``) and where its descendants end (``end``), so that
text, siblings and children are index arithmetic and a new strategy costs a look-up, not another search
through the tree.
"""

from collections.abc import Callable, Iterator
from functools import cached_property, lru_cache

from lxml import etree

from filmscrape.pages.base import UnreadablePage
from filmscrape.values.addresses import bare
from filmscrape.values.text import fit, tidy

INLINE = frozenset(
    [
        *(
            "a",
            "abbr",
            "b",
            "bdi",
            "bdo",
            "big",
            "button",
            "cite",
            "code",
            "data",
            "del",
            "dfn",
            "em",
            "font",
            "i",
            "img",
        ),
        *("input", "ins", "kbd", "label", "mark", "q", "s", "samp", "small", "span", "strong", "sub", "sup", "time"),
        *("tt", "u", "var", "wbr"),
    ]
)
# What never holds an event's text; of a `button` only the data attributes are read.
SILENT = frozenset(
    [
        *("script", "style", "svg", "noscript", "template", "iframe", "nav", "footer", "dialog", "select"),
        *("textarea", "object", "math", "head"),
    ]
)
NOTED = frozenset(("a", "img", "button"))
BOLD = frozenset(("strong", "b"))
HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
LONGEST_KEY = 60


class Node:
    """An element of the event's part: its place in the tree and the text runs that it holds."""

    __slots__ = ("bold", "cls", "el", "end", "href", "index", "parent", "quoted", "start", "stop", "tag")

    def __init__(self, el: etree._Element, tag: str, cls: str, parent: "Node | None", index: int, start: int) -> None:
        self.el = el
        self.tag = tag
        self.cls = cls
        self.parent = parent
        self.index = index
        self.start = start  # first run
        self.stop = start  # one past the last run
        self.end = index + 1  # one past the last descendant
        self.href: str | None = None
        if parent is None:
            self.bold = tag in BOLD
            self.quoted = tag == "blockquote"
        else:
            self.bold = parent.bold or tag in BOLD
            self.quoted = parent.quoted or tag == "blockquote"

    @property
    def signature(self) -> tuple[str, str]:
        """Tag and class attribute: elements that play the same part on a page share them."""
        return self.tag, self.cls


class Picture:
    """An image of the event's part and the run before which it stands."""

    __slots__ = ("alt", "node", "run", "src")

    def __init__(self, node: Node, run: int, src: str, alt: str) -> None:
        self.node = node
        self.run = run
        self.src = src
        self.alt = alt


@lru_cache(maxsize=4096)
def class_names(cls: str) -> frozenset[str]:
    """The class names of a class attribute."""
    return frozenset(cls.split())


@lru_cache(maxsize=8192)
def folded(text: str) -> str:
    """A text as labels are compared: lower case, one space, no colon at its end, ``and`` written ``&``."""
    text = " ".join(text.split()).strip(" :\u2019'").casefold()
    return text.replace(" and ", " & ")


class _Enough(Exception):  # noqa: N818 - not an error: the walk has reached what is not the event's
    pass


class Outline:
    """One walk over ``root``.

    :raises UnreadablePage: elements are nested deeper than any page that was made to be read.

    ``ends_at(text, node)`` is asked about each run; where it says yes the walk stops: what follows (related
    cards) is not the event's. ``skips(el, tag, cls)`` is asked about each element that holds others.
    """

    def __init__(
        self,
        root: etree._Element,
        ends_at: Callable[[str, Node], bool],
        skips: Callable[[etree._Element, str, str], bool],
    ) -> None:
        self.nodes: list[Node] = []
        self.runs: list[str] = []
        self.run_nodes: list[Node] = []
        self.before: list[str] = []  # what separates a run from the one before: "", " ", "\n" or "\n\n"
        self.pictures: list[Picture] = []
        self.links: list[Node] = []
        self.buttons: list[Node] = []
        self.by_class: dict[str, list[Node]] = {}
        self.complete = True  # False where the walk was stopped by `ends_at`
        self._ends_at = ends_at
        self._skips = skips
        self._gap = ""
        self._closed = False  # an element has just been closed and no text came since
        try:
            self._walk(root, root.tag, root.get("class") or "", None)
        except _Enough:
            self.complete = False
            self._close_open_nodes()
        except RecursionError:
            raise UnreadablePage("elements are nested hundreds deep") from None
        # They know the page, which has this outline: a circle, in which each page would wait for the garbage collector.
        del self._ends_at, self._skips

    # ------------------------------------------------------------------ the walk
    def _walk(self, el: etree._Element, tag: str, cls: str, parent: Node | None) -> None:
        nodes = self.nodes
        node = Node(el, tag, cls, parent, len(nodes), len(self.runs))
        nodes.append(node)
        if cls in self.by_class:
            self.by_class[cls].append(node)
        elif cls:
            self.by_class[cls] = [node]
        block = tag not in INLINE
        if block:
            self._gap = "\n\n"
        elif tag in NOTED and self._note(node):
            return
        if text := el.text:
            self._text(text, node)
        for child in el:
            name = child.tag
            if name == "br":
                self._gap = "\n\n" if self._gap[:1] == "\n" else "\n"
                self._closed = False
            elif name.__class__ is str:  # else a comment; the text behind it is the parent's
                names = child.get("class") or ""
                if name in SILENT or self._skips(child, name, names):
                    self._gap = self._gap or " "
                else:
                    self._walk(child, name, names, node)
                    self._closed = True
            if tail := child.tail:
                self._text(tail, node)
        node.stop = len(self.runs)
        node.end = len(nodes)
        if block:
            self._gap = "\n\n"

    def _note(self, node: Node) -> bool:
        """Keep links, images and buttons at hand; true for a button, whose text is none of the event's."""
        if node.tag == "a":
            node.href = bare(node.el.get("href") or "") or None
            self.links.append(node)
        elif node.tag == "img":
            self.pictures.append(Picture(node, len(self.runs), _source(node.el), tidy(node.el.get("alt") or "")))
        else:
            self.buttons.append(node)
            return True
        return False

    def _text(self, text: str, node: Node) -> None:
        if text.isspace():
            self._gap = self._gap or " "
            return
        if "&" in text or not text.isprintable():  # before anything is known by it: a label, a day, a letter at its end
            text = fit(text)
            if not text.strip():
                self._gap = self._gap or (" " if text else "")
                return
        runs = self.runs
        if (
            self._closed
            and not self._gap
            and runs
            and node is not self.run_nodes[-1].parent
            and runs[-1][-1].isalnum()
            and text[0].isalnum()
        ):  # words of neighbouring elements are never glued together
            self._gap = " "
        if self._ends_at(text, node):
            raise _Enough
        runs.append(text)
        self.run_nodes.append(node)
        self.before.append(self._gap)
        self._gap = ""
        self._closed = False

    def _close_open_nodes(self) -> None:
        """Give the nodes that the stopped walk left open their ends."""
        node: Node | None = self.nodes[-1]
        while node is not None:
            node.stop = len(self.runs)
            node.end = len(self.nodes)
            node = node.parent

    # ------------------------------------------------------------------ text
    @cached_property
    def keys(self) -> list[str]:
        """Each run folded for look-ups; ``""`` for a run that is too long to be a label, a day or a badge."""
        return [folded(text) if len(text) <= LONGEST_KEY else "" for text in self.runs]

    def raw(self, start: int, stop: int) -> str:
        """The runs of a range with what separates them."""
        if stop - start == 1:
            return self.runs[start]
        runs, before = self.runs, self.before
        parts = [runs[start]] if stop > start else []
        for i in range(start + 1, stop):
            parts.append(before[i])
            parts.append(runs[i])
        return "".join(parts)

    def line(self, start: int, stop: int) -> str:
        """The text of a range as one tidied line."""
        return tidy(self.raw(start, stop))

    def text(self, node: Node) -> str:
        """The text of a node as one tidied line."""
        return tidy(self.raw(node.start, node.stop))

    def lines(self, start: int, stop: int) -> list[str]:
        """The text of a range, one item per printed line (``<br>`` and block elements break lines)."""
        return [line for line in map(tidy, self.raw(start, stop).split("\n")) if line]

    def paragraphs(self, start: int, stop: int) -> Iterator[tuple[int, int]]:
        """The paragraphs of a range as ranges of runs."""
        before = self.before
        first = start
        for i in range(start + 1, stop):
            if before[i] == "\n\n":
                yield first, i
                first = i
        if first < stop:
            yield first, stop

    def pieces(self, first: int, last: int) -> Iterator[tuple[int, int]]:
        """A paragraph as ranges of runs, parted where it is a row of unlike inline elements and nothing else.

        ``<span>Altered States</span> <em>Image: Here</em>`` are two pieces, ``Le <em>règne</em> animal`` is one.
        """
        tops = [self._inline_top(self.run_nodes[run]) for run in range(first, last)]
        if last - first < 2 or any(top is None for top in tops):
            yield first, last
            return
        start = first
        for run in range(first + 1, last):
            left, right = tops[run - 1 - first], tops[run - first]
            if left is not right and left is not None and right is not None and left.signature != right.signature:
                yield start, run
                start = run
        yield start, last

    @staticmethod
    def _inline_top(node: Node) -> Node | None:
        """The outermost inline element around a text; ``None`` where the text stands directly in a block."""
        top = None
        while node.tag in INLINE and node.parent is not None:
            top, node = node, node.parent
        return top

    def alone(self, run: int) -> Node:
        """The outermost node that holds nothing but this run."""
        node = self.run_nodes[run]
        parent = node.parent
        while parent is not None and parent.stop - parent.start == 1:
            node, parent = parent, parent.parent
        return node

    def is_alone(self, run: int) -> bool:
        """Whether the run is the whole text of the element that holds it."""
        node = self.run_nodes[run]
        return node.stop - node.start == 1

    # ------------------------------------------------------------------ the tree
    def having(self, name: str) -> list[Node]:
        """The nodes that have this class name, in page order."""
        found: list[Node] = []
        for cls, nodes in self.by_class.items():
            if name in cls and name in class_names(cls):
                found += nodes
        if len(found) > 1:
            found.sort(key=lambda node: node.index)
        return found

    def next_sibling(self, node: Node) -> Node | None:
        """The element that follows ``node`` in the same parent."""
        if node.end < len(self.nodes):
            sibling = self.nodes[node.end]
            if sibling.parent is node.parent:
                return sibling
        return None

    def children(self, node: Node) -> Iterator[Node]:
        """The elements directly inside ``node``."""
        i = node.index + 1
        while i < node.end:
            child = self.nodes[i]
            yield child
            i = child.end

    def inside(self, node: Node) -> list[Node]:
        """All elements below ``node``, in page order."""
        return self.nodes[node.index + 1 : node.end]

    def links_below(self, node: Node) -> list[Node]:
        """The links that are ``node`` or lie below it, also those without text."""
        return [a for a in self.links if node.index <= a.index < node.end]

    def links_in(self, start: int, stop: int) -> list[Node]:
        """The links whose text lies in a range of runs."""
        return [a for a in self.links if start <= a.start and a.stop <= stop and a.start < a.stop]


def _source(el: etree._Element) -> str:
    """Where an image lies; a lazy one has a placeholder in ``src``."""
    for name in ("data-src", "src"):
        value = el.get(name)
        if value and not value.startswith("data:"):
            return value
    srcset = el.get("data-srcset") or el.get("srcset") or ""
    return srcset.split()[0] if srcset.split() else ""
