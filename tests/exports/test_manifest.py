"""The package: complete by itself, the same each time, and readable by the programs that it is written for."""

import csv
import hashlib
import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import frictionless
import pytest
import yaml

from filmscrape import __version__
from filmscrape.exports import manifest
from filmscrape.exports.dataset import Dataset
from filmscrape.exports.formats import FORMATS
from filmscrape.fixtures import Fixture
from filmscrape.records import Event
from tests.crawling import ROOT
from tests.fixtures import fixture_folders, set_by_the_run
from tests.records import director, event, screening

# The reader of Croissant brings pandas and SciPy along: it has a virtual environment of its own.
CROISSANT = Path(os.environ.get("FILMSCRAPE_CROISSANT", ROOT / ".venv-croissant")) / "bin" / "python"
READ_CROISSANT = """\
import json, sys
import mlcroissant
dataset = mlcroissant.Dataset(sys.argv[1])
assert not dataset.metadata.issues.errors, dataset.metadata.issues.report()
assert not dataset.metadata.issues.warnings, dataset.metadata.issues.report()
read = {one.uuid: sum(1 for _ in dataset.records(one.uuid)) for one in dataset.metadata.record_sets}
print(json.dumps([dataset.metadata.ctx.conforms_to.value, read]))
"""


def dataset_of(folder: Path, *events: Event, texts: bool = True) -> Dataset:
    path = folder / "dataset.jsonl"
    path.write_bytes(b"".join(one.model_dump_json().encode() + b"\n" for one in sorted(events, key=lambda one: one.id)))
    return Dataset([path], texts=texts)


def bundled() -> list[Event]:
    """The events of the fixtures."""
    pages = [page for folder in fixture_folders() for page in Fixture.all(folder) if page.meta["kind"] == "event"]
    return [Event.model_validate({**page.expected, **set_by_the_run(page)}) for page in pages]


def package(folder: Path, dataset: Dataset, *beside: str) -> Path:
    """Write the package, with other formats beside it."""
    for name in beside:
        (folder / name).mkdir(exist_ok=True)
    manifest.write(dataset, folder / "manifest")
    return folder / "manifest"


def descriptor(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "datapackage.json").read_bytes()))


def test_the_dataset_is_in_it_byte_for_byte(tmp_path: Path) -> None:
    dataset = dataset_of(tmp_path, *bundled())
    folder = package(tmp_path, dataset)
    assert (folder / "events.jsonl").read_bytes() == dataset.paths[0].read_bytes()


def test_texts_are_left_out_of_all_of_it(tmp_path: Path) -> None:
    quote = {"text": "Overwhelming", "attribution": None}
    dataset = dataset_of(tmp_path, event(synopsis="Overwhelming", summary="Overwhelming", quotes=[quote]), texts=False)
    (package(tmp_path, dataset, "csv") / "csv" / "old.csv").write_text("Overwhelming")  # of an earlier package
    (tmp_path / "csv" / "events.csv").write_text("Overwhelming")  # of an earlier export, with texts
    written = [path for path in package(tmp_path, dataset, "csv").rglob("*") if path.is_file()]
    assert len(written) > 5
    assert [path.name for path in written if b"Overwhelming" in path.read_bytes()] == []
    assert "were left out" in (tmp_path / "manifest" / "README.md").read_text(encoding="utf-8")


