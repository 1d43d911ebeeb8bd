"""How a worker comes to take part in a run: the one that is going on, or one that it begins."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic, sleep

from filmscrape.fleet.board import Board, Mission
from filmscrape.runs.folder import new_run_id
from filmscrape.runs.lock import SourceLock, SourceLocked
from filmscrape.runs.outcome import CannotBegin, Outcome
from filmscrape.runs.recovery import open_ledger
from filmscrape.runs.stored import RUNS

_LOOK_AGAIN = 0.2  # seconds
_PATIENCE = 60  # seconds that a worker waits for the lock of the source: somebody may just be publishing


def share_lock(folder: Path) -> SourceLock:
    """Have a source together with the other workers; whoever comes first sets its ledger in order.

    :param folder: of the source.
    :raises SourceLocked: somebody else changes it.
    """
    holder = f"scrapy crawl {folder.name}, a fleet's worker"
    until = monotonic() + _PATIENCE
    while True:
        try:
            alone = SourceLock(folder, holder)
        except SourceLocked:
            pass
        else:
            try:
                open_ledger(folder).close()
            finally:
                alone.release()
        try:
            return SourceLock(folder, holder, shared=True)
        except SourceLocked:
            if monotonic() > until:
                raise
        sleep(_LOOK_AGAIN)


def take_part(board: Board, folder: Path, arguments: dict[str, str], within: timedelta) -> Mission:
    """Take part in the run that is going on, else begin one.

    :param folder: of the source.
    :param arguments: of the spider.
    :param within: how old a run may be that nobody works on and this worker goes on with.
    :raises CannotBegin: another crawl is going on, or this one elsewhere, or it is over.
    """
    now = datetime.now(UTC)
    mine = Mission(new_run_id(now), now.isoformat(timespec="milliseconds"), arguments)
    path = folder / RUNS / mine.id
    if not board.is_going_on():
        path.mkdir(parents=True)  # before others can be told of it
    try:
        found = board.join(mine)
        if _is_given_up(board, folder / RUNS / found.id, now - datetime.fromisoformat(found.started) > within):
            path.mkdir(parents=True, exist_ok=True)
            board.forget(found.id)
            found = board.join(mine)
    finally:
        if not board.is_of(mine) and path.is_dir():
            path.rmdir()
    return found


def _is_given_up(board: Board, run: Path, is_old: bool) -> bool:
    """Whether nobody works on a run, and it is too old to be gone on with, or somebody removed its folder.

    :raises CannotBegin: it is going on elsewhere.
    """
    is_here, others = run.is_dir(), board.present()
    if others and not is_here:
        raise CannotBegin(
            Outcome.CANNOT_WRITE,
            f"the folder of the run that is going on, {run}, is not here: all workers need the same OUTPUT_DIR, on a"
            " disk that they share",
        )
    return not others and (is_old or not is_here)
