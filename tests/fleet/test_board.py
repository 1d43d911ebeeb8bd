"""What workers tell one another: each of them sees the same run, and one of them ends it."""

import threading
import time
from typing import Any

import pytest
from scrapy.settings import Settings

from filmscrape.fleet.board import Board, Ended, Mission
from filmscrape.fleet.server import ServerLost, connect, told, without_password
from filmscrape.runs.outcome import CannotBegin, Outcome
from tests.fleet.fleets import Server, wait_for

RUN = Mission("run-1", "2026-01-01T00:00:00+00:00", {"only": "a"}, "1")


def board(server: Server, worker: str, source: str = "test", **settings: Any) -> Board:
    values = {"REDIS_URL": server.url, "REDIS_PATIENCE": 1, "LEASE": 60, "FLEET_LATE": 3600, **settings}
    return Board(Settings(values), source, worker)


def joined(server: Server, worker: str, **settings: Any) -> Board:
    found = board(server, worker, **settings)
    found.join(RUN)
    found.be_there()
    return found


# ------------------------------------------------------------------ the run
def test_the_first_begins_the_run_and_others_join_it(server: Server) -> None:
    first, second = board(server, "a"), board(server, "b")
    assert first.join(RUN) == RUN
    assert second.join(RUN._replace(id="run-2", started="later")) == RUN
    assert second.key("x") == first.key("x") == "filmscrape:{test}:run-1:x"
    assert first.is_of(RUN)
    assert not second.is_of(RUN._replace(id="run-2"))


@pytest.mark.parametrize("other", [{"arguments": {}}, {"version": "2"}])
def test_another_crawl_is_not_joined(other: dict[str, Any], server: Server) -> None:
    board(server, "a").join(RUN)
    with pytest.raises(CannotBegin, match="the workers of run-1 crawl with") as refused:
        board(server, "b").join(RUN._replace(id="run-2", **other))
    assert refused.value.outcome is Outcome.USAGE
    assert "filmscrape:{test}:run-2:workers" not in server.held()


@pytest.mark.parametrize("other", [{"arguments": {}}, {"version": "2"}])
def test_another_crawl_that_all_have_left_holds_nobody_up(other: dict[str, Any], server: Server) -> None:
    first = joined(server, "a")
    first.count("x")
    first.leave()
    mine = RUN._replace(id="run-2", **other)
    assert board(server, "b").join(mine) == mine
    assert server.held() == ["filmscrape:{test}:run", "filmscrape:{test}:run-2:workers"]


def test_one_that_comes_late_is_told_how_the_run_ended(server: Server) -> None:
    first = joined(server, "a")
    first.finish(Ended("run-1", int(Outcome.DEGRADED), "three pages failed"))
    with pytest.raises(CannotBegin, match=r"run-1 ended \d s ago .*three pages failed.*FLEET_LATE=0") as late:
        board(server, "b").join(RUN._replace(id="run-2"))
    assert late.value.outcome is Outcome.DEGRADED
    assert board(server, "b", FLEET_LATE=0).join(RUN._replace(id="run-2")).id == "run-2"


def test_nothing_is_left_of_a_run_but_how_it_ended(server: Server) -> None:
    first = joined(server, "a")
    others = board(server, "o", source="other")
    others.join(RUN)
    first.close_part()
    first.claim("host", 1)
    first.count("x")
    first.be_last()
    first.end(Ended("run-1", 15, "", "closespider_pagecount"))
    ended = Ended("run-1", 0, "accepted")
    first.finish(ended)
    assert server.held() == ["filmscrape:{other}:run", "filmscrape:{other}:run-1:workers", "filmscrape:{test}:last"]
    assert 0 < server.client.ttl("filmscrape:{test}:last") <= 7 * 24 * 3600
    assert first.ended("run-1") == ended


def test_a_run_that_nobody_knows_of_did_not_end(server: Server) -> None:
    first = joined(server, "a")
    assert first.ended("run-1") is None
    server.client.flushall()
    with pytest.raises(ServerLost, match="has lost run-1"):
        first.ended("run-1")


def test_a_run_of_a_name_with_signs_of_a_pattern_is_cleared_alone(server: Server) -> None:
    for name in ("run-[1]", "run-1"):
        worker = board(server, "a", source=name)
        worker.join(RUN)
        worker.count("x")
    board(server, "b", source="run-[1]").forget("run-1")
    others = [f"filmscrape:{{run-1}}:{name}" for name in ("run", "run-1:counts", "run-1:workers")]
    assert server.held() == others


# ------------------------------------------------------------------ who is there
def test_one_is_waited_for_until_its_part_is_closed_or_it_is_gone(server: Server) -> None:
    first, second = joined(server, "a"), joined(server, "b", LEASE=0.1)
    first.close_part()
    assert first.is_waited_for()
    second.close_part()
    assert not first.is_waited_for()
    third = joined(server, "c", LEASE=0.1)
    assert first.is_waited_for()
    third.leave()
    assert not first.is_waited_for()
    joined(server, "d", LEASE=0.1)  # and is killed
    wait_for(lambda: not first.is_waited_for(), 5)


