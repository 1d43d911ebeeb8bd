"""Compute again what runs and datasets say of themselves: checksums, records, references."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from filmscrape.archive.manifest import CHECKSUMS, Fault, check_files, file_sha256
from filmscrape.archive.members import Flaw, WarcRecord, walk
from filmscrape.records import Event
from filmscrape.runs.recovery import drafted
from filmscrape.runs.stored import REPORT, StoredRun

_SHOWN = 20  # faults of one file that are kept; a wrecked file has as many as it has lines


@dataclass
class Checked:
    """What came of checking one run or one dataset.

    :ivar path: the run's folder, or the dataset.
    :ivar records: WARC records, or lines.
    :ivar size: bytes that were read of the files named here.
    :ivar faults: what is wrong; at most twenty of one file.
    :ivar unshown: faults beyond those.
    :ivar notes: what is to be known and is nothing wrong.
    """

    path: Path
    records: int = 0
    size: int = 0
    faults: list[Fault] = field(default_factory=list)
    unshown: int = 0
    notes: list[str] = field(default_factory=list)

    @property
    def wrong(self) -> int:
        """How many things are wrong."""
        return len(self.faults) + self.unshown

    def add(self, fault: Fault) -> None:
        """Note a fault."""
        if sum(known.path == fault.path for known in self.faults) < _SHOWN:
            self.faults.append(fault)
        else:
            self.unshown += 1


class References:
    """The WARC records that a dataset and revisits refer to, crossed off as they are found.

    Some 150 bytes of memory for each record of the dataset, and for each body that is referred to.
    """

    def __init__(self) -> None:
        self._lines: dict[str, int] = {}
        self._revisits: dict[str, list[tuple[Path, int]]] = {}

    def expect(self, record_id: str, line: int) -> None:
        """Note what a line of the dataset refers to."""
        self._lines.setdefault(record_id, line)

    def expect_body(self, record_id: str, warc: Path, offset: int) -> None:
        """Note what a revisit refers to."""
        self._revisits.setdefault(record_id, []).append((warc, offset))

    def found(self, record_id: str) -> None:
        """Cross off a record."""
        self._lines.pop(record_id, None)
        self._revisits.pop(record_id, None)

    def missing_from(self, dataset: Path) -> Iterator[Fault]:
        """Name the lines whose record was not found, once all runs were checked."""
        for line, record_id in sorted((line, record_id) for record_id, line in self._lines.items()):
            yield Fault(
                dataset, f"line {line}", f"provenance.warc_record_id {record_id}: expected in a run's WARC file"
            )

    def bodies_missing(self) -> Iterator[Fault]:
        """Name the revisits whose body was not found, once all runs were checked."""
        found = [(*place, record_id) for record_id, places in self._revisits.items() for place in places]
        for warc, offset, record_id in sorted(found):
            yield Fault(warc, f"offset {offset}", f"a revisit of {record_id}: expected in a run's WARC file")


# ------------------------------------------------------------------ runs
def check_run(run: StoredRun, references: References) -> Checked:
    """Check one run: its files by ``SHA256SUMS``, every record of its WARC files, and what it says of itself.

    A run without an end (killed, or still going on) has no checksums yet and may have a torn tail, which is no fault.

    :param references: gets the records that are there crossed off, and those that revisits need noted; so later runs
        are to be checked before earlier ones.
    :raises OSError: where a file that is there cannot be read.
    """
    checked = Checked(run.path)
    if not run.is_finished:
        checked.notes.append("not over: killed, or still going on; there are no checksums yet")
    elif not (run.path / CHECKSUMS).is_file():
        checked.add(Fault(run.path / CHECKSUMS, "", "missing; expected, since the run is over"))
    else:
        for fault in check_files(run.path):
            checked.add(fault)
    checked.size = sum(path.stat().st_size for path in run.path.iterdir() if path.is_file())
    held: set[str] = set()
    for warc in run.warcs:
        _check_warc(warc, run.is_finished, checked, references, held)
    _check_report(run, checked)
    return checked


def _check_warc(path: Path, is_finished: bool, checked: Checked, references: References, held: set[str]) -> None:
    """Check the records of a file; ``held`` are the responses that the run was seen to hold."""
    flaws: list[Flaw] = []
    for record in walk(path, flaws):
        checked.records += 1
        for fault in (*record.faults, *_odd(record)):
            checked.add(Fault(path, f"offset {record.offset}", fault))
        if record.faults:
            continue
        references.found(record.id)
        target = record.headers.get("warc-refers-to")
        if record.type == "revisit" and target and target not in held:
            references.expect_body(target, path, record.offset)
        elif record.type == "response":
            held.add(record.id)
    for flaw in flaws:
        if flaw.torn and not is_finished:
            checked.notes.append(f"{path.name} ends with a torn record: {flaw.length} bytes at offset {flaw.offset}")
        else:
            expected = f"{flaw.reason}; expected a whole record in these {flaw.length} bytes"
            checked.add(Fault(path, f"offset {flaw.offset}", expected))


def _odd(record: WarcRecord) -> Iterator[str]:
    """Name the fields that every record must have and this one lacks (WARC 1.1, 5.1)."""
    for name in ("WARC-Type", "WARC-Record-ID", "WARC-Date"):
        if not record.headers.get(name.lower()):
            yield f"the record has no {name}"


def _check_report(run: StoredRun, checked: Checked) -> None:
    """Look at a run's ``run.json``: a file that is there and is no JSON object is at fault."""
    path = run.path / REPORT
    if not run.report and path.is_file():
        try:
            json.loads(path.read_bytes())
        except ValueError as fault:
            checked.add(Fault(path, "", f"no JSON: {fault}"))
        else:
            checked.add(Fault(path, "", "expected a JSON object"))


