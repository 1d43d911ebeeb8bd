"""The fixture pages as the tests want them."""

import hashlib
import json
import os
from functools import cache
from pathlib import Path
from typing import Any

from filmscrape.fixtures import Fixture

FIXTURES = Path(__file__).parent.parent / "fixtures"


def fixture_folders() -> list[Path]:
    """One folder a source; ``FILMSCRAPE_CAPTURES`` names a single other one."""
    elsewhere = os.environ.get("FILMSCRAPE_CAPTURES")
    if elsewhere:
        return [Path(elsewhere)]
    return sorted(p for p in FIXTURES.iterdir() if p.is_dir() and any(p.glob("*/meta.json")))


@cache
def events() -> tuple[Fixture, ...]:
    """The bundled pages that are an event's, of all sources."""
    folders = (folder for folder in sorted(FIXTURES.iterdir()) if folder.is_dir())
    return tuple(page for folder in folders for page in Fixture.all(folder) if page.meta["kind"] == "event")


def leaves(value: object, path: str = "") -> dict[str, object]:
    """The single values of a record by their place; what the page does not say is none."""
    if isinstance(value, dict):
        return {k: v for key, part in value.items() for k, v in leaves(part, f"{path}.{key}").items()}
    if isinstance(value, list):
        return {k: v for n, part in enumerate(value) for k, v in leaves(part, f"{path}[{n}]").items()}
    return {} if value is None or value is False else {path: value}


def set_by_the_run(fixture: Fixture) -> dict[str, Any]:
    """What a record holds beside what the page says."""
    at = fixture.meta["captured_at"]
    provenance = {
        "run_id": "fixture",
        "fetched_at": at,
        "http_status": fixture.meta["status"],
        "content_sha256": hashlib.sha256(fixture.body).hexdigest(),
        "warc_record_id": None,
        "extractor": "fixture",
        "layout": fixture.meta["layout"],
        "fields": {},
    }
    return {"first_seen": at, "last_seen": at, "provenance": provenance}


def accept(fixture: Fixture, field: str, value: object) -> None:
    """Write what the code gives as the expectation of one field."""
    fixture.expected[field] = value
    text = json.dumps(fixture.expected, ensure_ascii=False, indent=2) + "\n"
    (fixture.folder / "expected.json").write_text(text, encoding="utf-8")
