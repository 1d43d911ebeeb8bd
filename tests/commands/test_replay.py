"""``scrapy replay`` as a user runs it: what it prints, what it publishes, how it ends."""

import gzip
import json
import os
import shutil
import signal
import subprocess
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from filmscrape.archive.manifest import write_checksums
from filmscrape.commands.replay import Command
from filmscrape.fixtures import serve
from filmscrape.runs.lock import SourceLock
from filmscrape.runs.readings import READINGS
from filmscrape.runs.stored import LEDGER, RUNS, runs_of
from tests.crawling import ROOT, SOURCE, Crawl, bundled_site, command, crawl, environment, load_spider, rows, scrapy
from tests.foreign_warcs import Kept, write_warc
from tests.in_process import run
from tests.marks import long
from tests.stored_runs import Past


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Crawl:
    """A crawl of some events of the bundled site."""
    with serve(bundled_site()) as origin:
        return crawl(tmp_path_factory.mktemp("crawled"), {"base_url": origin, "only": "here,casablanca,vertigo"})


@pytest.fixture
def output(crawled: Crawl, tmp_path: Path) -> Path:
    """An output directory of one's own with that crawl in it."""
    shutil.copytree(crawled.dataset.parents[1], tmp_path / "output")
    return tmp_path / "output"


def dataset(output: Path) -> Path:
    return output / SOURCE / "events.jsonl"


def change(output: Path) -> None:
    """Have something else published than what is read: a field lost, one changed, one that no page has, an event more.

    That is what a run of lesser eyes read and published.
    """
    (run,) = runs_of(output, SOURCE)
    path = run.path / READINGS
    lines = [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]
    for line in list(lines):
        if line["kind"] == "page" and line["id"].endswith(":here"):
            line["record"].update(year=None, title="Her", premiere="Lunar Premiere")
            more = f"{SOURCE}:zzz"
            lines.append({**line, "id": more, "record": {**line["record"], "id": more}})
    text = "".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in lines)
    path.write_bytes(gzip.compress(text.encode()))
    (output / SOURCE / LEDGER).unlink()
    published = Past(output, SOURCE).join(run.path)
    (run.path / "run.json").write_text(json.dumps({**run.report, "published": published}))
    write_checksums(run.path)


def test_a_run_read_again_changes_nothing(crawled: Crawl, output: Path) -> None:
    before = dataset(output).read_bytes()
    for arguments in ((crawled.folder.name,), (str(output / SOURCE / "runs" / crawled.folder.name),), ("--all",)):
        done = run(Command(), *arguments, output=output)
        assert (done.returncode, done.stderr) == (0, "")
        assert "0 added, 0 changed, 3 unchanged, 0 not read" in done.stdout
        assert "\ndataset:" not in done.stdout
    assert dataset(output).read_bytes() == before
    assert run(Command(), "--all", "--publish", output=output).returncode == 0
    assert dataset(output).read_bytes() == before
    assert scrapy("verify", OUTPUT_DIR=output).returncode == 0


def test_what_changes_is_told_and_published_on_demand_only(crawled: Crawl, output: Path) -> None:
    wanted = rows(dataset(output))
    change(output)
    before = dataset(output).read_bytes()
    told = run(Command(), crawled.folder.name, output=output)
    assert told.returncode == 0
    assert f"gained   {SOURCE}:here year: null -> 2023" in told.stdout
    assert f"changed  {SOURCE}:here title: Her -> Here" in told.stdout
    assert f"lost     {SOURCE}:here premiere: Lunar Premiere -> null" in told.stdout
    assert "0 added, 1 changed, 2 unchanged, 1 not read" in told.stdout
    assert dataset(output).read_bytes() == before

    done = run(Command(), crawled.folder.name, "--publish", "--json", output=output)
    assert done.returncode == 0
    (report,) = json.loads(done.stdout)["sources"]
    assert report["difference"]["fields"]["premiere"] == {"gained": 0, "changed": 0, "lost": 1}
    assert report["published"]
    found = rows(dataset(output))
    assert found[:-1] == wanted
    assert found[-1]["id"] == f"{SOURCE}:zzz", "what was not read stays"


def test_a_file_of_others_makes_a_dataset(crawled: Crawl, tmp_path: Path) -> None:
    site, home = bundled_site(), load_spider().site
    target = next(path for path in site.answers if path.endswith("/here/"))
    path = write_warc(tmp_path / "old.warc.gz", [Kept(home + target, site.answers[target].body)], like_wget=True)
    done = scrapy("replay", str(path), "--publish", "--jobs", "2", OUTPUT_DIR=tmp_path / "new")
    assert (done.returncode, done.stderr) == (0, "")
    (record,) = rows(dataset(tmp_path / "new"))
    assert record["id"] == f"{SOURCE}:here"
    assert record["provenance"]["run_id"] == "old.warc.gz"


