"""``scrapy status``: how the last runs went, and whether the dataset is as young as it should be."""

import argparse
import json
import sys
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from scrapy.spiderloader import SpiderLoader

from filmscrape.commandline import OfflineCommand
from filmscrape.logs import one_line
from filmscrape.runs.history import History, PastRun, age_of, read_age, spoken, stamp
from filmscrape.runs.outcome import Outcome
from filmscrape.runs.stored import runs_of, sources_of

_HEADINGS = ("source", "run", "started", "verdict", "exit", "events", "changes", "seconds", "message")
_NUMBERS = frozenset({"exit", "events", "changes", "seconds"})
# On a terminal that is narrower than this, what --json has too: the run's id begins with when it began.
_ROOMY = 120
_LEFT_OUT = frozenset({"started", "changes", "seconds"})


class Command(OfflineCommand):
    """Show the last runs.

    :param now: the time to count ages from; the clock's where there is none.
    """

    def __init__(self, now: datetime | None = None) -> None:
        super().__init__()
        self._now = now or datetime.now(UTC)

    def syntax(self) -> str:
        """Name the command's arguments."""
        return "[options] [<source> ...]"

    def short_desc(self) -> str:
        """Say in one line what the command does."""
        return "Show the last runs and the age of the last accepted one"

    def long_desc(self) -> str:
        """Say what makes a dataset young, with an example."""
        return (
            "Show how the last runs of each source went, the newest first, and when its dataset was last published: by "
            "an accepted or a degraded run of the whole site. A replay, a web archive (wayback=) and single events "
            "(only=, max_events=) do not make it younger. With --max-age, exits 10 where it is older or there is none. "
            "Example: scrapy status festival --max-age 36h"
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add how many, how old, and in which shape."""
        super().add_options(parser)
        parser.add_argument("--last", metavar="N", default="10", help="show so many runs of each source (default: 10)")
        parser.add_argument(
            "--max-age", metavar="TIME", help="exit 10 where a dataset is older: 90m (minutes), 36h, 2d, 1w"
        )
        parser.add_argument("--json", action="store_true", help="print the same as one JSON document")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Show the runs, and complain of what is too old."""
        try:
            limit = read_age(opts.max_age) if opts.max_age is not None else None
            last = _read_number(opts.last)
            histories = self._histories(args)
        except (LookupError, ValueError) as wrong:
            self.end(Outcome.USAGE, str(wrong.args[0]))
            return
        except OSError as fault:
            self.end(Outcome.INTEGRITY, f"cannot read {fault.filename}: {fault.strerror or fault}")
            return
        complaints = self._complaints(histories, limit)
        if opts.json:
            print(json.dumps(self._document(histories, last, limit), ensure_ascii=False, indent=2))
        elif histories:
            with suppress(SystemExit):  # how rich ends where nobody reads the pipe any more
                self._print(histories, last)
        if complaints:
            rest = (
                f"allowed: {opts.max_age.strip()}; docs/runbook.md tells what the exit codes of the last runs ask for"
            )
            self.end(Outcome.DEGRADED, "; ".join([*complaints, rest]))
        elif not histories:
            self.end(Outcome.USAGE, f"there is no run and no dataset in {self.output.absolute()}")

    def _histories(self, names: list[str]) -> list[History]:
        there = sources_of(self.output)
        if missing := [name for name in names if name not in there]:
            assert self.settings is not None
            spiders = SpiderLoader.from_settings(self.settings).list()
            if unknown := [name for name in missing if name not in spiders]:
                known = ", ".join(sorted({*there, *spiders})) or "none"
                raise LookupError(f"there is no source {unknown[0]!r} (sources: {known})")
        return [History.of(name, runs_of(self.output, name)) for name in dict.fromkeys(names or there)]

    def _complaints(self, histories: list[History], limit: timedelta | None) -> list[str]:
        if limit is None:
            return []
        if not histories:
            return [f"there is no run and no dataset in {self.output.absolute()}"]
        return [text for history in histories if (text := history.complaint(limit, self._now))]

    # ------------------------------------------------------------------ JSON
    def _document(self, histories: list[History], last: int, limit: timedelta | None) -> dict[str, Any]:
        return {
            "now": stamp(self._now),
            "max_age_seconds": int(limit.total_seconds()) if limit else None,
            "sources": [
                {
                    "source": history.source,
                    "runs": len(history.runs),
                    "last_published": self._short(history.published),
                    "last_accepted": self._short(history.accepted),
                    "is_too_old": history.complaint(limit, self._now) is not None if limit else None,
                }
                for history in histories
            ],
            "runs": [run.as_json() for history in histories for run in history.runs[:last]],
        }

    def _short(self, run: PastRun | None) -> dict[str, Any] | None:
        if run is None:
            return None
        age = int(age_of(run, self._now).total_seconds())
        return {"run_id": run.run_id, "finished": stamp(run.finished), "age_seconds": age}

    # ------------------------------------------------------------------ table
    def _print(self, histories: list[History], last: int) -> None:
        from rich import box
        from rich.console import Console
        from rich.table import Table

        # A message in a pipe is never cut short.
        width = None if sys.stdout.isatty() else 4096
        console = Console(file=sys.stdout, width=width, highlight=False, soft_wrap=True, markup=False)
        table = Table(box=box.SIMPLE if console.is_terminal else None, pad_edge=False)
        shown = [at for at, heading in enumerate(_HEADINGS) if console.width >= _ROOMY or heading not in _LEFT_OUT]
        for heading in (_HEADINGS[at] for at in shown):
            table.add_column(heading, justify="right" if heading in _NUMBERS else "left", overflow="fold")
        for history in histories:
            for run in history.runs[:last]:
                row = _row(run)
                table.add_row(*(row[at] for at in shown))
        console.print(table)
        for history in histories:
            published, accepted = self._told(history.published), self._told(history.accepted)
            console.print(f"{history.source}: last published {published}; last accepted {accepted}")

    def _told(self, run: PastRun | None) -> str:
        return f"{stamp(run.finished)} ({spoken(age_of(run, self._now))} ago)" if run else "never"


def _row(run: PastRun) -> list[str]:
    seconds = None if run.seconds is None else f"{run.seconds:.1f}"
    cells = (stamp(run.started), run.verdict, run.exit_code, run.events, run.changes, seconds)
    message = run.message if run.is_whole else f"(not of the whole site) {run.message}".rstrip()
    return [
        one_line(run.source),
        one_line(run.run_id),
        *("-" if cell is None else str(cell) for cell in cells),
        one_line(message),
    ]


def _read_number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text[:10]) < 10**6:
        raise ValueError(f"--last {text!r} is no number of runs: write 1 or more")
    return int(text)
