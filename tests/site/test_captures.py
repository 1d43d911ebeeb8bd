"""What an event's page tells of its captures, from the ledger."""

from pathlib import Path
from typing import Any

from lxml import html

from filmscrape.exports.dataset import Dataset
from filmscrape.records import Event
from filmscrape.site.build import build
from tests.exports.stored import told
from tests.records import PROVENANCE, director, event
from tests.site.catalogues import dataset

DAYS = [f"2026-11-{day}T18:00:00Z" for day in (20, 21, 22, 23)]
FIELDS = {"title": "heading", "year": "known_element", "runtime_minutes": "known_element"}


def captured(run: int, **values: Any) -> Event:
    """A record of a capture that a run kept."""
    provenance = {**PROVENANCE, "run_id": f"run-{run}", "fetched_at": DAYS[run], "layout": "2025", "fields": FIELDS,
                  "warc_record_id": f"<urn:uuid:{run}>", "content_sha256": str(run) * 64}  # fmt: skip
    return event(DAYS[run], **{"year": 2020, "runtime_minutes": 90, **values}, provenance=provenance)


def table(folder: Path, found: Dataset, name: str = "here") -> tuple[list[list[str]], str]:
    """The rows of the captures, and the words around them."""
    build(found, folder / "site")
    page = html.parse(str(folder / f"site/event/festival/{name}.html"))
    rows = page.xpath("//table[@class='captures']/tbody/tr")
    (words,) = page.xpath("//details[.//table[@class='captures']]")
    said = [[" ".join("".join(cell.itertext()).split()) for cell in row] for row in rows]
    return said, " ".join("".join(words.itertext()).split())


def test_all_captures_of_the_page_are_told_with_run_record_and_strategies(tmp_path: Path) -> None:
    runs = [[captured(0)], [captured(1)], [captured(2)], [captured(3, runtime_minutes=91)]]
    rows, _ = table(tmp_path, told(tmp_path / "data", *runs))
    strategies = "layout 2025: known_element ×2, heading"
    assert rows == [
        ["20 November 2026, 18:00 UTC", "run-0", "<urn:uuid:0>", strategies],
        ["22 November 2026, 18:00 UTC", "run-2", "as before", ""],  # the second one of three that said the same is lost
        ["23 November 2026, 18:00 UTC", "run-3", "<urn:uuid:3>", strategies],
    ]


def test_without_a_ledger_the_record_tells_of_its_own_capture(tmp_path: Path) -> None:
    rows, _ = table(tmp_path, dataset(tmp_path, [captured(0)]))
    assert [row[1:3] for row in rows] == [["run-0", "<urn:uuid:0>"]]
    own = {**captured(0).provenance.model_dump(), "warc_record_id": None}
    rows, _ = table(tmp_path, dataset(tmp_path, [event(DAYS[0], provenance=own)]))
    assert [row[1:3] for row in rows] == [["run-0", "none kept"]]


def test_a_ledger_that_is_behind_the_dataset_hides_no_capture(tmp_path: Path) -> None:
    told(tmp_path, [captured(0)])
    rows, _ = table(tmp_path, dataset(tmp_path, [captured(1)]))
    assert [row[1] for row in rows] == ["run-0", "run-1"]


def test_two_films_of_one_address_say_that_the_captures_are_of_both(tmp_path: Path) -> None:
    first = captured(0, year=1932, title="Scarface", crew=[director("Howard Hawks")])
    second = captured(1, year=1983, title="Scarface", crew=[director("Brian De Palma")])
    rows, words = table(tmp_path, told(tmp_path / "data", [first], [second]))
    assert [row[1] for row in rows] == ["run-0", "run-1"]
    assert "2 events have had this address" in words


def test_no_path_of_the_machine_is_told(tmp_path: Path) -> None:
    build(told(tmp_path / "data", [captured(0)], [captured(1, year=2021)]), tmp_path / "site")
    assert not [path for path in (tmp_path / "site").rglob("*.*") if str(tmp_path).encode() in path.read_bytes()]
