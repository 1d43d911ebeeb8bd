"""Joining a run to a dataset in which nothing has changed, as most runs find it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks.corpus import items, source, workplace
from benchmarks.measure import Row, Spent, Watch
from benchmarks.memory import peak
from filmscrape.interpret import interpret
from filmscrape.plain import line_of
from filmscrape.runs.folder import RunFolder
from filmscrape.runs.joining import join_run
from filmscrape.runs.readings import Answered, RunFacts, RunNotes, write_readings
from filmscrape.runs.recovery import open_ledger
from filmscrape.runs.spool import Spool
from filmscrape.runs.versions import versions
from filmscrape.validation import record_of, utc

EVENTS = 100_000
# Before all screenings of the fixtures: no screening is over in the meantime.
FIRST = datetime(2022, 1, 1, tzinfo=UTC)
NEXT = datetime(2022, 1, 2, tzinfo=UTC)
_TOLD_APART = 46  # what the fixtures have; further events say the same under other addresses


def rows() -> Iterator[Row]:
    """The goal's size."""
    watch = Watch()
    with workplace() as folder:
        peak(run, folder, EVENTS, FIRST)
        with watch.run():
            found = peak(run, folder, EVENTS, NEXT)
    yield Row(
        f"ledger: joining and publishing a run of {EVENTS:,} events that are as they were",
        "",
        f"**{found.spent.clock:.0f} s** ({found.spent.processor:.0f} s of processor), **{found.megabytes:.0f} MB**",
        "",
        "< 60 s, < 300 MB",
        watch,
    )


def run(output: Path, events: int, when: datetime) -> Spent:
    """Make what a run leaves that read all pages, with what to ask for each of them the next time, and publish it.

    :return: what joining and publishing took.
    """
    folder = RunFolder(output, source().name, when)
    spool = Spool(folder.path / "spool.jsonl")
    answers, listed = [], []
    for event_id, url, line in _lines(events, when, folder.id):
        spool.add_line(event_id, True, line)
        listed.append(event_id)
        answers.append(Answered(urlsplit(url).path, utc(when), '"abc"', "", "sha1:" + "A" * 32, "0" * 64))
    facts = RunFacts(folder.id, is_live=True, is_complete=True)
    write_readings(folder.readings, spool, RunNotes(facts, listed=listed, answers=answers))
    spool.remove()
    folder.close()
    del answers, listed, spool
    report: dict[str, Any] = {
        "run_id": folder.id,
        "source": folder.source,
        "verdict": "accepted",
        "outcome": "accepted",
    }
    report |= {"exit_code": 0, "message": "", "started": when.isoformat(), "finished": when.isoformat(), "counts": {}}
    report |= {"versions": versions(), "dataset": str(folder.dataset), "folder": str(folder.path)}
    start = Spent.now()
    ledger = open_ledger(output / folder.source)
    join_run(ledger, folder, lambda: report)
    ledger.close()
    return Spent.since(start)


def _lines(events: int, when: datetime, run_id: str) -> Iterator[tuple[str, str, bytes]]:
    """Ids, addresses and records of events."""
    found = []
    for item in items(_TOLD_APART):
        meaning = interpret(item)  # by the day of its own capture
        assert item.capture is not None
        item.captured_at = item.capture.fetched_at = when
        record = record_of(item, meaning, run_id)
        found.append((record["id"], record["url"], line_of(record)))
    for place in range(events):
        event_id, url, line = found[place % len(found)]
        old, new = event_id.partition(":")[2], f"event-{place:06}"
        yield event_id.replace(old, new), url.replace(old, new), line.replace(old.encode(), new.encode())
