"""One line that tells how far the crawl is, on a terminal and nowhere else."""

import sys
from collections.abc import Mapping
from datetime import timedelta
from time import monotonic
from typing import Any, Self

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured

from filmscrape.runs.history import spoken
from filmscrape.runs.keeper import RunKeeper
from filmscrape.runs.stats import Stat

_EVERY = 0.2  # seconds between two looks: more often than that nobody reads
_SURE_AFTER = 10  # event pages, before which a rate says little of the rest


class ProgressLine:
    """Scrapy extension: events, pages, losses, rate and time left, on standard error while the crawl lasts.

    Off where standard error is no terminal (a pipe, a log file) and where INFO lines tell the same.
    """

    def __init__(self, crawler: Crawler) -> None:
        if not sys.stderr.isatty() or crawler.settings["LOG_LEVEL"] in ("INFO", "DEBUG"):
            raise NotConfigured
        from rich.console import Console  # only where there is a terminal

        self._crawler = crawler
        self._status = Console(stderr=True).status("")
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
        """Show the line."""
        self.update()
        self._status.start()

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
        self._status.update(progress(keeper.run.source, stats, keeper.worklist.fates(), seconds))

    def stop(self) -> None:
        """Take the line away."""
        self._status.stop()


def progress(source: str, stats: Mapping[str, Any], fates: Mapping[str, int], seconds: float) -> str:
    """Tell how far a crawl is: ``festival: 230 of 685 events, 1 failed, 4.2 a second, 1 min 48 s left``.

    :param stats: Scrapy's stats.
    :param fates: how many events met which fate, as the work list has it.
    :param seconds: since the first event's page was there.
    """
    waiting = fates.get("asked", 0)
    done = sum(fates.get(fate, 0) for fate in ("fetched", "failed", "spared"))
    lost = {
        "rejected": stats.get(Stat.REJECTED, 0) + stats.get(Stat.UNREADABLE, 0),
        "failed": stats.get(Stat.FAILED, 0),
    }
    parts = [f"{done} of {done + waiting} events"]
    if not done:
        parts.append(f"{stats.get(Stat.DISCOVERY_FETCHED, 0)} list pages")
    parts += [f"{number} {name}" for name, number in lost.items() if number]
    if done >= _SURE_AFTER and seconds > 0:
        rate = done / seconds
        parts.append(f"{rate:.1f} a second")
        if waiting:
            parts.append(f"{spoken(timedelta(seconds=waiting / rate))} left")
    return f"{source}: {', '.join(parts)}"
