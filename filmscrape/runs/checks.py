"""What a run is checked for. Each check is a pure function from the evidence to what it finds out of order."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from math import sqrt

from filmscrape.runs.baseline import Baseline, problems_of, shares
from filmscrape.runs.limits import Limits
from filmscrape.runs.measure import Measures
from filmscrape.runs.outcome import Finding, Outcome
from filmscrape.runs.stats import Counts

STANDARD_ERRORS = 3
"""How far from usual a share has to be before a check speaks: chance goes that far once in several hundred runs."""
_MOSTLY = 0.5  # a field that is filled in at least half of the events, so that none at all is no chance
# A closed cinema shows nothing: its pages stay, without screenings.
_OF_THE_OPEN = frozenset({"screenings"})


@dataclass(frozen=True)
class Evidence:
    """What the checks weigh.

    :ivar site: the host that was asked.
    :ivar failure: why the first page failed that failed for good; may be empty.
    :ivar closed: whether the operator said that nothing is shown now.
    """

    counts: Counts
    measures: Measures
    baseline: Baseline
    limits: Limits
    site: str = "the site"
    failure: str = ""
    closed: bool = False


Findings = Iterator[Finding]


# ------------------------------------------------------------------ pages
def check_access(run: Evidence) -> Findings:
    """The site keeps pages back: robots.txt forbids them, or something else is shown in their place."""
    counts, limit = run.counts, run.limits.max_failed_share
    asked = counts.fetched + counts.failed + counts.discovery_fetched + counts.discovery_failed
    kept_back = (
        ("robots", Outcome.ROBOTS, f"robots.txt of {run.site} forbids", counts.forbidden, ""),
        ("blocked", Outcome.BLOCKED, f"{run.site} blocked", counts.blocked, _because(run.failure)),
    )
    for check, outcome, told, number, why in kept_back:
        if _exceeds(number, asked, limit):
            yield Finding(check, outcome, f"{told} {_of(number, asked, 'pages')}, at most {percent(limit)} may be{why}")


def check_failed(run: Evidence) -> Findings:
    """Event pages could not be fetched. Those that were not asked for count as had: their records are known."""
    counts = run.counts
    wanted = counts.fetched + counts.failed + counts.spared
    told = f"{_of(counts.failed, wanted, 'event pages')} could not be fetched"
    limits = (run.limits.warn_failed_share, run.limits.max_failed_share)
    yield from _graded("failed", counts.failed, wanted, limits, told, _because(run.failure) + "; see failed.jsonl")


def check_discovery(run: Evidence) -> Findings:
    """A list page could not be had: what only it lists is missing, and nobody knows how much that is."""
    counts = run.counts
    if counts.discovery_failed:
        asked = counts.discovery_fetched + counts.discovery_failed
        told = f"{_of(counts.discovery_failed, asked, 'list pages')} could not be read: events may be missing"
        yield Finding("discovery", Outcome.DEGRADED, told + "; see failed.jsonl")


def check_rejected(run: Evidence) -> Findings:
    """Pages or sightings were there and could not be made into records."""
    counts = run.counts
    lost = (
        ("event pages", counts.rejected + counts.unreadable, counts.records + counts.unreadable),
        ("sightings", counts.sightings_rejected, counts.sightings + counts.sightings_rejected),
    )
    for what, number, read in lost:
        told = f"{_of(number, read, what)} could not be read or did not keep the contract"
        limits = (run.limits.warn_rejected_share, run.limits.max_rejected_share)
        yield from _graded("rejected", number, read, limits, told, "; see rejected.jsonl")


# ------------------------------------------------------------------ against what is usual
def check_events(run: Evidence) -> Findings:
    """There are no events, or far fewer than usual."""
    number, usual = run.counts.written, run.baseline.events
    if run.closed:
        return
    if not number:
        yield Finding("events", Outcome.TOO_FEW_EVENTS, f"no event was found on {run.site}")
    elif usual and number < usual * run.limits.warn_events_share:
        failed = number < usual * run.limits.min_events_share
        told = f"{number} events, usually {usual:g} ({percent(number / usual)} of that)"
        yield Finding("events", Outcome.TOO_FEW_EVENTS if failed else Outcome.DEGRADED, told)


def check_coverage(run: Evidence) -> Findings:
    """A field is filled in fewer events than usual."""
    usual_number = run.baseline.events or 0
    for name, usual in sorted(run.baseline.coverage.items()):
        share, number = _filled(run.measures, name)
        if share is None or (run.closed and name in _OF_THE_OPEN):
            continue  # a field of another version of the record
        fall = usual - share
        if fall <= noise(usual, number, usual_number):
            continue
        vanished = not share and usual >= _MOSTLY
        told = f"{name} is filled in {percent(share)} of {number} events, usually in {percent(usual)}"
        if fall > run.limits.max_coverage_fall or vanished:
            yield Finding("coverage", Outcome.COVERAGE_FELL, told)
        elif fall > run.limits.warn_coverage_fall:
            yield Finding("coverage", Outcome.DEGRADED, told)


def _filled(found: Measures, name: str) -> tuple[float | None, int]:
    """In which share of how many events a field is filled.

    Pages of past events show no screenings, so the end of a festival empties none.
    """
    share, number = found.coverage.get(name), found.events
    if share is None or name not in _OF_THE_OPEN:
        return share, number
    still_open = number - found.over
    return (min(share * number / still_open, 1.0) if still_open > 0 else 1.0), still_open


def check_problems(run: Evidence) -> Findings:
    """More values than usual are there and cannot be read."""
    for where, found in problems_of(asdict(run.counts)).items():
        usual = run.baseline.problems.get(where)
        if usual is None or found.of <= 0:
            continue
        rise = found.number / found.of - usual
        # Problems are rare and independent, so their number scatters like the root of what is expected.
        chance = STANDARD_ERRORS * sqrt((usual + 1 / found.of) / found.of)
        if rise > max(run.limits.warn_problems_rise, chance):
            most = sorted(found.fields.items(), key=lambda field: (-field[1], field[0]))[:3]
            told = f"{found.number} values of {found.of} {where} could not be read, usually {usual * found.of:.0f}"
            named = ", ".join(f"{name} {n}" for name, n in most)
            yield Finding("problems", Outcome.DEGRADED, f"{told}; most of them: {named}")


def check_drift(run: Evidence) -> Findings:
    """The strategy that usually answers for a field answers far less often: the page changes, and others stand in."""
    for name, usual in sorted(run.baseline.strategies.items()):
        answers = run.measures.strategies.get(name, {})
        number = sum(answers.values())
        if not number or not usual:
            continue  # that nothing answers is the coverage's affair
        first, share = max(usual.items(), key=lambda strategy: (strategy[1], strategy[0]))
        now = shares(answers).get(first, 0.0)
        usual_number = (run.baseline.events or 0) * run.baseline.coverage.get(name, 0.0)
        if share - now > max(run.limits.warn_drift, noise(share, number, usual_number)):
            others = sorted(((n, other) for other, n in answers.items() if other != first), reverse=True)
            instead = f", now {others[0][1]} {percent(others[0][0] / number)}" if others else ""
            told = f"{name} is answered by {first} in {percent(now)}, usually in {percent(share)}{instead}"
            yield Finding("drift", Outcome.DEGRADED, told)


# ------------------------------------------------------------------ what cannot be
_ALIKE: Mapping[str, str] = {
    "time_of_day": "screenings are at",
    "runtime_minutes": "runtimes are",
    "title": "titles are",
    "synopsis": "synopses begin with",
}
_AHEAD: Mapping[str, str] = {
    "year": "production years lie more than two years after the page was captured, up to",
    "starts_at": "screenings are more than two years after the page was captured, up to",
}


def check_distributions(run: Evidence) -> Findings:
    """Values of which each is possible and all together are not: one time for all screenings, years in the future.

    What is usual is possible, so a source that is like that is let pass from the run on that was accepted on purpose.
    """
    both = (
        (_ALIKE, run.measures.commonest, run.limits.max_same_share),
        (_AHEAD, run.measures.ahead, run.limits.max_ahead_share),
    )
    for words, found, limit in both:
        for name, shared in sorted(found.items()):
            few = shared.of < run.limits.min_to_tell or 2 * shared.events < run.limits.min_to_tell
            if name not in words or few or run.baseline.shared.get(name, 0.0) > limit:
                continue
            if shared.share > limit:
                told = f"{shared.number} of {shared.of} {words[name]} {shared.value!r} ({percent(shared.share)})"
                yield Finding("distribution", Outcome.INTEGRITY, f"{told}: that cannot be")


CHECKS: tuple[Callable[[Evidence], Findings], ...] = (
    check_access,
    check_failed,
    check_discovery,
    check_rejected,
    check_events,
    check_coverage,
    check_problems,
    check_drift,
    check_distributions,
)


# ------------------------------------------------------------------ numbers
def noise(usual: float, number: float, usual_number: float) -> float:
    """How far a share may be from the usual one by chance: three standard errors of the difference of two shares.

    The usual share counts as one that was seen in ``number`` events and two more, of which one had it: so a share
    of 1 or 0 leaves room for an exception, and a handful of events proves nothing.

    :param number: events of this run.
    :param usual_number: events of a usual run; 0 where nobody knows.
    """
    if number <= 0:
        return 1.0
    expected = (usual * number + 1) / (number + 2)
    spread = 1 / number + (1 / usual_number if usual_number > 0 else 0.0)
    return STANDARD_ERRORS * sqrt(expected * (1 - expected) * spread)


def share_of(number: int, of: int) -> float:
    """Part of a whole, from 0 to 1; 0 where there is no whole."""
    return number / of if of > 0 else 0.0


def percent(share: float) -> str:
    """``12 %``; with a decimal where a whole number would be too coarse."""
    decimals = 0 if share >= 0.1 or share == 0 else 1
    return f"{100 * share:.{decimals}f} %"


def _graded(check: str, number: int, of: int, limits: tuple[float, float], told: str, next_: str) -> Findings:
    """A finding for a share: a warning above the first limit, a failure above the second."""
    warn, fail = limits
    if _exceeds(number, of, fail):
        yield Finding(check, Outcome.TOO_MANY_FAILED, f"{told}, at most {percent(fail)} may be{next_}")
    elif share_of(number, of) > warn:
        yield Finding(check, Outcome.DEGRADED, told + next_)


def _exceeds(number: int, of: int, limit: float) -> bool:
    """Whether a share is beyond its limit; one page is no share: a run of three is not lost for one dead link."""
    return number > 1 and share_of(number, of) > limit


def _of(number: int, of: int, what: str) -> str:
    return f"{number} of {of} {what} ({percent(share_of(number, of))})"


def _because(failure: str) -> str:
    return f", the first: {failure}" if failure else ""
