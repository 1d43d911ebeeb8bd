"""The screenings of a stretch of page: days, clock times, venues, booking links and what is said of tickets."""

import re
from collections.abc import Callable

from filmscrape.items import ScrapedScreening
from filmscrape.pages.outline import Node, Outline
from filmscrape.values.dates import is_day, is_time
from filmscrape.values.text import tidy

MESSAGE = re.compile(
    r"sold[\s-]?out|stand-?by|cancel+ed|postponed|rush (?:line|tickets|only)|limited (?:seats|tickets)",
    re.IGNORECASE,
)
_BUTTON = re.compile(
    r"(?:book|buy|get|reserve|more)(?: now| tickets?| online| info| here)*\s*\Z|tickets?\Z|favourite\b",
    re.IGNORECASE,
)
_ACCESS = re.compile(
    r"caption|hearing|accessib|relaxed|assist|described|subtitl|\bASL\b|sign language|masks?\b|livestream"
    r"|\bq\s?&\s?a\b",
    re.IGNORECASE,
)
_DAY_AND_TIME = re.compile(
    r"(.*?\d)(?:st|nd|rd|th)?(?:,? at|,| @| [-–|])? +(\d{1,2}[:.]\d\d ?[ap]\.?m\.?)\Z", re.IGNORECASE
)


class Showings:
    """The screenings between two runs of an outline.

    :param is_booking: tells a booking link by its address.
    """

    def __init__(self, outline: Outline, start: int, stop: int, is_booking: Callable[[str], bool]) -> None:
        self.outline = outline
        self.start = start
        self.stop = stop
        self.is_booking = is_booking

    def read(self, public_url: Callable[[str | None], str | None]) -> list[ScrapedScreening]:
        """All screenings in page order; each begins with its clock time and takes the day last printed before it."""
        found: list[tuple[int, ScrapedScreening]] = []
        day: str | None = None
        stamp: str | None = None  # a machine-readable date that stands before the time
        for run in range(self.start, self.stop):
            text = tidy(self.outline.runs[run])
            node = self.outline.run_nodes[run]
            if is_day(text):
                day, stamp = text, _stamp(node)
            elif is_time(text):
                found.append((run, ScrapedScreening(day=day, time=text, starts_at=_stamp(node) or _with_time(stamp))))
            elif len(text) < 48 and (both := _DAY_AND_TIME.match(text)) and is_day(both.group(1)):
                day = both.group(1)
                found.append((run, ScrapedScreening(day=day, time=both.group(2))))
            elif found:
                self._add(found[-1][1], text, node)
        self._add_addresses(found, public_url)
        return [screening for _, screening in found]

    def _add(self, screening: ScrapedScreening, text: str, node: Node) -> None:
        """Give a text behind a clock time its place."""
        if MESSAGE.search(text):
            screening.message = screening.message or text
        elif _BUTTON.match(text) or not any(map(str.isalnum, text)):
            pass
        elif _has_ancestor(node, "venue") and screening.venue is None:
            screening.venue = text
        elif node.tag == "li" or _has_ancestor(node, "access") or _ACCESS.search(text) or screening.venue is not None:
            screening.notes.append(text)
        else:
            screening.venue = text

    def _add_addresses(
        self, found: list[tuple[int, ScrapedScreening]], public_url: Callable[[str | None], str | None]
    ) -> None:
        """Site numbers and booking links, each from the element that holds this one screening."""
        times = [run for run, _ in found]
        for (run, screening), following in zip(found, [*times, None][1:], strict=True):
            box = self._box(run, times)
            screening.id = self._number(box, len(times))
            links = (a for a in self.outline.links_below(box) if a.href and run <= a.start and self.is_booking(a.href))
            link = next((a for a in links if following is None or a.start < following), None)
            if link is not None:
                screening.booking_url = public_url(link.href)

    def _number(self, box: Node, screenings: int) -> str | None:
        """The site's number of the screening in a box: on a button, else on any element."""
        for button in self.outline.buttons:
            if box.index <= button.index < box.end and (number := button.el.get("data-instanceid")):
                return str(number)
        if screenings == 1 and box.tag == "body":
            return None
        return next((str(number) for el in box.el.iter() if (number := el.get("data-instanceid"))), None)

    def _box(self, run: int, times: list[int]) -> Node:
        """The largest element around a clock time that holds no other one and nothing outside this stretch."""
        node = self.outline.run_nodes[run]
        parent = node.parent
        while parent is not None and parent.start >= self.start and parent.stop <= self.stop:
            if sum(1 for t in times if parent.start <= t < parent.stop) > 1:
                break
            node, parent = parent, parent.parent
        return node


def _stamp(node: Node) -> str | None:
    """The ``datetime`` of the nearest ``time`` element around a text."""
    for _ in range(2):
        value = node.el.get("datetime")
        if value:
            return str(value)
        if node.parent is None:
            break
        node = node.parent
    return None


def _with_time(stamp: str | None) -> str | None:
    return stamp if stamp and "T" in stamp else None


def _has_ancestor(node: Node, word: str) -> bool:
    """Whether one of the three nearest elements has the word in a class name."""
    current: Node | None = node
    for _ in range(3):
        if current is None:
            return False
        if word in current.cls:
            return True
        current = current.parent
    return False
