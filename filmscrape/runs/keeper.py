"""Keep the run: open its folder, watch over it, judge it, publish it or not, and write down how it went."""

import json
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, cast

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.utils.defer import deferred_from_coro
from twisted.python.failure import Failure

from filmscrape.archive.recorder import RunArchive, open_archive
from filmscrape.logs import logfmt
from filmscrape.runs.baseline import Baseline, baseline
from filmscrape.runs.faults import LedgerUnusable
from filmscrape.runs.folder import RunFolder
from filmscrape.runs.joining import join_run
from filmscrape.runs.ledger import Page
from filmscrape.runs.limits import Limits
from filmscrape.runs.lock import SourceLock
from filmscrape.runs.measure import Measures, measure
from filmscrape.runs.merge import Venues
from filmscrape.runs.outcome import Outcome, Verdict
from filmscrape.runs.readings import Answered, RunFacts, RunNotes, cut, is_before, joined
from filmscrape.runs.recovery import open_ledger
from filmscrape.runs.resume import resumable
from filmscrape.runs.spool import Spool
from filmscrape.runs.stats import Counts, Stat
from filmscrape.runs.stored import StoredRun, runs_of
from filmscrape.runs.verdict import judge
from filmscrape.runs.versions import versions
from filmscrape.runs.worklist import Worklist
from filmscrape.validation import event_id, utc

if TYPE_CHECKING:
    from filmscrape.spiders.base import EventSpider

logger = logging.getLogger(__name__)

_ELSEWHERE = "move it away or choose another OUTPUT_DIR"


