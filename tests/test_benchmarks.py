"""Every benchmark does what it says, at a hundredth of its size: none is found broken on the day that it is wanted."""

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from benchmarks import crawl, extract, fleet, growth, imports, ledger, measure, memory, nginx, pipeline, replay
from benchmarks.__main__ import PARTS
from benchmarks.measure import table

# How much of everything, and how many lines of the table come of it. What is compared with is left out where it needs
# libraries of its own.
SMALL: dict[ModuleType, tuple[dict[str, Any], int]] = {
    extract: ({"PAGES": 20, "OTHERS": ()}, 2),
    pipeline: ({"RECORDS": 60}, 3),
    crawl: ({"PAGES": 20, "FEW": 10}, 5),
    fleet: ({"PAGES": 12}, 3),
    imports: ({}, 2),
    replay: ({"PAGES": 5, "MANY": 60, "CRAWLED": 5, "PARSES": 5}, 5),
    memory: ({"FEW": 3, "MANY": 6}, 1),
    ledger: ({"EVENTS": 60}, 1),
}

pytestmark = pytest.mark.long
needs_nginx = pytest.mark.skipif(
    nginx.find() is None, reason="there is no nginx; on Debian: apt-get install nginx-light"
)


def test_all_parts_are_tried() -> None:
    assert set(SMALL) == set(PARTS)


@pytest.mark.parametrize(
    "part",
    [pytest.param(part, marks=needs_nginx if part is crawl else (), id=part.__name__) for part in SMALL],
)
def test_a_part_measures(part: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes, lines = SMALL[part]
    for name, size in (sizes | once(part)).items():
        monkeypatch.setattr(part, name, size)
    monkeypatch.setattr(measure, "AT_LEAST", 1)
    rows = list(part.rows())
    assert len(table(rows).splitlines()) == 2 + len(rows) == 2 + lines
    for row in rows:
        assert row.measured, row.what


def test_without_nginx_the_table_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nginx, "find", lambda: None)
    assert "nginx is not installed: apt install nginx-light" in table(crawl.rows())


def once(part: ModuleType) -> dict[str, Any]:
    """One round of everything: no seconds for more."""
    times = {name: value for name, value in vars(part).items() if name.startswith("WITHIN")}
    return {name: dict.fromkeys(value, 0.0) if isinstance(value, dict) else 0.0 for name, value in times.items()}


@needs_nginx
def test_growth_is_measured(tmp_path: Path) -> None:
    cells = list(growth.column(tmp_path / "30", 30))
    assert len(cells) == len(growth.NAMES)
    assert all(cells)
