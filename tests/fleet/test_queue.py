"""A queue whose requests are leased loses none, gives none twice, and knows when it is through."""

import time
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy import Request, Spider
from scrapy.settings import Settings
from scrapy.utils.request import RequestFingerprinter

from filmscrape.fleet.identity import name_of
from filmscrape.fleet.queue import LEASE_NAME, TAKEN, LeaseQueue, Pushed
from filmscrape.fleet.server import ServerLost
from tests.fleet.fleets import Server, wait_for

MSGPACK = import_module("msgpack")  # as the settings name it
KEY = "filmscrape:{test}:run:queue"


def queue(server: Server, lease: float = 60, key: str = KEY) -> LeaseQueue:
    """The queue as one worker has it."""
    spider: Any = Spider(name="test")
    spider.crawler = SimpleNamespace(request_fingerprinter=RequestFingerprinter(), settings=Settings({"LEASE": lease}))
    return LeaseQueue(server.client, spider, key, MSGPACK)


def page(path: str, kind: str = "series", **more: Any) -> Request:
    meta = {"kind": kind, "event": None, **more.pop("meta", {})}
    return Request(f"https://site.test{path}", meta=meta, **more)


def paths(queue: LeaseQueue) -> list[str]:
    """Take all that is waiting."""
    found = []
    while (request := queue.pop()) is not None:
        found.append(request.url.removeprefix("https://site.test"))
    return found


def name(request: Request | None) -> str:
    assert request is not None
    return str(request.meta[LEASE_NAME])


def test_by_priority_then_by_age(server: Server) -> None:
    waiting = queue(server)
    for path, priority in (("/a", 0), ("/b", 10), ("/c", 0), ("/d", 10), ("/e", -1), ("/f", 11)):
        waiting.push(page(path, priority=priority))
    assert paths(waiting) == ["/f", "/b", "/d", "/a", "/c", "/e"]


@given(st.lists(st.integers(-4000, 4000), max_size=30))
def test_any_priorities(running: Server, priorities: list[int]) -> None:
    running.client.flushall()
    waiting = queue(running)
    for number, priority in enumerate(priorities):
        waiting.push(page(f"/{number}", priority=priority))
    expected = sorted(range(len(priorities)), key=lambda number: (-priorities[number], number))
    assert paths(waiting) == [f"/{number}" for number in expected]


def test_a_request_comes_back_as_it_was(server: Server) -> None:
    waiting = queue(server)
    asked = page("/a", headers={"X-Y": "z"}, priority=3, dont_filter=True, meta={"paged": ["/x"], "hops": 2})
    waiting.push(asked)
    got = waiting.pop()
    assert got is not None
    assert got.to_dict() | {"meta": {}} == asked.to_dict() | {"meta": {}}
    assert got.meta == asked.meta | {LEASE_NAME: name(got), TAKEN: 1}


def test_what_was_seen_is_not_queued_again(server: Server) -> None:
    mine, others = queue(server), queue(server)
    assert mine.push(page("/a")) is Pushed.NEW
    assert others.push(page("/a")) is Pushed.KNOWN
    assert len(mine) == 1
    mine.done(name(mine.pop()))
    assert others.push(page("/a")) is Pushed.KNOWN
    assert len(others) == 0


def test_two_events_with_one_page(server: Server) -> None:
    waiting = queue(server)
    assert waiting.push(page("/a?x=1&y=2", "event", meta={"event": "one"})) is Pushed.NEW
    assert waiting.push(page("/a?y=2&x=1", "event", meta={"event": "two"})) is Pushed.SAME_PAGE
    assert waiting.push(page("/a?y=2&x=1", "event", meta={"event": "one"})) is Pushed.KNOWN


@pytest.mark.parametrize("step", [{"retry_times": 1}, {"hops": 1}, {"unconditional": True}])
def test_a_further_try_is_queued_once(step: dict[str, Any], server: Server) -> None:
    """The worker that was to let go of the first try has died: a second one does it, and tries again too."""
    mine, others = queue(server), queue(server)
    mine.push(page("/a"))
    again = page("/a", dont_filter=True, meta=step)
    assert mine.push(again) is Pushed.NEW
    assert others.push(again) is Pushed.KNOWN
    assert len(mine) == 2


def test_two_pages_that_redirect_to_one_place_are_both_followed(server: Server) -> None:
    waiting = queue(server)
    for first in ("/a", "/b"):
        step = page("/c", dont_filter=True, meta={"hops": 1, "asked": f"https://site.test{first}"})
        assert waiting.push(step) is Pushed.NEW


