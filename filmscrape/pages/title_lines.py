"""The lines under a title: badge, original title or second film, series, credit of the picture."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from filmscrape.items import Labelled
from filmscrape.pages.outline import HEADINGS, Node, Outline, folded
from filmscrape.values import lines

_NOT_FOREIGN = re.compile(r"(?:in )?(?:english|various|no dialogue|silent)\b", re.IGNORECASE)
# Stands for the label of a fact that the page gives without one.
UNLABELLED = "(unlabelled)"


@dataclass(slots=True)
class TitleLines:
    """What the lines under a title say, and by which strategy series and subtitle were told apart."""

    subtitle: str | None = None
    series: list[str] = field(default_factory=list)
    passed: bool = False
    extra: list[Labelled] = field(default_factory=list)
    series_strategy: str = "structure"


@dataclass(frozen=True, slots=True)
class Film:
    """What is known of the film when its lines are read."""

    title: str
    language: str

    @property
    def is_foreign(self) -> bool:
        """Whether the page names another first language than English."""
        return bool(self.language) and not _NOT_FOREIGN.match(self.language)


def read_title_lines(
    outline: Outline,
    start: int,
    stop: int,
    film: Film,
    is_series_link: Callable[[str | None], bool],
    is_series_name: Callable[[str], bool],
) -> TitleLines:
    """Read the runs between the title and the description.

    :param is_series_link: tells a link to a series by its address.
    :param is_series_name: tells a series by its name (asked only where the line itself does not say).
    """
    found = TitleLines()
    loose: list[tuple[Node, str]] = []
    pieces = (piece for span in outline.paragraphs(start, stop) for piece in outline.pieces(*span))
    for first, last in pieces:
        text = outline.line(first, last)
        if not any(map(str.isalnum, text)):
            continue
        if lines.says_passed(text):
            found.passed = True
        elif credit := lines.image_credit(text):
            found.extra.append(Labelled(*credit))
        elif any(is_series_link(a.href) for a in outline.links_in(first, last)):
            found.series.append(text)
            found.series_strategy = "series_link"
        else:
            loose.append((outline.run_nodes[first], text))
    _sort(loose, found, film, is_series_name)
    return found


def _sort(loose: list[tuple[Node, str]], found: TitleLines, film: Film, is_series_name: Callable[[str], bool]) -> None:
    """Lines without a mark of their own: the subtitle, then the series (page order).

    One line alone may be either; its words decide, and where they do not it is kept as it stands.
    """
    alone = len(loose) == 1
    for node, text in loose:
        if _class_says(node, "series"):
            found.series.append(text)
            found.series_strategy = "class_name"
        elif not _class_says(node, "sub") and is_series_name(text):
            found.series.append(text)
            found.series_strategy = "known_name"
        elif found.subtitle is None and (not alone or _is_subtitle(text, node, film)):
            found.subtitle = text
        elif not alone or _is_series(text, film):
            found.series.append(text)
        else:
            found.extra.append(Labelled(UNLABELLED, text))


def _is_subtitle(text: str, node: Node, film: Film) -> bool:
    """Whether a lone line is an original title or a second film."""
    if text.startswith("+") or _class_says(node, "sub") or lines.is_foreign(text):
        return True
    if lines.is_english(text) or lines.names_programme(text) or not film.is_foreign:
        return False
    return node.tag in HEADINGS or _shares_word(text, film.title)


def _is_series(text: str, film: Film) -> bool:
    """Whether a lone line can only be a series: a programme's words, English words, or a film that is not foreign."""
    if lines.names_programme(text) or not film.is_foreign:
        return True
    return lines.is_english(text) and not lines.is_foreign(film.title)


def _class_says(node: Node, word: str) -> bool:
    """Whether one of the three nearest elements has the word in its class attribute."""
    current: Node | None = node
    for _ in range(3):
        if current is None or current.tag in ("main", "body"):
            return False
        if word in current.cls.lower():
            return True
        current = current.parent
    return False


def _shares_word(one: str, other: str) -> bool:
    """Whether two titles share a word of four letters or more (``Lola rennt``, ``Run Lola Run``)."""
    words = {word for word in folded(one).split() if len(word) > 3}
    return not words.isdisjoint(folded(other).split())
