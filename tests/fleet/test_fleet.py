"""Several workers give the dataset of one, whatever happens to them."""

import json
import os
import random
import signal
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from filmscrape.fixtures import Answer
from filmscrape.runs.outcome import Outcome
from filmscrape.settings import SPIDER_MIDDLEWARES
from tests.crawling import ROOT, SOURCE, scrapy
from tests.fleet.fleets import AGAIN, IN_HAND, LEASE, Fleet, Slow, codes, counts, fleet, wait_for
from tests.killing import Watched, crawled, ended, watched_site

KILLED = -signal.SIGKILL
SLOW = 0.25  # seconds of an answer: then a fleet is at work long enough to be disturbed
RANDOM_POINTS = int(os.environ.get("KILL_POINTS") or 2)  # each run of the suite tries others


@dataclass(frozen=True)
class Alone:
    """What one plain process gives."""

    published: bytes
    counts: dict[str, Any]
    ledger: list[str]
    asked: list[str]


@pytest.fixture(scope="session")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Alone:
    """A plain crawl of the bundled site."""
    with crawled(tmp_path_factory.mktemp("alone")) as place:
        assert place.run().returncode == 0
        return Alone(place.published(), counts(place.runs()[-1].report), place.ledger(), sorted(place.site.asked))


def check_same(place: Fleet, alone: Alone, *, again: int = 0) -> None:
    """The fleet gave what one process gives, asking for no more pages a second time than were in hand."""
    assert place.published() == alone.published
    assert counts(place.report) == alone.counts
    assert place.ledger() == alone.ledger
    assert sorted(set(place.site.asked)) == alone.asked
    assert len(place.again) <= again, place.again
    place.check_clean()


# What a worker has in hand: under way, and answered but not yet let go of.
AT_A_KILL = 2 * IN_HAND


@pytest.mark.long
def test_one_killed_twice_and_the_server_once(alone: Alone, tmp_path: Path) -> None:
    with fleet(tmp_path, Slow(SLOW)) as place:
        workers = place.workers(3)
        place.at(15, workers[0].kill)
        workers.append(place.start())
        place.at(15, place.server.kill, lambda: time.sleep(0.2), place.server.start)
        place.at(10, workers[1].kill)
        workers.append(place.start())
        assert sorted(codes(workers)) == [KILLED, KILLED, 0, 0, 0]
        check_same(place, alone, again=2 * AT_A_KILL)
        assert len(place.runs()) == 1
        assert scrapy("verify", OUTPUT_DIR=place.output).returncode == 0


# ------------------------------------------------------------------ undisturbed
@pytest.mark.long
@pytest.mark.parametrize("number", [1, 2, 4])
def test_as_many_as_there_are(number: int, alone: Alone, tmp_path: Path) -> None:
    with fleet(tmp_path, Slow(0.1)) as place:
        workers = place.workers(number)
        ends = [ended(worker) for worker in workers]
        assert [end.returncode for end in ends] == [0] * number
        assert len({end.stdout for end in ends}) == 1, "each tells what the run gave"
        check_same(place, alone)


@pytest.mark.long
def test_the_next_run_asks_on_conditions(alone: Alone, tmp_path: Path) -> None:
    site = watched_site()
    for number, answer in enumerate(site.answers.values()):
        answer.headers["ETag"] = f'"{number}"'
    with fleet(tmp_path, site) as place, crawled(tmp_path / "plain") as plain:
        plain.site.answers.update(site.answers)
        assert place.crawl(2) == [0, 0]
        assert plain.run().returncode == 0
        site.asked.clear()
        assert place.crawl(2, **AGAIN) == [0, 0]
        assert plain.run().returncode == 0
        assert place.published() == plain.published()
        assert place.ledger() == plain.ledger()
        assert counts(place.report) == counts(plain.runs()[-1].report)
        assert place.report["counts"]["unchanged"] == place.report["counts"]["listed"]
        assert (place.run_folder / "changes.jsonl").read_bytes() == b""
        assert len(place.runs()) == 2
        place.check_clean()


SCOPES = {
    "only": {"only": "viff22-aftersun,no-such-film"},
    "upcoming": {"upcoming": "1"},
    "one place": {"discover": "sitemap"},
    "two places": {"discover": "listing,series"},
    "scrapyd": {"_job": "1"},
}


