"""Keep the run: open its folder, watch over it, judge it, publish it or not, and write down how it went."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.utils.defer import deferred_from_coro
from twisted.python.failure import Failure

from filmscrape.archive.recorder import open_archive
from filmscrape.runs.folder import RunFolder
from filmscrape.runs.merge import Venues
from filmscrape.runs.outcome import Outcome, Verdict, judge
from filmscrape.runs.spool import Spool
from filmscrape.runs.stats import Counts, Stat
from filmscrape.runs.versions import versions
from filmscrape.runs.worklist import Worklist

logger = logging.getLogger(__name__)


class RunKeeper:
    """Scrapy extension that holds what a run shares: folder, spool, work list; and ends it.

    :raises OSError: in the constructor, where the output directory cannot be written.
    """

    def __init__(self, crawler: Crawler) -> None:
        assert crawler.spider is not None
        self.crawler = crawler
        self.started = datetime.now(UTC)
        self.run = RunFolder(Path(crawler.settings["OUTPUT_DIR"]), crawler.spider.name, self.started)
        self.archive = open_archive(self.run.path, self.run.id, crawler.settings)
        self.spool = Spool(self.run.path / "spool.jsonl")
        self.venues = Venues()
        self.worklist = Worklist()
        self.written = 0
        self.forked = 0  # events whose address another film has too
        self.verdict: Verdict | None = None  # set by whoever finds that the run cannot go on, else at its end
        self.first_failure = ""
        self.counts = Counts()
        self.finished: datetime | None = None
        self.run.save(self.report())

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Open the run and connect to the crawl."""
        keeper = cls(crawler)
        crawler.signals.connect(keeper.error_raised, signal=signals.spider_error)
        crawler.signals.connect(keeper.error_raised, signal=signals.item_error)
        crawler.signals.connect(keeper.spider_closed, signal=signals.spider_closed)
        return keeper

    @classmethod
    def of(cls, crawler: Crawler) -> Self:
        """Find the keeper of a crawl."""
        keeper = crawler.get_extension(cls)
        assert keeper is not None, "the extension RunKeeper is switched off"
        return keeper

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """Turn a failing disk into the end of the run."""
        try:
            yield
        except OSError as fault:
            self.verdict = Verdict(Outcome.CANNOT_WRITE, f"cannot write {self.run.path}: {fault.strerror or fault}")

    def error_raised(self, failure: Failure) -> None:
        """Count a fault of the program; one of the disk ends the run at once."""
        self.crawler.stats.inc_value(Stat.ERRORS)
        if isinstance(failure.value, OSError):
            self.cannot_write(failure.value)

    def cannot_write(self, fault: OSError) -> None:
        """End the run at once: the disk fails."""
        if self.verdict is None:
            with self.guarded():
                raise fault
            deferred_from_coro(self.crawler.engine.close_spider_async(reason="cannot_write"))

    def spider_closed(self, reason: str) -> None:
        """Judge the run, publish its records if they can be trusted, and write ``run.json``."""
        self.finished = datetime.now(UTC)
        stats = self.crawler.stats.get_stats()
        self.counts = Counts.gather(stats, self.worklist.fates(), self.spool.unique + self.forked, self.written)
        if self.verdict is None or reason == "shutdown":
            self.verdict = judge(self.counts, self.host, reason, self.first_failure)
        with self.guarded():
            self.run.close()
            if self.archive:
                self.archive.close()
            if self.verdict.outcome.publishes:
                self.run.publish()
        with self.guarded():
            self.run.save(self.report())

    @property
    def host(self) -> str:
        """The host that the run asks, for messages."""
        return str(getattr(self.crawler.spider, "host", self.run.source))

    def report(self) -> dict[str, Any]:
        """What ``run.json`` says: complete once the run is over."""
        verdict = self.verdict
        return {
            "run_id": self.run.id,
            "source": self.run.source,
            "outcome": verdict.outcome.name.lower() if verdict else None,
            "exit_code": int(verdict.outcome) if verdict else None,
            "message": verdict.message if verdict else None,
            "arguments": getattr(self.crawler.spider, "arguments", {}),
            "started": self.started.isoformat(timespec="milliseconds"),
            "finished": self.finished.isoformat(timespec="milliseconds") if self.finished else None,
            "counts": asdict(self.counts),
            "archive": self.archive.report() if self.archive else None,
            "versions": versions(),
            "dataset": str(self.run.dataset),
            "folder": str(self.run.path),
        }
