"""The runs that lie in an output directory, and what files are called there."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

RUNS = "runs"
LEDGER = "ledger.sqlite"
EVENTS = "events.jsonl"
"""The dataset of a source; in a run's folder the run's own records."""
CHANGES = "changes.jsonl"
REPORT = "run.json"
PARTS = "parts"
"""Folder in a run's, where each of several workers writes into a folder of its own until one gathers it all."""


@dataclass(frozen=True)
class StoredRun:
    """One run's folder, as somebody finds it who did not make it.

    :ivar path: the folder.
    :ivar report: what ``run.json`` says; empty where there is none that can be read.
    """

    path: Path
    report: dict[str, Any]

    @classmethod
    def read(cls, path: Path) -> "StoredRun":
        """Read a run's folder; a ``run.json`` that is missing or damaged makes it an unfinished run."""
        try:
            report = json.loads((path / REPORT).read_bytes())
        except (OSError, ValueError, RecursionError):  # the last: brackets in brackets without end
            report = None
        return cls(path, report if isinstance(report, dict) else {})

    @property
    def id(self) -> str:
        """The run's id, which is the folder's name."""
        return self.path.name

    @property
    def source(self) -> str:
        """The source, which the folder stands under."""
        return self.path.absolute().parent.parent.name

    @property
    def warcs(self) -> list[Path]:
        """The files with the run's captures, by name; none where it kept none.

        Of a run that ended before the parts of its workers were gathered, those in the parts.
        """
        found = [path for path in self.path.glob("*.warc.gz") if path.name[0] != "."]
        return sorted(found or self.path.glob(f"{PARTS}/*/*.warc.gz"))

    @property
    def events(self) -> Path:
        """Where the run's own records are, if it came that far."""
        return self.path / EVENTS

    @property
    def is_finished(self) -> bool:
        """Whether the run came to an end of its own: not killed, and not still going on."""
        return bool(self.report.get("finished"))

    @property
    def started(self) -> datetime | None:
        """When the run began, UTC; ``None`` where nobody wrote it down."""
        return _moment(self.report.get("started"))

    @property
    def ended(self) -> datetime | None:
        """When the run ended, UTC; ``None`` where nobody wrote it down."""
        return _moment(self.report.get("finished"))

    @property
    def published_sha256(self) -> str | None:
        """Digest of the dataset that the run published, in base 16; ``None`` where it published none."""
        published = self.report.get("published")
        return str(published["sha256"]) if isinstance(published, dict) and "sha256" in published else None


def _moment(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        return None


def sources_of(output: Path) -> list[str]:
    """Name the sources that an output directory holds anything of."""
    if not output.is_dir():
        return []
    folders = [path for path in output.iterdir() if path.is_dir() and not path.name.startswith(".")]
    return sorted(path.name for path in folders if (path / RUNS).is_dir() or (path / EVENTS).is_file())


def runs_of(output: Path, source: str) -> list[StoredRun]:
    """List the runs of a source, the oldest first."""
    folder = output / source / RUNS
    if not folder.is_dir():
        return []
    return [StoredRun.read(path) for path in sorted(folder.iterdir()) if path.is_dir() and path.name[0] != "."]


def find_run(output: Path, name: str) -> StoredRun:
    """Find a run by its id, by its folder, or by its source, whose newest run with captures it is then.

    :raises LookupError: with one line for the user.
    """
    sources = sources_of(output)
    if name in sources:
        kept = [run for run in runs_of(output, name) if run.is_finished and run.warcs]
        if not kept:
            raise LookupError(f"no run of {name} in {output} is over and kept its pages")
        return kept[-1]
    for source in sources:
        if name[:1] not in ("", ".") and "/" not in name and (output / source / RUNS / name).is_dir():
            return StoredRun.read(output / source / RUNS / name)
    folder = Path(name) if Path(name).name not in ("", "..") else Path(os.path.abspath(name))
    if name and (folder / REPORT).is_file():
        return StoredRun.read(folder)
    known = ", ".join(sources) or "none"
    raise LookupError(f"{name!r} is no run, no run's folder and no source of {output} (sources: {known})")


def runs_beside(run: StoredRun) -> list[StoredRun]:
    """List the other runs of a run's source, the oldest first."""
    folder = run.path.absolute().parent
    return [other for other in runs_of(folder.parent.parent, folder.parent.name) if other.id != run.id]


# ------------------------------------------------------------------ who is at work
class RunsInUse(Exception):  # noqa: N818 - named for what is the case
    """A run of the source is going on."""


def hold_runs(source_folder: Path) -> int | None:
    """Say that a run of a source is going on, until the descriptor is closed or the process ends.

    Waits while :func:`alone_with_runs` is at work.

    :param source_folder: ``<output>/<source>``, with its folder of runs.
    :return: a descriptor; ``None`` where the file system knows no locks.
    """
    descriptor = os.open(source_folder / RUNS, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


@contextmanager
def alone_with_runs(source_folder: Path) -> Iterator[None]:
    """Have the runs of a source for oneself: none is going on, and none begins.

    :raises RunsInUse: a run is going on.
    :raises OSError: the file system knows no locks.
    """
    descriptor = os.open(source_folder / RUNS, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RunsInUse(source_folder.name) from None
        yield
    finally:
        os.close(descriptor)
