"""What the pages of viff.org say: event pages, listings, series pages and the calendar route.

Rests on the survey of the site (labels, page order and the ``c-event…`` classes are documented; tags and classes of
title, chips, credits and bios are not). So every field is asked for by its known element first and then by label and
structure; see ``docs/architecture.md``.
"""

import json
import re
from collections.abc import Iterator
from functools import cached_property
from urllib.parse import unquote, urlsplit

from lxml import etree
from parsel import Selector

from filmscrape.items import (
    Labelled,
    ScrapedEvent,
    ScrapedImage,
    ScrapedScreening,
)
from filmscrape.pages.base import NotAnEvent, Page, UnreadablePage, as_utf8
from filmscrape.pages.description import Description, read_description
from filmscrape.pages.introductions import Introductions
from filmscrape.pages.labelled import Pair, pairs_by_class, pairs_by_label
from filmscrape.pages.outline import HEADINGS, Node, Outline, folded
from filmscrape.pages.showings import Showings
from filmscrape.values import lines
from filmscrape.values.dates import is_day, is_time
from filmscrape.values.durations import read_minutes
from filmscrape.values.people import role_of, split_names
from filmscrape.values.text import plain, tidy, tidy_lines

PUBLIC = "https://viff.org"
SOURCE = "viff"
TIMEZONE = "America/Vancouver"
SITE_NAME = "Vancouver International Film Festival"
# Pages below /whats-on/ that are no events (section 1 of the survey).
NOT_EVENTS = frozenset(("festival", "membership", "donate", "passes", "page"))
_EVENT_PATH = re.compile(r"/whats-on/([^/?#\s]+)/?\Z")
_SERIES_LINK = re.compile(rb"""href\s*=\s*["']([^"'<>]*/series/[^"'<>]+)["']""")
_SERIES_PATH = re.compile(r"/series/([^/?#\s]+)/?\Z")
_RELATED = re.compile(
    r"\s*(?:missing viff\?.*|also playing|also in (?:this|the) series|you (?:may|might) also (?:like|enjoy)"
    r"|related (?:events|films|screenings)|more (?:in|from|like) this.*|up next|what[’']s playing.*)\s*\Z",
    re.IGNORECASE | re.DOTALL,
)
_RELATED_STARTS = frozenset("mMaAyYrRuUwW")
_TITLE_SUFFIX = re.compile(r"\s*[|–—-]\s*(?:Vancouver International Film Festival|VIFF)\s*\Z")
_MINUTES = re.compile(r"\s*(?:approx\.?\s*)?\d{1,4}\s*min(?:ute)?s?\.?\s*\Z", re.IGNORECASE)
_DIRECTED = re.compile(r"Dir(?:ected by|ector)?s?[.:]?\s+", re.IGNORECASE)

# Labels of the details panel, folded → what their value is (section 4.2 of the survey).
PANEL = {
    "director": "directors",
    "directors": "directors",
    "directed by": "directors",
    "co-director": "directors",
    "co-directors": "directors",
    "cast": "cast",
    "starring": "cast",
    "featuring": "cast",
    "credits": "ignored",  # an anchor to the credits section, never a value
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
}
# Words that other parts of a page use too: labels only where stronger ones stand with them.
_WEAK = frozenset(
    (
        "series",
        "links",
        "link",
        "contact",
        "guest",
        "guests",
        "guest speaker",
        "credits",
        "featuring",
        "genre",
        "genres",
        "duration",
    )
)
# Headings that begin a section of the page.
LANDMARKS = {
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
}


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
    if slug in NOT_EVENTS or not slug or re.search(r"[\s:/?#\x00-\x1f\x7f<>\"]", slug):
        return None
    return f"{PUBLIC}/whats-on/{slug}/"


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


