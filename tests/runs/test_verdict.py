"""The verdict: each check on both sides of its threshold, which one decides, and how it is told."""

import re
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy.settings import Settings

from filmscrape.runs import checks
from filmscrape.runs.baseline import Baseline, baseline
from filmscrape.runs.checks import CHECKS, Evidence, noise, percent
from filmscrape.runs.limits import ACCEPTABLE, DEFAULT, Limits
from filmscrape.runs.measure import Measures, Shared, measure
from filmscrape.runs.outcome import Finding, Outcome, Verdict
from filmscrape.runs.stats import Counts
from filmscrape.runs.stored import StoredRun
from filmscrape.runs.summary import print_summary
from filmscrape.runs.verdict import WORST_FIRST, judge, weigh
from tests.crawling import ROOT, project_settings
from tests.records import event, screening

SITE = "festival.example"
TODAY = date(2026, 11, 20)
NAMES = (
    "robots",
    "blocked",
    "failed",
    "discovery",
    "rejected",
    "events",
    "coverage",
    "problems",
    "drift",
    "distribution",
)
RUNBOOK = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")


def sound(events: int = 100, **counts: Any) -> Counts:
    """The counts of a run that gave so many events and lost nothing."""
    listed = dict.fromkeys(("listed", "fetched", "extracted", "valid", "unique", "written"), events)
    return Counts(**{**listed, "discovery_fetched": 10, **counts})


def found_by(
    check: Callable[[Evidence], Any],
    counts: Counts | None = None,
    measures: Measures | None = None,
    usual: Baseline | None = None,
    limits: Limits = DEFAULT,
    closed: bool = False,
) -> list[Finding]:
    run = Evidence(counts or sound(), measures or Measures(), usual or Baseline(), limits, SITE, "HTTP 503", closed)
    return list(check(run))


def outcomes(findings: list[Finding]) -> list[Outcome]:
    for finding in findings:
        assert "\n" not in finding.message
        assert finding.check
    return [finding.outcome for finding in findings]


# ------------------------------------------------------------------ how a run ends
@pytest.mark.parametrize(
    ("reason", "outcome", "words"),
    [
        ("finished", Outcome.ACCEPTED, ""),
        ("shutdown", Outcome.INTERRUPTED, "stopped by a signal"),
        ("memusage_exceeded", Outcome.INTERRUPTED, "Scrapy closed the spider: memusage_exceeded"),
        ("cancelled", Outcome.INTERRUPTED, "Scrapy closed the spider: cancelled"),
        ("closespider_timeout", Outcome.BUDGET, "the limit CLOSESPIDER_TIMEOUT was reached"),
        ("closespider_pagecount", Outcome.BUDGET, "the limit CLOSESPIDER_PAGECOUNT was reached"),
        ("closespider_itemcount", Outcome.BUDGET, "the limit CLOSESPIDER_ITEMCOUNT was reached"),
        ("closespider_timeout_no_item", Outcome.BUDGET, "the limit CLOSESPIDER_TIMEOUT_NO_ITEM was reached"),
        ("closespider_errorcount", Outcome.INTEGRITY, "the program failed too often"),
    ],
)
def test_a_run_that_did_not_come_to_its_end(reason: str, outcome: Outcome, words: str) -> None:
    verdict = judge(sound(), SITE, reason)
    assert verdict.outcome is outcome
    assert words in verdict.message


NOTHING = Counts(discovery_fetched=5)


