"""Keep a worker's part of a run; the one worker that comes to publish it keeps the whole."""

import logging
import os
import shutil
import socket
from asyncio import sleep
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_hex
from typing import Any

from scrapy import Request
from scrapy.utils.defer import deferred_from_coro

from filmscrape.archive.concatenation import JoinedArchive
from filmscrape.archive.recorder import RunArchive, open_archive
from filmscrape.fleet.account import Account, AccountFile, current
from filmscrape.fleet.board import Board, Ended
from filmscrape.fleet.entry import share_lock, take_part
from filmscrape.fleet.gathering import Gathered, Gathering
from filmscrape.fleet.identity import matter_of
from filmscrape.fleet.noted import Noted, WorkerFolder, WorkerSpool, WorkerVenues, WorkerWorklist
from filmscrape.fleet.presence import Presence
from filmscrape.fleet.queue import LEASE_NAME
from filmscrape.fleet.refusals import SharedRefusals
from filmscrape.fleet.server import ServerLost, told
from filmscrape.runs.folder import RunFolder
from filmscrape.runs.keeper import RunKeeper
from filmscrape.runs.ledger import Ledger
from filmscrape.runs.lock import SourceLocked
from filmscrape.runs.outcome import CannotBegin, Outcome, Verdict
from filmscrape.runs.recovery import open_ledger
from filmscrape.runs.spool import Spool
from filmscrape.runs.stats import Counts
from filmscrape.runs.stored import LEDGER, PARTS, StoredRun
from filmscrape.spiders.arguments import SCRAPYD_JOB

logger = logging.getLogger(__name__)

_LOOK_AGAIN = 0.2  # seconds
_BYTES = ("downloader/request_bytes", "downloader/response_bytes")


