"""Write what a run found."""

from datetime import UTC, datetime
from typing import Self

from scrapy.crawler import Crawler

from filmscrape.plain import Record
from filmscrape.runs.dataset import write_events
from filmscrape.runs.keeper import RunKeeper
from filmscrape.runs.readings import write_readings
from filmscrape.runs.stats import Stat


class WritePipeline:
    """Write the run's records and readings when the crawl is over; publishing is the keeper's business."""

    def __init__(self, crawler: Crawler) -> None:
        self._keeper = RunKeeper.of(crawler)
        self._count = crawler.stats.inc_value

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build the pipeline for a crawl."""
        return cls(crawler)

    def process_item(self, record: Record) -> Record:
        """Pass the record on: nothing is written before all is known."""
        return record

    def close_spider(self) -> None:
        """Merge, sort and write."""
        self._keeper.crawled = datetime.now(UTC)
        with self._keeper.guarded():
            written = write_events(self._keeper.spool, self._keeper.venues, self._keeper.run.events)
            self._count(Stat.CONFLICTS, written.conflicts)
            self._count(Stat.DUPLICATES, -written.forked)  # no second page of one event: the page of another
            self._keeper.forked = written.forked
            self._keeper.written = written.lines
            keeper = self._keeper
            write_readings(
                keeper.run.readings, keeper.spool, keeper.same, keeper.listed(), keeper.answers_now(), keeper.facts()
            )
            keeper.spool.remove()
