"""Feeds (Atom, RFC 4287): what is new, what changed, what is cancelled, and all of it.

An entry is what one run found to have changed of one event; its id is made of that, so a feed reader shows it once.
What is merely not listed any more is no news here: a site lists what is still to come.
"""

from collections.abc import Iterable, Iterator
from heapq import nlargest
from itertools import groupby
from json import dumps
from pathlib import Path
from typing import Any, NamedTuple, cast
from urllib.parse import quote

from lxml import etree

from filmscrape.exports.dataset import Dataset
from filmscrape.exports.drafts import Drafts
from filmscrape.exports.names import clean, digest, web_address
from filmscrape.exports.news import facts_of, in_words, is_cancellation
from filmscrape.records import Event

# Who names the entries, and since when (RFC 4151). Nobody can own such a name (RFC 2606), so no other names the same.
_AUTHORITY = "tag:filmscrape.invalid,2026:"
_NAMESPACE = "http://www.w3.org/2005/Atom"
_PREFIXES = cast("dict[str, str]", {None: _NAMESPACE})  # none at all; the stubs want a name for it
_LONGEST = 500  # entries: the whole programme of a festival may be new in one night; some 300 KB
FEEDS = {
    "new": "New events",
    "changed": "Changed events",
    "cancelled": "Cancelled events and screenings",
    "all": "New, changed and cancelled events",
}


class Entry(NamedTuple):
    """One event's news; newer ones are greater.

    :ivar updated: of the capture that said so, UTC.
    :ivar feed: ``new``, ``changed`` or ``cancelled``; what is cancelled also changed.
    :ivar changes: as the ledger logged them; none for a new event.
    """

    updated: str
    event: str
    key: str
    feed: str
    changes: tuple[dict[str, Any], ...] = ()

    @property
    def id(self) -> str:
        """The same for ever: a ``tag:`` address of the event and what happened to it."""
        return f"{_AUTHORITY}{quote(self.event, safe=':')}/{self.key}"


def write(dataset: Dataset, folder: Path) -> list[Path]:
    """Write ``new.atom``, ``changed.atom``, ``cancelled.atom`` and ``all.atom``, the newest entries first.

    New events are dated by the ledger, else by when they were seen first; without a ledger the others are empty. The
    same dataset and ledger give the same bytes, and an unchanged site changes none.

    :return: the files.
    """
    known = {event.id: event.first_seen for event in dataset.events()}
    entries = {name: _newest(dataset, known, name) for name in FEEDS}
    wanted = {entry.event for chosen in entries.values() for entry in chosen}
    events = {event.id: event for event in dataset.events() if event.id in wanted}
    # An empty feed must say when it changed, too: when the dataset grew last, which an unchanged site does not move.
    grown = max(known.values(), default=dataset.as_of)
    with Drafts(folder) as drafts:
        for name, chosen in entries.items():
            drafts.add(f"{name}.atom", _feed(dataset, name, [(entry, events[entry.event]) for entry in chosen], grown))
    return drafts.written


# ------------------------------------------------------------------ what is new
def _newest(dataset: Dataset, known: dict[str, str], feed: str) -> list[Entry]:
    """A feed's entries, the newest first."""
    return nlargest(
        _LONGEST,
        (
            entry
            for entry in _entries(dataset, known)
            if feed in ("all", entry.feed) or (feed, entry.feed) == ("changed", "cancelled")
        ),
        key=lambda entry: entry[:3],
    )


def _entries(dataset: Dataset, known: dict[str, str]) -> Iterator[Entry]:
    """All news of the events that are in the dataset: what was taken out of it is not told of."""
    added: dict[str, str] = {}
    for (_, event), rows in groupby(dataset.changes(), key=lambda row: (row["run"], row["id"])):
        if event not in known:
            continue
        changes = []
        for row in rows:
            if row["kind"] == "added":
                added[event] = row["captured_at"] or known[event]
            elif row["kind"] not in ("not_listed", "returned"):
                changes.append(row)
        if changes:
            updated = max(row["captured_at"] or known[event] for row in changes)
            feed = "cancelled" if any(map(is_cancellation, changes)) else "changed"
            key = digest(dumps(changes, sort_keys=True))
            yield Entry(updated, event, f"{updated}/{key}", feed, tuple(changes))
    for event, first_seen in known.items():
        yield Entry(added.get(event, first_seen), event, "new", "new")


# ------------------------------------------------------------------ Atom
def _feed(dataset: Dataset, name: str, entries: Iterable[tuple[Entry, Event]], otherwise: str) -> bytes:
    """A whole feed.

    :param otherwise: when it changed, for a feed that has no entry.
    """
    entries = list(entries)
    feed = etree.Element(f"{{{_NAMESPACE}}}feed", nsmap=_PREFIXES)
    feed.set("{http://www.w3.org/XML/1998/namespace}lang", "en")
    sources = ", ".join(dataset.sources)
    _add(feed, "id", f"{_AUTHORITY}feed/{quote('+'.join(dataset.sources))}/{name}")
    _add(feed, "title", FEEDS[name] + (f": {sources}" if sources else ""))
    _add(feed, "updated", max((entry.updated for entry, _ in entries), default=otherwise))
    _add(_add(feed, "author"), "name", "filmscrape")
    _add(feed, "generator", "filmscrape")
    for entry, event in entries:
        _add_entry(feed, entry, event, texts=dataset.texts)
    etree.indent(feed)
    return etree.tostring(feed, xml_declaration=True, encoding="UTF-8") + b"\n"


def _add_entry(feed: etree._Element, entry: Entry, event: Event, *, texts: bool) -> None:
    node = _add(feed, "entry")
    _add(node, "id", entry.id)
    _add(node, "title", f"{entry.feed.capitalize()}: {event.title}")
    _add(node, "updated", entry.updated)
    if entry.feed == "new":
        _add(node, "published", entry.updated)
    if address := web_address(event.url):
        _add(node, "link", rel="alternate", type="text/html", href=address)
    _add(node, "category", term=event.kind)
    lines = in_words(entry.changes, texts=texts) if entry.changes else facts_of(event)
    _add(node, "content", "\n".join(lines) or event.title, type="text")


def _add(parent: etree._Element, name: str, text: str | None = None, **attributes: str) -> etree._Element:
    """Add an element; what XML cannot hold and what disguises text is left out, the rest is escaped by the library."""
    node = etree.SubElement(parent, f"{{{_NAMESPACE}}}{name}")
    node.text = None if text is None else clean(text)
    for key, value in attributes.items():
        node.set(key, value)
    return node
