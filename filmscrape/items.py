"""What a page said: text as it stands, before anybody says what it means.

Page objects fill these; :mod:`filmscrape.interpret` turns them into the fields of
:class:`filmscrape.records.Event`. The same classes carry a *sighting*: the few facts that a card of
a listing or an entry of a calendar gives about an event (``origin`` tells which).

All text is tidied (one line, NFC, no markup) but otherwise verbatim. ``None`` and ``[]`` mean that
the page does not say.
"""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(slots=True)
class Labelled:
    """A label and the text that stands with it; ``href`` is the address of the value's first link."""

    label: str
    text: str
    href: str | None = None


@dataclass(slots=True)
class ScrapedScreening:
    """One showing. Either ``day`` and ``time`` as printed, or ``starts_at`` as machine-readable text."""

    day: str | None = None  # "Sunday May 17", "Sat Jan 03"
    time: str | None = None  # "7:50 pm"
    starts_at: str | None = None  # ISO 8601, with or without an offset
    ends_at: str | None = None
    venue: str | None = None
    booking_url: str | None = None
    message: str | None = None  # "Sold out", "Standby only: line up at the door"
    notes: list[str] = field(default_factory=list)
    id: str | None = None


@dataclass(slots=True)
class ScrapedPerson:
    """Somebody whom the page introduces; ``label`` is the heading or role line (``Director``, ``Guest``)."""

    name: str
    label: str | None = None
    bio: list[str] = field(default_factory=list)  # paragraphs, the filmography sentence still inside
    image_url: str | None = None


@dataclass(slots=True)
class ScrapedShort:
    """A film inside a programme; ``line`` is ``Director, Place (N min)``."""

    title: str
    line: str | None = None
    synopsis: str | None = None


@dataclass(slots=True)
class ScrapedQuote:
    """A press quote and who wrote it."""

    text: str
    attribution: str | None = None


@dataclass(slots=True)
class ScrapedPartner:
    """A sponsor: the caption and the logo's text."""

    credit: str
    name: str | None = None


@dataclass(slots=True)
class ScrapedImage:
    """An image of this event."""

    url: str
    alt: str | None = None


@dataclass(slots=True)
class Capture:
    """The answer that a page was read from, for ``provenance``."""

    fetched_at: datetime  # UTC: the answer's `Date`, not the reader's clock
    http_status: int
    content_sha256: str  # of the decoded body, hexadecimal
    warc_record_id: str | None = None


@dataclass(slots=True)
class ScrapedEvent:
    """Everything that one page (or card, or calendar entry) says about one event."""

    source: str
    url: str  # canonical, on the public site
    captured_at: datetime  # UTC; decides the years of screenings
    timezone: str = "UTC"  # IANA zone of the venues: printed times are its wall clock
    origin: str = "page"  # "page", "card" or "calendar"
    layout: str | None = None
    capture: Capture | None = None
    source_id: str | None = None
    title: str | None = None
    subtitle: str | None = None
    series: list[str] = field(default_factory=list)
    passed: bool = False  # the page says that the event is over
    premiere: str | None = None
    awards: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)  # Q&A lines of the description
    summary: str | None = None
    synopsis: list[str] = field(default_factory=list)  # paragraphs
    quotes: list[ScrapedQuote] = field(default_factory=list)
    year: str | None = None
    runtime: str | None = None
    countries: str | None = None  # values of panel rows keep the page's line breaks
    language: str | None = None
    genres: list[str] = field(default_factory=list)
    rating: str | None = None
    advisories: str | None = None
    directors: list[Labelled] = field(default_factory=list)
    cast: str | None = None
    credits: list[Labelled] = field(default_factory=list)
    people: list[ScrapedPerson] = field(default_factory=list)
    guests: list[ScrapedPerson] = field(default_factory=list)  # of a talk
    screenings: list[ScrapedScreening] = field(default_factory=list)
    shorts: list[ScrapedShort] = field(default_factory=list)
    partners: list[ScrapedPartner] = field(default_factory=list)
    contact: Labelled | None = None
    links: list[Labelled] = field(default_factory=list)
    images: list[ScrapedImage] = field(default_factory=list)
    extra: list[Labelled] = field(default_factory=list)
    labels: dict[str, str] = field(default_factory=dict)  # attribute -> the page's label for it, verbatim
    strategies: dict[str, str] = field(default_factory=dict)  # field -> name of the strategy that answered
