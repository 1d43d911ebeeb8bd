"""How much of what is too much: the thresholds of the verdict, from Scrapy's settings."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, Protocol, Self

from filmscrape import settings as defaults
from filmscrape.runs.outcome import Outcome

# What checks find can be let pass. Not among them: what ended the run before it was through, counts that do not add
# up, and what robots.txt forbids.
ACCEPTABLE = frozenset(
    {
        Outcome.TOO_MANY_FAILED,
        Outcome.TOO_FEW_EVENTS,
        Outcome.COVERAGE_FELL,
        Outcome.BLOCKED,
        Outcome.INTEGRITY,
    }
)


class Settings(Protocol):
    """Scrapy's settings, or any mapping."""

    def get(self, name: Any, default: Any = None, /) -> Any:
        """Give the value of a setting."""
        ...


@dataclass(frozen=True)
class Limits:
    """The thresholds. Each field is the setting of the same name in capitals, where its reason stands.

    :ivar expect_closed_until: the last day on which few events are no fault; ``None`` where nobody said so.
    :ivar accept: outcomes that are warnings for this run.
    """

    max_failed_share: float
    warn_failed_share: float
    max_rejected_share: float
    warn_rejected_share: float
    min_events_share: float
    warn_events_share: float
    max_coverage_fall: float
    warn_coverage_fall: float
    warn_problems_rise: float
    warn_drift: float
    max_same_share: float
    max_ahead_share: float
    min_to_tell: int
    expect_closed_until: date | None
    accept: frozenset[Outcome]

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Read the settings; one that is missing has the project's default.

        :raises ValueError: with one line for the user.
        """
        read: dict[str, Any] = {}
        for setting in (field.name.upper() for field in fields(cls)):
            value = settings.get(setting)
            read[setting.lower()] = _READERS.get(setting, _share)(
                setting, getattr(defaults, setting) if value is None else value
            )
        return cls(**read)

    def is_closed(self, today: date | None) -> bool:
        """Whether the operator said that nothing is shown today."""
        return bool(today and self.expect_closed_until and today <= self.expect_closed_until)

    def declared(self, today: date) -> dict[str, Any]:
        """What the operator declared for this run, for ``run.json``: later baselines go by it."""
        return {"closed": self.is_closed(today), "accept": sorted(map(int, self.accept))}


# ------------------------------------------------------------------ reading a value
def _share(setting: str, value: Any) -> float:
    try:
        share = float(value)
    except (TypeError, ValueError):
        share = -1.0
    if not 0 <= share <= 1:
        raise ValueError(f"{setting}={value!r} is no share from 0 to 1; write one in ten as 0.1")
    return share


def _number(setting: str, value: Any) -> int:
    if not re.fullmatch(r"0*[1-9][0-9]{0,8}", str(value).strip(), re.ASCII):
        raise ValueError(f"{setting}={value!r} is no whole number above 0")
    return int(value)


def _day(setting: str, value: Any) -> date | None:
    text = str(value or "").strip()
    if not text:
        return None
    try:
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{setting}={value!r} is no day of the calendar; write it as 2027-01-15") from None


def _outcomes(setting: str, value: Any) -> frozenset[Outcome]:
    # Scrapy gives a setting that is a list as it is.
    parts = value if isinstance(value, list | tuple) else str(value).split(",")
    codes = [code for code in (str(part).strip() for part in parts) if code]
    possible = {str(int(outcome)): outcome for outcome in ACCEPTABLE}
    for code in codes:
        if code not in possible:
            known = ", ".join(sorted(possible))
            raise ValueError(f"{setting}={value!r}: {code} is no exit code that can be accepted; there are {known}")
    return frozenset(possible[code] for code in codes)


_READERS: Mapping[str, Any] = {"MIN_TO_TELL": _number, "EXPECT_CLOSED_UNTIL": _day, "ACCEPT": _outcomes}

DEFAULT = Limits.from_settings(vars(defaults))
