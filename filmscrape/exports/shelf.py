"""Many files written side by side, in pieces, with few of them open and little in memory."""

import os
from collections import defaultdict
from pathlib import Path
from types import TracebackType

# Bytes that wait in memory. A calendar for each of 5,000 venues is more files than a process may hold open.
_WAITING = 8 << 20


class Shelf:
    """Files of a folder that get their names when all of them are whole; to be used in a ``with``.

    Until then they stand beside the old ones as ``.<name>.part``. A failure leaves the old ones as they were.

    :ivar paths: the files, by name, when all is done.
    """

    def __init__(self, folder: Path) -> None:
        self.paths: list[Path] = []
        self._folder = folder
        self._waiting: dict[str, list[bytes]] = defaultdict(list)
        self._size = 0
        self._begun: set[str] = set()

    def add(self, name: str, piece: bytes) -> None:
        """Add to the end of a file.

        :param name: path within the folder; its directory is made.
        """
        self._waiting[name].append(piece)
        self._size += len(piece)
        if self._size > _WAITING:
            self._flush()

    def _flush(self) -> None:
        for name, pieces in self._waiting.items():
            part = self._part(name)
            if name not in self._begun:
                part.parent.mkdir(parents=True, exist_ok=True)
            with part.open("ab" if name in self._begun else "wb") as file:
                self._begun.add(name)
                file.writelines(pieces)
        self._waiting.clear()
        self._size = 0

    def _part(self, name: str) -> Path:
        target = self._folder / name
        return target.with_name(f".{target.name}.part")

    def __enter__(self) -> "Shelf":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._flush()
                for name in sorted(self._begun):
                    os.replace(self._part(name), self._folder / name)
                    self.paths.append(self._folder / name)
        finally:
            for name in self._begun:
                self._part(name).unlink(missing_ok=True)
