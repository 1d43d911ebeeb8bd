"""Open a source's ledger whatever the last process left behind, and make it again from the runs where it is lost."""

import json
import logging
import os
import shutil
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from errno import EIO
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import shorten

from filmscrape.archive.manifest import CHECKSUMS, file_sha256, write_checksums
from filmscrape.logs import logfmt
from filmscrape.records import Event
from filmscrape.runs.faults import LedgerDamaged, LedgerOutdated, RunUnreadable
from filmscrape.runs.films import address_of
from filmscrape.runs.folder import RunFolder, finish_report
from filmscrape.runs.joining import join_run
from filmscrape.runs.ledger import Ledger
from filmscrape.runs.lock import SourceLock
from filmscrape.runs.publish import draft_path, put_in_place, sync, write_draft
from filmscrape.runs.readings import READINGS, RunFacts, RunNotes, page_reading, write_readings
from filmscrape.runs.spool import Spool
from filmscrape.runs.stored import EVENTS, LEDGER, PARTS, REPORT, RUNS, StoredRun, runs_of
from filmscrape.runs.versions import versions

_LONGEST_REASON = 200  # characters, on one line

logger = logging.getLogger(__name__)


def open_ledger(folder: Path) -> Ledger:
    """Open the ledger of a source, and finish what a killed process left undone.

    A ledger that is missing, damaged or of an older version is made again from the runs. For whoever holds the
    source's lock.

    :param folder: ``<output>/<source>``.
    :raises LedgerTooNew: a newer version of the program made it.
    :raises RunUnreadable: it has to be made again, and a run cannot be read.
    :raises OSError: where the folder cannot be read or written.
    """
    path = folder / LEDGER
    if not path.exists():
        if runs_of(folder.parent, folder.name) or (folder / EVENTS).exists():
            rebuild(folder)
        return finished(Ledger(path), folder)
    ledger: Ledger | None = None
    try:
        ledger = Ledger(path)
        with ledger.guarded():
            ledger.check()
            if ledger.runs() or not (folder / EVENTS).exists():
                return finished(_caught_up(ledger, folder), folder)
        ledger.close()  # an empty one beside a dataset: what it held is lost
    except (LedgerDamaged, LedgerOutdated) as fault:
        if ledger is not None:
            ledger.close()
        aside = put_aside(path, fault)
        logger.warning(
            "%s", logfmt("ledger made again", reason=fault, next=f"nothing; the old file is {aside} and may be removed")
        )
    rebuild(folder)
    return finished(Ledger(path), folder)


def put_aside(path: Path, fault: LedgerDamaged | LedgerOutdated) -> Path:
    """Give a ledger another name, by which it is known what is the matter with it, and tell which."""
    aside = path.with_name(f"{LEDGER}.{fault.aside}")
    os.replace(path, aside)
    return aside


def look_at_ledger(folder: Path) -> Ledger:
    """Open the ledger of a source to look things up; only one that is missing is made first.

    :raises LedgerUnusable: the file is damaged, or of another version.
    :raises SourceLocked: the ledger is missing, and another process is at work.
    :raises OSError: where the folder cannot be read or written.
    """
    path = folder / LEDGER
    if not path.exists():
        lock = SourceLock(folder, "making the ledger")
        try:
            open_ledger(folder).close()
        finally:
            lock.release()
    return Ledger(path, is_new=False)


# ------------------------------------------------------------------ what was left undone
def _caught_up(ledger: Ledger, folder: Path) -> Ledger:
    """Join the runs that were published after the last one that the ledger knows: it came out of a backup."""
    newest = max(ledger.runs(), default="")
    for run in published_runs(folder):
        if run.id > newest:
            merge_stored(ledger, run)
            ledger.close()  # each run comes with a connection of its own, which SQLite counts in the file
            ledger = Ledger(folder / LEDGER)
    return ledger


def finished(ledger: Ledger, folder: Path) -> Ledger:
    """Put the drafts of the run that was committed last in their places, and remove all others.

    For whoever holds the source's lock.

    :raises OSError: where the folder cannot be read or written.
    """
    dataset = folder / EVENTS
    published = ledger.last_published()
    if published is not None:
        run, digest = published
        if not dataset.is_file() or file_sha256(dataset) != digest:
            _restore(ledger, dataset, run, digest)
        _finish_run(folder / RUNS / run)
    for draft in folder.glob(f".{EVENTS}.*"):
        draft.unlink()
    return ledger


