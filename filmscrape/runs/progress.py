"""One line that tells how far the crawl is, on a terminal and nowhere else."""

import atexit
import logging
import sys
from collections.abc import Mapping, Sequence
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING, Any, Self

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured

from filmscrape.runs.history import spoken
from filmscrape.runs.keeper import RunKeeper
from filmscrape.runs.stats import Stat

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

_EVERY = 0.2  # seconds between two looks: more often than that nobody reads
_SURE_AFTER = 10  # event pages, before which a rate says little of the rest


class ProgressLine:
    """Scrapy extension: events, pages, losses, rate and time left, on standard error while the crawl lasts.

    Off where standard error is no terminal (a pipe, a log file). Log lines are printed above it.
    """

    def __init__(self, crawler: Crawler) -> None:
        if not sys.stderr.isatty():
            raise NotConfigured
        from rich.console import Console  # only where there is a terminal
        from rich.live import Live
        from rich.spinner import Spinner

        self._crawler = crawler
        self._console = Console(stderr=True)
        self._spinner = Spinner("dots")
        self._parts = [""]  # the source, and what is said of it
        self._live = Live(console=self._console, get_renderable=self._line, refresh_per_second=8, transient=True)
        self._diverted: list[tuple[logging.StreamHandler[Any], Any]] = []
        self._began: float | None = None  # with the first event page, on the clock of `monotonic`
        self._next = 0.0

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build the line for a crawl."""
        line = cls(crawler)
        crawler.signals.connect(line.start, signal=signals.spider_opened)
        crawler.signals.connect(line.update, signal=signals.response_received)
        crawler.signals.connect(line.stop, signal=signals.spider_closed)
        return line

    def start(self) -> None:
        """Show the line, and have what is logged printed above it."""
        self.update()
        for handler in logging.root.handlers:
            if isinstance(handler, logging.StreamHandler) and handler.stream is sys.stderr:
                self._diverted.append((handler, handler.setStream(_Above(self._console))))
        atexit.register(self.stop)  # after a second Ctrl-C nobody says that the spider is closed
        self._live.start()

    def update(self) -> None:
        """Say how far the crawl is, a few times a second at most."""
        now = monotonic()
        if now < self._next:
            return
        self._next = now + _EVERY
        keeper, stats = RunKeeper.of(self._crawler), self._crawler.stats.get_stats()
        if self._began is None and stats.get(Stat.FETCHED):
            self._began = now
        seconds = now - self._began if self._began is not None else 0.0
        self._parts = [f"{keeper.run.source}:", *progress(stats, keeper.worklist.fates(), seconds)]

    def stop(self) -> None:
        """Take the line away; twice is no fault."""
        atexit.unregister(self.stop)
        self._live.stop()
        while self._diverted:
            handler, stream = self._diverted.pop()
            handler.setStream(stream)

    def _line(self) -> "Text":
        from rich.text import Text

        source, *parts = self._parts
        frame = str(self._spinner.render(self._console.get_time()))
        room = self._console.width - len(source) - 4  # the frame, the spaces between, and one for the cursor
        line = Text.assemble(frame, f" {source} {fitted(parts, room)}")
        line.no_wrap, line.overflow = True, "ellipsis"
        return line


class _Above:
    """A stream that prints above the line, long lines as they are: they are cut by nobody, and can be copied."""

    def __init__(self, console: "Console") -> None:
        self._console = console

    def write(self, text: str) -> None:
        self._console.print(text.removesuffix("\n"), soft_wrap=True, markup=False, highlight=False, emoji=False)

    def flush(self) -> None:
        """Nothing waits."""


def fitted(parts: Sequence[str], room: int) -> str:
    """Join what there is to say in so many characters.

    What is left out of a narrow terminal comes from the middle: how far it is and how long it takes are at the ends.
    """
    kept = list(parts)
    while len(kept) > 2 and len(", ".join(kept)) > room:
        kept.pop(-2)
    return ", ".join(kept)


def progress(stats: Mapping[str, Any], fates: Mapping[str, int], seconds: float) -> list[str]:
    """Tell how far a crawl is: ``230 of 685 events``, ``456 pages``, ``0 rejected``, ``4.2 a second``, ….

    :param stats: Scrapy's stats.
    :param fates: how many events met which fate, as the work list has it.
    :param seconds: since the first event's page was there.
    """
    waiting = fates.get("asked", 0)
    done = sum(fates.get(fate, 0) for fate in ("fetched", "failed", "spared"))
    rejected = stats.get(Stat.REJECTED, 0) + stats.get(Stat.UNREADABLE, 0)
    failed = stats.get(Stat.FAILED, 0)
    parts = [f"{done} of {done + waiting} events", f"{rejected} rejected"]
    parts += [f"{failed} failed"] if failed else []
    parts.append(f"{stats.get(Stat.FETCHED, 0) + stats.get(Stat.DISCOVERY_FETCHED, 0)} pages")
    if done >= _SURE_AFTER and seconds > 0:
        rate = done / seconds
        parts.append(f"{rate:.1f} a second")
        if waiting:
            parts.append(f"{spoken(timedelta(seconds=waiting / rate))} left")
    return parts
