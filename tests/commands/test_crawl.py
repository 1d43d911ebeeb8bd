"""``scrapy crawl`` as a user runs it: exit codes, one clear line, nothing published that should not be."""

import argparse
import json
import re
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
from scrapy.cmdline import _get_commands_dict
from scrapy.spiderloader import SpiderLoader

from filmscrape.commands.crawl import Command
from filmscrape.fixtures import Answer, Site, serve
from filmscrape.runs.recovery import open_ledger
from filmscrape.spiders.asking import _FIRST_RETRIES, _FIRST_TIMEOUT
from tests.crawling import (
    NO_DELAY,
    SOURCE,
    bundled_site,
    project_settings,
    rows,
    scrapy,
)
from tests.records import event

QUICK = {**NO_DELAY, "CONCURRENT_REQUESTS": 8, "CONCURRENT_REQUESTS_PER_DOMAIN": 8}
OLD = event(id=f"{SOURCE}:yesterday", source=SOURCE).model_dump_json().encode() + b"\n"


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """An output directory that holds yesterday's dataset."""
    dataset = tmp_path / SOURCE / "events.jsonl"
    dataset.parent.mkdir()
    dataset.write_bytes(OLD)
    open_ledger(dataset.parent).close()
    return tmp_path


def dataset(output: Path) -> bytes:
    return (output / SOURCE / "events.jsonl").read_bytes()


def one_line(text: str) -> str:
    """The only line of a text, without the program's name before it."""
    (line,) = text.splitlines()
    assert line.startswith("scrapy crawl: ")
    return line.removeprefix("scrapy crawl: ")


