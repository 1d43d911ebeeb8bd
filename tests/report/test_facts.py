"""What a report says is what the run's folder says, whatever state that is in."""

import json
from pathlib import Path
from typing import Any

import pytest

from filmscrape.report.facts import MOST_CHANGES, facts_of
from filmscrape.report.lost import MOST, Stored
from filmscrape.report.remedies import REMEDIES, UNFINISHED, UNKNOWN
from filmscrape.runs.outcome import Outcome
from filmscrape.runs.stored import StoredRun
from tests.report.runs import COUNTS, MEASURES, add, write_rows

_ID = "urn:uuid:ffb770d8-e053-4b5d-8478-b4399a525c62"


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (Outcome.ACCEPTED, "10 events were published, and all is well."),
        (Outcome.DEGRADED, "10 events were published, and something wants looking at."),
        (Outcome.BLOCKED, "Nothing was published: the dataset is as it was."),
        (None, "The run did not come to its end: it was killed, or is still going on."),
    ],
)
def test_the_verdict_in_one_line(outcome: Outcome | None, words: str, tmp_path: Path) -> None:
    facts = facts_of(add(tmp_path, 0, outcome))
    assert facts.headline == words
    assert facts.remedy == (UNFINISHED if outcome is None else REMEDIES[outcome])


def test_a_replay_that_was_not_published(tmp_path: Path) -> None:
    facts = facts_of(add(tmp_path, published=None, replayed=["pages.warc.gz"]))
    assert "Nothing was published: nobody asked for it" in facts.headline
    assert facts.steps[-1].number == 0


@pytest.mark.parametrize("code", [None, 99, "12"])
def test_an_end_that_nobody_knows(code: Any, tmp_path: Path) -> None:
    facts = facts_of(add(tmp_path, exit_code=code))
    assert (facts.run.verdict, facts.remedy) == ("unknown", UNKNOWN)


def test_findings(tmp_path: Path) -> None:
    findings = [{"check": "failed", "message": "2 of 46"}, {"check": "drift", "message": "cast"}, "what"]
    assert facts_of(add(tmp_path, findings=findings, message="2 of 46")).findings == [
        ("failed", "2 of 46"), ("drift", "cast"), ("", "")]  # fmt: skip
    assert facts_of(add(tmp_path, message="no room")).findings == [("", "no room")]


# ------------------------------------------------------------------ coverage and strategies
def test_coverage_over_the_runs_of_the_same_scope(tmp_path: Path) -> None:
    old = add(tmp_path, 3, measures={**MEASURES, "coverage": {"title": 1.0, "gone": 0.5}})
    add(tmp_path, 2, scope={"only": ["here"]})
    add(tmp_path, 1, None)
    this = add(tmp_path, baseline={"coverage": {"title": 0.98, "cast": 0.9}})
    add(tmp_path, -1)
    heat = facts_of(this).heat
    assert [column.run.run_id for column in heat.columns] == [old.id, this.id], "later ones are not known yet"
    assert [(row.field, row.shares, row.usual) for row in heat.rows] == [
        ("cast", [None, 0.8], 0.9),
        ("title", [1.0, 1.0], 0.98),
        ("gone", [0.5, None], None),
    ], "what clearly fell comes first"
    assert [row.is_clear for row in heat.rows] == [True, False, False]


def test_no_more_runs_than_there_is_room_for(tmp_path: Path) -> None:
    for days in range(30):
        this = add(tmp_path, 30 - days)
    assert len(facts_of(this).heat.columns) == 12


def test_strategies_beside_the_usual(tmp_path: Path) -> None:
    for days in (3, 2, 1):
        add(tmp_path, days)
    strategies = {"cast": {"label": 8}, "title": {"heading": 10}}
    facts = facts_of(add(tmp_path, measures={**MEASURES, "strategies": strategies}))
    told = [(a.field, a.strategy, a.number, a.share, a.usual, a.is_clear) for a in facts.answers]
    assert told == [
        ("cast", "label", 8, 1.0, 0.25, True),
        ("cast", "known_element", 0, 0.0, 0.75, True),
        ("title", "heading", 10, 1.0, None, False),
    ]


# ------------------------------------------------------------------ what changed
def change(kind: str, at: int = 0, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "id": f"festival:{at}", "field": None, "screening": None, "old": None, "new": "x", **more}


