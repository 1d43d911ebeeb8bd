"""What a keeper holds of a run, as a worker holds it: in memory for itself, and in the account for all."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Generic, TypeVar

from filmscrape.fleet.account import Account, Kept, current
from filmscrape.runs.folder import RunFolder, draft_report
from filmscrape.runs.merge import Venues
from filmscrape.runs.publish import put_in_place
from filmscrape.runs.spool import Spool
from filmscrape.runs.stored import PARTS, REPORT
from filmscrape.runs.worklist import Worklist

Value = TypeVar("Value")


def account() -> Account:
    """The account of the request that is worked on."""
    found = current.get()
    assert found is not None, "nothing is found but by asking for something"
    return found


class Noted(dict[str, Value], Generic[Value]):
    """A dictionary whose entries go to the account too.

    :param name: under which name they stand there.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    def __setitem__(self, key: str, value: Value) -> None:
        super().__setitem__(key, value)
        account().facts.setdefault(self._name, {})[key] = value

    def pop(self, key: str, *default: Any) -> Any:
        """Take an entry back."""
        account().facts.get(self._name, {}).pop(key, None)
        return super().pop(key, *default)


class WorkerWorklist(Worklist):
    """The event pages that a worker came to know."""

    def note(self, url: str, fate: str) -> None:
        """Note a fate, in the account too."""
        super().note(url, fate)
        account().facts.setdefault("fates", {})[url] = fate


class WorkerVenues(Venues):
    """The names of venues that a worker met, on their way into the account."""

    def learn(self, screenings: Iterable[Mapping[str, Any]]) -> None:
        """Note the venues that are named in words."""
        met = Venues.of(account().facts.get("venues", {}).items())
        met.learn(screenings)
        if met.names:
            account().facts["venues"] = dict(met.names)


class WorkerSpool(Spool):
    """Records on their way into the account; which of them are of one event is found out when all are there."""

    def __init__(self) -> None:
        pass

    def add_line(self, event_id: str, is_page: bool, line: bytes) -> bool:
        """Put a record into the account."""
        account().kept.append(Kept(event_id, is_page, line))
        return True

    @property
    def unique(self) -> int:
        """Nobody knows yet."""
        return 0


class WorkerFolder(RunFolder):
    """The folder of the run, as a worker has it: it writes into its own part, and rows go to the account.

    :param run_id: of the fleet's run.
    :param worker: the worker's name.
    """

    def __init__(self, output: Path, source: str, run_id: str, worker: str) -> None:
        self._settle_in(output, source, run_id)
        self.part = self.path / PARTS / worker
        self.part.mkdir(parents=True)

    def save(self, report: dict[str, Any]) -> None:
        """Say that the run has begun; the first worker does."""
        if not (self.path / REPORT).exists():
            put_in_place(draft_report(report, self.part), self.path / REPORT)

    def row(self, name: str, row: dict[str, Any]) -> None:
        """Put a line into the account."""
        account().rows.setdefault(name, []).append(row)

    def close(self) -> None:
        """Nothing is open."""