def test_a_torn_file_is_read_as_far_as_it_goes(crawled: Crawl, output: Path, tmp_path: Path) -> None:
    data = (crawled.folder / "pages.warc.gz").read_bytes()
    torn = tmp_path / "torn.warc.gz"
    torn.write_bytes(data[:-300])
    change(output)
    before = dataset(output).read_bytes()
    done = run(Command(), str(torn), "--publish", output=output)
    assert done.returncode == 18
    assert f"{torn}: offset " in done.stdout
    assert len(done.stderr.splitlines()) == 1
    assert "1 damaged place" in done.stderr
    assert "nothing was published" in done.stderr
    assert dataset(output).read_bytes() == before
    assert "extracted" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "name WARC files or runs"),
        (("missing.warc.gz",), "'missing.warc.gz' is no file, and no run of "),
        (("20200101T000000.000Z-0000",), "is no file, and no run of "),
        (("--all",), "no run in "),
        (("--all", "x"), "not both"),
        (("x", "--source", "nobody"), "no source 'nobody'; there are: "),
        (("x", "--jobs", "0"), "no number above 0"),
        (("x", "--jobs", "many"), "no whole number"),
        (("x", "--wrong"), "--wrong"),
    ],
)
def test_a_wrong_argument_is_one_line(arguments: tuple[str, ...], words: str, tmp_path: Path) -> None:
    done = run(Command(), *arguments, output=tmp_path)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("scrapy replay: ")
    assert words in line
    assert list(tmp_path.iterdir()) == []


def test_a_file_without_events(tmp_path: Path) -> None:
    path = write_warc(tmp_path / "others.warc.gz", [Kept("https://elsewhere.example/", b"<html>")])
    done = run(Command(), str(path), output=tmp_path / "output")
    assert done.returncode == 13
    assert "no page of a source was found among 1 captures" in done.stderr
    rubbish = tmp_path / "rubbish.warc.gz"
    rubbish.write_bytes(b"no archive at all" * 50)
    done = run(Command(), str(rubbish), output=tmp_path / "output")
    assert done.returncode == 18
    assert f"{rubbish}: offset 0: " in done.stdout


def test_a_mirror_has_to_be_named(tmp_path: Path) -> None:
    site = bundled_site()
    target = next(path for path in site.answers if path.endswith("/here/"))
    answer = Kept("https://mirror.example:8443" + target, site.answers[target].body)
    path = write_warc(tmp_path / "mirror.warc.gz", [answer])
    done = run(Command(), str(path), "--jobs", "1", output=tmp_path / "output")
    assert (done.returncode, "1 of another site" in done.stdout) == (13, True)
    assert (
        run(Command(), str(path), "--host", "mirror.example", "--publish", output=tmp_path / "output").returncode == 0
    )
    (record,) = rows(dataset(tmp_path / "output"))
    assert record["url"] == load_spider().event_url("here")


def heeds_ctrl_c() -> None:
    """Undo what a shell does to a suite that runs in its background: there SIGINT is ignored, and that is inherited."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_interrupted_reading_publishes_nothing(crawled: Crawl, output: Path) -> None:
    """Ctrl-C reaches all processes; one line, no traceback of any."""
    before = dataset(output).read_bytes()
    many = output.parent / "many.warc.gz"
    body = bundled_site().answers[next(p for p in bundled_site().answers if p.endswith("/here/"))].body
    write_warc(many, [Kept(load_spider().event_url(f"film-{n}"), body) for n in range(100)])
    many.write_bytes(many.read_bytes() * 100)  # long enough to be seen at work on a busy machine
    line = command("replay", str(many), "--publish", "--jobs", "2", OUTPUT_DIR=output)
    reading = subprocess.Popen(
        line, cwd=ROOT, env=environment(), stdout=-1, stderr=-1, text=True, process_group=0, preexec_fn=heeds_ctrl_c
    )
    deadline = time.monotonic() + 30
    while not list(output.glob("*/runs/*/spool.jsonl")) and time.monotonic() < deadline:
        time.sleep(0.02)
    os.killpg(reading.pid, signal.SIGINT)
    _, stderr = reading.communicate(timeout=20)
    assert (reading.returncode, stderr) == (11, "scrapy replay: interrupted; nothing was published\n")
    assert dataset(output).read_bytes() == before


def test_a_dataset_that_is_damaged_is_made_good(crawled: Crawl, output: Path) -> None:
    """The ledger knows what it was."""
    whole = dataset(output).read_bytes()
    broken = whole.replace(b'"schema_version":"1.0"', b'"schema_version":', 1)
    dataset(output).write_bytes(broken)
    done = run(Command(), crawled.folder.name, "--jobs", "1", output=output)
    assert done.returncode == 0
    assert "0 added, 0 changed, 3 unchanged" in done.stdout, "it is compared with what the ledger has"
    assert dataset(output).read_bytes() == broken, "looking changes nothing"
    assert run(Command(), crawled.folder.name, "--publish", "--jobs", "1", output=output).returncode == 0
    assert dataset(output).read_bytes() == whole


def test_a_ledger_that_is_damaged(crawled: Crawl, output: Path) -> None:
    """Looking says what to do; whoever publishes makes it again."""
    whole = dataset(output).read_bytes()
    ledger = output / SOURCE / LEDGER
    ledger.write_bytes(b"no database" * 500)
    runs = sorted((output / SOURCE / RUNS).iterdir())
    done = run(Command(), crawled.folder.name, "--jobs", "1", output=output)
    assert done.returncode == 18
    (line,) = done.stderr.splitlines()
    assert f"{ledger} cannot be read as a ledger" in line
    assert line.endswith("; scrapy rebuild makes it again from the runs")
    assert sorted((output / SOURCE / RUNS).iterdir()) == runs, "it is met before anything is read"
    assert run(Command(), crawled.folder.name, "--publish", "--jobs", "1", output=output).returncode == 0
    assert dataset(output).read_bytes() == whole
    assert scrapy("verify", OUTPUT_DIR=output).returncode == 0


def test_an_old_capture_fills_and_replaces_nothing(crawled: Crawl, output: Path, tmp_path: Path) -> None:
    """A web archive's page of 2019, read today: what was seen later stays, by the date of the capture."""
    before = {row["id"]: row for row in rows(dataset(output))}
    here = f"{SOURCE}:here"
    site, home = bundled_site(), load_spider().site
    target = next(path for path in site.answers if path.endswith("/here/"))
    body = site.answers[target].body.replace(b"82 min", b"99 min")
    path = write_warc(tmp_path / "old.warc.gz", [Kept(home + target, body, "2019-01-02T03:04:05Z")])
    done = run(Command(), str(path), "--publish", "--jobs", "1", output=output)
    assert (done.returncode, done.stderr) == (0, "")
    after = {row["id"]: row for row in rows(dataset(output))}
    assert after[here]["runtime_minutes"] == before[here]["runtime_minutes"] == 82
    assert after[here]["provenance"] == before[here]["provenance"]
    assert (after[here]["first_seen"], after[here]["last_seen"]) == ("2019-01-02T03:04:05Z", before[here]["last_seen"])
    assert {name: row for name, row in after.items() if name != here} == {
        name: row for name, row in before.items() if name != here
    }
    assert scrapy("verify", OUTPUT_DIR=output).returncode == 0