def test_no_more_of_a_kind_than_are_allowed(server: Server) -> None:
    mine, others = queue(server), queue(server)
    pushed = [(mine, others)[number % 2].push(page(f"/{number}", meta={"most": 3})) for number in range(5)]
    assert pushed == [Pushed.NEW] * 3 + [Pushed.BOUNDED] * 2
    assert mine.push(page("/0", meta={"most": 3})) is Pushed.KNOWN
    assert mine.push(page("/0", dont_filter=True, meta={"most": 3, "retry_times": 1})) is Pushed.NEW
    assert mine.push(page("/x", "listing", meta={"most": 3})) is Pushed.NEW


# ------------------------------------------------------------------ leases
def test_a_lease_that_runs_out_is_given_to_others_first(server: Server) -> None:
    mine, others = queue(server, lease=0.05), queue(server)
    mine.push(page("/a"))
    mine.push(page("/b", priority=10))
    assert name(mine.pop())
    assert len(others) == 2
    time.sleep(0.06)
    mine.push(page("/c", priority=20))
    taken = others.pop()
    assert taken is not None
    assert (taken.url, taken.meta[TAKEN]) == ("https://site.test/b", 2)
    assert paths(others) == ["/c", "/a"]


def test_a_lease_that_is_renewed_does_not_run_out(server: Server) -> None:
    mine, others = queue(server, lease=0.2), queue(server)
    mine.push(page("/a"))
    leased = name(mine.pop())
    for _ in range(5):
        time.sleep(0.08)
        mine.renew([leased])
        assert others.pop() is None
    mine.renew([])
    wait_for(others.pop)


def test_a_lease_of_what_is_done_is_not_renewed(server: Server) -> None:
    mine = queue(server)
    mine.push(page("/a"))
    leased = name(mine.pop())
    mine.done(leased)
    mine.renew([leased])
    assert len(mine) == 0


def test_what_is_given_back_is_next_and_does_not_count_as_taken(server: Server) -> None:
    mine, others = queue(server), queue(server)
    for path in ("/a", "/b"):
        mine.push(page(path))
    mine.give_back(name(mine.pop()))
    taken = others.pop()
    assert taken is not None
    assert (taken.url, taken.meta[TAKEN]) == ("https://site.test/a", 1)


def test_only_what_is_leased_is_given_back(server: Server) -> None:
    waiting = queue(server)
    waiting.push(page("/a"))
    leased = name(waiting.pop())
    waiting.done(leased)
    waiting.give_back(leased)
    assert len(waiting) == 0


def test_done_twice_is_done(server: Server) -> None:
    """A worker that was taken for dead comes back, and another has done the same in the meantime."""
    mine, others = queue(server, lease=0.02), queue(server)
    mine.push(page("/a"))
    leased = name(mine.pop())
    time.sleep(0.03)
    assert name(others.pop()) == leased
    mine.done(leased)
    others.done(leased)
    assert len(mine) == len(others) == 0


def test_a_name_without_a_request_is_passed_over(server: Server) -> None:
    """A copy of the server's memory that was not made at one stroke may have such names."""
    waiting = queue(server)
    for path in ("/a", "/b"):
        waiting.push(page(path))
    server.client.hdel(f"{KEY}:requests", name_of(page("/a"), RequestFingerprinter()))
    assert paths(waiting) == ["/b"]
    assert len(waiting) == 1, "leased; the name is gone"


def test_what_is_done_is_no_longer_kept(server: Server) -> None:
    """The memory of the server holds what is to be asked still, and names of what was."""
    waiting = queue(server)
    for number in range(20):
        waiting.push(page(f"/{number}"))
    while (request := waiting.pop()) is not None:
        waiting.done(name(request))
    assert server.held() == [f"{KEY}:numbers", f"{KEY}:seen"]
    assert server.client.hlen(f"{KEY}:seen") == 20


# ------------------------------------------------------------------ a server that forgets
@pytest.mark.parametrize("is_lost", [True, False])
@pytest.mark.parametrize("use", [LeaseQueue.pop, len, lambda queue: queue.push(page("/z"))])
def test_an_older_queue_is_not_taken_for_an_empty_one(is_lost: bool, use: Any, server: Server) -> None:
    waiting = queue(server)
    waiting.push(page("/a"))
    memory = server.memory()
    waiting.push(page("/b"))
    assert len(waiting) == 2
    server.go_back({} if is_lost else memory)
    before = server.held()
    with pytest.raises(ServerLost, match="lost the queue"):
        use(waiting)
    assert server.held() == before, "nothing is begun there"


def test_a_worker_that_comes_new_knows_no_better(server: Server) -> None:
    mine = queue(server)
    mine.push(page("/a"))
    assert len(queue(server)) == 1
