"""The lock file carries what ``pyproject.toml`` asks for, and no host's name."""

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
PINNED = dict(re.findall(r"^([a-z0-9._-]+)==([^ ;\\]+)", LOCK, re.MULTILINE))


def asked() -> list[Requirement]:
    return [Requirement(line) for line in PROJECT["dependencies"] + PROJECT["optional-dependencies"]["dev"]]


def test_every_dependency_is_locked_within_its_range() -> None:
    wrong = [
        str(need)
        for need in asked()
        if not need.specifier.contains(PINNED.get(need.name.lower(), "0"), prereleases=True)
    ]
    assert wrong == [], "run make lock"


def test_every_pin_has_a_hash() -> None:
    for entry in re.split(r"^(?=[a-z0-9._-]+==)", LOCK, flags=re.MULTILINE)[1:]:
        assert "--hash=sha256:" in entry, entry.splitlines()[0]


def test_lock_names_no_index() -> None:
    assert not re.search(r"https?://|^-|\bfile:", LOCK, re.MULTILINE)