@pytest.mark.long
@pytest.mark.parametrize("name", SCOPES)
def test_a_scope_is_that_of_one_process(name: str, tmp_path: Path) -> None:
    given = SCOPES[name]
    with fleet(tmp_path, given=given) as place, crawled(tmp_path / "plain") as plain:
        line = [*plain.line(), *(part for item in given.items() for part in ("-a", "=".join(item)))]
        one = ended(plain._start(line))
        many = [place.start()]
        if "_job" in place.given:
            place.given["_job"] = "2"  # scrapyd gives each call another, and they are one crawl
        many.append(place.start())
        assert codes(many) == [one.returncode] * 2
        assert place.published() == plain.published()
        assert counts(place.report) == counts(plain.runs()[-1].report)
        assert place.ledger() == plain.ledger()
        place.check_clean()


@pytest.mark.long
def test_without_an_archive(tmp_path: Path) -> None:
    with fleet(tmp_path) as place, crawled(tmp_path / "plain") as plain:
        assert place.crawl(2, WARC=0) == [0, 0]
        assert plain.run(WARC=0).returncode == 0
        assert place.published() == plain.published()
        assert counts(place.report) == counts(plain.runs()[-1].report)
        assert not list(place.output.rglob("*.warc.gz"))
        place.check_clean()


@pytest.mark.long
def test_other_commands_read_what_a_fleet_left(tmp_path: Path) -> None:
    with fleet(tmp_path) as place:
        assert place.crawl(2) == [0, 0]
        run, output = place.run_folder, {"OUTPUT_DIR": place.output}
        record = json.loads(place.dataset.read_bytes().splitlines()[0])
        for arguments in (
            ("verify",),
            ("rebuild", "--check", SOURCE),
            ("status",),
            ("retain", "--keep", "90d"),
            ("report", run.name),
            ("explain", record["id"], "title"),
            ("capture", record["url"]),
            ("wacz", run.name, "--output", str(tmp_path / "run.wacz")),
        ):
            done = scrapy(*arguments, **output)
            assert (done.returncode, done.stderr) == (0, ""), (arguments, done)
        again = scrapy("replay", run.name, **output)
        assert again.returncode == 0, again
        listed = place.report["counts"]["listed"]
        assert f"against the dataset: 0 added, 0 changed, {listed} unchanged, 0 not read" in again.stdout


# ------------------------------------------------------------------ killed
@pytest.mark.long
def test_killed_at_random_moments(alone: Alone, tmp_path: Path) -> None:
    seed = int(os.environ.get("KILL_SEED") or random.randrange(1_000_000))
    print(f"KILL_SEED={seed} does the same again")
    chance = random.Random(seed)
    for point in range(RANDOM_POINTS):
        with fleet(tmp_path / str(point), Slow(0.1)) as place:
            workers, kills = place.workers(2), 0
            while place.server.client.exists(f"filmscrape:{{{SOURCE}}}:last") == 0 and kills < 4:
                wait = chance.uniform(0, 3)
                victim = chance.randrange(2)
                print(f"{point}: kills {victim} after {wait:.3f} seconds, {len(place.site.asked)} asked")
                time.sleep(wait)
                workers[victim].kill()
                ended(workers[victim])
                kills += 1
                workers[victim] = place.start()
            assert codes(workers) == [0, 0]
            check_same(place, alone, again=kills * AT_A_KILL)


ENDS = {
    "before it gathers": "before:1:filmscrape.fleet.keeper:Gathering",
    "while it joins WARCs": "before:1:filmscrape.archive.concatenation:put_in_place",
    "when it has joined WARCs": "before:1:filmscrape.fleet.gathering:sum_up",
    "while it sums up": "during:30:filmscrape.fleet.sums:_all",
    "while events.jsonl is written": "during:20:filmscrape.runs.dataset:in_order",
    "in the ledger's transaction": "during:10:filmscrape.runs.merging:Merging.merge",
    "before the commit": "after:1:filmscrape.runs.folder:RunFolder.draft",
    "before the rename": "before:1:filmscrape.runs.joining:put_in_place",
    "between rename and run.json": "after:1:filmscrape.runs.joining:put_in_place",
    "before SHA256SUMS": "before:1:filmscrape.runs.folder:write_checksums",
    "when it has published": "before:1:filmscrape.fleet.board:Board.finish",
}
# Where it is tried, too, that nobody is there to take over: a phase of each state that the next one can find.
WITHOUT_ANOTHER = (
    "before it gathers",
    "while it sums up",
    "in the ledger's transaction",
    "between rename and run.json",
)


