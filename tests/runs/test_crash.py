"""A crawl that is killed at any moment leaves the dataset whole, and the next one needs no hand."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from filmscrape.archive.manifest import CHECKSUMS, check_files, file_sha256
from filmscrape.runs.ledger import Ledger
from filmscrape.runs.merging import Merging
from filmscrape.runs.outcome import Outcome
from filmscrape.runs.readings import READINGS
from filmscrape.runs.recovery import open_ledger, rebuild
from filmscrape.runs.stored import LEDGER
from tests.crawling import ROOT, Crawl, crawl, environment
from tests.killing import IN_FLIGHT, QUICK, Place, crawled, ended, watched_site
from tests.marks import long

KILLED = -signal.SIGKILL
RANDOM_POINTS = int(os.environ.get("KILL_POINTS") or 6)  # each run of the suite tries others


@dataclass(frozen=True)
class Undisturbed:
    """What a crawl that nobody disturbs leaves behind, and the one after it."""

    published: bytes
    ledger: list[str]
    ledger_after: list[str]
    readings: list[bytes]
    paths: list[str]


def go_on(place: Place) -> Crawl:
    """The next run, in this process."""
    return crawl(place.output, place.arguments, QUICK)


def disturb_nothing(place: Place) -> Undisturbed:
    """Crawl, and crawl again."""
    place.site.asked.clear()
    assert go_on(place).outcome is Outcome.ACCEPTED
    published, ledger, readings = place.published(), place.ledger(), place.readings(place.runs()[-1])
    paths = sorted(place.site.asked)
    place.site.asked.clear()
    assert go_on(place).outcome is Outcome.ACCEPTED
    assert place.published() == published
    return Undisturbed(published, ledger, place.ledger(), readings, paths)


def check_sound(place: Place) -> None:
    """Nothing is left lying about, and all checksums hold."""
    assert {path.name for path in place.folder.iterdir()} == {".lock", "events.jsonl", LEDGER, "runs"}
    with closing(Ledger(place.folder / LEDGER, read_only=True)) as ledger:
        assert ledger.faults() == []
        published = ledger.last_published()
    assert published is not None
    assert file_sha256(place.dataset) == published[1]
    for run in place.runs():
        if run.is_finished:
            assert (run.path / CHECKSUMS).is_file()
            assert list(check_files(run.path)) == []
            assert not (run.path / "spool.jsonl").exists()


# ------------------------------------------------------------------ at any point
@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    """Undisturbed runs into an empty directory."""
    with crawled(tmp_path_factory.mktemp("first")) as place:
        return disturb_nothing(place)


def kill_and_go_on(place: Place, first: Undisturbed, number: int, wait: float = 0.0) -> None:
    assert place.killed_at(number, wait) in (KILLED, 0)  # it may have been through
    if place.dataset.exists():
        assert place.published() == first.published
    with closing(open_ledger(place.folder)) as ledger:  # as the next run does it
        is_joined = bool(ledger.runs())
    done = go_on(place)
    assert done.outcome is Outcome.ACCEPTED
    assert place.published() == first.published
    assert sorted(set(place.site.asked)) == first.paths
    if is_joined:
        assert place.ledger() == first.ledger_after
        assert done.report["resumed"] == []
    else:
        assert place.ledger() == first.ledger
        assert place.readings(place.runs()[-1]) == first.readings
        assert len(place.site.twice) <= IN_FLIGHT
        assert len(done.report["resumed"]) == (place.runs()[0].id != done.folder.name)
    check_sound(place)


@pytest.mark.parametrize("number", [long(1), 25, long(50), long(75)])
def test_killed_as_it_asks_for_its_nth_page(number: int, first: Undisturbed, tmp_path: Path) -> None:
    with crawled(tmp_path) as place:
        kill_and_go_on(place, first, number)


@pytest.mark.long
def test_killed_at_random_points(first: Undisturbed, tmp_path: Path) -> None:
    seed = int(os.environ.get("KILL_SEED") or random.randrange(1_000_000))
    print(f"KILL_SEED={seed} does the same again")
    chance = random.Random(seed)
    total = len(first.paths)
    ending = seconds_of_the_end(tmp_path / "timed", total)
    for point in range(RANDOM_POINTS):
        # Two in three while it asks, the others from the last answer on to the end.
        number = chance.randint(1, total) if chance.random() < 0.66 else total
        wait = chance.uniform(0, ending if number == total else 0.02)
        print(f"{point}: killed {wait:.3f} seconds after request {number}")
        with crawled(tmp_path / str(point)) as place:
            kill_and_go_on(place, first, number, wait)


def seconds_of_the_end(output: Path, total: int) -> float:
    """Measure how long a run takes from its last request on."""
    with crawled(output) as place:
        moments: list[float] = []
        place.site.expect(total, lambda: moments.append(time.monotonic()))
        assert place.run().returncode == 0
        return time.monotonic() - moments[0]


@pytest.mark.long
def test_killed_twice_in_a_row(first: Undisturbed, tmp_path: Path) -> None:
    """The third run takes over from both."""
    with crawled(tmp_path) as place:
        assert place.killed_at(20) == KILLED
        assert place.killed_at(25) == KILLED
        assert 20 + 25 <= len(place.site.asked) <= 20 + 25 + 2 * IN_FLIGHT
        done = go_on(place)
        assert done.report["resumed"] == [run.id for run in place.runs()[:2]]
        assert place.published() == first.published
        assert place.ledger() == first.ledger
        assert len(place.site.asked) <= len(first.paths) + 2 * IN_FLIGHT
        check_sound(place)


# ------------------------------------------------------------------ in a named phase
@dataclass(frozen=True)
class Yesterday:
    """A place with a dataset, a site that has changed since, and what comes of that where nobody disturbs it."""

    place: Place
    after: Undisturbed


@pytest.fixture(scope="module")
def yesterday(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Yesterday]:
    folder = tmp_path_factory.mktemp("yesterday")
    with crawled(folder / "output") as place:
        site = watched_site()
        events = [path for path, answer in sorted(site.answers.items()) if answer.kind == "event"]
        for path in events[::5]:
            changed = site.answers[path]
            place.site.answers[path].body = changed.body.replace(b"</h1>", b" (as it was)</h1>", 1)
            place.site.answers[path].date = changed.date - timedelta(days=1)
        assert go_on(place).outcome is Outcome.ACCEPTED
        place.site.answers.update(site.answers)
        after = disturb_nothing(place.copied_to(folder / "undisturbed"))
        assert after.published != place.published()
        yield Yesterday(place, after)


BEFORE_THE_COMMIT = {
    "while events.jsonl is written": "during:20:filmscrape.runs.dataset:in_order",
    "after the readings": "before:1:filmscrape.runs.spool:Spool.remove",
    "in the ledger's transaction": "during:10:filmscrape.runs.merging:Merging.merge",
    "after changes.jsonl": "after:1:filmscrape.runs.joining:write_draft",
    "while the dataset is drafted": "during:20:filmscrape.runs.ledger:Ledger.lines",
    "after the dataset's draft": "after:2:filmscrape.runs.joining:write_draft",
    "before the commit": "after:2:filmscrape.runs.folder:RunFolder.draft",
}
AFTER_THE_COMMIT = {
    "before the rename": ("before:1:filmscrape.runs.joining:put_in_place", "old"),
    "between rename and run.json": ("after:1:filmscrape.runs.joining:put_in_place", "new"),
    "before SHA256SUMS": ("before:1:filmscrape.runs.folder:write_checksums", "new"),
    "when all is done": ("after:2:filmscrape.runs.folder:RunFolder.settle", "new"),
}
# The others are of the same kind, and a second each.
ALWAYS = ("in the ledger's transaction", "before the rename", "between rename and run.json")


def phases(names: Iterable[str]) -> list[object]:
    """Test some always, and all where time does not count."""
    return [name if name in ALWAYS else long(name) for name in names]


@pytest.mark.parametrize("phase", phases(BEFORE_THE_COMMIT))
def test_killed_before_the_commit(phase: str, yesterday: Yesterday, tmp_path: Path) -> None:
    """Nothing has happened; the next run has all answers at hand."""
    place = yesterday.place.copied_to(tmp_path / "output")
    old = place.dataset.read_bytes()
    assert place.run_in(BEFORE_THE_COMMIT[phase]).returncode == KILLED
    assert place.dataset.read_bytes() == old
    place.site.asked.clear()
    done = go_on(place)
    assert done.outcome is Outcome.ACCEPTED
    assert place.site.asked == [], "all was known"
    assert done.report["resumed"] == [place.runs()[1].id]
    assert place.published() == yesterday.after.published
    assert place.ledger() == yesterday.after.ledger
    assert place.readings(place.runs()[-1]) == yesterday.after.readings
    check_sound(place)


@pytest.mark.parametrize("phase", phases(AFTER_THE_COMMIT))
def test_killed_after_the_commit(phase: str, yesterday: Yesterday, tmp_path: Path) -> None:
    """The run counts: the next one finishes what it left, and is an ordinary one."""
    place = yesterday.place.copied_to(tmp_path / "output")
    old = place.dataset.read_bytes()
    where, state = AFTER_THE_COMMIT[phase]
    assert place.run_in(where).returncode == KILLED
    if state == "old":
        assert place.dataset.read_bytes() == old
    else:
        assert place.published() == yesterday.after.published
    place.site.asked.clear()
    done = go_on(place)
    assert done.outcome is Outcome.ACCEPTED
    assert sorted(place.site.asked) == yesterday.after.paths
    assert done.report["resumed"] == []
    killed = place.runs()[1]
    assert (killed.report["outcome"], killed.report["exit_code"]) == ("accepted", 0)
    assert killed.published_sha256 is not None
    assert done.rows("changes.jsonl") == []
    assert place.published() == yesterday.after.published
    assert place.ledger() == yesterday.after.ledger_after
    check_sound(place)


@pytest.mark.parametrize(
    "where",
    [
        "before:1:filmscrape.runs.ledger:Ledger._one",  # the file is there, and empty
        long("after:1:filmscrape.runs.recovery:Ledger"),
        long("after:1:filmscrape.runs.keeper:RunFolder"),
        long("before:1:filmscrape.runs.folder:RunFolder.settle"),
    ],
)
def test_killed_as_the_very_first_run_begins(where: str, first: Undisturbed, tmp_path: Path) -> None:
    with crawled(tmp_path) as place:
        assert place.run_in(where).returncode == KILLED
        assert place.site.asked == []
        assert go_on(place).outcome is Outcome.ACCEPTED
        assert place.published() == first.published
        assert place.ledger() == first.ledger


# ------------------------------------------------------------------ the ledger
REBUILD = """
import sys
from pathlib import Path
from filmscrape.runs.recovery import rebuild
from tests.killing import prepare
prepare(sys.argv[1])
rebuild(Path(sys.argv[2]))
"""


@pytest.mark.parametrize("is_known", [True, False], ids=["of the runs", "of the dataset alone"])
@pytest.mark.parametrize(
    "where",
    [
        long("before:1:filmscrape.runs.recovery:merge_stored"),
        long("after:1:filmscrape.runs.recovery:write_ledger"),
        "before:1:filmscrape.runs.recovery:_adopt",
        long("after:1:filmscrape.runs.recovery:_adopt"),
        long("after:2:filmscrape.runs.recovery:_remove"),
        long("before:1:filmscrape.runs.recovery:os.replace"),
        long("after:1:filmscrape.runs.recovery:os.replace"),
    ],
)
def test_killed_while_the_ledger_is_made_again(
    where: str, is_known: bool, yesterday: Yesterday, tmp_path: Path
) -> None:
    """Whatever the runs or the published dataset alone tell of is still there afterwards."""
    place = yesterday.place.copied_to(tmp_path / "output")
    if not is_known:
        shutil.rmtree(place.folder / "runs")
        (place.folder / LEDGER).unlink()
    before = place.dataset.read_bytes()
    line = ["-c", REBUILD, where, str(place.folder)]
    made = subprocess.Popen([sys.executable, *line], cwd=ROOT, env=environment(), stdout=-1, stderr=-1, text=True)
    code = ended(made).returncode
    assert code == KILLED or (not is_known and code == 0 and "merge_stored" in where)
    assert place.dataset.read_bytes() == before
    with closing(open_ledger(place.folder)) as ledger:
        assert b"".join(ledger.lines()) == before
        assert ledger.faults() == []
    assert place.dataset.read_bytes() == before


def test_ledger_out_of_a_backup_learns_of_later_runs(yesterday: Yesterday, tmp_path: Path) -> None:
    """Else the dataset would be put back to what the ledger knows."""
    place = yesterday.place.copied_to(tmp_path / "output")
    shutil.copy(place.folder / LEDGER, tmp_path / "backup")
    assert go_on(place).outcome is Outcome.ACCEPTED
    new = place.dataset.read_bytes()
    shutil.copy(tmp_path / "backup", place.folder / LEDGER)
    with closing(open_ledger(place.folder)) as ledger:
        assert len(ledger.runs()) == 2
        assert b"".join(ledger.lines()) == new
    assert place.dataset.read_bytes() == new


@pytest.mark.parametrize("damage", ["empty", "empty, and no run", "a page of zeros", "cut off", "words"])
def test_ledger_that_a_bad_disk_left_is_made_again(damage: str, yesterday: Yesterday, tmp_path: Path) -> None:
    place = yesterday.place.copied_to(tmp_path / "output")
    path, old = place.folder / LEDGER, place.dataset.read_bytes()
    content = path.read_bytes()
    if damage == "a page of zeros":
        path.write_bytes(content[:8192] + bytes(40960) + content[49152:])
    else:
        path.write_bytes({"cut off": content[: len(content) // 2], "words": b"To be done.\n" * 999}.get(damage, b""))
    if damage == "empty, and no run":
        shutil.rmtree(place.folder / "runs")
    with closing(open_ledger(place.folder)) as ledger:
        assert b"".join(ledger.lines()) == old
        assert ledger.faults() == []
    assert place.dataset.read_bytes() == old
    assert path.with_name(f"{LEDGER}.damaged").exists() == (not damage.startswith("empty"))


@pytest.mark.long
def test_what_was_committed_but_stands_beside_the_ledger_counts(yesterday: Yesterday, tmp_path: Path) -> None:
    """SQLite's own file beside the ledger holds the last transaction until somebody closes the ledger."""
    place = yesterday.place.copied_to(tmp_path / "output")
    assert place.run_in("after:2:filmscrape.runs.folder:RunFolder.settle").returncode == KILLED
    assert (place.folder / f"{LEDGER}-wal").stat().st_size > 0
    rebuild(place.folder)
    with closing(open_ledger(place.folder)) as ledger:
        assert len(ledger.runs()) == 2
    assert place.published() == yesterday.after.published