def test_what_matters_most_comes_first(tmp_path: Path) -> None:
    run = add(tmp_path)
    place = {"starts_at": "2026-12-05T19:50:00-07:00", "venue": "Big Cinema"}
    write_rows(run.path / "changes.jsonl", [
        change("added"), change("changed", field="title"), change("a later kind"),
        change("screening_cancelled", screening=place), [], change("changed", 1)])  # fmt: skip
    changes = facts_of(run).changes
    assert changes.kinds == {"screening_cancelled": 1, "changed": 2, "added": 1, "a later kind": 1,
                             "unreadable line": 1}  # fmt: skip
    assert changes.number == 6
    assert changes.shown[0].about == "2026-12-05T19:50:00-07:00 · Big Cinema"
    assert [(shown.kind, shown.event) for shown in changes.shown[1:3]] == [("changed", "festival:0"),
                                                                           ("changed", "festival:1")]  # fmt: skip


def test_changes_are_bounded(tmp_path: Path) -> None:
    run = add(tmp_path)
    write_rows(run.path / "changes.jsonl", [change("added", n) for n in range(500)] + [change("changed")] * 3)
    changes = facts_of(run).changes
    assert (changes.number, len(changes.shown)) == (503, MOST_CHANGES)
    assert [shown.kind for shown in changes.shown[:4]] == ["changed"] * 3 + ["added"]


# ------------------------------------------------------------------ pages lost
def test_lost_pages_with_reason_and_capture(tmp_path: Path) -> None:
    """Captures of a mirror stand under its name; the last one of a page counts."""
    run = add(tmp_path)
    write_rows(run.path / "failed.jsonl", [
        {"url": "https://festival.example/whats-on/here/?a=1", "kind": "event", "reason": "HTTP 503"},
        {"url": "https://festival.example/whats-on/away/", "kind": "event", "reason": "HTTP 503"}])  # fmt: skip
    write_rows(run.path / "rejected.jsonl", [{"url": "https://festival.example/x", "id": "festival:x", "errors": [
        {"field": "year", "reason": "no year", "raw": 9}, {"field": None, "reason": "no page"}]}])  # fmt: skip
    mirror, when = "http://127.0.0.1:8777/whats-on/here/?a=1", "2026-11-24T22:49:00Z"
    kept = {"status": 503, "date": when}
    write_rows(run.path / "captures.jsonl", [
        {"of": "pages.warc.gz"}, {"url": mirror, "offset": 5, **kept}, {"url": mirror, "offset": 77, **kept},
        {"url": "http://127.0.0.1:8777/whats-on/here/", "offset": 99, **kept}, {"warc_bytes": 1}])  # fmt: skip
    failed, rejected, skipped = facts_of(run).lost
    assert failed.reasons == [("HTTP 503", 2)]
    assert [page.capture for page in failed.pages] == [Stored("pages.warc.gz", 77, 503, when), None]
    assert rejected.pages[0].reasons == ["year: no year (9)", "no page"]
    assert rejected.pages[0].about == "festival:x"
    assert skipped.number == 0


@pytest.mark.parametrize(
    ("record_id", "command"),
    [
        (
            "<urn:uuid:ffb770d8-e053-4b5d-8478-b4399a525c62>",
            "scrapy capture urn:uuid:ffb770d8-e053-4b5d-8478-b4399a525c62",
        ),
        ("<urn:uuid:; rm -rf ~ #aaaaaaaaaaaaaaaaaaaaaaaa>", ""),
        (_ID, ""),
        (None, ""),
        ([], ""),
    ],
)
def test_what_prints_a_lost_page(record_id: Any, command: str, tmp_path: Path) -> None:
    """It will be copied into a shell."""
    run, page = add(tmp_path), "https://festival.example/x/"
    write_rows(run.path / "failed.jsonl", [{"url": page, "kind": "event"}, {"url": "https://x/", "kind": "listing"}])
    write_rows(run.path / "captures.jsonl", [{"url": page, "offset": 5, "record_id": record_id}])
    failed = facts_of(run).lost[0]
    assert (failed.number, failed.lists) == (2, 1)
    assert failed.pages[0].capture is not None
    assert failed.pages[0].capture.command == command


