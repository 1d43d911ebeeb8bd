"""One robots.txt for all workers: who asks for it tells the others."""

from typing import Any
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.http import Response

from filmscrape.fleet.keeper import WorkerKeeper
from filmscrape.robots import RobotsMiddleware


class SharedRobots(RobotsMiddleware):
    """The project's own middleware, that also takes the rules from another worker's answer."""

    def process_request(self, request: Request) -> None:
        """Learn the rules where another worker has read them; then let the request pass, or not."""
        host = urlsplit(request.url).netloc
        keeper = WorkerKeeper.of(self._crawler)
        if not request.meta.get("dont_obey_robotstxt") and not self.knows(host):
            text: Any = None
            with keeper.watched():
                text = keeper.board.robots(host)
            if text is not None:
                self.learn(host, text)
        super().process_request(request)

    def process_response(self, request: Request, response: Response) -> Response:
        """Learn the rules of a host, and tell the others."""
        super().process_response(request, response)
        if request.meta.get("dont_obey_robotstxt"):
            keeper = WorkerKeeper.of(self._crawler)
            with keeper.watched():
                keeper.board.put_robots(urlsplit(request.url).netloc, response.body if response.status == 200 else b"")
        return response
