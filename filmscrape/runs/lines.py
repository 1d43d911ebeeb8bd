"""Files of lines that are whole even after ``kill -9``."""

import errno
import json
import os
from pathlib import Path
from typing import Any


def as_line(value: Any) -> bytes:
    """One line of JSON, UTF-8, newline included; text that UTF-8 cannot carry (lone surrogates) is escaped."""
    try:
        return json.dumps(value, ensure_ascii=False, default=repr).encode() + b"\n"
    except UnicodeEncodeError:
        return json.dumps(value, default=repr).encode() + b"\n"


class LineFile:
    """A file that is only appended to, each line with one ``write`` on an ``O_APPEND`` descriptor.

    A process that is killed leaves whole lines and nothing else. Not for two writers at once: the offsets
    that :meth:`append` returns are counted here.

    :raises OSError: in the constructor and in :meth:`append`, where the file cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        self._size = os.fstat(self._fd).st_size

    def fileno(self) -> int:
        """The descriptor."""
        return self._fd

    def append(self, line: bytes) -> int:
        """Append a line (its newline included); the answer is the offset where it begins."""
        written = os.write(self._fd, line)
        if written != len(line):  # the disk is full: take the torn line off again
            os.ftruncate(self._fd, self._size)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))
        offset = self._size
        self._size += written
        return offset

    def close(self) -> None:
        """Make the file durable and close it; closing twice is no fault."""
        if self._fd >= 0:
            os.fsync(self._fd)
            os.close(self._fd)
            self._fd = -1