def test_one_at_a_time_is_the_last(server: Server) -> None:
    first, second = joined(server, "a"), joined(server, "b", LEASE=0.1)
    assert second.be_last()
    assert second.be_last()
    assert not first.be_last()
    wait_for(first.be_last, 5)  # the other was killed
    assert not second.be_last()
    second.leave()
    assert not second.be_last(), "who leaves takes nothing from another"
    first.leave()
    assert second.be_last()


def test_of_many_that_begin_at_once_one_is_the_last(server: Server) -> None:
    boards, found = [joined(server, str(number)) for number in range(8)], []
    threads = [threading.Thread(target=lambda one=one: found.append(one.be_last())) for one in boards]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [False] * 7 + [True]


def test_who_says_first_how_it_ends_has_said_it(server: Server) -> None:
    first, second = joined(server, "a"), joined(server, "b")
    assert second.ending() is None
    budget, blocked = Ended("run-1", -1, "", "closespider_pagecount"), Ended("run-1", 16, "blocked")
    first.end(budget)
    second.end(blocked)
    assert second.ending() == budget
    assert budget.verdict is None
    assert blocked.verdict is not None
    assert blocked.verdict.outcome is Outcome.BLOCKED


# ------------------------------------------------------------------ manners
def test_a_host_has_one_time_for_all(server: Server) -> None:
    first, second = joined(server, "a"), joined(server, "b")
    assert first.claim("host", 0.2) == 0
    left = second.claim("host", 0.2)
    assert 0 < left <= 0.2
    assert second.claim("other", 0.2) == 0
    time.sleep(left + 0.002)
    assert second.claim("host", 0.2) == 0
    assert first.claim("host", 0.2) > 0.1


def test_a_time_that_is_to_come_is_nobodys(server: Server) -> None:
    """Who asks for it and dies, or leaves, holds nobody up."""
    first, second = joined(server, "a"), joined(server, "b")
    first.claim("host", 0.1)
    assert [first.claim("host", 0.1) <= 0.1 for _ in range(5)] == [True] * 5
    assert second.claim("host", 0.1) <= 0.1


def test_all_leave_a_host_alone(server: Server) -> None:
    first, second = joined(server, "a"), joined(server, "b")
    first.claim("host", 0)
    first.pause("host", 5)
    first.pause("host", 0.5)
    assert 4 < second.claim("host", 0) <= 5
    assert second.claim("other", 0) == 0


def test_numbers_and_robots_are_shared(server: Server) -> None:
    first, second = joined(server, "a"), joined(server, "b")
    assert (first.count("x"), second.count("x", 4), first.count("x", 0)) == (1, 5, 5)
    second.recount("x")
    assert first.count("x") == 1
    assert first.robots("host") is None
    second.put_robots("host", b"")
    assert first.robots("host") == b""


# ------------------------------------------------------------------ the server
def test_no_server_is_one_line(server: Server) -> None:
    for url, words in (
        ("redis://127.0.0.1:1/0", "no Redis server answers at redis://127.0.0.1:1/0"),
        ("redis://me:secret@127.0.0.1:1/0", "no Redis server answers at redis://127.0.0.1:1/0"),
        ("http://127.0.0.1", "is no address of a Redis server"),
        (server.url.replace("//", "//me:secret@"), "no Redis server answers"),
    ):
        with pytest.raises(CannotBegin, match=words) as refused:
            connect(Settings({"REDIS_URL": url, "REDIS_PATIENCE": 0.1}))
        assert "secret" not in str(refused.value)
        assert "\n" not in str(refused.value)


def test_patience_is_counted_in_seconds_and_had_once(server: Server) -> None:
    first = joined(server, "a", REDIS_PATIENCE=0.3)
    server.kill()
    try:
        begin = time.monotonic()
        with pytest.raises(ServerLost, match="does not come back"), told(first.url):
            first.count("x")
        assert time.monotonic() - begin >= 0.3
        begin = time.monotonic()
        for _ in range(10):
            with pytest.raises(ServerLost), told(first.url):
                first.count("x")
        assert time.monotonic() - begin < 0.3
    finally:
        server.start()


def test_a_server_that_is_started_again_costs_nothing(server: Server) -> None:
    first = joined(server, "a", REDIS_PATIENCE=60)
    first.count("x")
    server.kill()
    later = threading.Timer(0.3, server.start)
    later.start()
    assert first.count("x") == 2
    later.join()


def test_a_password_is_not_shown() -> None:
    assert without_password("rediss://me:secret@host:6380/2?x=y") == "rediss://host:6380/2"
