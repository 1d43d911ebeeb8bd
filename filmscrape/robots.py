"""Obey robots.txt (RFC 9309) without asking for it twice.

Scrapy's own middleware fetches robots.txt itself and keeps it to itself. The spider needs it too, for the sitemaps
that it names, and asks for it before anything else; this middleware learns the rules from that answer.
"""

from typing import Self
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest, NotConfigured
from scrapy.http import Response
from scrapy.robotstxt import RobotParser
from scrapy.utils.misc import build_from_crawler, load_object

FORBIDDEN = "forbidden by robots.txt"


class RobotsMiddleware:
    """Refuse requests that robots.txt forbids, and all requests to a host whose robots.txt was not read yet.

    Reads ``ROBOTSTXT_OBEY``, ``ROBOTSTXT_PARSER`` and ``ROBOTSTXT_USER_AGENT`` as Scrapy's does. A request
    with ``dont_obey_robotstxt`` in its meta passes: the one for robots.txt itself.
    """

    def __init__(self, crawler: Crawler) -> None:
        if not crawler.settings.getbool("ROBOTSTXT_OBEY"):
            raise NotConfigured
        self._crawler = crawler
        self._agent = crawler.settings["ROBOTSTXT_USER_AGENT"] or crawler.settings["USER_AGENT"]
        self._parser = load_object(crawler.settings["ROBOTSTXT_PARSER"])
        self._rules: dict[str, RobotParser] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build the middleware for a crawl."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Let the request pass, or raise ``IgnoreRequest``."""
        if request.meta.get("dont_obey_robotstxt"):
            return
        rules = self._rules.get(urlsplit(request.url).netloc)
        if rules is None:
            raise IgnoreRequest("robots.txt was not read")
        if not rules.allowed(request.url, self._agent):
            raise IgnoreRequest(FORBIDDEN)

    def process_response(self, request: Request, response: Response) -> Response:
        """Learn the rules of a host from its robots.txt; one that does not exist (404) has none."""
        if request.meta.get("dont_obey_robotstxt"):
            text = response.body if response.status == 200 else b""
            rules = build_from_crawler(self._parser, self._crawler, text)
            self._rules[urlsplit(request.url).netloc] = rules
        return response
