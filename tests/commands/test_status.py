"""``scrapy status``: the last runs as they were, and an exit code where the dataset is older than it may be."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from filmscrape.commands.status import Command
from filmscrape.runs.folder import new_run_id
from filmscrape.runs.history import read_age, spoken
from filmscrape.runs.outcome import Outcome
from tests.crawling import SOURCE
from tests.offline import Done, run

NOW = datetime(2026, 11, 24, 22, 0, tzinfo=UTC)
FELL, DOWN = "the share of runtimes fell", "festival.example is down"
MESSAGES = {Outcome.DEGRADED: FELL, Outcome.TOO_MANY_FAILED: DOWN}


class Runs:
    """The run folders of a source, as crawls leave them."""

    def __init__(self, output: Path, source: str = "festival") -> None:
        self.output = output
        self.source = source

    def add(
        self, hours_ago: float, outcome: Outcome | None = Outcome.ACCEPTED, changes: int | None = 0, **more: Any
    ) -> Path:
        """Add a run that ended so long ago; one without outcome was killed."""
        ended = NOW - timedelta(hours=hours_ago)
        began = ended - timedelta(seconds=90)
        report: dict[str, Any] = {
            "source": self.source,
            "verdict": outcome.verdict if outcome is not None else None,
            "outcome": outcome.name.lower() if outcome is not None else None,
            "exit_code": int(outcome) if outcome is not None else None,
            "message": MESSAGES.get(outcome, "") if outcome is not None else None,
            "arguments": {"base_url": "http://127.0.0.1:8000"},
            "started": began.isoformat(timespec="milliseconds"),
            "finished": ended.isoformat(timespec="milliseconds") if outcome is not None else None,
            "counts": {"written": 46 if outcome is not None and outcome.publishes else 0},
        }
        return self.write(began, json.dumps(report | more), changes)

    def write(self, began: datetime, text: str | None, changes: int | None = None) -> Path:
        folder = self.output / self.source / "runs" / new_run_id(began)
        folder.mkdir(parents=True)
        if text is not None:
            (folder / "run.json").write_text(text)
        if changes is not None:
            (folder / "changes.jsonl").write_text('{"kind": "added"}\n' * changes)
        return folder


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    return Runs(tmp_path / "output")


Status = Callable[..., Done]


@pytest.fixture
def status(runs: Runs, capsys: pytest.CaptureFixture[str]) -> Status:
    return lambda *arguments: run(lambda: Command(NOW), runs.output, list(arguments), capsys)


def document(done: Done) -> dict[str, Any]:
    return dict(json.loads(done.out))


def test_table(runs: Runs, status: Status) -> None:
    accepted = runs.add(72, changes=46)
    degraded = runs.add(30, Outcome.DEGRADED, changes=3)
    failed = runs.add(6, Outcome.TOO_MANY_FAILED, changes=None)
    killed = runs.add(1, None, changes=None)
    done = status()
    assert (done.code, done.err) == (0, "")
    assert [line.rstrip().split(maxsplit=8) for line in done.out.splitlines()[:-1]] == [
        ["source", "run", "started", "verdict", "exit", "events", "changes", "seconds", "message"],
        ["festival", killed.name, "2026-11-24T20:58:30Z", "unfinished", "-", "-", "-", "-"],
        ["festival", failed.name, "2026-11-24T15:58:30Z", "failed", "12", "0", "-", "90.0", DOWN],
        ["festival", degraded.name, "2026-11-23T15:58:30Z", "degraded", "10", "46", "3", "90.0", FELL],
        ["festival", accepted.name, "2026-11-21T21:58:30Z", "accepted", "0", "46", "46", "90.0"],
    ]
    assert done.out.splitlines()[-1] == (
        "festival: last published 2026-11-23T16:00:00Z (1 d 6 h ago); last accepted 2026-11-21T22:00:00Z (3 d ago)"
    )


def test_json_says_the_same(runs: Runs, status: Status) -> None:
    accepted = runs.add(72, changes=46)
    degraded = runs.add(30, Outcome.DEGRADED, changes=3)
    assert document(status("--json", "--last", "1", "--max-age", "36h")) == {
        "now": "2026-11-24T22:00:00Z",
        "max_age_seconds": 36 * 3600,
        "sources": [
            {
                "source": "festival",
                "runs": 2,
                "last_published": {
                    "run_id": degraded.name,
                    "finished": "2026-11-23T16:00:00Z",
                    "age_seconds": 30 * 3600,
                },
                "last_accepted": {
                    "run_id": accepted.name,
                    "finished": "2026-11-21T22:00:00Z",
                    "age_seconds": 72 * 3600,
                },
                "is_too_old": False,
            }
        ],
        "runs": [
            {
                "run_id": degraded.name,
                "source": "festival",
                "started": "2026-11-23T15:58:30Z",
                "finished": "2026-11-23T16:00:00Z",
                "verdict": "degraded",
                "outcome": "degraded",
                "exit_code": 10,
                "events": 46,
                "changes": 3,
                "seconds": 90.0,
                "message": "the share of runtimes fell",
                "is_whole": True,
            }
        ],
    }


def test_so_many_of_each_source_as_are_asked_for(runs: Runs, status: Status) -> None:
    for hours in range(12):
        runs.add(hours)
    Runs(runs.output, "cinema").add(1)
    assert len(document(status("--json"))["runs"]) == 11
    assert [row["source"] for row in document(status("--json", "--last", "2"))["runs"]] == ["cinema", *["festival"] * 2]
    assert {row["source"] for row in document(status("cinema", "--json"))["runs"]} == {"cinema"}


# ------------------------------------------------------------------ age
@pytest.mark.parametrize(
    ("limit", "code"), [("36h", 0), ("30h", 0), ("1799m", 10), ("29h", 10), ("1d", 10), ("2d", 0), ("1W", 0)]
)
def test_max_age_counts_what_was_published(limit: str, code: int, runs: Runs, status: Status) -> None:
    runs.add(100)
    runs.add(30, Outcome.DEGRADED)
    runs.add(3, Outcome.COVERAGE_FELL)
    runs.add(1, None)
    done = status("--max-age", limit)
    assert done.code == code
    assert len(done.out.splitlines()) == 6, "the table is there all the same"
    if code:
        expected = f"festival: the last run that published ended 1 d 6 h ago; allowed: {limit}; docs/runbook.md "
        assert done.complaint.startswith(expected)
        assert document(status("--json", "--max-age", limit))["sources"][0]["is_too_old"] is True
    else:
        assert done.err == ""


@pytest.mark.parametrize(
    "more",
    [
        {"arguments": {"only": "here"}},
        {"arguments": {"max_events": "3"}},
        {"arguments": {"wayback": "2022-09-01..2024-12-31"}},
        {"replayed": ["pages.warc.gz"]},
    ],
)
def test_what_does_not_see_the_whole_site_makes_nothing_younger(more: Any, runs: Runs, status: Status) -> None:
    runs.add(50)
    runs.add(1, **more)
    assert status("--max-age", "49h").code == 10
    assert status("--max-age", "51h").code == 0
    assert "(not of the whole site)" in status().out.splitlines()[1]


def test_one_source_that_is_too_old_is_enough(runs: Runs, status: Status) -> None:
    runs.add(1)
    Runs(runs.output, "cinema").add(50)
    Runs(runs.output, "theatre").add(1, Outcome.BLOCKED)
    assert status("festival", "--max-age", "36h").code == 0
    done = status("--max-age", "36h")
    assert done.code == 10
    assert done.complaint.startswith(
        "cinema: the last run that published ended 2 d 2 h ago; theatre: no whole run has published anything; "
    )


def test_no_run_at_all_is_too_old(status: Status) -> None:
    done = status("--max-age", "36h")
    assert (done.code, done.out) == (10, "")
    assert "there is no run and no dataset in" in done.complaint
    assert status().code == 2
    done = status(SOURCE, "--max-age", "36h")
    assert done.code == 10
    assert done.complaint.startswith(f"{SOURCE}: no whole run has published anything")
    assert status(SOURCE).code == 0


def test_a_clock_that_was_wrong_is_no_youth(runs: Runs, status: Status) -> None:
    runs.add(-1)
    done = status("--max-age", "36h")
    assert done.code == 10
    assert "ended in the future: look at this machine's clock" in done.complaint


# ------------------------------------------------------------------ reports of any kind
@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "{",
        "[]",
        "[" * 100_000,
        "\x00",
        '{"finished": true}',
        '{"finished": "0001-01-01T00:00:00+14:00", "exit_code": 0}',
        '{"finished": "soon", "exit_code": "0", "counts": [], "message": 3, "arguments": 1, "started": {}}',
        '{"finished": "2026-11-24T20:00:00+00:00", "exit_code": 99, "counts": {"written": "many"}}',
        '{"finished": "2026-11-24T20:00:00+00:00", "exit_code": true, "outcome": []}',
    ],
)
def test_a_report_that_is_broken_or_of_another_age_is_a_row(text: str | None, runs: Runs, status: Status) -> None:
    folder = runs.write(NOW - timedelta(hours=2), text)
    runs.add(50)
    done = status("--max-age", "36h")
    assert (done.code, len(done.out.splitlines())) == (10, 4)
    row = document(status("--json"))["runs"][0]
    assert row["run_id"] == folder.name
    assert (row["events"], row["changes"]) == (None, None)


def test_a_report_without_a_verdict_has_the_one_of_its_exit_code(runs: Runs, status: Status) -> None:
    text = '{"started": "2026-11-24T20:00:00+00:00", "finished": "2026-11-24T21:00:00+00:00", "exit_code": %d}'
    for hours, code in ((3, 0), (2, 10), (1, 18)):
        runs.write(NOW - timedelta(hours=hours), text % code)
    found = document(status("--json"))
    assert [row["verdict"] for row in found["runs"]] == ["failed", "degraded", "accepted"]
    assert found["sources"][0]["last_published"]["age_seconds"] == 3600


def test_no_message_forges_a_row(runs: Runs, status: Status) -> None:
    runs.add(1, Outcome.BLOCKED, message="[red]no\nfestival  forged\x1b[2J")
    lines = status().out.splitlines()
    assert len(lines) == 3
    assert lines[1].rstrip().endswith(r"[red]no\nfestival  forged\u001b[2J")


# ------------------------------------------------------------------ usage
@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["nobody"], f"there is no source 'nobody' (sources: festival, {SOURCE})"),
        (["--max-age", "36"], "--max-age '36' is no time: write 90m (minutes), 36h, 2d or 1w"),
        (["--max-age", "0h"], "is no time"),
        (["--max-age", "1y"], "is no time"),
        (["--max-age"], "expected one argument"),
        (["--last", "0"], "--last '0' is no number of runs"),
        (["--last", "x"], "is no number of runs"),
        (["--last", "²"], "is no number of runs"),
        (["--all"], "there is no option --all"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(
    arguments: list[str], complaint: str, runs: Runs, status: Status
) -> None:
    runs.add(1)
    done = status(*arguments)
    assert (done.code, done.out) == (2, "")
    assert complaint in done.complaint


def test_ages() -> None:
    assert read_age(" 90M ") == timedelta(minutes=90)
    assert read_age("1w") == timedelta(days=7)
    spans = {0: "0 s", 59: "59 s", 61: "1 min 1 s", 3600: "1 h", 90061: "1 d 1 h", 86400 * 400: "400 d", -5: "0 s"}
    assert {seconds: spoken(timedelta(seconds=seconds)) for seconds in spans} == spans
