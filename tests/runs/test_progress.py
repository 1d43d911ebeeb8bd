"""The line on a terminal: what it says, that log lines do not tear it, and what is left of it."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from filmscrape.fixtures import serve
from filmscrape.runs.progress import fitted, progress
from filmscrape.runs.stats import Stat
from tests.crawling import NO_DELAY, SOURCE, bundled_site, command, environment
from tests.marks import long
from tests.terminal import COLOUR, ESCAPE, Session, on_terminal


@pytest.mark.parametrize(
    ("stats", "fates", "seconds", "expected"),
    [
        ({}, {}, 0.0, "0 of 0 events, 0 rejected, 0 pages"),
        ({Stat.DISCOVERY_FETCHED: 7}, {"asked": 40}, 0.0, "0 of 40 events, 0 rejected, 7 pages"),
        (
            {Stat.FAILED: 10, Stat.REJECTED: 2, Stat.UNREADABLE: 1, Stat.FETCHED: 200, Stat.DISCOVERY_FETCHED: 56},
            {"asked": 455, "fetched": 200, "failed": 10, "spared": 20, "moved": 4},
            50.0,
            "230 of 685 events, 3 rejected, 10 failed, 256 pages, 4.6 a second, 1 min 38 s left",
        ),
        ({Stat.FETCHED: 46}, {"fetched": 46}, 2.0, "46 of 46 events, 0 rejected, 46 pages, 23.0 a second"),
    ],
)
def test_what_it_says(stats: dict[str, Any], fates: dict[str, int], seconds: float, expected: str) -> None:
    assert ", ".join(progress(stats, fates, seconds)) == expected


def test_what_a_narrow_terminal_has_room_for() -> None:
    parts = ["230 of 685 events", "3 rejected", "256 pages", "4.6 a second", "1 min left"]
    assert fitted(parts, 100) == ", ".join(parts)
    assert fitted(parts, 50) == "230 of 685 events, 3 rejected, 1 min left"
    assert fitted(parts, 5) == "230 of 685 events, 1 min left"


# ------------------------------------------------------------------ on a terminal
def crawled(tmp_path: Path, *arguments: str, settings: dict[str, Any] | None = None, **how: Any) -> Session:
    """A crawl of the bundled site with a page that fails and is logged."""
    site = bundled_site()
    path = next(path for path, answer in site.answers.items() if path.endswith("/here/"))
    site.answers[path] = replace(site.answers[path], status=410)
    with serve(site) as origin:
        line = command(
            "crawl",
            SOURCE,
            "-a",
            f"base_url={origin}",
            *arguments,
            OUTPUT_DIR=tmp_path,
            **{**NO_DELAY, **(settings or {})},
        )
        return on_terminal(line, environment(), **how)


def frames(seen: str) -> list[str]:
    """The line as it was shown, again and again."""
    return re.findall(rf". {SOURCE}: \d+ of [^\r\n\x1b]*", ESCAPE.sub("\x1b", seen))


@pytest.mark.parametrize(("columns", "level"), [long(80, "WARNING"), long(40, "WARNING"), long(100, "INFO")])
def test_log_lines_stand_above_it(columns: int, level: str, tmp_path: Path) -> None:
    done = crawled(tmp_path, "-L", level, columns=columns)
    shown = frames(done.seen)
    assert shown
    assert max(map(len, shown)) <= columns
    text = re.sub(r"\x1b\[(\?25[lh]|[0-9;]*m)", "", done.seen)  # what moves nothing
    logged = [match.start() for match in re.finditer(r"\d{4}-\d\d-\d\dT\S+Z (WARNING|INFO) ", text)]
    assert any("page failed" in text[at : at + 90] for at in logged)
    for at in logged:
        before = text[:at]
        assert not before or before.endswith(("\n", "\x1b[2K", "\r")), before[-80:]
    assert done.is_sane
    assert (done.code, "verdict: degraded" in done.seen) == (10, True)


@pytest.mark.long
def test_the_table_fits_a_narrow_terminal(tmp_path: Path) -> None:
    done = crawled(tmp_path, columns=40)
    rows = [ESCAPE.sub("", line).rstrip() for line in done.seen.splitlines()]
    assert any(re.match(r" *listed +46 ", row) for row in rows), rows
    assert any(re.match(r" *written +45", row) for row in rows)


def test_json_is_alone_on_standard_output(tmp_path: Path) -> None:
    done = crawled(tmp_path, "--json", piped=True)
    assert json.loads(done.out)["counts"]["written"] == 45
    assert frames(done.seen)


@pytest.mark.parametrize(("variables", "pattern"), [long({"NO_COLOR": "1"}, COLOUR), long({"TERM": "dumb"}, ESCAPE)])
def test_what_a_user_does_not_want_is_not_sent(variables: dict[str, str], pattern: Any, tmp_path: Path) -> None:
    done = crawled(tmp_path, variables=variables)
    assert not pattern.search(done.seen)
    assert "verdict: degraded" in done.seen


@pytest.mark.parametrize("typed", ["\x03", long("\x03\x03")])
def test_ctrl_c_leaves_the_terminal_as_it_was(typed: str, tmp_path: Path) -> None:
    slow = {"DOWNLOAD_DELAY": 0.3}
    done = crawled(tmp_path, settings=slow, keys=(" events", typed))
    assert done.code == 11
    assert done.is_sane
    assert "Traceback" not in done.seen
    assert "scrapy crawl: interrupted" in done.seen
