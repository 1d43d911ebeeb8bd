"""Requests that wait packed come out as they went in."""

from pickle import PicklingError
from types import SimpleNamespace
from typing import Any

import pytest
from scrapy import Request
from scrapy.http import JsonRequest, Response
from scrapy.utils.misc import load_object

from filmscrape.waiting import PackedQueue
from tests.crawling import load_spider, project_settings


@pytest.fixture
def spider() -> Any:
    return load_spider()()


@pytest.fixture
def queue(spider: Any) -> PackedQueue:
    kind = load_object(project_settings()["SCHEDULER_MEMORY_QUEUE"])
    found: PackedQueue = kind.from_crawler(SimpleNamespace(spider=spider), "a folder/0")
    return found


def test_what_a_spider_asks_for_comes_back(queue: PackedQueue, spider: Any) -> None:
    asked = [
        spider.ask("robots", "/robots.txt", dont_obey_robotstxt=True, download_timeout=15.0),
        spider.ask("listing", "/page/2/?q=é", most=100, paged=["https://festival.example/a/"]),
        spider.ask("event", "/here/", event=f"{spider.site}/here/", lastmod="2026-11-01"),
        spider.ask("event", "/here/", event=f"{spider.site}/here/").replace(
            dont_filter=True, priority=-3, headers={"If-None-Match": '"a"'}, flags=["spared"], cb_kwargs={"n": 1}
        ),
        JsonRequest("https://festival.example/api", data={"page": 1}, callback=spider.answered, cookies={"a": "b"}),
        Request("https://festival.example/", method="PUT", body=b"\xff", encoding="latin-1"),
    ]
    for request in asked:
        queue.push(request)
    assert len(queue) == len(asked)
    for request in reversed(asked):
        seen, found = queue.peek(), queue.pop()
        assert found is not None
        assert seen is not None
        assert type(found) is type(request)
        assert found.to_dict(spider=spider) == seen.to_dict(spider=spider) == request.to_dict(spider=spider)
        assert found.callback == request.callback
        assert found.errback == request.errback
    assert len(queue) == 0
    assert queue.pop() is None
    assert queue.peek() is None


def test_what_waits_is_not_what_was_asked(queue: PackedQueue, spider: Any) -> None:
    request = spider.ask("event", "/here/", event=f"{spider.site}/here/")
    queue.push(request)
    request.meta["kind"] = "listing"
    found = queue.pop()
    assert found is not None
    assert found.meta["kind"] == "event"


def test_a_callback_that_is_no_method_is_refused(queue: PackedQueue) -> None:
    def elsewhere(response: Response) -> None:
        """Would be another function when its turn comes."""

    with pytest.raises((AttributeError, PicklingError), match="local object"):
        queue.push(Request("https://festival.example/", callback=elsewhere))
    assert len(queue) == 0