@pytest.mark.parametrize(
    ("counts", "outcome", "words"),
    [
        (replace(NOTHING, discovery_failed=1, forbidden=1), Outcome.ROBOTS, "robots.txt of festival.example forbids"),
        (replace(NOTHING, discovery_failed=1, refused=1), Outcome.TOO_MANY_FAILED, "nothing could be fetched"),
        (replace(NOTHING, listed=9, failed=9, refused=9, blocked=9), Outcome.BLOCKED, "festival.example blocks"),
        (replace(NOTHING, listed=9, failed=9, refused=9, blocked=1), Outcome.TOO_MANY_FAILED, "HTTP 503"),
        (replace(NOTHING, listed=9, failed=9), Outcome.TOO_MANY_FAILED, "9 of 9 event pages (100 %)"),
        (replace(NOTHING, listed=1, failed=1), Outcome.TOO_FEW_EVENTS, "no event was found on festival.example"),
        (NOTHING, Outcome.TOO_FEW_EVENTS, "no event was found on festival.example"),
    ],
)
def test_a_run_that_had_nothing(counts: Counts, outcome: Outcome, words: str) -> None:
    verdict = judge(counts, SITE, failure="HTTP 503")
    assert verdict.outcome is outcome
    assert words in verdict.message


def test_pages_that_were_spared_are_something() -> None:
    spared = sound(fetched=0, extracted=0, spared=100, discovery_failed=1, refused=1)
    assert spared.mismatches() == []
    assert judge(spared, SITE).outcome is Outcome.DEGRADED


def test_counts_that_do_not_add_up_go_before_every_check() -> None:
    verdict = judge(sound(written=99, failed=50), SITE)
    assert verdict.outcome is Outcome.INTEGRITY
    assert verdict.message.startswith("the counts do not add up: listed 100, but")


# ------------------------------------------------------------------ pages
PAGES: list[tuple[Callable[[Evidence], Any], Counts, list[Outcome]]] = [
    (checks.check_access, sound(blocked=11), []),
    (checks.check_access, sound(blocked=12), [Outcome.BLOCKED]),
    (checks.check_access, sound(forbidden=11), []),
    (checks.check_access, sound(forbidden=12), [Outcome.ROBOTS]),
    (checks.check_access, sound(2, blocked=1, discovery_fetched=0), []),
    (checks.check_access, sound(2, blocked=2, discovery_fetched=0), [Outcome.BLOCKED]),
    (checks.check_failed, sound(99, failed=1), []),
    (checks.check_failed, sound(98, failed=2), [Outcome.DEGRADED]),
    (checks.check_failed, sound(90, failed=10), [Outcome.DEGRADED]),
    (checks.check_failed, sound(89, failed=11), [Outcome.TOO_MANY_FAILED]),
    (checks.check_failed, sound(9, failed=11, spared=80), [Outcome.TOO_MANY_FAILED]),
    (checks.check_failed, sound(9, failed=10, spared=81), [Outcome.DEGRADED]),
    (checks.check_failed, sound(2, failed=1), [Outcome.DEGRADED]),
    (checks.check_failed, sound(2, failed=2), [Outcome.TOO_MANY_FAILED]),
    (checks.check_discovery, sound(discovery_missing=9, discovery_bounded=9), []),
    (checks.check_discovery, sound(discovery_failed=1), [Outcome.DEGRADED]),
    (checks.check_discovery, sound(discovery_failed=9, discovery_fetched=0), [Outcome.DEGRADED]),
    (checks.check_rejected, sound(rejected=1), []),
    (checks.check_rejected, sound(rejected=2), [Outcome.DEGRADED]),
    (checks.check_rejected, sound(rejected=5), [Outcome.DEGRADED]),
    (checks.check_rejected, sound(rejected=6), [Outcome.TOO_MANY_FAILED]),
    (checks.check_rejected, sound(94, unreadable=6), [Outcome.TOO_MANY_FAILED]),
    (checks.check_rejected, sound(94, unreadable=6, unchanged=20), [Outcome.DEGRADED]),
    (checks.check_rejected, sound(95, rejected=1, unreadable=5), [Outcome.TOO_MANY_FAILED]),
    (checks.check_rejected, sound(sightings=99, sightings_rejected=1), []),
    (checks.check_rejected, sound(sightings=98, sightings_rejected=2), [Outcome.DEGRADED]),
    (checks.check_rejected, sound(sightings=94, sightings_rejected=6), [Outcome.TOO_MANY_FAILED]),
    (
        checks.check_rejected,
        sound(rejected=2, sightings=8, sightings_rejected=2),
        [Outcome.DEGRADED, Outcome.TOO_MANY_FAILED],
    ),
]


