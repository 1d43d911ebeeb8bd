"""One line that tells how far the crawl is, on a terminal and nowhere else."""

import sys
from typing import Self

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured

from filmscrape.runs.keeper import RunKeeper
from filmscrape.runs.stats import Stat


class ProgressLine:
    """Scrapy extension: events known, read and lost so far, on standard error while the crawl lasts.

    Off where standard error is no terminal (a pipe, a log file) and where INFO lines tell the same.
    """

    def __init__(self, crawler: Crawler) -> None:
        if not sys.stderr.isatty() or crawler.settings["LOG_LEVEL"] in ("INFO", "DEBUG"):
            raise NotConfigured
        from rich.console import Console  # only where there is a terminal

        self._crawler = crawler
        self._status = Console(stderr=True).status("")

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
        """Say how far the crawl is."""
        stats, keeper = self._crawler.stats, RunKeeper.of(self._crawler)
        self._status.update(
            f"{keeper.run.source}: {len(keeper.worklist)} events known, {stats.get_value(Stat.FETCHED, 0)} read, "
            f"{stats.get_value(Stat.FAILED, 0)} failed"
        )

    def stop(self) -> None:
        """Take the line away."""
        self._status.stop()