def test_a_whole_run(output: Path) -> None:
    with serve(bundled_site()) as origin:
        done = scrapy("crawl", SOURCE, "-a", f"base_url={origin}", OUTPUT_DIR=output, **QUICK)
    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout
    assert done.stdout.isascii()
    published = output / SOURCE / "events.jsonl"
    assert f"dataset: {published}" in done.stdout.splitlines()
    events = len(rows(published))
    assert events > 20
    assert re.search(rf"^written +{events - 1}\b", done.stdout, re.MULTILINE), "yesterday's event stays beside them"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["nobody"], f"no spider 'nobody'; there are: {SOURCE}"),
        ([], f"name one spider; there are: {SOURCE}"),
        ([SOURCE, SOURCE], f"name one spider; there are: {SOURCE}"),
        ([SOURCE, "-a", "pages=3"], "unknown argument 'pages'"),
        ([SOURCE, "-a", "pages"], "-a NAME=VALUE"),
        ([SOURCE, "-a", "only=festival"], "only='festival' is no event"),
        ([SOURCE, "-s", "DOWNLOAD_DELAY"], "-s NAME=VALUE"),
        ([SOURCE, "-L", "LOUD"], "unknown log level LOUD"),
        ([SOURCE, "-o", "events.csv"], "there is no option -o"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(
    arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command as ``scrapy`` drives it, up to the point where a crawl would begin."""
    crawl = Command()
    crawl.settings = project_settings()
    crawl.crawler_process = SimpleNamespace(spider_loader=SpiderLoader.from_settings(crawl.settings))  # type: ignore[assignment]
    parser = argparse.ArgumentParser(conflict_handler="resolve")
    crawl.add_options(parser)
    options, rest = parser.parse_known_args(arguments)
    try:
        crawl.process_options(rest, options)
        crawl.run(rest, options)
    except SystemExit as end:
        crawl.exitcode = int(str(end.code))
    printed = capsys.readouterr()
    assert crawl.exitcode == 2
    assert complaint in one_line(printed.err)
    assert printed.out == ""


def test_wrong_argument_ends_before_any_request(output: Path) -> None:
    """The same in earnest: not even a run's folder is made."""
    site = Site({})
    with serve(site) as origin:
        done = scrapy("crawl", SOURCE, "-a", f"base_url={origin}", "-a", "max_events=-1", OUTPUT_DIR=output)
    assert done.returncode == 2
    assert "max_events='-1'" in one_line(done.stderr)
    assert (done.stdout, site.asked) == ("", [])
    assert len(list((output / SOURCE / "runs").iterdir())) == 1, "yesterday's"


def test_setting_that_makes_no_sense_is_one_line(output: Path) -> None:
    done = scrapy("crawl", SOURCE, DOWNLOAD_TIMEOUT="soon", OUTPUT_DIR=output)
    assert done.returncode == 2
    assert "soon" in one_line(done.stderr)


def test_output_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = scrapy("crawl", SOURCE, OUTPUT_DIR=tmp_path / "file")
    assert done.returncode == 3
    assert str(tmp_path / "file") in one_line(done.stderr)


@pytest.mark.parametrize("damage", [lambda whole: whole[:-9], lambda whole: b"", lambda whole: None])
def test_ledger_lost_and_a_run_that_cannot_be_read(output: Path, damage: Callable[[bytes], bytes | None]) -> None:
    """No disk is full: making room would help nobody."""
    (adopted,) = (output / SOURCE / "runs").iterdir()
    readings = adopted / "readings.jsonl.gz"
    (output / SOURCE / "ledger.sqlite").unlink()
    broken = damage(readings.read_bytes())
    if broken is None:
        readings.unlink()
        readings.mkdir()
    else:
        readings.write_bytes(broken)
    done = scrapy("crawl", SOURCE, "-a", "base_url=http://127.0.0.1:9", OUTPUT_DIR=output)
    assert done.returncode == 18
    assert one_line(done.stderr).startswith(f"cannot read {readings}: ")
    assert "scrapy verify tells more" in done.stderr
    assert dataset(output) == OLD


def test_output_is_relative_to_the_working_directory(tmp_path: Path) -> None:
    with serve(bundled_site()) as origin:
        arguments = ("-a", f"base_url={origin}", "-a", "only=here", "-a", "discover=none")
        done = scrapy("crawl", SOURCE, "--json", *arguments, cwd=tmp_path, **QUICK)
    assert done.returncode == 0
    told = json.loads(done.stdout)
    assert told == json.loads((tmp_path / told["folder"] / "run.json").read_text(encoding="utf-8"))
    assert [row["id"] for row in rows(tmp_path / "output" / SOURCE / "events.jsonl")] == [f"{SOURCE}:here"]


@contextmanager
def silence() -> Iterator[str]:
    """A port where connections are dropped without a word, as a firewall does: its queue is full."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting = []
        for _ in range(4):
            client = socket.socket()
            client.setblocking(False)
            client.connect_ex(listener.getsockname())
            waiting.append(client)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        for client in waiting:
            client.close()


def test_host_that_refuses(output: Path) -> None:
    with serve(Site({})) as origin:
        pass
    done = scrapy("crawl", SOURCE, "-a", f"base_url={origin}", OUTPUT_DIR=output, **NO_DELAY)
    assert done.returncode == 12
    assert one_line(done.stderr).startswith(f"{urlsplit(origin).netloc} cannot be reached: connection refused")
    assert dataset(output) == OLD


def test_host_that_says_nothing(output: Path) -> None:
    """Two tries; with the timeouts of the settings that is half a minute. It is there, so its robots.txt is unread."""
    with silence() as origin:
        started = time.monotonic()
        done = scrapy("crawl", SOURCE, "-a", f"base_url={origin}", OUTPUT_DIR=output, DOWNLOAD_TIMEOUT=1, **NO_DELAY)
    assert done.returncode == 17
    assert "no answer in time" in one_line(done.stderr)
    assert time.monotonic() - started < 20
    assert dataset(output) == OLD


def test_an_unreachable_host_is_named_within_a_minute() -> None:
    """The sum of what the settings allow, as the test above takes it: tries, and the delay between them."""
    settings = project_settings()
    longest_delay = 1.5 * max(settings.getfloat("DOWNLOAD_DELAY"), settings.getfloat("AUTOTHROTTLE_START_DELAY"))
    assert (1 + _FIRST_RETRIES) * (_FIRST_TIMEOUT + longest_delay) < 50


def test_robots_that_forbids(output: Path) -> None:
    with serve(Site({"/robots.txt": Answer(b"User-agent: *\nDisallow: /\n")})) as origin:
        done = scrapy("crawl", SOURCE, "-a", f"base_url={origin}", OUTPUT_DIR=output, **NO_DELAY)
    assert done.returncode == 17
    assert "robots.txt" in done.stderr.splitlines()[-1]
    assert dataset(output) == OLD


def test_no_event(output: Path) -> None:
    with serve(Site({})) as origin:
        done = scrapy("crawl", SOURCE, "-a", f"base_url={origin}", OUTPUT_DIR=output, **NO_DELAY)
    assert done.returncode == 13
    assert "no event was found" in one_line(done.stderr)
    assert dataset(output) == OLD


def test_the_command_stands_in_the_place_of_scrapys() -> None:
    """Scrapy finds it by ``COMMANDS_MODULE`` and the module's name: the one thing that is not in Scrapy's manual."""
    settings = project_settings()
    assert isinstance(_get_commands_dict(settings, inproject=True)["crawl"], Command)
    parser = argparse.ArgumentParser(conflict_handler="resolve")
    crawl = Command()
    crawl.settings = settings
    crawl.add_options(parser)
    assert not {"-o", "-O"} & {option for action in parser._actions for option in action.option_strings}