def _restore(ledger: Ledger, dataset: Path, run: str, digest: str) -> None:
    draft = draft_path(dataset, run)
    if not draft.is_file() or file_sha256(draft) != digest:
        write_draft(ledger.lines(), draft)
    put_in_place(draft, dataset)
    logger.warning("%s", logfmt("dataset put in its place", file=dataset, run=run, next="nothing: the run was cut off"))


def _finish_run(folder: Path) -> None:
    if not folder.is_dir():
        return
    run = StoredRun.read(folder)
    if run.is_finished:
        shutil.rmtree(folder / PARTS, ignore_errors=True)  # of a worker that was killed when it had published
    if not run.is_finished and (folder / f".{REPORT}").is_file():
        finish_report(folder, is_over=True)
    elif run.is_finished and not (folder / CHECKSUMS).is_file():
        write_checksums(folder)


# ------------------------------------------------------------------ from the runs
def rebuild(folder: Path) -> None:
    """Make the ledger of a source again from the folders of its runs, in their order.

    The same runs give the same ledger, to the byte. What is published and no run tells of is taken as it stands, as a
    run of its own. For whoever holds the source's lock.

    :raises OSError: where a run cannot be read, or the ledger not written.
    """
    draft = folder / f".{LEDGER}"
    write_ledger(published_runs(folder), draft)
    replace_ledger(folder, draft)


def write_ledger(runs: Iterable[StoredRun], target: Path) -> None:
    """Make a ledger of runs, in a file of its own.

    :param runs: the oldest first.
    :raises OSError: where a run cannot be read, or the file not written; nothing is left of it then.
    """
    _remove(target)
    try:
        Ledger(target).close()
        for run in runs:
            ledger = Ledger(target)  # each run opened it for itself, which SQLite counts in the file
            try:
                merge_stored(ledger, run)
            finally:
                ledger.close()
    except BaseException:
        _remove(target)
        raise


def replace_ledger(folder: Path, draft: Path) -> None:
    """Put a ledger that was made again in its place, and join to it what is published and no run tells of.

    :raises LedgerDamaged: what is published and no run tells of cannot be read.
    :raises OSError: where the folder cannot be written.
    """
    ledger = Ledger(draft)
    try:
        _adopt(ledger, folder)  # before it counts: a ledger in its place knows all that is published
    finally:
        ledger.close()
    path = folder / LEDGER
    # The old file goes before what SQLite keeps beside it: that would be damage to the new one, and without it the old
    # one would seem whole and lack its last runs. Killed in between, the next one finds none and makes it again.
    _remove(path)
    os.replace(draft, path)
    sync(folder)


def published_runs(folder: Path, joined: Collection[str] = ()) -> list[StoredRun]:
    """The runs that the dataset is made of, the oldest first.

    :param joined: runs that a ledger holds. Of these one may not be over yet: it was killed after it was joined, and
        what its ``run.json`` is to say is drafted.
    """
    runs = [drafted(run) if run.id in joined else run for run in runs_of(folder.parent, folder.name)]
    return [run for run in runs if run.is_finished and run.published_sha256]


def drafted(run: StoredRun) -> StoredRun:
    """Take a run that was killed for what it was about to say of itself."""
    if run.is_finished:
        return run
    try:
        return StoredRun(run.path, dict(json.loads((run.path / f".{REPORT}").read_bytes())))
    except (OSError, ValueError, TypeError):
        return run


def merge_stored(ledger: Ledger, run: StoredRun) -> None:
    """Join a run to the ledger from its folder.

    :raises RunUnreadable: its readings cannot be read.
    :raises OSError: where the ledger cannot be written.
    """
    readings = run.path / READINGS
    published = run.report["published"]
    try:
        with _readings_of(run) as told, ledger.transaction():
            for _ in ledger.merge(told):
                pass
            ledger.note_published(run.id, published["sha256"], published["bytes"])
    except ValueError as fault:
        raise RunUnreadable(EIO, shorten(str(fault), _LONGEST_REASON), str(readings)) from fault
    except OSError as fault:
        if Path(str(fault.filename or "")).parent != run.path:
            raise
        raise RunUnreadable(fault.errno, fault.strerror, str(fault.filename)) from fault


