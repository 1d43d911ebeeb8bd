"""The files of ``deploy/``, and the programs that not every machine has."""

import argparse
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from scrapy.cmdline import _get_commands_dict

from filmscrape.archive.retention import read_keep
from filmscrape.runs.history import read_age
from tests.crawling import ROOT, project_settings

DEPLOY = ROOT / "deploy"
MANUALS = (ROOT / "docs" / "scheduling.md", ROOT / "docs" / "deploy.md")
INSTALLED = "/srv/filmscrape"
_SECONDS = {"": 1, "s": 1, "m": 60, "min": 60, "h": 3600}


def seconds(text: str) -> int:
    """Read a span as systemd and Compose write it: ``5min``, ``5m``, ``22h``."""
    found = re.fullmatch(r"(\d+)([a-z]*)", text)
    assert found, text
    return int(found[1]) * _SECONDS[found[2]]


def longest_stop() -> int:
    """Seconds that a crawl may need from SIGTERM to its end."""
    from filmscrape.runs.ping import TIMEOUT
    from filmscrape.spiders.wayback import CaptureSpider

    longest = max(CaptureSpider.index_timeout, project_settings().getint("DOWNLOAD_TIMEOUT"))
    return int(longest) + int(TIMEOUT) + 30


def program(name: str) -> str:
    """A program that not every machine has."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"there is no {name} here")
    return found


def scrapy_lines(text: str) -> Iterator[list[str]]:
    """The words behind each ``scrapy`` of a text that runs it."""
    for found in re.finditer(r"(?:^|[\s/(])scrapy +([a-z].*)", text, re.MULTILINE):
        yield re.split(r"[|>;)`]", found[1])[0].split()


def check_scrapy(words: list[str]) -> None:
    """The command exists, takes the options, and understands their times."""
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
    """The ``scrapy`` commands of a file, its comments left out."""
    text = "\n".join(
        line for line in path.read_text(encoding="utf-8").splitlines() if not line.lstrip().startswith("#")
    )
    return list(scrapy_lines(text))