@pytest.mark.long
@pytest.mark.parametrize(
    ("where", "number"), [*((where, 2) for where in ENDS), *((where, 1) for where in WITHOUT_ANOTHER)]
)
def test_killed_as_the_one_that_publishes(where: str, number: int, alone: Alone, tmp_path: Path) -> None:
    """Another one takes over, be it one that was there or one that comes, and the run is published once."""
    with fleet(tmp_path) as place:
        doomed = [place.start_in(ENDS[where]) for _ in range(number)]  # whoever comes to it dies
        wait_for(lambda: any(worker.poll() is not None for worker in doomed))
        assert place.crawl(1) == [0]
        assert set(codes(doomed)) <= {KILLED, 0}
        assert len(place.runs()) == 1
        check_same(place, alone)
        assert scrapy("verify", OUTPUT_DIR=place.output).returncode == 0


@pytest.mark.long
def test_all_killed(alone: Alone, tmp_path: Path) -> None:
    with fleet(tmp_path, Slow(SLOW)) as place:
        workers = place.workers(3)
        place.at(30, *(worker.kill for worker in workers))
        assert codes(workers) == [KILLED] * 3
        assert place.crawl(1) == [0]
        assert len(place.runs()) == 1
        check_same(place, alone, again=3 * AT_A_KILL)


@pytest.mark.long
def test_a_page_that_kills_whoever_takes_it(tmp_path: Path) -> None:
    with fleet(tmp_path) as place:
        bad = "/whats-on/vertigo/"
        last: list[int] = []
        for _ in range(8):
            last = [ended(place.start(LEASE=1, LEASE_TRIES=3, SPIDER_MIDDLEWARES=DEADLY)).returncode]
            if last != [KILLED]:
                break
        assert last[0] in (0, Outcome.DEGRADED)
        assert place.site.asked.count(bad) == 3
        (row,) = [json.loads(line) for line in (place.run_folder / "failed.jsonl").read_text().splitlines()]
        assert row["reason"] == "3 workers took it and did not come back"
        assert place.report["counts"]["failed"] == 1
        place.check_clean()


DEADLY = json.dumps({**SPIDER_MIDDLEWARES, "tests.fleet.deadly.Deadly": 10})


# ------------------------------------------------------------------ coming and going
@pytest.mark.long
def test_one_is_told_to_go_and_one_comes(alone: Alone, tmp_path: Path) -> None:
    with fleet(tmp_path, Slow(SLOW)) as place:
        workers = place.workers(2)
        place.at(20, workers[0].terminate)
        workers.append(place.start())
        gone, *others = [ended(worker) for worker in workers]
        assert gone.returncode == Outcome.INTERRUPTED
        assert "go on with it" in gone.stderr or "another one goes on with it" in gone.stderr
        assert [other.returncode for other in others] == [0, 0]
        check_same(place, alone)


@pytest.mark.long
def test_all_are_told_to_go(alone: Alone, tmp_path: Path) -> None:
    with fleet(tmp_path, Slow(SLOW)) as place:
        workers = place.workers(2)
        place.at(20, *(worker.terminate for worker in workers))
        ends = [ended(worker) for worker in workers]
        assert [end.returncode for end in ends] == [Outcome.INTERRUPTED] * 2
        assert any("the next worker goes on with it" in end.stderr for end in ends)
        assert not place.dataset.exists()
        assert place.crawl(1) == [0]
        check_same(place, alone)


@pytest.mark.long
def test_told_to_go_twice(alone: Alone, tmp_path: Path) -> None:
    with fleet(tmp_path, Slow(1)) as place:
        worker = place.start()
        place.at(5, lambda: worker.send_signal(signal.SIGINT))
        time.sleep(0.2)
        worker.send_signal(signal.SIGINT)
        assert ended(worker).returncode == Outcome.INTERRUPTED
        place.site.seconds = 0  # type: ignore[attr-defined]
        assert place.crawl(1) == [0]
        check_same(place, alone, again=AT_A_KILL)


@pytest.mark.long
def test_one_stands_still(alone: Alone, tmp_path: Path) -> None:
    """Others do what it had in hand, and wait for what it may still be writing."""
    with fleet(tmp_path, Slow(0.1)) as place:
        workers = place.workers(2)
        place.at(30, lambda: workers[0].send_signal(signal.SIGSTOP))
        time.sleep(3 * LEASE)
        assert not place.dataset.exists()
        workers[0].send_signal(signal.SIGCONT)
        assert codes(workers) == [0, 0]
        check_same(place, alone, again=AT_A_KILL)


