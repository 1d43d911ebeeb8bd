"""``scrapy crawl``, with an exit code that tells what came of the run.

Scrapy's own exits 0 whatever happened once it has started. The codes are those of
:class:`~filmscrape.runs.outcome.Outcome`; a code other than 0 comes with one line on standard error.
"""

import argparse
import gc
import json
import logging
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NoReturn

from scrapy.commands import ScrapyCommand
from scrapy.crawler import Crawler
from scrapy.exceptions import UsageError
from scrapy.utils.conf import arglist_to_dict
from scrapy.utils.ossignal import install_shutdown_handlers

from filmscrape.bounds import check_bounds
from filmscrape.commandline import HelpFormatter
from filmscrape.logs import one_line
from filmscrape.runs.faults import LedgerUnusable, RunUnreadable
from filmscrape.runs.limits import Limits
from filmscrape.runs.lock import SourceLocked
from filmscrape.runs.outcome import CannotBegin, Outcome
from filmscrape.runs.ping import Ping
from filmscrape.runs.summary import print_summary

# Objects that come to be until Python looks for cycles among the newest; and how many of these looks make a deeper one.
# A page takes some thousands for a moment, and Python's 700 made it look a dozen times a page, for nothing.
_COLLECT_AFTER, _DEEPER = 20_000, 20


