"""Gather the parts of a run's workers: its own files, and what it knows, as if one process had found it all."""

import logging
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from filmscrape.archive.concatenation import JoinedArchive
from filmscrape.fleet.account import Account
from filmscrape.fleet.sums import Sums, sum_up
from filmscrape.logs import logfmt
from filmscrape.runs.folder import ROWS, RunFolder
from filmscrape.runs.merge import Venues
from filmscrape.runs.readings import READINGS, Answered
from filmscrape.runs.spool import Spool
from filmscrape.runs.stats import Stat
from filmscrape.runs.stored import EVENTS, PARTS
from filmscrape.runs.worklist import Worklist

logger = logging.getLogger(__name__)

_SPOOL = "spool.jsonl"


@dataclass(frozen=True)
class Gathered:
    """What all workers together counted and came to know; what is no number is the keeper's, by the same names.

    :ivar stats: by the names of :class:`~filmscrape.runs.stats.Stat`.
    :ivar wire: bytes sent and received.
    """

    stats: dict[str, int]
    wire: tuple[int, int]
    first_failure: str
    worklist: Worklist
    venues: Venues
    answers: dict[str, Answered]
    paths: dict[str, str]
    lastmods: dict[str, str]
    same: dict[str, str]


class Gathering:
    """A run whose parts come together in its own files.

    :param part: the run's folder as a worker has it.
    :param output: the output root.
    :param started: when the run began.
    :ivar run: the run's folder, without what a worker left there that died over gathering.
    :ivar spool: the records that count, once they are taken in.
    :raises OSError: where a part cannot be read, or the run's files not be written; the methods raise it too.
    """

    def __init__(self, part: RunFolder, output: Path, started: datetime) -> None:
        for name in (*(f"{row}.jsonl" for row in ROWS), _SPOOL, EVENTS, READINGS):
            (part.path / name).unlink(missing_ok=True)
        self.run = RunFolder(output, part.source, started, part.id)
        self.spool = Spool(self.run.path / _SPOOL)
        self._parts = sorted(path for path in (self.run.path / PARTS).iterdir() if path.is_dir())
        self._duplicates = 0
        self._first_failure = ""

    def archive(self) -> JoinedArchive:
        """Join the WARCs of all workers."""
        return JoinedArchive(self.run.path, [warc for part in self._parts for warc in part.glob("*.warc.gz")])

    def gathered(self) -> Gathered:
        """Take in the rows and records of all workers, and sum up the rest."""
        sums = sum_up(self._parts, self._take)
        logger.info("%s", logfmt("parts gathered", run=self.run.id, workers=len(self._parts)))
        return self._all(sums)

    def _take(self, account: Account) -> None:
        for name, rows in account.rows.items():
            for row in rows:
                self.run.row(name, row)
                if name == "failed":
                    self._first_failure = self._first_failure or row["reason"]
        self._duplicates += self.spool.add_lines(account.kept)

    def _all(self, sums: Sums) -> Gathered:
        facts, worklist = sums.facts, Worklist()
        for url, fate in facts.get("fates", {}).items():
            worklist.note(url, fate)
        return Gathered(
            {**sums.stats, Stat.DUPLICATES: self._duplicates},
            sums.wire,
            self._first_failure,
            worklist,
            Venues.of(facts.get("venues", {}).items()),
            {path: Answered(**answer) for path, answer in facts.get("answers", {}).items()},
            *(dict(facts.get(name, {})) for name in ("paths", "lastmods", "same")),
        )