@pytest.mark.long
def test_a_site_without_rules_that_can_be_read_is_left_by_all(tmp_path: Path) -> None:
    site = watched_site()
    site.answers["/robots.txt"] = Answer(status=500)
    with fleet(tmp_path, site) as place:
        assert place.crawl(2, RETRY_TIMES=0) == [Outcome.ROBOTS] * 2
        assert site.asked == ["/robots.txt"]


@pytest.mark.long
def test_one_comes_late(tmp_path: Path) -> None:
    with fleet(tmp_path) as place:
        assert place.crawl(1) == [0]
        asked = len(place.site.asked)
        late = ended(place.start())
        assert late.returncode == 0
        assert "without this worker" in late.stderr
        assert len(place.site.asked) == asked
        assert len(place.runs()) == 1
        place.check_clean()


@pytest.mark.long
def test_another_crawl_does_not_join(tmp_path: Path) -> None:
    with fleet(tmp_path, Slow(SLOW)) as place:
        workers = place.workers(1)
        wait_for(lambda: place.site.asked)
        place.given["only"] = "vertigo"
        other = ended(place.start())
        assert other.returncode == Outcome.USAGE
        assert "the workers of" in other.stderr
        del place.given["only"]
        plain = scrapy("crawl", SOURCE, "-a", f"base_url={place.origin}", OUTPUT_DIR=place.output)
        assert plain.returncode == Outcome.LOCKED, plain
        elsewhere = ended(place.start(OUTPUT_DIR=tmp_path / "elsewhere"))
        assert elsewhere.returncode == Outcome.CANNOT_WRITE
        assert "all workers need the same OUTPUT_DIR" in elsewhere.stderr
        assert not (tmp_path / "elsewhere" / SOURCE / "runs").exists()
        assert codes(workers) == [0]
        place.check_clean()


@pytest.mark.long
@pytest.mark.parametrize("argument", [{"max_events": "3"}, {"wayback": "2022-09-01..2022-09-02"}])
def test_what_needs_one_that_sees_all_is_refused(argument: dict[str, str], tmp_path: Path) -> None:
    with fleet(tmp_path, given=argument) as place:
        refused = ended(place.start())
        assert refused.returncode == Outcome.USAGE
        assert "crawl without SCRAPY_PROJECT=redis" in refused.stderr


# ------------------------------------------------------------------ a server that fails
@pytest.mark.long
def test_no_server(tmp_path: Path) -> None:
    with fleet(tmp_path) as place:
        place.server.kill()
        alone = ended(place.start())
        assert alone.returncode == Outcome.FAULT
        assert len(alone.stderr.splitlines()) == 1
        assert "no Redis server answers at" in alone.stderr
        assert place.site.asked == []
        place.server.start()


@pytest.mark.long
def test_a_server_that_does_not_come_back(alone: Alone, tmp_path: Path) -> None:
    with fleet(tmp_path, Slow(SLOW)) as place:
        workers = place.workers(2, REDIS_PATIENCE=1)
        place.at(30, place.server.kill)
        begin = time.monotonic()
        for worker in workers:
            end = ended(worker)
            assert end.returncode == Outcome.FAULT
            assert len(end.stderr.splitlines()) == 1
            assert "does not come back" in end.stderr
        assert time.monotonic() - begin < 10
        place.server.start()
        assert place.crawl(1) == [0]
        check_same(place, alone, again=2 * AT_A_KILL)


@pytest.mark.long
def test_a_server_that_forgets(alone: Alone, tmp_path: Path) -> None:
    """Nobody takes an empty queue for the end; the next run takes over what was answered."""
    with fleet(tmp_path, Slow(SLOW)) as place:
        workers = place.workers(2)
        place.at(40, place.server.client.flushall)
        for worker in workers:
            end = ended(worker)
            assert end.returncode == Outcome.FAULT
            assert "has lost" in end.stderr
            assert len(end.stderr.splitlines()) == 1
        assert not place.dataset.exists()
        packed = ("wacz", place.run_folder.name, "--output", str(tmp_path / "run.wacz"))
        for arguments in (("verify",), ("status",), ("retain", "--keep", "90d"), ("report", "--history"), packed):
            done = scrapy(*arguments, OUTPUT_DIR=place.output)
            assert (done.returncode, done.stderr) == (0, ""), (arguments, done)
        assert place.crawl(2) == [0, 0]
        assert place.published() == alone.published
        assert counts(place.report) == alone.counts
        assert place.report["resumed"] == [place.runs()[0].id]
        assert place.report["counts"]["resumed"] >= 30
        assert len(place.again) <= 2 * AT_A_KILL
        assert scrapy("verify", OUTPUT_DIR=place.output).returncode == 0


