"""Settings that are numbers or switches: what makes no sense is said before anything is asked of a site."""

from typing import Any

import pytest
from scrapy.settings import Settings

from filmscrape.bounds import check_bounds
from tests.crawling import project_settings


def test_the_settings_of_the_project_and_of_scrapy_are_sound() -> None:
    check_bounds(project_settings())
    check_bounds(Settings())
    check_bounds({})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RESUME_WITHIN_HOURS", "a day"),
        ("RESUME_WITHIN_HOURS", "1e30"),
        ("RESUME_WITHIN_HOURS", "-1"),
        ("ASK_AGAIN_AFTER_DAYS", "nan"),
        ("CRAWL_DELAY_MAX", "inf"),
        ("DOWNLOAD_TIMEOUT", "0"),
        ("MAX_FAILURES_IN_A_ROW", "0"),
        ("MAX_FAILURES_IN_A_ROW", "2.5"),
        ("CLOSESPIDER_PAGECOUNT", "x"),
        ("CLOSESPIDER_TIMEOUT", -1),
        ("DOWNLOAD_MAXSIZE", "16M"),
        ("WARC", "maybe"),
        ("DOWNLOAD_VERIFY_CERTIFICATES", "never"),
    ],
)
def test_a_value_that_makes_no_sense_is_named(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=rf"^{name}={value!r} is n") as wrong:
        check_bounds({name: value})
    assert "\n" not in str(wrong.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [("RESUME_WITHIN_HOURS", 0), ("DOWNLOAD_DELAY", "0.5"), ("CLOSESPIDER_TIMEOUT", "0.5"), ("WARC", True)],
)
def test_a_value_that_makes_sense_is_taken(name: str, value: Any) -> None:
    check_bounds({name: value})
