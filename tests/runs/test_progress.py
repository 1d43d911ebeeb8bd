"""What the line on a terminal says; that it is on a terminal only is looked at in tests/test_demo.py."""

from typing import Any

import pytest

from filmscrape.runs.progress import progress
from filmscrape.runs.stats import Stat


@pytest.mark.parametrize(
    ("stats", "fates", "seconds", "expected"),
    [
        ({}, {}, 0.0, "festival: 0 of 0 events, 0 list pages"),
        ({Stat.DISCOVERY_FETCHED: 7}, {"asked": 40}, 0.0, "festival: 0 of 40 events, 7 list pages"),
        ({}, {"asked": 40, "fetched": 3}, 1.0, "festival: 3 of 43 events"),
        (
            {Stat.FAILED: 1, Stat.REJECTED: 2, Stat.UNREADABLE: 1},
            {"asked": 455, "fetched": 200, "failed": 10, "spared": 20, "moved": 4},
            50.0,
            "festival: 230 of 685 events, 3 rejected, 1 failed, 4.6 a second, 1 min 38 s left",
        ),
        ({}, {"fetched": 46}, 2.0, "festival: 46 of 46 events, 23.0 a second"),
    ],
)
def test_the_line(stats: dict[str, Any], fates: dict[str, int], seconds: float, expected: str) -> None:
    assert progress("festival", stats, fates, seconds) == expected
