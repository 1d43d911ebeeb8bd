"""The real crawler against the public addresses, replayed from a cassette: no socket is opened at all.

The cassette in ``fixtures/cassettes/`` is a reconstruction, built from the fixture pages (``python -m tests.cassette
build``); ``make record`` makes one from the live site. The tests take from the cassette what has to come out.
"""

from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from filmscrape.runs.outcome import Outcome
from tests import cassette
from tests.crawling import Crawl, load_spider, rows

pytestmark = pytest.mark.disable_socket

Interaction = dict[str, Any]


@pytest.fixture(scope="module")
def interactions() -> list[Interaction]:
    return list(yaml.safe_load(cassette.CASSETTE.read_text(encoding="utf-8"))["interactions"])


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Crawl, Any]:
    return cassette.replay(tmp_path_factory.mktemp("output"))


def events(interactions: list[Interaction], *statuses: int) -> set[str]:
    """The event addresses that answered with one of the statuses."""
    canonical = load_spider().canonical
    found = (canonical(i["request"]["uri"]) for i in interactions if i["response"]["status"]["code"] in statuses)
    return {url for url in found if url}


def test_every_recorded_answer_is_asked_for_once(replayed: tuple[Crawl, Any], interactions: list[Interaction]) -> None:
    crawl, played = replayed
    assert played.play_count == len(interactions)
    assert played.all_played
    assert crawl.stats["downloader/request_count"] == len(interactions)
    assert "downloader/exception_count" not in crawl.stats
    assert max(Counter(i["request"]["uri"] for i in interactions).values()) == 1


def test_events_are_published_under_their_public_addresses(
    replayed: tuple[Crawl, Any], interactions: list[Interaction]
) -> None:
    crawl, _ = replayed
    assert crawl.outcome.publishes
    assert {record["url"] for record in crawl.records().values()} == events(interactions, 200)
    assert crawl.counts["written"] >= 5
    assert crawl.counts["sightings"] > 0


def test_losses_have_their_reasons(replayed: tuple[Crawl, Any], interactions: list[Interaction]) -> None:
    crawl, _ = replayed
    gone = {row["url"]: row["reason"] for row in crawl.rows("failed.jsonl")}
    assert gone == dict.fromkeys(events(interactions, 404), "HTTP 404")
    moved = {row["url"] for row in crawl.rows("skipped.jsonl") if row["reason"].startswith("moved to ")}
    assert moved == events(interactions, 301)


def test_flagship_is_read(replayed: tuple[Crawl, Any]) -> None:
    crawl, _ = replayed
    record = crawl.records().get(f"{load_spider().name}:here")
    if record is None:
        pytest.skip("the cassette was recorded from the live site, which may have taken the page down")
    assert (record["title"], record["year"], record["runtime_minutes"]) == ("Here", 2023, 82)
    assert record["provenance"]["fetched_at"].startswith("20")


def test_request_that_the_cassette_lacks_fails(tmp_path: Path, interactions: list[Interaction]) -> None:
    """Without this, a cassette that covers nothing would pass: vcrpy's refusal is only a download error."""
    missing = min(events(interactions, 200))
    kept = [i for i in interactions if i["request"]["uri"] != missing]
    assert len(kept) == len(interactions) - 1
    thinned = tmp_path / "thinned.yaml"
    thinned.write_text(yaml.safe_dump({"version": 1, "interactions": kept}, allow_unicode=True), encoding="utf-8")
    crawl, played = cassette.replay(tmp_path, thinned)
    assert crawl.stats["downloader/exception_count"] == 1
    assert played.play_count <= len(kept)
    (lost,) = (row for row in crawl.rows("failed.jsonl") if row["url"] == missing)
    assert "CannotOverwriteExistingCassette" in lost["reason"]
    assert missing not in {record["url"] for record in rows(crawl.folder / "events.jsonl")}


def test_no_socket_is_open_to_the_crawler(tmp_path: Path) -> None:
    """The guard itself: with an empty cassette the crawl cannot reach anything."""
    empty = tmp_path / "empty.yaml"
    empty.write_text("version: 1\ninteractions: []\n", encoding="utf-8")
    crawl, _ = cassette.replay(tmp_path, empty)
    assert crawl.outcome is Outcome.ROBOTS
    assert urlsplit(load_spider().site).netloc in crawl.verdict.message
