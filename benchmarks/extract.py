"""Reading a page: bytes → validated record, as a multiple of ``lxml.html.fromstring`` of the same bytes."""

from datetime import datetime
from pathlib import Path
from typing import Any

import lxml.html

from benchmarks.measure import Ratio, ratio
from filmscrape.fixtures import Fixture
from filmscrape.interpret import interpret
from filmscrape.records import Event

FIXTURES = Path(__file__).parent.parent / "fixtures"
PAGES = 200
SET_BY_THE_RUN = {
    "first_seen": "2026-01-01T00:00:00Z",
    "last_seen": "2026-01-01T00:00:00Z",
    "provenance": {
        "run_id": "benchmark",
        "fetched_at": "2026-01-01T00:00:00Z",
        "http_status": 200,
        "content_sha256": "0" * 64,
        "warc_record_id": None,
        "extractor": "benchmark",
        "layout": None,
        "fields": {},
    },
}


def pages() -> list[tuple[type[Any], bytes, str, datetime]]:
    """The fixture pages of events, over and over up to :data:`PAGES`."""
    found = [
        (page.page_class, page.body, page.meta["url"], page.captured_at)
        for folder in sorted(FIXTURES.iterdir())
        if folder.is_dir()
        for page in Fixture.all(folder)
        if page.meta["kind"] == "event"
    ]
    return (found * (PAGES // len(found) + 1))[:PAGES]


def measure() -> Ratio:
    """Interleaved rounds over :data:`PAGES` pages."""
    work = pages()

    def extract() -> None:
        for page, body, url, captured_at in work:
            values = interpret(page(body, url, captured_at).read()).values
            Event.model_validate({**values, **SET_BY_THE_RUN})

    def parse() -> None:
        for _, body, _, _ in work:
            lxml.html.fromstring(body)

    return ratio(extract, parse, len(work))
