"""What the fleet uses of Scrapy's private parts, held to what it takes them for."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextvars import ContextVar
from typing import Any

import pytest
from scrapy import Request, Spider, signals
from scrapy.crawler import AsyncCrawlerRunner, Crawler
from scrapy.http import Response
from scrapy.settings import Settings

PAGES = [f"data:,{number}" for number in range(6)]
seen: list[tuple[str, str]] = []
worked_on: ContextVar[str] = ContextVar("worked_on")


class Pages(Spider):
    """Reads some pages, several at once, each with two items and a further try."""

    name = "pages"
    stops = ""

    async def start(self) -> AsyncIterator[Request]:
        """Ask for the pages."""
        for url in PAGES:
            yield Request(url, errback=self.failed)

    def parse(self, response: Response) -> Iterator[Any]:
        """Read a page."""
        worked_on.set(response.url)
        return self.items(response)

    def items(self, response: Response) -> Iterator[Any]:
        """Give the items of a page."""
        for _ in range(2):
            yield {"url": response.url}
            assert worked_on.get() == response.url
        if self.stops == "engine":
            asyncio.ensure_future(self.crawler.engine.stop_async())  # noqa: RUF006 - the engine waits for it
        elif self.stops == "spider":
            asyncio.ensure_future(self.crawler.engine.close_spider_async(reason="enough"))  # noqa: RUF006
        seen.append(("read", response.url))

    def failed(self, failure: Any) -> None:
        """Never called."""
        raise AssertionError(failure)


class Slowly:
    """A pipeline in which items of several pages are at once."""

    async def process_item(self, item: dict[str, str]) -> dict[str, str]:
        """Take one's time."""
        await asyncio.sleep(0.02)
        assert worked_on.get() == item["url"]
        seen.append(("item", item["url"]))
        return item


class Marking:
    """A downloader middleware that says what is worked on."""

    async def process_request(self, request: Request) -> None:
        """Note the request, and let others come in between."""
        assert worked_on.get("") == "", "the task of a request is its own"
        worked_on.set(request.url)
        await asyncio.sleep(0.01)

    def process_response(self, request: Request, response: Response) -> Response:
        """It is still the same."""
        assert worked_on.get() == request.url
        seen.append(("answer", request.url))
        return response


def crawl(prepare: Any, stops: str = "") -> Crawler:
    """Crawl, with the engine prepared when it is there."""
    seen.clear()
    settings = Settings(
        {
            "TWISTED_REACTOR_ENABLED": False,
            "TELNETCONSOLE_ENABLED": False,
            "ITEM_PIPELINES": {Slowly: 1},
            "DOWNLOADER_MIDDLEWARES": {Marking: 1},
        }
    )
    made: list[Crawler] = []

    async def run() -> None:
        runner = AsyncCrawlerRunner(settings)
        crawler = runner.create_crawler(Pages)
        crawler.signals.connect(lambda: prepare(crawler), signal=signals.spider_opened, weak=False)
        made.append(crawler)
        await runner.crawl(crawler)

    Pages.stops = stops
    asyncio.run(run())
    return made[0]


def follow_the_slot(crawler: Crawler) -> None:
    """Do what the scheduler of a worker does."""
    assert crawler.engine is not None
    slot: Any = crawler.engine._slot
    forget = slot.remove_request

    def remove_request(request: Request) -> None:
        seen.append(("let go", request.url))
        forget(request)

    slot.remove_request = remove_request


def test_the_engine_lets_go_of_a_request_when_its_items_are_through() -> None:
    crawl(follow_the_slot)
    for url in PAGES:
        steps = [step for step, page in seen if page == url]
        assert steps[0] == "answer"
        assert sorted(steps[1:-1]) == ["item", "item", "read"]
        assert steps[-1] == "let go"
    assert [step for step, _ in seen].index("let go") > 5, "several were worked on at once"


def test_what_is_worked_on_is_known_in_each_task() -> None:
    """The assertions are those above; an exception in them is counted by Scrapy and nothing else."""
    crawler = crawl(lambda _: None)
    assert [key for key in crawler.stats.get_stats() if "exception" in key] == []
    assert crawler.stats.get_value("item_scraped_count") == 2 * len(PAGES)


@pytest.mark.parametrize(("stops", "expected"), [("engine", True), ("spider", False), ("", False)])
def test_a_signal_stops_the_engine_and_a_verdict_closes_the_spider(stops: str, expected: bool) -> None:
    found: list[bool] = []

    def prepare(crawler: Crawler) -> None:
        def closed(**_: Any) -> None:
            assert crawler.engine is not None
            found.append(crawler.engine._stopping)

        crawler.signals.connect(closed, signal=signals.spider_closed, weak=False)

    crawl(prepare, stops)
    assert found == [expected]
