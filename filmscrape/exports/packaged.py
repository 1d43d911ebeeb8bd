"""The files of a package: their sizes, digests and types."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path, PurePosixPath
from typing import Final

from filmscrape.exports.tables import TABLES, Table

JSON_LINES: Final = "application/jsonl"
CSV: Final = "text/csv"
PARQUET: Final = "application/vnd.apache.parquet"

_MEDIA_TYPES: Final = {
    "jsonl": JSON_LINES,
    "csv": CSV,
    "parquet": PARQUET,
    "sqlite": "application/vnd.sqlite3",
    "db": "application/vnd.sqlite3",
    "json": "application/json",
    "jsonld": "application/ld+json",
    "ics": "text/calendar",
    "atom": "application/atom+xml",
    "xml": "application/xml",
    "md": "text/markdown",
}
_BINARY: Final = frozenset({"parquet", "sqlite", "db"})


@dataclass(frozen=True)
class PackagedFile:
    """A file of the package.

    :ivar path: within the package, with slashes.
    :ivar sha256: of its bytes, in hexadecimal digits.
    """

    path: str
    bytes: int
    sha256: str

    @property
    def format(self) -> str:
        """The ending of its name, without the dot."""
        return PurePosixPath(self.path).suffix.removeprefix(".").lower()

    @property
    def media_type(self) -> str:
        """Its media type."""
        return _MEDIA_TYPES.get(self.format, "application/octet-stream")

    @property
    def is_text(self) -> bool:
        """Whether it is UTF-8."""
        return self.format in _MEDIA_TYPES and self.format not in _BINARY

    @property
    def table(self) -> Table | None:
        """The table that it holds, if it is one."""
        if self.media_type not in (CSV, PARQUET):
            return None
        return next((table for table in TABLES if table.name == PurePosixPath(self.path).stem), None)


def packaged(folder: Path, paths: Sequence[Path]) -> list[PackagedFile]:
    """Measure files of a folder.

    :raises OSError: where one cannot be read.
    """
    return [PackagedFile(path.relative_to(folder).as_posix(), path.stat().st_size, _sha256(path)) for path in paths]


def checksums(files: Sequence[PackagedFile]) -> str:
    """The lines that ``sha256sum -c`` reads."""
    return "".join(f"{file.sha256}  {file.path}\n" for file in sorted(files, key=lambda file: file.path))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
