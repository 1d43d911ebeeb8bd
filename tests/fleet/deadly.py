"""A spider middleware for the page that kills the worker that reads it."""

from collections.abc import AsyncIterator
from typing import Any

from scrapy.http import Response

from tests.killing import die


class Deadly:
    """Kills the process."""

    def process_spider_input(self, response: Response) -> None:
        """Read a page, to the end of one."""
        if response.url.endswith("/whats-on/vertigo/"):
            die()

    async def process_spider_output(self, response: Response, result: AsyncIterator[Any]) -> AsyncIterator[Any]:
        """Hand on what was read."""
        async for thing in result:
            yield thing
