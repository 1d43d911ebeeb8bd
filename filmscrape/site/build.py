"""Builds the catalogue of a dataset: event pages while the records are read, lists when all of them are known."""

import json
from collections import defaultdict
from importlib.resources import files
from pathlib import Path
from typing import Any

from filmscrape.exports.dataset import Dataset
from filmscrape.exports.jsonld import event_jsonld, script_json
from filmscrape.exports.whole import renewed
from filmscrape.site import pages, words
from filmscrape.site.catalogue import Catalogue
from filmscrape.site.index import search_index
from filmscrape.site.render import Renderer, as_markup
from filmscrape.site.subscriptions import write_subscriptions

MARK = "catalogue.json"
"""The file by which a folder is known to be a catalogue, which a new one may replace."""
ROOMS = {
    "countries": "Countries",
    "languages": "Languages",
    "genres": "Genres",
    "series": "Series",
}
_ASSETS = ("style.css", "search.js")


def build(dataset: Dataset, folder: Path) -> dict[str, int]:
    """Write the catalogue. The same dataset gives the same bytes; a catalogue that is there is replaced as a whole.

    :param folder: missing, empty, or an earlier catalogue.
    :return: how many pages of each kind.
    :raises FolderInUse: the folder holds something else.
    """
    with renewed(folder, "catalogue", MARK) as making:
        return _write(dataset, making)


def _write(dataset: Dataset, folder: Path) -> dict[str, int]:
    render = Renderer(folder, as_of=words.moment(dataset.as_of), sources=dataset.sources, navigation=_navigation())
    catalogue = Catalogue(dataset.as_of)
    _events(dataset, catalogue, render)
    days = _days(catalogue, render, dataset.as_of)
    _event_lists(catalogue, render)
    for room, title in ROOMS.items():
        _room(catalogue, render, room, title)
    _people(catalogue, render)
    render.page("subscribe", "subscribe.html", title="Subscribe", found=write_subscriptions(dataset, folder))
    for name in _ASSETS:
        render.write(f"assets/{name}", (files("filmscrape.site") / "static" / name).read_text(encoding="utf-8"))
    counts = {"events": len(catalogue.cards), "people": len(catalogue.people), "days": days}
    render.write(MARK, json.dumps({"as_of": dataset.as_of, **counts}, indent=1) + "\n")
    return counts


def _navigation() -> list[tuple[str, str, str]]:
    """Name, address, and what the addresses of its pages begin with."""
    return [
        ("What’s on", "index.html", "days/"),
        ("Events", "events/index.html", "event"),
        ("People", "people/index.html", "pe"),
        *((title, f"{room}/index.html", f"{room}/") for room, title in ROOMS.items()),
        ("Subscribe", "subscribe.html", "subscribe"),
    ]


def _events(dataset: Dataset, catalogue: Catalogue, render: Renderer) -> None:
    history: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for change in dataset.changes():
        history[change["id"]].append(change)
    for event in dataset.events():
        card = catalogue.add(event)
        values = pages.event_values(event, card, catalogue, history.pop(event.id, ()), texts=dataset.texts)
        jsonld = as_markup(script_json(event_jsonld(event)))
        render.page("event", card.page, title=event.title, jsonld=jsonld, **values)


def _days(catalogue: Catalogue, render: Renderer, as_of: str) -> int:
    days = catalogue.days()
    months = pages.months(days)
    day = words.day(as_of)
    render.page("on", "index.html", title="What’s on", days=pages.first_days(days), months=months, today=day)
    for number, found in enumerate(days):
        before = days[number - 1] if number else None
        after = days[number + 1] if number + 1 < len(days) else None
        render.page("day", found.page, title=words.day(found.date), day=found, before=before, after=after)
    return len(days)


def _event_lists(catalogue: Catalogue, render: Renderer) -> None:
    letters, years = pages.letters(catalogue.cards), pages.years(catalogue.cards)
    render.write("assets/search-index.js", search_index(catalogue, pages.by_title(catalogue.cards)))
    render.page("events", "events/index.html", title="Events", letters=letters, years=years,
                count=len(catalogue.cards))  # fmt: skip
    for shelves, above in ((letters, "Events by title"), (years, "Events by year")):
        for shelf in shelves:
            render.page("shelf", shelf.page, title=f"{above}: {shelf.title}", shelf=shelf, others=shelves, above=None)


def _room(catalogue: Catalogue, render: Renderer, room: str, title: str) -> None:
    shelves = pages.groups(catalogue.groups[room].values(), languages=room == "languages")
    render.page("room", f"{room}/index.html", title=title, shelves=shelves, room=room)
    above = (title, f"{room}/index.html")
    for shelf in shelves:
        render.page("shelf", shelf.page, title=shelf.title, shelf=shelf, others=(), above=above)


def _people(catalogue: Catalogue, render: Renderer) -> None:
    letters = pages.people_by_letter(catalogue.people.values())
    links = [(name, page, len(listed)) for name, page, listed in letters]
    render.page("people", "people/index.html", title="People", letters=links, listed=(), count=len(catalogue.people))
    for name, page, listed in letters:
        render.page("people", page, title=f"People: {name}", letters=links, listed=listed, count=len(listed))
    for entry in catalogue.people.values():
        values = pages.person_values(entry)
        render.page("person", entry.page, title=values["name"], **values)
