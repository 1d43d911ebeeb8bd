"""Which runs may go, and how they go.

The policy. No WARC file is ever rewritten. A run stays whole

1. while it is younger than the limit, counted from its end;
2. while it is not over: killed, or still going on; and while the next run may go on where it was interrupted;
3. while the dataset needs it: a record comes from it (``provenance.run_id``) or names one of its WARC records, or
   it is the run that published the dataset;
4. while it holds the newest capture of a body: of what one address answered with one status, one payload digest
   and, for a redirect, one target. Newest is the latest ``WARC-Date``; of equal ones, that of the later run.
   Captures of runs that are not over supersede nothing;
5. while it holds the body of a revisit record in a run that stays;
6. while a part of it cannot be read, or cannot be compared: a damaged record, a capture without a digest.

All others may go: what they hold was captured again, body for body, by a run that stays. Of a run that published only
the captures go: of what it read the ledger is made, and has to be made again if need be.
"""

import json
import os
import re
import shutil
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Literal

from filmscrape.archive.cdxj import INDEXED, timestamp
from filmscrape.archive.index import INDEX
from filmscrape.archive.manifest import CHECKSUMS, file_sha256, leave_out
from filmscrape.archive.members import Flaw, WarcRecord, walk
from filmscrape.archive.verification import publisher
from filmscrape.runs.ledger import Ledger
from filmscrape.runs.publish import sync
from filmscrape.runs.resume import CUT_OFF
from filmscrape.runs.stored import LEDGER, StoredRun

TRASH = ".removed"
"""Folder beside ``runs`` to which a run is moved before its files are deleted."""
_DAYS = {"d": 1, "w": 7, "m": 30, "y": 365}
_KEEP = re.compile(r"([0-9]{1,6})([dwmy])")


class CannotDecide(Exception):  # noqa: N818 - named for what is the case
    """What must not go cannot be told; the message says why."""


def read_keep(text: str) -> timedelta:
    """Read how long runs stay whole: ``90d``, ``12w``, ``6m`` (months of 30 days), ``1y`` (of 365 days).

    :raises ValueError: with one line for the user.
    """
    found = _KEEP.fullmatch(text.strip().lower())
    if found is None:
        raise ValueError(f"--keep {text!r} is no time: write 90d, 12w, 6m or 1y")
    return timedelta(days=int(found[1]) * _DAYS[found[2]])


@dataclass(frozen=True)
class Decision:
    """What is to become of one run.

    :ivar fate: ``thin`` for a run of which the captures may go, and nothing else.
    :ivar reason: why it stays, or why it may go.
    :ivar size: bytes of its files.
    :ivar freed: bytes of those that may go.
    """

    run: StoredRun
    fate: Literal["stay", "thin", "go"]
    reason: str
    size: int
    freed: int

    @property
    def stays(self) -> bool:
        """Whether nothing of it may go."""
        return self.fate == "stay"


def decide(
    runs: list[StoredRun], dataset: Path, keep: timedelta, now: datetime, *, resume_within: timedelta
) -> list[Decision]:
    """Apply the policy to the runs of one source.

    Memory holds some 200 bytes for each distinct body, and for each record of the largest run.

    :param runs: all runs of the source, the oldest first.
    :param dataset: the published dataset.
    :param keep: how long runs stay whole.
    :param now: the time to count from, aware.
    :param resume_within: how long a run may go on with an interrupted one.
    :raises CannotDecide: the dataset is missing or damaged.
    :raises OSError: where a file cannot be read.
    """
    facts = _Facts(runs)
    needed = _Needed.by(dataset, publisher(runs))
    for at in reversed(range(len(runs))):
        facts.scan(at, needed)
    facts.settle()
    stays = {at: reason for at, run in enumerate(runs) if (reason := _own_reason(run, keep, now, resume_within))}
    stays |= {at: reason for at, reason in facts.reasons(needed).items() if at not in stays}
    for at, target in facts.followed(set(stays)):
        stays.setdefault(target, f"holds bodies that {runs[at].id} refers to")
    return [_decision(run, stays.get(at), facts.why_not(at)) for at, run in enumerate(runs)]


