"""The limits of one run, ``CLOSESPIDER_…``, counted over all workers."""

from collections.abc import Iterator, MutableMapping

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.http import Response

from filmscrape.fleet.keeper import WorkerKeeper
from filmscrape.runs.budget import Budget


class SharedBudget(Budget):
    """The project's own budget; what one worker asks for, all have asked for."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self.counter = _Counter(crawler)  # type: ignore[assignment]  # what Scrapy adds one to

    def page_count(self, response: Response, request: Request, spider: Spider) -> None:
        """Count an answer; who finds the limit passed ends too, be it that whoever reached it has died."""
        super().page_count(response, request, spider)
        most = self.close_on["pagecount"]
        if most and self.counter["pagecount"] > most and not WorkerKeeper.of(self.crawler).is_ending:
            self._close_spider("closespider_pagecount")

    def _close_spider(self, reason: str) -> None:
        keeper = WorkerKeeper.of(self.crawler)
        with keeper.watched():
            keeper.end_all(reason)
        super()._close_spider(reason)


class _Counter(MutableMapping[str, int]):
    """Numbers that all workers add to."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler  # an extension, as the keeper is: it has to be there before it can find others
        self._known: dict[str, int] = {}

    def __getitem__(self, name: str) -> int:
        return self._known.get(name, 0)

    def __setitem__(self, name: str, value: int) -> None:
        step = value - self._known.get(name, 0)
        keeper = WorkerKeeper.of(self._crawler)
        with keeper.watched():
            self._known[name] = keeper.board.count(f"budget {name}", step)

    def __delitem__(self, name: str) -> None:
        del self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)