@pytest.mark.parametrize(("check", "counts", "wanted"), PAGES)
def test_pages_that_were_lost(check: Callable[[Evidence], Any], counts: Counts, wanted: list[Outcome]) -> None:
    assert outcomes(found_by(check, counts)) == wanted


def test_messages_say_how_many_of_what_and_how_many_are_tolerated() -> None:
    (failed,) = found_by(checks.check_failed, sound(88, failed=12))
    assert failed.message == (
        "12 of 100 event pages (12 %) could not be fetched, at most 10 % may be, the first: HTTP 503; see failed.jsonl"
    )
    (blocked,) = found_by(checks.check_access, sound(0, failed=4, blocked=4, discovery_fetched=6))
    assert blocked.message == "festival.example blocked 4 of 10 pages (40 %), at most 10 % may be, the first: HTTP 503"


# ------------------------------------------------------------------ events
@pytest.mark.parametrize(
    ("events", "usual", "outcome"),
    [
        (0, None, Outcome.TOO_FEW_EVENTS),
        (0, 100, Outcome.TOO_FEW_EVENTS),
        (1, None, None),
        (49, 100, Outcome.TOO_FEW_EVENTS),
        (50, 100, Outcome.DEGRADED),
        (79, 100, Outcome.DEGRADED),
        (80, 100, None),
        (300, 100, None),
    ],
)
def test_few_events(events: int, usual: float | None, outcome: Outcome | None) -> None:
    counts, before = sound(events), Baseline(events=usual)
    assert outcomes(found_by(checks.check_events, counts, usual=before)) == ([outcome] if outcome else [])
    assert found_by(checks.check_events, counts, usual=before, closed=True) == []


@pytest.mark.parametrize(
    ("until", "outcome"),
    [("", 13), ("2026-11-19", 13), ("2026-11-20", 0), ("2027-01-15", 0)],
)
def test_a_closed_cinema_shows_nothing(until: str, outcome: int) -> None:
    limits = Limits.from_settings({"EXPECT_CLOSED_UNTIL": until})
    assert judge(NOTHING, SITE, limits=limits, today=TODAY).outcome == outcome
    assert limits.declared(TODAY) == {"closed": outcome == 0, "accept": []}


# ------------------------------------------------------------------ coverage
def coverage(share: float, events: int = 1000) -> Measures:
    return Measures(events=events, coverage={"year": share})


@pytest.mark.parametrize(
    ("share", "usual", "events", "outcome"),
    [
        (0.9, 0.9, 1000, None),
        (0.95, 0.9, 1000, None),
        (0.81, 0.9, 1000, None),
        (0.79, 0.9, 1000, Outcome.DEGRADED),
        (0.61, 0.9, 1000, Outcome.DEGRADED),
        (0.59, 0.9, 1000, Outcome.COVERAGE_FELL),
        (0, 0.2, 1000, Outcome.DEGRADED),  # a field that few have, all of it
        (0, 0.09, 1000, None),
        (0.5, 0.9, 5, None),  # of five events nobody can tell
        (0, 0.9, 5, Outcome.COVERAGE_FELL),
        (0, 1, 1, None),
        (0, 1, 4, Outcome.COVERAGE_FELL),
        (0, 0.15, 46, None),
        (0, 0.3, 46, Outcome.DEGRADED),
        (0, 0.5, 46, Outcome.COVERAGE_FELL),
    ],
)
def test_coverage_that_fell(share: float, usual: float, events: int, outcome: Outcome | None) -> None:
    before = Baseline(events=events, coverage={"year": usual})
    found = found_by(checks.check_coverage, measures=coverage(share, events), usual=before)
    assert outcomes(found) == ([outcome] if outcome else [])


def test_a_field_that_vanished_fails_whatever_fall_is_tolerated() -> None:
    before = Baseline(events=100, coverage={"year": 0.6})
    limits = replace(DEFAULT, max_coverage_fall=1.0)
    (vanished,) = found_by(checks.check_coverage, measures=coverage(0, 100), usual=before, limits=limits)
    assert vanished == (
        "coverage", Outcome.COVERAGE_FELL, "year is filled in 0 % of 100 events, usually in 60 %"
    )  # fmt: skip
    (fell,) = found_by(checks.check_coverage, measures=coverage(0.01, 100), usual=before, limits=limits)
    assert fell.outcome is Outcome.DEGRADED


