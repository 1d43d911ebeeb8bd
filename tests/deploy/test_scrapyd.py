"""The project's egg in a real Scrapyd, which has the libraries of ``deploy/`` and nothing else."""

import configparser
import json
import os
import re
import subprocess
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import urllib3

from filmscrape.fixtures import serve
from filmscrape.runs.outcome import Outcome
from tests.crawling import NO_DELAY, ROOT, SOURCE, bundled_site, rows
from tests.deploy.files import DEPLOY, program
from tests.pywb import free_port

PROJECT = "filmscrape"
BIN = Path(os.environ.get("FILMSCRAPE_SCRAPYD", ROOT / ".venv-scrapyd")) / "bin"
PATIENCE = 120  # seconds for whatever Scrapyd does, on a machine that has other things to do


def configuration() -> configparser.ConfigParser:
    parsed = configparser.ConfigParser()
    parsed.read_string((DEPLOY / "scrapyd.conf").read_text(encoding="utf-8"))
    return parsed


def test_scrapyd_listens_to_this_machine_only() -> None:
    scrapyd = configuration()["scrapyd"]
    assert scrapyd["bind_address"] == "127.0.0.1"
    assert scrapyd.getint("max_proc") == 1


# ------------------------------------------------------------------ the egg
@pytest.fixture(scope="module")
def egg(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What ``make egg`` builds; the installation that the test runs in is taken as it is."""
    folder = tmp_path_factory.mktemp("egg")
    line = [program("make"), "--no-print-directory", "--old-file=.venv/.installed", "egg", f"DIST={folder}"]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("*.egg")
    assert (done.stdout, done.stderr) == (f"{built}\n", "")
    return built


@pytest.mark.long
def test_the_egg_holds_the_whole_program_and_no_more(egg: Path) -> None:
    line = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "filmscrape"]
    tracked = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    with zipfile.ZipFile(egg) as archive:
        held = {name for name in archive.namelist() if not name.startswith("EGG-INFO/")}
        entry_points = archive.read("EGG-INFO/entry_points.txt").decode()
    assert held == {name for name in tracked if (ROOT / name).exists()}
    assert entry_points.split("\n")[:2] == ["[scrapy]", "settings = filmscrape.settings"]


# ------------------------------------------------------------------ the server
@dataclass
class Scrapyd:
    """A Scrapyd at work.

    :ivar folder: what it was started in, with ``eggs/``, ``logs/`` and ``out``, its own output.
    """

    url: str
    folder: Path

    def ask(self, name: str) -> dict[str, Any]:
        return self._request("GET", f"{name}.json?project={PROJECT}")

    def tell(self, name: str, *fields: tuple[str, Any]) -> dict[str, Any]:
        body, kind = urllib3.encode_multipart_formdata([("project", PROJECT), *fields])
        return self._request("POST", f"{name}.json", body=body, headers={"Content-Type": kind})

    def _request(self, method: str, path: str, **content: Any) -> dict[str, Any]:
        answer = urllib3.request(method, f"{self.url}/{path}", timeout=PATIENCE, retries=False, **content)
        read: dict[str, Any] = answer.json()
        assert read["status"] == "ok", read
        return read

    def schedule(self, arguments: dict[str, str], **settings: Any) -> str:
        given = [("setting", f"{name}={value}") for name, value in settings.items()]
        return str(self.tell("schedule", ("spider", SOURCE), *arguments.items(), *given)["jobid"])

    def said(self) -> str:
        return (self.folder / "out").read_text(encoding="utf-8", errors="replace")

    def end_of(self, job: str) -> str:
        """How a job's process ended, in Scrapyd's words."""
        found = self.wait(rf"(Process (?:finished|died)[^\n]*?) project='{PROJECT}' spider='{SOURCE}' job='{job}'")
        assert job in {row["id"] for row in self.ask("listjobs")["finished"]}
        return found

    def wait(self, pattern: str) -> str:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if found := re.search(pattern, self.said()):
                return found[1]
            time.sleep(0.1)
        raise AssertionError(f"nothing like {pattern} in\n{self.said()}")


@pytest.fixture(scope="module")
def scrapyd(egg: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scrapyd]:
    """Scrapyd with the project's configuration, on another port and with less patience, and the egg deployed."""
    if not (BIN / "scrapyd").exists():
        pytest.skip(f"there is no Scrapyd in {BIN}: `make test-long` installs it (needs a network once)")
    folder = tmp_path_factory.mktemp("scrapyd")
    parsed = configuration()
    port = free_port()
    parsed["scrapyd"].update(http_port=str(port), poll_interval="0.2")
    with (folder / "scrapyd.conf").open("w") as file:
        parsed.write(file)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("SCRAPY", "PYTHON"))}
    with (folder / "out").open("wb") as out:
        process = subprocess.Popen([BIN / "scrapyd"], cwd=folder, env=environment, stdout=out, stderr=out)
    try:
        server = Scrapyd(f"http://127.0.0.1:{port}", folder)
        server.wait(r"(Launcher\] Scrapyd \S+ started)")  # the line about the port comes before it is open
        added = server.tell("addversion", ("version", "20261128"), ("egg", (egg.name, egg.read_bytes())))
        assert added["spiders"] >= 1
        assert SOURCE in server.ask("listspiders")["spiders"]
        yield server
    finally:
        process.terminate()
        process.wait(PATIENCE)


