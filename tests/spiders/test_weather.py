"""Bad weather: what a server can do to a run, and what comes of it. One row, one situation, one verdict."""

import asyncio
import gzip
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from email.utils import format_datetime
from functools import partial
from itertools import pairwise
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import pytest

from filmscrape import patience
from filmscrape.fixtures import Site
from filmscrape.runs.outcome import Outcome
from tests.crawling import NO_DELAY, SOURCE, Crawl, bundled_site, command, crawl, environment, load_spider, rows
from tests.weather import Line, Script, Weather, raw, says, serve


def site_of_one_day() -> Site:
    """The bundled pages, sent on the day of the newest: no server's clock goes back and forth as their dates do."""
    site = bundled_site()
    newest = max(answer.date for answer in site.answers.values())
    for answer in site.answers.values():
        answer.date = newest
    return site


SPIDER = load_spider()
SITE = site_of_one_day()
MANY = sorted(path for path, answer in SITE.answers.items() if answer.kind == "event")[:12]
EVENTS = MANY[:4]
BAD = EVENTS[2]
PAGE = SITE.answers[BAD].body
LISTS = {SITE.answers[path].kind: path for path in sorted(SITE.answers, reverse=True)}
WHOLE = PAGE + b" " * 100_000
BOMB = gzip.compress(bytes(2**24), mtime=0) * 40  # 640 MB in 640 KB
CHALLENGE = (
    b"<html><head><title>Just a moment...</title></head><body><script>window._cf_chl_opt={}</script></body></html>"
)
LARGE = "the answer is larger than DOWNLOAD_MAXSIZE"
CUT_OFF = "the answer was cut off"
AGAIN: dict[str, Any] = {"RETRY_TIMES": 1}
SHORT: dict[str, Any] = {"DOWNLOAD_TIMEOUT": 0.15}
ONE = {**NO_DELAY, "CONCURRENT_REQUESTS": 1}
ONE_OF_FOUR: dict[str, Any] = {"MAX_FAILED_SHARE": 0.3}
"""Lets one of few pages fail as one of many may."""
QUICK = {**NO_DELAY, "CONCURRENT_REQUESTS": 8, "CONCURRENT_REQUESTS_PER_DOMAIN": 8}

Scripts = dict[str, Sequence[Script | None]]


def only(paths: Sequence[str]) -> dict[str, str]:
    """The arguments that ask for some events and nothing else."""
    return {"only": ",".join(path.rstrip("/").rpartition("/")[2] for path in paths), "discover": "none"}


def run(scripts: Scripts, output: Path, settings: dict[str, Any] | None = None, **arguments: str) -> tuple[Crawl, Site]:
    """Crawl four event pages, unless told otherwise, some of them in bad weather.

    ``DOWNLOAD_TIMEOUT`` goes for those alone: it can be short then, and a busy machine is given its time for the rest.
    """
    site, real, given = site_of_one_day(), SPIDER.ask, {**QUICK, **ONE_OF_FOUR, **(settings or {})}
    timeout = given.pop("DOWNLOAD_TIMEOUT", None)
    scope = arguments or only(EVENTS)

    def ask(spider: Any, kind: str, path: str, **meta: Any) -> Any:
        return real(
            spider, kind, path, **{**meta, "download_timeout": timeout} if path in scripts and timeout else meta
        )

    with serve(Weather(site, scripts)) as origin, pytest.MonkeyPatch.context() as patched:
        patched.setattr(SPIDER, "ask", ask)
        done = crawl(output, {"base_url": origin, **scope}, given)
    return done, site


def published(crawl: Crawl) -> set[str]:
    return {urlsplit(record["url"]).path for record in crawl.records().values()} if crawl.dataset.exists() else set()


def failures(crawl: Crawl) -> dict[str, str]:
    return {urlsplit(row["url"]).path: row["reason"] for row in crawl.rows("failed.jsonl")}


# ------------------------------------------------------------------ scripts
def hang(line: Line) -> None:
    line.hang()


def reset(line: Line) -> None:
    line.send(raw(200, PAGE[:5000], length=len(PAGE)))
    line.reset()


