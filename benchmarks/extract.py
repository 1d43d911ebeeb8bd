"""Reading a page: bytes → validated record, as a multiple of ``lxml.html.fromstring`` of the same bytes."""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import _lru_cache_wrapper, partial
from importlib import import_module

from benchmarks.corpus import WHEN, Captured, different, kilobytes, pages, parse, source
from benchmarks.measure import Row, ratio
from filmscrape.interpret import interpret
from filmscrape.items import Capture
from filmscrape.validation import record_of

PAGES = 200
WITHIN = 15.0  # seconds
AT_ONCE = 10
# What others do, the function of `benchmarks.readers` that does it, and how many pages: of what takes ten times as
# long, or a hundred times, fewer are enough.
OTHERS = (
    ("28 CSS queries by a parsel item loader", "by_parsel", 50),
    ("the same queries by BeautifulSoup", "by_beautiful_soup", 10),
    ("`extruct` alone", "by_extruct", 10),
)
WITHIN_OTHERS = 4.0
_OF_PHRASES = 1024  # entries; smaller caches hold zones and tables
_CAPTURE = Capture(WHEN, 200, "0" * 64)


def rows() -> Iterator[Row]:
    """This project, then what others do with the same pages."""
    work = list(pages(PAGES))
    found = ratio(_pieces(extract, work), PAGES, within=WITHIN)
    what = f"extract: bytes → validated record, {PAGES} pages of {kilobytes(PAGES):.0f} KB"
    floor = f"`lxml.html.fromstring`, {found.floor * 1000:.2f} ms a page"
    yield Row(what, floor, f"{found.measured * 1000:.2f} ms a page", str(found), "≤ 2.0", found.watch)
    some = list(pages(different()))
    found = ratio([(partial(extract_anew, some), partial(parse, _bodies(some)))], len(some), within=WITHIN_OTHERS)
    what = f"the same with nothing in mind: {len(some)} pages, every name and phrase for the first time"
    yield Row(what, "the same", f"{found.measured * 1000:.2f} ms a page", str(found), "", found.watch)
    for name, function, number in OTHERS:
        # With libraries that only the benchmarks need, so not at the top: what else is measured here does without.
        reader = getattr(import_module("benchmarks.readers"), function)
        some = work[:number]
        found = ratio(_pieces(partial(read, reader), some), number, within=WITHIN_OTHERS)
        measured = f"{found.measured * 1000:.1f} ms a page"
        yield Row(f"for comparison: {name}", "the same", measured, str(found).replace("**", ""), "", found.watch)


def _pieces(
    reader: Callable[[Sequence[Captured]], None], work: Sequence[Captured]
) -> list[tuple[Callable[[], None], Callable[[], None]]]:
    """A few pages at a time, read and parsed in turn."""
    some = [work[start : start + AT_ONCE] for start in range(0, len(work), AT_ONCE)]
    return [(partial(reader, few), partial(parse, _bodies(few))) for few in some]


def _bodies(work: Iterable[Captured]) -> list[bytes]:
    return [page.body for page in work]


def extract(work: Iterable[Captured]) -> None:
    """Make the records of pages."""
    for url, body, at in work:
        item = source().event_page(body, url, at).read()
        item.capture = _CAPTURE
        record_of(item, interpret(item), "benchmark")


def extract_anew(work: Iterable[Captured]) -> None:
    """Make the records of pages as at the beginning of a crawl: what other pages said is forgotten, tables are not."""
    for name, module in list(sys.modules.items()):
        if name.startswith(("filmscrape.values.", "filmscrape.pages.")):
            for function in vars(module).values():
                if isinstance(function, _lru_cache_wrapper) and (function.cache_info().maxsize or 0) >= _OF_PHRASES:
                    function.cache_clear()
    extract(work)


def read(reader: Callable[[bytes], object], work: Iterable[Captured]) -> None:
    """Read pages in another way."""
    for page in work:
        reader(page.body)
