"""Judge a run: did it come to its end, do its counts add up, and is what it found like what is usually found."""

from collections.abc import Iterable
from datetime import date

from filmscrape.runs.baseline import Baseline
from filmscrape.runs.checks import CHECKS, Evidence, share_of
from filmscrape.runs.limits import DEFAULT, Limits
from filmscrape.runs.measure import Measures
from filmscrape.runs.outcome import Finding, Outcome, Verdict
from filmscrape.runs.stats import Counts

# Which of several findings names the run's end: what explains the others goes first. Where a site blocks, pages fail;
# where pages fail, events are few; where pages are read wrong, fields are empty; and a failure goes before a warning.
WORST_FIRST = (
    Outcome.ROBOTS,
    Outcome.BLOCKED,
    Outcome.TOO_MANY_FAILED,
    Outcome.INTEGRITY,
    Outcome.TOO_FEW_EVENTS,
    Outcome.COVERAGE_FELL,
    Outcome.DEGRADED,
)

_BUDGET = "closespider_"  # how the reasons of Scrapy's own limits begin: time, pages, items
_ERRORS = "closespider_errorcount"  # a limit as well, but on faults of this program


def judge(
    counts: Counts,
    site: str,
    reason: str = "finished",
    failure: str = "",
    *,
    measures: Measures | None = None,
    baseline: Baseline | None = None,
    limits: Limits = DEFAULT,
    today: date | None = None,
) -> Verdict:
    """Judge a run that is over.

    :param counts: what the run counted.
    :param site: the host that was asked, for the message.
    :param reason: why Scrapy closed the spider; anything but ``finished`` means that the run is not whole.
    :param failure: why the first request failed that failed for good, for the message.
    :param measures: what the run's records are like.
    :param baseline: what is usual; without one only the checks apply that need none.
    :param limits: the thresholds.
    :param today: the day of the run, for days that were declared as closed.
    """
    ended = _ended_early(reason) or _unsound(counts) or _nothing_fetched(counts, site, failure, limits)
    if ended:
        return ended
    closed = limits.is_closed(today)
    run = Evidence(counts, measures or Measures(), baseline or Baseline(), limits, site, failure, closed)
    return weigh((finding for check in CHECKS for finding in check(run)), limits)


def weigh(findings: Iterable[Finding], limits: Limits = DEFAULT) -> Verdict:
    """Make a verdict of what the checks found: the worst finding decides."""
    weighed = sorted((_let_pass(finding, limits) for finding in findings), key=_weight)
    if not weighed:
        return Verdict(Outcome.ACCEPTED)
    worst, *others = weighed
    more = f" (and {len(others)} more)" if others else ""
    return Verdict(worst.outcome, worst.message + more, tuple(weighed))


def _weight(finding: Finding) -> int:
    return WORST_FIRST.index(finding.outcome)


def _let_pass(finding: Finding, limits: Limits) -> Finding:
    """Make a warning of what the operator accepts in this run."""
    if finding.outcome not in limits.accept:
        return finding
    told = f"{finding.message} (let pass by ACCEPT={int(finding.outcome)})"
    return finding._replace(outcome=Outcome.DEGRADED, message=told)


def _ended_early(reason: str) -> Verdict | None:
    if reason == "finished":
        return None
    if reason == "shutdown":
        return Verdict(Outcome.INTERRUPTED, "interrupted (stopped by a signal)")
    if reason == _ERRORS:
        return Verdict(Outcome.INTEGRITY, "the program failed too often, see the log (CLOSESPIDER_ERRORCOUNT)")
    if reason.startswith(_BUDGET):
        return Verdict(Outcome.BUDGET, f"the limit {reason.upper()} was reached before the run was through")
    return Verdict(Outcome.INTERRUPTED, f"interrupted (Scrapy closed the spider: {reason})")


def _unsound(counts: Counts) -> Verdict | None:
    mismatches = counts.mismatches()
    if not mismatches:
        return None
    return Verdict(Outcome.INTEGRITY, "the counts do not add up: " + "; ".join(mismatches))


def _nothing_fetched(counts: Counts, site: str, failure: str, limits: Limits) -> Verdict | None:
    """No page of an event was had, and it is known why: whatever else is found follows from that."""
    if counts.fetched or counts.spared:
        return None
    asked = counts.failed + counts.discovery_fetched + counts.discovery_failed
    why = f": {failure}" if failure else ""
    if counts.forbidden:
        return Verdict(Outcome.ROBOTS, f"robots.txt of {site} forbids what the run needs")
    if share_of(counts.blocked, asked) > limits.max_failed_share:
        return Verdict(Outcome.BLOCKED, f"{site} blocks: something else is shown in place of its pages{why}")
    if counts.refused:
        return Verdict(Outcome.TOO_MANY_FAILED, f"nothing could be fetched from {site}{why}")
    return None
