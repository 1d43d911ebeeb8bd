"""What is published: one :class:`Event` is one line of ``events.jsonl``.

This module is the only definition of the output. ``docs/event.schema.json`` and
``docs/data-format.md`` are generated from it. Every key is always present; what the page does not
say is ``null`` or an empty list, never ``""`` and never a guess.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

SCHEMA_VERSION: Literal["1.0"] = "1.0"

# What no text and no address may hold: controls (a paragraph break is the one exception), bidi overrides and isolates.
_UNWANTED = "\\x00-\\x09\\x0b-\\x1f\\x7f-\\x9f\\u202a-\\u202e\\u2066-\\u2069"
_MARKUP = re.compile(r"</?(?:a|b|br|div|em|h[1-6]|i|img|li|p|script|span|strong|style|td|ul)\b[^<>]*>", re.IGNORECASE)


def _sound(text: str) -> str:
    """Refuse what a pattern cannot: text that is not NFC, and markup. A guard: pages hand over clean text."""
    if not text.isascii() and not unicodedata.is_normalized("NFC", text):
        raise ValueError("text is not Unicode NFC")
    if "<" in text and _MARKUP.search(text):
        raise ValueError("markup in text")
    return text


def _instant(text: str) -> str:
    """ISO 8601 with an offset, and a date that exists."""
    if datetime.fromisoformat(text).tzinfo is None:
        raise ValueError("time without a UTC offset")
    return text


@dataclass(frozen=True)
class Surely:
    """A pattern that fits only what keeps every rule of its kind; what it does not fit may keep them all the same.

    No rule: models pass it over. :mod:`filmscrape.plain` asks it first, since most values fit, and a pattern is sooner
    asked than a function.
    """

    pattern: str


# What is no space, no markup, and NFC wherever it stands, since it joins with nothing that goes before: Latin,
# Cyrillic, usual signs, kana, bopomofo, ideographs and Hangul syllables.
_ORDINARY = (
    "!-;=-~\u00a1-\u02ff\u0400-\u0482\u048a-\u052f\u2010-\u2027\u2030-\u205e\u20a0-\u20bf\u2190-\u22ff\u3001-\u3029"
    "\u3041-\u3096\u30a1-\u30fa\u30fc\u3105-\u312f\u4e00-\u9fff\uac00-\ud7a3\uff01-\uff9d"
)
_DAY = (  # of any year, so the 29th of February is not sure
    "([12][0-9]{3})-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))"
)
_TIME = "([01][0-9]|2[0-3]):[0-5][0-9]"

# Paragraphs, joined by a blank line.
Text = Annotated[
    str,
    Field(pattern=rf"^[^\s{_UNWANTED}][^{_UNWANTED}]*$"),
    AfterValidator(_sound),
    Surely(rf"^[{_ORDINARY}][{_ORDINARY} \n]*$"),
]
# One line: words parted by single spaces.
Line = Annotated[
    str,
    Field(pattern=rf"^[^\s{_UNWANTED}]+( [^\s{_UNWANTED}]+)*$"),
    AfterValidator(_sound),
    Surely(rf"^[{_ORDINARY}]+( [{_ORDINARY}]+)*$"),
]
# Addresses stay checked `str`: a pydantic `HttpUrl` in an exported item makes its line vanish.
Url = Annotated[str, Field(pattern=rf"^https?://[^\s/?#{_UNWANTED}]+[^\s{_UNWANTED}]*$")]
# `<source>:<slug>`
EventId = Annotated[str, Field(pattern=rf"^[a-z0-9_]+:[^\s:{_UNWANTED}]+$")]
Instant = Annotated[
    str,
    AfterValidator(_instant),
    Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$"),
    Surely(rf"^{_DAY}T{_TIME}:[0-5][0-9](Z|[+-]{_TIME})$"),
]
UtcInstant = Annotated[
    str,
    AfterValidator(_instant),
    Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"),
    Surely(rf"^{_DAY}T{_TIME}:[0-5][0-9]Z$"),
]
Year = Annotated[int, Field(ge=1880, le=2100)]
Minutes = Annotated[int, Field(ge=1, le=6000)]

Kind = Literal["film", "shorts", "talk", "performance", "other"]
Status = Literal["upcoming", "past", "cancelled", "unknown"]
Availability = Literal["available", "sold_out", "standby", "cancelled", "past", "unknown"]
Role = Literal[
    "director",
    "producer",
    "executive_producer",
    "screenwriter",
    "cinematographer",
    "editor",
    "production_designer",
    "art_director",
    "costume_designer",
    "composer",
    "sound",
    "animator",
    "narrator",
    "speaker",
    "other",
]


class Part(BaseModel):
    """Base of every record: unknown keys are refused, so that a typing error cannot pass as a field."""

    # Built when the first record is: some commands load this module and make no record.
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    @staticmethod
    def hold_together(fields: Mapping[str, Any]) -> None:
        """Check the rules that span fields; most parts have none.

        :raises ValueError: says which rule is broken.
        """

    def as_line(self) -> bytes:
        """The record as one line of JSON, UTF-8, newline included."""
        return self.__pydantic_serializer__.to_json(self) + b"\n"  # `model_dump_json` would make a `str` of it first


class Quote(Part):
    """A press quote."""

    text: Text = Field(description="what was written")
    attribution: Line | None = Field(description="who wrote it, and where")


class Country(Part):
    """A country of production."""

    name: Line = Field(description="as the page says, spaces tidied")
    code: Annotated[str, Field(pattern="^[A-Z]{2}$")] | None = Field(
        description="ISO 3166-1 alpha-2; null for historical states, nations that have none and uncertain misspellings"
    )


class Language(Part):
    """A language that is spoken, signed, subtitled or captioned."""

    name: Line = Field(description="as the page says")
    code: Annotated[str, Field(pattern="^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")] | None = Field(
        description="BCP 47, the shortest tag; null where unknown"
    )


class CastMember(Part):
    """An actor."""

    name: Line = Field(description="the actor")
    character: Line | None = Field(description="the part played")


class CrewMember(Part):
    """One person and one credit."""

    name: Line = Field(description="the person")
    role: Role = Field(description="the kind of work; `other` for a label outside the list")
    credit: Line = Field(description="the page's label, verbatim")


class FilmographyEntry(Part):
    """An earlier film of a person."""

    title: Line = Field(description="the film")
    year: Year | None = Field(description="its year")


class Person(Part):
    """Somebody whom the page introduces: the director, a guest."""

    name: Line = Field(description="the person")
    role: Role = Field(description="why the page introduces them")
    bio: Text | None = Field(description="paragraphs joined by a blank line, without the filmography sentence")
    filmography: list[FilmographyEntry] = Field(description="the films that the filmography sentence names")
    image_url: Url | None = Field(description="portrait")


class Screening(Part):
    """One showing."""

    id: Line | None = Field(description="the site's own number")
    starts_at: Instant = Field(description="ISO 8601 with the UTC offset of that day")
    ends_at: Instant | None = Field(description="only where published")
    timezone: Line = Field(description="IANA zone of the venue")
    venue: Line | None = Field(description="as the page says")
    booking_url: Url | None = Field(description="where tickets are sold")
    availability: Availability = Field(description="what the page says about tickets")
    notes: list[Line] = Field(description="access tags and the like")


class Short(Part):
    """A film inside a programme."""

    title: Line = Field(description="the film")
    directors: list[Line] = Field(description="its directors")
    places: list[Line] = Field(description="countries or Canadian provinces, as printed")
    runtime_minutes: Minutes | None = Field(description="its running time in minutes")
    synopsis: Text | None = Field(description="its blurb")


class Partner(Part):
    """A sponsor."""

    name: Line | None = Field(description="the logo's text")
    credit: Line = Field(description="the caption: `Community Partner`")


class Link(Part):
    """A link that the page gives for this event."""

    label: Line = Field(description="the link's text")
    url: Url = Field(description="the link's address")


class Image(Part):
    """An image of this event."""

    url: Url = Field(description="where it is")
    alt: Line | None = Field(description="its alternative text")


class Extra(Part):
    """A labelled fact that the extractor does not know or could not read."""

    label: Line = Field(description="the page's label")
    value: Text = Field(description="the value, verbatim")


class Provenance(Part):
    """Where the record comes from."""

    run_id: Line = Field(description="the run that read the page")
    fetched_at: UtcInstant = Field(description="when the page was captured, UTC")
    http_status: int = Field(ge=100, le=599, description="status of the answer")
    content_sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] = Field(description="SHA-256 of the decoded body")
    warc_record_id: Line | None = Field(description="the WARC record; null where no WARC is written")
    extractor: Line = Field(description="version of the software that read the page")
    layout: Line | None = Field(description="which known page layout matched")
    fields: dict[str, str] = Field(description="field → name of the strategy that found it")


class Event(Part):
    """One page of a festival or cinema: the film (or films) shown, who made it, and when it screens."""

    schema_version: Literal["1.0"] = Field(description="version of this contract")
    id: EventId = Field(description="`<source>:<slug>`, e.g. `viff:here`; the same page keeps it for ever")
    source: Annotated[str, Field(pattern="^[a-z0-9_]+$")] = Field(description="the spider's name")
    source_id: Line | None = Field(description="the site's own number for the event, where a page shows it")
    url: Url = Field(description="canonical URL of the page on the public site, wherever it was read from")
    kind: Kind = Field(description="what is shown; `shorts` is a programme of short films")
    status: Status = Field(description="what the page says about the event as a whole")
    title: Line = Field(description="the heading without the site's name and without presentation notes")
    alternative_titles: list[Line] = Field(description="other titles that the page gives for the same film")
    notes: list[Line] = Field(description="presentation notes, verbatim, brackets off, and the page's Q&A lines")
    series: list[Line] = Field(description="programme, section or series that the page names")
    premiere: Line | None = Field(description="`North American Premiere`, verbatim")
    awards: list[Line] = Field(description="award lines, verbatim")
    summary: Text | None = Field(description="the one-paragraph blurb")
    synopsis: Text | None = Field(description="the body text, paragraphs joined by a blank line")
    quotes: list[Quote] = Field(description="press quotes")
    year: Year | None = Field(description="production year, the first of a range")
    year_end: Year | None = Field(description="the last year of a range")
    runtime_minutes: Minutes | None = Field(description="this event's running time in minutes")
    countries: list[Country] = Field(description="countries of production in page order")
    languages: list[Language] = Field(description="spoken or signed languages in page order")
    subtitles: list[Language] = Field(description="subtitle and caption languages")
    language_note: Line | None = Field(description="the language line verbatim")
    no_dialogue: bool = Field(description="the page says that there is none")
    genres: list[Line] = Field(description="in page order; a term is never split")
    rating: Line | None = Field(description="age rating, verbatim: `19+`, `Open to youth!`")
    advisories: list[Line] = Field(description="content advisories, one per item")
    cast: list[CastMember] = Field(description="actors in billing order")
    crew: list[CrewMember] = Field(description="one entry per person and credit, page order, directors first")
    people: list[Person] = Field(description="the people whom the page introduces")
    screenings: list[Screening] = Field(description="sorted by start")
    shorts: list[Short] = Field(description="the films inside a programme, in order")
    partners: list[Partner] = Field(description="sponsors")
    contact: Line | None = Field(description="film contact: text, else the link's address")
    links: list[Link] = Field(description="the page's own links for this event")
    images: list[Image] = Field(description="this event's own images, the main one first")
    extra: list[Extra] = Field(description="labelled facts that the extractor does not know, verbatim")
    first_seen: UtcInstant = Field(description="over all runs")
    last_seen: UtcInstant = Field(description="over all runs")
    provenance: Provenance = Field(description="where the record comes from")

    @staticmethod
    def hold_together(fields: Mapping[str, Any]) -> None:
        """Check the id's prefix and the order of years."""
        if not fields["id"].startswith(fields["source"] + ":"):
            raise ValueError("id does not begin with the source's name")
        first, last = fields["year"], fields["year_end"]
        if last is not None and (first is None or last < first):
            raise ValueError("year_end without an earlier year")

    @model_validator(mode="after")
    def _holds_together(self) -> "Event":
        self.hold_together(vars(self))
        return self