@pytest.mark.long
# ------------------------------------------------------------------ what a power cut leaves
def test_leftovers_of_a_power_cut(yesterday: Yesterday, tmp_path: Path) -> None:
    """A torn record, drafts of no content, the draft of a dataset: all of it is overcome, and what is junk goes."""
    place = yesterday.place.copied_to(tmp_path / "output")
    assert place.run_in("before:1:filmscrape.runs.spool:Spool.remove").returncode == KILLED
    killed = place.runs()[1]
    (warc,) = killed.warcs
    os.truncate(warc, warc.stat().st_size - 100)
    with warc.open("ab") as file:
        file.write(bytes(4096))
    (killed.path / READINGS).write_bytes(b"")
    (killed.path / f".{READINGS}").write_bytes(b"")
    (killed.path / "run.json").write_bytes((killed.path / "run.json").read_bytes())
    (place.folder / f".events.jsonl.{killed.id}").write_bytes(b'{"schema_version":')
    (place.folder / ".ledger.sqlite").write_bytes(b"")
    (place.folder / ".ledger.sqlite-wal").write_bytes(b"rubbish")
    place.site.asked.clear()
    done = go_on(place)
    assert done.outcome is Outcome.ACCEPTED
    assert len(place.site.asked) == 1, "the torn record alone"
    assert done.report["archive"]["repaired"] != {}
    assert place.published() == yesterday.after.published
    assert not (place.folder / f".events.jsonl.{killed.id}").exists()