@pytest.mark.long
def test_a_server_that_comes_back_with_an_older_queue(alone: Alone, tmp_path: Path) -> None:
    """A worker that knows more than the server might not ask again for what that has forgotten; a new one does."""
    with fleet(tmp_path, Slow(SLOW)) as place:
        workers, memory = place.workers(2), dict[str, bytes]()
        place.at(25, lambda: memory.update(place.server.memory()))
        place.at(20, lambda: place.server.go_back(memory))
        assert codes(workers) == [Outcome.FAULT] * 2
        assert place.crawl(1) == [0]
        assert len(place.runs()) == 1
        check_same(place, alone, again=20 + 4 * AT_A_KILL)


@pytest.mark.long
def test_a_plain_crawl_goes_on_where_a_fleet_was_given_up(alone: Alone, tmp_path: Path) -> None:
    with fleet(tmp_path, Slow(SLOW)) as place:
        workers = place.workers(2)
        place.at(40, *(worker.kill for worker in workers))
        codes(workers)
        one = scrapy("crawl", SOURCE, "-a", f"base_url={place.origin}", OUTPUT_DIR=place.output, DOWNLOAD_DELAY=0,
                     AUTOTHROTTLE_ENABLED=0)  # fmt: skip
        assert one.returncode == 0, one.stderr
        assert place.published() == alone.published
        assert place.report["counts"]["resumed"] >= 30
        assert len(place.again) <= 2 * AT_A_KILL
        assert scrapy("verify", OUTPUT_DIR=place.output).returncode == 0


@pytest.mark.long
def test_a_server_that_is_lost_when_all_is_published(alone: Alone, tmp_path: Path) -> None:
    with fleet(tmp_path) as place:
        worker = place.start(REDIS_PATIENCE=1)
        wait_for(place.dataset.exists)
        place.server.kill()
        assert codes([worker]) == [0]
        place.server.start()
        next_one = ended(place.start())
        assert next_one.returncode == 0
        assert len(place.runs()) == 1
        check_same(place, alone)


# ------------------------------------------------------------------ a disk that fails
@pytest.mark.long
def test_the_disk_of_one_is_full(alone: Alone, tmp_path: Path) -> None:
    with fleet(tmp_path, Slow(0.1)) as place:
        full = place.start_in("full:160000")
        wait_for(lambda: place.site.asked)
        other = place.start()
        end = ended(full)
        assert end.returncode == Outcome.CANNOT_WRITE
        assert codes([other]) == [0]
        check_same(place, alone, again=AT_A_KILL)


# ------------------------------------------------------------------ manners
@dataclass
class Visit:
    path: str
    at: float


class Timed(Watched):
    """A site that notes when it was asked."""

    def __init__(self) -> None:
        super().__init__(watched_site().answers)
        self.visits: list[Visit] = []
        self.seconds: dict[str, float] = {}

    def answer(self, target: str) -> Answer:
        """Answer as the site does, where it takes its time after that."""
        self.visits.append(Visit(target, time.monotonic()))
        found = super().answer(target)
        time.sleep(self.seconds.get(target, 0))
        return found

    def spacing(self) -> float:
        """The seconds between two requests, of all of them: a busy machine moves single ones, and not the whole."""
        times = sorted(visit.at for visit in self.visits)
        return (times[-1] - times[0]) / (len(times) - 1)


DELAY = 0.15
# Of a delay: the last request may come sooner than the first one did. With a delay for each worker it were a third.
NEARLY = 0.95


@pytest.mark.long
def test_a_delay_is_that_of_the_fleet(alone: Alone, tmp_path: Path) -> None:
    site = Timed()
    with fleet(tmp_path, site) as place:
        assert place.crawl(3, DOWNLOAD_DELAY=DELAY) == [0] * 3
        assert site.spacing() > DELAY * NEARLY
        assert site.asked.count("/robots.txt") == 1
        check_same(place, alone)


@pytest.mark.long
def test_a_crawl_delay_is_that_of_the_fleet(tmp_path: Path) -> None:
    site = Timed()
    site.answers["/robots.txt"].body += b"\nUser-agent: *\nCrawl-delay: 0.2\n"
    with fleet(tmp_path, site, {"discover": "listing"}) as place:
        assert set(place.crawl(3)) <= {0, int(Outcome.DEGRADED)}
        assert site.spacing() > 0.2 * NEARLY


