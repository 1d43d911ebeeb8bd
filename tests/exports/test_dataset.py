"""Reading datasets: one event of several files, their histories, and files that are none."""

import gzip
from pathlib import Path

import pytest

from filmscrape.exports.dataset import Dataset
from filmscrape.exports.formats import FORMATS
from filmscrape.exports.reading import DatasetUnreadable
from tests.exports.stored import dataset_of, files, told
from tests.records import event, screening

OLD, NEW = "2026-11-20T18:00:00Z", "2026-11-21T18:00:00Z"


def titles(*paths: Path) -> list[str]:
    return [found.title for found in Dataset(paths).events()]


# ------------------------------------------------------------------ one event in several files
def test_of_an_event_in_two_files_the_record_seen_last_counts(tmp_path: Path) -> None:
    (old,) = dataset_of(tmp_path / "old", event(OLD, title="Old"), event(OLD, id="festival:z", title="Z")).paths
    (new,) = dataset_of(tmp_path / "new", event(NEW, title="New"), event(NEW, id="festival:a", title="A")).paths
    assert titles(old, new) == titles(new, old) == ["A", "New", "Z"]


def test_of_records_seen_at_the_same_time_that_of_the_file_named_first_counts(tmp_path: Path) -> None:
    one, two = (dataset_of(tmp_path / name, event(OLD, title=name)).paths[0] for name in ("one", "two"))
    assert (titles(one, two), titles(two, one)) == (["one"], ["two"])


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "manifest"])
def test_every_format_has_an_event_of_two_files_once(name: str, tmp_path: Path) -> None:
    old, new = event(OLD, title="Old", screenings=[screening()]), event(NEW, title="New", screenings=[screening()])
    paths = [*dataset_of(tmp_path / "old", old).paths, *dataset_of(tmp_path / "new", new).paths]
    FORMATS[name].write(Dataset(paths), tmp_path / "both")
    FORMATS[name].write(Dataset(paths[1:]), tmp_path / "alone")
    assert files(tmp_path / "both") == files(tmp_path / "alone")


def test_the_history_is_that_of_the_file_that_the_record_is_of(tmp_path: Path) -> None:
    new = told(tmp_path / "new", [event(OLD)], [event(NEW, year=2020)])
    old = told(tmp_path / "old", [event("2026-11-18T18:00:00Z")], [event("2026-11-19T18:00:00Z", year=1920)])
    both = Dataset([*old.paths, *new.paths])
    assert list(both.changes()) == list(new.changes())
    assert both.revisions == new.revisions
    assert new.revisions["festival:here"].number == 1


def test_a_ledger_beside_two_files_is_asked_once(tmp_path: Path) -> None:
    dataset = told(tmp_path / "a", [event(OLD)], [event(NEW, year=2020)])
    again = tmp_path / "a" / "again.jsonl"
    again.write_bytes(dataset.paths[0].read_bytes())
    (tmp_path / "link").symlink_to(tmp_path / "a")
    (tmp_path / "a" / "empty.jsonl").touch()
    for others in ([again], [tmp_path / "link" / "events.jsonl"], [tmp_path / "link" / "empty.jsonl"]):
        assert list(Dataset([*dataset.paths, *others]).changes()) == list(dataset.changes())


# ------------------------------------------------------------------ files that are no dataset
LINES = [event(id=f"festival:{name}").model_dump_json().encode() + b"\n" for name in "abc"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"".join(LINES[:2]) + b"\n" + LINES[2], "line 3 is empty: take it out"),
        (LINES[0] + b" \n", "line 2 is empty: take it out"),
        (gzip.compress(b"".join(LINES)), "line 1 is no text: the file is compressed; unpack it with gunzip first"),
        (LINES[0].replace(b'"1.0"', b'"2.0"'), "line 1 is of schema_version '2.0', and this filmscrape reads 1.0"),
        (LINES[0] + LINES[0], "line 2 has festival:a again: a dataset has each event once; take one of them out"),
        (LINES[1] + LINES[0], "line 2 has festival:a after festival:b: a dataset is sorted by id; sort it with: jq"),
        (LINES[0] + LINES[1][:300], "line 2 is no record: Invalid JSON"),
        (b"[1]\n", "line 1 is no record: Input should be an object; take the line out, or make the dataset again"),
        (b"\xff\xfe\x00\n", "line 1 is no record"),
        (b"[" * 100_000 + b"\n", "line 1 is no record"),
        (LINES[0].replace(b'"year":null', b'"year":"x"'), "line 1 is no record: year: Input should be a valid integer"),
        (LINES[0].replace(b'"year"', b'"\\u001b[31m\\u202e"'), "line 1 is no record: "),
    ],
)  # fmt: skip
def test_a_file_that_is_no_dataset_is_named_with_its_line_and_what_to_do(
    data: bytes, words: str, tmp_path: Path
) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(data)
    with pytest.raises(DatasetUnreadable) as caught:
        list(Dataset([path]).events())
    said = str(caught.value)
    assert said.startswith(f"{path}: {words}")
    assert said.isprintable()
    assert len(said) < 400


@pytest.mark.parametrize("when", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
@pytest.mark.parametrize("field", ["starts_at", "ends_at"])
def test_a_time_that_utc_cannot_tell_is_named(when: str, field: str, tmp_path: Path) -> None:
    dataset = dataset_of(tmp_path, event(screenings=[screening(**{field: when})]))
    with pytest.raises(DatasetUnreadable, match="line 1 is no record: festival:here has a time that is out of bounds"):
        list(dataset.events())


def test_an_empty_file_is_an_empty_dataset(tmp_path: Path) -> None:
    dataset = dataset_of(tmp_path)
    assert (list(dataset.events()), dataset.sources, dataset.as_of) == ([], [], "1970-01-01T00:00:00Z")
