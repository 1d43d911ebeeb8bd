"""The page of one event: each field asks its strategies, the surest first, and the first that answers wins.

A source's page is a subclass that brings its words, its class names and what its addresses look like.
"""

import re
from functools import cached_property
from typing import ClassVar
from urllib.parse import urlsplit

from lxml import etree

from filmscrape.items import Labelled, ScrapedEvent, ScrapedImage
from filmscrape.pages.base import NotAnEvent, Page, UnreadablePage
from filmscrape.pages.description import Description, read_description
from filmscrape.pages.introductions import Introductions
from filmscrape.pages.labelled import Pair, pairs_by_label
from filmscrape.pages.linked_data import Movie, movie
from filmscrape.pages.outline import HEADINGS, Node, Outline, class_names, folded
from filmscrape.pages.sections import MINUTES, Sections, Vocabulary
from filmscrape.pages.showings import Showings
from filmscrape.pages.title_lines import UNLABELLED, Film, read_title_lines
from filmscrape.values import lines
from filmscrape.values.durations import read_minutes
from filmscrape.values.people import role_of, split_names
from filmscrape.values.text import plain, tidy, tidy_lines

# A value of the credits section that is longer is no list of names but a bio that fell in.
_LONGEST_NAMES = 400
_LONGEST_GENRE = 60
_LONGEST_RELATED = 90
# A heading that links to an event is a card only behind the page's own heading.
_HEAD_NODES = 8
# Fields whose strategy is that of the panel row that gave them.
_FIELD_OF = {
    "cast": "cast",
    "year": "year",
    "countries": "countries",
    "language": "languages",
    "runtime": "runtime_minutes",
}
_OF_DESCRIPTION = ("premiere", "awards", "notes", "synopsis", "quotes", "shorts", "partners")


