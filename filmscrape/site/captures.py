"""The captures of each event that the ledgers know of: when, by which run, in which WARC record, how it was read."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from filmscrape.records import Event
from filmscrape.runs.ledger import Ledger, Span
from filmscrape.runs.readings import cut
from filmscrape.runs.stored import LEDGER


class Capture(NamedTuple):
    """A capture of an event's page.

    :ivar at: UTC.
    :ivar run: the run that read it.
    :ivar is_repeat: the page said what it had said before; of such a capture the ledger keeps no more than when it was.
    :ivar record: its WARC record; ``None`` where none was written.
    :ivar layout: the page layout that matched.
    :ivar strategies: those that found its values, each with the number of fields, the most frequent first.
    """

    at: str
    run: str
    is_repeat: bool
    record: str | None
    layout: str | None
    strategies: tuple[tuple[str, int], ...]


class Sighted(NamedTuple):
    """Over what time other pages told of an event.

    :ivar kind: ``card`` of a listing or ``calendar`` entry.
    """

    kind: str
    first: str
    last: str


@dataclass
class Captured:
    """What is known of one event.

    :ivar pages: the oldest first.
    :ivar shared: how many events have had the same address, whose captures these are.
    """

    pages: list[Capture] = field(default_factory=list)
    sightings: list[Sighted] = field(default_factory=list)
    shared: int = 1

    def of(self, event: Event) -> list[Capture]:
        """The captures of the page, with the one that the record itself names."""
        own = _capture(event.provenance.model_dump(), event.provenance.fetched_at, event.provenance.run_id)
        return self.pages if any(one[:2] == own[:2] for one in self.pages) else sorted({*self.pages, own}, key=_by_time)


def read_captures(datasets: Iterable[Path]) -> dict[str, Captured]:
    """Read all ledgers that stand beside datasets, each once from end to end; by event.

    :raises LedgerUnusable: one cannot be read.
    """
    found: dict[str, Captured] = defaultdict(Captured)
    for path in dict.fromkeys(path.parent.resolve() / LEDGER for path in datasets):
        if path.exists():
            with closing(Ledger(path, read_only=True)) as ledger, ledger.guarded():
                _read(ledger, found)
    return found


def _read(ledger: Ledger, found: dict[str, Captured]) -> None:
    addresses = ledger.addresses()
    events: dict[str, list[str]] = defaultdict(list)
    for event_id, address in addresses.items():
        events[address].append(event_id)
    for address, line, span in ledger.pages():
        captures = _captures(line, span)
        for event_id in events[address]:
            known = found[event_id]
            known.pages = sorted({*known.pages, *captures}, key=_by_time)
            known.shared = len(events[address])
    for address, kind, first, last in ledger.sightings():
        for event_id in events[address]:
            found[event_id].sightings.append(Sighted(kind, first, last))


def _captures(line: bytes, span: Span) -> list[Capture]:
    """The captures of a reading: the first and the last that said it; the ledger forgets those between."""
    provenance = json.loads(b"{" + cut(line)[1])["provenance"]
    moments = dict.fromkeys(((span.first, span.first_run), (span.last, span.last_run)))
    return [_capture(provenance, at, run) for at, run in moments]


def _capture(provenance: dict[str, Any], at: str, run: str) -> Capture:
    """A capture at ``at``; WARC record and strategies are those of the provenance, where it is of this very capture."""
    if at != provenance["fetched_at"]:
        return Capture(at, run, True, None, None, ())
    strategies = Counter(provenance["fields"].values())
    ranked = sorted(strategies.items(), key=lambda one: (-one[1], one[0]))
    return Capture(at, run, False, provenance["warc_record_id"], provenance["layout"], tuple(ranked))


def _by_time(capture: Capture) -> tuple[str, str, str]:
    return capture.at, capture.run, capture.record or ""
