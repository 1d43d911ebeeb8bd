"""The examples of ``deploy/`` do what they say: units that systemd takes, commands that exist, scripts that run."""

import configparser
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from scrapy.cmdline import _get_commands_dict

from filmscrape.archive.retention import read_keep
from filmscrape.runs.history import read_age
from filmscrape.runs.outcome import Outcome
from filmscrape.runs.ping import PING_URL, TIMEOUT
from tests.crawling import ROOT, SOURCE, project_settings

DEPLOY = ROOT / "deploy"
UNITS = sorted(path for path in DEPLOY.iterdir() if path.suffix in (".service", ".timer"))
SCRIPTS = sorted(DEPLOY.glob("*.sh"))
INSTALLED = "/srv/filmscrape"
SECONDS = {"": 1, "s": 1, "min": 60, "h": 3600}


def seconds(text: str) -> int:
    found = re.fullmatch(r"(\d+)([a-z]*)", text)
    assert found, text
    return int(found[1]) * SECONDS[found[2]]


def program(name: str) -> str:
    """A program that not every machine has."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"there is no {name} here")
    return found


# ------------------------------------------------------------------ systemd
def unit(name: str) -> configparser.ConfigParser:
    parsed = configparser.ConfigParser(interpolation=None, strict=True, delimiters=("=",), comment_prefixes=("#",))
    parsed.optionxform = str  # type: ignore[assignment,method-assign]
    parsed.read_string((DEPLOY / name).read_text(encoding="utf-8"))
    return parsed


def test_the_service_is_shut_in() -> None:
    service = unit("filmscrape@.service")["Service"]
    assert (service["ProtectSystem"], service["NoNewPrivileges"]) == ("strict", "yes")
    output = re.search(r"OUTPUT_DIR=(\S+)", service["ExecStart"])
    assert output is not None
    assert output[1] == f"/var/lib/{service['StateDirectory']}", "what it writes to is what it may write to"


def test_the_service_knows_the_exit_codes() -> None:
    service = unit("filmscrape@.service")["Service"]
    assert service["SuccessExitStatus"] == str(int(Outcome.INTERRUPTED))


def test_a_stop_has_the_time_it_needs() -> None:
    from filmscrape.spiders.wayback import CaptureSpider

    service = unit("filmscrape@.service")["Service"]
    longest = max(CaptureSpider.index_timeout, project_settings().getint("DOWNLOAD_TIMEOUT"))
    assert seconds(service["TimeoutStopSec"]) > longest + TIMEOUT + 30
    assert seconds(service["TimeoutStartSec"]) < 24 * 3600, "one night's run ends before the next begins"


def test_the_units_belong_together() -> None:
    failed = unit("filmscrape@.service")["Unit"]["OnFailure"]
    assert failed.replace("%i", "") in {path.name for path in UNITS}
    timer = unit("filmscrape@.timer")
    assert timer["Timer"]["Persistent"] == "true"
    assert timer["Install"]["WantedBy"] == "timers.target"


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_systemd_takes_the_unit(path: Path, tmp_path: Path) -> None:
    """It exits 0 for a key that it does not know, but says so."""
    analyze = program("systemd-analyze")
    bin_ = tmp_path / "bin"
    bin_.mkdir()
    (bin_ / "scrapy").write_text("#!/bin/sh\n")
    (bin_ / "scrapy").chmod(0o755)
    for one in UNITS:
        text = one.read_text(encoding="utf-8").replace(f"{INSTALLED}/.venv/bin", str(bin_))
        (tmp_path / one.name).write_text(text, encoding="utf-8")
    instance = path.name.replace("@", f"@{SOURCE}")
    environment = {**os.environ, "SYSTEMD_UNIT_PATH": f"{tmp_path}:"}
    line = [analyze, "verify", f"./{instance}"]
    done = subprocess.run(line, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


# ------------------------------------------------------------------ commands
def scrapy_lines(text: str) -> Iterator[list[str]]:
    """The words behind each ``scrapy`` of a text that runs it."""
    for found in re.finditer(r"(?:^|[\s/(])scrapy +([a-z].*)", text, re.MULTILINE):
        yield re.split(r"[|>;)`]", found[1])[0].split()


def check_scrapy(words: list[str]) -> None:
    """The command exists, takes the options, and understands their times."""
    import argparse

    name, *arguments = words
    command = _get_commands_dict(project_settings(), inproject=True)[name]
    command.settings = project_settings()
    parser = argparse.ArgumentParser(conflict_handler="resolve")
    command.add_options(parser)
    options, rest = parser.parse_known_args(arguments)
    assert not [word for word in rest if word.startswith("-")], words
    if getattr(options, "max_age", None):
        read_age(options.max_age)
    if getattr(options, "keep", None):
        read_keep(options.keep)


def commands_of(path: Path) -> list[list[str]]:
    text = "\n".join(
        line for line in path.read_text(encoding="utf-8").splitlines() if not line.lstrip().startswith("#")
    )
    return list(scrapy_lines(text))


@pytest.mark.parametrize("name", ["crontab", "github-actions.yml", "filmscrape@.service", "commit-dataset.sh"])
def test_every_command_exists(name: str) -> None:
    found = commands_of(DEPLOY / name)
    assert found
    for words in found:
        check_scrapy(words)


def test_every_command_of_the_manual_exists() -> None:
    text = (ROOT / "docs" / "scheduling.md").read_text(encoding="utf-8")
    blocks = "\n".join(re.findall(r"(?m)^ {4,6}\$ (.*)$", text))
    found = list(scrapy_lines(blocks))
    assert len(found) > 3
    for words in found:
        check_scrapy(words)


def test_the_manual_names_files_that_are_there() -> None:
    text = (ROOT / "docs" / "scheduling.md").read_text(encoding="utf-8")
    named = set(re.findall(r"deploy/([\w@.-]*\w)", text))
    assert named == {path.name for path in DEPLOY.iterdir()}


def test_crontab() -> None:
    ranges = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 7)]
    jobs = 0
    for line in (DEPLOY / "crontab").read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#") or re.match(r"[A-Z_]+=", line):
            continue
        *fields, job = line.split(maxsplit=5)
        for field, (least, most) in zip(fields, ranges, strict=True):
            assert field == "*" or least <= int(field) <= most, line
        assert "%" not in job, "cron makes line ends of it"
        folder, script = re.match(r"cd (\S+) && (\S+)", job).groups()  # type: ignore[union-attr]
        assert folder == INSTALLED
        assert script == ".venv/bin/scrapy" or os.access(ROOT / script, os.X_OK)
        jobs += 1
    assert jobs == 3


# ------------------------------------------------------------------ GitHub Actions
@pytest.fixture(scope="module")
def workflow() -> dict[Any, Any]:
    return dict(yaml.safe_load((DEPLOY / "github-actions.yml").read_text(encoding="utf-8")))


def steps(workflow: dict[Any, Any]) -> list[dict[str, Any]]:
    (job,) = workflow["jobs"].values()
    return list(job["steps"])


def test_workflow(workflow: dict[Any, Any]) -> None:
    assert workflow[True]["schedule"], "YAML reads the word on as true"
    assert workflow["permissions"] == {"contents": "write"}
    assert workflow["concurrency"]["cancel-in-progress"] is False
    for step in steps(workflow):
        assert ("run" in step) != ("uses" in step)
        assert re.fullmatch(r"actions/[\w/-]+@v\d+", step.get("uses", "actions/x@v1"))
    secrets = [step for step in steps(workflow) if "secrets." in json.dumps(step)]
    assert [list(step["env"]) for step in secrets] == [[PING_URL]], "the crawl alone knows the secret"


def test_workflow_keeps_the_past(workflow: dict[Any, Any]) -> None:
    caches = [step for step in steps(workflow) if "cache" in step.get("uses", "")]
    restore, save = caches
    assert restore["with"]["path"] == save["with"]["path"] == "output"
    assert save["with"]["key"].startswith(restore["with"]["restore-keys"])
    after = steps(workflow)[[step.get("id") for step in steps(workflow)].index("crawl") + 1 :]
    for step in after:
        assert re.search(r"steps\.(crawl\.outcome != 'skipped'|status\.outcome == 'success')", step["if"]), step


def test_workflow_stops_where_the_past_is_gone(workflow: dict[Any, Any], tmp_path: Path) -> None:
    (check,) = [step["run"] for step in steps(workflow) if step.get("name") == "is the past there?"]
    line = ["sh", "-e", "-c", check]
    assert subprocess.run(line, cwd=tmp_path).returncode == 0, "the first run of all"
    (tmp_path / "data" / SOURCE).mkdir(parents=True)
    (tmp_path / "data" / SOURCE / "events.jsonl").touch()
    done = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == int(Outcome.INTEGRITY)
    assert done.stdout.startswith("::error::")
    (tmp_path / "output" / SOURCE).mkdir(parents=True)
    (tmp_path / "output" / SOURCE / "ledger.sqlite").touch()
    assert subprocess.run(line, cwd=tmp_path).returncode == 0


# ------------------------------------------------------------------ scripts
@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_script_is_sound(path: Path) -> None:
    assert os.access(path, os.X_OK)
    done = subprocess.run(["sh", "-n", path], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


Script = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def script(tmp_path: Path) -> Script:
    """Run a script of ``deploy/`` with a ``scrapy`` that does as it is told, in a folder of its own."""

    def start(name: str, *arguments: str, scrapy: str) -> "subprocess.CompletedProcess[str]":
        stub = tmp_path / "bin" / "scrapy"
        stub.parent.mkdir(exist_ok=True)
        stub.write_text(f"#!/bin/sh\n{scrapy}\n")
        stub.chmod(0o755)
        environment = {
            **os.environ,
            "PATH": f"{stub.parent}:{os.environ['PATH']}",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "TMPDIR": str(tmp_path),
            **{
                f"GIT_{who}_{what}": "test@festival.example"
                for who in ("AUTHOR", "COMMITTER")
                for what in ("NAME", "EMAIL")
            },
        }
        line = ["sh", str(DEPLOY / name), *arguments]
        return subprocess.run(line, cwd=tmp_path, env=environment, capture_output=True, text=True)

    return start


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (Outcome.FAULT, "could not be run (1)"),
        (Outcome.USAGE, "could not be run (2)"),
        (Outcome.CANNOT_WRITE, "disk, archive or ledger"),
        (Outcome.LOCKED, "another run is going on"),
        (Outcome.DEGRADED, "published, but look at this"),
        (Outcome.INTERRUPTED, "goes on where this one stopped"),
        (Outcome.TOO_MANY_FAILED, "does not answer or refuses (12)"),
        (Outcome.TOO_FEW_EVENTS, "the site changed (13)"),
        (Outcome.COVERAGE_FELL, "the site changed (14)"),
        (Outcome.BUDGET, "goes on where this one stopped"),
        (Outcome.BLOCKED, "does not answer or refuses (16)"),
        (Outcome.ROBOTS, "robots.txt forbids the run or cannot be read (17)"),
        (Outcome.INTEGRITY, "disk, archive or ledger"),
    ],
)
def test_nightly_tells_the_codes_apart(code: Outcome, words: str, script: Script, tmp_path: Path) -> None:
    done = script("nightly.sh", SOURCE, "-a", "upcoming=1", scrapy=f'echo "$@"; echo why >&2; exit {int(code)}')
    assert (done.returncode, done.stderr) == (int(code), "")
    head, *log = done.stdout.splitlines()
    assert head.startswith(f"{SOURCE}: ")
    assert words in head
    assert log == [f"crawl {SOURCE} -a upcoming=1", "why"]
    assert not list(tmp_path.glob("tmp.*"))


def test_nightly_is_quiet_where_all_is_well(script: Script) -> None:
    done = script("nightly.sh", SOURCE, scrapy="echo all is well; echo as ever >&2")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_nightly_wants_a_source(script: Script) -> None:
    done = script("nightly.sh", scrapy="exit 0")
    assert (done.returncode, done.stdout) == (2, "")
    assert "usage: nightly.sh <source>" in done.stderr


def test_nightly_knows_every_code() -> None:
    """A code that is new is thought of."""
    cases = re.findall(r"(?m)^([\d| ]+)\)$", (DEPLOY / "nightly.sh").read_text(encoding="utf-8"))
    known = {int(code) for case in cases for code in case.split("|")}
    assert known == {int(outcome) for outcome in Outcome} - {Outcome.FAULT, Outcome.USAGE}


def test_the_dataset_is_committed_where_it_changed(script: Script, tmp_path: Path) -> None:
    dataset = tmp_path / "output" / SOURCE / "events.jsonl"
    dataset.parent.mkdir(parents=True)
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)

    def night(*runs: tuple[str, str, int | None]) -> "subprocess.CompletedProcess[str]":
        rows = [{"run_id": name, "verdict": verdict, "changes": changes} for name, verdict, changes in runs]
        dataset.write_text(f"{runs}\n")
        done = script("commit-dataset.sh", SOURCE, scrapy=f"echo '{json.dumps({'runs': rows})}'")
        assert (done.returncode, done.stderr) == (0, "")
        return done

    def history() -> list[str]:
        line = ["git", "log", "--format=%s"]
        return subprocess.run(line, cwd=tmp_path, capture_output=True, text=True).stdout.splitlines()

    first = ("20261101T020000.000Z-aaaa", "accepted", 46)
    night(first)
    assert history() == [f"{SOURCE}: 46 changes (run {first[0]})"]
    committed = (tmp_path / "data" / SOURCE / "events.jsonl").read_text()
    second = ("20261102T020000.000Z-aaaa", "accepted", 0)
    failed = ("20261103T020000.000Z-aaaa", "failed", 5)
    assert night(failed, second, first).stdout == f"{SOURCE}: nothing changed\n"
    assert (tmp_path / "data" / SOURCE / "events.jsonl").read_text() == committed
    third = ("20261104T020000.000Z-aaaa", "degraded", 2)
    fourth = ("20261105T020000.000Z-aaaa", "accepted", 0)
    night(fourth, third, failed, second, first)
    assert history()[0] == f"{SOURCE}: 2 changes (run {fourth[0]})", "what was not committed last time is not lost"
    assert (tmp_path / "data" / SOURCE / "events.jsonl").read_text() == dataset.read_text()
    assert night(fourth, third).stdout == f"{SOURCE}: nothing changed\n"
    old = ("20261106T020000.000Z-aaaa", "accepted", None)
    night(old, fourth)
    assert len(history()) == 3, "a run that cannot say that nothing changed"


# ------------------------------------------------------------------ Scrapyd
def test_scrapyd_listens_to_this_machine_only() -> None:
    parsed = configparser.ConfigParser()
    parsed.read_string((DEPLOY / "scrapyd.conf").read_text(encoding="utf-8"))
    assert parsed["scrapyd"]["bind_address"] == "127.0.0.1"
    assert parsed["scrapyd"].getint("max_proc") == 1
