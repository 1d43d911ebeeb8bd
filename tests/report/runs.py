"""Run folders for tests of the reports, as crawls leave them."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from filmscrape.runs.folder import new_run_id
from filmscrape.runs.outcome import Outcome
from filmscrape.runs.stored import StoredRun

NOW = datetime(2026, 11, 24, 22, 49, tzinfo=UTC)
SOURCE = "festival"
COUNTS: dict[str, Any] = {"listed": 10, "fetched": 10, "extracted": 10, "valid": 10, "unique": 10, "written": 10}
MEASURES: dict[str, Any] = {
    "events": 10,
    "coverage": {"title": 1.0, "cast": 0.8},
    "strategies": {"cast": {"known_element": 6, "label": 2}},
}


def add(output: Path, days_ago: float = 0, outcome: Outcome | None = Outcome.ACCEPTED, /, **more: Any) -> StoredRun:
    """Add a run; one without outcome was killed. ``more`` goes to ``run.json``."""
    began = NOW - timedelta(days=days_ago)
    path = output / SOURCE / "runs" / new_run_id(began)
    path.mkdir(parents=True)
    report: dict[str, Any] = {"started": began.isoformat(), "scope": {"discover": ["listing"]}, "counts": {}}
    if outcome is not None:
        ended = began + timedelta(seconds=90)
        report |= {"verdict": outcome.verdict, "outcome": outcome.name.lower(), "exit_code": int(outcome)}
        report |= {"finished": ended.isoformat(), "counts": COUNTS, "measures": MEASURES, "message": ""}
        report["published"] = {"sha256": "0" * 64, "bytes": 1} if outcome.publishes else None
    (path / "run.json").write_text(json.dumps({**report, **more}))
    return StoredRun.read(path)


def write_rows(path: Path, rows: list[Any]) -> None:
    """Write a file of lines."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
