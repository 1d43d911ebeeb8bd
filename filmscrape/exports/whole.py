"""A folder that is replaced as a whole: a reader sees the old one or the new one, and a failure leaves the old one."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class FolderInUse(Exception):  # noqa: N818 - named for what is the case
    """The folder to write holds something else; the message names it."""


@contextmanager
def renewed(folder: Path, what: str, mark: str) -> Iterator[Path]:
    """Where to write a folder meanwhile, beside it; when all is written it takes its place.

    :param folder: missing, empty, or an earlier one of its kind.
    :param what: its kind in words.
    :param mark: the file by which its kind is known.
    :raises FolderInUse: the folder holds something else.
    :raises OSError: where it cannot be written.
    """
    if folder.exists() and not (folder / mark).is_file() and (not folder.is_dir() or any(folder.iterdir())):
        raise FolderInUse(f"{folder} is no {what}: name an empty folder or a new one with --output")
    folder = folder.absolute()
    making, old = (folder.with_name(f".{folder.name}.{state}") for state in ("new", "old"))
    for left in (making, old):
        shutil.rmtree(left, ignore_errors=True)
    making.mkdir(parents=True)
    try:
        yield making
        if folder.exists():
            folder.rename(old)
        making.rename(folder)
    finally:
        shutil.rmtree(making, ignore_errors=True)
    shutil.rmtree(old, ignore_errors=True)
