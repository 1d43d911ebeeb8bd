"""What a crawl is compared with: ``python -m benchmarks.crawlers bare|crawlee|requests <origin> <pages>``.

Each fetches the event pages of the site that :mod:`benchmarks.nginx` serves; all but the first read the fields of
:mod:`benchmarks.readers`.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import Response

from benchmarks.nginx import paths

CONNECTIONS = 32


class BareSpider(Spider):
    """Fetches and does nothing."""

    name = "bare"
    urls: list[str]

    async def start(self) -> AsyncIterator[Request]:
        """Ask for every page."""
        for url in self.urls:
            yield Request(url)

    def parse(self, response: Response) -> None:
        """Do nothing."""


def bare(urls: list[str], **settings: int) -> None:
    """Scrapy with its own settings, but that it keeps its connections busy and says nothing."""
    process = AsyncCrawlerProcess(
        {
            "CONCURRENT_REQUESTS": CONNECTIONS,
            "CONCURRENT_REQUESTS_PER_DOMAIN": CONNECTIONS,
            "LOG_LEVEL": "WARNING",
            "TELNETCONSOLE_ENABLED": False,
            **settings,
        }
    )
    crawler = process.create_crawler(BareSpider)
    process.crawl(crawler, urls=urls)
    process.start()
    fetched = crawler.stats.get_value("downloader/response_status_count/200", 0)
    assert fetched == len(urls), f"{fetched} of {len(urls)} pages fetched"


def lean(urls: list[str]) -> None:
    """The same, without the 99 tasks that Scrapy starts for each answer in case it has many items."""
    bare(urls, CONCURRENT_ITEMS=1)


def crawlee(urls: list[str]) -> None:
    """The ParselCrawler of crawlee, with storages in memory."""
    from crawlee import ConcurrencySettings, service_locator
    from crawlee.crawlers import ParselCrawler, ParselCrawlingContext
    from crawlee.storage_clients import MemoryStorageClient

    from benchmarks.readers import by_selector

    async def run() -> None:
        service_locator.set_storage_client(MemoryStorageClient())
        crawler = ParselCrawler(
            concurrency_settings=ConcurrencySettings(
                min_concurrency=CONNECTIONS, desired_concurrency=CONNECTIONS, max_concurrency=CONNECTIONS
            ),
            configure_logging=False,
            statistics_log_format="inline",
            request_handler_timeout=timedelta(minutes=5),
        )
        read = 0

        async def handle(context: ParselCrawlingContext) -> None:
            nonlocal read
            by_selector(context.selector)
            read += 1

        crawler.router.default_handler(handle)
        await crawler.run(urls)
        assert read == len(urls), f"{read} of {len(urls)} pages read"

    asyncio.run(run())


def requests(urls: list[str]) -> None:
    """Requests and BeautifulSoup, one page after the other."""
    from requests import Session

    from benchmarks.readers import by_beautiful_soup

    with Session() as session:
        session.trust_env = False  # no proxy to this machine
        for url in urls:
            answer = session.get(url, timeout=30)
            answer.raise_for_status()
            by_beautiful_soup(answer.content)


CRAWLERS: dict[str, Callable[[list[str]], None]] = {
    "bare": bare,
    "lean": lean,
    "crawlee": crawlee,
    "requests": requests,
}


def main() -> None:
    """Run one."""
    name, origin, number = sys.argv[1:]
    CRAWLERS[name]([origin + path for path in paths(int(number))])


if __name__ == "__main__":
    main()
