"""The manuals name what is there: every file of ``deploy/``, commands that exist, options that they take."""

import os
import re
from pathlib import Path

import pytest

from tests.crawling import ROOT
from tests.deploy.files import DEPLOY, INSTALLED, MANUALS, check_scrapy, commands_of, scrapy_lines


@pytest.mark.parametrize(
    "name",
    ["crontab", "github-actions.yml", "filmscrape@.service", "filmscrape-worker@.service", "commit-dataset.sh"],
)
def test_every_command_exists(name: str) -> None:
    found = commands_of(DEPLOY / name)
    assert found
    for words in found:
        check_scrapy(words)


@pytest.mark.parametrize("manual", MANUALS, ids=lambda path: path.name)
def test_every_command_of_a_manual_exists(manual: Path) -> None:
    text = manual.read_text(encoding="utf-8")
    lines = re.findall(r"(?m)^ {4,6}[$#] (.*)$", text) + re.findall(r"\| `([^`]*)` \|\n", text)
    found = list(scrapy_lines("\n".join(lines)))
    assert len(found) > 1
    for words in found:
        check_scrapy(words)


def test_the_manuals_name_all_files_and_no_others() -> None:
    text = "".join(manual.read_text(encoding="utf-8") for manual in MANUALS)
    named = set(re.findall(r"deploy/([\w@.-]*\w)", text)) - {"deploy.md"}
    assert named == {path.name for path in DEPLOY.iterdir()}


def test_the_manuals_link_to_each_other() -> None:
    for one, other in (MANUALS, reversed(MANUALS)):
        assert f"]({other.name}" in one.read_text(encoding="utf-8")


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
