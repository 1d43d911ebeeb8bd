"""The lock file carries what ``pyproject.toml`` asks for, and no host's name."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
# What runs the project, without what develops it: for containers and Scrapyd.
RUNNING = (ROOT / "deploy" / "requirements.lock").read_text(encoding="utf-8")


def pins(lock: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9._-]+)==([^ ;\\]+)", lock, re.MULTILINE))


def asked() -> list[Requirement]:
    return [Requirement(line) for line in PROJECT["dependencies"] + PROJECT["optional-dependencies"]["dev"]]


def test_every_dependency_is_locked_within_its_range() -> None:
    wrong = [
        str(need)
        for need in asked()
        if not need.specifier.contains(pins(LOCK).get(need.name.lower(), "0"), prereleases=True)
    ]
    assert wrong == [], "run make lock"


def test_what_runs_is_what_was_tested() -> None:
    needed = {Requirement(line).name.lower() for line in PROJECT["dependencies"]}
    assert needed <= pins(RUNNING).keys(), "run make lock"
    assert pins(RUNNING).items() <= pins(LOCK).items(), "run make lock"
    developing = {Requirement(line).name.lower() for line in PROJECT["optional-dependencies"]["dev"]} - {"aiohttp"}
    assert not developing & pins(RUNNING).keys(), "Scrapy brings aiohttp along"


@pytest.mark.parametrize("lock", [LOCK, RUNNING], ids=["requirements.lock", "deploy/requirements.lock"])
def test_every_pin_has_a_hash(lock: str) -> None:
    for entry in re.split(r"^(?=[a-z0-9._-]+==)", lock, flags=re.MULTILINE)[1:]:
        assert "--hash=sha256:" in entry, entry.splitlines()[0]


@pytest.mark.parametrize("lock", [LOCK, RUNNING], ids=["requirements.lock", "deploy/requirements.lock"])
def test_lock_names_no_index(lock: str) -> None:
    assert not re.search(r"https?://|^-|\bfile:", lock, re.MULTILINE)


@pytest.mark.long
def test_a_stranger_sees_no_noise_of_the_installation(tmp_path: Path) -> None:
    """The Makefile's own line, in a copy of the project and beside the environment that runs the test."""
    there = tmp_path / "project"
    shutil.copytree(ROOT / "filmscrape", there / "filmscrape", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("Makefile", "pyproject.toml", "README.md", "LICENSE", "requirements.lock"):
        shutil.copy(ROOT / name, there)
    plan = subprocess.run(["make", "-n", "install"], cwd=there, capture_output=True, text=True, check=True)
    joined = plan.stdout.replace("\\\n", " ")
    (line,) = (line for line in joined.splitlines() if "--editable" in line)
    line = line.replace(".venv/bin/python", sys.executable).replace(
        "--editable", f"--ignore-installed --prefix {tmp_path} --editable"
    )
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    variables |= {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1", "PIP_ROOT_USER_ACTION": "ignore"}
    done = subprocess.run(line, shell=True, cwd=there, env=variables, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert list(tmp_path.rglob("filmscrape-*.dist-info"))
