"""Replace the dataset at one stroke: a reader sees the old file or the new one, never half of one."""

import os
import shutil
from pathlib import Path


def publish(finished: Path, target: Path) -> None:
    """Put a finished file in the place of ``target``.

    The file gets a second name beside the target (a hard link; a copy where the file system has no links),
    is made durable, and takes the target's name by ``rename``, which POSIX makes atomic. The directory is made
    durable last: after a power cut the name leads to the old content or to the new.

    :param finished: a whole file that nobody writes any more; it stays where it is.
    :param target: the file to replace; its directory must exist.
    :raises OSError: where this fails the target is as it was.
    """
    beside = target.with_name(f".{target.name}.{finished.parent.name}")
    beside.unlink(missing_ok=True)
    try:
        _duplicate(finished, beside)
        _sync(beside)
        os.replace(beside, target)
        _sync(target.parent)
    finally:
        beside.unlink(missing_ok=True)


def _duplicate(finished: Path, beside: Path) -> None:
    try:
        os.link(finished, beside)
    except OSError:
        shutil.copyfile(finished, beside)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
