"""``--help`` of every command: it ends with examples, which can be typed as they stand."""

import argparse
import shlex
from importlib import import_module
from pkgutil import iter_modules

import pytest
from scrapy.cmdline import ScrapyArgumentParser
from scrapy.commands import ScrapyCommand, ScrapyHelpFormatter

import filmscrape.commands
from tests.crawling import project_settings

NAMES = [module.name for module in iter_modules(filmscrape.commands.__path__)]


def parser_of(name: str) -> argparse.ArgumentParser:
    """The parser that ``scrapy`` makes for a command."""
    command: ScrapyCommand = import_module(f"filmscrape.commands.{name}").Command()
    command.settings = project_settings()
    parser = ScrapyArgumentParser(
        formatter_class=ScrapyHelpFormatter,
        usage=f"scrapy {name} {command.syntax()}",
        description=command.long_desc(),
        conflict_handler="resolve",
    )
    command.add_options(parser)
    return parser


def examples_of(name: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The lines below the word, as they are printed on a terminal of 80 columns."""
    monkeypatch.setenv("COLUMNS", "80")
    _, found, rest = parser_of(name).format_help().partition("\nExample")
    assert found, f"scrapy {name} -h shows no example"
    _, *lines = rest.split("\n\n")[0].splitlines()
    return [line.removeprefix("  ") for line in lines]


def test_there_are_commands() -> None:
    assert {"crawl", "report", "show", "status"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_each_example_can_be_typed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = examples_of(name, monkeypatch)
    assert lines
    for line in lines:
        scrapy, command, *arguments = shlex.split(line)
        assert (scrapy, command) == ("scrapy", name)
        _, rest = parser_of(name).parse_known_args(arguments)
        assert [word for word in rest if word.startswith("-")] == [], line


@pytest.mark.parametrize("name", NAMES)
def test_no_line_is_taken_for_a_heading(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the width, and so wherever a line breaks."""
    for columns in range(50, 120, 7):
        monkeypatch.setenv("COLUMNS", str(columns))
        text = parser_of(name).format_help()
        assert "====" not in text
        assert max(len(line) for line in text.splitlines() if not line.startswith(("  scrapy", "usage"))) <= columns
