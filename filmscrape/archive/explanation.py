"""Where a value comes from: the stored capture, the strategy that answered, the words on the page, their line."""

import html
import json
import re
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from lxml import etree

from filmscrape.archive.captures import StoredCapture, UnreadableCapture
from filmscrape.archive.extraction import is_answered, public_place
from filmscrape.archive.index import Entry, SourceArchive
from filmscrape.archive.wayback import replayed
from filmscrape.interpret import interpret
from filmscrape.items import ScrapedEvent
from filmscrape.pages.base import NotAnEvent, UnreadablePage, head_and_main
from filmscrape.pages.event import EventPage
from filmscrape.pages.outline import Node, Outline
from filmscrape.records import Event
from filmscrape.runs.films import parted
from filmscrape.runs.ledger import Ledger, Span
from filmscrape.runs.merge import Sighting, same_film
from filmscrape.runs.stored import EVENTS, LEDGER, RUNS
from filmscrape.values.text import tidy

if TYPE_CHECKING:
    from filmscrape.spiders.base import EventSpider

# The others are no words of the page: they follow from where and when it was read.
FIELDS = [
    name for name in Event.model_fields if name not in ("schema_version", "first_seen", "last_seen", "provenance")
]
"""Fields that a page says something of, in the record's order."""
_FORK = re.compile(r"--\d{4}\Z")
# Strategies that look in the head's attributes.
_OF_THE_HEAD = frozenset({"og_title", "og_description", "meta_description", "og_image", "shortlink"})
_EMPTY: tuple[Any, ...] = (None, [], False)
_MOST_PLACES = 3  # of one phrase
_LINES_OF_A_TAG = 50
# Fields that are read with another, whose strategy is noted.
_READ_WITH = {
    "year_end": "year",
    "subtitles": "languages",
    "language_note": "languages",
    "no_dialogue": "languages",
    "kind": "title",
}


class Place(NamedTuple):
    """Where words stand on a page.

    :ivar line: of the decoded body, from 1; ``None`` where it cannot be told.
    :ivar element: such as ``span.event__duration``; ``None`` where the words were not found.
    """

    words: str
    element: str | None
    line: int | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """What one capture says of one field of an event.

    :ivar strategy: ``None`` where no strategy looks for the field: it follows from others.
    :ivar problems: what is there and could not be read: reason and words.
    :ivar origin: ``page``, ``card`` or ``calendar``.
    """

    value: Any
    origin: str
    strategy: str | None
    places: list[Place]
    problems: list[str]
    capture: StoredCapture
    captured_at: datetime


def published_record(dataset: Path, event_id: str) -> dict[str, Any] | None:
    """Find an event in a dataset; ``None`` where it is not there, or its line cannot be read.

    :raises OSError: where the dataset cannot be read.
    """
    wanted = f'"id":{json.dumps(event_id, ensure_ascii=False)}'.encode()
    if dataset.exists():
        with dataset.open("rb") as lines:
            for line in lines:
                if wanted in line.replace(b": ", b":")[:200]:
                    with suppress(ValueError):
                        return dict(json.loads(line))
    return None


