"""A run that was interrupted is gone on with: the site is not asked again for what it has answered."""

import json
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from warcio.archiveiterator import ArchiveIterator
from warcio.checker import Checker

from filmscrape.archive.captures import read_http_date
from filmscrape.archive.index import read_entries
from filmscrape.archive.reader import read_captures
from filmscrape.commands.replay import Command as Replay
from filmscrape.runs.ledger import Ledger
from filmscrape.runs.outcome import Outcome
from filmscrape.runs.resume import resumable
from filmscrape.runs.stored import LEDGER, StoredRun
from tests.crawling import Crawl, crawl
from tests.killing import IN_FLIGHT, QUICK, Place, crawled, ended, plain
from tests.marks import long
from tests.offline import run
from tests.weather import Weather, says
from tests.weather import serve as serve_weather

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
DAY = timedelta(hours=24)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """A site, and an empty directory to crawl it into."""
    with crawled(tmp_path / "output") as found:
        yield found


def go_on(place: Place, arguments: dict[str, str] | None = None, **settings: Any) -> Crawl:
    return crawl(place.output, {**place.arguments, **(arguments or {})}, {**QUICK, **settings})


def cut_off(place: Place, pages: int = 40, **settings: Any) -> Crawl:
    """A run that ends after so many answers."""
    done = go_on(place, CLOSESPIDER_PAGECOUNT=pages, **settings)
    assert done.outcome is Outcome.BUDGET
    return done


# ------------------------------------------------------------------ how a run is told to end
def waiting(place: Place, number: int) -> tuple[threading.Event, threading.Event]:
    """Let the n-th request wait for its answer; gives when it has come, and what lets it go on."""
    reached, answered = threading.Event(), threading.Event()

    def wait() -> None:
        reached.set()
        answered.wait()

    place.site.expect(number, wait)
    return reached, answered


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_run_cleanly(sent: signal.Signals, place: Place) -> None:
    reached, answered = waiting(place, 40)
    process = place.start()
    assert reached.wait(30)
    process.send_signal(sent)
    answered.set()
    done = ended(process)
    assert done.returncode == 11
    assert "interrupted" in done.stderr.splitlines()[-1]
    assert not place.dataset.exists()
    (killed,) = place.runs()
    assert (killed.report["outcome"], killed.report["exit_code"], killed.published_sha256) == ("interrupted", 11, None)
    assert (killed.path / "changes.jsonl").read_bytes() == b""
    following = go_on(place)
    assert following.outcome is Outcome.ACCEPTED
    assert following.report["resumed"] == [killed.id]
    assert following.counts["resumed"] >= 40 - IN_FLIGHT
    assert place.site.twice == [], "whoever ends cleanly waits for what is under way"


def test_a_second_signal_does_not_wait(place: Place) -> None:
    reached, answered = waiting(place, 40)
    process = place.start()
    try:
        assert reached.wait(30)
        process.send_signal(signal.SIGINT)
        while process.poll() is None:  # whenever the first has been heard
            process.send_signal(signal.SIGINT)
            reached.clear()
            reached.wait(0.05)
    finally:
        process.kill()
        _, errors = process.communicate()
        answered.set()
    assert process.returncode == Outcome.INTERRUPTED, errors
    assert not place.dataset.exists()
    assert go_on(place).outcome is Outcome.ACCEPTED
    assert len(place.site.twice) <= IN_FLIGHT


def test_a_signal_as_the_program_ends_changes_nothing(place: Place) -> None:
    done = place.run_in("late")
    assert done.returncode == Outcome.ACCEPTED, done.stderr
    assert place.dataset.exists()


@pytest.mark.parametrize("status", [long(429), 503])
def test_a_signal_while_the_site_wants_to_be_left_alone(status: int, place: Place) -> None:
    """A wait of minutes ends at once, and what was waited for is asked for by the next run."""
    asked = threading.Event()
    path = next(path for path, answer in place.site.answers.items() if answer.kind == "event")

    def refuse(line: Any) -> None:
        says(status, Retry_After="500")(line)
        asked.set()

    weather = Weather(place.site, {path: [refuse, None]})
    with serve_weather(weather) as origin:
        there = Place(place.output, origin, place.site)
        process = there.start(RETRY_TIMES=1)
        assert asked.wait(30)
        process.send_signal(signal.SIGTERM)
        done = ended(process)
        assert done.returncode == Outcome.INTERRUPTED
        following = go_on(there)
    assert following.outcome is Outcome.ACCEPTED
    assert following.rows("failed.jsonl") == []
    assert place.site.asked.count(path) == 2


