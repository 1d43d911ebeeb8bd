"""Run the real crawler in the test's own process, or as the user does.

In-process crawls run on asyncio without a Twisted reactor (a reactor cannot be started twice in one process),
with Scrapy's aiohttp handler; everything else is as in ``filmscrape.settings``.
"""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scrapy.crawler import AsyncCrawlerRunner
from scrapy.settings import Settings
from scrapy.spiderloader import SpiderLoader

from filmscrape.demo import bundled
from filmscrape.fixtures import Site
from filmscrape.runs.keeper import RunKeeper
from filmscrape.runs.outcome import Outcome, Verdict
from filmscrape.spiders.base import EventSpider

ROOT = Path(__file__).parent.parent
SOURCE = bundled(ROOT / "fixtures")[0]
# For this machine's own servers, which need no manners.
NO_DELAY: dict[str, Any] = {"DOWNLOAD_DELAY": 0, "AUTOTHROTTLE_ENABLED": False}


@dataclass
class Crawl:
    """What a crawl left behind."""

    report: dict[str, Any]
    stats: dict[str, Any]
    verdict: Verdict
    folder: Path
    dataset: Path

    @property
    def counts(self) -> dict[str, Any]:
        return dict(self.report["counts"])

    @property
    def outcome(self) -> Outcome:
        return self.verdict.outcome

    def rows(self, name: str) -> list[dict[str, Any]]:
        return rows(self.folder / name)

    def records(self) -> dict[str, dict[str, Any]]:
        """The published records by id."""
        return {row["id"]: row for row in rows(self.dataset)}


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def bundled_site() -> Site:
    """The bundled fixture pages as a site, free to be changed by the test."""
    return Site.from_folder(ROOT / "fixtures" / SOURCE)


def project_settings() -> Settings:
    """The project's settings, wherever the test runs."""
    settings = Settings()
    settings.setmodule("filmscrape.settings", priority="project")
    return settings


def load_spider() -> type[EventSpider]:
    """The spider of the bundled source."""
    spider = SpiderLoader.from_settings(project_settings()).load(SOURCE)
    assert issubclass(spider, EventSpider)
    return spider


def crawl(output: Path, arguments: Mapping[str, str], settings: Mapping[str, Any] | None = None) -> Crawl:
    """Run a crawl to its end in this process."""
    configuration = project_settings()
    configuration.setdict(
        {"TWISTED_REACTOR_ENABLED": False, "OUTPUT_DIR": str(output), "RETRY_TIMES": 0, **NO_DELAY, **(settings or {})},
        priority="cmdline",
    )

    async def run() -> RunKeeper:
        runner = AsyncCrawlerRunner(configuration)
        crawler = runner.create_crawler(SOURCE)
        await runner.crawl(crawler, **arguments)
        return RunKeeper.of(crawler)

    keeper = asyncio.run(run())
    assert keeper.verdict is not None
    stats = dict(keeper.crawler.stats.get_stats())
    return Crawl(keeper.report(), stats, keeper.verdict, keeper.run.path, keeper.run.dataset)


def scrapy(*arguments: str, cwd: Path = ROOT, **settings: Any) -> subprocess.CompletedProcess[str]:
    """Run ``scrapy`` as a user does, in the project's root."""
    return subprocess.run(command(*arguments, **settings), cwd=cwd, env=environment(), capture_output=True, text=True)


def command(*arguments: str, **settings: Any) -> list[str]:
    given = [part for name, value in settings.items() for part in ("-s", f"{name}={value}")]
    return [sys.executable, "-m", "scrapy", *arguments, *given]


def environment() -> dict[str, str]:
    """The environment of a subprocess; the project is found wherever it is started."""
    return {**os.environ, "SCRAPY_SETTINGS_MODULE": "filmscrape.settings"}
