"""Files of an export that appear whole or not at all."""

from collections import defaultdict
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

from filmscrape.exports.claim import claimed
from filmscrape.runs.publish import draft_path, put_in_place

# Bytes that wait in memory. A calendar for each of 5,000 venues is more files than a process may hold open.
_WAITING = 8 << 20


class Drafts:
    """Files of a folder that take their places when all of them are whole; to be used in a ``with``.

    Until then they stand beside the old ones, hidden. A failure leaves the old ones as they were. Two processes that
    write one folder would write the same drafts: entering raises :class:`~filmscrape.exports.claim.FolderInUse` for the
    second.

    :ivar written: the files, in the order in which they were begun, when all is done.
    """

    def __init__(self, folder: Path, *, owns: Sequence[str] = ()) -> None:
        """Begin to write into a folder.

        :param owns: patterns of files that are of this export alone: those that it does not write again are removed.
        """
        self.written: list[Path] = []
        self._folder = folder
        self._owns = owns
        self._drafts: dict[str, Path] = {}
        self._waiting: dict[str, list[bytes]] = defaultdict(list)
        self._size = 0
        self._claim = ExitStack()

    def begin(self, name: str) -> Path:
        """Begin a file.

        :param name: path within the folder; its directory is made.
        :return: where to write it meanwhile: an empty file.
        """
        draft = draft_path(self._folder / name, "draft")
        draft.parent.mkdir(parents=True, exist_ok=True)
        self._drafts[name] = draft
        draft.write_bytes(b"")
        return draft

    def add(self, name: str, piece: bytes) -> None:
        """Add to the end of a file, which is begun with its first piece: many may grow side by side."""
        if name not in self._drafts:
            self.begin(name)
        self._waiting[name].append(piece)
        self._size += len(piece)
        if self._size > _WAITING:
            self._flush()

    def _flush(self) -> None:
        for name, pieces in self._waiting.items():
            with self._drafts[name].open("ab") as file:
                file.writelines(pieces)
        self._waiting.clear()
        self._size = 0

    def _finish(self) -> None:
        self._flush()
        for name, draft in self._drafts.items():
            target = self._folder / name
            put_in_place(draft, target)
            self.written.append(target)
        for pattern in self._owns:
            for path in set(self._folder.glob(pattern)) - set(self.written):
                path.unlink()

    def __enter__(self) -> "Drafts":
        self._folder.mkdir(parents=True, exist_ok=True)
        self._claim.enter_context(claimed(self._folder))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._claim:
            try:
                if kind is None:
                    self._finish()
            finally:
                for draft in self._drafts.values():
                    draft.unlink(missing_ok=True)
