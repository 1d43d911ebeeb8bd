"""Let pass only what the contract allows."""

import logging
from typing import Self

from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem

from filmscrape.interpret import interpret
from filmscrape.items import ScrapedEvent
from filmscrape.logs import logfmt
from filmscrape.plain import Record
from filmscrape.runs.keeper import RunKeeper
from filmscrape.runs.stats import Stat
from filmscrape.validation import errors_of, event_id, record_of, sighting_of

logger = logging.getLogger(__name__)


class ValidatePipeline:
    """:class:`ScrapedEvent` → a record: the fields of an event, or of a sighting for a card or a calendar entry.

    It goes on as plain values, so that a pipeline of one's own takes it as any other item.
    What does not validate costs one line of ``rejected.jsonl``, with every error.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._run = RunKeeper.of(crawler).run
        self._count = crawler.stats.inc_value

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build the pipeline for a crawl."""
        return cls(crawler)

    def process_item(self, item: ScrapedEvent) -> Record:
        """Validate one item, or drop it with a reason."""
        is_page = item.origin == "page"
        try:
            meaning = interpret(item)
            record = record_of(item, meaning, self._run.id) if is_page else sighting_of(item, meaning)
        except Exception as fault:
            self._count(Stat.REJECTED if is_page else Stat.SIGHTINGS_REJECTED)
            self._run.reject(item.url, event_id(item.source, item.url), errors_of(fault), origin=item.origin)
            next_step = f"its line in {self._run.path / 'rejected.jsonl'} names the fields"
            logger.warning("%s", logfmt("record rejected", url=item.url, origin=item.origin, next=next_step))
            raise DropItem(item.url, "DEBUG") from None  # at that level only: Scrapy logs the whole item with it
        for problem in meaning.problems:
            self._count(Stat.PROBLEMS + (problem.field if is_page else f"{item.origin}.{problem.field}"))
        self._count(Stat.VALID if is_page else Stat.SIGHTINGS)
        return record
