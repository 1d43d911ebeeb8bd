"""One time for all workers: what a host is asked in a while, and when it is left alone, is theirs together."""

from asyncio import sleep
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler

from filmscrape.fleet.keeper import WorkerKeeper
from filmscrape.fleet.scheduler import UNASKED
from filmscrape.patience import CrawlEnds, PatienceMiddleware

_STEP = 1.0  # seconds; a wait ends that much later, at most, than the crawl is told to


class SharedPatience(PatienceMiddleware):
    """The project's own middleware, whose waits are taken from a clock that all workers share.

    The time between two requests is the delay of Scrapy's own slot, which ``AUTOTHROTTLE_ENABLED`` adapts to what the
    host bears, or what robots.txt asks for, whichever is longer.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._delay = crawler.settings.getfloat("DOWNLOAD_DELAY")

    async def process_request(self, request: Request) -> None:
        """Wait for the host's time.

        :raises CrawlEnds: the crawl was told to end in the meantime; others are to have the request.
        """
        host, keeper = urlsplit(request.url).netloc, WorkerKeeper.of(self._crawler)
        while not keeper.is_ending and not self._is_ending():
            left = _STEP
            with keeper.watched():
                left = keeper.board.claim(host, self._step(host))
            if not left:
                return
            await sleep(min(left, _STEP))
        request.meta[UNASKED] = True
        raise CrawlEnds("the crawl was told to end before the host's time had come")

    def _step(self, host: str) -> float:
        engine = self._crawler.engine
        slot = engine.downloader.slots.get(urlsplit(f"//{host}").hostname or host) if engine is not None else None
        return max(self._delay, slot.delay if slot is not None else 0.0, self._spacing.get(host, 0.0))

    def _pause(self, host: str, seconds: float) -> None:
        if seconds > 0:
            keeper = WorkerKeeper.of(self._crawler)
            with keeper.watched():
                keeper.board.pause(host, seconds)
