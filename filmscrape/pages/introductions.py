"""The people whom a page introduces: a name, a portrait, a role line and the paragraphs of a bio."""

import re
from collections.abc import Callable, Collection

from filmscrape.items import ScrapedPerson
from filmscrape.pages.outline import HEADINGS, INLINE, Outline, folded
from filmscrape.values import lines

_PORTRAIT = re.compile(r"\s*(?:head\s?shot|portrait|photo)\s*\Z", re.IGNORECASE)
_SUFFIX = re.compile(r"(?:\b[A-Z]|\b[JS]r|\bPh\.?D)\.\Z")  # a full stop that belongs to a name
_LABELS = frozenset(("director", "directors", "filmmaker", "filmmakers", "co-directors"))
# Headings that introduce something else than a person.
_NO_NAME = re.compile(
    r"\b(?:statement|notes?|filmography|biograph|awards?|screening|interview|about|more|trailer|gallery|tickets?|contact|"
    r"credits?|directors?|guests?|cast|crew|supported|presented|partners?|access|related|playing|series|festival|watch|venue)\b",
    re.IGNORECASE,
)


class Introductions:
    """The persons between two runs of an outline.

    :param known: folded names of people whom the page introduces for certain (the directors).
    :param headed: the stretch stands under a heading that announces a person (``Guest``, ``Director``).
    """

    def __init__(self, outline: Outline, start: int, stop: int, known: Collection[str], headed: bool) -> None:
        self.outline = outline
        self.start = start
        self.stop = stop
        self.known = known
        self.headed = headed
        first = outline.run_nodes[start].index if start < stop else 0
        self.pictures = [p for p in outline.pictures if start <= p.run <= stop and p.node.index >= first - 12]
        self.portraits = {folded(_PORTRAIT.sub("", p.alt)): p for p in self.pictures if _PORTRAIT.search(p.alt)}

    def read(
        self, label: str, public_url: Callable[[str | None], str | None], with_role_line: bool
    ) -> list[ScrapedPerson]:
        """The persons in page order; ``label`` is the heading that announces them."""
        people: list[ScrapedPerson] = []
        starts: list[int] = []
        expecting = self.headed
        for first, last in self.outline.paragraphs(self.start, self.stop):
            text = self.outline.line(first, last)
            if not text:
                continue
            if not with_role_line and folded(text) in _LABELS:
                label, expecting = text.rstrip(" :"), True
                continue
            if (
                (expecting and self._may_be_name(text))
                or self._is_name(text, first, bool(people))
                or (bool(people) and self._is_like_first(text, first, starts[0], people[-1]))
            ):
                people.append(ScrapedPerson(text, label))
                starts.append(first)
                expecting = False
            elif people:
                self._add(people[-1], text, with_role_line)
        for person, first, following in zip(people, starts, [*starts, self.stop][1:], strict=True):
            person.image_url = public_url(self._portrait(person.name, first, following))
        return [p for p in people if p.bio or p.image_url or with_role_line]

    @staticmethod
    def _add(person: ScrapedPerson, text: str, with_role_line: bool) -> None:
        """A paragraph behind a name: the guest's role line (short, no sentence, before the bio) or bio."""
        if with_role_line and not person.bio and len(text) < 60 and not lines.is_sentence(text):
            return
        person.bio.append(text)

    def _may_be_name(self, text: str) -> bool:
        return (
            len(text) <= 70
            and not any(map(str.isdigit, text))
            and ":" not in text
            and (not lines.is_sentence(text) or _SUFFIX.search(text) is not None)
        )

    def _is_name(self, text: str, run: int, among: bool) -> bool:
        """Whether a paragraph is the name of the next person: a known name, a portrait's name, or a heading."""
        if len(text) > 70:
            return False
        key = folded(text)
        if key in self.known or key in self.portraits:
            return True
        node = self.outline.run_nodes[run]
        heading = node.tag in HEADINGS or (node.parent is not None and node.parent.tag in HEADINGS)
        if not heading or not self._may_be_name(text) or _NO_NAME.search(text):
            return False
        return among or not self.known or bool(_words(text) & set().union(*map(_words, self.known)))

    def _is_like_first(self, text: str, run: int, first: int, last: ScrapedPerson) -> bool:
        """Whether a paragraph is marked up as the first name is, and comes where a name can: behind a bio."""
        shape = self._shape(first)
        return (
            bool(last.bio)
            and len(shape) > 1
            and self._shape(run) == shape
            and self._may_be_name(text)
            and not _NO_NAME.search(text)
        )

    def _shape(self, run: int) -> tuple[tuple[str, str], ...]:
        """The inline elements around a text and the block that holds them: a bold paragraph, a plain one."""
        node = self.outline.run_nodes[run]
        shape = [node.signature]
        while node.tag in INLINE and node.parent is not None:
            node = node.parent
            shape.append(node.signature)
        return tuple(shape)

    def _portrait(self, name: str, first: int, following: int) -> str | None:
        """The portrait by its alternative text, else the image directly before or within the introduction."""
        by_name = self.portraits.get(folded(name))
        if by_name is not None:
            return by_name.src
        for picture in self.pictures:
            if first <= picture.run < following and not _PORTRAIT.search(picture.alt):
                return picture.src
        return None


def _words(name: str) -> set[str]:
    return {word for word in folded(name).split() if len(word) > 2}
