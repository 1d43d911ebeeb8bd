"""Log lines: whatever a value holds, a line is one line, a pair is one pair, and a terminal shows letters."""

import logging
import re
import shlex
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scrapy.utils.log import _get_handler

from filmscrape.logs import logfmt, one_line
from tests.crawling import project_settings

PAIR = re.compile(r'(\w+)=("(?:[^"\\]|\\.)*"|[^\s"=\']+)')


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("https://festival.example/a?b", "https://festival.example/a?b"),
        (503, "503"),
        ("HTTP 503", '"HTTP 503"'),
        ("Café", "Café"),
        ("", '""'),
        ("a=b", '"a=b"'),
        ('say "no"', r'"say \"no\""'),
        ("it's", '"it\'s"'),
        (r"a\n b", r'"a\\n b"'),
        ("a\nWARNING b", r'"a\nWARNING b"'),
        ("a\r\tb", r'"a\r\tb"'),
        ("a\u2028b\u2029c\x85d", r'"a\u2028b\u2029c\u0085d"'),
        ("\x1b[31m", r'"\u001b[31m"'),
        ("\x9b31m\x7f\x00", r'"\u009b31m\u007f\u0000"'),
        ("\u202egpj.exe", r'"\u202egpj.exe"'),
        ("\ud800", r'"\ud800"'),
        ("a\u00a0b", r'"a\u00a0b"'),
    ],
)
def test_value(value: object, written: str) -> None:
    assert logfmt("page failed", value=value) == f"page failed value={written}"


def test_what_is_not_known_is_left_out() -> None:
    assert logfmt("page failed", url="a", reason=None, next="wait") == "page failed url=a next=wait"
    assert logfmt("page failed") == "page failed"


@given(st.text(), st.text())
@example('" b="x', "\\")
@example("\\", '" c=1')
@example("\\u0041", "\U000e0001")
def test_no_value_forges_a_line_or_a_pair(first: str, second: str) -> None:
    line = logfmt("words", a=first, b=second)
    assert line.isprintable()
    assert line.splitlines() == [line]
    line.encode()  # also where it holds half of a surrogate pair
    assert [name for name, _ in PAIR.findall(line)] == ["a", "b"]
    assert PAIR.sub("", line).split() == ["words"]


def test_a_shell_cuts_it_up() -> None:
    assert shlex.split(logfmt("page failed", reason="HTTP 503", next="wait; rm")) == [
        "page",
        "failed",
        "reason=HTTP 503",
        "next=wait; rm",
    ]


def test_one_line() -> None:
    assert one_line("Café a\nb\x1b\u2028") == r"Café a\u000ab\u001b\u2028".replace(r"\u000a", r"\n")


def test_a_line_begins_with_the_time_in_utc_and_its_level() -> None:
    """With the handler that Scrapy makes; the suite runs 14 hours ahead of UTC."""
    record = logging.LogRecord("filmscrape.spiders.asking", logging.WARNING, "", 0, "%s", ("page failed",), None)
    record.created = datetime(2026, 11, 24, 22, 0, 0, 987654, tzinfo=UTC).timestamp()
    written = _get_handler(project_settings()).format(record)
    assert written == "2026-11-24T22:00:00Z WARNING filmscrape.spiders.asking page failed"
