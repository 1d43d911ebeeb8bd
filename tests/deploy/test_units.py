"""Units that systemd takes, and that know the exit codes."""

import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from filmscrape.runs.outcome import Outcome
from tests.crawling import SOURCE
from tests.deploy.files import DEPLOY, longest_stop, program, seconds

UNITS = sorted(path for path in DEPLOY.iterdir() if path.suffix in (".service", ".timer"))
PROGRAMS = {"/srv/filmscrape/.venv/bin": "scrapy", "/srv/scrapyd/bin": "scrapyd"}


def unit(name: str) -> dict[str, dict[str, str]]:
    """Read a unit's sections; what stands more than once is joined by line ends."""
    sections: dict[str, dict[str, str]] = {}
    text = re.sub(r"\\\n\s*", "", (DEPLOY / name).read_text(encoding="utf-8"))
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        if line.startswith("["):
            section = sections.setdefault(line.strip("[]"), {})
            continue
        key, _, value = line.partition("=")
        section[key] = f"{section[key]}\n{value}" if key in section else value
    return sections


def hardening(name: str) -> dict[str, str]:
    """All from the first lock on the file system to the end."""
    service = unit(name)["Service"]
    keys = list(service)
    return {key: service[key] for key in keys[keys.index("ProtectSystem") :]}


def writes_to(name: str) -> str:
    found = re.search(r"OUTPUT_DIR=([^\s']+)", unit(name)["Service"]["ExecStart"])
    assert found is not None
    return found[1]


def test_what_the_service_writes_to_is_what_it_may_write_to() -> None:
    service = unit("filmscrape@.service")["Service"]
    assert (service["ProtectSystem"], service["NoNewPrivileges"]) == ("strict", "yes")
    assert writes_to("filmscrape@.service") == f"/var/lib/{service['StateDirectory']}"


@pytest.mark.parametrize("name", ["filmscrape-worker@.service", "scrapyd.service"])
def test_the_others_are_shut_in_likewise(name: str) -> None:
    assert hardening(name) == hardening("filmscrape@.service")


def test_the_service_knows_the_exit_codes() -> None:
    service = unit("filmscrape@.service")["Service"]
    assert service["SuccessExitStatus"] == str(int(Outcome.INTERRUPTED))


@pytest.mark.parametrize("name", ["filmscrape@.service", "filmscrape-worker@.service", "scrapyd.service"])
def test_a_stop_has_the_time_it_needs(name: str) -> None:
    assert seconds(unit(name)["Service"]["TimeoutStopSec"]) > longest_stop()


def test_one_night_ends_before_the_next_begins() -> None:
    assert seconds(unit("filmscrape@.service")["Service"]["TimeoutStartSec"]) < 24 * 3600
    assert seconds(unit("filmscrape-worker@.service")["Service"]["RuntimeMaxSec"]) < 24 * 3600


def test_the_units_belong_together() -> None:
    for name in ("filmscrape@.service", "filmscrape-worker@.service"):
        failed = unit(name)["Unit"]["OnFailure"]
        assert failed.replace("%i", "") in {path.name for path in UNITS}
    timer = unit("filmscrape@.timer")
    assert timer["Timer"]["Persistent"] == "true"
    assert timer["Install"]["WantedBy"] == "timers.target"


def test_all_workers_start_at_the_same_time() -> None:
    """One that came when the others are through for more than an hour would begin a run of its own."""
    timer = unit("filmscrape-worker@.timer")
    assert timer["Timer"]["Persistent"] == "false"
    assert "RandomizedDelaySec" not in timer["Timer"]
    assert timer["Install"]["WantedBy"] == "timers.target"


def test_a_worker_starts_again_after_a_crash_and_not_after_a_verdict() -> None:
    service = unit("filmscrape-worker@.service")["Service"]
    assert service["Restart"] == "on-failure"
    assert service["SuccessExitStatus"] == str(int(Outcome.INTERRUPTED))
    stays_down = {int(code) for code in service["RestartPreventExitStatus"].split()}
    assert stays_down == {int(outcome) for outcome in Outcome} - {Outcome.ACCEPTED, Outcome.INTERRUPTED, Outcome.FAULT}


def test_no_worker_writes_to_a_disk_of_its_own() -> None:
    worker = unit("filmscrape-worker@.service")
    assert worker["Unit"]["AssertPathIsMountPoint"] == writes_to("filmscrape-worker@.service")
    assert worker["Service"]["ReadWritePaths"] == writes_to("filmscrape-worker@.service")


def test_a_worker_knows_its_fleet() -> None:
    service = unit("filmscrape-worker@.service")["Service"]
    assert service["Environment"] == "SCRAPY_PROJECT=redis"
    needed, optional = service["EnvironmentFile"].splitlines()
    assert not needed.startswith("-"), "no worker without REDIS_URL"
    assert optional == unit("filmscrape@.service")["Service"]["EnvironmentFile"]


@pytest.mark.parametrize(("instance", "source"), [(f"{SOURCE}-2", SOURCE), ("the-other-12", "the-other")])
def test_a_worker_crawls_the_source_before_its_number(instance: str, source: str, tmp_path: Path) -> None:
    """The line is run as systemd does: its signs for a sign undone, split as a shell would."""
    stub = tmp_path / "scrapy"
    stub.write_text('#!/bin/sh\necho "$@"\n')
    stub.chmod(0o755)
    line = unit("filmscrape-worker@.service")["Service"]["ExecStart"].replace(
        "/srv/filmscrape/.venv/bin", str(tmp_path)
    )
    line = re.sub(r"%(.)", lambda found: {"i": instance, "%": "%"}[found[1]], line).replace("$$", "$")
    done = subprocess.run(shlex.split(line), capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"crawl {source} -s OUTPUT_DIR={writes_to('filmscrape-worker@.service')}\n"


def test_the_mail_tells_which_unit_failed_and_how(tmp_path: Path) -> None:
    for name, script in {"journalctl": 'echo "$@"', "sendmail": 'echo "to $1"; cat'}.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / name).chmod(0o755)
    line = unit("filmscrape-failed@.service")["Service"]["ExecStart"].replace("%i", f"{SOURCE}-2")
    failed = f"filmscrape-worker@{SOURCE}-2.service"
    environment = {
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "MONITOR_UNIT": failed,
        "MONITOR_SERVICE_RESULT": "exit-code",
        "MONITOR_EXIT_STATUS": "13",
    }
    done = subprocess.run(shlex.split(line), env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    address, subject, empty, journal = done.stdout.splitlines()
    assert (address, subject, empty) == ("to root", f"Subject: filmscrape {SOURCE}-2: exit-code 13", "")
    assert journal == f"--unit={failed} --lines=40 --no-pager --output=cat"


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_systemd_takes_the_unit(path: Path, tmp_path: Path) -> None:
    """It exits 0 for a key that it does not know, but says so."""
    analyze = program("systemd-analyze")
    for name in PROGRAMS.values():
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    for one in UNITS:
        text = one.read_text(encoding="utf-8")
        for folder in PROGRAMS:
            text = text.replace(f"{folder}/", f"{tmp_path}/")
        (tmp_path / one.name).write_text(text, encoding="utf-8")
    instance = path.name.replace("@", f"@{SOURCE}-1" if "worker" in path.name else f"@{SOURCE}")
    environment = {**os.environ, "SYSTEMD_UNIT_PATH": f"{tmp_path}:"}
    line = [analyze, "verify", f"./{instance}"]
    done = subprocess.run(line, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