class Explainer:
    """Explains values of one event.

    :param output: the output root.
    :param source: the spider of the event's source.
    :param event_id: ``<source>:<slug>``.
    :raises LookupError: with one line for the user, where nothing is known of the event.
    """

    def __init__(self, output: Path, source: "type[EventSpider]", event_id: str) -> None:
        self._source = source
        self._archive = SourceArchive(output / source.name / RUNS)
        self._id = event_id
        self._ledger = output / source.name / LEDGER
        self.published = published_record(output / source.name / EVENTS, event_id)
        slug = event_id.partition(":")[2]
        self._url = self._address(slug)
        self._entries = sorted(self._own_entries(), key=lambda found: self._rank(found[1]))
        if not self._entries:
            known = "is published, but" if self.published else "is unknown:"
            raise LookupError(f"{event_id} {known} no page of it is stored in {self._archive.runs}")

    def _address(self, slug: str) -> str | None:
        if self.published is not None:
            return str(self.published["url"])
        return self._source.canonical(self._source.event_url(_FORK.sub("", slug)))

    def _own_entries(self) -> Iterator[tuple[Path, Entry]]:
        def wanted(entry: Entry) -> bool:
            kept = replayed(entry.url)
            return self._source.canonical(kept.url if kept else entry.url) == self._url

        return self._archive.find(wanted)

    def _rank(self, entry: Entry) -> tuple[bool, str, str]:
        """The published capture first, then the newest."""
        named = (self.published or {}).get("provenance", {}).get("warc_record_id")
        return entry.record_id != named, "".join(chr(0x7F - ord(c)) for c in entry.date), entry.record_id

    # ------------------------------------------------------------------ captures
    def explain(self, field: str) -> Explanation:
        """Find the capture that a field's value comes from, and what it says.

        That is the one that gives the published value; else the first that gives any; else the published one, which
        does not give it.

        :raises LookupError: where no capture can be read.
        """
        first: Explanation | None = None
        for found in self._readings(field):
            first = first or found
            if self.published.get(field) == found.value if self.published else found.value not in _EMPTY:
                return found
        if first is None:
            raise LookupError(f"no stored page of {self._url} can be read")
        return first

    def seen(self, field: str, value: Any) -> Span | None:
        """Find out from when to when, and by which runs, a field was seen with a value.

        :return: ``None`` where the value is empty, the ledger is missing, or it holds no reading that says so.
        :raises LedgerUnusable: the ledger cannot be read.
        """
        if value in _EMPTY or not self._ledger.exists():
            return None
        with closing(Ledger(self._ledger, read_only=True)) as ledger, ledger.guarded():
            found = self._of_the_film(ledger)
        spans = [span for said, span in found if said.model_dump(mode="json").get(field) == value]
        if not spans:
            return None
        first, last = min(spans, key=lambda span: span.first), max(spans, key=lambda span: span.last)
        return Span(first.first, first.first_run, last.last, last.last_run)

    def _of_the_film(self, ledger: Ledger) -> list[tuple[Event | Sighting, Span]]:
        """All that was read of the event, and nothing of another film at its address."""
        address, line = ledger.address_of(self._id) or self._id, ledger.line(self._id)
        pages = [(_seen_page(said, span), span) for said, span in ledger.spans(address, ("page",))]
        cards = [(_seen_card(said, span), span) for said, span in ledger.spans(address, ("card", "calendar"))]
        if not pages or line is None:
            return [*pages, *cards]
        published = Event.model_validate_json(line)
        films, _ = parted([page for page, _ in pages], [card for card, _ in cards])
        film = next((film for film in films if any(p.year and same_film(published, p) for p in film.pages)), films[0])
        own = {id(said) for said in (*film.pages, *film.sightings)}
        every: list[tuple[Event | Sighting, Span]] = [*pages, *cards]
        return [found for found in every if id(found[0]) in own]

    def _readings(self, field: str) -> Iterator[Explanation]:
        for warc, entry in self._entries:
            capture = self._archive.read(warc, entry)
            if capture is not None and is_answered(capture):
                yield from self._reading(capture, field)
        for warc, entry in self._lists(field):
            capture = self._archive.read(warc, entry)
            if capture is not None and is_answered(capture):
                yield from self._sightings(capture, field)

    def _lists(self, field: str) -> list[tuple[Path, Entry]]:
        """Captures of lists: those of the kind that gave the published value first, of them the newest."""
        origin = (self.published or {}).get("provenance", {}).get("fields", {}).get(field)

        def rank(place: tuple[Path, Entry]) -> tuple[bool, str, int]:
            is_calendar = self._source.kind_of(place[1].url) == "calendar"
            return (origin == "calendar") is is_calendar, place[1].date, place[1].offset

        kinds = ("listing", "series", "calendar")
        return sorted(
            self._archive.find(lambda entry: self._source.kind_of(entry.url) in kinds), key=rank, reverse=True
        )

    def _reading(self, capture: StoredCapture, field: str) -> Iterator[Explanation]:
        url, when = public_place(capture)
        try:
            page = self._source.event_page(capture.body, url, when)
            item = page.read()
        except (NotAnEvent, UnreadablePage, UnreadableCapture):
            return
        yield _explained(page, item, field, capture, when)

    def _sightings(self, capture: StoredCapture, field: str) -> Iterator[Explanation]:
        url, when = public_place(capture)
        is_calendar = self._source.kind_of(url) == "calendar"
        kind = self._source.calendar_page if is_calendar else self._source.card_page
        if kind is None:
            return
        try:
            page = kind(capture.body, url, when)
            items = [item for item in page.sightings() if item.url == self._url]
        except (UnreadablePage, UnreadableCapture):
            return
        for item in items:
            found = _explained(page, item, field, capture, when)
            if found.value not in _EMPTY:
                yield found


def _seen_page(line: bytes, span: Span) -> Event:
    return Event.model_validate_json(line).model_copy(update={"first_seen": span.first, "last_seen": span.last})


def _seen_card(line: bytes, span: Span) -> Sighting:
    return Sighting.model_validate_json(line).model_copy(update={"seen_at": span.last})


def _explained(page: Any, item: ScrapedEvent, field: str, capture: StoredCapture, when: datetime) -> Explanation:
    meaning = interpret(item)
    strategy = item.origin if item.origin != "page" else item.strategies.get(_READ_WITH.get(field, field))
    problems = [f"{found.reason}: {found.raw}" for found in meaning.problems if found.field == field]
    value = meaning.values.get(field)
    said = value not in _EMPTY or bool(problems)
    places = list(_places(page, phrases(item, field), strategy or "")) if said else []
    return Explanation(value, item.origin, strategy, places, problems, capture, when)


