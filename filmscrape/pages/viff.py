"""What the pages of viff.org say: event pages, listings, series pages and the calendar route.

Rests on the survey of the site: labels, page order and the ``c-event…`` classes are documented; tags and classes of
title, chips, credits and bios are not. So every field is asked for by its known element first and then by label and
structure; see ``docs/architecture.md``.
"""

import json
import re
from collections.abc import Iterator
from functools import cached_property
from urllib.parse import unquote, urlsplit

from parsel import Selector

from filmscrape.items import Labelled, ScrapedEvent, ScrapedScreening
from filmscrape.pages import event
from filmscrape.pages.base import Page, UnreadablePage, as_utf8
from filmscrape.pages.event import main_of
from filmscrape.pages.outline import HEADINGS, Node, Outline
from filmscrape.pages.sections import MINUTES, Vocabulary
from filmscrape.pages.showings import Showings
from filmscrape.values.addresses import escaped
from filmscrape.values.text import tidy

PUBLIC = "https://viff.org"
SOURCE = "viff"
TIMEZONE = "America/Vancouver"
# Pages below /whats-on/ that are no events (section 1 of the survey).
NOT_EVENTS = frozenset(("festival", "membership", "donate", "passes", "page"))
_EVENT_PATH = re.compile(r"/whats-on/([^/?#\s]+)/?\Z")
_SERIES_PATH = re.compile(r"/series/([^/?#\s]+)/?\Z")
_LISTING_PATH = re.compile(r"/whats-on/(?:page/\d+/?)?\Z|/whats-on\Z")
_CALENDAR_PATH = re.compile(r"/wp-json/v1/attendable/calendar/instances/?\Z")
_SERIES_LINK = re.compile(rb"""href\s*=\s*["']([^"'<>]*/series/[^"'<>]+)["']""")
_NO_SLUG = re.compile(r"[\s:/?#\x00-\x1f\x7f<>\"]")
_DIRECTED = re.compile(r"Dir(?:ected by|ector)?s?[.:]?\s+", re.IGNORECASE)

WORDS = Vocabulary(
    # Labels of the details panel (section 4.2 of the survey); `credits` is an anchor to the credits section.
    panel={
        "director": "directors",
        "directors": "directors",
        "directed by": "directors",
        "co-director": "directors",
        "co-directors": "directors",
        "cast": "cast",
        "starring": "cast",
        "featuring": "cast",
        "credits": "ignored",
        "country of origin": "countries",
        "countries of origin": "countries",
        "country": "countries",
        "countries": "countries",
        "year": "year",
        "years": "year",
        "series": "series",
        "language": "language",
        "languages": "language",
        "film contact": "contact",
        "contact": "contact",
        "links": "links",
        "link": "links",
        "runtime": "runtime",
        "running time": "runtime",
        "duration": "runtime",
        "guest": "guest",
        "guests": "guest",
        "guest speaker": "guest",
        "genre": "genres",
        "genres": "genres",
    },
    weak=frozenset(
        [
            *("series", "links", "link", "contact", "guest", "guests", "guest speaker", "credits", "featuring"),
            *("genre", "genres", "duration"),
        ]
    ),
    headings={
        "book tickets": "booking",
        "book tickets & info": "booking",
        "tickets & showtimes": "booking",
        "showtimes": "booking",
        "indigenous & community access": "access",
        "credits": "credits",
        "credits & director": "credits",
        "credits & directors": "credits",
        "guest": "guest",
        "guests": "guest",
        "guest speaker": "guest",
        "guest speakers": "guest",
        "director": "director",
        "directors": "director",
    },
    # The festival's sections and the series that come back every year; the rest is told by link, class or words.
    series=re.compile(
        r"(?:VIFF|KDocsFF|MENA|Xinema|Altered States|Film Studies|Focus|Insights|International Shorts|Leading Lights"
        r"|MODES|Northern Lights|Panorama|Pantheon|Portraits|Short Forum|Showcase|Spectrum|Vanguard)\b",
        re.IGNORECASE,
    ),
    # Section 6 of the survey, and what other sites call the same.
    related=re.compile(
        r"\s*(?:missing viff\?.*|also playing|also in (?:this|the) series|you (?:may|might) also (?:like|enjoy)"
        r"|related (?:events|films|screenings)|more (?:in|from|like) this.*|up next|what[’']s playing.*)\s*\Z",
        re.IGNORECASE | re.DOTALL,
    ),
    description_class="c-event__description",
    label_class="c-event__details-title",
    value_class="c-event__details-details",
    duration_class="event__duration",
    instance_class="c-event-instance",
    card_class="c-event-card",
)


