"""Why a dataset could not be written in another shape: the exit code, and one line that ends with what to do next."""

from pathlib import Path

from filmscrape.exports.claim import FolderInUse
from filmscrape.exports.reading import DatasetUnreadable
from filmscrape.exports.whole import FolderOfOthers
from filmscrape.runs.faults import LedgerTooNew, LedgerUnusable
from filmscrape.runs.outcome import Outcome

FAILURES = (FolderInUse, FolderOfOthers, DatasetUnreadable, LedgerUnusable, OSError)
"""What can go wrong that is no fault of the program."""


def told(fault: Exception, folder: Path) -> tuple[Outcome, str]:
    """Say of one of :data:`FAILURES` how that ends.

    :param folder: where was to be written.
    """
    if isinstance(fault, OSError):
        what = f"{fault.filename or folder}: {fault.strerror or fault}"
        return Outcome.CANNOT_WRITE, f"{what}; make room or name another folder with --output"
    if isinstance(fault, LedgerTooNew):
        return fault.outcome, f"{fault}; {fault.remedy}"
    if isinstance(fault, LedgerUnusable):
        remedy = "make it again with scrapy rebuild, or move it away: history is left out"
        return fault.outcome, f"{fault}; {remedy}"
    if isinstance(fault, DatasetUnreadable):
        return Outcome.INTEGRITY, str(fault)
    return Outcome.LOCKED if isinstance(fault, FolderInUse) else Outcome.USAGE, str(fault)