@pytest.mark.long
def test_all_leave_a_host_alone_that_asks_for_it(tmp_path: Path) -> None:
    site = Timed()
    with fleet(tmp_path, site) as place:
        page = "/whats-on/vertigo/"
        answer = site.answers[page]
        site.answers[page] = Answer(status=503, headers={"Retry-After": "3"})

        def relent() -> None:
            wait_for(lambda: page in site.asked)
            site.answers[page] = answer

        workers = place.workers(3)
        relent()
        assert codes(workers) == [0] * 3
        asked = next(visit.at for visit in site.visits if visit.path == page)
        # What was on its way already comes through.
        assert [visit for visit in site.visits if asked + 0.3 < visit.at < asked + 2.9] == []
        assert site.asked.count(page) == 2
        place.check_clean()


@pytest.mark.long
def test_a_request_longer_than_the_lease_is_asked_once(alone: Alone, tmp_path: Path) -> None:
    site = Timed()
    site.seconds = {"/whats-on/vertigo/": 2 * LEASE + 1, "/robots.txt": LEASE + 1}
    with fleet(tmp_path, site) as place:
        assert place.crawl(2) == [0, 0]
        check_same(place, alone)


@pytest.mark.long
def test_a_budget_is_that_of_the_fleet(alone: Alone, tmp_path: Path) -> None:
    with fleet(tmp_path, Slow(0.1)) as place:
        assert place.crawl(3, CLOSESPIDER_PAGECOUNT=30) == [Outcome.BUDGET] * 3
        first = len(place.site.asked)
        assert 30 <= first <= 30 + 3 * AT_A_KILL
        assert place.report["counts"]["pending"] > 0
        assert "same_page" not in place.report["counts"]["skipped"]
        place.site.asked.clear()
        assert place.crawl(2, **AGAIN) == [0, 0]
        assert place.published() == alone.published
        assert counts(place.report) == alone.counts
        assert len(place.site.asked) <= len(alone.asked) - first + 2
        place.check_clean()


@pytest.mark.long
@pytest.mark.parametrize(("status", "outcome"), [(500, Outcome.TOO_MANY_FAILED), (403, Outcome.BLOCKED)])
def test_a_site_that_refuses_is_left_by_all(status: int, outcome: Outcome, tmp_path: Path) -> None:
    site = watched_site()
    for path, answer in site.answers.items():
        if path.startswith("/whats-on/") and answer.kind == "event":
            site.answers[path] = Answer(b"<html><body>no</body></html>", status)
    with fleet(tmp_path, site, {"discover": "sitemap"}) as place:  # nothing between the events begins the count again
        assert place.crawl(3, MAX_FAILURES_IN_A_ROW=8, RETRY_TIMES=0) == [outcome] * 3
        refused = [path for path in site.asked if site.answers.get(path, Answer()).status == status]
        assert 8 <= len(refused) <= 8 + 3 * AT_A_KILL
        assert not place.dataset.exists()
        assert list(place.folder.glob("runs/*/parts")) == []


# ------------------------------------------------------------------ several sources
@pytest.mark.long
def test_two_fleets_on_one_server(alone: Alone, tmp_path: Path) -> None:
    """Their keys bear the source's name; here the second one is another database of the same server."""
    with fleet(tmp_path, Slow(0.1)) as place:
        other = Fleet(tmp_path / "other", place.origin, place.site, place.server)
        environment = {**other.environment, "REDIS_URL": place.server.url[:-1] + "1"}
        workers = place.workers(2)
        workers += [second(other, environment) for _ in range(2)]
        assert codes(workers) == [0] * 4
        assert place.published() == other.published() == alone.published
        place.check_clean()


def second(place: Fleet, environment: dict[str, str]) -> Any:
    """A worker of another fleet."""
    import subprocess

    return subprocess.Popen(place.line(), cwd=ROOT, env=environment, stdout=-1, stderr=-1, text=True)


# ------------------------------------------------------------------ no time is lost
@pytest.mark.long
def test_the_end_comes_soon(tmp_path: Path) -> None:
    site = Timed()
    with fleet(tmp_path, site) as place:
        assert place.crawl(2, LEASE=60) == [0, 0]
        finished = datetime.fromisoformat(place.report["finished"])
        last = time.time() - (time.monotonic() - site.visits[-1].at)
        assert finished.timestamp() - last < 3, "a second or two of gathering on a busy machine, and no lease"
        assert finished.tzinfo == UTC