def drip(line: Line) -> None:
    line.send(raw(200, length=len(PAGE)))
    line.trickle(b"x", 0.05)


def drip_for_ever(line: Line) -> None:
    line.send(raw(200, length=-1))
    line.trickle(b"x", 0.05)


def flood(line: Line) -> None:
    """40 MB without a word on how much it will be."""
    line.send(raw(200, length=-1))
    for _ in range(640):
        line.send(b"x" * 65536)


def to(location: str) -> Script:
    return says(302, Location=location)


short = says(200, PAGE[:-500], length=len(PAGE))
half_packed = says(200, gzip.compress(PAGE)[:-400], Content_Encoding="gzip")
bomb = says(200, BOMB, Content_Encoding="gzip")
big = says(200, bytes(40_000_000))
mitigated = says(200, WHOLE, Cf_Mitigated="challenge")
vague = says(429, Retry_After="soon")
dated = says(503, Retry_After="Tue, 24 Nov 2026 22:00:09 GMT", Date="Tue, 24 Nov 2026 22:00:00 GMT")
absurd = partial(says, Retry_After="86400")


# ------------------------------------------------------------------ one page
@pytest.mark.parametrize(
    ("answers", "settings", "reason", "outcome"),
    [
        pytest.param([says(500), None], AGAIN, None, Outcome.ACCEPTED, id="500 then 200"),
        pytest.param([says(503), None], AGAIN, None, Outcome.ACCEPTED, id="503 then 200"),
        pytest.param([short, None], AGAIN, None, Outcome.ACCEPTED, id="cut off, then whole"),
        pytest.param([half_packed, None], AGAIN, None, Outcome.ACCEPTED, id="packed and cut off, then whole"),
        pytest.param([reset, None], AGAIN, None, Outcome.ACCEPTED, id="reset, then whole"),
        pytest.param([says(503)], AGAIN, "HTTP 503", Outcome.DEGRADED, id="503 for ever"),
        pytest.param([short], {}, CUT_OFF, Outcome.DEGRADED, id="shorter than Content-Length"),
        pytest.param([half_packed], AGAIN, CUT_OFF, Outcome.DEGRADED, id="packed and cut off"),
        pytest.param([reset], {}, r"connection lost|the answer was cut off", Outcome.DEGRADED, id="reset mid-body"),
        pytest.param([hang], SHORT, "no answer in time", Outcome.DEGRADED, id="silence"),
        pytest.param([drip], SHORT, "no answer in time", Outcome.DEGRADED, id="a byte now and then"),
        pytest.param([drip_for_ever], SHORT, "no answer in time", Outcome.DEGRADED, id="a body that never ends"),
        pytest.param([bomb], {}, LARGE, Outcome.DEGRADED, id="gzip bomb"),
        pytest.param([big], {}, LARGE, Outcome.DEGRADED, id="40 MB"),
        pytest.param([flood], {}, LARGE, Outcome.DEGRADED, id="40 MB, unannounced"),
        pytest.param([says(200, b"junk", Content_Encoding="gzip")], {}, None, Outcome.DEGRADED, id="no gzip at all"),
        pytest.param([to(BAD)], {}, "more than 5 redirects", Outcome.DEGRADED, id="redirect loop"),
        pytest.param([to("http://elsewhere.example/")], {}, "redirects to another", Outcome.DEGRADED, id="elsewhere"),
        pytest.param([to("/wp-login.php?x=1")], {}, "blocked: redirects to a login page", Outcome.DEGRADED, id="login"),
        pytest.param([to("https://a.queue-it.net/")], {}, "blocked: .* a waiting room", Outcome.DEGRADED, id="queue"),
        pytest.param([says(200, CHALLENGE)], {}, "blocked: a challenge of", Outcome.DEGRADED, id="challenge"),
        pytest.param([mitigated], {}, "blocked: a challenge of", Outcome.DEGRADED, id="challenge, by its header"),
        pytest.param([says(200, b"\n ")], {}, "blocked: an empty page", Outcome.DEGRADED, id="empty page"),
        pytest.param([says(403)], {}, "blocked: HTTP 403", Outcome.DEGRADED, id="403"),
        pytest.param([says(429)], AGAIN, "blocked: HTTP 429", Outcome.BLOCKED, id="429 for ever"),
        pytest.param([vague, None], AGAIN, None, Outcome.ACCEPTED, id="429 with a Retry-After that nobody can read"),
        pytest.param([says(404)], {}, "HTTP 404", Outcome.DEGRADED, id="404"),
    ],
)  # fmt: skip
def test_one_page(
    answers: list[Script | None], settings: dict[str, Any], reason: str | None, outcome: Outcome, tmp_path: Path
) -> None:
    """It costs its own row, and never the run; unless the site says that it has had enough of us."""
    done, site = run({BAD: answers}, tmp_path, settings)
    assert done.outcome is outcome, done.verdict
    if outcome.publishes:
        lost = {BAD} if outcome is Outcome.DEGRADED else set()
        assert published(done) == set(EVENTS) - lost
        assert set(site.asked) >= set(EVENTS)
    if reason:
        assert failures(done).keys() == {BAD}
        assert re.match(reason, failures(done)[BAD]), failures(done)
        assert done.counts["blocked"] == reason.startswith("blocked")
        assert done.counts["failed"] == 1
    assert done.counts["errors"] == 0


