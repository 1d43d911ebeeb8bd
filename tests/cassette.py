"""The cassette of the end-to-end test: ``fixtures/cassettes/<source>.yaml``.

``python -m tests.cassette record``
    crawls the live site, politely, and records what it answers (``make record``; needs a network).
``python -m tests.cassette build``
    crawls the bundled fixture pages, served on this machine, and records those under their public addresses.
    Such a cassette is a reconstruction, as the fixture pages are; the file beside it says which kind it is.

vcrpy does not see Twisted's connections. Scrapy's aiohttp handler it does see, but that handler asks a replayed
answer for its connection, which has none: hence the subclass.
"""

import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import vcr
import yaml
from scrapy import Request
from scrapy.core.downloader.handlers._aiohttp import AiohttpDownloadHandler
from scrapy.http import Headers
from vcr.cassette import Cassette

from filmscrape.fixtures import Answer, Site, serve
from filmscrape.spiders.base import EventSpider
from tests.crawling import NO_DELAY, ROOT, SOURCE, Crawl, crawl, load_spider

FOLDER = ROOT / "fixtures" / "cassettes"
CASSETTE = FOLDER / f"{SOURCE}.yaml"
ABOUT = FOLDER / f"{SOURCE}.json"
HANDLER = dict.fromkeys(("http", "https"), "tests.cassette.ReplayHandler")
EIGHT_EVENTS = {"max_events": "8"}


class ReplayHandler(AiohttpDownloadHandler):
    """Scrapy's aiohttp handler, for answers that came over no connection."""

    @staticmethod
    def _build_base_response_args(response: Any, request: Request, headers: Headers) -> Any:
        if getattr(response, "_peername", None) is not None:
            return AiohttpDownloadHandler._build_base_response_args(response, request, headers)
        return {
            "status": response.status,
            "url": request.url,
            "headers": headers,
            "certificate": None,
            "ip_address": None,
            "protocol": "HTTP/1.1",
        }

    def _log_tls_info(self, response: Any, request: Request) -> None:
        """Say nothing of a TLS connection that there is none of."""


def run(
    path: Path, mode: str, output: Path, arguments: Mapping[str, str], settings: Mapping[str, Any]
) -> tuple[Crawl, Cassette]:
    """Crawl with a cassette in the place of the network (``mode`` ``none``) or recording it (``all``)."""
    recorder = vcr.VCR(decode_compressed_response=True, before_record_response=_without_cookies)
    with recorder.use_cassette(str(path), record_mode=mode, filter_headers=["Cookie", "Referer"]) as cassette:
        return crawl(output, arguments, {"DOWNLOAD_HANDLERS": HANDLER, **settings}), cassette


def replay(output: Path, path: Path = CASSETTE, **settings: Any) -> tuple[Crawl, Cassette]:
    """Crawl the public site as the cassette has it; a request that it lacks fails."""
    return run(path, "none", output, about()["arguments"], settings)


def about() -> dict[str, Any]:
    """How the cassette came about: the spider's arguments, and whether it is a reconstruction."""
    return dict(json.loads(ABOUT.read_text(encoding="utf-8")))


def record() -> int:
    """Record the live site, with all manners."""
    return _write({}, EIGHT_EVENTS, "recorded from the live site", {"DOWNLOAD_DELAY": 3, "AUTOTHROTTLE_ENABLED": True})


def build() -> int:
    """Record the fixture pages, with an event that is gone and one that moved."""
    site = Site.from_folder(ROOT / "fixtures" / SOURCE)
    spider = load_spider()
    here, there = _paths(spider, "here"), _paths(spider, "moved-here")
    site.answers[there] = Answer(status=301, headers={"Location": spider.site + here})
    only = "here,the-animal-kingdom,viff22-short-forum-program-4,spirited-away,casablanca,moved-here,no-such-event"
    with serve(site) as origin:
        return _write({"base_url": origin}, {"only": only}, "a reconstruction: built from the fixture pages", NO_DELAY)


def _paths(spider: type[EventSpider], slug: str) -> str:
    return urlsplit(spider.event_url(slug)).path


def _write(mirror: Mapping[str, str], arguments: Mapping[str, str], why: str, settings: Mapping[str, Any]) -> int:
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        draft = Path(folder) / "cassette.yaml"
        done, _ = run(draft, "all", Path(folder), {**arguments, **mirror}, settings)
        print(done.verdict.message or f"{done.counts['written']} events")
        if done.counts["written"] == 0:
            return int(done.outcome)
        content = yaml.safe_load(draft.read_text(encoding="utf-8"))
    if mirror:
        for interaction in content["interactions"]:
            uri = interaction["request"]["uri"]
            interaction["request"]["uri"] = uri.replace(mirror["base_url"], load_spider().site, 1)
            interaction["request"]["headers"].pop("Host", None)
    CASSETTE.write_text(yaml.safe_dump(content, allow_unicode=True, width=200), encoding="utf-8")
    ABOUT.write_text(json.dumps({"arguments": arguments, "what": why}, indent=2) + "\n", encoding="utf-8")
    return 0


def _without_cookies(response: dict[str, Any]) -> dict[str, Any]:
    for name in [name for name in response["headers"] if name.lower() == "set-cookie"]:
        del response["headers"][name]
    return response


if __name__ == "__main__":
    sys.exit({"record": record, "build": build}[sys.argv[1]]())