@pytest.mark.long
def test_a_job_publishes_the_dataset(scrapyd: Scrapyd, tmp_path: Path) -> None:
    with serve(bundled_site()) as origin:
        job = scrapyd.schedule({"base_url": origin}, OUTPUT_DIR=tmp_path, LOG_LEVEL="INFO", **NO_DELAY)
        end = scrapyd.end_of(job)
    assert end == "Process finished:"
    (run,) = (tmp_path / SOURCE / "runs").iterdir()
    report = json.loads((run / "run.json").read_text(encoding="utf-8"))
    assert (report["verdict"], report["arguments"]["_job"]) == ("accepted", job)
    assert len(rows(tmp_path / SOURCE / "events.jsonl")) == report["counts"]["written"] > 0
    assert (run / "report.html").exists(), "templates are read out of the egg"
    log = (scrapyd.folder / "logs" / PROJECT / SOURCE / f"{job}.log").read_text(encoding="utf-8")
    assert "filmscrape" in log
    assert log.splitlines()[-1].endswith("Spider closed (finished)")


@pytest.mark.long
def test_a_job_ends_with_the_crawls_own_exit_code(scrapyd: Scrapyd, tmp_path: Path) -> None:
    wrong = scrapyd.schedule({"nonsense": "1"}, OUTPUT_DIR=tmp_path)
    assert scrapyd.end_of(wrong) == f"Process died: exitstatus={int(Outcome.USAGE)}"
    scrapyd.wait(r"(scrapy crawl: unknown argument 'nonsense')")
    nobody = f"http://127.0.0.1:{free_port()}"
    lost = scrapyd.schedule({"base_url": nobody}, OUTPUT_DIR=tmp_path, RETRY_TIMES=0, **NO_DELAY)
    assert scrapyd.end_of(lost) == f"Process died: exitstatus={int(Outcome.TOO_MANY_FAILED)}"


@pytest.mark.long
def test_a_job_that_is_cancelled_is_interrupted(scrapyd: Scrapyd, tmp_path: Path) -> None:
    with serve(bundled_site()) as origin:
        job = scrapyd.schedule({"base_url": origin}, OUTPUT_DIR=tmp_path, DOWNLOAD_DELAY=0.5)
        deadline = time.monotonic() + PATIENCE
        while not list(tmp_path.glob(f"{SOURCE}/runs/*/pages.warc.gz*")):
            assert time.monotonic() < deadline, scrapyd.said()
            time.sleep(0.1)
        scrapyd.tell("cancel", ("job", job))
        assert scrapyd.end_of(job) == f"Process died: exitstatus={int(Outcome.INTERRUPTED)}"
