"""Make one WARC of several: each record is a gzip member of its own, so files that follow one another are a file."""

import os
import shutil
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from filmscrape.archive.index import WARC, IndexWriter, SourceArchive, read_entries
from filmscrape.archive.recorder import RunArchive
from filmscrape.archive.writer import repair
from filmscrape.runs.publish import put_in_place

_BLOCK = 1 << 20  # bytes


class JoinedArchive(RunArchive):
    """The WARC of a run that several workers wrote, and the lines beside it.

    The part that begins with robots.txt comes first, as in a run of one process: by what the site's clock said there
    the times behind it are judged (:func:`~filmscrape.archive.clock.misdated`).

    :param folder: the run's folder.
    :param parts: the workers' WARCs, closed; the torn end of one whose worker was killed is left out.
    :raises OSError: where a part cannot be read, or the file not be written.
    """

    def __init__(self, folder: Path, parts: Iterable[Path]) -> None:
        self.path = folder / WARC
        self.responses = self.revisits = 0
        self.source = SourceArchive(folder.parent)
        places = self._join(sorted(parts, key=lambda part: (not _begins_a_run(part), part)))
        self.bytes = self.path.stat().st_size
        self._list(places)

    def _join(self, parts: Iterable[Path]) -> list[tuple[Path, int]]:
        """Write the parts one after another; the answer is where each begins."""
        draft, places = self.path.with_name(f".{WARC}"), []
        with draft.open("wb") as whole:
            for part in parts:
                if torn := repair(part).torn:
                    self.source.repaired[part.parent.name] = torn
                places.append((part, whole.tell()))
                with part.open("rb") as file:
                    shutil.copyfileobj(file, whole, _BLOCK)
            whole.flush()
            os.fsync(whole.fileno())
        put_in_place(draft, self.path)  # from here on nobody looks into the parts
        return places

    def _list(self, places: Iterable[tuple[Path, int]]) -> None:
        """Write the lines of the parts' captures, each at its new place."""
        index = IndexWriter(self.path)
        for part, begin in places:
            for entry in read_entries(part):
                self.revisits += entry.kind == "revisit"
                self.responses += entry.kind != "revisit"
                index.add(replace(entry, offset=begin + entry.offset))
        index.close()

    def close(self) -> None:
        """It is closed."""


def _begins_a_run(part: Path) -> bool:
    first = next(read_entries(part), None)
    return first is not None and urlsplit(first.url).path == "/robots.txt"
