"""The newest zone database at hand."""

import zoneinfo
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from importlib import resources
from pathlib import Path

import pytest
import tzdata  # type: ignore[import-untyped]

from filmscrape.values import zones
from filmscrape.values.zones import database_version, zone

WINTER = datetime(2026, 12, 1, 12)


def _forget() -> None:
    zones.zone.cache_clear()
    zones._newest.cache_clear()


@pytest.fixture
def system(tmp_path: Path) -> Iterator[Callable[..., Path]]:
    """Puts a system's zone database in the place of the real one; in it Vancouver's clocks show Lisbon's time."""
    before = zoneinfo.TZPATH
    folders: list[Path] = []

    def put(version: str | None, file: str = "tzdata.zi", line: str = "# version {}") -> Path:
        folder = tmp_path / f"zoneinfo{len(folders)}"
        (folder / "America").mkdir(parents=True)
        lisbon = resources.files("tzdata.zoneinfo").joinpath("Europe/Lisbon").read_bytes()
        (folder / "America" / "Vancouver").write_bytes(lisbon)
        if version is not None:
            (folder / file).write_text(line.format(version) + "\nR d 1916 o - Jun 14 23s 1 S\n")
        folders.append(folder)
        zoneinfo.reset_tzpath([str(f) for f in folders])
        _forget()
        return folder

    yield put
    zoneinfo.reset_tzpath(before)
    _forget()


def test_british_columbia_keeps_its_offset_in_winter() -> None:
    assert WINTER.replace(tzinfo=zone("America/Vancouver")).utcoffset() == timedelta(hours=-7)


@pytest.mark.parametrize("version", ["2025b", "2025zz", "1999a"])
def test_older_system_database_does_not_win(system: Callable[..., Path], version: str) -> None:
    system(version)
    assert database_version() == tzdata.IANA_VERSION
    assert WINTER.replace(tzinfo=zone("America/Vancouver")).utcoffset() == timedelta(hours=-7)


@pytest.mark.parametrize(
    ("file", "line"), [("tzdata.zi", "# version {}"), ("+VERSION", "{}"), ("tzdata.zi", "# version {}-dirty")]
)
def test_newer_system_database_wins(system: Callable[..., Path], file: str, line: str) -> None:
    system("2025b")
    system("2099c", file, line)
    system("2099b")
    assert database_version() == "2099c"
    assert WINTER.replace(tzinfo=zone("America/Vancouver")).utcoffset() == timedelta(0)


@pytest.mark.parametrize("version", [None, tzdata.IANA_VERSION, "unknown", "9"])
def test_package_wins_ties_and_unknown_versions(system: Callable[..., Path], version: str | None) -> None:
    system(version)
    assert database_version() == tzdata.IANA_VERSION
    assert WINTER.replace(tzinfo=zone("America/Vancouver")).utcoffset() == timedelta(hours=-7)


def test_versions_sort_past_z(system: Callable[..., Path]) -> None:
    system("2098z")
    system("2098za")
    assert database_version() == "2098za"


def test_package_answers_what_the_newer_system_database_lacks(system: Callable[..., Path]) -> None:
    folder = system("2099a")
    (folder / "Asia").mkdir()
    (folder / "Asia" / "Tokyo").write_bytes(b"TZif2")
    assert zone("Asia/Tokyo").utcoffset(WINTER) == timedelta(hours=9)
    assert zone("Europe/Paris").utcoffset(WINTER) == timedelta(hours=1)


def test_global_state_is_left_alone(system: Callable[..., Path]) -> None:
    system("2099a")
    before = zoneinfo.TZPATH
    zone("America/Vancouver")
    assert before == zoneinfo.TZPATH


def test_one_object_per_name() -> None:
    assert zone("America/Toronto") is zone("America/Toronto")
    assert zone("America/Toronto").key == "America/Toronto"


@pytest.mark.parametrize(
    "name",
    [
        "",
        "America",
        "Nowhere/Land",
        "../etc/passwd",
        "/etc/localtime",
        "tzdata.zi",
        "leapseconds",
        "__init__",
        "é",
        "a" * 9999,
    ],
)
def test_unknown_name(name: str) -> None:
    with pytest.raises(ValueError, match="no time zone"):
        zone(name)