@pytest.mark.long
def test_run_json_that_never_reached_the_disk(first: Undisturbed, tmp_path: Path) -> None:
    """Nobody knows what such a run was to look at, so it is left alone."""
    with crawled(tmp_path) as place:
        assert place.killed_at(30) == KILLED
        (place.runs()[0].path / "run.json").write_bytes(b"")
        done = go_on(place)
        assert done.report["resumed"] == []
        assert done.outcome is Outcome.ACCEPTED
        assert place.published() == first.published


# ------------------------------------------------------------------ a disk that is full, or may not be written
def damaged_by(place: Place, size: int, **settings: object) -> str:
    """Crawl with a disk where no file grows beyond so many bytes; gives the one line that tells."""
    old = place.dataset.read_bytes()
    done = place.run_in(f"full:{size}", **settings)
    assert done.returncode == Outcome.CANNOT_WRITE
    assert place.dataset.read_bytes() == old
    (line,) = done.stderr.splitlines()
    assert line.endswith(f"{place.dataset} is as it was")
    return line


@pytest.mark.parametrize(
    ("size", "settings", "name"),
    [
        long(60_000, {}, "runs/"),  # the WARC, in the crawl
        long(100_000, {"WARC": 0}, "runs/"),  # what is kept of the records meanwhile
        long(200_000, {"WARC": 0}, LEDGER),  # the ledger, in its transaction
    ],
)
def test_disk_that_is_full(
    size: int, settings: dict[str, object], name: str, yesterday: Yesterday, tmp_path: Path
) -> None:
    place = yesterday.place.copied_to(tmp_path / "output")
    line = damaged_by(place, size, **settings)
    assert f"cannot write {place.folder / name}".rstrip("/") in line
    place.site.asked.clear()
    done = go_on(place)
    assert done.outcome is Outcome.ACCEPTED
    assert place.published() == yesterday.after.published
    assert place.ledger() == yesterday.after.ledger
    if "WARC" not in settings:
        assert done.report["resumed"], "what it was answered is not asked for again"
        assert len(place.site.asked) < len(yesterday.after.paths)