class WorkerKeeper(RunKeeper):
    """The keeper of one worker among several.

    :raises CannotBegin: in the constructor, where there is no server, or another crawl is going on.
    """

    def _open(self, output: Path) -> None:
        scope = self.spider.scope
        if scope.max_events is not None or scope.wayback is not None:
            name = "max_events" if scope.max_events is not None else "wayback"
            message = f"{name}= needs one worker that sees all: crawl without SCRAPY_PROJECT=redis"
            raise CannotBegin(Outcome.USAGE, message)
        host = "".join(sign for sign in socket.gethostname().lower() if sign.isalnum() or sign == "-")
        self.worker = f"{host or 'worker'}-{os.getpid()}-{token_hex(2)}"
        self.lost = False  # the server is
        self._ending: Ended | None = None
        self._ended: Ended | None = None
        self._gathers = False
        self._accounts: dict[str, Account] = {}
        self._told = dict.fromkeys(_BYTES, 0)
        super()._open(output)
        self.answers, self.paths, self.lastmods, self.same = (
            Noted(name) for name in ("answers", "paths", "lastmods", "same")
        )
        self.worklist, self.venues = WorkerWorklist(), WorkerVenues()
        most = self.crawler.settings.getint("MAX_FAILURES_IN_A_ROW")
        self.spider.refusals = SharedRefusals(most, self)

    # ------------------------------------------------------------------ where it lives
    def _begin(self, output: Path) -> datetime:
        """Take part in the run that is going on, or begin one."""
        folder = output / self.spider.name
        self.board = Board(self.crawler.settings, self.spider.name, self.worker)
        self._lock = share_lock(folder)
        with self._asking():
            arguments = {name: value for name, value in self.spider.arguments.items() if name != SCRAPYD_JOB}
            within = timedelta(hours=self.crawler.settings.getfloat("RESUME_WITHIN_HOURS"))
            mission = take_part(self.board, folder, arguments, within)
            self.board.be_there()
            self._ending = self.board.ending()
        self._run_id = mission.id
        self.ledger = Ledger(folder / LEDGER, read_only=True)
        return datetime.fromisoformat(mission.started)

    @contextmanager
    def _asking(self) -> Iterator[None]:
        try:
            with told(self.board.url):
                yield
        except ServerLost as lost:
            raise CannotBegin(Outcome.FAULT, str(lost)) from None

    def _earlier(self, output: Path) -> list[StoredRun]:
        return [run for run in super()._earlier(output) if run.id != self._run_id]

    def _folder(self, output: Path) -> RunFolder:
        self._output = output
        return WorkerFolder(output, self.spider.name, self._run_id, self.worker)

    @property
    def _parts(self) -> Path:
        return self.run.path / PARTS

    @property
    def _part(self) -> Path:
        return self._parts / self.worker

    def _archive(self) -> RunArchive | None:
        self._file = AccountFile(self._part)
        return open_archive(self._part, self.run.path.parent, self.run.id, self.crawler.settings)

    def _spool(self) -> Spool:
        return WorkerSpool()

    # ------------------------------------------------------------------ requests
    def begin(self, request: Request) -> None:
        """Open the account of a request."""
        self._accounts[request.meta[LEASE_NAME]] = Account(matter_of(request))

    def attribute(self, request: Request) -> None:
        """Say that what is counted and kept from here on comes of a request."""
        current.set(self._accounts.get(request.meta.get(LEASE_NAME, "")))

    def drop(self, name: str) -> None:
        """Throw the account of a request away: it was not asked."""
        self._accounts.pop(name, None)

    def settle(self, name: str) -> bool:
        """Write the account of a request; false where others are to do it again.

        Where disk or server fail, what came of a request is not whole: a page that is not in the WARC, say.
        """
        account = self._accounts.pop(name)
        if self.is_broken:
            return False
        now = {key: int(self.crawler.stats.get_value(key, 0)) for key in _BYTES}
        account.wire = (now[_BYTES[0]] - self._told[_BYTES[0]], now[_BYTES[1]] - self._told[_BYTES[1]])
        self._told = now
        try:
            self._file.append(account)
        except OSError as fault:
            self.cannot_write(fault)
            return False
        return True

    # ------------------------------------------------------------------ the others
    @contextmanager
    def watched(self) -> Iterator[None]:
        """Ask the server; where it is lost for good, this worker ends, and what it had in hand is done by others."""
        try:
            with told(self.board.url):
                yield
        except ServerLost as lost:
            if not self.lost:
                self.lost = True
                message = f"{lost}; what this worker had in hand is asked for again, and nothing else is"
                self.verdict = Verdict(Outcome.FAULT, message)
                self._close("server_lost")

    @property
    def is_leaving(self) -> bool:
        """Whether this worker goes and the run goes on: a signal, a disk or a server that fails."""
        engine = self.crawler.engine
        return self.is_broken or (engine is not None and engine._stopping)

    @property
    def is_broken(self) -> bool:
        """Whether disk or server fail this worker."""
        failing = (Outcome.CANNOT_WRITE, Outcome.FAULT)
        return self.lost or (self.verdict is not None and self.verdict.outcome in failing)

    @property
    def is_ending(self) -> bool:
        """Whether nothing more is to be asked."""
        return self.verdict is not None or self._ending is not None or self.is_leaving

    def end_all(self, reason: str) -> None:
        """End the run, for all workers; it is judged by what is there."""
        self._ending = Ended(self.run.id, -1, "", reason)
        self.board.end(self._ending)

    def listen(self) -> None:
        """End where another worker has said that the run ends."""
        if not self.is_ending and (ending := self.board.ending()) is not None:
            self._ending = ending
            self._close(ending.reason or "ended_by_another_worker")

    def _close(self, reason: str) -> None:
        deferred_from_coro(self.crawler.engine.close_spider_async(reason=reason))

    # ------------------------------------------------------------------ the end
    async def is_publisher(self) -> bool:
        """Wait for the end of the run; true for the one worker that is to gather and publish."""
        self._close_part()
        while not self.is_leaving:
            with self.watched():
                self._ended = self.board.ended(self.run.id)
                if self._ended is not None:
                    return False
                if not self.board.is_waited_for() and self.board.be_last() and self._lock_alone():
                    self._ending = self.board.ending()
                    return True
            await sleep(_LOOK_AGAIN)
        return False

    def _close_part(self) -> None:
        """Have all that this worker found on the disk, and say so."""
        self._file.close()
        if self.archive is not None and self._part.is_dir():  # else it was taken for dead, and the run ended without it
            self.archive.close()
        self.ledger.close()  # SQLite wants one machine at a time, and the publisher is to be that
        self._unlock()
        self._lock = None
        with self.watched():
            if self.verdict is not None and not self.is_leaving:
                self.board.end(Ended(self.run.id, int(self.verdict.outcome), self.verdict.message))
            self.board.close_part()

    def _lock_alone(self) -> bool:
        try:
            self._take_lock(self._output)
        except SourceLocked:
            return False
        return True

    def gather(self) -> bool:
        """Bring all parts together, as if this worker had found it all.

        :return: false where the run was published already, by a worker that died over telling so.
        :raises OSError: where a part cannot be read, or the run's files not be written.
        """
        self.ledger.close()
        self.ledger = open_ledger(self._output / self.spider.name)  # puts in place what such a worker left
        stored = StoredRun.read(self.run.path)
        if stored.is_finished:
            shutil.rmtree(self._parts, ignore_errors=True)
            self._ended = Ended(self.run.id, int(stored.report["exit_code"]), str(stored.report["message"]))
            with self.watched():
                self.board.finish(self._ended)
            return False
        self._gathers = True
        self._stay = Presence(self.board, self.crawler.settings.getfloat("LEASE"))
        gathering = Gathering(self.run, self._output, self.started)
        self.run, self.spool = gathering.run, gathering.spool
        if self.archive is not None:
            self.archive = gathering.archive()
        self._know(gathering.gathered())
        return True

    def _know(self, gathered: Gathered) -> None:
        """Know what all workers together counted and came to know, in place of what this one did."""
        stats = self.crawler.stats
        for name in stats.get_stats():
            if name.startswith("filmscrape/"):
                stats.set_value(name, 0)
        for name, number in {**gathered.stats, **dict(zip(_BYTES, gathered.wire, strict=True))}.items():
            stats.set_value(name, number)
        self.first_failure = self.first_failure or gathered.first_failure
        self.worklist, self.venues, self.answers = gathered.worklist, gathered.venues, gathered.answers
        self.paths, self.lastmods, self.same = gathered.paths, gathered.lastmods, gathered.same

    def spider_closed(self, reason: str) -> None:
        """Judge and publish, where all is gathered here; else tell how it ended elsewhere, or that it goes on."""
        if not self._gathers:
            self._leave()
            return
        if self._ending is not None:
            self.verdict, reason = self.verdict or self._ending.verdict, self._ending.reason or reason
        super().spider_closed(reason)

    def _let_go(self) -> None:
        """Tell the others how it ended, before one that comes now can take part in what is over."""
        if self._gathers:
            self._stay.end()
            assert self.verdict is not None
            if isinstance(self.archive, JoinedArchive | None) and self.crawled is not None:
                shutil.rmtree(self._parts, ignore_errors=True)
            with suppress(ServerLost), told(self.board.url):  # it is published all the same, and the next one sees that
                self.board.finish(Ended(self.run.id, int(self.verdict.outcome), self.verdict.message))
        super()._let_go()

    def _leave(self) -> None:
        self.finished = datetime.now(UTC)
        others: set[str] = set()
        with self.watched():
            others = self.board.leave()
            self._ended = self._ended or self.board.ended(self.run.id)
        if self._ended is not None:
            self.verdict = self._ended.verdict
            self.counts = self._counts_of(self.report())
            with self.watched():
                self.board.forget(self.run.id)  # what a worker noted that did not know yet
        elif self.verdict is None or self.verdict.outcome.publishes:
            who = {0: "the next worker goes on with it", 1: "another one goes on with it"}.get(
                len(others), f"{len(others)} others go on with it"
            )
            self.verdict = Verdict(Outcome.INTERRUPTED, f"this worker left {self.run.id}; {who}")
        self._let_go()

    @staticmethod
    def _counts_of(report: dict[str, Any]) -> Counts:
        known = {field.name for field in fields(Counts)}
        return Counts(**{name: value for name, value in report.get("counts", {}).items() if name in known})

    def report(self) -> dict[str, Any]:
        """What ``run.json`` says: of a run that another worker published, what that one wrote."""
        if self._ended is not None:
            stored = StoredRun.read(self.run.path).report
            self.run.published = stored.get("published")
            return stored
        return super().report()
