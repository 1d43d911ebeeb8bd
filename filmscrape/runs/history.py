"""How a source's last runs went, and how old its dataset is: told from the run folders alone."""

import re
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from filmscrape.runs.outcome import Outcome
from filmscrape.runs.stored import CHANGES, StoredRun

UNFINISHED = "unfinished"
"""In place of a verdict: the run was killed, or is still going on."""
UNKNOWN = "unknown"
"""In place of a verdict: the run is over, but what it wrote down of its end cannot be read."""
# Runs that say nothing of how the site as a whole is today: of single events, of a web archive's past.
_PARTIAL_ARGUMENTS = frozenset({"only", "max_events", "wayback"})
_CLOCK_ERROR = timedelta(minutes=5)  # a run that ended later than now by more is the work of a wrong clock
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_AGE = re.compile(r"([1-9][0-9]{0,5})([mhdw])")


def read_age(text: str) -> timedelta:
    """Read how old a dataset may be: ``90m``, ``36h``, ``2d``, ``1w``.

    :raises ValueError: with one line for the user.
    """
    found = _AGE.fullmatch(text.strip().lower())
    if found is None:
        raise ValueError(f"--max-age {text!r} is no time: write 90m (minutes), 36h, 2d or 1w")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


@dataclass(frozen=True)
class PastRun:
    """How one run went, as far as that can be read.

    :ivar verdict: ``accepted``, ``degraded``, ``failed``, :data:`UNFINISHED` or :data:`UNKNOWN`.
    :ivar outcome: the outcome's name.
    :ivar events: records that the run wrote, whether they were published or not.
    :ivar changes: lines of ``changes.jsonl``; ``None`` where there is none.
    :ivar seconds: how long the run took.
    :ivar message: the one line that explains the verdict.
    :ivar is_whole: whether the run asked for all that the site shows: a replay, a web archive's captures and single
        events do not make a dataset younger.
    """

    run_id: str
    source: str
    started: datetime | None
    finished: datetime | None
    verdict: str
    outcome: str | None
    exit_code: int | None
    events: int | None
    changes: int | None
    seconds: float | None
    message: str
    is_whole: bool

    @classmethod
    def of(cls, run: StoredRun) -> "PastRun":
        """Read a stored run; nothing in its report is trusted to be what it should."""
        report = run.report
        counts = report.get("counts")
        code = _whole(report.get("exit_code"))
        is_over = run.is_finished
        outcome, message = report.get("outcome"), report.get("message")
        seconds = (run.ended - run.started).total_seconds() if run.ended and run.started else None
        return cls(
            run_id=run.id,
            source=run.source,
            started=run.started,
            finished=run.ended,
            verdict=_verdict(code) if is_over else UNFINISHED,
            outcome=outcome if is_over and isinstance(outcome, str) else None,
            exit_code=code if is_over else None,
            events=_whole(counts.get("written")) if is_over and isinstance(counts, dict) else None,
            changes=_lines(run.path / CHANGES),
            seconds=seconds,
            message=message if isinstance(message, str) else "",
            is_whole=_is_whole(report),
        )

    @property
    def is_published(self) -> bool:
        """Whether the dataset was joined with what the run found."""
        return self.verdict in (Outcome.ACCEPTED.verdict, Outcome.DEGRADED.verdict)

    def as_json(self) -> dict[str, Any]:
        """Give it as JSON has it."""
        return {**asdict(self), "started": stamp(self.started), "finished": stamp(self.finished)}


@dataclass(frozen=True)
class History:
    """The runs of one source.

    :ivar runs: all of them, the newest first.
    :ivar accepted: the newest whole run that was accepted.
    :ivar published: the newest whole run that was accepted or degraded: the dataset is as old as this one.
    """

    source: str
    runs: list[PastRun]
    accepted: PastRun | None
    published: PastRun | None

    @classmethod
    def of(cls, source: str, stored: list[StoredRun]) -> "History":
        """Read the history of a source.

        :param stored: its runs, the oldest first.
        """
        runs = [PastRun.of(run) for run in reversed(stored)]
        published = [run for run in runs if run.is_published and run.is_whole and run.finished]
        accepted = [run for run in published if run.verdict == Outcome.ACCEPTED.verdict]
        return cls(source, runs, next(iter(accepted), None), next(iter(published), None))

    def complaint(self, limit: timedelta, now: datetime) -> str | None:
        """Say what is wrong with the dataset's age; ``None`` where it is young enough.

        :param limit: how old it may be.
        :param now: the time to count from, aware.
        """
        if self.published is None:
            return f"{self.source}: no whole run has published anything"
        age = age_of(self.published, now)
        if age < -_CLOCK_ERROR:
            return f"{self.source}: run {self.published.run_id} ended in the future: look at this machine's clock"
        if age > limit:
            return f"{self.source}: the last run that published ended {spoken(age)} ago"
        return None


def age_of(run: PastRun, now: datetime) -> timedelta:
    """Tell how long ago a run ended that is over."""
    assert run.finished is not None
    return now - run.finished


def stamp(when: datetime | None) -> str | None:
    """Write a time as UTC, to the second."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if when else None


def spoken(age: timedelta) -> str:
    """Write a span of time for people: its two largest units."""
    minutes, seconds = divmod(max(int(age.total_seconds()), 0), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [(days, "d"), (hours, "h"), (minutes, "min"), (seconds, "s")]
    first = next((n for n, (number, _) in enumerate(parts) if number), len(parts) - 1)
    return " ".join(f"{number} {unit}" for number, unit in parts[first : first + 2] if number) or "0 s"


def _verdict(code: int | None) -> str:
    """Give the verdict of an exit code, which reports have had longer than a verdict."""
    try:
        return UNKNOWN if code is None else Outcome(code).verdict
    except ValueError:  # a code that a later version has
        return UNKNOWN


def _is_whole(report: dict[str, Any]) -> bool:
    arguments = report.get("arguments")
    given = {name for name, value in arguments.items() if value} if isinstance(arguments, dict) else set()
    return "replayed" not in report and not given & _PARTIAL_ARGUMENTS


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _lines(path: Path) -> int | None:
    try:
        with path.open("rb") as lines:
            return sum(1 for _ in lines)
    except OSError:
        return None