def check_published(dataset: Path) -> None:
    """Make sure that a dataset, which says what is needed, is the one that was published last.

    :raises CannotDecide: it is not: it was changed, or a run was killed before it put it in its place.
    :raises LedgerUnusable: the ledger beside it, which knows, cannot be read.
    :raises OSError: where a file cannot be read.
    """
    path = dataset.with_name(LEDGER)
    if not path.exists():
        return
    with closing(Ledger(path, read_only=True)) as ledger, ledger.guarded():
        published = ledger.last_published()
    if published and (not dataset.is_file() or file_sha256(dataset) != published[1]):
        raise CannotDecide(f"{dataset} is not the one that {LEDGER} has of run {published[0]}; the next run puts it in "
                           "its place, or scrapy rebuild does")  # fmt: skip


def _decision(run: StoredRun, stays: str | None, goes: str) -> Decision:
    size = size_of(run.path)
    if stays:
        return Decision(run, "stay", stays, size, 0)
    if not run.published_sha256:
        return Decision(run, "go", goes, size, size)
    freed = sum(path.stat().st_size for path in captures_of(run))
    if not freed:
        return Decision(run, "stay", "the ledger is made of what it read; it holds no captures", size, 0)
    return Decision(run, "thin", goes, size, freed)


def _own_reason(run: StoredRun, keep: timedelta, now: datetime, resume_within: timedelta) -> str | None:
    if run.ended is None:
        return "is not over: killed, or still going on"
    if run.report.get("exit_code") in CUT_OFF and run.started is not None and now - run.started <= resume_within:
        return "was interrupted, and the next run goes on with it"
    return "is younger than the limit" if now - run.ended < keep else None


