"""What a run's records are like, and what is usual."""

import json
import tracemalloc
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filmscrape.records import Event
from filmscrape.runs import measure as measuring
from filmscrape.runs.baseline import RUNS, Baseline, baseline, problems_of, shares
from filmscrape.runs.measure import BOOKKEEPING, Measures, Shared, measure
from filmscrape.runs.stored import StoredRun
from tests.records import event, screening

SCOPE: dict[str, Any] = {"discover": ["listing", "sitemap"], "max_events": None}


def lines(events: Iterable[Event]) -> list[bytes]:
    return [record.model_dump_json().encode() + b"\n" for record in events]


# ------------------------------------------------------------------ measures
def test_no_events() -> None:
    nothing = measure([])
    assert nothing.events == 0
    assert nothing.coverage == {}
    assert nothing.commonest["title"] == Shared()
    assert nothing.ahead["year"].share == 0


def test_a_field_is_covered_where_it_says_something() -> None:
    found = measure(
        lines(
            [
                event(title="A", runtime_minutes=82, genres=["Drama"], no_dialogue=True),
                event(title="B", runtime_minutes=90),
                event(title="C"),
            ]
        )
    )
    assert found.events == 3
    assert found.coverage["title"] == 1
    assert found.coverage["runtime_minutes"] == 0.6667
    assert found.coverage["genres"] == found.coverage["no_dialogue"] == 0.3333
    assert found.coverage["synopsis"] == 0
    assert set(found.coverage) == set(Event.model_fields) - BOOKKEEPING


def test_past_events_without_screenings_are_counted() -> None:
    shown = event(status="past", screenings=[screening()])
    assert measure(lines([event(status="past"), event(), shown])).over == 1


def test_strategies_are_counted_by_field() -> None:
    found = measure(
        lines([event(strategies={"title": "heading", "year": "label"}), event(strategies={"title": "og_title"})])
    )
    assert found.strategies == {"title": {"heading": 1, "og_title": 1}, "year": {"label": 1}}


def test_times_of_day_are_counted_over_screenings_and_events() -> None:
    evening = [screening("2026-12-05T19:50:00-07:00"), screening("2026-12-06T19:50:00-07:00")]
    found = measure(
        lines([event(screenings=evening), event(screenings=[screening("2026-12-05T14:00:00-07:00")]), event()])
    )
    assert found.commonest["time_of_day"] == ("19:50", 2, 3, 2)


def test_the_commonest_of_equally_many_is_always_the_same() -> None:
    records = [event(title=title, runtime_minutes=n) for n, title in enumerate(("B", "A", "C"), 1)]
    found = [measure(lines(order)).commonest for order in (records, records[::-1])]
    assert found[0] == found[1]
    assert found[0]["title"] == ("A", 1, 3, 3)
    assert found[0]["synopsis"] == ("", 0, 0, 0)


@pytest.mark.parametrize(
    ("captured", "year", "starts", "ahead"),
    [
        ("2026-11-20T18:00:00Z", 2028, "2028-11-20T19:00:00-07:00", 0),
        ("2026-11-20T18:00:00Z", 2029, "2028-12-01T19:00:00-07:00", 1),
        ("2022-11-20T18:00:00Z", 2025, "2025-11-20T19:00:00-07:00", 1),  # of a web archive: its date counts
    ],
)
def test_ahead_is_counted_from_the_capture(captured: str, year: int, starts: str, ahead: int) -> None:
    found = measure(lines([event(captured, year=year, screenings=[screening(starts)])])).ahead
    assert found == {"year": (str(year), ahead, 1, 1), "starts_at": (starts[:4], ahead, 1, 1)}


def test_what_most_have_is_found_among_more_than_memory_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "_AT_ONCE", 10)
    template = json.loads(event().model_dump_json())
    titles = ["Just a moment" if n % 5 else f"Film {n}" for n in range(1000)]
    found = measure(json.dumps({**template, "title": title}).encode() for title in titles).commonest["title"]
    assert found.value == "Just a moment"
    assert 800 - 1000 / 10 <= found.number <= 800
    assert found.of == 1000


@pytest.mark.long
def test_memory_is_bounded_whatever_the_number_of_events() -> None:
    template = json.loads(event(runtime_minutes=90).model_dump_json())

    def many() -> Iterator[bytes]:
        for n in range(20_000):
            yield json.dumps({**template, "title": f"Film {n}", "synopsis": f"{n} " * 200}).encode()

    tracemalloc.start()
    try:
        assert measure(many()).events == 20_000
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 5_000_000


def test_measures_are_read_again_as_they_were_written() -> None:
    records = [event(title="A", year=2020, strategies={"title": "heading"}, screenings=[screening()]), event()]
    found = measure(lines(records))
    assert Measures.from_json(json.loads(json.dumps(found.as_json()))) == found


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["title", "number", "of", "events", "pages"]), inner, max_size=3)
    ),
    max_leaves=6,
)
KEYS = ("events", "coverage", "strategies", "commonest", "ahead", "problems", "extracted", "sightings")
stored = st.dictionaries(st.sampled_from(KEYS), json_values, max_size=4)


