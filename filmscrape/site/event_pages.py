"""Writes the pages of events: each needs its record and its history alone, so that several processes share the work."""

from collections import defaultdict
from itertools import islice
from typing import Any

from filmscrape.exports.dataset import Dataset
from filmscrape.exports.jsonld import event_jsonld, script_json
from filmscrape.site import pages
from filmscrape.site.captures import Captured, read_captures
from filmscrape.site.catalogue import Clock, card_of
from filmscrape.site.render import Renderer, as_markup


def write_event_pages(dataset: Dataset, render: Renderer, part: int, parts: int) -> None:
    """Write one part of the pages.

    :param part: from 0; event number ``n`` is of the part ``n`` modulo ``parts``.
    :raises DatasetUnreadable: a line is no record.
    :raises LedgerUnusable: a ledger cannot be read.
    """
    history: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for change in dataset.changes():
        history[change["id"]].append(change)
    captures = read_captures(dataset.paths)
    clock = Clock(dataset.as_of)
    for event in islice(dataset.events(), part, None, parts):
        card = card_of(event)
        known = captures.get(event.id, Captured())
        values = pages.event_values(event, card, clock, history.get(event.id, ()), known, texts=dataset.texts)
        jsonld = as_markup(script_json(event_jsonld(event)))
        render.page("event", card.page, title=event.title, jsonld=jsonld, **values)