def test_utf8_under_a_wrong_label_is_read_as_utf8(tmp_path: Path) -> None:
    """A film with a Korean title, on a page that calls itself Latin-1, as does the header."""
    path, name = next((p, m[0]) for p in EVENTS if (m := re.search("[\uac00-\ud7af]+", SITE.answers[p].body.decode())))
    page, latin = SITE.answers[path], "text/html; charset=ISO-8859-1"
    body, labels = re.subn(rb"(?i)utf-8", b"iso-8859-1", page.body)
    assert labels, "the page says what it is"
    right, _ = run({}, tmp_path / "right")
    wrong, _ = run({path: [says(200, body, Content_Type=latin, Date=format_datetime(page.date))]}, tmp_path / "wrong")
    there, here = (next(r for r in done.records().values() if path in r["url"]) for done in (right, wrong))
    of_the_run = ("first_seen", "last_seen", "provenance")
    assert [here[name] for name in here if name not in of_the_run] == [there[n] for n in there if n not in of_the_run]
    assert name in str(here)


# ------------------------------------------------------------------ lists
@pytest.mark.parametrize("kind", ["listing", "calendar", "sitemap"])
@pytest.mark.parametrize(
    ("answer", "reason"),
    [(says(200, CHALLENGE), "blocked: a challenge of Cloudflare"), (says(200, b""), "blocked: an empty page"),
     (to("/login/"), "blocked: redirects to a login page"), (half_packed, CUT_OFF)],
    ids=["challenge", "empty", "login", "cut off"],
)  # fmt: skip
def test_list_that_is_no_list(kind: str, answer: Script, reason: str, tmp_path: Path) -> None:
    """Nobody knows what it would have named: published, with a warning."""
    done, _ = run({LISTS[kind]: [answer]}, tmp_path, only=only(EVENTS)["only"], discover="listing,calendar,sitemap")
    assert failures(done)[LISTS[kind]].startswith(reason)
    assert done.counts["discovery_failed"] == 1
    assert done.counts["blocked"] == reason.startswith("blocked")
    assert done.outcome is Outcome.DEGRADED, done.verdict


