"""Replace a file at one stroke: a reader sees the old one or the new one, never half of one."""

import os
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple


class Draft(NamedTuple):
    """A whole file that stands beside the one whose place it is to take."""

    path: Path
    sha256: str
    bytes: int


def draft_path(target: Path, run_id: str) -> Path:
    """Where a run drafts a file: in the same directory, so that a rename is enough, and hidden from globs."""
    return target.with_name(f".{target.name}.{run_id}")


def write_draft(lines: Iterable[bytes], path: Path) -> Draft:
    """Write a file and make it durable.

    :raises OSError: where it cannot be written; nothing is left of it then.
    """
    digest, size = sha256(), 0
    try:
        with path.open("wb") as file:
            for line in lines:
                digest.update(line)
                size += file.write(line)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return Draft(path, digest.hexdigest(), size)


def put_in_place(draft: Path, target: Path) -> None:
    """Give a draft the name of the file that it replaces, by ``rename``, which POSIX makes atomic.

    The directory is made durable last: after a power cut the name leads to the old content or to the new.

    :raises OSError: where this fails the target is as it was.
    """
    os.replace(draft, target)
    sync(target.parent)


def sync(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