class EventPage(ViffPage):
    """The page of one event."""

    def read(self) -> ScrapedEvent:
        """Everything that the page says about its event.

        :raises NotAnEvent: the page has no event's own content.
        :raises UnreadablePage: the page is cut off inside the event's part, or has no title.
        """
        url = canonical_url(self.url)
        if url is None:
            raise NotAnEvent("the address is no event's")
        self.item = item = ScrapedEvent(SOURCE, url, self.captured_at, TIMEZONE, strategies=self.strategies)
        self._find_sections()
        self._refuse_cut_off()
        if not self._is_event():
            raise NotAnEvent("the page has no event's own content")
        self._read_head()
        self._read_panel()
        self._read_chips()
        self._read_booking()
        self._read_credits()
        self._read_people()
        self._read_head_lines()
        self._read_images()
        item.layout = self._layout()
        return item

    # ------------------------------------------------------------------ the event's own part
    @cached_property
    def outline(self) -> Outline:
        """The event's part: ``main`` (or the body) up to the related cards, without navigation and footer."""
        root = _main(self.part)
        slug = slug_of(self.item.url)

        def ends_at(text: str, node: Node) -> bool:
            first = text[0]
            if (
                (first in _RELATED_STARTS or first.isspace())
                and len(text) < 90
                and node.tag != "p"
                and _RELATED.match(text)
            ):
                return True
            if node.tag == "a" and node.index > 8 and (parent := node.parent) is not None and parent.tag in HEADINGS:
                other = canonical_url(node.href or "")
                return other is not None and slug_of(other) != slug
            return False

        return Outline(root, ends_at, _is_foreign)

    def _find_sections(self) -> None:
        """Locate title, description, panel and the headings behind them as ranges of runs."""
        outline = self.outline
        self.title_node = self._title_node()
        self.head_stop = self.title_node.stop if self.title_node is not None else 0
        self.marks = self._landmarks()
        self.described = self._description()
        self.panel = self._panel()
        panel_stop = max((p.stop for p in self.panel), default=0)
        self.facts_stop = max(panel_stop, self.described[1], self.head_stop)
        last = len(outline.runs)
        self.booking = next((r for r, k in self.marks if k == "booking" and r >= self.head_stop), None)
        after = [r for r, k in self.marks if k in ("access", "guest", "credits", "director") and r >= self.facts_stop]
        self.sections = sorted(after)
        self.chips_stop = min(
            [
                r
                for r in (self.booking, self._passed_after(self.facts_stop), *after)
                if r is not None and r >= self.facts_stop
            ]
            or [last]
        )
        first_showing = self._first_showing()
        if first_showing is not None:
            self.chips_stop = min(self.chips_stop, first_showing)

    def _title_node(self) -> Node | None:
        """The element of the title: the heading that says what ``og:title`` says, else the first ``h1``."""
        outline = self.outline
        wanted = folded(self._og_title or "")
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

    @cached_property
    def _og_title(self) -> str | None:
        title = _TITLE_SUFFIX.sub("", plain(self.metas.get("og:title") or ""))
        return title or None

    def _landmarks(self) -> list[tuple[int, str]]:
        """The runs that are a section's heading, with its kind, in page order."""
        outline = self.outline
        panel_labels = {n.index for n in outline.having("c-event__details-title")}
        found = []
        for run, key in enumerate(outline.keys):
            kind = LANDMARKS.get(key)
            if kind is not None and run >= self.head_stop and outline.is_alone(run):
                node = outline.alone(run)
                if not {node.index, outline.run_nodes[run].index} & panel_labels:
                    found.append((run, kind))
        return found

    def _passed_after(self, run: int) -> int | None:
        return next((passed for passed in self._passed if passed >= run), None)

    @cached_property
    def _passed(self) -> list[int]:
        """The runs that say that the event is over."""
        return [
            run
            for run, key in enumerate(self.outline.keys)
            if ("passed" in key or "ended" in key) and lines.says_passed(key)
        ]

    def _first_showing(self) -> int | None:
        """The first run behind the facts that is a screening's day or clock time."""
        keys = self.outline.keys
        for run in range(self.facts_stop, len(keys)):
            if keys[run] and (is_day(keys[run]) or is_time(keys[run])):
                return run
        return None

    def _description(self) -> tuple[int, int, int, int]:
        """The description as (first run, last run, first node, last node): by its class, else by its shape."""
        outline = self.outline
        for node in outline.having("c-event__description"):
            if node.stop > node.start:
                self.strategies["synopsis"] = "known_element"
                return node.start, node.stop, node.index, node.end
        if outline.having("c-event__description"):
            return self.head_stop, self.head_stop, 0, 0
        return self._description_by_shape()

    def _description_by_shape(self) -> tuple[int, int, int, int]:
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
            return self.head_stop, self.head_stop, 0, 0
        box = outline.nodes[max(weights, key=lambda i: (weights[i], -i))]
        if box.quoted and box.parent is not None:
            box = box.parent
        first = next(
            n
            for n in outline.children(box)
            if n.start >= self.head_stop and n.stop > n.start and n.tag in ("p", "blockquote", "h3", "h4", "ul")
        )
        begin = box if box.start >= self.head_stop else first
        self.strategies["synopsis"] = "structure"
        last = min(box.stop, stop)
        end = next(
            (n.index for n in outline.nodes[begin.index :] if n.start >= last and n.index >= begin.end),
            box.end,
        )
        return begin.start, last, begin.index, min(end, box.end)

    def _in_head(self, node: Node) -> bool:
        """Whether a paragraph belongs to the head: it stands in the title's own box."""
        title = self.title_node
        return (
            title is not None
            and title.parent is not None
            and node.parent is title.parent
            and title.parent.tag not in ("main", "body")
        )

    def _facts_begin(self) -> int:
        """The first run behind the title that is a strong panel label or a section's heading."""
        outline = self.outline
        for run in range(self.head_stop, len(outline.runs)):
            key = outline.keys[run]
            if not key or not outline.is_alone(run):
                continue
            if (key in PANEL and key not in _WEAK) or (key in LANDMARKS and outline.alone(run).tag != "p"):
                if outline.run_nodes[run].tag != "p":
                    return run
            elif _MINUTES.match(key) or (run in self._passed and run > self.head_stop + 4):
                return run
        return len(outline.runs)

    def _panel(self) -> list[Pair]:
        """The label and value pairs of the details panel."""
        outline = self.outline
        begin = self.head_stop
        stop = min(
            [r for r, k in self.marks if k in ("booking", "access", "credits") and self._behind_panel(r)]
            or [len(outline.runs)]
        )
        found = [
            p
            for p in pairs_by_class(outline, "c-event__details-title", "c-event__details-details")
            if p.label_node.start < stop
        ]
        first, last = self.described[0], self.described[1]
        more = []
        for left, right in ((begin, first), (last, stop)) if last > first else ((begin, stop),):
            more += pairs_by_label(outline, left, right, PANEL.__contains__, found)
        if not found and not any(p.key not in _WEAK and p.key in PANEL for p in more):
            more = []
        return sorted(found + more, key=lambda p: p.label_node.index)

    def _behind_panel(self, run: int) -> bool:
        """Whether a heading stands behind the panel: no strong panel label but ``Director`` comes after it."""
        outline = self.outline
        return not any(
            PANEL.get(outline.keys[later]) in ("countries", "year", "language", "cast")
            and outline.is_alone(later)
            and outline.run_nodes[later].tag != "p"
            for later in range(run + 1, len(outline.runs))
        )

    def _is_event(self) -> bool:
        """Whether anything shows that this is an event: its panel, its sections, its number or its own classes."""
        outline = self.outline
        return bool(
            self.panel
            or self.booking is not None
            or outline.having("c-event__description")
            or outline.having("event__duration")
            or any(k in ("credits", "guest") for _, k in self.marks)
            or any(b.el.get("data-eventid") for b in outline.buttons)
            or self._passed_after(0) is not None
        )

    def _refuse_cut_off(self) -> None:
        """A page that ends inside the event's part would give half a value that looks whole."""
        if not self.outline.complete:
            return
        tail = self.body[-2048:].lower()
        if b"</html" in tail or b"</body" in tail or b"<footer" in self.text:
            return
        raise UnreadablePage("the page is cut off: neither related cards, footer nor end of document")

    # ------------------------------------------------------------------ fields
    def _read_head(self) -> None:
        item, outline = self.item, self.outline
        item.title = self.rank(
            "title",
            ("heading", lambda: outline.text(self.title_node) if self.title_node is not None else None),
            ("og_title", lambda: self._og_title),
            (
                "title_element",
                lambda: _TITLE_SUFFIX.sub("", plain(self.selector.css("title::text").get() or "")) or None,
            ),
        )
        if item.title is None:
            raise UnreadablePage("the page has no title")
        item.summary = self.rank(
            "summary",
            ("og_description", lambda: plain(self.metas.get("og:description") or "") or None),
            ("meta_description", lambda: plain(self.metas.get("description") or "") or None),
        )
        item.source_id = self.rank(
            "source_id",
            ("event_id", self._event_id),
            ("shortlink", self._shortlink),
            ("body_class", self._body_class),
        )
        found: Description = read_description(outline, *self.described)
        item.premiere, item.awards, item.notes = found.premiere, found.awards, found.notes
        item.synopsis, item.quotes, item.shorts = found.synopsis, found.quotes, found.shorts
        item.partners = found.partners
        self.described_images = found.images
        strategy = self.strategies.pop("synopsis", "structure")
        for name in ("premiere", "awards", "notes", "synopsis", "quotes", "shorts", "partners"):
            if getattr(item, name):
                self.strategies[name] = strategy

    @cached_property
    def movie(self) -> dict[str, object]:
        """The ``Movie`` object of the page's JSON-LD where it has one of this title (never proven for the site)."""
        if b'"Movie"' not in self.text:
            return {}
        for script in self.selector.root.iter("script"):
            text = script.text
            if script.get("type") == "application/ld+json" and text and '"Movie"' in text:
                for thing in _things(text):
                    name = thing.get("name")
                    if (
                        thing.get("@type") == "Movie"
                        and isinstance(name, str)
                        and folded(plain(name)) == folded(self.item.title or "")
                    ):
                        return thing
        return {}

    def _movie_directors(self) -> str | None:
        people = self.movie.get("director")
        names = [
            plain(p["name"])
            for p in (people if isinstance(people, list) else [people])
            if isinstance(p, dict) and isinstance(p.get("name"), str)
        ]
        return ", ".join(filter(None, names)) or None

    def _movie_duration(self) -> str | None:
        duration = self.movie.get("duration")
        return tidy(duration) or None if isinstance(duration, str) else None

    def _event_id(self) -> str | None:
        for button in self.outline.buttons:
            if number := button.el.get("data-eventid"):
                return tidy(number)
        return None

    def _shortlink(self) -> str | None:
        for link in self.part.iter("link"):
            if link.get("rel") == "shortlink" and (found := re.search(r"[?&]p=(\d+)", link.get("href") or "")):
                return found.group(1)
        return None

    def _body_class(self) -> str | None:
        body = self.part.find("body")
        found = re.search(r"\bpostid-(\d+)", (body.get("class") or "") if body is not None else "")
        return found.group(1) if found else None

    def _text(self, pair: Pair) -> str:
        """A pair's value, one line each where the page breaks it."""
        if pair.stop - pair.start == 1:
            return tidy(self.outline.runs[pair.start])
        return "\n".join(self.outline.lines(pair.start, pair.stop))

    def _links(self, pair: Pair) -> list[Node]:
        if pair.node is not None:
            return self.outline.links_in(0, 0, pair.node)
        return self.outline.links_in(pair.start, pair.stop)

    def _read_panel(self) -> None:
        item = self.item
        for pair in self.panel:
            what = PANEL.get(pair.key)
            text = self._text(pair)
            if what == "ignored" or (not text and what not in ("contact", "links")):
                continue
            if what == "directors":
                item.directors.append(Labelled(pair.label.rstrip(" :"), text))
                self.strategies["crew"] = pair.strategy
            elif what in ("cast", "year", "countries", "language", "runtime") and getattr(item, what) is None:
                setattr(item, what, text)
                item.labels[what] = pair.label.rstrip(" :")
                self.strategies[_FIELD_OF.get(what, what)] = pair.strategy
            elif what == "series":
                item.series += tidy_lines(text)
                self.strategies["series"] = pair.strategy
            elif what == "genres":
                item.genres += tidy_lines(text)
            elif what == "contact" and item.contact is None:
                href = next((a.href for a in self._links(pair) if a.href), None)
                if text or href:
                    item.contact = Labelled(pair.label, text.replace("\n", " "), href)
                    self.strategies["contact"] = pair.strategy
            elif what == "links":
                self._read_links(pair)
            else:
                self._read_other(pair, text)

    def _read_links(self, pair: Pair) -> None:
        for link in self._links(pair):
            url = self.public_url(link.href)
            if url:
                self.item.links.append(Labelled(self.outline.text(link) or url, "", url))
                self.strategies["links"] = pair.strategy

    def _read_other(self, pair: Pair, text: str) -> None:
        """A row whose label is no field of the contract: advisories, guests, or a fact to keep verbatim."""
        item = self.item
        behind_language = item.language is not None
        if lines.is_rating(text):
            item.rating = item.rating or text
            self.strategies["rating"] = "value"
        elif item.advisories is None and (
            lines.is_advisory_label(pair.label) or (behind_language and lines.are_advisories(text))
        ):
            item.advisories = text.replace("\n", ", ")
            self.strategies["advisories"] = "label" if lines.is_advisory_label(pair.label) else "value"
        else:
            item.extra.append(Labelled(pair.label.rstrip(" :"), text))
            if PANEL.get(pair.key) == "guest":
                item.credits.append(Labelled(pair.label.rstrip(" :"), text))

    def _read_chips(self) -> None:
        """Age, duration and genres: one element each, between the panel and the next section."""
        item, outline = self.item, self.outline
        known = next((n for n in outline.having("event__duration") if n.stop > n.start), None)
        if known is not None and read_minutes(outline.text(known)) is not None:
            item.runtime = outline.text(known)
            self.strategies["runtime_minutes"] = "known_element"
        label: str | None = None  # of a panel row that damage moved here
        for run in range(self.facts_stop, self.chips_stop):
            text = tidy(outline.runs[run])
            if not any(map(str.isalnum, text)):
                continue
            if label is not None:
                item.extra.append(Labelled(label, text))
                label = None
            elif outline.keys[run] in PANEL:
                label = text
            else:
                self._read_chip(text)
        if item.runtime is None and (duration := self._movie_duration()):
            item.runtime = duration
            self.strategies["runtime_minutes"] = "json_ld"
        if not item.directors and (names := self._movie_directors()):
            item.directors.append(Labelled("Director", names))
            self.strategies["crew"] = "json_ld"

    def _read_chip(self, text: str) -> None:
        """Give one chip its place: a duration, an age, or else a genre; what reads like neither is kept as it is."""
        item = self.item
        if _MINUTES.match(text):
            if item.runtime is None:
                item.runtime = text
                self.strategies["runtime_minutes"] = "structure"
        elif lines.is_rating(text):
            if item.rating is None:
                item.rating = text
                self.strategies["rating"] = "structure"
        elif lines.says_passed(text):
            item.passed = True
        elif credit := lines.image_credit(text):
            item.extra.append(Labelled(*credit))
        elif len(text) <= 60 and not lines.are_companies(text):
            item.genres.append(text)
            self.strategies["genres"] = "structure"
        else:
            item.extra.append(Labelled(UNLABELLED, text))

    def _read_booking(self) -> None:
        item, outline = self.item, self.outline
        if any(not self.described[0] <= run < self.described[1] for run in self._passed):
            item.passed = True
            self.strategies["status"] = "text"
        begin = self.chips_stop
        stop = min([r for r in self.sections if r > begin] or [len(outline.runs)])
        item.screenings = Showings(outline, begin, stop, is_booking).read(self.public_url)
        if item.screenings:
            self.strategies["screenings"] = "known_element" if outline.having("c-event-instance") else "structure"

    def _read_credits(self) -> None:
        """The label and value pairs behind the heading of the credits section."""
        outline, item = self.outline, self.item
        start = max([r for r, k in self.marks if k == "credits" and r >= self.facts_stop] or [-1])
        last = len(outline.runs)
        self.people_start = max([self.chips_stop, *(r for r in self.sections[:1])])
        self.credits_found = False
        if start < 0:
            return
        self.people_start = start + 1
        found = [
            p
            for p in pairs_by_class(outline, "c-event__details-title", "c-event__details-details")
            if p.label_node.start > start
        ]
        found += pairs_by_label(outline, start + 1, last, _is_credit, found)
        # A `Director` here announces a bio, not a credit.
        found = [p for p in found if p.stop > p.start and p.key not in ("director", "directors")]
        found.sort(key=lambda p: p.label_node.index)
        for pair in found:
            text = self._text(pair)
            if len(text) > 400:  # a bio, not names
                continue
            item.credits.append(Labelled(pair.label.rstrip(" :"), text))
            self.strategies["crew"] = self.strategies.get("crew", pair.strategy)
            self.people_start = max(self.people_start, pair.stop)
            self.credits_found = True

    def _read_people(self) -> None:
        outline, item = self.outline, self.item
        last = len(outline.runs)
        guest = next((r for r, k in self.marks if k == "guest" and r >= self.facts_stop), None)
        names = {folded(name) for d in item.directors for name in split_names(d.text)}
        if guest is not None:
            label = tidy(outline.runs[guest]).rstrip(" :")
            item.guests = Introductions(outline, guest + 1, last, names, headed=True).read(
                label, self.public_url, with_role_line=True
            )
            if item.guests:
                self.strategies["people"] = "label"
            return
        start = self.people_start
        anchor = self._anchor("director-bio")
        headed = any(r >= start and k == "director" for r, k in self.marks)
        if anchor is None and not headed and not self.credits_found and not self.sections:
            return
        if not self.credits_found and anchor is not None:
            start = min(
                r
                for r in (
                    anchor.start,
                    *(r for r, k in self.marks if k == "director" and r >= self.facts_stop),
                )
            )
        item.people = Introductions(outline, start, last, names, headed=False).read(
            "Director", self.public_url, with_role_line=False
        )
        if item.people:
            self.strategies["people"] = "known_element" if anchor is not None else "structure"

    def _anchor(self, name: str) -> Node | None:
        """The element that a link of the panel leads to, by its id."""
        if not any(a.href and a.href.endswith("#" + name) for a in self.outline.links):
            return None
        return next((n for n in self.outline.nodes if n.el.get("id") == name), None)

    def _read_head_lines(self) -> None:
        """The lines under the title: badge, original title or second film, series, image credit."""
        outline, item = self.outline, self.item
        stop = min(
            [
                r
                for r in (
                    self.described[0] if self.described[1] > self.described[0] else None,
                    *(p.label_node.start for p in self.panel[:1]),
                    self.booking,
                    self.chips_stop,
                )
                if r is not None and r >= self.head_stop
            ]
            or [self.head_stop]
        )
        loose = []
        pieces = (piece for span in outline.paragraphs(self.head_stop, stop) for piece in outline.pieces(*span))
        for first, last in pieces:
            text = outline.line(first, last)
            credit = lines.image_credit(text)
            if not text or not any(map(str.isalnum, text)):
                continue
            if lines.says_passed(text):
                item.passed = True
            elif credit:
                item.extra.append(Labelled(*credit))
            elif any(series_path(a.href) for a in outline.links_in(first, last)):
                self._add_series(text, "series_link")
            else:
                loose.append((first, text))
        self._read_loose_lines(loose)

    def _read_loose_lines(self, loose: list[tuple[int, str]]) -> None:
        """Lines under the title without a mark of their own: the subtitle, then the series (page order).

        One line alone may be either; its words decide, and where they do not it is kept as it stands.
        """
        item, outline = self.item, self.outline
        for first, text in loose:
            node = outline.run_nodes[first]
            if _class_says(node, "series") or (not _class_says(node, "sub") and text in self._series_names):
                self._add_series(text, "class_name" if _class_says(node, "series") else "navigation")
            elif item.subtitle is None and (len(loose) > 1 or self._is_subtitle(text, node)):
                item.subtitle = text
                self.strategies["alternative_titles"] = "structure"
            elif len(loose) > 1 or self._is_series(text):
                self._add_series(text, "structure")
            else:
                item.extra.append(Labelled(UNLABELLED, text))

    def _is_subtitle(self, text: str, node: Node) -> bool:
        """Whether a lone line is an original title or a second film."""
        if text.startswith("+") or _class_says(node, "sub") or lines.is_foreign(text):
            return True
        if lines.is_english(text):
            return False
        return node.tag in HEADINGS or _shares_word(text, self.item.title or "")

    def _is_series(self, text: str) -> bool:
        """Whether a lone line can only be a series: English words, or a film whose own language is English."""
        if lines.is_foreign(self.item.title or ""):
            return False
        language = (self.item.language or "").lower()
        return lines.is_english(text) or not language or language.startswith(("english", "various", "no dialogue"))

    @cached_property
    def _series_names(self) -> frozenset[str]:
        """The names of series that the whole page (its navigation too) links to."""
        return frozenset(
            tidy("".join(a.itertext())) for a in self.selector.root.iter("a") if series_path(a.get("href"))
        )

    def _add_series(self, text: str, strategy: str) -> None:
        if text not in self.item.series:
            self.item.series.insert(0, text)
        self.strategies["series"] = strategy

    def _read_images(self) -> None:
        """The main image first: the one above the description, else ``og:image``."""
        item, outline = self.item, self.outline
        before = self.described[2] or (self.panel[0].label_node.index if self.panel else len(outline.nodes))
        shown = [p for p in outline.pictures if p.node.index < before and p.src]
        main = self.public_url(self.metas.get("og:image"))
        found = [ScrapedImage(url, tidy(p.alt) or None) for p in shown[:1] if (url := self.public_url(p.src))]
        if main and not any(i.url == main or _path(i.url) == _path(main) for i in found):
            found.insert(0, ScrapedImage(main))
        if found:
            self.strategies["images"] = "og_image" if found[0].alt is None and main else "hero"
        found += [ScrapedImage(url, i.alt) for i in self.described_images if (url := self.public_url(i.url))]
        item.images = found

    def _layout(self) -> str | None:
        """Which documented layout the page has; ``None`` where nothing documented is left of it."""
        outline = self.outline
        classes = ("c-event__description", "c-event__details-title", "event__duration")
        if not any(map(outline.having, classes)):
            return None
        old_paragraphs = any(node.tag == "p" for node in outline.having("p1"))
        if any(PANEL.get(p.key) == "runtime" for p in self.panel) or (
            old_paragraphs and not outline.having("event__duration")
        ):
            return "2022"  # the Runtime row, and paragraphs of class p1, until about 2023
        if any(folded(outline.runs[r]).startswith("credits & director") for r, k in self.marks if k == "credits"):
            return "2025"
        if any(k == "access" for _, k in self.marks):
            return "2025"  # the access block came with 2024
        return "2023"