def test_calendar_without_end_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every day that is asked for has a screening of that day, so there is always a next one."""
    monkeypatch.setattr(SPIDER, "max_days", 9)
    calendar = LISTS["calendar"]
    site = site_of_one_day()
    first = re.search(rb'"start": ?"(\d{4}-\d\d-\d\d)', site.answers[calendar].body)
    assert first is not None

    class Endless(Weather):
        def answer(self, target: str, line: Line) -> None:
            if not target.startswith(calendar):
                super().answer(target, line)
                return
            self.asked.append(target)
            assert first is not None
            day = f"{2027 + sum(path.startswith(calendar) for path in self.asked)}-01-01".encode()
            line.send(raw(200, site.answers[calendar].body.replace(first[1], day), Content_Type="application/json"))

    with serve(Endless(site, {})) as origin:
        done = crawl(tmp_path, {"base_url": origin, "discover": "calendar"}, QUICK)
    assert sum(path.startswith(calendar) for path in site.asked) == 9
    assert done.counts["discovery_bounded"] == 1
    assert done.outcome.publishes


# ------------------------------------------------------------------ robots.txt
@pytest.mark.parametrize(
    ("answers", "outcome", "words"),
    [
        pytest.param([says(404)], None, "", id="404: open"),
        pytest.param([says(410)], None, "", id="410: open"),
        pytest.param([says(200)], None, "", id="empty: open"),
        pytest.param([says(500), None], None, "", id="500 then 200: open"),
        pytest.param([to("/robots"), None], None, "", id="one redirect: followed"),
        pytest.param([says(200, b"User-agent: *\nDisallow: /\n")], Outcome.ROBOTS, "forbids", id="forbids"),
        pytest.param([says(401)], Outcome.ROBOTS, "HTTP 401", id="401"),
        pytest.param([says(403)], Outcome.ROBOTS, "HTTP 403", id="403"),
        pytest.param([says(429)], Outcome.ROBOTS, "HTTP 429", id="429"),
        pytest.param([says(500)], Outcome.ROBOTS, "HTTP 500", id="500"),
        pytest.param([absurd(503)], Outcome.ROBOTS, "HTTP 503", id="503, absurd patience"),
        pytest.param([hang], Outcome.ROBOTS, "no answer in time", id="silence"),
        pytest.param([drip], Outcome.ROBOTS, "no answer in time", id="a byte now and then"),
        pytest.param([short], Outcome.ROBOTS, CUT_OFF, id="cut off"),
        pytest.param([half_packed], Outcome.ROBOTS, CUT_OFF, id="packed and cut off"),
        pytest.param([reset], Outcome.ROBOTS, "cannot be read", id="reset"),
        pytest.param([says(200, CHALLENGE)], Outcome.ROBOTS, "blocked", id="challenge"),
        pytest.param([to("/robots.txt")], Outcome.ROBOTS, "more than 5 redirects", id="redirect loop"),
        pytest.param([to("http://elsewhere.example/robots.txt")], Outcome.ROBOTS, "another site", id="elsewhere"),
        pytest.param([says(200, b"User-agent: *\nDisallow: /x/\nCrawl-delay: 3600\n")], Outcome.ROBOTS,
                     "asks for 3600 seconds", id="absurd delay"),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("clock")
def test_robots(answers: list[Script | None], outcome: Outcome | None, words: str, tmp_path: Path) -> None:
    """404 leaves a site open; what cannot be read closes it (RFC 9309), and nothing else is asked."""
    slow = SHORT if {hang, drip} & set(answers) else {}
    done, site = run({"/robots.txt": answers, "/robots": [says(200)]}, tmp_path, {**AGAIN, **slow})
    if outcome is None:
        assert published(done) == set(EVENTS)
        return
    assert done.outcome is outcome
    assert words in done.verdict.message
    assert not set(site.asked) & set(EVENTS)
    assert not done.dataset.exists()


# ------------------------------------------------------------------ patience
@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Let waits take no time; gives what was waited."""
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        await asyncio.sleep(0)

    monkeypatch.setattr(patience, "sleep", sleep)
    monkeypatch.setattr(patience, "monotonic", lambda: sum(waits))
    return waits


