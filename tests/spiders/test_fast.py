"""The settings profile that computes less for each page."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from filmscrape.archive.reader import read_captures
from filmscrape.fixtures import serve
from tests.crawling import ROOT, SOURCE, bundled_site, command

pytest.importorskip("uvloop")


def crawled(profile: str, output: Path) -> tuple[list[dict[str, Any]], dict[str, tuple[Any, ...]]]:
    """The dataset, without what is each run's own; and what the WARC says of each answer, by path.

    The handlers differ in the order of header fields: Twisted's moves ``Content-Length`` to the front.
    """
    with serve(bundled_site()) as origin:
        settings = {"OUTPUT_DIR": output, "DOWNLOAD_DELAY": 0, "AUTOTHROTTLE_ENABLED": 0, "LOG_LEVEL": "ERROR"}
        environment = {name: value for name, value in os.environ.items() if name != "SCRAPY_SETTINGS_MODULE"}
        done = subprocess.run(
            command("crawl", SOURCE, "-a", f"base_url={origin}", **settings),
            cwd=ROOT,
            env={**environment, "SCRAPY_PROJECT": profile},
            capture_output=True,
            text=True,
        )
    assert done.returncode in (0, 10), done.stderr
    (run,) = (output / SOURCE / "runs").iterdir()
    records = [json.loads(line) for line in (run / "events.jsonl").read_text(encoding="utf-8").splitlines()]
    for record in records:
        del record["provenance"]["run_id"], record["provenance"]["warc_record_id"]
    answers = {
        capture.url.removeprefix(origin): (capture.status, sorted(capture.headers), capture.stored_body)
        for capture in read_captures(run / "pages.warc.gz", [])
        if capture.status == 200  # others are dated by the clock
    }
    return records, answers


@pytest.mark.long
def test_same_bytes_as_by_default(tmp_path: Path) -> None:
    records, answers = crawled("default", tmp_path / "default")
    again, same = crawled("fast", tmp_path / "fast")
    assert len(records) > 30
    assert again == records
    assert same == answers
