"""Waiting for as long as a host asks, on a clock that the test sets."""

import asyncio
import re
from types import SimpleNamespace
from typing import Any

import pytest
from scrapy import Request
from scrapy.http import Response
from scrapy.robotstxt import ProtegoRobotParser, PythonRobotParser, RobotParser
from scrapy.settings import Settings

from filmscrape import patience
from filmscrape.patience import CACHED, CrawlEnds, PatienceMiddleware, retry_after
from filmscrape.robots import spacing

HERE, THERE = "http://festival.example/a/", "http://other.example/a/"
DATE = "Tue, 24 Nov 2026 22:00:00 GMT"


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        before = self.now
        await asyncio.sleep(0)
        self.now = max(self.now, before + seconds)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(patience, "monotonic", clock.monotonic)
    monkeypatch.setattr(patience, "sleep", clock.sleep)
    return clock


def middleware(longest: float = 600, closing: object = None) -> PatienceMiddleware:
    engine = SimpleNamespace(running=True, _slot=SimpleNamespace(closing=closing))
    crawler: Any = SimpleNamespace(engine=engine, settings=Settings({"RETRY_AFTER_MAX": longest}))
    return PatienceMiddleware.from_crawler(crawler)


def answer(status: int, value: str = "", url: str = HERE, date: str = DATE) -> Response:
    return Response(url, status, headers={"Retry-After": value, "Date": date} if value else {})


def waited(clock: Clock, middleware: PatienceMiddleware, url: str = HERE) -> float:
    before = clock.now
    asyncio.run(middleware.process_request(Request(url)))
    return clock.now - before


@pytest.mark.parametrize(
    ("status", "value", "seconds"),
    [
        (429, "7", 7),
        (503, " 120 ", 120),
        (503, "Tue, 24 Nov 2026 22:01:30 GMT", 90),
        (429, "Tue, 24 Nov 2026 21:00:00 GMT", 0),
        (429, "9" * 400, 999_999_999_999),
        (429, "", None),
        (429, "soon", None),
        (429, "-5", None),
        (429, "1.5", None),
        (429, "Tue, 99 Nov 2026 22:01:30 GMT", None),
        (500, "7", None),
        (200, "7", None),
        (301, "7", None),
    ],
)
def test_what_an_answer_asks_for(status: int, value: str, seconds: float | None) -> None:
    """A date counts from the answer's own, so a clock that is wrong on either side does no harm."""
    assert retry_after(answer(status, value)) == seconds


def test_every_request_to_the_host_waits_and_no_other(clock: Clock) -> None:
    patient = middleware()
    patient.process_response(Request(HERE), answer(429, "50"))
    assert waited(clock, patient, THERE) == 0
    assert waited(clock, patient, "http://festival.example/b/") == pytest.approx(50)
    assert waited(clock, patient) == 0


def test_a_shorter_wait_does_not_end_a_longer_one(clock: Clock) -> None:
    patient = middleware()
    for value in ("50", "10"):
        patient.process_response(Request(HERE), answer(503, value))
    assert waited(clock, patient) == pytest.approx(50)


def test_a_wait_that_grows_is_waited_for(clock: Clock) -> None:
    patient = middleware()
    patient.process_response(Request(HERE), answer(503, "10"))

    async def both() -> None:
        waiting = asyncio.create_task(patient.process_request(Request(HERE)))
        await asyncio.sleep(0)
        patient.process_response(Request(HERE), answer(503, "40"))
        await waiting

    before = clock.now
    asyncio.run(both())
    assert clock.now - before >= 40


def test_one_wait_is_capped(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    patient = middleware(longest=60)
    patient.process_response(Request(HERE), answer(429, "86400"))
    assert waited(clock, patient) == pytest.approx(60)
    (line,) = (record.getMessage() for record in caplog.records)
    assert re.fullmatch(r"host asks for patience url=\S+ seconds=86400 next=\".*RETRY_AFTER_MAX.*\"", line)


def test_a_wait_ends_when_the_crawl_does(clock: Clock) -> None:
    patient = middleware(closing=object())
    patient.process_response(Request(HERE), answer(429, "50"))
    with pytest.raises(CrawlEnds):
        waited(clock, patient)


# ------------------------------------------------------------------ spacing
def test_requests_are_spaced_from_the_answer_on(clock: Clock) -> None:
    patient = middleware()
    patient.space("festival.example", 10)
    assert waited(clock, patient) == pytest.approx(10)
    clock.now += 4  # the host took its time
    patient.process_response(Request(HERE), answer(200))
    assert waited(clock, patient) == pytest.approx(10)
    clock.now += 4
    patient.process_exception(Request(HERE), TimeoutError())
    assert waited(clock, patient) == pytest.approx(10)
    assert waited(clock, patient, THERE) == 0


def test_requests_that_wait_side_by_side_are_spaced_too(clock: Clock) -> None:
    patient = middleware()
    patient.space("festival.example", 10)

    async def several() -> None:
        await asyncio.gather(*(patient.process_request(Request(HERE)) for _ in range(3)))

    before = clock.now
    asyncio.run(several())
    assert clock.now - before >= 30


def test_an_answer_out_of_the_archive_takes_no_time(clock: Clock) -> None:
    patient = middleware()
    patient.space("festival.example", 10)
    waited(clock, patient)
    clock.now += 10
    patient.process_response(Request(HERE), Response(HERE, flags=[CACHED]))
    assert waited(clock, patient) == 0


AGENT = "filmscrape/1.0 (+https://filmscrape.example)"


@pytest.mark.parametrize("parser", [ProtegoRobotParser, PythonRobotParser])
@pytest.mark.parametrize(
    ("lines", "seconds"),
    [
        ("User-agent: *\nCrawl-delay: 10\n", 10),
        ("User-agent: *\nCrawl-delay: 10\n\nUser-agent: filmscrape\nCrawl-delay: 2\n", 2),
        ("User-agent: other\nCrawl-delay: 10\n", 0),
        ("User-agent: *\nRequest-rate: 1/30\n", 30),
        ("User-agent: *\nRequest-rate: 4/20\nCrawl-delay: 3\n", 5),
        ("User-agent: *\nRequest-rate: 4/4\nCrawl-delay: 3\n", 3),
        ("User-agent: *\nCrawl-delay: soon\n", 0),
        ("User-agent: *\nCrawl-delay: -4\n", 0),
        ("User-agent: *\nRequest-rate: 0/5\n", 0),
        ("", 0),
    ],
)
def test_what_robots_txt_asks_for(parser: type[RobotParser], lines: str, seconds: float) -> None:
    text = lines.replace("\nCrawl", "\nDisallow: /x/\nCrawl").replace("\nRequest", "\nDisallow: /x/\nRequest")
    assert spacing(parser(text.encode(), None), AGENT) == seconds  # type: ignore[call-arg]


@pytest.mark.parametrize(("value", "seconds"), [("nan", 0), ("inf", 0), ("1e400", 0), ("0.5", 0.5)])
def test_numbers_that_only_some_parsers_read(value: str, seconds: float) -> None:
    rules = ProtegoRobotParser(f"User-agent: *\nCrawl-delay: {value}\n".encode(), None)
    assert spacing(rules, AGENT) == seconds
