"""``scrapy replay``: read stored captures again, and show what that changes in the dataset."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from concurrent.futures import BrokenExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrapy.spiderloader import SpiderLoader

from filmscrape.archive.difference import print_difference
from filmscrape.commandline import OfflineCommand
from filmscrape.runs.faults import LedgerUnusable, RunUnreadable
from filmscrape.runs.lock import SourceLocked
from filmscrape.runs.outcome import Outcome
from filmscrape.runs.stored import find_run, runs_of
from filmscrape.runs.summary import print_summary
from filmscrape.spiders.base import EventSpider

if TYPE_CHECKING:
    from filmscrape.archive.extraction import Archive
    from filmscrape.archive.replay import Replay

_EXAMPLES = 3  # of each field and kind of change


class Command(OfflineCommand):
    """Read WARC files again."""

    def syntax(self) -> str:
        """Name the command's arguments."""
        return "[options] <WARC file | run id | run folder> ..."

    def short_desc(self) -> str:
        """Say in one line what the command does."""
        return "Read stored captures again, without a network, and show what that changes in the dataset"

    def long_desc(self) -> str:
        """Say it with an example."""
        return (
            "Feed the answers in WARC files, one's own or those of others, through the same pages and checks as a "
            "crawl. The records stand in a run folder of their own; the dataset is changed with --publish only. Exits "
            "18 where a file is damaged. Example: scrapy replay old.warc.gz --source festival --jobs 2"
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add what to read, and what to do with it."""
        super().add_options(parser)
        parser.add_argument("--all", action="store_true", help="read all runs of all sources, or of --source")
        parser.add_argument("--source", metavar="NAME", help="look for the pages of this source only")
        parser.add_argument("--host", metavar="HOST", action="append", default=[],
                            help="a host that stood for the site: a mirror (may be repeated)")  # fmt: skip
        parser.add_argument("--publish", action="store_true", help="join what was read to the dataset")
        parser.add_argument("--jobs", metavar="N", type=_positive, help="processes (default: one a processor)")
        parser.add_argument("--examples", metavar="N", type=_number, default=_EXAMPLES,
                            help="examples of each kind of change (default: %(default)s)")  # fmt: skip
        parser.add_argument("--json", action="store_true", help="print what run.json says, as one JSON document")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Read, compare, publish where that is wanted, and tell."""
        from filmscrape.archive.replay import Replay

        try:
            sources = self._sources(opts.source)
            hosts = frozenset(host.lower() for host in opts.host)
            found = self._archives(args, sources, every=opts.all)
            archives = [replace(archive, hosts=archive.hosts | hosts) for archive in found]
        except LookupError as wrong:
            self.end(Outcome.USAGE, str(wrong.args[0]))
            return
        replay = Replay(self.output, sources, opts.jobs or processors(), publish=opts.publish, examples=opts.examples)
        try:
            replay.read(archives)
            reports = list(replay.finish())
        except RunUnreadable as fault:
            self.end(Outcome.INTEGRITY, f"{fault.filename}: {fault.strerror}; scrapy verify tells more")
            return
        except OSError as fault:
            self.end(Outcome.CANNOT_WRITE, f"{fault.filename or self.output}: {fault.strerror or fault}")
            return
        except SourceLocked as busy:
            self.end(Outcome.LOCKED, f"{busy}; nothing was published")
            return
        except LedgerUnusable as fault:
            self.end(fault.outcome, f"{fault}; {fault.remedy}")
            return
        except BrokenExecutor:
            self.end(Outcome.FAULT, "a process that read was killed, perhaps for want of memory; try --jobs 1")
            return
        except KeyboardInterrupt:
            self.end(Outcome.INTERRUPTED, "interrupted; nothing was published")
            return
        with suppress(SystemExit, BrokenPipeError):  # how printing ends where nobody reads the pipe any more
            self._tell(replay, reports, as_json=opts.json)
        self._judge(replay, reports, publish=opts.publish)

    def _sources(self, wanted: str | None) -> list[type[EventSpider]]:
        assert self.settings is not None
        loader = SpiderLoader.from_settings(self.settings)
        found = [spider for name in sorted(loader.list()) if issubclass(spider := loader.load(name), EventSpider)]
        chosen = [spider for spider in found if wanted in (None, spider.name)]
        if not chosen:
            raise LookupError(f"no source {wanted!r}; there are: {', '.join(spider.name for spider in found)}")
        return chosen

    def _archives(self, args: list[str], sources: Sequence[type[EventSpider]], *, every: bool) -> "list[Archive]":
        """Find the files that are meant, each once.

        :raises LookupError: with one line for the user.
        """
        from filmscrape.archive.replay import archive_of

        if every == bool(args):
            raise LookupError("name WARC files or runs" + (", or all of them with --all, not both" if args else ""))
        paths: list[Path] = []
        for arg in args:
            paths += [Path(arg)] if Path(arg).is_file() else self._files_of(arg)
        if every:
            runs = [run for source in sources for run in runs_of(self.output, source.name)]
            paths = [path for run in runs for path in run.warcs]
            if not paths:
                raise LookupError(f"no run in {self.output} kept its pages")
        try:
            return [archive_of(path, sources) for path in {path.resolve(): path for path in paths}.values()]
        except OSError as fault:
            raise LookupError(f"cannot read {fault.filename}: {fault.strerror}") from None

    def _files_of(self, name: str) -> list[Path]:
        if Path(name).is_dir() and (files := sorted(Path(name).glob("*.warc.gz"))):
            return files  # a run's folder, also one that a killed run left without `run.json`
        try:
            run = find_run(self.output, name)
        except LookupError:
            raise LookupError(f"{name!r} is no file, and no run of {self.output}") from None
        if not run.warcs:
            raise LookupError(f"run {run.id} kept no pages")
        return run.warcs

    # ------------------------------------------------------------------ telling
    def _tell(self, replay: "Replay", reports: Sequence[dict[str, Any]], *, as_json: bool) -> None:
        if as_json:
            print(json.dumps({"sources": reports, **replay.told.as_json()}, ensure_ascii=False, indent=2))
            return
        for report in reports:
            print_summary({**report, "exit_code": 0 if report["published"] else None}, sys.stdout)
            print_difference(report["difference"], sys.stdout)
        others = ", ".join(f"{number} {reason}" for reason, number in sorted(replay.told.others.items()) if number)
        print(f"captures: {replay.told.captures}" + (f"; not read: {others}" if others else ""))
        for place in replay.told.damage:
            print(place)

    def _judge(self, replay: "Replay", reports: Sequence[dict[str, Any]], *, publish: bool) -> None:
        if as_it_was := [report for report in reports if report["exit_code"]]:
            worst = max(as_it_was, key=lambda report: int(report["exit_code"]))
            state = "; nothing was published" if publish else ""
            self.end(Outcome(worst["exit_code"]), f"{worst['message']}{state}")
        elif not reports:
            damaged = len(replay.damaged)
            also = f" and {damaged} damaged place{'s' * (damaged > 1)}" if damaged else ""
            self.end(
                Outcome.INTEGRITY if damaged else Outcome.TOO_FEW_EVENTS,
                f"no page of a source was found among {replay.told.captures} captures{also}",
            )


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _positive(text: str) -> int:
    number = _number(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number above 0")
    return number


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 9):
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number")
    return int(text)