class Command(ScrapyCommand):
    """Crawl one source."""

    requires_project = True
    _as_json = False

    def syntax(self) -> str:
        """Name the command's arguments."""
        return "[options] <spider>"

    def short_desc(self) -> str:
        """Say in one line what the command does."""
        return "Harvest a source, publish its dataset, and exit with a code that tells how it went"

    def long_desc(self) -> str:
        """Say what comes of it, with examples."""
        return (
            "Ask a source for its events, keep every answer, judge the run, and join what it read to the dataset in "
            "<OUTPUT_DIR>/<spider>. The exit code tells how it went: 0 accepted, 10 published with a warning, 11 and "
            "15 to be gone on with; docs/runbook.md has them all. README.md lists the arguments for -a. "
            "Examples: scrapy crawl festival; scrapy crawl festival -a only=here,casablanca -s OUTPUT_DIR=/tmp/try; "
            "scrapy crawl festival --json"
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add ``-a`` to Scrapy's own options; a run writes its files itself, so there are no ``-o`` and ``-O``."""
        super().add_options(parser)
        parser.formatter_class = HelpFormatter
        parser.error = self._wrong  # type: ignore[method-assign]
        parser.add_argument(
            "-a",
            dest="spargs",
            action="append",
            default=[],
            metavar="NAME=VALUE",
            help="set spider argument (may be repeated)",
        )
        parser.add_argument("--json", action="store_true", help="print what run.json says in place of the table")

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Read the options; a wrong one is one line and exit code 2."""
        try:
            super().process_options(args, opts)
        except UsageError as wrong:
            self._wrong(str(wrong))
        try:
            opts.spargs = arglist_to_dict(opts.spargs)
        except ValueError:
            self._wrong("invalid -a value, use -a NAME=VALUE")
        assert self.settings is not None
        level = str(self.settings["LOG_LEVEL"]).upper()
        if level not in logging.getLevelNamesMapping():
            self._wrong(f"unknown log level {level}")
        self.settings.set("LOG_LEVEL", level, priority="cmdline")
        self._check_log_file(self.settings["LOG_FILE"])

    def _check_log_file(self, path: str | None) -> None:
        """Open the log before Scrapy does, whose traceback tells the same in forty lines."""
        try:
            if path:
                open(path, "ab").close()
        except OSError as fault:
            sys.exit(self._end(Outcome.CANNOT_WRITE, f"cannot write {path}: {fault.strerror}"))

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Run the spider that is named, and keep the exit code for ``scrapy``."""
        assert self.crawler_process is not None
        names = self.crawler_process.spider_loader.list()
        unknown = [arg for arg in args if arg.startswith("-")]
        if unknown:
            self.exitcode = self._refuse(f"there is no option {unknown[0]}; see scrapy crawl -h")
            return
        if len(args) != 1 or args[0] not in names:
            asked = f"no spider {args[0]!r}" if len(args) == 1 else "name one spider"
            self.exitcode = self._refuse(f"{asked}; there are: {', '.join(names)}")
            return
        spider = self.crawler_process.spider_loader.load(args[0])
        try:
            spider.check_arguments(**opts.spargs)  # type: ignore[attr-defined]
            Limits.from_settings(self.crawler_process.settings)
            check_bounds(self.crawler_process.settings)
        except ValueError as wrong:
            self.exitcode = self._refuse(str(wrong))
            return
        self._as_json = bool(opts.json)
        crawler = self.crawler_process.create_crawler(spider)
        try:
            self.exitcode = Ping.from_environment().around(lambda: self._crawl(crawler, opts.spargs))
        except KeyboardInterrupt:  # while the ping before the run was sent
            self.exitcode = self._end(Outcome.INTERRUPTED, "interrupted before it began")

    def _crawl(self, crawler: Crawler, arguments: dict[str, str]) -> int:
        assert self.crawler_process is not None
        self._save_time()
        task: Any = self.crawler_process.crawl(crawler, **arguments)
        try:
            self.crawler_process.start()
        except KeyboardInterrupt:  # before Scrapy's own handlers were in place
            return self._end(Outcome.INTERRUPTED, "interrupted")
        finally:
            # How the run ended is settled. A signal while Python ends, which puts Scrapy's handlers away before it is
            # gone, would make another exit code of it.
            install_shutdown_handlers(signal.SIG_IGN)
        fault = task.exception() if task.done() and not task.cancelled() else None
        if isinstance(fault, CannotBegin):
            return self._end(fault.outcome, str(fault))
        if isinstance(fault, SourceLocked):
            return self._end(Outcome.LOCKED, f"{fault}; nothing was asked of the site")
        if isinstance(fault, LedgerUnusable):
            return self._end(fault.outcome, f"{fault}; {fault.remedy}")
        if isinstance(fault, RunUnreadable):
            again = "the ledger is lost and cannot be made again of the runs; scrapy verify tells more"
            return self._end(Outcome.INTEGRITY, f"cannot read {fault.filename}: {fault.strerror}: {again}")
        if isinstance(fault, OSError):
            where = fault.filename or crawler.settings["OUTPUT_DIR"]
            return self._end(Outcome.CANNOT_WRITE, f"cannot write {where}: {fault.strerror or fault}")
        if fault is not None:
            logging.getLogger(__name__).debug("The crawl could not be started", exc_info=fault)
            return self._end(Outcome.FAULT, f"cannot start: {type(fault).__name__}: {fault}")
        return self._closing(crawler)

    def _save_time(self) -> None:
        """Leave out what the process does for each page to no purpose."""
        assert self.settings is not None
        gc.freeze()  # the program itself stays to the end
        gc.set_threshold(_COLLECT_AFTER, _DEEPER, _DEEPER)
        # Scrapy makes a record of every page and item, for its handlers to throw away.
        logging.getLogger("scrapy.core").setLevel(self.settings["LOG_LEVEL"])

    def _closing(self, crawler: Crawler) -> int:
        """Tell how the run ended, from what its keeper found."""
        from filmscrape.runs.keeper import RunKeeper  # heavy, and loaded by the crawl anyway

        keeper = RunKeeper.of(crawler)
        verdict = keeper.verdict
        if verdict is None or keeper.finished is None:  # killed by a second Ctrl-C
            return self._end(Outcome.INTERRUPTED, "interrupted; nothing was published")
        if self._as_json:
            whole = {**keeper.report(), "published": keeper.run.published}
            _print(lambda: print(json.dumps(whole, ensure_ascii=False, indent=2)))
        elif keeper.counts.listed and verdict.outcome is not Outcome.CANNOT_WRITE:
            _print(lambda: print_summary(keeper.report(), sys.stdout))
        if not verdict.outcome.publishes:
            state = "is as it was" if keeper.run.dataset.exists() else "was not written"
            return self._end(verdict.outcome, f"{verdict.message}; {keeper.run.dataset} {state}")
        if verdict.outcome is Outcome.DEGRADED:
            return self._end(verdict.outcome, f"degraded: {verdict.message}; {keeper.run.dataset} was published")
        return int(verdict.outcome)

    def _wrong(self, message: str) -> NoReturn:
        sys.exit(self._refuse(message))

    def _refuse(self, message: str) -> int:
        return self._end(Outcome.USAGE, message)

    @staticmethod
    def _end(outcome: Outcome, message: str) -> int:
        _print(lambda: print(f"scrapy crawl: {one_line(message)}", file=sys.stderr))
        return int(outcome)


def _print(say: Callable[[], object]) -> None:
    """Say something, if there is anybody to hear it: whether there is changes nothing of how the run ended."""
    try:
        with suppress(SystemExit):  # how rich ends where nobody reads the pipe any more
            say()
        sys.stdout.flush()
    except OSError:
        # What is still to be flushed when the program ends would fail again, and make its exit code 120.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
