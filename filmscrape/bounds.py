"""What a setting may be that is a number or a switch: Scrapy finds out in the middle of a crawl, or never."""

import re
from collections.abc import Mapping
from math import isfinite
from typing import Any, NamedTuple, Protocol

_LONG = 1e6  # seconds (11 days), hours or days (114 and 2700 years): more cannot be meant, or counted back from today


class Settings(Protocol):
    """Scrapy's settings, or any mapping."""

    def get(self, name: Any, default: Any = None, /) -> Any:
        """Give the value of a setting."""
        ...


class _Range(NamedTuple):
    words: str
    low: float
    is_whole: bool = False
    high: float = _LONG

    def holds(self, value: Any) -> bool:
        text = str(value).strip()
        try:
            number = float(text)
        except ValueError:
            return False
        if self.is_whole and not re.fullmatch(r"\d{1,12}", text, re.ASCII):
            return False
        return isfinite(number) and self.low <= number <= self.high


_TIME = _Range("no number from 0 to 1000000", 0)
_WAIT = _Range("no number of seconds above 0", 0.001)
_COUNT = _Range("no whole number from 0 on", 0, is_whole=True, high=1e12)
_SOME = _Range("no whole number above 0", 1, is_whole=True, high=1e12)
_RANGES: Mapping[str, _Range] = {
    **dict.fromkeys(("RESUME_WITHIN_HOURS", "ASK_AGAIN_AFTER_DAYS", "RETRY_AFTER_MAX", "CRAWL_DELAY_MAX"), _TIME),
    **dict.fromkeys(("DOWNLOAD_DELAY", "AUTOTHROTTLE_START_DELAY", "AUTOTHROTTLE_MAX_DELAY"), _TIME),
    **dict.fromkeys(("CLOSESPIDER_TIMEOUT", "CLOSESPIDER_TIMEOUT_NO_ITEM"), _TIME),
    **dict.fromkeys(("DOWNLOAD_TIMEOUT", "DNS_TIMEOUT", "LEASE"), _WAIT),
    **dict.fromkeys(("REDIS_PATIENCE", "FLEET_LATE"), _TIME),
    **dict.fromkeys(("RETRY_TIMES", "DOWNLOAD_MAXSIZE"), _COUNT),
    **dict.fromkeys(("CLOSESPIDER_PAGECOUNT", "CLOSESPIDER_ITEMCOUNT", "CLOSESPIDER_ERRORCOUNT"), _COUNT),
    **dict.fromkeys(("CONCURRENT_REQUESTS", "CONCURRENT_REQUESTS_PER_DOMAIN", "MAX_FAILURES_IN_A_ROW"), _SOME),
    "LEASE_TRIES": _SOME,
}
_SWITCHES = ("WARC", "ROBOTSTXT_OBEY", "AUTOTHROTTLE_ENABLED", "RETRY_ENABLED", "DOWNLOAD_VERIFY_CERTIFICATES")
_ON_OR_OFF = frozenset({"0", "1", "true", "false"})


def check_bounds(settings: Settings) -> None:
    """Look at all settings that are numbers or switches before anything is asked of a site.

    :raises ValueError: with one line for the user.
    """
    for name, bounds in _RANGES.items():
        value = settings.get(name)
        if value is not None and not bounds.holds(value):
            raise ValueError(f"{name}={value!r} is {bounds.words}")
    for name in _SWITCHES:
        value = settings.get(name)
        if value is not None and str(value).lower() not in _ON_OR_OFF:
            raise ValueError(f"{name}={value!r} is neither 1 nor 0")