class EventPage(Page):
    """A page that shows one event."""

    source: ClassVar[str]
    timezone: ClassVar[str]  # IANA zone of the venues
    words: ClassVar[Vocabulary]
    title_suffix: ClassVar[re.Pattern[str]]  # the site's name behind a title in the head

    # ------------------------------------------------------------------ what a source says
    @classmethod
    def canonical_url(cls, url: str) -> str | None:
        """The one public address of an event for any of its spellings; ``None`` for what is no event."""
        raise NotImplementedError

    @classmethod
    def series_path(cls, href: str | None) -> str | None:
        """The path of a series page for a link to it; ``None`` for what is none."""
        raise NotImplementedError

    @classmethod
    def is_booking(cls, href: str) -> bool:
        """Whether a link leads to tickets."""
        raise NotImplementedError

    def layout(self) -> str | None:
        """Which known layout the page has; ``None`` where nothing known is left of it."""
        raise NotImplementedError

    # ------------------------------------------------------------------ the way through the page
    def read(self) -> ScrapedEvent:
        """Everything that the page says about its event.

        :raises NotAnEvent: the page has no event's own content.
        :raises UnreadablePage: the page is cut off inside the event's part, or has no title.
        """
        url = self.canonical_url(self.url)
        if url is None:
            raise NotAnEvent("the address is no event's")
        self.item = ScrapedEvent(self.source, url, self.captured_at, self.timezone, strategies=self.strategies)
        self.sections = Sections(self.outline, self.words, self._og_title)
        self._refuse_cut_off()
        if not self._is_event():
            raise NotAnEvent("the page has no event's own content")
        self._read_head()
        self._read_description()
        self._read_panel()
        self._read_chips()
        self._read_linked_data()
        self._read_booking()
        self._read_credits()
        self._read_people()
        self._read_title_lines()
        self._read_images()
        self.item.layout = self.layout()
        return self.item

    @cached_property
    def outline(self) -> Outline:
        """The event's part: ``main`` (or the body) up to the related cards, without navigation and footer."""
        related = self.words.related
        here = self.item.url

        def ends_at(text: str, node: Node) -> bool:
            if node.tag == "a":  # a card: a heading that is a link to another event
                parent = node.parent
                if parent is not None and parent.tag in HEADINGS and node.index > _HEAD_NODES:
                    return self.canonical_url(node.href or "") not in (None, here)
            elif node.tag != "p" and len(text) < _LONGEST_RELATED:
                return related.match(text) is not None
            return False

        return Outline(main_of(self.part), ends_at, self._is_foreign)

    def _is_foreign(self, el: etree._Element, tag: str, cls: str) -> bool:
        """Elements inside the event's part that are not the event's: cards of other events, the site's header."""
        card = self.words.card_class
        if card in cls and card in class_names(cls):
            return True
        if tag == "header":
            return el.get("role") == "banner" or el.find(".//nav") is not None
        return tag in ("div", "section") and el.get("role") in ("banner", "navigation", "contentinfo")

    def _is_event(self) -> bool:
        """Whether anything shows that this is an event: its panel, its sections, its number or its own classes."""
        outline, sections = self.outline, self.sections
        return bool(
            sections.panel
            or sections.booking is not None
            or outline.having(self.words.description_class)
            or outline.having(self.words.duration_class)
            or any(kind in ("credits", "guest") for _, kind in sections.headings)
            or self._event_id()
            or sections.passed
        )

    def _refuse_cut_off(self) -> None:
        """A page that ends inside the event's part would give half a value that looks whole."""
        if not self.outline.complete:
            return  # the walk came as far as the related cards
        if not self.has_end:
            raise UnreadablePage("the page is cut off: neither related cards, footer nor end of document")

    # ------------------------------------------------------------------ head
    @cached_property
    def _og_title(self) -> str | None:
        return self.title_suffix.sub("", plain(self.metas.get("og:title") or "")) or None

    def _read_head(self) -> None:
        item, title = self.item, self.sections.title
        item.title = self.rank(
            "title",
            ("heading", lambda: self.outline.text(title) if title is not None else None),
            ("og_title", lambda: self._og_title),
            ("title_element", self._title_element),
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

    def _title_element(self) -> str | None:
        return self.title_suffix.sub("", plain(self.selector.css("title::text").get() or "")) or None

    def _event_id(self) -> str | None:
        numbers = (button.el.get("data-eventid") for button in self.outline.buttons)
        return next((str(number) for number in numbers if number), None)

    def _shortlink(self) -> str | None:
        """WordPress: ``<link rel="shortlink" href="…/?p=49520">``."""
        links = (link for link in self.part.iter("link") if link.get("rel") == "shortlink")
        found = (re.search(r"[?&]p=(\d+)(?![^&#])", link.get("href") or "") for link in links)
        return next((match.group(1) for match in found if match), None)

    def _body_class(self) -> str | None:
        """WordPress: ``<body class="… postid-49520">``."""
        body = self.part.find("body")
        found = re.search(r"(?<!\S)postid-(\d+)(?!\S)", (body.get("class") or "") if body is not None else "")
        return found.group(1) if found else None

    def _read_description(self) -> None:
        item, stretch = self.item, self.sections.description
        found: Description = read_description(
            self.outline, stretch.start, stretch.stop, stretch.first_node, stretch.last_node
        )
        for name in _OF_DESCRIPTION:
            if value := getattr(found, name):
                setattr(item, name, value)
                self.strategies[name] = self.sections.description_strategy
        item.images = found.images

    # ------------------------------------------------------------------ panel
    def _value(self, pair: Pair) -> str:
        """A pair's value, one line each where the page breaks it."""
        if pair.stop - pair.start == 1:
            return tidy(self.outline.runs[pair.start])
        return "\n".join(self.outline.lines(pair.start, pair.stop))

    def _links(self, pair: Pair) -> list[Node]:
        if pair.node is not None:
            return self.outline.links_below(pair.node)
        return self.outline.links_in(pair.start, pair.stop)

    def _read_panel(self) -> None:
        for pair in self.sections.panel:
            what = self.words.panel.get(pair.key, "")
            if what == "contact":
                self._read_contact(pair)
            elif what == "links":
                self._read_links(pair)
            elif what != "ignored" and (text := self._value(pair)):
                self._read_row(pair, what, text)

    def _read_row(self, pair: Pair, what: str, text: str) -> None:
        item, label = self.item, pair.label.rstrip(" :")
        if what == "directors":
            item.directors.append(Labelled(label, text))
            self.strategies["crew"] = pair.strategy
        elif what in _FIELD_OF and getattr(item, what) is None:
            setattr(item, what, text)
            item.labels[what] = label
            self.strategies[_FIELD_OF[what]] = pair.strategy
        elif what in ("series", "genres"):
            getattr(item, what).extend(tidy_lines(text))
            self.strategies[what] = pair.strategy
        else:
            self._read_other(pair, what, text)

    def _read_contact(self, pair: Pair) -> None:
        text = self._value(pair).replace("\n", " ")
        href = next((a.href for a in self._links(pair) if a.href), None)
        if (text or href) and self.item.contact is None:
            self.item.contact = Labelled(pair.label, text, href)
            self.strategies["contact"] = pair.strategy

    def _read_links(self, pair: Pair) -> None:
        for link in self._links(pair):
            if url := self.public_url(link.href):
                self.item.links.append(Labelled(self.outline.text(link) or tidy(url), "", url))
                self.strategies["links"] = pair.strategy

    def _read_other(self, pair: Pair, what: str, text: str) -> None:
        """A row whose label is no field of the contract: a rating, advisories, a guest, a fact to keep verbatim."""
        item, label = self.item, pair.label.rstrip(" :")
        labelled = lines.is_advisory_label(label)
        if lines.is_rating(text):
            item.rating = item.rating or text
            self.strategies["rating"] = "value"
        elif item.advisories is None and (labelled or lines.are_advisories(text)):
            item.advisories = text.replace("\n", ", ")
            self.strategies["advisories"] = "label" if labelled else "value"
        else:
            item.extra.append(Labelled(label, text))
            if what == "guest":
                item.credits.append(Labelled(label, text))

    # ------------------------------------------------------------------ chips
    def _read_chips(self) -> None:
        """Age, duration and genres: one element each, between the panel and the next section."""
        item, outline = self.item, self.outline
        known = next((n for n in outline.having(self.words.duration_class) if n.stop > n.start), None)
        if known is not None and read_minutes(outline.text(known)) is not None:
            item.runtime = outline.text(known)
            self.strategies["runtime_minutes"] = "known_element"
        label: str | None = None  # of a panel row that damage moved here
        for run in range(self.sections.facts_stop, self.sections.chips_stop):
            text = tidy(outline.runs[run])
            if not any(map(str.isalnum, text)):
                continue
            if label is not None:
                item.extra.append(Labelled(label, text))
                label = None
            elif outline.keys[run] in self.words.panel:
                label = text
            else:
                self._read_chip(text)

    def _read_chip(self, text: str) -> None:
        """Give one chip its place: a duration, an age, or else a genre; what reads like none is kept as it stands."""
        item = self.item
        if MINUTES.match(text):
            if item.runtime is None:
                item.runtime = text
                self.strategies["runtime_minutes"] = "structure"
        elif lines.is_rating(text):
            if item.rating is None:
                item.rating = text
                self.strategies["rating"] = "structure"
        elif credit := lines.image_credit(text):
            item.extra.append(Labelled(*credit))
        elif len(text) <= _LONGEST_GENRE and not lines.are_companies(text):
            item.genres.append(text)
            self.strategies["genres"] = "structure"
        else:
            item.extra.append(Labelled(UNLABELLED, text))

    @cached_property
    def movie(self) -> Movie:
        """The page's JSON-LD ``Movie`` of this title; asked last, for no site was proven to have one."""
        if b'"Movie"' not in self.text:
            return Movie({})
        return movie(self.selector.root, self.item.title or "")

    def _read_linked_data(self) -> None:
        item = self.item
        if item.runtime is None and (duration := self.movie.duration):
            item.runtime = duration
            self.strategies["runtime_minutes"] = "json_ld"
        if not item.directors and (names := self.movie.directors):
            item.directors.append(Labelled("Director", names))
            self.strategies["crew"] = "json_ld"

    # ------------------------------------------------------------------ booking, credits, people
    def _read_booking(self) -> None:
        item, sections = self.item, self.sections
        if any(run not in sections.description for run in sections.passed):
            item.passed = True
            self.strategies["status"] = "text"
        begin = sections.chips_stop
        stop = min((run for run in sections.behind if run > begin), default=len(self.outline.runs))
        item.screenings = Showings(self.outline, begin, stop, self.is_booking).read(self.public_url)
        if item.screenings:
            known = self.outline.having(self.words.instance_class)
            self.strategies["screenings"] = "known_element" if known else "structure"

    @cached_property
    def _credits(self) -> list[Pair]:
        """The label and value pairs behind the heading of the credits section; a ``Director`` there announces a bio."""
        begin = max(
            (r for r, k in self.sections.headings if k == "credits" and r >= self.sections.facts_stop), default=None
        )
        if begin is None:
            return []
        found = [pair for pair in self.sections.pairs_by_class() if pair.label_node.start > begin]
        found += pairs_by_label(self.outline, begin + 1, len(self.outline.runs), _is_credit, found)
        kept = [pair for pair in found if pair.stop > pair.start and self.words.panel.get(pair.key) != "directors"]
        kept = [pair for pair in kept if len(self._value(pair)) <= _LONGEST_NAMES]
        return sorted(kept, key=lambda pair: pair.label_node.index)

    def _read_credits(self) -> None:
        for pair in self._credits:
            self.item.credits.append(Labelled(pair.label.rstrip(" :"), self._value(pair)))
            self.strategies.setdefault("crew", pair.strategy)

    def _read_people(self) -> None:
        item, sections, last = self.item, self.sections, len(self.outline.runs)
        names = {folded(name) for credit in item.directors for name in split_names(credit.text)}
        guest = sections.first("guest")
        if guest is not None:
            label = tidy(self.outline.runs[guest]).rstrip(" :")
            guests = Introductions(self.outline, guest + 1, last, names, headed=True)
            item.guests = guests.read(label, self.public_url, with_role_line=True)
            if item.guests:
                self.strategies["people"] = "label"
        elif sections.behind:
            begin = self._people_begin()
            people = Introductions(self.outline, begin, last, names, headed=False)
            item.people = people.read("Director", self.public_url, with_role_line=False)
            if item.people:
                self.strategies["people"] = "structure"

    def _people_begin(self) -> int:
        """The first run that can introduce somebody: behind the credits, else at the first heading behind the facts."""
        if self._credits:
            return max(pair.stop for pair in self._credits)
        credits = self.sections.first("credits")
        return credits + 1 if credits is not None else self.sections.behind[0]

    # ------------------------------------------------------------------ lines under the title, images
    def _read_title_lines(self) -> None:
        item, sections = self.item, self.sections
        ends = [sections.chips_stop, *(pair.label_node.start for pair in sections.panel[:1])]
        if sections.description.stop > sections.description.start:
            ends.append(sections.description.start)
        if sections.booking is not None:
            ends.append(sections.booking)
        stop = min(run for run in ends if run >= sections.head_stop)
        film = Film(item.title or "", item.language or "")
        found = read_title_lines(
            self.outline,
            sections.head_stop,
            stop,
            film,
            lambda href: self.series_path(href) is not None,
            self._is_series_name,
        )
        item.subtitle, item.passed = found.subtitle, item.passed or found.passed
        item.extra = found.extra + item.extra
        item.series = found.series + item.series
        if found.subtitle:
            self.strategies["alternative_titles"] = "structure"
        if found.series:
            self.strategies["series"] = found.series_strategy

    def _is_series_name(self, text: str) -> bool:
        if self.words.series.match(text):
            return True
        # Parsing the whole page is worth it only where the text stands on it a second time.
        return self.text.count(text.encode()) > 1 and text in self._series_names

    @cached_property
    def _series_names(self) -> frozenset[str]:
        """The names of series that the whole page (its navigation too) links to."""
        links = (a for a in self.selector.root.iter("a") if self.series_path(a.get("href")))
        return frozenset(tidy("".join(a.itertext())) for a in links)

    def _read_images(self) -> None:
        """The main image first: the one above the description, else ``og:image``; then those of the description."""
        sections, outline = self.sections, self.outline
        before = sections.description.first_node or len(outline.nodes)
        if not sections.description.first_node and sections.panel:
            before = sections.panel[0].label_node.index
        hero = next((p for p in outline.pictures if p.node.index < before and p.src), None)
        main = self.public_url(self.metas.get("og:image"))
        shown = self.public_url(hero.src) if hero is not None else None
        found = [ScrapedImage(shown, hero.alt or None)] if hero is not None and shown else []
        if main and (shown is None or urlsplit(main).path != urlsplit(shown).path):
            found.insert(0, ScrapedImage(main))
        if found:
            self.strategies["images"] = "hero" if found[0].url == shown else "og_image"
        inside = ((self.public_url(image.url), image.alt) for image in self.item.images)
        self.item.images = found + [ScrapedImage(url, alt) for url, alt in inside if url]


def main_of(root: etree._Element) -> etree._Element:
    """The element that holds the page's subject: ``main``, else the body."""
    for element in (root.find(".//main"), root.find("body")):
        if element is not None and len(element):
            return element
    return root


def _is_credit(key: str) -> bool:
    return role_of(key) not in ("other", "speaker")
