"""What a second reading changes in the published dataset, field by field."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from textwrap import shorten
from typing import IO, Any, Literal, NamedTuple

Kind = Literal["gained", "changed", "lost"]

KINDS: tuple[Kind, ...] = ("gained", "changed", "lost")
# What differs between two readings by nature: when and by whom, not what the page says.
_OF_THE_READING = frozenset({"first_seen", "last_seen", "provenance"})
_LONGEST_VALUE = 90  # characters of a value on a line for people


class Change(NamedTuple):
    """One field of one event that is not what it was.

    :ivar kind: ``gained`` (it was empty), ``lost`` (it is empty now), else ``changed``.
    """

    id: str
    field: str
    kind: Kind
    old: Any
    new: Any


def changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    """Compare two records of one event; times and provenance play no part."""
    for field, value in new.items():
        before = old.get(field)
        if field in _OF_THE_READING or before == value:
            continue
        kind: Kind = "gained" if _is_empty(before) else "lost" if _is_empty(value) else "changed"
        yield Change(str(new["id"]), field, kind, before, value)


def _is_empty(value: object) -> bool:
    return value is None or value is False or value == []


class Difference:
    """What was compared so far: numbers for all of it, and the first examples of each field and kind of change.

    :param examples: how many examples to keep of each.
    """

    def __init__(self, examples: int) -> None:
        self._most = examples
        self._numbers: Counter[tuple[str, Kind]] = Counter()
        self.examples: list[Change] = []
        self.added: list[str] = []
        self.events = Counter[str]()

    def add_new(self, event_id: str) -> None:
        """Count an event that is not published yet."""
        self.events["added"] += 1
        if len(self.added) < self._most:
            self.added.append(event_id)

    def add_same(self) -> None:
        """Count an event that is published with the same bytes."""
        self.events["unchanged"] += 1

    def add(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        """Compare one event with what is published of it."""
        found = list(changes(old, new))
        self.events["changed" if found else "unchanged"] += 1
        for change in found:
            key = change.field, change.kind
            self._numbers[key] += 1
            if self._numbers[key] <= self._most:
                self.examples.append(change)

    def keep(self, number: int) -> None:
        """Count events that are published and were not read."""
        self.events["not_read"] += number

    def fields(self) -> dict[str, dict[Kind, int]]:
        """Count the changes of each field that changed, in the record's order of fields."""
        from filmscrape.records import Event

        found: dict[str, dict[Kind, int]] = {}
        for field in Event.model_fields:
            numbers: dict[Kind, int] = {kind: self._numbers[field, kind] for kind in KINDS}
            if any(numbers.values()):
                found[field] = numbers
        return found

    def as_json(self) -> dict[str, Any]:
        """Everything, for machines."""
        return {
            "events": {name: self.events[name] for name in ("added", "changed", "unchanged", "not_read")},
            "fields": self.fields(),
            "added": self.added,
            "examples": [change._asdict() for change in self.examples],
        }


def print_difference(found: Mapping[str, Any], file: IO[str]) -> None:
    """Print :meth:`Difference.as_json` for people: the events, a table of the fields, examples."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    console = Console(file=file, highlight=False, soft_wrap=True, markup=False)
    events = found["events"]
    console.print(
        f"against the dataset: {events['added']} added, {events['changed']} changed, {events['unchanged']} unchanged, "
        f"{events['not_read']} not read"
    )
    if found["fields"]:
        table = Table(box=box.SIMPLE if console.is_terminal else None, pad_edge=False)
        table.add_column("field")
        for kind in KINDS:
            table.add_column(kind, justify="right")
        for field, numbers in found["fields"].items():
            table.add_row(field, *(str(numbers[kind]) for kind in KINDS))
        console.print(table)
    for line in _lines(found):
        console.print(line)


def _lines(found: Mapping[str, Any]) -> Iterator[str]:
    for event_id in found["added"]:
        yield f"added    {event_id}"
    order = {field: at for at, field in enumerate(found["fields"])}
    for change in sorted(found["examples"], key=lambda c: (order[c["field"]], c["kind"], c["id"])):
        yield f"{change['kind']:<8} {change['id']} {change['field']}: {_in_words(change)}"


def _in_words(change: Mapping[str, Any]) -> str:
    """Old and new; of two lists only what differs."""
    old, new = change["old"], change["new"]
    if isinstance(old, list) and isinstance(new, list):
        gone = [f"-{_shown(value)}" for value in old if value not in new]
        came = [f"+{_shown(value)}" for value in new if value not in old]
        return " ".join([*gone, *came]) or "another order"
    return f"{_shown(old)} -> {_shown(new)}"


def _shown(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return shorten(text, _LONGEST_VALUE, placeholder=" …") or repr(text)