def canonical_url(url: str) -> str | None:
    """The event address ``https://viff.org/whats-on/<slug>/`` for an event's address on any host, else ``None``.

    Booking pages, listings and the non-events below ``/whats-on/`` are no events.
    """
    try:
        path = urlsplit(url).path
    except ValueError:
        return None
    found = _EVENT_PATH.match(path)
    if found is None:
        return None
    slug = unquote(found.group(1)).strip().lower()
    if slug in NOT_EVENTS or not slug or _NO_SLUG.search(slug):
        return None
    return f"{PUBLIC}/whats-on/{escaped(slug)}/"


def slug_of(url: str) -> str:
    """The slug of a canonical event address."""
    return url.rstrip("/").rsplit("/", 1)[-1]


def series_path(href: str | None) -> str | None:
    """``/series/<slug>/`` for a link to a series page on any host, else ``None``."""
    try:
        found = _SERIES_PATH.match(urlsplit(href or "").path)
    except ValueError:
        return None
    return f"/series/{found.group(1)}/" if found else None


def kind_of(url: str) -> str | None:
    """What kind of page an address on any host is: ``event``, ``series``, ``listing``, ``calendar``, else ``None``."""
    if canonical_url(url) is not None:
        return "event"
    if series_path(url) is not None:
        return "series"
    try:
        path = urlsplit(url).path
    except ValueError:
        return None
    return "listing" if _LISTING_PATH.match(path) else "calendar" if _CALENDAR_PATH.match(path) else None


def is_booking(href: str) -> bool:
    """``/whats-on/<slug>/book/<token>`` and the ticketing host's pages."""
    return "/book/" in href or "elevent" in href


class ViffPage(Page):
    """A page of viff.org."""

    public = PUBLIC

    def series_paths(self) -> list[str]:
        """The series pages that this page links to (the site's navigation included), each once."""
        hrefs = (href.decode("utf-8", "replace") for href in _SERIES_LINK.findall(self.text))
        return list({path: None for href in hrefs if (path := series_path(href))})


class EventPage(event.EventPage, ViffPage):
    """The page of one event."""

    source = SOURCE
    timezone = TIMEZONE
    words = WORDS
    title_suffix = re.compile(r"\s*[|–—-]\s*(?:Vancouver International Film Festival|VIFF)\s*\Z")

    @classmethod
    def canonical_url(cls, url: str) -> str | None:
        """See :func:`canonical_url`."""
        return canonical_url(url)

    @classmethod
    def series_path(cls, href: str | None) -> str | None:
        """See :func:`series_path`."""
        return series_path(href)

    @classmethod
    def is_booking(cls, href: str) -> bool:
        """See :func:`is_booking`."""
        return is_booking(href)

    def layout(self) -> str | None:
        """The year of the documented layout (sections 4.2 to 4.5 of the survey), from what only it has."""
        outline, sections = self.outline, self.sections
        if not any(map(outline.having, (WORDS.description_class, WORDS.label_class, WORDS.duration_class))):
            return None
        old_paragraphs = any(node.tag == "p" for node in outline.having("p1"))
        if any(WORDS.panel.get(pair.key) == "runtime" for pair in sections.panel) or (
            old_paragraphs and not outline.having(WORDS.duration_class)
        ):
            return "2022"  # the Runtime row, and paragraphs of class p1, until about 2023
        headings = {outline.keys[run] for run, _ in sections.headings}
        # The heading of 2025, and the access block that came with 2024.
        newer = {"credits & director", "credits & directors", "indigenous & community access"}
        return "2025" if headings & newer else "2023"


