"""Films, programmes of shorts and people in the terms of schema.org."""

import re
from typing import Any

from filmscrape.exports.names import anchor, slug, told_apart, web_address
from filmscrape.records import CastMember, CrewMember, Event, Person

Node = dict[str, Any]

# The roles that schema.org has a property for. The others are contributors with the page's own label as their role.
_PROPERTIES = {"director": "director", "producer": "producer", "screenwriter": "author",
               "editor": "editor", "composer": "musicBy"}  # fmt: skip
_COMPANY = re.compile(r"production compan(?:y|ies)", re.IGNORECASE)


def iri(event: Event, name: str) -> str:
    """The address of a part of an event's page.

    Where a site uses an address again for another film (``festival:scarface--1983``), the parts are told apart.
    """
    _, _, again = event.id.partition("--")
    return anchor(event.url, f"{name}--{again}" if again else name)


def tidied(node: Node) -> Node:
    """A node without what is not known, at any depth."""
    found = {key: _tidied(value) for key, value in node.items()}
    return {key: value for key, value in found.items() if value is not None and value != []}


def _tidied(value: Any) -> Any:
    if isinstance(value, dict):
        return tidied(value)
    if isinstance(value, list):
        return [_tidied(part) for part in value]
    return value


# ------------------------------------------------------------------ works
def film(event: Event) -> Node:
    """The film of an event's page."""
    return tidied(_work(event, "Movie", "film") | {"duration": _duration(event.runtime_minutes)})


def programme(event: Event) -> Node:
    """A programme of short films: a work whose parts are films."""
    parts = [{"@id": short["@id"]} for short in short_films(event)]
    # A programme has no running time in schema.org: `duration` is of films and recordings, `timeRequired` of any work.
    times = {"timeRequired": _duration(event.runtime_minutes), "hasPart": parts}
    return tidied(_work(event, "CreativeWork", "programme") | times)


def _work(event: Event, kind: str, name: str) -> Node:
    subtitles = [language.code or language.name for language in event.subtitles]
    return {
        "@type": kind,
        "@id": iri(event, name),
        "name": event.title,
        "alternateName": event.alternative_titles,
        "identifier": event.id,
        "url": web_address(event.url),
        # Two years are the span of a production or of a programme: no day on which it was made.
        "dateCreated": str(event.year) if event.year and event.year_end is None else None,
        "countryOfOrigin": [
            {"@type": "Country", "name": country.name, "identifier": country.code} for country in event.countries
        ],
        "inLanguage": [language.code or language.name for language in event.languages],
        "subtitleLanguage": subtitles if kind == "Movie" else [],
        "genre": event.genres,
        "contentRating": event.rating,
        "award": event.awards,
        "abstract": event.summary,
        "description": event.synopsis,
        "image": [
            {"@type": "ImageObject", "contentUrl": address, "caption": image.alt}
            for image in event.images
            if (address := web_address(image.url))
        ],
        "review": [
            {"@type": "Review", "reviewBody": quote.text, "creditText": quote.attribution} for quote in event.quotes
        ],
        "actor": [_actor(event, member) for member in event.cast],
        **_credits(event),
    }


def short_films(event: Event) -> list[Node]:
    """The films inside a programme, or before a film."""
    found: list[Node] = []
    names = told_apart((f"short-{slug(short.title)}" for short in event.shorts), "-")
    for name, short in zip(names, event.shorts, strict=True):
        node = {
            "@type": "Movie",
            "@id": iri(event, name),
            "name": short.title,
            "duration": _duration(short.runtime_minutes),
            # Provinces stand among countries, so these are places.
            "locationCreated": [{"@type": "Place", "name": place} for place in short.places],
            "description": short.synopsis,
            "director": [person(event, director) for director in short.directors],
        }
        found.append(tidied(node))
    return found


def _duration(minutes: int | None) -> str | None:
    return None if minutes is None else f"PT{minutes}M"


# ------------------------------------------------------------------ people
def person(event: Event, name: str, introduced: Person | None = None) -> Node:
    """Somebody whom a page names; on one page a name is one person.

    :param introduced: what the page says of them.
    """
    node: Node = {"@type": "Person", "@id": iri(event, f"person-{slug(name)}"), "name": name}
    if introduced is not None:
        node |= {"description": introduced.bio, "image": web_address(introduced.image_url)}
    return tidied(node)


def _actor(event: Event, member: CastMember) -> Node:
    actor = person(event, member.name)
    if member.character is None:
        return actor
    return {"@type": "PerformanceRole", "actor": actor, "characterName": member.character}


def _credits(event: Event) -> Node:
    found: dict[str, list[Node]] = {}
    for member in event.crew:
        if _COMPANY.search(member.credit):
            company = {"@type": "Organization", "name": member.name}
            found.setdefault("productionCompany", []).append(company)
        elif member.role in _PROPERTIES:
            found.setdefault(_PROPERTIES[member.role], []).append(person(event, member.name))
        else:
            found.setdefault("contributor", []).append(_contributor(event, member))
    return found


def _contributor(event: Event, member: CrewMember) -> Node:
    return {"@type": "Role", "contributor": person(event, member.name), "roleName": member.credit}