def test_fields_that_only_one_of_the_versions_has_are_left_alone() -> None:
    before = Baseline(events=1000, coverage={"smell": 1.0})
    assert found_by(checks.check_coverage, measures=coverage(0), usual=before) == []


def test_a_closed_cinema_has_no_screenings() -> None:
    before = Baseline(events=1000, coverage={"screenings": 0.9, "year": 0.9})
    now = Measures(events=1000, coverage={"screenings": 0.0, "year": 0.0})
    assert len(found_by(checks.check_coverage, measures=now, usual=before)) == 2
    (year,) = found_by(checks.check_coverage, measures=now, usual=before, closed=True)
    assert year.message.startswith("year ")


@pytest.mark.parametrize(("over", "share", "outcome"), [(900, 0.1, None), (1000, 0.0, None), (100, 0.0, 14)])
def test_past_events_need_no_screenings(over: int, share: float, outcome: int | None) -> None:
    """A festival that is over takes its screenings off its pages, which say so; those of the others are missed."""
    before = Baseline(events=1000, coverage={"screenings": 0.9})
    now = Measures(events=1000, coverage={"screenings": share}, over=over)
    found = found_by(checks.check_coverage, measures=now, usual=before)
    assert [int(finding.outcome) for finding in found] == ([outcome] if outcome else [])


@given(st.floats(0, 1), st.integers(1, 10**6), st.integers(0, 10**6))
def test_noise_is_less_where_more_was_seen(usual: float, number: int, usual_number: int) -> None:
    assert 0 < noise(usual, number * 100, usual_number) < noise(usual, number, usual_number) + 1e-9
    assert noise(usual, number, usual_number) <= noise(usual, number, 1)


# ------------------------------------------------------------------ problems and drift
@pytest.mark.parametrize(
    ("problems", "pages", "usual", "outcome"),
    [
        (10, 100, 0.0, None),
        (11, 100, 0.0, Outcome.DEGRADED),
        (30, 100, 0.2, None),
        (40, 100, 0.2, Outcome.DEGRADED),
        (3, 5, 0.0, None),
        (4, 5, 0.0, Outcome.DEGRADED),
        (40, 100, None, None),
        (40, 0, 0.0, None),
    ],
)
def test_problems_that_rose(problems: int, pages: int, usual: float | None, outcome: Outcome | None) -> None:
    before = Baseline(problems={} if usual is None else {"pages": usual})
    counts = sound(pages, problems={"year": problems - 1, "crew": 1})
    found = found_by(checks.check_problems, counts, usual=before)
    assert outcomes(found) == ([outcome] if outcome else [])
    if found:
        assert f"most of them: year {problems - 1}, crew 1" in found[0].message


def test_problems_of_sightings_are_compared_with_sightings() -> None:
    counts = sound(1000, sightings=100, problems={"card.screenings": 50})
    (finding,) = found_by(checks.check_problems, counts, usual=Baseline(problems={"pages": 0.0, "sightings": 0.1}))
    assert finding.message.startswith("50 values of 100 sightings could not be read, usually 10;")


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        ({"known_element": 950, "structure": 50}, None),
        ({"known_element": 710, "structure": 290}, None),
        ({"known_element": 690, "structure": 310}, Outcome.DEGRADED),
        ({"structure": 1000}, Outcome.DEGRADED),
        ({"known_element": 3, "structure": 2}, None),  # of five nobody can tell
        ({"structure": 5}, Outcome.DEGRADED),
        ({}, None),
    ],
)
def test_drift(answers: Mapping[str, int], outcome: Outcome | None) -> None:
    before = Baseline(
        events=1000, coverage={"year": 1.0}, strategies={"year": {"known_element": 0.9, "structure": 0.1}}
    )
    now = Measures(events=1000, strategies={"year": answers})
    found = found_by(checks.check_drift, measures=now, usual=before)
    assert outcomes(found) == ([outcome] if outcome else [])


