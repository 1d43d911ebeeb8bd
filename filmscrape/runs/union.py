"""The published dataset together with a later reading of what was captured: facts count by their capture's date.

A capture of 2022 that is read today never overwrites what was seen in 2025: it fills what is missing. Where the same
captures are read again, what was read now takes the place of what was published: better eyes may also see less.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from filmscrape.records import Event
from filmscrape.runs.dataset import in_order
from filmscrape.runs.films import forked_id
from filmscrape.runs.merge import merge_pages, same_film

_ID = re.compile(rb'"id":\s*"([^"\\]+)"')
_FORK = re.compile(r"(.+)--\d{4}\Z")


class Joined(NamedTuple):
    """One event of the dataset as it is to be.

    :ivar published: its line in the dataset as it is; ``None`` for a new event.
    :ivar line: its line in the dataset as it is to be.
    :ivar was_read: whether the reading says anything of it.
    :ivar is_sound: whether the published line keeps the contract; one that does not gives way to what was read.
    """

    id: str
    published: bytes | None
    line: bytes
    was_read: bool = True
    is_sound: bool = True


class Lines:
    """The events of a file by id; memory holds where their lines begin.

    :param path: the file; one that is missing has no events.
    :raises OSError: where it cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb") if path.exists() else None
        self._offsets: dict[str, int] = {}
        offset = 0
        for line in self._file or ():
            if (found := _ID.search(line)) and line.endswith(b"\n"):
                self._offsets.setdefault(found[1].decode("utf-8", "replace"), offset)
            offset += len(line)

    def __contains__(self, event_id: str) -> bool:
        return event_id in self._offsets

    def __iter__(self) -> Iterator[str]:
        return iter(self._offsets)

    def line(self, event_id: str) -> bytes:
        """Read an event's line."""
        assert self._file is not None
        self._file.seek(self._offsets[event_id])
        return self._file.readline()

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()


def join(dataset: Path, reading: Path) -> Iterator[Joined]:
    """Join a reading to the dataset, by id in order; the events of one address are in memory at a time.

    :param dataset: the published file; it may be missing.
    :param reading: ``events.jsonl`` of the reading.
    :raises OSError: where a file cannot be read.
    """
    published, read = Lines(dataset), Lines(reading)
    try:
        for _, event in in_order(_groups(published, read)):
            yield event
    finally:
        published.close()
        read.close()


def _groups(published: Lines, read: Lines) -> Iterator[list[tuple[str, Joined]]]:
    names = {*published, *read}
    forks: dict[str, list[str]] = {}
    for name in sorted(names):
        if (found := _FORK.match(name)) and found[1] in names:
            forks.setdefault(found[1], []).append(name)
    for base in sorted(names.difference(*forks.values())):
        films = [base, *forks.get(base, ())]
        old = {name: published.line(name) for name in films if name in published}
        new = [read.line(name) for name in films if name in read]
        yield sorted(_join(base, old, new).items())


def _join(base: str, old: dict[str, bytes], new: list[bytes]) -> dict[str, Joined]:
    """Join the films of one address: each to the published one that it is, the others as events of their own."""
    if not old and len(new) == 1:
        return {base: Joined(base, None, new[0])}
    if list(old.values()) == new:
        return {name: Joined(name, line, line) for name, line in old.items()}
    joined = {name: Joined(name, line, line, was_read=False) for name, line in old.items()}
    known = {name: _event(line) for name, line in old.items()}
    waiting = dict(known)
    for event in map(Event.model_validate_json, new):
        order = sorted(waiting, key=lambda name: name != event.id)
        at = next((name for name in order if (film := waiting[name]) and same_film(film, event)), None)
        if at is not None and (film := waiting.pop(at)):
            joined[at] = Joined(at, old[at], _line(reread(film, event.model_copy(update={"id": at}))))
        elif event.id in waiting and waiting[event.id] is None:
            del waiting[event.id]
            joined[event.id] = Joined(event.id, old[event.id], _line(event), is_sound=False)
        else:
            own = event if event.id not in joined else event.model_copy(update={"id": base})
            own = own if own.id not in joined else own.model_copy(update={"id": forked_id(own)})
            joined[own.id] = Joined(own.id, old.get(own.id), _line(own))
    return joined


def reread(published: Event, event: Event) -> Event:
    """Join what was read to what is published of the same film.

    Where it was read from the same newest capture, and from all the time that the published record spans, it takes
    its place. Else the newer capture wins, and the older fills what it lacks.
    """
    here, there = event.provenance, published.provenance
    same = (here.fetched_at, here.content_sha256) == (there.fetched_at, there.content_sha256)
    if same and event.first_seen <= published.first_seen and event.last_seen >= published.last_seen:
        return event
    if here.fetched_at >= there.fetched_at:
        return merge_pages(event, published).event
    return merge_pages(published, event).event


def _event(line: bytes) -> Event | None:
    try:
        return Event.model_validate_json(line)
    except ValidationError:
        return None


def _line(event: Event) -> bytes:
    return event.model_dump_json().encode() + b"\n"
