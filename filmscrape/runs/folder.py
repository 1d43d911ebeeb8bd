"""The folder of a run: ``<output>/<source>/runs/<run-id>/``, and what lies in it."""

import json
import os
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filmscrape.archive.manifest import write_checksums
from filmscrape.runs.lines import LineFile, as_line
from filmscrape.runs.publish import put_in_place, write_draft
from filmscrape.runs.readings import READINGS
from filmscrape.runs.stored import CHANGES, EVENTS, REPORT, RUNS, hold_runs

ROWS = ("rejected", "skipped", "failed")
"""What a run did not take, a file of lines for each reason."""


def new_run_id(now: datetime) -> str:
    """Name a run by its start, to the millisecond, and four random digits: names sort by time."""
    stamp = now.astimezone(UTC).strftime("%Y%m%dT%H%M%S") + f".{now.microsecond // 1000:03d}Z"
    return f"{stamp}-{secrets.token_hex(2)}"


class RunFolder:
    """What one run writes.

    ========================  ======================================================================
    ``events.jsonl``          the run's own records, merged and sorted; the dataset is those of all runs
    ``readings.jsonl.gz``     what the run read, line by line, before it was merged: of these the ledger is made
    ``changes.jsonl``         what the run changed in the dataset; empty where it changed nothing
    ``pages.warc.gz``         every request and answer, as they came (without ``WARC`` there is none)
    ``captures.jsonl``        what the WARC holds, a line for each answer; made again from the WARC where it is missing
    ``rejected.jsonl``        pages and records that could not be trusted: url, id, errors
    ``skipped.jsonl``         pages that are no event, with the reason
    ``failed.jsonl``          requests that failed for good: url, kind, reason
    ``run.json``              arguments, counts, outcome, versions, times; without ``finished`` while the run lasts
    ``report.html``           the same for people: verdict, remedy, losses, coverage, changes
    ``SHA256SUMS``            checksums of all of these, once the run is over
    ``spool.jsonl``           valid records and sightings as they came; gone once the run is over
    ========================  ======================================================================

    :param output: the output root (``OUTPUT_DIR``).
    :param source: the spider's name.
    :param started: when the run began.
    :param run_id: of a run that has a name already; by default a new one.
    :raises OSError: where the folder cannot be made or written.
    """

    def __init__(self, output: Path, source: str, started: datetime, run_id: str = "") -> None:
        self._settle_in(output, source, run_id or new_run_id(started))
        self._rows = {name: LineFile(self.path / f"{name}.jsonl") for name in ROWS}

    def _settle_in(self, output: Path, source: str, run_id: str) -> None:
        self.id = run_id
        self.source = source
        self.dataset = output / source / EVENTS
        self.path = output / source / RUNS / self.id
        self.path.mkdir(parents=True, exist_ok=True)
        self._in_use = hold_runs(output / source)
        self.published: dict[str, Any] | None = None

    @property
    def events(self) -> Path:
        """The run's own records."""
        return self.path / EVENTS

    @property
    def readings(self) -> Path:
        """What the run read."""
        return self.path / READINGS

    @property
    def changes(self) -> Path:
        """What the run changed in the dataset."""
        return self.path / CHANGES

    def reject(self, url: str, event_id: str | None, errors: list[dict[str, Any]], **more: Any) -> None:
        """Write a line to ``rejected.jsonl``; an error is ``field``, ``reason`` and ``raw``."""
        self.row("rejected", {"url": url, "id": event_id, "errors": errors, **more})

    def skip(self, url: str, reason: str) -> None:
        """Write a line to ``skipped.jsonl``."""
        self.row("skipped", {"url": url, "reason": reason})

    def fail(self, url: str, kind: str, reason: str) -> None:
        """Write a line to ``failed.jsonl``."""
        self.row("failed", {"url": url, "kind": kind, "reason": reason})

    def row(self, name: str, row: dict[str, Any]) -> None:
        """Write a line to the file of one of :data:`ROWS`."""
        self._rows[name].append(as_line(row))

    def save(self, report: dict[str, Any]) -> None:
        """Write ``run.json``, at one stroke, and once the run is over the checksums of its files."""
        self.draft(report)
        self.settle(is_over=bool(report.get("finished")))

    def draft(self, report: dict[str, Any]) -> None:
        """Write what ``run.json`` is to say, durably, but not in its place yet."""
        draft_report({**report, "published": self.published}, self.path)

    def settle(self, *, is_over: bool) -> None:
        """Put the draft in its place."""
        finish_report(self.path, is_over=is_over)
        if is_over and self._in_use is not None:
            os.close(self._in_use)
            self._in_use = None

    def close(self) -> None:
        """Make the files of lines durable."""
        for file in self._rows.values():
            file.close()


def draft_report(report: dict[str, Any], folder: Path) -> Path:
    """Write what ``run.json`` is to say into a folder, durably; the answer is the draft."""
    text = json.dumps(report, ensure_ascii=False, indent=2) + "\n"
    return write_draft([text.encode()], folder / f".{REPORT}").path


def finish_report(folder: Path, *, is_over: bool) -> None:
    """Put a drafted ``run.json`` in its place, and write the checksums of a run that is over."""
    put_in_place(folder / f".{REPORT}", folder / REPORT)
    if is_over:
        from filmscrape.report.render import leave_report  # reads what lies in runs' folders, so it knows this module

        leave_report(folder)
        write_checksums(folder)