class RunKeeper:
    """Scrapy extension that holds what a run shares: folder, ledger, spool, work list; and ends it.

    :raises SourceLocked: in the constructor, where another run of the source is going on.
    :raises OSError: in the constructor, where the output directory cannot be written.
    :raises ValueError: in the constructor, where a limit in the settings makes no sense.
    """

    def __init__(self, crawler: Crawler) -> None:
        assert crawler.spider is not None
        self.crawler = crawler
        self.spider = cast("EventSpider", crawler.spider)
        self.limits = Limits.from_settings(crawler.settings)
        self._lock: SourceLock | None = None
        try:
            self._open(Path(crawler.settings["OUTPUT_DIR"]))
        except BaseException:
            with suppress(AttributeError):  # it had not come to that
                self.ledger.close()
            self._unlock()
            raise

    def _open(self, output: Path) -> None:
        settings = self.crawler.settings
        self.started = self._begin(output)
        earlier = self._earlier(output)
        within = timedelta(hours=settings.getfloat("RESUME_WITHIN_HOURS"))
        # Without an archive there is nowhere to take the answers to, and records have to name one that is here.
        is_kept = settings.getbool("WARC")
        self.resumed = resumable(earlier, self.spider.arguments, self.started, within) if is_kept else []
        self.scope = self.spider.scope.as_json(self.spider.site)
        self.baseline: Baseline = baseline(earlier, self.scope)
        self.stranger = self._other_server(earlier)
        self.run = self._folder(output)
        self.archive: RunArchive | None = self._archive()
        self.spool: Spool = self._spool()
        self.venues = Venues()
        self.worklist = Worklist()
        self.answers: dict[str, Answered] = {}  # with what to ask for pages the next time, by path
        self.paths: dict[str, str] = {}  # of the events that are asked for so, by address
        self.lastmods: dict[str, str] = {}  # what sitemaps say of events, by address
        self.same: dict[str, str] = {}  # events whose page is as it was, and when the site said so
        self.written = 0
        self.forked = 0  # events whose address another film has too
        self.verdict: Verdict | None = None  # set by whoever finds that the run cannot go on, else at its end
        self.first_failure = ""
        self.counts = Counts()
        self.measures = Measures()
        self.crawled: datetime | None = None  # when the last page was read, and writing began
        self.finished: datetime | None = None
        self.run.save(self.report())

    # ------------------------------------------------------------------ where it lives
    def _begin(self, output: Path) -> datetime:
        """Have the source for oneself, and its ledger in order; the answer is when the run began."""
        self._take_lock(output)
        self.ledger = open_ledger(output / self.spider.name)
        return datetime.now(UTC)  # after any run that had to be made of what was published: runs are in order

    def _take_lock(self, output: Path) -> None:
        self._lock = SourceLock(output / self.spider.name, f"scrapy crawl {self.spider.name}")

    def _unlock(self) -> None:
        if self._lock is not None:
            self._lock.release()

    def _earlier(self, output: Path) -> list[StoredRun]:
        """The runs before this one, the oldest first."""
        return runs_of(output, self.spider.name)

    def _folder(self, output: Path) -> RunFolder:
        return RunFolder(output, self.spider.name, self.started)

    def _archive(self) -> RunArchive | None:
        return open_archive(self.run.path, self.run.path.parent, self.run.id, self.crawler.settings)

    def _spool(self) -> Spool:
        return Spool(self.run.path / "spool.jsonl")

    def attribute(self, request: Request) -> None:
        """Say that what is counted and kept from here on comes of a request; one process alone need not know."""

    def _other_server(self, earlier: Sequence[StoredRun]) -> str | None:
        """The server that the dataset was read from, where one of the two is the site and the other a stand-in.

        What a test server shows is no fact of the site: once mixed, nobody could tell the two apart.
        """
        mine = self.scope["mirror"]
        for run in earlier:
            theirs = (run.report.get("scope") or {}).get("mirror", mine)
            if run.published_sha256 and (theirs is None) != (mine is None):
                server = str(theirs or self.spider.site)
                logger.warning("%s", logfmt("dataset of another server", read_from=server, next=_ELSEWHERE))
                return server
        return None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Open the run and connect to the crawl."""
        keeper = cls(crawler)
        logging.getLogger("scrapy.core.scraper").addFilter(_is_not_told_otherwise)
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

    # ------------------------------------------------------------------ what is known already
    @cached_property
    def answers_before(self) -> dict[str, Answered]:
        """With what to ask for pages, as earlier runs noted it."""
        return self.ledger.answers()

    def id_of(self, address: str) -> str:
        """The id of the event that has an address."""
        return event_id(self.spider.name, address)

    def give_again(self, address: str, page: Page, at: datetime | None) -> None:
        """Take over what an earlier run read of a page that is as it was.

        :param address: the event's canonical address.
        :param at: when the site said so; ``None`` where it was not asked.
        """
        name = self.id_of(address)
        head, tail = cut(page.line)
        if at is not None:
            self.same[name] = utc(at)
        line = joined(head, page.first, max(self.same.get(name, ""), page.last), tail)
        self.venues.learn(json.loads(line)["screenings"])
        count = self.crawler.stats.inc_value
        count(Stat.VALID)
        if not self.spool.add_line(name, True, line):
            count(Stat.DUPLICATES)

    # ------------------------------------------------------------------ a disk that fails
    @contextmanager
    def guarded(self) -> Iterator[None]:
        """Turn a failing disk, or a fault of the program, into the end of the run."""
        try:
            yield
        except OSError as fault:
            message = f"cannot write {fault.filename or self.run.path}: {fault.strerror or fault}"
            self.verdict = Verdict(Outcome.CANNOT_WRITE, message)
        except LedgerUnusable as fault:
            self.verdict = Verdict(fault.outcome, f"{fault}; {fault.remedy}")
        except Exception as fault:  # Scrapy would log it and go on, and the run would seem to be published
            logger.exception("the run could not be ended")
            self.verdict = Verdict(Outcome.FAULT, f"the program failed: {type(fault).__name__}: {fault}")

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

    # ------------------------------------------------------------------ the end
    def notes(self) -> RunNotes:
        """What the run knows besides its records."""
        return RunNotes(self._facts(), self.same, self._listed(), self._answers_now())

    def _facts(self) -> RunFacts:
        is_live = self.spider.reading is None
        missed = self.crawler.stats.get_value(Stat.DISCOVERY_FAILED, 0)
        is_whole = self.spider.scope.is_whole(self.spider.places) and not missed
        return RunFacts(self.run.id, is_live, is_live and is_whole)

    def _answers_now(self) -> list[Answered]:
        """With what to ask the next time.

        What a sitemap says is noted of a page that was captured after it: an earlier one may be from before the change.
        """
        for event, lastmod in self.lastmods.items():
            answer = self.answers.get(self.paths.get(event, ""))
            if answer is not None:
                noted = lastmod if is_before(lastmod, answer.at) else ""
                self.answers[answer.path] = replace(answer, lastmod=noted)
        return list(self.answers.values())

    def _listed(self) -> list[str]:
        """Ids of the events that the run saw listed, whatever became of their pages."""
        return [] if self.spider.reading else [self.id_of(url) for url in self.worklist]

    def spider_closed(self, reason: str) -> None:
        """Judge the run, publish its records if they can be trusted, and write ``run.json``."""
        self.finished = datetime.now(UTC)
        stats = self.crawler.stats.get_stats()
        self.counts = Counts.gather(stats, self.worklist.fates(), self.spool.unique + self.forked, self.written)
        with self.guarded():
            is_torn = self.verdict is not None and self.verdict.outcome is Outcome.CANNOT_WRITE
            if self.run.events.exists() and not is_torn:
                with self.run.events.open("rb") as lines:
                    self.measures = measure(lines)
        if self.verdict is None or reason == "shutdown":
            self.verdict = self._judge(reason)
        if self.stranger and self.verdict.outcome.publishes:
            self.verdict = Verdict(
                Outcome.USAGE,
                f"{self.run.dataset} was read from {self.stranger} and this run from {self.host}: {_ELSEWHERE}, and"
                f" publish this run with scrapy replay {self.run.path} --publish",
            )
        with self.guarded():
            self.run.close()
            if self.archive:
                self.archive.close()
            if self.verdict.outcome.publishes:
                join_run(self.ledger, self.run, self.report)
            else:
                self.run.changes.touch()  # it changes nothing
        if not self.verdict.outcome.publishes:
            with self.guarded():
                self.run.save(self.report())
        self._let_go()

    def _let_go(self) -> None:
        """Leave ledger and source to the next one."""
        self.ledger.close()
        self._unlock()

    def _judge(self, reason: str) -> Verdict:
        return judge(
            self.counts,
            self.host,
            reason,
            self.first_failure,
            measures=self.measures,
            baseline=self.baseline,
            limits=self.limits,
            today=self.started.date(),
        )

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
            "verdict": verdict.outcome.verdict if verdict else None,
            "outcome": verdict.outcome.name.lower() if verdict else None,
            "exit_code": int(verdict.outcome) if verdict else None,
            "message": verdict.message if verdict else None,
            "findings": [
                {"check": found.check, "outcome": found.outcome.name.lower(), "message": found.message}
                for found in (verdict.findings if verdict else ())
            ],
            "arguments": self.spider.arguments,
            "scope": self.scope,
            "declared": self.limits.declared(self.started.date()),
            "started": self.started.isoformat(timespec="milliseconds"),
            "finished": self.finished.isoformat(timespec="milliseconds") if self.finished else None,
            "timings": self._timings(),
            "resumed": [run.id for run in self.resumed],
            "counts": asdict(self.counts),
            "measures": self.measures.as_json(),
            "baseline": self.baseline.as_json(),
            "archive": self.archive.report() if self.archive else None,
            "bytes": {name: self._bytes(name) for name in ("request", "response")},
            "versions": versions(),
            "dataset": str(self.run.dataset),
            "folder": str(self.run.path),
        }

    def _timings(self) -> dict[str, float]:
        """Seconds of crawling, and of writing the run's own files."""
        marks = (self.started, self.crawled or self.finished, self.finished)
        spans = zip(("crawl", "write"), pairwise(marks), strict=True)
        return {name: round((end - begin).total_seconds(), 3) for name, (begin, end) in spans if begin and end}

    def _bytes(self, name: str) -> int:
        """Bytes that were sent or received, headers included; what was taken over did not come over the wire."""
        value = self.crawler.stats.get_value
        taken_over = value(Stat.RESUMED_BYTES, 0) if name == "response" else 0
        return max(int(value(f"downloader/{name}_bytes", 0)) - int(taken_over), 0)


def _is_not_told_otherwise(record: logging.LogRecord) -> bool:
    """Let pass what Scrapy logs, but for the traceback of a disk that fails: the run's end tells that in one line."""
    return not (record.exc_info and isinstance(record.exc_info[1], OSError))