def size_of(folder: Path) -> int:
    """Sum up the bytes of a folder's files."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_dir())


# ------------------------------------------------------------------ what the dataset needs
@dataclass
class _Needed:
    """Runs and WARC records that a dataset names."""

    runs: set[str] = field(default_factory=set)
    records: set[str] = field(default_factory=set)

    @classmethod
    def by(cls, dataset: Path, published: StoredRun | None) -> "_Needed":
        needed = cls()
        if published is not None:
            needed.runs.add(published.id)
            if not dataset.is_file():
                raise CannotDecide(f"{dataset} is missing although run {published.id} published it")
        if dataset.is_file():
            with dataset.open("rb") as lines:
                for number, line in enumerate(lines, 1):
                    needed.read(line, f"{dataset}: line {number}")
        return needed

    def read(self, line: bytes, place: str) -> None:
        """Note what a line of the dataset names."""
        try:
            provenance = json.loads(line)["provenance"]
            self.runs.add(str(provenance["run_id"]))
            if record_id := provenance["warc_record_id"]:
                self.records.add(str(record_id))
        except (ValueError, KeyError, TypeError):
            raise CannotDecide(
                f"{place} is no record, so nobody knows what it needs (scrapy verify tells more)"
            ) from None


# ------------------------------------------------------------------ what the runs hold
def _key(*parts: object) -> bytes:
    return blake2b("\n".join(map(str, parts)).encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _identity(record: WarcRecord) -> bytes:
    """What makes two captures captures of one body."""
    status = 200 if record.http_status == 304 and record.digest else record.http_status  # not modified: as before
    return _key(record.url, status, record.digest.lower(), record.http_headers.get("location", ""))


class _Facts:
    """What the captures of all runs say; runs are named by their place in the list."""

    def __init__(self, runs: list[StoredRun]) -> None:
        self._runs = runs
        self._newest: dict[bytes, tuple[str, int]] = {}  # identity → when captured, run
        self._bodies: dict[bytes, int] = {}  # payload digest → the newest run that holds the body itself
        self._wanted: dict[bytes, dict[int, bytes]] = {}  # capture that revisits refer to → runs, and its digest
        self._refers: dict[int, set[int]] = defaultdict(set)
        self._captures: dict[int, int] = defaultdict(int)
        self._unclear: dict[int, str] = {}
        self._named: dict[int, int] = defaultdict(int)

    def scan(self, at: int, needed: _Needed) -> None:
        """Read the captures of a run; runs are to be scanned from the newest to the oldest."""
        flaws: list[Flaw] = []
        held: set[bytes] = set()
        for warc in self._runs[at].warcs:
            for record in walk(warc, flaws):
                self._named[at] += record.id in needed.records
                if record.faults:
                    flaws.append(Flaw(record.offset, record.length, record.faults[0]))
                elif record.type in INDEXED:
                    self._captures[at] += 1
                    self._take(at, record, held)
        if flaws:
            self._unclear[at] = "holds damaged records (scrapy verify tells which)"

    def _take(self, at: int, record: WarcRecord, held: set[bytes]) -> None:
        if self._runs[at].is_finished:
            capture = (timestamp(record.date), at)
            identity = _identity(record)
            self._newest[identity] = max(self._newest.get(identity, capture), capture)
        digest = _key(record.digest.lower())
        if record.type == "revisit":
            target = self._target(record)
            if target not in held:
                self._wanted.setdefault(target, {})[at] = digest
            return
        if not record.digest:
            self._unclear.setdefault(at, "holds captures without a digest")
        self._bodies.setdefault(digest, at)
        for key in (_key(record.id), _key(record.url, timestamp(record.date))):
            held.add(key)
            for wanting in self._wanted.pop(key, {}):
                self._refers[wanting].add(at)

    @staticmethod
    def _target(record: WarcRecord) -> bytes:
        """The capture that a revisit refers to: by its record, else by address and date."""
        if record_id := record.headers.get("warc-refers-to"):
            return _key(record_id)
        url = record.headers.get("warc-refers-to-target-uri", record.url).strip("<>")
        return _key(url, timestamp(record.headers.get("warc-refers-to-date", "")))

    def settle(self) -> None:
        """Find another holder of the body for revisits whose own target is nowhere; called when all is scanned."""
        for wanting in self._wanted.values():
            for at, digest in wanting.items():
                if (holder := self._bodies.get(digest)) is not None:
                    self._refers[at].add(holder)

    def reasons(self, needed: _Needed) -> dict[int, str]:
        """Tell which runs stay for what they hold."""
        found = dict(self._unclear)
        newest: dict[int, int] = defaultdict(int)
        for _, at in self._newest.values():
            newest[at] += 1
        for at, count in newest.items():
            found[at] = f"holds the newest capture of {count} bod{'y' if count == 1 else 'ies'}"
        for at, run in enumerate(self._runs):
            if run.id in needed.runs or self._named[at]:
                found[at] = "the dataset comes from it"
        return found

    def followed(self, stay: set[int]) -> Iterator[tuple[int, int]]:
        """Follow the revisits of runs that stay: which run refers to which."""
        ahead, seen = sorted(stay, reverse=True), set(stay)
        while ahead:
            at = ahead.pop(0)
            for target in sorted(self._refers[at] - seen):
                seen.add(target)
                ahead.append(target)
                yield at, target

    def why_not(self, at: int) -> str:
        """Say why a run may go that nothing holds."""
        count = self._captures[at]
        if not count:
            return "holds no captures"
        return "its capture was made again later" if count == 1 else f"its {count} captures were all made again later"


# ------------------------------------------------------------------ removing
def captures_of(run: StoredRun) -> list[Path]:
    """The files of a run that go when it is thinned: its captures, and what lists them, which goes first."""
    return [*run.path.glob(INDEX), *run.warcs]


def thin(run: StoredRun) -> None:
    """Remove the captures of a run, and leave what was read of them.

    A process that is killed here leaves a sound run, with its captures or with some or none of them: the list of
    checksums is the first to forget them. Thinning once more finishes it.

    :raises OSError: where a file cannot be moved or deleted, or the list not written.
    """
    paths = captures_of(run)
    if (run.path / CHECKSUMS).is_file():
        leave_out(run.path, [path.name for path in paths])
    trash = run.path.parent.parent / TRASH / run.id
    trash.mkdir(parents=True, exist_ok=True)
    for path in paths:
        os.rename(path, trash / path.name)
    sync(trash)
    sync(run.path)
    empty_trash(run.path.parent.parent)


def remove(run: StoredRun) -> None:
    """Remove a run: out of ``runs`` at one stroke, then file by file.

    A process that is killed here leaves the run whole, or leaves it in :data:`TRASH`, where :func:`empty_trash`
    finds it.

    :raises OSError: where the folder cannot be moved or deleted.
    """
    trash = run.path.parent.parent / TRASH
    trash.mkdir(exist_ok=True)
    os.rename(run.path, trash / run.id)
    sync(trash)
    sync(run.path.parent)
    empty_trash(run.path.parent.parent)


def trash_of(source_folder: Path) -> list[Path]:
    """List what a removal that was cut off left behind."""
    trash = source_folder / TRASH
    return sorted(trash.iterdir()) if trash.is_dir() else []


def empty_trash(source_folder: Path) -> None:
    """Delete what was moved to the trash.

    :raises OSError: where it cannot be deleted.
    """
    for path in trash_of(source_folder):
        shutil.rmtree(path)
    if (source_folder / TRASH).is_dir():
        (source_folder / TRASH).rmdir()
