"""Bring together what a run finds about one event."""

from typing import Self

from scrapy.crawler import Crawler

from filmscrape.plain import Record, is_page
from filmscrape.runs.keeper import RunKeeper
from filmscrape.runs.stats import Stat


class DedupePipeline:
    """Keep each record with the others of its id, on disk; they are merged when the run ends.

    A second page of one id is counted as a duplicate; a sighting never is.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._keeper = RunKeeper.of(crawler)
        self._count = crawler.stats.inc_value

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build the pipeline for a crawl."""
        return cls(crawler)

    def process_item(self, record: Record) -> Record:
        """Keep one record."""
        self._keeper.venues.learn(record["screenings"])
        if not self._keeper.spool.add(record) and is_page(record):
            self._count(Stat.DUPLICATES)
        return record