# ------------------------------------------------------------------ datasets
def check_dataset(path: Path, runs: list[StoredRun], references: References) -> Checked:
    """Check a dataset but for its references: each line a valid record, sorted, once, and the bytes as published.

    :param runs: all runs of the source, the oldest first.
    :param references: gets the WARC records that the lines refer to.
    :raises OSError: where the file cannot be read.
    """
    checked = Checked(path, size=path.stat().st_size)
    before = ""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            checked.records += 1
            place = f"line {number}"
            if not line.endswith(b"\n"):
                checked.add(Fault(path, place, "cut off: expected a newline at its end"))
            event = _event(line)
            if isinstance(event, str):
                checked.add(Fault(path, place, event))
                continue
            if event.id <= before:
                what = "is there twice" if event.id == before else f"stands behind {before}"
                checked.add(Fault(path, place, f"{event.id} {what}; expected ids in order, each once"))
            before = max(before, event.id)
            if event.provenance.warc_record_id:
                references.expect(event.provenance.warc_record_id, number)
    _check_published(path, runs, checked)
    return checked


def _event(line: bytes) -> Event | str:
    """Read a line, or say why it is no record."""
    try:
        return Event.model_validate_json(line)
    except ValidationError as fault:
        first = fault.errors(include_url=False, include_context=False, include_input=False)[0]
        name = ".".join(map(str, first["loc"]))
        more = f" (and {fault.error_count() - 1} more)" if fault.error_count() > 1 else ""
        return f"no valid record: {name + ': ' if name else ''}{first['msg']}{more}"


def _check_published(path: Path, runs: list[StoredRun], checked: Checked) -> None:
    """Hold the dataset against what the run noted that published it."""
    found = file_sha256(path)
    newest = publisher(runs)
    if newest is not None and newest.published_sha256 == found:
        return
    # Killed between putting the dataset in its place and saying so: it is whole, and the run's.
    since = [drafted(run) for run in runs if not run.is_finished and (newest is None or run.id > newest.id)]
    for run in since:
        if run.published_sha256 == found:
            checked.notes.append(f"published by {run.id}, which was killed before it could note it")
            return
    if newest is None:
        checked.add(Fault(path, "", f"sha256 is {found}; no run that is here published it"))
    else:
        expected = f"sha256 is {found}, expected {newest.published_sha256} as run {newest.id} published it"
        checked.add(Fault(path, "", expected))


def missing_dataset(path: Path, published: StoredRun) -> Checked:
    """What there is to say of a dataset that was published and is not there."""
    checked = Checked(path)
    checked.add(
        Fault(path, "", f"missing; expected sha256 {published.published_sha256} as run {published.id} published it")
    )
    return checked


def publisher(runs: list[StoredRun]) -> StoredRun | None:
    """Find the run that published last."""
    return next((run for run in reversed(runs) if run.published_sha256), None)