UNLABELLED = "(unlabelled)"
_FIELD_OF = {"language": "languages", "runtime": "runtime_minutes"}


def _main(root: etree._Element) -> etree._Element:
    """The element that holds the page's subject: ``main``, else the body."""
    for element in (root.find(".//main"), root.find("body")):
        if element is not None and len(element):
            return element
    return root


def _is_foreign(el: etree._Element, tag: str, cls: str) -> bool:
    """Elements inside the event's part that are not the event's: cards of other events, the site's header."""
    if cls and "c-event-card" in cls and "c-event-card" in cls.split():
        return True
    if tag == "header":
        return el.get("role") == "banner" or el.find(".//nav") is not None
    return (
        el.get("role") in ("banner", "navigation", "contentinfo")
        if tag in ("div", "section") and "role" in el.attrib
        else False
    )


def _is_credit(key: str) -> bool:
    return role_of(key) not in ("other", "speaker")


def _class_says(node: Node, word: str) -> bool:
    current: Node | None = node
    for _ in range(3):
        if current is None or current.tag in ("main", "body"):
            return False
        if word in current.cls.lower():
            return True
        current = current.parent
    return False


def _things(text: str) -> list[dict[str, object]]:
    """The objects of a JSON-LD script, those of its ``@graph`` included; broken JSON holds none."""
    try:
        data = json.loads(text)
    except ValueError:
        return []
    found = data if isinstance(data, list) else [data]
    found += [
        thing
        for top in found
        if isinstance(top, dict) and isinstance(top.get("@graph"), list)
        for thing in top["@graph"]
    ]
    return [thing for thing in found if isinstance(thing, dict)]


def _shares_word(one: str, other: str) -> bool:
    """Whether two titles share a word of four letters or more (``Lola rennt``, ``Run Lola Run``)."""
    words = {word for word in folded(one).split() if len(word) > 3}
    return not words.isdisjoint(folded(other).split())


def _path(url: str) -> str:
    return urlsplit(url).path


class ListingPage(ViffPage):
    """A page of cards: ``/whats-on/``, ``/whats-on/page/N/`` or a series page."""

    @cached_property
    def outline(self) -> Outline:
        """Everything between the site's header and footer."""
        return Outline(
            _main(self.selector.root),
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
                links = (canonical_url(a.href or "") for a in outline.links_in(0, 0, box))
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
            elif _MINUTES.match(text) and item.runtime is None:
                item.runtime = text
        excerpt = next((n for n in outline.having("c-event-card__excerpt") if box.index < n.index < box.end), None)
        item.summary = (outline.text(excerpt) or None) if excerpt is not None else None
        numbers = (b.el.get("data-eventid") for b in outline.buttons if box.index < b.index < box.end)
        item.source_id = next((tidy(n) for n in numbers if n), None)
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
