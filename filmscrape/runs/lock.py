"""One writer at a time: whoever changes what is known of a source holds its lock."""

import errno
import fcntl
import json
import os
from pathlib import Path

LOCK = ".lock"
# What file systems answer that know no locks: some network drives.
_NO_LOCKS = frozenset({errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS})


_held: set[int] = set()  # descriptors


def _let_go() -> None:
    """Have no part in the locks of the process that this one is a copy of: a copy may outlive it."""
    for descriptor in _held:
        os.close(descriptor)
    _held.clear()


os.register_at_fork(after_in_child=_let_go)


class SourceLocked(Exception):  # noqa: N818 - named for what is the case
    """Another process changes this source now; the message says which."""


class SourceLock:
    """The lock of a source, held until :meth:`release` or the end of the process, however that comes.

    A file that is left behind locks nothing: the kernel releases the lock with the process.

    :param folder: ``<output>/<source>``; it is made where it is missing.
    :param holder: who asks, for the message to the next one: a run's id, a command.
    :param shared: hold it together with others who share it: the workers of one run.
    :raises SourceLocked: somebody else holds it.
    :raises OSError: the folder cannot be made or written.
    """

    def __init__(self, folder: Path, holder: str, *, shared: bool = False) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / LOCK
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(self._descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            found = os.read(self._descriptor, 500)
            os.close(self._descriptor)
            raise SourceLocked(f"{folder.name} is being changed by {_name(found)}") from None
        except OSError as fault:
            if fault.errno not in _NO_LOCKS:
                os.close(self._descriptor)
                raise
        _held.add(self._descriptor)
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, json.dumps({"holder": holder, "pid": os.getpid()}).encode() + b"\n", 0)

    def release(self) -> None:
        """Let the next one in; releasing twice is no fault."""
        if self._descriptor in _held:
            _held.remove(self._descriptor)
            os.close(self._descriptor)
        self._descriptor = -1


def _name(text: bytes) -> str:
    try:
        found = json.loads(text)
        return f"{found['holder']} (process {found['pid']})"
    except (ValueError, KeyError, TypeError):
        return "another process"
