"""Builds the catalogue of a dataset: lists here, pages of events, calendars and feeds in other processes meanwhile."""

import json
import multiprocessing
import os
import signal
from concurrent.futures import ProcessPoolExecutor
from importlib.resources import files
from pathlib import Path
from threading import Thread
from urllib.parse import urlencode

from filmscrape.archive.parallel import start_method
from filmscrape.exports.dataset import Dataset
from filmscrape.exports.whole import renewed
from filmscrape.site import pages, words
from filmscrape.site.catalogue import Catalogue
from filmscrape.site.event_pages import write_event_pages
from filmscrape.site.index import search_index
from filmscrape.site.render import Renderer, Room, visible
from filmscrape.site.subscriptions import Subscriptions, write_subscriptions

MARK = "catalogue.json"
"""The file by which a folder is known to be a catalogue, which a new one may replace."""
ROOMS = {
    "countries": "Countries",
    "languages": "Languages",
    "genres": "Genres",
    "series": "Series",
}
_NAVIGATION = (
    Room("What’s on", "index.html", ("index", "days/", "venues/")),
    Room("Events", "events/index.html", ("event",)),
    Room("People", "people/index.html", ("people/", "person/")),
    *(Room(title, f"{room}/index.html", (f"{room}/",)) for room, title in ROOMS.items()),
    Room("Subscribe", "subscribe.html", ("subscribe",)),
)
_FILTERS = {"countries": "country", "languages": "language", "genres": "genre"}
_ASSETS = ("style.css", "search.js")


def build(dataset: Dataset, folder: Path, processes: int | None = None) -> dict[str, int]:
    """Write the catalogue. The same dataset gives the same bytes; a catalogue that is there is replaced as a whole.

    :param folder: missing, empty, or an earlier catalogue.
    :param processes: how many work beside this one; by default as many as there are processors, two to four.
    :return: how many pages of each kind.
    :raises FolderOfOthers: the folder holds something else.
    :raises FolderInUse: another process builds it.
    """
    with renewed(folder, "catalogue", MARK) as making:
        return _write(dataset, making, processes or min(max(os.cpu_count() or 1, 2), 4))


def _write(dataset: Dataset, folder: Path, processes: int) -> dict[str, int]:
    render = _renderer(dataset, folder)  # asks for the dataset's time, so that the other processes need not find it out
    catalogue = Catalogue(dataset.as_of)
    context = multiprocessing.get_context(start_method())
    with ProcessPoolExecutor(processes, context, _end_with_parent) as others:
        calendars = others.submit(write_subscriptions, dataset, folder)
        parts = [others.submit(_event_pages, dataset, folder, part, processes) for part in range(processes)]
        for event in dataset.events():
            catalogue.add(event)
        _event_lists(catalogue, render)
        _people(catalogue, render)
        for written in parts:
            written.result()
        subscriptions = calendars.result()
    days = _days(catalogue, render, subscriptions)
    for room, title in ROOMS.items():
        _room(catalogue, render, room, title, subscriptions)
    render.page("subscribe", "subscribe.html", title="Subscribe", found=pages.subscriptions(subscriptions))
    for name in _ASSETS:
        render.write(f"assets/{name}", (files("filmscrape.site") / "static" / name).read_text(encoding="utf-8"))
    counts = {"events": len(catalogue.cards), "people": len(catalogue.people), "days": days}
    render.write(MARK, json.dumps({"as_of": dataset.as_of, **counts}, indent=1) + "\n")
    return counts


def _end_with_parent() -> None:
    """See to it that a process ends when Ctrl-C ends the first one, or something kills it: it holds the claim, too."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    Thread(target=_wait_for_parent, daemon=True).start()


def _wait_for_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _renderer(dataset: Dataset, folder: Path) -> Renderer:
    return Renderer(folder, _NAVIGATION, as_of=words.moment(dataset.as_of), sources=dataset.sources)


def _event_pages(dataset: Dataset, folder: Path, part: int, parts: int) -> None:
    write_event_pages(dataset, _renderer(dataset, folder), part, parts)


def _days(catalogue: Catalogue, render: Renderer, subscriptions: Subscriptions) -> int:
    days, venues = catalogue.days(), catalogue.venues()
    render.page("on", "index.html", title="What’s on", days=pages.first_days(days), months=pages.months(days),
                today=words.day(catalogue.as_of), venues=venues, subscriptions=subscriptions.widest())  # fmt: skip
    for number, found in enumerate(days):
        before = days[number - 1] if number else None
        after = days[number + 1] if number + 1 < len(days) else None
        render.page("day", found.page, title=words.day(found.date), day=found, before=before, after=after)
    for place in venues:
        assert place.page is not None
        calendars = subscriptions.calendars("venues", [place.name])
        render.page("venue", place.page, title=place.name, place=place, subscriptions=calendars)
    return len(days)


def _event_lists(catalogue: Catalogue, render: Renderer) -> None:
    letters, years = pages.letters(catalogue.cards), pages.years(catalogue.cards)
    decades = pages.decades(years)
    render.write("assets/search-index.js", search_index(catalogue, pages.by_title(catalogue.cards)))
    render.page("events", "events/index.html", title="Events", letters=letters, decades=decades,
                count=len(catalogue.cards))  # fmt: skip
    for name, near in [("Events by title", letters), *((f"Events of the {name}", near) for name, near in decades)]:
        for shelf in near:
            render.page("shelf", shelf.page, title=f"Events: {shelf.title}", shelf=shelf, others=(name, near),
                        above=("Events", "events/index.html"), query="", subscriptions=())  # fmt: skip


def _room(catalogue: Catalogue, render: Renderer, room: str, title: str, subscriptions: Subscriptions) -> None:
    groups = catalogue.groups[room]
    shelves = pages.groups(groups.values(), languages=room == "languages")
    render.page("room", f"{room}/index.html", title=title, shelves=shelves, room=room)
    keys = {group.page: key for key, group in groups.items()}
    for shelf in shelves:
        key = keys[shelf.page]
        query = urlencode({_FILTERS[room]: visible(key)}) if room in _FILTERS and groups[key].cards else ""
        calendars = subscriptions.calendars(room, groups[key].spellings)
        render.page("shelf", shelf.page, title=shelf.title, shelf=shelf, others=None, query=query,
                    above=(title, f"{room}/index.html"), subscriptions=calendars)  # fmt: skip


def _people(catalogue: Catalogue, render: Renderer) -> None:
    letters = pages.people_by_letter(catalogue.people.values())
    links = [(name, page, len(listed)) for name, page, listed in letters]
    render.page("people", "people/index.html", title="People", letters=links, listed=(), count=len(catalogue.people),
                most=pages.most_named(catalogue.people.values()))  # fmt: skip
    for name, page, listed in letters:
        render.page("people", page, title=f"People: {name}", letters=links, listed=listed, count=len(listed), most=())
    for entry in catalogue.people.values():
        values = pages.person_values(entry)
        render.page("person", entry.page, title=values["name"], **values)
