"""Write what a run found."""

from datetime import UTC, datetime
from typing import Self

from scrapy.crawler import Crawler

from filmscrape.plain import Record
from filmscrape.runs.dataset import write_events
from filmscrape.runs.keeper import RunKeeper
from filmscrape.runs.readings import writing_readings
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
        keeper = self._keeper
        keeper.crawled = datetime.now(UTC)
        with keeper.guarded():
            with writing_readings(keeper.run.readings, keeper.spool, keeper.notes()) as kept:
                written = write_events(kept, keeper.venues, keeper.run.events)
            self._count(Stat.CONFLICTS, written.conflicts)
            self._count(Stat.DUPLICATES, -written.forked)  # no second page of one event: the page of another
            keeper.forked = written.forked
            keeper.written = written.lines
            keeper.spool.remove()
