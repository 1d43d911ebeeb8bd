"""What a worker counts: for itself, and for the account of the request that it is counted of."""

from typing import Any

from scrapy.statscollectors import MemoryStatsCollector

from filmscrape.fleet.account import current


class WorkerStats(MemoryStatsCollector):
    """Scrapy's stats, that also go to the account of the request; the run's sums are made of the accounts."""

    def inc_value(self, key: str, count: int = 1, start: int = 0, spider: Any = None) -> None:  # noqa: ARG002
        """Count, here and in the account; scrapy-redis names the spider, which Scrapy has no use for any more."""
        super().inc_value(key, count, start)
        account = current.get()
        if account is not None and key.startswith("filmscrape/"):
            account.stats[key] += count
