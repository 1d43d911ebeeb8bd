"""The fixture folders: ``<source>/<page>/`` with ``page.*.gz``, ``meta.json`` and ``expected.json``."""

import gzip
import hashlib
import importlib
import json
import os
from collections.abc import Iterator
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

FIXTURES = Path(__file__).parent.parent / "fixtures"


def fixture_folders() -> list[Path]:
    """One folder a source; ``FILMSCRAPE_CAPTURES`` names a single other one."""
    elsewhere = os.environ.get("FILMSCRAPE_CAPTURES")
    if elsewhere:
        return [Path(elsewhere)]
    return sorted(p for p in FIXTURES.iterdir() if p.is_dir() and any(p.glob("*/meta.json")))


class Fixture:
    """One page of a source."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.name = f"{folder.parent.name}/{folder.name}"

    @staticmethod
    def all(folder: Path) -> "Iterator[Fixture]":
        for meta in sorted(folder.glob("*/meta.json")):
            yield Fixture(meta.parent)

    @cached_property
    def meta(self) -> dict[str, Any]:
        return dict(json.loads((self.folder / "meta.json").read_text(encoding="utf-8")))

    @cached_property
    def expected(self) -> dict[str, Any]:
        return dict(json.loads((self.folder / "expected.json").read_text(encoding="utf-8")))

    @cached_property
    def body(self) -> bytes:
        (page,) = self.folder.glob("page.*.gz")
        return gzip.decompress(page.read_bytes())

    @property
    def captured_at(self) -> datetime:
        return datetime.fromisoformat(self.meta["captured_at"])

    @property
    def source(self) -> str:
        """The source whose pages these are: what the expected records say, else the folder's name."""
        return str(self.expected["source"]) if (self.folder / "expected.json").exists() else self.folder.parent.name

    def provenance(self) -> dict[str, Any]:
        return {
            "run_id": "fixture",
            "fetched_at": self.meta["captured_at"],
            "http_status": self.meta["status"],
            "content_sha256": hashlib.sha256(self.body).hexdigest(),
            "warc_record_id": None,
            "extractor": "fixture",
            "layout": self.meta["layout"],
            "fields": {},
        }

    def accept(self, field: str, value: object) -> None:
        """Write what the code gives as the expectation of one field."""
        self.expected[field] = value
        text = json.dumps(self.expected, ensure_ascii=False, indent=2) + "\n"
        (self.folder / "expected.json").write_text(text, encoding="utf-8")


def page_class(fixture: Fixture) -> type[Any]:
    """The event page's class of a fixture's source: ``EventPage`` of the module that bears the source's name."""
    page: type[Any] = importlib.import_module(f"filmscrape.pages.{fixture.source}").EventPage
    return page


def event_page(fixture: Fixture) -> Any:
    """The page object of a fixture."""
    return page_class(fixture)(fixture.body, fixture.meta["url"], fixture.captured_at)