@pytest.mark.parametrize(
    ("answers", "seconds", "outcome"),
    [
        pytest.param([says(429, Retry_After="7"), None], 7, Outcome.ACCEPTED, id="429, seconds"),
        pytest.param([dated, None],
                     9, Outcome.ACCEPTED, id="503, a date"),
        pytest.param([absurd(429), None], 600, Outcome.ACCEPTED, id="absurd, and kind after the most we wait"),
        pytest.param([absurd(503), None], 600, Outcome.ACCEPTED, id="503, the same"),
        pytest.param([absurd(429)], 600, Outcome.BLOCKED, id="absurd, and in earnest"),
        pytest.param([absurd(503)], 600, Outcome.BLOCKED, id="503, the same in earnest"),
        pytest.param([says(429, Retry_After="7")], 7, Outcome.BLOCKED, id="429, for ever"),
        pytest.param([says(503, Retry_After="7")], 14, Outcome.DEGRADED, id="503 of one page, for ever"),
    ],
)  # fmt: skip
def test_retry_after(
    answers: list[Script | None], seconds: float, outcome: Outcome, clock: list[float], tmp_path: Path
) -> None:
    """What is asked for is waited for, up to RETRY_AFTER_MAX, and then the page is asked for again."""
    done, site = run({BAD: answers}, tmp_path, {**AGAIN, **ONE})
    assert done.outcome is outcome, done.verdict
    if outcome.publishes:
        assert sum(clock) == pytest.approx(seconds, abs=1e-6)
    else:  # the next request had begun to wait when the run was ended
        assert seconds - 1e-6 <= sum(clock) < 2 * seconds
    assert site.asked.count(BAD) == 2
    if outcome is Outcome.BLOCKED:
        assert len(set(site.asked) & set(EVENTS)) < len(EVENTS), "nothing more is asked"
        assert "DOWNLOAD_DELAY" in done.verdict.message
        assert not done.dataset.exists()


def test_patience_without_end(clock: list[float], tmp_path: Path) -> None:
    """Waits within the limit add up: a site that gives neither of two pages after them is not asked for a third."""
    done, site = run({path: [says(503, Retry_After="300")] for path in MANY}, tmp_path, {**AGAIN, **ONE}, **only(MANY))
    assert done.outcome is Outcome.BLOCKED
    assert "page after page" in done.verdict.message
    assert len([path for path in site.asked if path in MANY]) == 4, "two pages, two tries each"
    assert 900 <= sum(clock) < 1200


def test_crawl_delay_is_kept(clock: list[float], tmp_path: Path) -> None:
    text = b"User-agent: *\nDisallow: /x/\nCrawl-delay: 10\n"
    done, _ = run({"/robots.txt": [says(200, text)]}, tmp_path, ONE)
    assert published(done) == set(EVENTS)
    assert sum(clock) == pytest.approx(10 * len(EVENTS), abs=1e-6)


def test_crawl_delay_in_earnest(tmp_path: Path) -> None:
    """The same by the clock on the wall: the answer goes out, and that much later at least the next request comes."""
    times: list[tuple[float, float]] = []
    site = site_of_one_day()

    class Timed(Weather):
        def answer(self, target: str, line: Line) -> None:
            came = monotonic()
            super().answer(target, line)
            times.append((came, monotonic()))

    text = says(200, b"User-agent: *\nDisallow: /x/\nCrawl-delay: 0.2\n")
    with serve(Timed(site, {"/robots.txt": [text]})) as origin:
        crawl(tmp_path, {"base_url": origin, **only(EVENTS[:2])}, NO_DELAY)
    came = [begin for begin, _ in sorted(times)]
    assert len(came) == 3
    assert all(later - earlier >= 0.2 for earlier, later in pairwise(came))


# ------------------------------------------------------------------ a site that gives nothing
@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (says(503), Outcome.TOO_MANY_FAILED),
        (reset, Outcome.TOO_MANY_FAILED),
        (hang, Outcome.TOO_MANY_FAILED),
        (to("http://elsewhere.example/"), Outcome.TOO_MANY_FAILED),
        (says(403), Outcome.BLOCKED),
        (says(200, CHALLENGE), Outcome.BLOCKED),
        (says(200), Outcome.BLOCKED),
        (to("/login"), Outcome.BLOCKED),
    ],
)
def test_so_many_failures_in_a_row_end_the_run(answer: Script, outcome: Outcome, tmp_path: Path) -> None:
    settings = {**ONE, **(SHORT if answer is hang else {}), "MAX_FAILURES_IN_A_ROW": 4}
    done, site = run({path: [answer] for path in MANY}, tmp_path, settings, **only(MANY))
    assert done.outcome is outcome
    assert "none of 4 pages in a row" in done.verdict.message
    assert len([path for path in site.asked if path in MANY]) in (4, 5), "one may be on its way"
    assert not done.dataset.exists()


