"""JSON-LD of a page, as far as it describes a film."""

import json
from typing import Any

from lxml import etree

from filmscrape.pages.outline import folded
from filmscrape.values.text import plain, tidy


class Movie:
    """A schema.org ``Movie``; anything may be missing or of another type than it should be."""

    def __init__(self, thing: dict[str, Any]) -> None:
        self.thing = thing

    @property
    def directors(self) -> str | None:
        """The names of the directors, commas between."""
        people = self.thing.get("director")
        named = [p.get("name") for p in (people if isinstance(people, list) else [people]) if isinstance(p, dict)]
        return ", ".join(filter(None, (plain(name) for name in named if isinstance(name, str)))) or None

    @property
    def duration(self) -> str | None:
        """The running time as printed (``PT136M``)."""
        duration = self.thing.get("duration")
        return tidy(duration) or None if isinstance(duration, str) else None


def movie(root: etree._Element, title: str) -> Movie:
    """The ``Movie`` of this title in the page's scripts, else an empty one."""
    for script in root.iter("script"):
        text = script.text
        if script.get("type") != "application/ld+json" or not text or '"Movie"' not in text:
            continue
        for thing in _things(text):
            name = thing.get("name")
            if thing.get("@type") == "Movie" and isinstance(name, str) and folded(plain(name)) == folded(title):
                return Movie(thing)
    return Movie({})


def _things(text: str) -> list[dict[str, Any]]:
    """The objects of a script, those of its ``@graph`` included; broken JSON holds none."""
    try:
        data = json.loads(text)
    except ValueError:
        return []
    found = data if isinstance(data, list) else [data]
    graphs = [top["@graph"] for top in found if isinstance(top, dict) and isinstance(top.get("@graph"), list)]
    return [thing for thing in (*found, *(t for graph in graphs for t in graph)) if isinstance(thing, dict)]