@contextmanager
def _readings_of(run: StoredRun) -> Iterator[Path]:
    """The file of what a run read; of a run of an older version, that published without one, made of its events."""
    readings = run.path / READINGS
    if readings.exists():
        yield readings
        return
    lines = run.events.read_bytes().splitlines(keepends=True) if run.events.is_file() else []
    with TemporaryDirectory() as folder:
        made = Path(folder) / READINGS
        _write_adopted(made, lines, run.id)
        yield made


def _write_adopted(readings: Path, lines: Iterable[bytes], run_id: str) -> int:
    """Write records that were published before as what a run read; the answer is of how many addresses they are."""
    spool = Spool(readings.with_name("spool.jsonl"))
    for line in lines:
        with suppress(ValueError, KeyError, TypeError):
            spool.add_line(page_reading(address_of(str(json.loads(line)["id"])), line).id, True, line)
    write_readings(readings, spool, RunNotes(RunFacts(run_id, is_live=False, is_complete=False)))
    spool.remove()
    return spool.unique


def _adopt(ledger: Ledger, folder: Path) -> None:
    """Take what the published dataset holds and the runs do not tell of as a run of its own: no event leaves it.

    Such a run also publishes what a ledger gives that other rules made of the same readings.
    """
    dataset = folder / EVENTS
    missing = _missing(ledger, dataset) if dataset.is_file() else []
    if missing:
        run = _publish(ledger, folder, missing)
        logger.warning("%s", logfmt("events taken from the dataset", number=len(missing), run=run,
                                    next="nothing: no run in this folder tells of them"))  # fmt: skip
    elif (published := ledger.last_published()) and published[1] != _digest_of(ledger):
        run = _publish(ledger, folder, missing)
        logger.warning("%s", logfmt("dataset made by other rules", run=run, next=f"look at {run}/changes.jsonl"))


def _publish(ledger: Ledger, folder: Path, lines: Iterable[bytes]) -> str:
    """Publish in a run of its own, which read records that were published before; the answer is its id."""
    now = datetime.now(UTC)
    run = RunFolder(folder.parent, folder.name, now)
    adopted = _write_adopted(run.readings, lines, run.id)
    moment = now.isoformat(timespec="milliseconds")
    report = {"run_id": run.id, "source": folder.name, "verdict": "accepted", "outcome": "accepted", "exit_code": 0}
    report |= {"message": "", "adopted": adopted, "started": moment, "finished": moment, "counts": {}}
    report |= {"versions": versions(), "dataset": str(run.dataset), "folder": str(run.path)}
    run.close()
    join_run(ledger, run, lambda: report)
    return run.id


def _digest_of(ledger: Ledger) -> str:
    digest = sha256()
    for line in ledger.lines():
        digest.update(line)
    return digest.hexdigest()


def _missing(ledger: Ledger, dataset: Path) -> list[bytes]:
    """The lines of a dataset that a ledger knows nothing of; where some are no records the file is kept aside."""
    found, strange = [], 0
    for line in dataset.read_bytes().splitlines(keepends=True):
        try:
            event_id = Event.model_validate_json(line).id
        except ValueError:
            strange += 1
            continue
        if ledger.line(event_id) is None:
            found.append(line)
    if strange:
        aside = dataset.with_name(f"{dataset.name}.unread")
        shutil.copyfile(dataset, aside)
        logger.warning("%s", logfmt("dataset kept aside", file=dataset, lines_that_are_no_records=strange, copy=aside,
                                    next="repair these lines, or remove the copy"))  # fmt: skip
    return found


def _remove(path: Path) -> None:
    for file in (path, *_beside(path)):
        file.unlink(missing_ok=True)


def _beside(path: Path) -> list[Path]:
    """The files that SQLite keeps beside a database while it is open."""
    return [path.with_name(path.name + ending) for ending in ("-wal", "-shm")]