def test_sums_cover_every_file_and_hold(tmp_path: Path) -> None:
    folder = package(tmp_path, dataset_of(tmp_path, *bundled()), "csv")
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    lines = (folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    assert {line.split("  ")[1] for line in lines} == files - {"SHA256SUMS"}
    for line in lines:
        digest, name = line.split("  ")
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    done = subprocess.run(["sha256sum", "-c", "--strict", "SHA256SUMS"], cwd=folder, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_same_dataset_gives_the_same_bytes(tmp_path: Path) -> None:
    dataset = dataset_of(tmp_path, *bundled())
    folder = package(tmp_path, dataset, "csv", "parquet")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    package(tmp_path, dataset)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


# ------------------------------------------------------------------ Data Package
@pytest.mark.long
def test_frictionless_finds_the_package_valid(tmp_path: Path) -> None:
    folder = package(tmp_path, dataset_of(tmp_path, *bundled()), *(name for name in FORMATS if name != "manifest"))
    report = frictionless.validate(str(folder / "datapackage.json"))
    assert report.valid, report.flatten(["type", "message"])
    assert {task.name for task in report.tasks} >= {"events.jsonl", "csv-events.csv", "csv-credits.csv"}


@pytest.mark.parametrize(("field", "value"), [("event_id", "festival:nowhere"), ("starts_at", "tomorrow")])
def test_frictionless_finds_what_is_wrong(tmp_path: Path, field: str, value: str) -> None:
    folder = package(tmp_path, dataset_of(tmp_path, event(screenings=[screening()])), "csv")
    path = folder / "csv" / "screenings.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        head, row = csv.reader(file)
    row[head.index(field)] = value
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([head, row])
    found = {kind for (kind,) in frictionless.validate(str(folder / "datapackage.json")).flatten(["type"])}
    assert found >= {"hash-count", "foreign-key" if field == "event_id" else "type-error"}


def test_the_package_is_of_version_2(tmp_path: Path) -> None:
    folder = package(tmp_path, dataset_of(tmp_path, *bundled()), "csv", "parquet")
    found = descriptor(folder)
    assert found["$schema"] == "https://datapackage.org/profiles/2.0/datapackage.json"
    assert re.fullmatch(r"[a-z0-9._-]+", found["name"])
    assert re.fullmatch(r"\d+\.\d+\.\d+", found["version"])
    assert all({"title", "path"} <= set(source) for source in found["sources"])
    assert all(one["roles"] for one in found["contributors"])
    names = [one["name"] for one in found["resources"]]
    assert len(set(names)) == len(names)
    for one in found["resources"]:
        path = folder / one["path"]
        assert ".." not in one["path"]
        assert path.stat().st_size == one["bytes"]
        assert one["hash"] == "sha256:" + hashlib.sha256(path.read_bytes()).hexdigest()
        assert one["encoding"] == "utf-8"
    assert {path.parent.name for path in folder.rglob("*.parquet")} == {"parquet"}
    assert "parquet" not in {one["format"] for one in found["resources"]}  # croissant.json tells of it
    tabular = {one["path"]: one["schema"] for one in found["resources"] if one.get("type") == "table"}
    assert [field["name"] for field in tabular["events.jsonl"]["fields"]] == list(Event.model_fields)
    assert {key["reference"]["resource"] for key in tabular["csv/credits.csv"]["foreignKeys"]} <= set(names)


@pytest.mark.parametrize(("texts", "name"), [(True, "other-closed"), (False, "other-pd")])
def test_no_licence_is_given_for_the_texts_of_others(tmp_path: Path, texts: bool, name: str) -> None:
    folder = package(tmp_path, dataset_of(tmp_path, event(), texts=texts))
    (licence,) = descriptor(folder)["licenses"]
    assert licence["name"] == name
    croissant = json.loads((folder / "croissant.json").read_bytes())
    assert croissant["license"] == licence["title"]
    assert "MIT" not in licence["title"]


# ------------------------------------------------------------------ Croissant
def test_croissant_names_every_file_and_field(tmp_path: Path) -> None:
    folder = package(tmp_path, dataset_of(tmp_path, *bundled()), "parquet")
    found = json.loads((folder / "croissant.json").read_bytes())
    assert found["conformsTo"] == "http://mlcommons.org/croissant/1.1"
    files = {one["@id"]: one for one in found["distribution"]}
    for path, one in files.items():
        assert one["sha256"] == hashlib.sha256((folder / path).read_bytes()).hexdigest()
    fields = {field["@id"]: field for one in found["recordSet"] for field in one["field"]}
    assert {field["source"]["fileObject"]["@id"] for field in fields.values()} <= set(files)
    assert {one["references"]["field"]["@id"] for one in fields.values() if "references" in one} <= set(fields)
    assert fields["events/runtime_minutes"]["dataType"] == "sc:Integer"
    assert fields["table/screenings/starts_at"]["dataType"] == "sc:DateTime"
    assert fields["events/genres"]["isArray"] is True


@pytest.mark.long
@pytest.mark.skipif(not CROISSANT.exists(), reason=f"there is no {CROISSANT}: `make test-long` installs it")
def test_mlcroissant_reads_every_record(tmp_path: Path) -> None:
    events = bundled()
    folder = package(tmp_path, dataset_of(tmp_path, *events), "csv", "parquet")
    done = subprocess.run(
        [str(CROISSANT), "-c", READ_CROISSANT, str(folder / "croissant.json")],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
    )
    assert done.returncode == 0, done.stderr
    version, read = json.loads(done.stdout.splitlines()[-1])
    assert version == "http://mlcommons.org/croissant/1.1"
    assert read["events"] == read["table/events"] == len(events)
    assert read["table/screenings"] == sum(len(one.screenings) for one in events)


# ------------------------------------------------------------------ the data card
def test_the_card_tells_what_is_in_it(tmp_path: Path) -> None:
    events = (
        event(id="festival:a", year=1999, crew=[director("Bo Li")], screenings=[screening(), screening(venue=None)]),
        event(id="festival:b", year=2024, year_end=2025, countries=[{"name": "Yugoslavia", "code": None}]),
    )
    text = (package(tmp_path, dataset_of(tmp_path, *events)) / "README.md").read_text(encoding="utf-8")
    for line in (
        "| events | 2 |",
        "| screenings | 2 |",
        "| days of the screenings | 2026-12-05 to 2026-12-05 |",
        "| years of production | 1999 to 2025 |",
        "| `festival` | <https://festival.example/> | 2 | 2 |",
        "| `crew` | 50.0% |",
        "| `year` | 100.0% |",
        "- 1 events without a screening: pages that no longer list one, or never did.",
        "- 1 countries without a code: historical states, nations that have none, uncertain spellings.",
        "- 1 screenings without a venue.",
    ):
        assert line in text.splitlines()
    assert "languages without" not in text
    digest = hashlib.sha256((tmp_path / "manifest" / "events.jsonl").read_bytes()).hexdigest()
    assert f"SHA-256 of events.jsonl: {digest}" in text


def test_a_dataset_without_events_has_a_package(tmp_path: Path) -> None:
    folder = package(tmp_path, dataset_of(tmp_path))
    assert "| events | 0 |" in (folder / "README.md").read_text(encoding="utf-8")
    assert descriptor(folder)["name"] == "filmscrape"


def test_the_package_says_how_to_cite_it(tmp_path: Path) -> None:
    folder = package(tmp_path, dataset_of(tmp_path, event()))
    found = yaml.safe_load((folder / "CITATION.cff").read_text(encoding="utf-8"))
    assert {"cff-version", "message", "title", "authors"} <= set(found)
    assert (found["cff-version"], found["type"], found["version"]) == ("1.2.0", "dataset", "2026.11.20")
    assert found["date-released"] == "2026-11-20"
    digest = hashlib.sha256((folder / "events.jsonl").read_bytes()).hexdigest()
    assert found["identifiers"] == [
        {"type": "other", "value": f"sha256:{digest}", "description": "digest of events.jsonl"}
    ]
    assert "  CITATION.cff\n" in (folder / "SHA256SUMS").read_text(encoding="utf-8")


# ------------------------------------------------------------------ the software
def test_the_citation_file_is_whole_and_up_to_date() -> None:
    found = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert found["cff-version"] == "1.2.0"
    assert {"message", "title", "authors"} <= set(found)
    assert all(set(author) <= {"name", "given-names", "family-names", "orcid"} for author in found["authors"])
    assert (found["type"], found["license"], found["version"]) == ("software", "MIT", __version__)
