"""Time zones from the newest zone database at hand.

British Columbia stays at UTC-7 for good since 2026; tzdata knows it from 2026b on. Python's :mod:`zoneinfo`
takes the system's database first, however old it is, so the newer of the two is chosen here (the contract's
rule *Offsets come from the newest zone database at hand*).
"""

import re
import struct
import zoneinfo
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import IO
from zoneinfo import ZoneInfo

_VERSION = re.compile(r"\b((?:19|20)\d\d)([a-z]{1,2})\b")
_KEY = re.compile(r"[A-Za-z0-9_+-]+(?:/[A-Za-z0-9_+-]+)*")


@lru_cache(maxsize=32)
def zone(name: str) -> ZoneInfo:
    """Load the zone of an IANA name (``America/Vancouver``), the same object for the same name.

    :raises ValueError: for a name that no database at hand knows.
    """
    if _KEY.fullmatch(name):
        _, system = _newest()
        found = (_from_system(system, name) if system is not None else None) or _from_package(name)
        if found is not None:
            return found
    raise ValueError(f"no time zone {name!r} in the zone database {database_version()}")


def database_version() -> str:
    """Tell the version of the zone database in use: ``2026f``."""
    return _newest()[0]


@lru_cache(maxsize=1)
def _newest() -> tuple[str, Path | None]:
    """Find the newest database: its version and, where it is one of the system's, its folder.

    The package wins a tie, and it wins over a system's database that does not tell its version.
    """
    import tzdata  # type: ignore[import-untyped]

    version, folder = tzdata.IANA_VERSION, None
    for path in map(Path, zoneinfo.TZPATH):
        found = _version_of(path)
        if found is not None and _order(found) > _order(version):
            version, folder = found, path
    return version, folder


def _version_of(folder: Path) -> str | None:
    """Read a database's version: first line of ``tzdata.zi`` (``# version 2025b``), or ``+VERSION``."""
    for name in ("tzdata.zi", "+VERSION"):
        try:
            with (folder / name).open(encoding="ascii", errors="replace") as file:
                found = _VERSION.search(file.readline(80))
        except OSError:
            continue
        if found:
            return found.group()
    return None


def _order(version: str) -> tuple[int, int, str]:
    """Sorts versions: ``2025b`` < ``2025z`` < ``2025za`` < ``2026a``."""
    found = _VERSION.search(version)
    return (int(found.group(1)), len(found.group(2)), found.group(2)) if found else (0, 0, "")


def _from_system(folder: Path, name: str) -> ZoneInfo | None:
    try:
        with (folder / name).open("rb") as file:
            return _read(file, name)
    except OSError:
        return None


def _from_package(name: str) -> ZoneInfo | None:
    try:
        with resources.files("tzdata.zoneinfo").joinpath(name).open("rb") as file:
            return _read(file, name)
    except OSError:
        return None


def _read(file: IO[bytes], name: str) -> ZoneInfo | None:
    """Read a zone file; ``None`` for a file that is none, or a torn one."""
    try:
        return ZoneInfo.from_file(file, key=name)
    except (ValueError, struct.error):
        return None
