"""One writer at a time: whoever writes a folder holds it until all is in its place."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class FolderInUse(Exception):  # noqa: N818 - named for what is the case
    """Another process writes the folder now; the message says which folder, and what to do."""


@contextmanager
def claimed(folder: Path) -> Iterator[None]:
    """Have a folder for oneself; no file in it says so, and a process that is killed holds nothing.

    The kernel releases it with the last process that writes, however that comes to its end. Where the file system knows
    no locks of folders, as some network drives, nobody is kept apart.

    :raises FolderInUse: another process has it.
    :raises OSError: the folder cannot be opened.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            message = f"another process writes {folder} now: wait for it, or name another folder with --output"
            raise FolderInUse(message) from None
        except OSError:
            pass
        yield
    finally:
        os.close(descriptor)