def test_drift_names_field_strategy_and_shares() -> None:
    before = Baseline(events=100, coverage={"year": 1.0}, strategies={"year": {"known_element": 0.9, "label": 0.1}})
    now = Measures(events=100, strategies={"year": {"known_element": 20, "label": 70, "structure": 10}})
    (finding,) = found_by(checks.check_drift, measures=now, usual=before)
    assert finding.message == "year is answered by known_element in 20 %, usually in 90 %, now label 70 %"


# ------------------------------------------------------------------ what cannot be
@pytest.mark.parametrize("name", ["time_of_day", "runtime_minutes", "title", "synopsis"])
@pytest.mark.parametrize(
    ("number", "of", "events", "cannot_be"),
    [(80, 100, 100, False), (81, 100, 100, True), (19, 19, 19, False), (20, 20, 10, True), (90, 90, 9, False)],
)
def test_most_are_alike(name: str, number: int, of: int, events: int, cannot_be: bool) -> None:
    now = Measures(events=events, commonest={name: Shared("19:00", number, of, events)})
    assert outcomes(found_by(checks.check_distributions, measures=now)) == [Outcome.INTEGRITY] * cannot_be
    usual = Baseline(shared={name: 0.95})
    assert found_by(checks.check_distributions, measures=now, usual=usual) == [], "what is usual is possible"


@pytest.mark.parametrize("name", ["year", "starts_at"])
@pytest.mark.parametrize(
    ("number", "of", "cannot_be"), [(5, 100, False), (6, 100, True), (1, 19, False), (2, 20, True)]
)
def test_years_in_the_future(name: str, number: int, of: int, cannot_be: bool) -> None:
    now = Measures(events=of, ahead={name: Shared("2077", number, of, of)})
    found = found_by(checks.check_distributions, measures=now)
    assert outcomes(found) == [Outcome.INTEGRITY] * cannot_be
    assert all("2077" in finding.message for finding in found)


def test_a_festival_with_shared_times_is_possible() -> None:
    """Four slots a day, the same on every day, and half of all screenings in the evening."""
    slots = ["13:00", "16:00", "19:00", "19:00"]
    starts = [f"2026-10-{1 + n % 11:02}T{slots[n % 4]}:00-07:00" for n in range(200)]
    events = [
        event(title=f"Film {n}", year=2022 + n % 5, runtime_minutes=80 + n % 40, screenings=[screening(start)])
        for n, start in enumerate(starts)
    ]
    measures = measure(record.model_dump_json().encode() for record in events)
    assert measures.commonest["time_of_day"].share == 0.5
    assert judge(sound(200), SITE, measures=measures) == Verdict(Outcome.ACCEPTED)


def test_times_that_were_lost_are_not_possible() -> None:
    events = [event(title=f"Film {n}", screenings=[screening("2026-10-01T00:00:00-07:00")]) for n in range(40)]
    measures = measure(record.model_dump_json().encode() for record in events)
    verdict = judge(sound(40), SITE, measures=measures)
    assert verdict.outcome is Outcome.INTEGRITY
    assert verdict.message == "40 of 40 screenings are at '00:00' (100 %): that cannot be"


# ------------------------------------------------------------------ the worst decides
def test_the_worst_finding_decides_and_all_are_named() -> None:
    before = Baseline(events=200, coverage={"year": 0.9})
    counts = sound(90, listed=110, failed=20, discovery_failed=1)
    verdict = judge(counts, SITE, measures=coverage(0.1), baseline=before)
    assert [finding.check for finding in verdict.findings] == ["failed", "events", "coverage", "discovery"]
    assert verdict.outcome is Outcome.TOO_MANY_FAILED
    assert verdict.message == verdict.findings[0].message + " (and 3 more)"


