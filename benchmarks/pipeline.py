"""From what a page said to the files of a run, through the project's own pipelines: validate, dedupe, write."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import orjson
from scrapy.settings import Settings
from scrapy.statscollectors import MemoryStatsCollector

from benchmarks.corpus import WHEN, different, items, kilobytes, pages, parse, source, workplace
from benchmarks.measure import Ratio, Row, Spent, ratio
from filmscrape.interpret import Interpretation, interpret
from filmscrape.items import ScrapedEvent
from filmscrape.pipelines import validate
from filmscrape.pipelines.dedupe import DedupePipeline
from filmscrape.pipelines.validate import ValidatePipeline
from filmscrape.pipelines.write import WritePipeline
from filmscrape.runs.folder import RunFolder
from filmscrape.runs.merge import Venues
from filmscrape.runs.readings import RunFacts, RunNotes
from filmscrape.runs.spool import Spool
from filmscrape.validation import event_id, record_of

RECORDS = 3000
WITHIN = 8.0  # seconds
GOAL = 10_000  # records a second, on a machine that parses this much of HTML a second:
_PARSED = 75_000 / 0.0011


def rows() -> Iterator[Row]:
    """Records a second, against printing the same records without checking anything, and against parsing pages."""
    work = list(items(different()))  # as they come from a page: just made, and not one of thousands in memory
    printed = [record_of(item, interpret(item), "benchmark") for item in work]
    with workplace() as folder, understood(work):
        found = ratio([(partial(run, folder, work), partial(dump, printed))], RECORDS, within=WITHIN)
        yield _row(f"pipeline: validate, dedupe, write, {RECORDS} records", found, f"≥ {GOAL:,}/s")
        enough = round(RECORDS * _PARSED / GOAL / kilobytes(different()) / 1000)
        parsed = [page.body for page in pages(enough)]
        beside = ratio([(partial(run, folder, work), partial(parse, parsed))], RECORDS, within=WITHIN)
        yield Row(
            f"the same on a machine where {GOAL:,}/s is the goal: which parses 75 KB in 1.1 ms",
            f"`lxml.html.fromstring` of {_PARSED / GOAL / 1000:.1f} KB a record",
            f"**{GOAL / beside.median:,.0f} records/s** there",
            str(beside),
            "≤ 1.0",
            beside.watch,
        )
    with workplace() as folder:
        found = ratio([(partial(run, folder, work), partial(dump, printed))], RECORDS, within=WITHIN)
    yield _row("the same, and say what the words mean, which extract counts too", found, "")


def _row(what: str, found: Ratio, goal: str) -> Row:
    speed = f"{1 / found.measured:,.0f} records/s"
    quickest = f"{1 / found.quickest:,.0f} in the quickest round"
    return Row(
        what,
        f"`orjson.dumps` of the same, {1 / found.floor:,.0f} records/s",
        f"**{speed}**, {quickest}",
        str(found).replace("**", ""),
        goal,
        found.watch,
    )


@contextmanager
def understood(work: Sequence[ScrapedEvent]) -> Iterator[None]:
    """Let the pipelines find said already what the words of some items mean."""
    meanings = {id(item): Interpretation(interpret(item).values) for item in work}

    def meaning(item: ScrapedEvent) -> Interpretation:
        found = meanings[id(item)]
        found.values |= {"id": event_id(item.source, item.url), "url": item.url}
        return found

    with patch.object(validate, "interpret", meaning):
        yield


def dump(records: Sequence[dict[str, Any]]) -> None:
    """Print records, and do nothing with them."""
    for record in islice(cycle(records), RECORDS):
        orjson.dumps(record)


def run(folder: Path, work: Sequence[ScrapedEvent], records: int = RECORDS) -> None:
    """Let the items of a run pass through the pipelines, and write its files."""
    output = Path(tempfile.mkdtemp(dir=folder))
    crawler = _crawler(output)
    validate, dedupe = ValidatePipeline.from_crawler(crawler), DedupePipeline.from_crawler(crawler)
    write = WritePipeline.from_crawler(crawler)
    for place, item in enumerate(islice(cycle(work), records)):
        item.url = source().event_url(f"event-{place:06}")
        write.process_item(dedupe.process_item(validate.process_item(item)))
    write.close_spider()
    keeper = crawler.get_extension(None)
    assert keeper.written == records
    keeper.run.close()


def grow(records: int) -> Spent:
    """What a run of so many records spends in the pipelines."""
    work = list(items(different()))
    with workplace() as folder:
        start = Spent.now()
        run(folder, work, records)
        return Spent.since(start)


def _crawler(output: Path) -> Any:
    """What the pipelines use of a crawler and of a run's keeper, without site and ledger."""
    folder = RunFolder(output, source().name, WHEN)
    keeper = SimpleNamespace(
        run=folder,
        spool=Spool(folder.path / "spool.jsonl"),
        venues=Venues(),
        guarded=nullcontext,
        notes=lambda: RunNotes(RunFacts(folder.id, is_live=True, is_complete=True)),
    )
    crawler = SimpleNamespace(settings=Settings(), get_extension=lambda _kind: keeper)
    crawler.stats = MemoryStatsCollector(crawler)  # type: ignore[arg-type]
    return crawler
