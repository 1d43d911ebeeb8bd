"""A folder that is replaced as a whole: a reader sees the old one or the new one, and a failure leaves the old one."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filmscrape.exports.claim import claimed

_UNFINISHED = ".unfinished"
"""The file by which a folder is known that was being written."""


class FolderOfOthers(Exception):  # noqa: N818 - named for what is the case
    """The folder to write holds something else; the message says what was to be there."""


@contextmanager
def renewed(folder: Path, what: str, mark: str) -> Iterator[Path]:
    """Where to write a folder meanwhile, beside it; when all is written it takes its place.

    :param folder: missing, empty, or an earlier one of its kind.
    :param what: its kind in words.
    :param mark: the file by which its kind is known.
    :raises FolderOfOthers: the folder holds something else.
    :raises FolderInUse: another process writes it.
    :raises OSError: where it cannot be written.
    """
    folder = folder.resolve()
    making, old = (folder.with_name(f".{folder.name}.{state}") for state in ("new", "old"))
    for place in (folder, making, old):
        if place.exists() and not _may_be_replaced(place, mark):
            raise FolderOfOthers(f"{place} is no {what}: name an empty folder or a new one with --output")
    with _emptied(making):
        if old.exists() and not folder.exists():  # an earlier one was killed between its last two steps
            old.rename(folder)
        shutil.rmtree(old, ignore_errors=True)
        yield making
        (making / _UNFINISHED).unlink()
        if folder.exists():
            folder.rename(old)
        making.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def _may_be_replaced(folder: Path, mark: str) -> bool:
    if not folder.is_dir():
        return False
    return (folder / mark).is_file() or (folder / _UNFINISHED).is_file() or not any(folder.iterdir())


@contextmanager
def _emptied(making: Path) -> Iterator[None]:
    """Hold a folder to write in, empty; what a killed process left there goes, and so does what is left here."""
    making.mkdir(parents=True, exist_ok=True)
    with claimed(making):
        for left in making.iterdir():
            shutil.rmtree(left) if left.is_dir() and not left.is_symlink() else left.unlink()
        (making / _UNFINISHED).touch()
        try:
            yield
        finally:
            shutil.rmtree(making, ignore_errors=True)
