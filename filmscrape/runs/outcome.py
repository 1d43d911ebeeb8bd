"""How a run ended, and the exit code that says so. Defined here and nowhere else."""

from enum import IntEnum
from typing import NamedTuple


class Outcome(IntEnum):
    """How a run or a command ended; the value is its exit code. ``docs/runbook.md`` tells cause and remedy of each."""

    ACCEPTED = 0
    """The dataset was joined with what this run found."""
    FAULT = 1
    """The crawl could not be started, or broke, for a reason that none of the others names."""
    USAGE = 2
    """An argument is wrong, or the ledger is of a newer version; nothing was asked of the site."""
    CANNOT_WRITE = 3
    """The output directory cannot be written, or the disk is full."""
    LOCKED = 4
    """Another run of the source is going on, or another process writes the folder of an export."""
    DEGRADED = 10
    """The dataset was joined with what this run found, and something wants looking at."""
    INTERRUPTED = 11
    """Ctrl-C or SIGTERM ended the run before it was through; the next one goes on where it stopped."""
    TOO_MANY_FAILED = 12
    """The host does not answer, or too many pages could not be fetched or read."""
    TOO_FEW_EVENTS = 13
    """The site answered, but no event was found, or far fewer than in earlier runs."""
    COVERAGE_FELL = 14
    """Fields are empty that were filled in earlier runs."""
    BUDGET = 15
    """A limit on pages, bytes or time ended the run before it was through; the next one goes on where it stopped."""
    BLOCKED = 16
    """The site refuses: it asks for patience beyond measure, or shows challenges in place of pages."""
    ROBOTS = 17
    """robots.txt forbids what the run needs, or cannot be read."""
    INTEGRITY = 18
    """Counts do not add up, values cannot be true, or an archive, the ledger or a dataset is damaged."""

    @property
    def publishes(self) -> bool:
        """Whether a run that ends so changes the dataset."""
        return self in (Outcome.ACCEPTED, Outcome.DEGRADED)

    @property
    def verdict(self) -> str:
        """The verdict in one word: ``accepted``, ``degraded`` or ``failed``."""
        return self.name.lower() if self.publishes else "failed"


class CannotBegin(Exception):  # noqa: N818 - named for what is the case
    """A run that cannot begin: how that ends, and one line for the user."""

    def __init__(self, outcome: Outcome, message: str) -> None:
        super().__init__(message)
        self.outcome = outcome


class Finding(NamedTuple):
    """What one check found out of order.

    :ivar check: the check's name, such as ``coverage``.
    :ivar outcome: what the finding makes of the run: :attr:`Outcome.DEGRADED` for a warning, else why it failed.
    :ivar message: one line: what, where, how much, and how much is usual.
    """

    check: str
    outcome: Outcome
    message: str


class Verdict(NamedTuple):
    """An outcome, the one line that explains it (empty where nothing needs to be explained), and what was found."""

    outcome: Outcome
    message: str = ""
    findings: tuple[Finding, ...] = ()