def test_every_outcome_of_a_check_has_its_place_in_the_order() -> None:
    found = [Finding("check", outcome, outcome.name) for outcome in reversed(WORST_FIRST)]
    assert [finding.outcome for finding in weigh(found).findings] == list(WORST_FIRST)
    assert set(WORST_FIRST) == ACCEPTABLE | {Outcome.ROBOTS, Outcome.DEGRADED}
    assert weigh([]) == Verdict(Outcome.ACCEPTED)


def test_what_is_accepted_is_published_as_degraded() -> None:
    limits = Limits.from_settings({"ACCEPT": "13, 14"})
    before = Baseline(events=1000, coverage={"year": 0.9})
    verdict = judge(sound(), SITE, measures=coverage(0.1), baseline=before, limits=limits)
    assert verdict.outcome is Outcome.DEGRADED
    assert [finding.outcome for finding in verdict.findings] == [Outcome.DEGRADED] * 2
    assert verdict.findings[0].message.endswith(" (let pass by ACCEPT=13)")
    assert limits.declared(TODAY) == {"closed": False, "accept": [13, 14]}
    worse = judge(sound(50, listed=100, failed=50), SITE, measures=coverage(0.1), baseline=before, limits=limits)
    assert worse.outcome is Outcome.TOO_MANY_FAILED, "what was not accepted still fails"


def test_what_was_accepted_is_usual_for_the_next_run() -> None:
    def ran(name: str, verdict: Verdict, measures: Measures, accept: list[int]) -> StoredRun:
        report = {"verdict": verdict.outcome.verdict, "scope": {}, "measures": measures.as_json()}
        return StoredRun(Path(name), {**report, "declared": {"closed": False, "accept": accept}})

    runs = [ran(str(n), Verdict(Outcome.ACCEPTED), coverage(0.9), []) for n in range(5)]
    now, counts = coverage(0.1), sound(1000)
    assert judge(counts, SITE, measures=now, baseline=baseline(runs, {})).outcome is Outcome.COVERAGE_FELL
    limits = Limits.from_settings({"ACCEPT": "14"})
    verdict = judge(counts, SITE, measures=now, baseline=baseline(runs, {}), limits=limits)
    runs.append(ran("5", verdict, now, [14]))
    assert judge(counts, SITE, measures=now, baseline=baseline(runs, {})).outcome is Outcome.ACCEPTED


numbers = st.integers(0, 10**6)
share_numbers = st.dictionaries(st.sampled_from(["year", "crew", "card.screenings"]), numbers)
any_counts = st.builds(
    Counts,
    **{
        field.name: share_numbers if field.name in ("skipped", "problems") else numbers
        for field in fields(Counts)
        if field.name != "errors"
    },
)
unit = st.floats(0, 1)
any_shared = st.dictionaries(
    st.sampled_from(["time_of_day", "title", "year", "else"]), st.builds(Shared, st.text(), numbers, numbers, numbers)
)
named = st.sampled_from(["year", "crew", "screenings"])
any_measures = st.builds(
    Measures,
    events=numbers,
    coverage=st.dictionaries(named, unit),
    strategies=st.dictionaries(named, st.dictionaries(st.sampled_from(["label", "structure"]), numbers)),
    commonest=any_shared,
    ahead=any_shared,
)
any_baseline = st.builds(
    Baseline,
    events=st.none() | st.floats(0, 10**6),
    coverage=st.dictionaries(named, unit),
    strategies=st.dictionaries(named, st.dictionaries(st.sampled_from(["label", "structure"]), unit)),
    problems=st.dictionaries(st.sampled_from(["pages", "sightings"]), st.floats(0, 100)),
    shared=st.dictionaries(st.sampled_from(["time_of_day", "year"]), unit),
)


@given(any_counts, any_measures, any_baseline, st.sampled_from(["finished", "shutdown", "closespider_timeout"]))
def test_there_is_a_verdict_on_every_run(counts: Counts, measures: Measures, usual: Baseline, reason: str) -> None:
    verdict = judge(counts, SITE, reason, measures=measures, baseline=usual)
    assert bool(verdict.message) is (verdict.outcome is not Outcome.ACCEPTED)
    run = Evidence(counts, measures, usual, DEFAULT)
    for check in CHECKS:
        assert all(finding.outcome in WORST_FIRST and finding.check in NAMES for finding in check(run))


