"""What came of one request: gathered while it is worked on, written at one stroke when it is done.

A worker that dies leaves no half of it, and where two workers did the same, one of the two accounts counts. So the sums
of a fleet come out as those of one process.
"""

import json
from collections import Counter
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from filmscrape.runs.lines import LineFile, as_line
from filmscrape.runs.stats import Stat

ACCOUNTS = "accounts.jsonl"
_FAILURES = (Stat.FAILED, Stat.DISCOVERY_FAILED, Stat.ERRORS)


class Kept(NamedTuple):
    """A record or a sighting of an account.

    :ivar line: the record as JSON, with its newline.
    """

    event_id: str
    is_page: bool
    line: bytes


@dataclass
class Account:
    """What came of one request.

    :ivar matter: what the request was about (:func:`~filmscrape.fleet.identity.matter_of`).
    :ivar stats: what was counted, by the names of :class:`~filmscrape.runs.stats.Stat`.
    :ivar kept: records and sightings.
    :ivar rows: lines for ``rejected.jsonl``, ``skipped.jsonl`` and ``failed.jsonl``, by these names without ending.
    :ivar facts: what the run's keeper notes by key: ``fates``, ``answers``, ``paths``, ``lastmods``, ``same``,
        ``venues``.
    :ivar wire: bytes that went over the wire meanwhile: sent, received.
    """

    matter: str
    stats: Counter[str] = field(default_factory=Counter)
    kept: list[Kept] = field(default_factory=list)
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    facts: dict[str, dict[str, Any]] = field(default_factory=dict)
    wire: tuple[int, int] = (0, 0)

    @property
    def worth(self) -> int:
        """Which of several accounts of one matter counts, the highest: an answer, a failure, a step on the way."""
        if not self.stats and not self.facts and not self.kept:
            return 0
        return 1 if any(self.stats[name] for name in _FAILURES) else 2

    def block(self) -> bytes:
        """The account as it is written: a line that tells all but the records, and the records' lines."""
        head = {
            "matter": self.matter,
            "wire": self.wire,
            "stats": self.stats,
            "rows": self.rows,
            "facts": {name: {key: _plain(found) for key, found in facts.items()} for name, facts in self.facts.items()},
            "kept": [(kept.event_id, kept.is_page, len(kept.line)) for kept in self.kept],
        }
        return as_line(head) + b"".join(kept.line for kept in self.kept)


def _plain(fact: Any) -> Any:
    return fact if isinstance(fact, str) else asdict(fact)


current: ContextVar[Account | None] = ContextVar("account", default=None)
"""The account of the request that is worked on: Scrapy works on each answer in a task, so in a context, of its own."""


class AccountFile:
    """The accounts of one worker, one after another.

    :raises OSError: where it cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self._lines = LineFile(folder / ACCOUNTS)

    def append(self, account: Account) -> None:
        """Write an account, at one stroke."""
        self._lines.append(account.block())

    def close(self) -> None:
        """Make it durable; closing twice is no fault."""
        self._lines.close()


def read_accounts(path: Path) -> Iterator[Account]:
    """Read a worker's accounts; one that breaks off, as a full disk leaves it, was not let go of and is left out.

    :raises OSError: where the file cannot be read.
    """
    with path.open("rb") as file:
        for line in file:
            try:
                head = json.loads(line)
                kept = [Kept(name, is_page, file.read(size)) for name, is_page, size in head["kept"]]
            except ValueError:
                return
            if any(not one.line.endswith(b"\n") for one in kept):
                return
            stats = Counter(head["stats"])
            yield Account(head["matter"], stats, kept, head["rows"], head["facts"], tuple(head["wire"]))
