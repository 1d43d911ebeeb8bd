"""The workflow keeps the past, and stops where it is gone."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from filmscrape.runs.outcome import Outcome
from filmscrape.runs.ping import PING_URL
from tests.crawling import SOURCE
from tests.deploy.files import DEPLOY


@pytest.fixture(scope="module")
def workflow() -> dict[Any, Any]:
    return dict(yaml.safe_load((DEPLOY / "github-actions.yml").read_text(encoding="utf-8")))


def steps(workflow: dict[Any, Any]) -> list[dict[str, Any]]:
    (job,) = workflow["jobs"].values()
    return list(job["steps"])


def test_workflow(workflow: dict[Any, Any]) -> None:
    assert workflow[True]["schedule"], "YAML reads the word on as true"
    assert workflow["permissions"] == {"contents": "write"}
    assert workflow["concurrency"]["cancel-in-progress"] is False
    for step in steps(workflow):
        assert ("run" in step) != ("uses" in step)
        assert re.fullmatch(r"actions/[\w/-]+@v\d+", step.get("uses", "actions/x@v1"))
    secrets = [step for step in steps(workflow) if "secrets." in json.dumps(step)]
    assert [list(step["env"]) for step in secrets] == [[PING_URL]], "the crawl alone knows the secret"


def test_workflow_keeps_the_past(workflow: dict[Any, Any]) -> None:
    caches = [step for step in steps(workflow) if "cache" in step.get("uses", "")]
    restore, save = caches
    assert restore["with"]["path"] == save["with"]["path"] == "output"
    assert save["with"]["key"].startswith(restore["with"]["restore-keys"])
    after = steps(workflow)[[step.get("id") for step in steps(workflow)].index("crawl") + 1 :]
    for step in after:
        assert re.search(r"steps\.(crawl\.outcome != 'skipped'|status\.outcome == 'success')", step["if"]), step


def test_workflow_stops_where_the_past_is_gone(workflow: dict[Any, Any], tmp_path: Path) -> None:
    (check,) = [step["run"] for step in steps(workflow) if step.get("name") == "is the past there?"]
    line = ["sh", "-e", "-c", check]
    assert subprocess.run(line, cwd=tmp_path).returncode == 0, "the first run of all"
    (tmp_path / "data" / SOURCE).mkdir(parents=True)
    (tmp_path / "data" / SOURCE / "events.jsonl").touch()
    done = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == int(Outcome.INTEGRITY)
    assert done.stdout.startswith("::error::")
    (tmp_path / "output" / SOURCE).mkdir(parents=True)
    (tmp_path / "output" / SOURCE / "ledger.sqlite").touch()
    assert subprocess.run(line, cwd=tmp_path).returncode == 0
