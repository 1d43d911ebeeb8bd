"""The checksums of a run's files: ``SHA256SUMS`` in its folder, as ``sha256sum -c`` reads it."""

import hashlib
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

from filmscrape.runs.publish import put_in_place, write_draft

CHECKSUMS = "SHA256SUMS"
_LINE = re.compile(r"([0-9a-f]{64})  ([^/\x00]+)")


class Fault(NamedTuple):
    """Something that is not as it was left: the file, where in it, and what was expected there."""

    path: Path
    place: str
    """``offset 1234``, ``line 12``, or empty for the file as a whole."""
    reason: str

    def __str__(self) -> str:
        return ": ".join(filter(None, (str(self.path), self.place, self.reason)))


def file_sha256(path: Path) -> str:
    """Digest a file, in base 16.

    :raises OSError: where it cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_checksums(folder: Path) -> None:
    """Write ``SHA256SUMS`` for the files of a folder, by name, at one stroke.

    Files whose name begins with a dot are drafts and play no part.

    :raises OSError: where a file cannot be read or written.
    """
    names = sorted(path.name for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    lines = [f"{file_sha256(folder / name)}  {name}\n" for name in names if name != CHECKSUMS]
    draft = write_draft((line.encode() for line in lines), folder / f".{CHECKSUMS}")
    put_in_place(draft.path, folder / CHECKSUMS)


def leave_out(folder: Path, names: Collection[str]) -> None:
    """Take files out of the list that are to go; what it says of the others stays as it is, also where that is wrong.

    :raises OSError: where the list cannot be read or written.
    """
    lines = (folder / CHECKSUMS).read_bytes().splitlines(keepends=True)
    kept = [line for line in lines if line.decode("utf-8", "replace").rstrip("\n").partition("  ")[2] not in names]
    draft = write_draft(kept, folder / f".{CHECKSUMS}")
    put_in_place(draft.path, folder / CHECKSUMS)


def check_files(folder: Path) -> Iterator[Fault]:
    """Compute the checksums of a folder again, and name what does not hold.

    Files that were added later play no part.

    :raises OSError: where a file that is there cannot be read.
    """
    sums = folder / CHECKSUMS
    stated: dict[str, str] = {}
    text = sums.read_bytes().decode("utf-8", "replace")
    # Nothing but a newline ends a line here: a changed byte is not to pass for one.
    for number, line in enumerate(text.removesuffix("\n").split("\n"), 1):
        entry = _LINE.fullmatch(line)
        if entry is None:
            yield Fault(sums, f"line {number}", "expected a SHA-256 in base 16, two spaces and a file's name")
        else:
            stated[entry[2]] = entry[1]
    for name, expected in sorted(stated.items()):
        path = folder / name
        if not path.is_file():
            yield Fault(path, "", f"missing; expected sha256 {expected}")
        elif (found := file_sha256(path)) != expected:
            yield Fault(path, "", f"sha256 is {found}, expected {expected}")