class ListingPage(ViffPage):
    """A page of cards: ``/whats-on/``, ``/whats-on/page/N/`` or a series page."""

    @cached_property
    def outline(self) -> Outline:
        """Everything between the site's header and footer."""
        return Outline(
            main_of(self.selector.root),
            lambda _text, _node: False,
            lambda el, tag, _cls: tag == "header" and el.find(".//nav") is not None,
        )

    def next_path(self) -> str | None:
        """The path of the next list page: the link that says so, else a link to the page number after this one's."""
        here = urlsplit(self.url).path
        number = re.search(r"/page/(\d+)/?\Z", here)
        wanted = f"/whats-on/page/{int(number.group(1)) + 1 if number else 2}/"
        for link in self.selector.root.iter("a", "link"):
            path = urlsplit(link.get("href") or "").path
            if path.rstrip("/") + "/" == wanted:
                return wanted
        return None

    def sightings(self) -> list[ScrapedEvent]:
        """One event with the facts of its card for each card, in page order."""
        return [self._sighting(url, box) for url, box in self._cards()]

    def _cards(self) -> Iterator[tuple[str, Node]]:
        """The cards by their class, else the boxes around headings that link to an event."""
        outline = self.outline
        boxes = outline.having("c-event-card")
        if boxes:
            for box in boxes:
                links = (canonical_url(a.href or "") for a in outline.links_below(box))
                if url := next((u for u in links if u), None):
                    yield url, box
            return
        heads = [
            (url, a)
            for a in outline.links
            if a.parent is not None and a.parent.tag in HEADINGS and (url := canonical_url(a.href or ""))
        ]
        for url, link in heads:
            box = link
            while (parent := box.parent) is not None and sum(
                1 for _, a in heads if parent.index <= a.index < parent.end
            ) == 1:
                box = parent
            yield url, box

    def _sighting(self, url: str, box: Node) -> ScrapedEvent:
        outline = self.outline
        item = ScrapedEvent(SOURCE, url, self.captured_at, TIMEZONE, origin="card")
        head = next((n for n in outline.inside(box) if n.tag in HEADINGS and n.stop > n.start), None)
        item.title = outline.text(head) if head is not None else None
        for run in range(head.stop if head is not None else box.start, box.stop):
            text = tidy(outline.runs[run])
            directed = _DIRECTED.match(text)
            if directed and not item.directors:
                item.directors.append(Labelled("Director", text[directed.end() :]))
            elif MINUTES.match(text) and item.runtime is None:
                item.runtime = text
        excerpt = next((n for n in outline.having("c-event-card__excerpt") if box.index < n.index < box.end), None)
        item.summary = (outline.text(excerpt) or None) if excerpt is not None else None
        numbers = (b.el.get("data-eventid") for b in outline.buttons if box.index < b.index < box.end)
        item.source_id = next((str(n) for n in numbers if n), None)
        item.screenings = Showings(outline, box.start, box.stop, is_booking).read(self.public_url)
        return item


class CalendarPage(ViffPage):
    """An answer of the calendar route: a JSON list with one object per screening (section 2 of the survey)."""

    def sightings(self) -> list[ScrapedEvent]:
        """One event with its screenings for each event that the calendar names.

        :raises UnreadablePage: the answer is not a JSON list.
        """
        try:
            answer = json.loads(as_utf8(self.body))
        except ValueError as problem:
            raise UnreadablePage(f"the calendar's answer is no JSON: {problem}") from problem
        if not isinstance(answer, list):
            raise UnreadablePage("the calendar's answer is no list")
        found: dict[str, ScrapedEvent] = {}
        for entry in answer:
            if isinstance(entry, dict):
                self._add(entry, found)
        return list(found.values())

    def _add(self, entry: dict[str, object], found: dict[str, ScrapedEvent]) -> None:
        fragment = entry.get("title")
        if not isinstance(fragment, str) or not fragment.strip():
            return
        card = Selector(text=fragment)
        links = card.css("a::attr(href)").getall()
        url = next((u for href in links if (u := canonical_url(href))), None)
        if url is None:
            return
        item = found.setdefault(url, ScrapedEvent(SOURCE, url, self.captured_at, TIMEZONE, origin="calendar"))
        item.title = item.title or tidy(card.css(".c-calendar-instance__title").xpath("string()").get() or "") or None
        item.source_id = item.source_id or card.css("[data-eventid]::attr(data-eventid)").get()
        item.runtime = (
            item.runtime or tidy(card.css(".c-calendar-instance__duration").xpath("string()").get() or "") or None
        )
        start = card.css("time::attr(datetime)").get() or _text_of(entry, "start")
        if start is None:
            return
        booking = next((href for href in links if is_booking(href)), None)
        venue = _text_of(entry, "resourceId")
        item.screenings.append(
            ScrapedScreening(
                starts_at=start,
                ends_at=_text_of(entry, "end"),
                venue=VENUES.get(venue, venue) if venue else None,
                booking_url=self.public_url(booking),
                id=card.css("[data-instanceid]::attr(data-instanceid)").get(),
            )
        )


def _text_of(entry: dict[str, object], key: str) -> str | None:
    value = entry.get(key)
    return tidy(value) or None if isinstance(value, str) else None


# The calendar names venues by slug; the names are those that pages print (section 8 of the survey).
VENUES = {
    re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-"): name
    for name in (
        "VIFF Centre - VIFF Cinema",
        "VIFF Centre - Lochmaddy Studio Theatre",
        "VIFF Centre - Vancity Theatre",
        "VIFF Centre - Studio Theatre",
        "VIFF Centre Atrium",
        "International Village 7",
        "International Village 8",
        "International Village 9",
        "International Village 10",
        "SFU Woodwards",
        "The Cinematheque",
        "The Rio Theatre",
        "Vancouver Playhouse",
        "Granville Island Stage",
        "Fifth Avenue Cinema - 19+ only",
        "Fifth Avenue Aud 3",
        "Centre for Performing Arts",
        "Alliance Francaise",
        "Annex",
        "Orpheum",
        "Roundhouse Community Arts & Recreation Centre",
    )
}