@given(any_measures.filter(lambda m: m.events > 0), share_numbers)
def test_a_run_like_those_before_it_is_accepted(measures: Measures, problems: dict[str, int]) -> None:
    possible = replace(measures, commonest={}, ahead={})  # what cannot be is so the first time as well
    counts = sound(measures.events, sightings=10, problems=problems)
    report = {"verdict": "accepted", "scope": {}, "measures": possible.as_json(), "counts": vars(counts)}
    usual = baseline([StoredRun(Path(str(n)), report) for n in range(3)], {})
    assert judge(counts, SITE, measures=possible, baseline=usual) == Verdict(Outcome.ACCEPTED)


# ------------------------------------------------------------------ limits
def test_limits_are_the_projects_settings() -> None:
    assert Limits.from_settings(project_settings()) == Limits.from_settings(Settings()) == DEFAULT
    assert (DEFAULT.max_failed_share, DEFAULT.expect_closed_until, DEFAULT.accept) == (0.1, None, frozenset())


def test_a_setting_changes_its_limit() -> None:
    given_ = {"MAX_FAILED_SHARE": "0.25", "MIN_TO_TELL": "7", "EXPECT_CLOSED_UNTIL": " 2027-01-15", "ACCEPT": [13, 14]}
    limits = Limits.from_settings(given_)
    assert (limits.max_failed_share, limits.min_to_tell) == (0.25, 7)
    assert limits.expect_closed_until == date(2027, 1, 15)
    assert limits.accept == {Outcome.TOO_FEW_EVENTS, Outcome.COVERAGE_FELL}
    assert judge(sound(80, listed=100, failed=20), SITE, limits=limits).outcome is Outcome.DEGRADED


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("MAX_FAILED_SHARE", "ten"),
        ("MAX_FAILED_SHARE", "10"),
        ("WARN_DRIFT", "-0.1"),
        ("MAX_SAME_SHARE", "nan"),
        ("MAX_SAME_SHARE", "1e999"),
        ("MIN_EVENTS_SHARE", [1]),
        ("MIN_TO_TELL", "0"),
        ("MIN_TO_TELL", "2.5"),
        ("EXPECT_CLOSED_UNTIL", "15 January"),
        ("EXPECT_CLOSED_UNTIL", "2027-02-30"),
        ("EXPECT_CLOSED_UNTIL", "20270115"),
        ("ACCEPT", "all"),
        ("ACCEPT", "13 14"),
        ("ACCEPT", "11"),
        ("ACCEPT", "17"),
    ],
)
def test_a_setting_that_makes_no_sense_is_one_line(setting: str, value: Any) -> None:
    with pytest.raises(ValueError, match=rf"^{setting}=") as wrong:
        Limits.from_settings({setting: value})
    assert "\n" not in str(wrong.value)
    assert repr(value) in str(wrong.value)


# ------------------------------------------------------------------ how it is told
def report(verdict: Verdict, **more: Any) -> dict[str, Any]:
    return {
        "source": "festival",
        "verdict": verdict.outcome.verdict,
        "exit_code": int(verdict.outcome),
        "message": verdict.message,
        "findings": [finding._asdict() for finding in verdict.findings],
        "started": "2026-11-20T18:00:00.000+00:00",
        "finished": "2026-11-20T18:01:02.500+00:00",
        "counts": vars(sound()),
        "dataset": "output/festival/events.jsonl",
        "folder": "output/festival/runs/x",
        **more,
    }


def printed(told: Mapping[str, Any]) -> list[str]:
    out = StringIO()
    print_summary(told, out)
    assert out.getvalue().isascii()
    return [" ".join(line.split()) for line in out.getvalue().splitlines()]


