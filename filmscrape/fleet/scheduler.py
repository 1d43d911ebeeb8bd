"""The scheduler of a worker: that of scrapy-redis, with leases and without its sleep.

Of scrapy-redis it keeps the settings, the connection of queue and serializer, and the place in Scrapy. What it changes,
and what was measured that made it (docs/scaling.md):

- a request is let go when the engine has done with it and all that came of it is written: until then it is leased;
- filter and queue are one step, in :class:`~filmscrape.fleet.queue.LeaseQueue`;
- a worker that finds the queue empty looks again soon, where the engine does so every five seconds;
- it is not empty, and a worker does not close, while another worker may still come upon something.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.dupefilters import BaseDupeFilter
from scrapy.utils.asyncio import AsyncioLoopingCall, create_looping_call
from scrapy.utils.misc import load_object
from scrapy_redis.scheduler import Scheduler

from filmscrape.fleet.keeper import WorkerKeeper
from filmscrape.fleet.queue import LEASE_NAME, TAKEN, LeaseQueue, Pushed

if TYPE_CHECKING:
    from twisted.internet.task import LoopingCall

UNASKED = "unasked"
"""Key in a request's meta: it was taken and not sent to the site, so others are to have it."""
_LOOK_AGAIN = 0.2  # seconds: an idle worker costs the server five look-ups a second, and the crawl no time
_LISTEN = 1.0  # seconds between two looks at whether another worker ended the run
_RENEWALS = 4  # in the time of a lease: one that is late harms nothing


class LeasingScheduler(Scheduler):  # type: ignore[misc]  # scrapy-redis has no types
    """Gives requests to one worker of a fleet, and takes those that it comes upon."""

    queue: LeaseQueue

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "LeasingScheduler":
        """Build the scheduler of a crawl, on the connection of its keeper."""
        board, settings = WorkerKeeper.of(crawler).board, crawler.settings
        scheduler = cls(
            server=board.server,
            persist=settings.getbool("SCHEDULER_PERSIST"),
            queue_key=board.key("queue"),
            queue_cls=settings["SCHEDULER_QUEUE_CLASS"],
            # Filters nothing: to filter and to queue has to be one step, or a kill between the two loses a page. So the
            # queue does it, and DUPEFILTER_CLASS is not read.
            dupefilter=BaseDupeFilter(),
            serializer=import_module(settings["SCHEDULER_SERIALIZER"]),
        )
        scheduler.crawler, scheduler.stats = crawler, crawler.stats
        return scheduler

    def open(self, spider: Any) -> None:
        """Begin."""
        self.keeper = WorkerKeeper.of(self.crawler)
        self._in_hand: set[str] = set()
        self._alone = ""
        self._loops: list[AsyncioLoopingCall | LoopingCall] = []
        # As scrapy-redis does, without its word to the log, for which it calls what Scrapy has given up.
        self.spider = spider
        self.queue = load_object(self.queue_cls)(self.server, spider, self.queue_key, self.serializer)
        self._let_go_with_the_engine()
        lease = self.crawler.settings.getfloat("LEASE")
        calls = ((self._look_again, _LOOK_AGAIN), (self._renew, lease / _RENEWALS), (self._listen, _LISTEN))
        for call, seconds in calls:
            loop = create_looping_call(call)
            loop.start(seconds, now=False)
            self._loops.append(loop)

    def close(self, reason: str) -> None:
        """End the calls that come again and again; what is queued stays."""
        for loop in self._loops:
            if loop.running:
                loop.stop()
        super().close(reason)

    # ------------------------------------------------------------------ requests
    def enqueue_request(self, request: Request) -> bool:
        """Queue a request; false where the page is asked for under another address, or is one too many."""
        with self.keeper.watched():
            pushed = self.queue.push(request)
            if pushed is Pushed.BOUNDED:
                self.keeper.spider.bounded(f"more than {request.meta['most']} {request.meta['kind']} pages")
            return pushed in (Pushed.NEW, Pushed.KNOWN)
        return True  # it is not known; whatever led to it is not let go of, and will lead to it again

    def next_request(self) -> Request | None:
        """Take the next request; ``None`` where there is none now, or none is to be asked any more.

        What another worker did not come back from is worked on alone: if it kills this one too, nothing else is
        blamed for that.
        """
        if self.keeper.is_ending or self._alone in self._in_hand:
            return None
        with self.keeper.watched():
            request = self.queue.pop()
            if request is None or request.meta[LEASE_NAME] in self._in_hand:
                return None  # its own: it was so slow that the lease ran out
            if request.meta[TAKEN] > 1:
                if self._in_hand:
                    self.queue.give_back(request.meta[LEASE_NAME])
                    return None
                self._alone = request.meta[LEASE_NAME]
            self._in_hand.add(request.meta[LEASE_NAME])
            self.keeper.begin(request)
            return request
        return None

    def has_pending_requests(self) -> bool:
        """Whether anything is to be asked still, by this worker or another."""
        if self.keeper.is_ending:
            return False
        with self.keeper.watched():
            return len(self.queue) > 0
        return False

    # ------------------------------------------------------------------ leases
    def _let_go_with_the_engine(self) -> None:
        """Let go of a request when the engine does.

        Nothing earlier will do: a callback is through before its items are. The engine has no signal for it, so its own
        method is followed (private; a test holds Scrapy to it).
        """
        slot = self.crawler.engine._slot
        assert slot is not None
        forget = slot.remove_request

        def remove_request(request: Request) -> None:
            try:
                self._let_go(request)
            finally:
                forget(request)

        slot.remove_request = remove_request

    def _let_go(self, request: Request) -> None:
        name = request.meta.get(LEASE_NAME, "")
        if name not in self._in_hand:
            return
        self._in_hand.remove(name)
        with self.keeper.watched():
            if request.meta.get(UNASKED):
                self.keeper.drop(name)
                self.queue.give_back(name)
            elif self.keeper.settle(name):
                self.queue.done(name)
            else:
                self.queue.give_back(name)

    # ------------------------------------------------------------------ again and again
    def _look_again(self) -> None:
        slot = self.crawler.engine._slot
        if slot is not None and slot.closing is None:
            slot.nextcall.schedule()

    def _renew(self) -> None:
        with self.keeper.watched():
            self.queue.renew(sorted(self._in_hand))
            self.keeper.board.be_there()

    def _listen(self) -> None:
        with self.keeper.watched():
            self.keeper.listen()