def test_nothing_is_published_while_a_run_holds_the_lock(crawled: Crawl, output: Path) -> None:
    before = dataset(output).read_bytes()
    lock = SourceLock(output / SOURCE, "scrapy crawl")
    done = run(Command(), crawled.folder.name, "--publish", "--jobs", "1", output=output)
    looked = run(Command(), crawled.folder.name, "--jobs", "1", output=output)
    lock.release()
    assert done.returncode == 4
    assert "is being changed by scrapy crawl" in done.stderr
    assert looked.returncode == 0, "looking is allowed"
    assert dataset(output).read_bytes() == before
    assert run(Command(), crawled.folder.name, "--publish", "--jobs", "1", output=output).returncode == 0


@pytest.mark.parametrize("kind", ["event", long("calendar")])
def test_a_page_dated_years_ahead_is_lost_as_in_the_crawl(kind: str, tmp_path: Path) -> None:
    """It would be the newest word on its page for decades."""
    site = bundled_site()
    wrong = min(path for path, answer in site.answers.items() if answer.kind == kind)
    site.answers[wrong] = replace(site.answers[wrong], date=datetime(2099, 1, 1, tzinfo=UTC))
    with serve(site) as origin:
        first = crawl(tmp_path, {"base_url": origin})
    done = scrapy("replay", first.folder.name, "--publish", "--jobs", "2", OUTPUT_DIR=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    again = runs_of(tmp_path, SOURCE)[-1].path
    (row,) = rows(again / "failed.jsonl")
    (before,) = first.rows("failed.jsonl")
    assert (row["reason"], row["kind"]) == (before["reason"], before["kind"])
    assert row["url"].endswith(wrong)
    assert b"2099-" not in dataset(tmp_path).read_bytes()
    assert b"2099-" not in gzip.decompress((again / READINGS).read_bytes())


def test_a_run_that_cannot_be_read_is_damage(output: Path) -> None:
    (first,) = runs_of(output, SOURCE)
    (output / SOURCE / LEDGER).unlink()
    path = first.path / READINGS
    path.write_bytes(path.read_bytes()[:-50])
    done = scrapy("replay", first.id, "--publish", OUTPUT_DIR=output)
    assert done.returncode == 18
    assert f"{path}: no whole gzip file" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_an_output_directory_that_cannot_be_written(crawled: Crawl, tmp_path: Path) -> None:
    (tmp_path / "output").write_text("a file", encoding="utf-8")
    done = run(Command(), str(crawled.folder / "pages.warc.gz"), output=tmp_path / "output")
    assert done.returncode == 3
    assert len(done.stderr.splitlines()) == 1


def test_help_has_an_example() -> None:
    assert "Example: scrapy replay " in " ".join(scrapy("replay", "-h").stdout.split())
