"""The search index: a script that sets one constant, for a page from a folder may load scripts and nothing else."""

from collections.abc import Iterable
from typing import Any

from filmscrape.exports.jsonld import script_json
from filmscrape.site.addresses import filed
from filmscrape.site.catalogue import Card, Catalogue
from filmscrape.site.render import visible
from filmscrape.site.words import KINDS

_KINDS = tuple(KINDS)
_FILTERS = ("countries", "languages", "genres")


def search_index(catalogue: Catalogue, cards: Iterable[Card]) -> str:
    """Make the script; names that many events share stand in it once, events hold their numbers.

    :param cards: in the order in which they are shown.
    """
    numbers: dict[str, dict[str, int]] = {}
    index: dict[str, Any] = {"kinds": [[kind, KINDS[kind]] for kind in _KINDS]}
    for room in _FILTERS:
        named = [(key, group.name) for key, group in catalogue.groups[room].items() if group.cards]
        named.sort(key=lambda one: (filed(one[1]), one[0]))
        numbers[room] = {key: number for number, (key, _) in enumerate(named)}
        index[room] = [[visible(key), visible(name)] for key, name in named]
    people: dict[str, int] = {}
    index["events"] = [_row(card, numbers, people) for card in cards]
    index["people"] = [visible(name) for name in people]
    return f'"use strict";\nconst CATALOGUE = {script_json(index)};\n'


def _row(card: Card, numbers: dict[str, dict[str, int]], people: dict[str, int]) -> list[Any]:
    """Page, title, line of facts, other titles, first and last year, kind, filters, people."""
    return [
        card.page.removeprefix("event/").removesuffix(".html"),
        visible(card.title),
        visible(card.facts),
        [visible(title) for title in card.others],
        card.year or 0,
        card.year_end or card.year or 0,
        _KINDS.index(card.kind),
        *([numbers[room][key] for key in card.keys.get(room, ())] for room in _FILTERS),
        [people.setdefault(name, len(people)) for name in card.names],
    ]