@pytest.mark.parametrize("between", [None, says(404), says(410)], ids=["a page", "404", "410"])
def test_failures_that_are_not_in_a_row_do_not(between: Script | None, tmp_path: Path) -> None:
    """One that is there, or is said not to be there, comes from a site that answers."""
    scripts: Scripts = {path: [between if n % 3 == 2 else says(503)] for n, path in enumerate(MANY)}
    done, site = run(scripts, tmp_path, {**ONE, "MAX_FAILURES_IN_A_ROW": 4}, **only(MANY))
    assert set(site.asked) >= set(MANY)
    assert done.outcome is Outcome.TOO_MANY_FAILED, "eight of twelve are too many all the same"
    assert "in a row" not in done.verdict.message


# ------------------------------------------------------------------ as a user runs it
def ask_for(origin: str, paths: Sequence[str]) -> list[str]:
    return [part for name, value in {"base_url": origin, **only(paths)}.items() for part in ("-a", f"{name}={value}")]


def test_the_wire_as_a_user_has_it(tmp_path: Path) -> None:
    """Scrapy's own handler for HTTP, on Twisted, which the crawls above do without; and its memory is bounded."""
    wire = {short: CUT_OFF, half_packed: CUT_OFF, reset: "connection lost|the answer was cut off", hang: "no answer in",
            drip: "no answer in", drip_for_ever: "no answer in", bomb: LARGE, big: LARGE, flood: LARGE}  # fmt: skip
    scripts: Scripts = dict(zip(MANY, ([script] for script in wire), strict=False))
    measured = (
        "import resource, subprocess, sys; done = subprocess.run(sys.argv[1:]);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss); sys.exit(done.returncode)"
    )
    with serve(Weather(site_of_one_day(), scripts)) as origin:
        scope = ask_for(origin, MANY)
        settings = {**QUICK, "OUTPUT_DIR": tmp_path, "RETRY_TIMES": 0, "DOWNLOAD_TIMEOUT": 2}
        line = [sys.executable, "-c", measured, *command("crawl", SOURCE, *scope, **settings)]
        done = subprocess.run(line, env=environment(), capture_output=True, text=True)
    (folder,) = (tmp_path / SOURCE / "runs").iterdir()
    reasons = {urlsplit(row["url"]).path: row["reason"] for row in rows(folder / "failed.jsonl")}
    for path, words in zip(MANY, wire.values(), strict=False):
        assert re.match(words, reasons[path]), (path, reasons[path])
    assert len(reasons) == len(wire)
    assert done.returncode == Outcome.TOO_MANY_FAILED, done.stderr
    assert int(done.stdout.split()[-1]) < 300_000, "KB; the bodies are 40 MB on the wire and 640 MB unpacked"


@pytest.mark.long
def test_patience_as_a_user_has_it(tmp_path: Path) -> None:
    """On Twisted's reactor a wait ends in its time, and a long one when SIGTERM says so."""
    scripts: Scripts = {path: [says(503, Retry_After="500")] for path in EVENTS}
    scripts["/robots.txt"] = [says(503, Retry_After="1"), None]
    site = site_of_one_day()
    with serve(Weather(site, scripts)) as origin:
        line = command("crawl", SOURCE, *ask_for(origin, EVENTS), OUTPUT_DIR=tmp_path, **NO_DELAY)
        with subprocess.Popen(
            line, env=environment(), stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as run:
            assert run.stderr is not None
            while "seconds=500" not in (said := run.stderr.readline()):
                assert said, "the crawl ended by itself"
            run.send_signal(signal.SIGTERM)
            run.communicate(timeout=60)
    assert site.asked.count("/robots.txt") == 2
    assert run.returncode == Outcome.INTERRUPTED
    (folder,) = (tmp_path / SOURCE / "runs").iterdir()
    assert rows(folder / "failed.jsonl") == [], "what waited stays to be asked for"