# ------------------------------------------------------------------ what a budget stops is gone on with
@pytest.mark.parametrize("limit", ["CLOSESPIDER_PAGECOUNT", "CLOSESPIDER_ITEMCOUNT"])
def test_a_budget_is_of_one_run(limit: str, place: Place) -> None:
    """What was taken over costs nothing of it: else each run would stop where the last one did."""
    asked = []
    for _ in range(9):
        before = len(place.site.asked)
        done = crawl(place.output, place.arguments, {**QUICK, limit: 30})
        asked.append(len(place.site.asked) - before)
        if done.outcome is not Outcome.BUDGET:
            break
        assert not place.dataset.exists()
        assert done.report["exit_code"] == 15
    assert done.outcome is Outcome.ACCEPTED
    assert len(asked) > 1
    assert all(asked)
    assert place.site.twice == []


# ------------------------------------------------------------------ what is taken over
def test_a_resumed_runs_archive_is_whole(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    first = cut_off(place)
    done = go_on(place)
    assert done.counts["resumed"] == len(list(read_captures(first.folder / "pages.warc.gz", [])))
    warc = done.folder / "pages.warc.gz"
    checker = Checker(SimpleNamespace(verbose=False, inputs=[str(warc)]))
    checker.process_all()
    assert checker.exit_value == 0
    with warc.open("rb") as file:
        found = {record.rec_headers["WARC-Record-ID"]: record.rec_type for record in ArchiveIterator(file)}
    assert list(found.values()).count("revisit") >= 20
    for record in done.records().values():
        assert record["provenance"]["run_id"] == done.folder.name
        assert found[record["provenance"]["warc_record_id"]] in ("response", "revisit")
    assert run(Replay, place.output, [done.folder.name], capsys).code == 0
    again = place.runs()[-1]
    assert again.id != done.folder.name
    assert plain(again.events.read_bytes()) == plain((done.folder / "events.jsonl").read_bytes())


def test_what_was_refused_is_asked_for_again(tmp_path: Path) -> None:
    """An error of the server's and a challenge are no answers to go on with."""
    with crawled(tmp_path) as place:
        paths = sorted(path for path, answer in place.site.answers.items() if answer.kind == "event")[:4]
        challenge = says(200, b"<!doctype html><title>Just a moment...</title>" + b"<p>...</p>" * 200)
        refusals = [says(503), says(500), challenge, says(200, b"")]
        with serve_weather(Weather(place.site, dict(zip(paths, ([r, None] for r in refusals), strict=True)))) as origin:
            there = Place(tmp_path, origin, place.site)
            cut_off(there, pages=76)
            refused = [path for path in paths if place.site.asked.count(path) == 1]
            assert len(refused) > 2
            done = go_on(there)
    assert done.outcome is Outcome.ACCEPTED
    assert done.rows("failed.jsonl") == []
    assert place.site.twice == refused


def test_an_answer_without_a_date_keeps_the_time_when_it_was_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with crawled(tmp_path) as place:
        path = next(path for path, answer in sorted(place.site.answers.items()) if answer.kind == "event")
        with serve_weather(Weather(place.site, {path: [says(200, place.site.answers[path].body)]})) as origin:
            there = Place(tmp_path, origin, place.site)
            with monkeypatch.context() as clock:
                clock.setattr("filmscrape.archive.recorder.captured_at", lambda date: read_http_date(date) or NOW)
                cut_off(there, pages=76)
            done = go_on(there)
    (taken,) = (entry for entry in read_entries(done.folder / "pages.warc.gz") if entry.url.endswith(path))
    assert (taken.kind, taken.date) == ("revisit", "2026-11-24T12:00:00Z")
    (record,) = (record for record in done.records().values() if record["url"].endswith(path))
    assert record["provenance"]["fetched_at"] == "2026-11-24T12:00:00Z"


def test_a_crawl_of_an_unchanged_site_is_gone_on_with(place: Place) -> None:
    """Its answers say "as before", and still do when they are taken over."""
    for number, answer in enumerate(place.site.answers.values()):
        answer.headers["ETag"] = f'"{number}"'
    assert go_on(place).outcome is Outcome.ACCEPTED
    old, ledger = place.dataset.read_bytes(), place.ledger()
    place.site.asked.clear()
    first = cut_off(place)
    assert first.stats["downloader/response_status_count/304"] > 10
    done = go_on(place)
    assert done.outcome is Outcome.ACCEPTED
    assert done.counts["resumed"] > 30
    assert done.counts["unchanged"] + done.counts["spared"] > 40
    assert place.site.twice == []
    assert place.dataset.read_bytes() == old
    assert done.rows("changes.jsonl") == []
    with closing(Ledger(place.folder / LEDGER, read_only=True)) as now:
        assert now.faults() == []
    assert len(place.ledger()) == len(ledger)


def test_a_taken_over_answer_whose_body_is_gone_is_asked_for_once(place: Place) -> None:
    """ "As before" of a page that nobody has any more is no answer, and not one to be taken over again and again."""
    for number, answer in enumerate(place.site.answers.values()):
        answer.headers["ETag"] = f'"{number}"'
    whole = go_on(place)
    first = cut_off(place)
    place.site.asked.clear()
    listings = [entry.url for entry in read_entries(first.folder / "pages.warc.gz") if entry.status == 304]
    for warc in whole.folder.glob("*.warc.gz"):
        warc.unlink()
    done = go_on(place)
    assert done.outcome is Outcome.ACCEPTED
    assert listings
    assert max(Counter(place.site.asked).values()) == 1


def test_as_before_is_no_answer_to_who_knows_nothing(place: Place) -> None:
    """The ledger was lost in the meantime, and with it what is asked for on a condition."""
    for number, answer in enumerate(place.site.answers.values()):
        answer.headers["ETag"] = f'"{number}"'
    whole = go_on(place)
    old = place.dataset.read_bytes()
    cut_off(place)
    for lost in (place.folder / LEDGER, whole.folder / "run.json", whole.folder / "readings.jsonl.gz"):
        lost.unlink()
    done = go_on(place)
    assert done.outcome is Outcome.ACCEPTED
    assert done.counts["unchanged"] == 0
    assert done.counts["fetched"] == len(old.splitlines())
    assert sorted(done.records()) == sorted(json.loads(line)["id"] for line in old.splitlines())


# ------------------------------------------------------------------ what is not
def test_other_arguments_begin_afresh(place: Place) -> None:
    cut_off(place)
    done = go_on(place, {"discover": "sitemap"})
    assert (done.report["resumed"], done.counts["resumed"]) == ([], 0)


def test_without_a_warc_it_begins_afresh(place: Place) -> None:
    cut_off(place, WARC=False)
    done = go_on(place, WARC=False)
    assert done.outcome is Outcome.ACCEPTED
    assert (done.report["resumed"], done.counts["resumed"]) == ([], 0)
    assert len(place.site.twice) >= 40


def test_a_run_without_a_warc_takes_nothing_over(place: Place) -> None:
    cut_off(place)
    done = go_on(place, WARC=False)
    assert done.outcome is Outcome.ACCEPTED
    assert (done.report["resumed"], done.counts["resumed"]) == ([], 0)


def test_after_a_run_that_came_to_its_end_there_is_nothing_to_go_on_with(place: Place) -> None:
    cut_off(place)
    assert go_on(place).counts["resumed"] > 0
    done = go_on(place)
    assert (done.report["resumed"], done.counts["resumed"]) == ([], 0)


def test_too_long_ago(place: Place) -> None:
    cut_off(place)
    done = go_on(place, RESUME_WITHIN_HOURS=0)
    assert (done.report["resumed"], done.counts["resumed"]) == ([], 0)


def stored(tmp_path: Path) -> Callable[..., StoredRun]:
    """Make runs, each an hour after the one before."""
    count = 0

    def make(exit_code: int | None = None, hours: float = 1, warc: bool = True, **arguments: str) -> StoredRun:
        nonlocal count
        count += 1
        folder = tmp_path / f"{count}"
        folder.mkdir()
        if warc:
            (folder / "pages.warc.gz").touch()
        started = (NOW - timedelta(hours=hours)).isoformat()
        finished = None if exit_code is None else started
        report = {"arguments": arguments, "started": started, "finished": finished, "exit_code": exit_code}
        return StoredRun(folder, report)

    return make


def test_which_runs_are_gone_on_with(tmp_path: Path) -> None:
    make = stored(tmp_path)
    killed, interrupted, budget, full = make(), make(11), make(15), make(3)
    every = [make(0), killed, interrupted, budget, full]
    assert resumable(every, {}, NOW, DAY) == [killed, interrupted, budget, full]
    for end in (0, 10, 12, 13, 14, 16, 17, 18):
        assert resumable([*every, make(end)], {}, NOW, DAY) == []
        assert resumable([make(end), killed], {}, NOW, DAY) == [killed]
    joined = make(3)
    joined.report["published"] = {"sha256": "0" * 64, "bytes": 1}
    assert resumable([*every, joined, killed], {}, NOW, DAY) == [killed], "its files wait, but it counts"
    old, just, later = make(hours=24.01), make(hours=24), make(hours=-1)
    assert resumable([old, just, later], {}, NOW, DAY) == [just, later]
    named = make(upcoming="1", _job="b")
    others = [make(), make(warc=False, upcoming="1")]
    assert resumable([*others, named], {"upcoming": "1", "_job": "c"}, NOW, DAY) == [named]
    assert resumable([StoredRun(tmp_path, {}), killed], {}, NOW, DAY) == [killed]