def test_runs_of_one_day_are_told_apart_by_the_time(tmp_path: Path) -> None:
    add(tmp_path, 3)
    add(tmp_path, 0.1)
    assert [column.is_one_of_the_day for column in facts_of(add(tmp_path)).heat.columns] == [False, True, True]


def test_lost_pages_are_bounded(tmp_path: Path) -> None:
    run = add(tmp_path)
    write_rows(run.path / "skipped.jsonl", [{"url": f"https://a.example/{n}", "reason": str(n)} for n in range(3000)])
    skipped = facts_of(run).lost[2]
    assert (skipped.number, len(skipped.pages), len(skipped.reasons)) == (3000, MOST, 5)


# ------------------------------------------------------------------ cost and circumstances
def test_cost_beside_the_usual(tmp_path: Path) -> None:
    for days, received in ((3, 100), (2, 300), (1, 200)):
        add(tmp_path, days, bytes={"response": received})
    add(tmp_path, 0.5, Outcome.BLOCKED, bytes={"response": 9000})
    facts = facts_of(add(tmp_path, bytes={"response": 150}, timings={"crawl": 80.5, "join": "x"}))
    costs = {cost.name: (cost.now, cost.usual) for cost in facts.costs}
    assert costs["received"] == (150, 200), "what did not publish is nothing usual"
    assert costs["from beginning to end"] == (90, 90)
    assert costs["to crawl"] == (80.5, None)
    assert "to join the ledger, after that" not in costs


def test_circumstances(tmp_path: Path) -> None:
    run = add(tmp_path, arguments={"only": "here"}, resumed=["before"], declared={"closed": False, "accept": [14]},
              versions={"python": "3.11"})  # fmt: skip
    facts = facts_of(run)
    assert facts.given == [("only", "here"), ("scope: discover", '["listing"]'), ("accept", "[14]"),
                           ("goes on with", "before"), ("dataset published", "sha256 " + "0" * 64)]  # fmt: skip
    assert facts.versions == [("python", "3.11")]
    assert [file.name for file in facts.files] == ["run.json"]


# ------------------------------------------------------------------ whatever there is
ODD: list[Any] = [None, 0, -1, 1e400, "x", True, [], [[]], {}, {"x": "y"}, {"x": None}, [1, "2", None, {}]]


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_a_report_of_any_shape(odd: Any, tmp_path: Path) -> None:
    """An older version, a later one, or a disk that fails: something is said, and nothing raises."""
    names = [*COUNTS, "skipped", "problems"]
    keys = ("verdict", "outcome", "message", "findings", "arguments", "scope", "declared", "timings", "resumed",
            "counts", "measures", "baseline", "archive", "bytes", "versions", "published")  # fmt: skip
    run = add(tmp_path, **dict.fromkeys(keys, odd))
    deep = add(tmp_path, 1, counts=dict.fromkeys(names, odd), measures=dict.fromkeys(MEASURES, odd),
               baseline={"coverage": odd}, findings=[odd], bytes={"response": odd}, archive={"bytes": odd})  # fmt: skip
    for found in (run, deep):
        for name in ("failed", "rejected", "skipped", "changes", "captures"):
            write_rows(found.path / f"{name}.jsonl", [odd, {"url": odd, "errors": odd, "reason": odd, "of": odd}])
        assert facts_of(found).headline


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"\xff\xfe", b'{"started": "' + b"9" * 5000, b"[" * 100_000])
def test_a_damaged_run_json(text: bytes, tmp_path: Path) -> None:
    run = add(tmp_path)
    (run.path / "run.json").write_bytes(text)
    for name in ("failed", "rejected", "skipped", "changes", "captures"):
        (run.path / f"{name}.jsonl").write_bytes(b"\xff\n" + text + b"\n")
    facts = facts_of(StoredRun.read(run.path))
    assert facts.remedy is UNKNOWN
    assert facts.headline == "Nobody knows how the run ended: its run.json cannot be read."


def test_brackets_without_end(tmp_path: Path) -> None:
    run = add(tmp_path)
    nested: Any = "x"
    for _ in range(900):
        nested = [nested]
    line = json.dumps({"kind": "changed", "id": "a", "old": None, "new": [nested]})
    (run.path / "changes.jsonl").write_text(line + "\n" + "[" * 10**6 + "\n")
    assert facts_of(run).changes.number == 2
