"""Calendars and feeds that stand beside the pages, made by the exports."""

import re
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from filmscrape.exports.atom import FEEDS
from filmscrape.exports.dataset import Dataset
from filmscrape.exports.formats import FORMATS
from filmscrape.exports.names import slug

_KINDS = {"ical": "calendars", "atom": "feeds"}
_WIDEST = ("calendars/all.ics", "feeds/all.atom")
_CALENDAR_NAME = b"X-WR-CALNAME:"
_HEAD = 20  # lines in which a calendar says its name


class Subscription(NamedTuple):
    """A file to subscribe to.

    :ivar page: where it is, from the root.
    """

    name: str
    page: str

    @property
    def room(self) -> str:
        """What it is of, where it is not of everything: ``venues``."""
        return "/".join(self.page.split("/")[1:-1])


class Subscriptions(NamedTuple):
    """All there is to subscribe to, by ``calendars`` and ``feeds``: the widest first, then by name."""

    listed: dict[str, list[Subscription]]

    def calendars(self, room: str, names: Iterable[str]) -> list[Subscription]:
        """The calendars of a venue or a series, by the spellings of its name."""
        wanted = {f"calendars/{room}/{slug(name)}.ics" for name in names}
        return [one for one in self.listed["calendars"] if one.page in wanted]

    def widest(self) -> list[Subscription]:
        """The calendar of everything and the feed of everything."""
        return [one for listed in self.listed.values() for one in listed if one.page in _WIDEST]


def write_subscriptions(dataset: Dataset, folder: Path) -> Subscriptions:
    """Write calendars and feeds into ``calendars/`` and ``feeds/``, and list them."""
    found: dict[str, list[Subscription]] = {}
    for kind, room in _KINDS.items():
        (folder / room).mkdir()
        paths = FORMATS[kind].write(dataset, folder / room)
        listed = [Subscription(_name(path), path.relative_to(folder).as_posix()) for path in paths]
        listed.sort(key=lambda one: (one.page.count("/"), one.page.rpartition("/")[0], one.name.casefold(), one.page))
        found[room] = listed
    return Subscriptions(found)


def _name(path: Path) -> str:
    """What a calendar or a feed calls itself."""
    if path.suffix == ".ics":
        with path.open("rb") as lines:
            head = b"".join(islice(lines, _HEAD)).replace(b"\r\n ", b"")
        found = next((line for line in head.split(b"\r\n") if line.startswith(_CALENDAR_NAME)), b"")
        return re.sub(r"\\(.)", r"\1", found.removeprefix(_CALENDAR_NAME).decode()) or path.stem
    return FEEDS.get(path.stem, path.stem)
