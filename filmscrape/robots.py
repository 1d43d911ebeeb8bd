"""Obey robots.txt (RFC 9309) without asking for it twice.

Scrapy's own middleware fetches robots.txt itself and keeps it to itself. The spider needs it too, for the sitemaps
that it names, and asks for it before anything else; this middleware learns the rules from that answer.
"""

from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest, NotConfigured
from scrapy.http import Response
from scrapy.utils.misc import build_from_crawler, load_object

from filmscrape.patience import PatienceMiddleware

if TYPE_CHECKING:
    from scrapy.robotstxt import RobotParser

FORBIDDEN = "forbidden by robots.txt"


class RobotsMiddleware:
    """Refuse requests that robots.txt forbids, and all requests to a host whose robots.txt was not read yet.

    Reads ``ROBOTSTXT_OBEY``, ``ROBOTSTXT_PARSER`` and ``ROBOTSTXT_USER_AGENT`` as Scrapy's does. A request
    with ``dont_obey_robotstxt`` in its meta passes: the one for robots.txt itself. Its meta gets ``crawl_delay``, the
    seconds between two requests that the rules ask for; to wait is the business of
    :class:`~filmscrape.patience.PatienceMiddleware`, if they are no more than ``CRAWL_DELAY_MAX``.
    """

    def __init__(self, crawler: Crawler) -> None:
        if not crawler.settings.getbool("ROBOTSTXT_OBEY"):
            raise NotConfigured
        self._crawler = crawler
        self._agent = crawler.settings["ROBOTSTXT_USER_AGENT"] or crawler.settings["USER_AGENT"]
        self._parser = load_object(crawler.settings["ROBOTSTXT_PARSER"])
        self._longest = crawler.settings.getfloat("CRAWL_DELAY_MAX")
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
            request.meta["crawl_delay"] = self.learn(urlsplit(request.url).netloc, text)
        return response

    def knows(self, host: str) -> bool:
        """Whether the rules of a host are known."""
        return host in self._rules

    def learn(self, host: str, text: bytes) -> float:
        """Take in the rules of a host.

        :param text: its robots.txt.
        :return: the seconds between two requests that they ask for.
        """
        rules = build_from_crawler(self._parser, self._crawler, text)
        self._rules[host] = rules
        seconds = spacing(rules, self._agent)
        patience = self._crawler.get_downloader_middleware(PatienceMiddleware)
        if patience is not None:
            patience.space(host, min(seconds, self._longest))
        return seconds


def spacing(rules: "RobotParser", agent: str) -> float:
    """Tell the seconds between two requests that rules ask for, by ``Crawl-delay`` or ``Request-rate``; 0 for none.

    A rate that holds for some hours of the day is kept to at all hours: whoever asks for that is short of power.
    """
    asked = [rules.crawl_delay(agent) or 0.0]
    # Scrapy's interface has no rates; most of the parsers behind it do.
    rate_of = getattr(getattr(rules, "rp", None), "request_rate", None)
    if rate_of and (rate := rate_of(agent)) and rate.requests:
        asked.append(rate.seconds / rate.requests)
    return max(0.0, *asked)
