"""What was ever read of one address, and what another run's readings make of it: no file, no clock."""

from collections.abc import Iterable
from dataclasses import dataclass

from filmscrape.runs.readings import Reading


@dataclass(slots=True, eq=False)
class Stored:
    """A reading as the ledger holds it: what was said, and when and by whom it was said first and last.

    :ivar number: the ledger's own; of one that is new a higher one, until the ledger gives it its own.
    :ivar kind: ``page``, ``card`` or ``calendar``.
    :ivar content: digest of what it says, without times and provenance.
    :ivar line: the record of the first capture that said it.
    :ivar first_at: UTC; so is ``last_at``.
    :ivar first_body: SHA-256 of the page's body; empty for what is no page. So is ``last_body``.
    :ivar first_run: a run's id; so is ``last_run``.
    """

    number: int
    kind: str
    content: str
    first_at: str
    first_body: str
    first_run: str
    last_at: str
    last_body: str
    last_run: str
    line: bytes

    def extend(self, at: str, body: str, run: str) -> None:
        """Note that a run heard the same, at whatever time."""
        if self.last_at <= at:
            self.last_at, self.last_body, self.last_run = at, body, run
        if self.first_at > at:
            self.first_at, self.first_body, self.first_run = at, body, run

    @property
    def first(self) -> tuple[str, str]:
        """The capture that said it first: when it was made, and its body."""
        return self.first_at, self.first_body

    @property
    def last(self) -> tuple[str, str]:
        """The capture that said it last."""
        return self.last_at, self.last_body

    def leave(self, capture: tuple[str, str]) -> None:
        """Note that one of two captures, its first or its last, did not say it after all."""
        if self.first == capture:
            self.first_at, self.first_body, self.first_run = self.last_at, self.last_body, self.last_run
        else:
            self.last_at, self.last_body, self.last_run = self.first_at, self.first_body, self.first_run


def latest(reading: Stored) -> tuple[str, str, bytes]:
    """Order the pages of an address: which was captured last, and of one moment which was read last."""
    return reading.last_at, reading.last_run, reading.line


class Known:
    """The readings of one address, while a run is joined to them.

    :param readings: all that the ledger holds of it, by number.
    :param run: the run's id.
    :ivar readings: all that it is to hold of it, in the order in which they came.
    :ivar new: those that it does not hold yet.
    :ivar altered: those that it holds, and whose times are others now.
    :ivar gone: those that are to leave it.
    """

    def __init__(self, readings: list[Stored], run: str) -> None:
        self.readings = readings
        self.new: list[Stored] = []
        self.altered: list[Stored] = []
        self.gone: list[Stored] = []
        self._run = run
        before = max((reading.last_run for reading in readings), default="")
        self._before = {reading.number for reading in readings if reading.last_run == before}
        self._told: set[int] = set()
        self._next = max((reading.number for reading in readings), default=0) + 1

    def tell(self, readings: Iterable[Reading]) -> None:
        """Join what the run read."""
        for reading in readings:
            if reading.kind == "listed":
                continue
            found = self._as_it_was(reading) if reading.kind == "same" else self._said(reading)
            if found is not None:
                self._told.add(found.number)

    @property
    def is_news(self) -> bool:
        """Whether the run said something, and not just what was said by the last one that did."""
        return bool(self._told) and self._told != self._before

    def _as_it_was(self, reading: Reading) -> Stored | None:
        """The page is as it was: the newest reading of it holds up to now."""
        pages = (known for known in self.readings if known.kind == "page")
        newest = max(pages, key=latest, default=None)
        return None if newest is None else self._extended(newest, reading.at, newest.last_body)

    def _said(self, reading: Reading) -> Stored | None:
        """Keep one reading; of a capture that was read before, what was read later counts."""
        content = reading.content
        others = [known for known in self.readings if known.kind == "page" and known.content != content]
        if reading.kind == "page" and others and not self._supersede(others, reading):
            return None
        for known in self.readings:
            if (known.kind, known.content) == (reading.kind, content):
                return self._extended(known, reading.at, reading.body)
        mark = (reading.at, reading.body, self._run)
        found = Stored(self._next, reading.kind, content, *mark, *mark, reading.line)
        self._next += 1
        self.readings.append(found)
        self.new.append(found)
        return found

    def _extended(self, known: Stored, at: str, body: str) -> Stored:
        known.extend(at, body, self._run)
        self._note(known)
        return known

    def _supersede(self, others: Iterable[Stored], reading: Reading) -> bool:
        """Take back what an earlier run read in the same capture; false where a later run read it already."""
        capture = (reading.at, reading.body)
        before = [known for known in others if capture in (known.first, known.last)]
        if any(
            (known.first == capture and known.first_run > self._run)
            or (known.last == capture and known.last_run > self._run)
            for known in before
        ):
            return False
        for known in before:
            if known.first == known.last:
                self._drop(known)
            else:
                known.leave(capture)
                self._note(known)
        return True

    def _drop(self, known: Stored) -> None:
        self.readings.remove(known)
        if known in self.new:
            self.new.remove(known)
        else:
            self.gone.append(known)

    def _note(self, known: Stored) -> None:
        if known not in self.new and known not in self.altered:
            self.altered.append(known)