# ------------------------------------------------------------------ words
def phrases(item: ScrapedEvent, field: str) -> list[str]:
    """The words of the page that a field is read from, in page order."""
    found: dict[str, Iterable[str | None]] = {
        "alternative_titles": (item.subtitle, item.title),
        "year_end": (item.year,),
        "runtime_minutes": (item.runtime,),
        "languages": _rows(item.language),
        "subtitles": _rows(item.language),
        "language_note": _rows(item.language),
        "no_dialogue": _rows(item.language),
        "countries": _rows(item.countries),
        "cast": _rows(item.cast),
        "crew": (row for credit in [*item.directors, *item.credits] for row in _rows(credit.text)),
        "quotes": (quote.text for quote in item.quotes),
        "people": (person.name for person in [*item.people, *item.guests]),
        "screenings": (text for s in item.screenings for text in (s.day, s.time, s.starts_at)),
        "shorts": (text for short in item.shorts for text in (short.title, short.line)),
        "partners": (text for partner in item.partners for text in (partner.credit, partner.name)),
        "contact": (item.contact.text or item.contact.href,) if item.contact else (),
        "links": (link.label for link in item.links),
        "images": (image.url for image in item.images),
        "extra": (row for fact in item.extra for row in _rows(fact.text)),
        "kind": (item.title,),
        "notes": (*item.notes, item.title),
    }
    if field not in found:
        value = getattr(item, field, None)
        found[field] = value if isinstance(value, list) else (value,) if isinstance(value, str) else ()
    return list(dict.fromkeys(text for text in found[field] if text))


def _rows(text: str | None) -> list[str]:
    return (text or "").split("\n")


def _places(page: Any, wanted: Iterable[str], strategy: str) -> Iterator[Place]:
    for words in wanted:
        found = list(_on_page(page, words, strategy in _OF_THE_HEAD))[:_MOST_PLACES]
        yield from found or [Place(words, None, None)]


def _on_page(page: Any, words: str, is_in_head: bool) -> Iterator[Place]:
    """Where words stand: as text of the event, else in an attribute, in the head where the strategy looks there."""
    outline: Outline | None = getattr(page, "outline", None)
    if outline is None:  # no HTML
        return
    shift = _left_out(page.text) if isinstance(page, EventPage) else 0
    nodes = [] if is_in_head else _nodes(outline, words)
    for node in nodes:
        yield Place(words, _named(node.el), _line(page.text, node.el, shift, words))
    root = outline.nodes[0].el.getroottree().getroot()
    holding = [element for element in root.iter(etree.Element) if not nodes and _says(element, words)]
    inside = {element: any(parent.tag == "main" for parent in element.iterancestors()) for element in holding}
    for element in sorted(holding, key=lambda element: inside[element] is is_in_head)[:1]:
        yield Place(words, _named(element), _line(page.text, element, shift if inside[element] else 0, words))


def _says(element: etree._Element, words: str) -> bool:
    return any(words in tidy(html.unescape(str(value))) for value in element.attrib.values())


def _nodes(outline: Outline, words: str) -> list[Node]:
    """The elements whose text is the words; else the smallest that holds them."""
    runs = [tidy(run) for run in outline.runs]
    exact = [outline.run_nodes[at] for at, run in enumerate(runs) if run == words]
    if exact:
        return exact
    whole = [node for node in outline.nodes if node.stop > node.start and _text(outline, node) == words]
    inside = whole[-1:] or [outline.run_nodes[at] for at, run in enumerate(runs) if words in run][:1]
    holding = [node for node in outline.nodes if words in _text(outline, node)] if not inside else []
    return inside or holding[-1:]


def _text(outline: Outline, node: Node) -> str:
    return tidy(outline.text(node))


def _named(element: etree._Element) -> str:
    return ".".join([str(element.tag), *(element.get("class") or "").split()])


def _left_out(text: bytes) -> int:
    """Lines between the head and ``main``, which are not parsed."""
    return text.count(b"\n") - part.count(b"\n") - _behind(text) if (part := head_and_main(text)) else 0


def _behind(text: bytes) -> int:
    return text[text.find(b"</main>") :].count(b"\n")


def _line(text: bytes, element: etree._Element, shift: int, words: str) -> int | None:
    """The line on which the words begin, looked for from where their element begins."""
    known: Any = element.sourceline
    if known is None:
        return None
    begin = int(known) + shift
    first = words.split()[0]
    lines = text.decode("utf-8", "replace").split("\n")[begin - 1 : begin - 1 + _LINES_OF_A_TAG]
    return next((begin + at for at, line in enumerate(lines) if first in html.unescape(html.unescape(line))), begin)
