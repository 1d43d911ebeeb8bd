"""How a run ended, and the exit code that says so. Defined here and nowhere else."""

from enum import IntEnum
from typing import NamedTuple

from filmscrape.runs.stats import Counts


class Outcome(IntEnum):
    """How a run or a command ended; the value is its exit code."""

    PUBLISHED = 0
    """The dataset was replaced by what this run found."""
    FAULT = 1
    """The crawl could not be started, or broke, for a reason that none of the others names."""
    USAGE = 2
    """An argument is wrong; nothing was asked of the site."""
    CANNOT_WRITE = 3
    """The output directory cannot be written, or the disk is full."""
    INTERRUPTED = 11
    """Ctrl-C, SIGTERM or a limit of Scrapy ended the run before it was through."""
    UNREACHABLE = 12
    """Nothing could be fetched: the host does not answer, or answers with errors only."""
    NO_EVENTS = 13
    """The site answered, but no event was found."""
    ROBOTS = 17
    """robots.txt forbids what the run needs, or cannot be read."""
    INTEGRITY = 18
    """The counts do not add up: something was lost without a reason; or an archive or a dataset is damaged."""


class Verdict(NamedTuple):
    """An outcome and the one line that explains it (empty where nothing needs to be explained)."""

    outcome: Outcome
    message: str = ""


def judge(counts: Counts, site: str, reason: str = "finished", failure: str = "") -> Verdict:
    """Judge a run that came to its end.

    :param counts: what the run counted.
    :param site: the host that was asked, for the message.
    :param reason: why Scrapy closed the spider; anything but ``finished`` means that the run is not whole.
    :param failure: why the first request failed that failed for good, for the message.
    """
    if reason != "finished":
        why = "stopped by a signal" if reason == "shutdown" else f"Scrapy closed the spider: {reason}"
        return Verdict(Outcome.INTERRUPTED, f"interrupted ({why})")
    mismatches = counts.mismatches()
    if mismatches:
        return Verdict(Outcome.INTEGRITY, "the counts do not add up: " + "; ".join(mismatches))
    if counts.written:
        return Verdict(Outcome.PUBLISHED)
    if counts.forbidden and not counts.fetched:
        return Verdict(Outcome.ROBOTS, f"robots.txt of {site} forbids what the run needs")
    if counts.refused and not counts.fetched:
        return Verdict(Outcome.UNREACHABLE, f"nothing could be fetched from {site}: {failure}")
    return Verdict(Outcome.NO_EVENTS, f"no event was found on {site}")
