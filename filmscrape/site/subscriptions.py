"""Calendars and feeds that stand beside the pages, made by the exports."""

import re
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from filmscrape.exports.atom import FEEDS
from filmscrape.exports.dataset import Dataset
from filmscrape.exports.formats import FORMATS

_KINDS = {"ical": "calendars", "atom": "feeds"}
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


def write_subscriptions(dataset: Dataset, folder: Path) -> dict[str, list[Subscription]]:
    """Write calendars and feeds into ``calendars/`` and ``feeds/``, and list them: the widest first, then by name."""
    found: dict[str, list[Subscription]] = {}
    for kind, room in _KINDS.items():
        (folder / room).mkdir()
        paths = FORMATS[kind].write(dataset, folder / room)
        listed = [Subscription(_name(path), path.relative_to(folder).as_posix()) for path in paths]
        listed.sort(key=lambda one: (one.page.count("/"), one.page.rpartition("/")[0], one.name.casefold(), one.page))
        found[room] = listed
    return found


def _name(path: Path) -> str:
    """What a calendar or a feed calls itself."""
    if path.suffix == ".ics":
        with path.open("rb") as lines:
            head = b"".join(islice(lines, _HEAD)).replace(b"\r\n ", b"")
        found = next((line for line in head.split(b"\r\n") if line.startswith(_CALENDAR_NAME)), b"")
        return re.sub(r"\\(.)", r"\1", found.removeprefix(_CALENDAR_NAME).decode()) or path.stem
    return FEEDS.get(path.stem, path.stem)