def test_an_accepted_run_says_so_first() -> None:
    lines = printed(report(Verdict(Outcome.ACCEPTED), bytes=857081, measures=None, baseline=None))
    assert lines[0] == "verdict: accepted"
    assert lines[-4:] == [
        "bytes: 857081",
        "seconds: 62.5",
        "dataset: output/festival/events.jsonl",
        "run: output/festival/runs/x",
    ]


def test_a_degraded_run_names_what_was_found_and_where_the_dataset_is() -> None:
    verdict = weigh([Finding("drift", Outcome.DEGRADED, "year [b]"), Finding("failed", Outcome.DEGRADED, "two pages")])
    lines = printed(report(verdict))
    assert lines[:3] == ["verdict: degraded (exit 10)", "drift: year [b]", "failed: two pages"]
    assert "dataset: output/festival/events.jsonl" in lines


def test_a_failed_run_says_why_and_names_no_dataset() -> None:
    lines = printed(report(Verdict(Outcome.INTERRUPTED, "interrupted (stopped by a signal)")))
    assert lines[:2] == ["verdict: failed (exit 11)", "interrupted (stopped by a signal)"]
    assert not [line for line in lines if line.startswith("dataset")]


def test_coverage_is_told_where_it_differs() -> None:
    told = report(
        Verdict(Outcome.ACCEPTED),
        measures={"coverage": {"year": 0.84, "crew": 0.5, "cast": 0.7, "new": 1.0}},
        baseline={"runs": ["a"], "coverage": {"year": 0.8, "crew": 0.45, "cast": 0.9, "gone": 1.0}},
    )
    assert "coverage: cast 70 % (usually 90 %), crew 50 % (usually 45 %)" in printed(told)
    assert not [line for line in printed(report(Verdict(Outcome.ACCEPTED))) if line.startswith("coverage")]


def test_pages_that_have_not_changed_are_told() -> None:
    counts = sound(listed=100, fetched=60, extracted=10, unchanged=50, spared=40)
    assert counts.mismatches() == []
    lines = printed(report(Verdict(Outcome.ACCEPTED), counts=vars(counts)))
    assert "listed 100 60 fetched, 40 spared" in lines
    assert "fetched 60 10 extracted, 50 unchanged" in lines
    assert "records 100 100 valid" in lines


def test_a_replay_has_no_verdict() -> None:
    told = report(Verdict(Outcome.ACCEPTED), exit_code=None)
    for name in ("verdict", "findings"):
        del told[name]
    counts = {name: n for name, n in told["counts"].items() if name not in ("unchanged", "spared", "blocked")}
    lines = printed({**told, "counts": counts})
    assert not [line for line in lines if line.startswith(("verdict", "dataset", "bytes", "coverage"))]
    assert "extracted 100 100 valid" in lines


# ------------------------------------------------------------------ the runbook
@pytest.mark.parametrize("outcome", list(Outcome))
def test_the_runbook_has_a_row_for_every_exit_code(outcome: Outcome) -> None:
    rows = re.findall(rf"^\| {int(outcome)} \| `{outcome.name.lower()}` \|(.+)$", RUNBOOK, re.MULTILINE)
    assert len(rows) == 1
    cells = [cell.strip() for cell in rows[0].strip().removesuffix("|").split(" | ")]
    assert len(cells) == 5, "what it means, cause, remedy, published, next run"
    assert all(cells)


@pytest.mark.parametrize("limit", [field.name for field in fields(Limits)])
def test_the_runbook_names_every_setting_with_its_default(limit: str) -> None:
    value = getattr(DEFAULT, limit)
    default = f" = {value:g}" if isinstance(value, int | float) else ""
    assert f"`{limit.upper()}{default}`" in RUNBOOK


@pytest.mark.parametrize("check", NAMES)
def test_the_runbook_tells_what_each_check_looks_for(check: str) -> None:
    assert re.search(rf"^\| [^|]*`{check}`", RUNBOOK, re.MULTILINE)


@pytest.mark.parametrize(("share", "told"), [(0, "0 %"), (0.004, "0.4 %"), (0.1, "10 %"), (1, "100 %")])
def test_shares_are_told_in_per_cent(share: float, told: str) -> None:
    assert percent(share) == told