def test_ledger_that_is_full_tells_of_the_disk(tmp_path: Path) -> None:
    """SQLite takes the transaction back by itself then."""
    path = tmp_path / LEDGER
    with closing(Ledger(path)) as ledger:
        pages = ledger._one("PRAGMA page_count")
        ledger._db.execute(f"PRAGMA max_page_count = {pages + 2}")
        rows = [(str(number), "a name" * 500) for number in range(99)]
        with pytest.raises(OSError, match="full") as fault, ledger.transaction():
            ledger._db.executemany("INSERT INTO venues VALUES (?, ?)", rows)
        assert fault.value.filename == str(path)
        assert ledger._one("SELECT count(*) FROM venues") == 0


@pytest.mark.long
@pytest.mark.parametrize("size", [long(100), 1000])
def test_disk_that_is_full_from_the_beginning(size: int, yesterday: Yesterday, tmp_path: Path) -> None:
    """Not even the first line of a file fits, or ``run.json`` does not."""
    place = yesterday.place.copied_to(tmp_path / "output")
    place.site.asked.clear()
    done = place.run_in(f"full:{size}", WARC=0 if size > 100 else 1)
    assert done.returncode == Outcome.CANNOT_WRITE
    (line,) = done.stderr.splitlines()
    assert f"cannot write {place.output}" in line
    assert place.site.asked == []
    assert go_on(place).outcome is Outcome.ACCEPTED
    assert place.ledger() == yesterday.after.ledger


