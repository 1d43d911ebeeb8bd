"""One time for all workers: what a host is asked in a while, and when it is left alone, is theirs together."""

from asyncio import sleep
from typing import NoReturn
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest

from filmscrape.fleet.keeper import WorkerKeeper
from filmscrape.fleet.queue import TAKEN
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
        self._tries = crawler.settings.getint("LEASE_TRIES")
        self._delay = crawler.settings.getfloat("DOWNLOAD_DELAY")

    async def process_request(self, request: Request) -> None:
        """Wait for the host's time.

        :raises CrawlEnds: the crawl was told to end in the meantime; others are to have the request.
        :raises IgnoreRequest: one worker after the other has died of it.
        """
        if request.meta.get(TAKEN, 1) > self._tries:
            raise IgnoreRequest(f"{self._tries} workers took it and did not come back")
        host = urlsplit(request.url).netloc
        keeper, step = WorkerKeeper.of(self._crawler), self._step(host)
        while not keeper.is_ending:
            with keeper.watched():
                if step or keeper.board.paused(host):
                    await self._wait(request, keeper.board.reserve(host, step))
                if not keeper.board.paused(host):
                    return
        self._end(request)

    async def _wait(self, request: Request, seconds: float) -> None:
        while seconds > 0:
            if self._is_ending():
                self._end(request)
            await sleep(min(seconds, _STEP))
            seconds -= _STEP

    def _end(self, request: Request) -> NoReturn:
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