@given(json_values | stored)
def test_measures_of_any_version_can_be_read(found: Any) -> None:
    measures = Measures.from_json(found)
    assert measures.events >= 0
    assert Measures.from_json(measures.as_json()) == measures


# ------------------------------------------------------------------ baseline
def past_run(name: str, verdict: str = "accepted", events: int = 100, **report: Any) -> StoredRun:
    told = {"verdict": verdict, "scope": SCOPE, "measures": {"events": events}, "counts": {}, **report}
    return StoredRun(Path("output/festival/runs") / name, told)


def covered(share: float) -> dict[str, Any]:
    return {"events": 100, "coverage": {"year": share}}


def test_there_is_nothing_usual_before_the_first_run() -> None:
    assert baseline([], SCOPE) == Baseline()
    assert baseline([past_run("a", "failed"), StoredRun(Path("b"), {})], SCOPE) == Baseline()


def test_only_published_runs_of_the_scope_count() -> None:
    runs = [
        past_run("a", events=10),
        past_run("b", "failed", events=1),
        past_run("c", events=1, scope={**SCOPE, "max_events": 1}),
        past_run("d", "degraded", events=30),
        past_run("e", events=1, verdict=None),  # type: ignore[arg-type]  # a run that is going on
    ]
    found = baseline(runs, SCOPE)
    assert found.runs == ("a", "d")
    assert found.previous == "d"
    assert found.events == 20


def test_a_scope_is_compared_as_it_is_read_back() -> None:
    assert baseline([past_run("a")], {"discover": ("listing", "sitemap"), "max_events": None}).runs == ("a",)


def test_the_last_runs_count_and_one_odd_run_moves_nothing() -> None:
    runs = [past_run(str(n), measures=covered(share)) for n, share in enumerate([0.1, 0.9, 0.9, 0.2, 0.9, 0.8])]
    found = baseline(runs, SCOPE)
    assert found.runs == ("1", "2", "3", "4", "5")
    assert len(found.runs) == RUNS
    assert found.coverage == {"year": 0.9}


def test_runs_of_older_versions_lack_things() -> None:
    runs = [past_run("a", measures=None, counts=None), past_run("b", measures={"events": "many"}), past_run("c")]
    found = baseline(runs, SCOPE)
    assert found.runs == ("a", "b", "c")
    assert found.events == 100
    assert (found.coverage, found.strategies, found.problems, found.shared) == ({}, {}, {}, {})


def test_days_that_were_declared_as_closed_are_not_usual() -> None:
    runs = [past_run("a"), past_run("b", events=2, declared={"closed": True, "accept": []})]
    found = baseline(runs, SCOPE)
    assert (found.runs, found.previous, found.events) == (("a",), "b", 100)


@pytest.mark.parametrize(
    ("verdict", "accept", "usual"),
    [("degraded", [13], 30), ("degraded", [], 100), ("accepted", [13], 100)],
)
def test_what_was_accepted_on_purpose_begins_anew(verdict: str, accept: list[int], usual: int) -> None:
    runs = [past_run(name) for name in "abc"]
    runs.append(past_run("d", verdict, 30, declared={"closed": False, "accept": accept}))
    assert baseline(runs, SCOPE).events == usual


def test_shares_of_strategies_are_medians_over_the_runs_that_have_answers() -> None:
    parts: list[Mapping[str, int]] = [{"label": 9, "structure": 1}, {"label": 10}, {"label": 5, "structure": 5}, {}]
    runs = [past_run(str(n), measures={"events": 9, "strategies": {"year": part}}) for n, part in enumerate(parts)]
    assert baseline(runs, SCOPE).strategies == {"year": {"label": 0.9, "structure": 0.1}}


def test_problems_are_counted_for_what_was_read() -> None:
    counts = {"problems": {"year": 2, "crew": 1, "card.screenings": 5}, "extracted": 30, "unchanged": 70}
    assert problems_of(counts)["pages"] == (3, 30, {"year": 2, "crew": 1})
    assert problems_of({**counts, "sightings": 10})["sightings"] == (5, 10, {"card.screenings": 5})
    assert baseline([past_run("a", counts=counts)], SCOPE).problems == {"pages": 0.1}


def test_the_report_of_a_baseline_is_plain() -> None:
    found = baseline([past_run("a", measures=covered(0.5))], SCOPE).as_json()
    assert found == {"runs": ["a"], "previous": "a", "events": 100, "coverage": {"year": 0.5}}
    assert json.loads(json.dumps(found)) == found


@given(st.lists(stored))
def test_a_baseline_of_any_reports_can_be_made(reports: list[Any]) -> None:
    runs = [past_run(str(n), measures=report, counts=report, declared=report) for n, report in enumerate(reports)]
    assert len(baseline(runs, SCOPE).runs) == min(len(reports), RUNS)


def test_parts_of_nothing() -> None:
    assert shares({}) == shares({"label": 0}) == {}
    assert shares({"label": 3, "structure": 1}) == {"label": 0.75, "structure": 0.25}