def test_fault_of_the_program_is_no_success(
    yesterday: Yesterday, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = yesterday.place.copied_to(tmp_path / "output")
    old = place.dataset.read_bytes()
    with monkeypatch.context() as broken:
        broken.setattr(Merging, "merge", lambda self, lines: iter([1 // 0]))
        done = go_on(place)
    assert done.verdict == (
        Outcome.FAULT,
        "the program failed: ZeroDivisionError: integer division or modulo by zero",
        (),
    )
    assert (done.report["exit_code"], place.runs()[-1].published_sha256) == (1, None)
    assert place.dataset.read_bytes() == old
    assert go_on(place).outcome is Outcome.ACCEPTED
    assert place.published() == yesterday.after.published


def test_output_that_may_only_be_read(yesterday: Yesterday, tmp_path: Path) -> None:
    place = yesterday.place.copied_to(tmp_path / "output")
    line = place.line()
    if os.geteuid() == 0:  # may write everywhere, unless it gives that up
        if shutil.which("setpriv") is None:
            pytest.skip("root needs setpriv to be refused anything")
        line = ["setpriv", "--bounding-set=-dac_override", *line]
    for folder in (place.folder, place.folder / "runs"):
        folder.chmod(0o555)
    (place.folder / ".lock").unlink(missing_ok=True) if os.geteuid() == 0 else None
    place.site.asked.clear()
    try:
        done = ended(subprocess.Popen(line, cwd=ROOT, env=environment(), stdout=-1, stderr=-1, text=True))
    finally:
        for folder in (place.folder, place.folder / "runs"):
            folder.chmod(0o755)
    assert done.returncode == Outcome.CANNOT_WRITE
    (complaint,) = done.stderr.splitlines()
    assert f"cannot write {place.folder}" in complaint
    assert "ermission denied" in complaint
    assert place.site.asked == []


@pytest.mark.parametrize("out", [long("closed"), "full"])
def test_nobody_reads_what_is_printed(out: str, tmp_path: Path) -> None:
    """That says nothing of the run."""
    with crawled(tmp_path) as place:
        if out == "closed":
            reading, writing = os.pipe()
            os.close(reading)
        else:
            writing = os.open("/dev/full", os.O_WRONLY)
        line = [*place.line(), "-a", "only=here", "-a", "discover=none"]
        crawl = subprocess.Popen(line, cwd=ROOT, env=environment(), stdout=writing, stderr=-1, text=True)
        os.close(writing)
        done = ended(crawl)
    assert (done.returncode, done.stderr) == (0, "")
