"""Calendars: what readers of other makes understand, and that what is the same stays the same."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import icalendar
import pytest
import recurring_ical_events
import vobject
from dateutil import tz as dateutil_tz

from filmscrape.exports.dataset import Dataset
from filmscrape.exports.ical import write
from filmscrape.exports.names import slug
from filmscrape.exports.vtimezone import local, vtimezone
from filmscrape.records import Event
from filmscrape.values.zones import zone
from tests.exports.stored import dataset_of, files, fixtures, told
from tests.records import director, event, screening

# Each side of the changes of 2022, 2023 and 2025, and British Columbia's last one: from 8 March 2026 on it is UTC-7.
STARTS = [
    "2022-03-12T19:00:00-08:00", "2022-03-13T19:00:00-07:00", "2022-11-05T19:00:00-07:00", "2022-11-06T19:00:00-08:00",
    "2023-03-11T23:30:00-08:00", "2023-03-12T03:10:00-07:00", "2023-11-04T23:30:00-07:00", "2023-11-05T00:30:00-07:00",
    "2023-11-05T02:10:00-08:00", "2025-03-08T19:00:00-08:00", "2025-03-09T12:00:00-07:00", "2025-11-01T19:00:00-07:00",
    "2025-11-02T03:30:00-08:00", "2026-03-07T19:00:00-08:00", "2026-03-08T19:00:00-07:00", "2026-11-07T19:00:00-07:00",
    "2026-12-05T19:50:00-07:00", "2027-01-15T21:00:00-07:00", "2028-02-01T10:00:00-07:00",
]  # fmt: skip
NASTY = 'O\'Brien; "A, B\\n" :: BEGIN:VEVENT <x> 郭承衢 😀 ' + "long " * 40


def showing(*starts: str, **values: Any) -> Event:
    return event(screenings=[screening(start, id=str(number)) for number, start in enumerate(starts)], **values)


def entries(folder: Path, name: str = "all.ics") -> list[Any]:
    """The entries of a calendar as vobject reads them, which takes zones from the file."""
    # vobject keeps the zones that it met by name for the whole process: this file's own are to be used.
    vars(vobject.icalendar)["__tzidMap"].clear()
    vobject.icalendar.registerTzid("UTC", dateutil_tz.UTC)
    text = (folder / name).read_bytes().decode()
    return list(getattr(vobject.readOne(text), "vevent_list", []))


def by_uid(dataset: Dataset, folder: Path) -> dict[str, Any]:
    write(dataset, folder)
    found = entries(folder)
    assert len({entry.uid.value for entry in found}) == len(found)
    return {entry.uid.value: entry for entry in found}


def instants(starts: list[str]) -> list[datetime]:
    return sorted(datetime.fromisoformat(start).astimezone(UTC) for start in starts)


# ------------------------------------------------------------------ times
def test_a_reader_that_takes_zones_from_the_file_finds_the_same_instants(tmp_path: Path) -> None:
    write(dataset_of(tmp_path, showing(*STARTS, runtime_minutes=100)), tmp_path / "out")

    found = entries(tmp_path / "out")
    assert sorted(entry.dtstart.value.astimezone(UTC) for entry in found) == instants(STARTS)
    for entry in found:
        length = entry.dtend.value.astimezone(UTC) - entry.dtstart.value.astimezone(UTC)
        assert length == timedelta(minutes=100), entry.dtstart.value


def test_a_reader_that_expands_calendars_finds_each_screening_on_its_day(tmp_path: Path) -> None:
    # This reader knows zones by name, from a database that may be old; one that it lacks it takes from the file.
    write(dataset_of(tmp_path, showing(*STARTS)), tmp_path / "out")
    text = (tmp_path / "out" / "all.ics").read_bytes().replace(b"America/Vancouver", b"Elsewhere")

    query = recurring_ical_events.of(icalendar.Calendar.from_ical(text))

    for start in STARTS:
        moment = datetime.fromisoformat(start)
        (found,) = query.between(moment - timedelta(minutes=5), moment + timedelta(minutes=5))
        assert found["DTSTART"].dt.astimezone(UTC) == moment


@pytest.mark.parametrize("name", ["America/Vancouver", "Europe/Berlin", "Australia/Lord_Howe", "Africa/Casablanca"])
def test_a_zone_in_the_file_says_for_each_hour_what_the_database_says(name: str) -> None:
    read = dateutil_tz.tzical(StringIO(vtimezone(name, 2022, 2027).decode())).get(name)
    here = zone(name)
    moment = datetime(2022, 1, 1, tzinfo=UTC)
    while moment < datetime(2028, 1, 1, tzinfo=UTC):
        there = moment.astimezone(here)
        if not there.fold:
            assert there.replace(tzinfo=read).utcoffset() == there.utcoffset(), there
        moment += timedelta(hours=1)


def test_a_screening_over_a_change_of_clocks_keeps_its_length(tmp_path: Path) -> None:
    write(dataset_of(tmp_path, showing("2025-03-08T23:30:00-08:00", runtime_minutes=240)), tmp_path / "out")

    (entry,) = entries(tmp_path / "out")
    assert (entry.dtend.value.hour, entry.dtend.value.minute) == (4, 30)
    assert entry.dtend.value.astimezone(UTC) == datetime(2025, 3, 9, 11, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "where", "why"),
    [
        ("2026-12-05T19:50:00-08:00", "America/Vancouver", "the database says -07:00"),
        ("2023-11-05T01:30:00-08:00", "America/Vancouver", "the second 01:30 of that night"),
        ("2025-03-09T02:30:00-08:00", "America/Vancouver", "an hour that was left out"),
        ("2026-12-05T19:50:00+03:00", "Mars/Olympus", "no zone at all"),
        ("2999-12-05T19:50:00-07:00", "America/Vancouver", "a slip"),
    ],
)
def test_where_the_clock_of_the_place_is_not_sure_the_instant_is_told_in_utc(
    tmp_path: Path, start: str, where: str, why: str
) -> None:
    shown = event(runtime_minutes=60, screenings=[screening(start, timezone=where)])

    write(dataset_of(tmp_path, shown), tmp_path / "out")

    text = (tmp_path / "out" / "all.ics").read_bytes()
    moment = datetime.fromisoformat(start).astimezone(UTC)
    assert f"\r\nDTSTART:{moment:%Y%m%dT%H%M%SZ}\r\n".encode() in text, why
    assert f"\r\nDTEND:{moment + timedelta(hours=1):%Y%m%dT%H%M%SZ}\r\n".encode() in text
    assert b"VTIMEZONE" not in text


def test_the_first_of_two_equal_hours_is_told_by_the_clock() -> None:
    first = datetime.fromisoformat("2023-11-05T01:30:00-07:00")
    assert local(first, "America/Vancouver").tzname() == "PDT"


@pytest.mark.parametrize(
    ("ends_at", "runtime", "end"),
    [
        ("2026-12-05T22:00:00-07:00", 100, "20261205T220000"),  # as published
        (None, 100, "20261205T213000"),
        ("2026-12-05T19:00:00-07:00", 100, "20261205T213000"),  # before its beginning: it is no end
        ("2026-12-05T19:00:00-07:00", None, None),
        (None, None, None),
    ],
)
def test_the_end_is_the_published_one_else_reckoned_else_none(
    tmp_path: Path, ends_at: str | None, runtime: int | None, end: str | None
) -> None:
    shown = event(runtime_minutes=runtime, screenings=[screening("2026-12-05T19:50:00-07:00", ends_at=ends_at)])

    write(dataset_of(tmp_path, shown), tmp_path / "out")

    (entry,) = entries(tmp_path / "out")
    assert (f"{entry.dtend.value:%Y%m%dT%H%M%S}" if hasattr(entry, "dtend") else None) == end


# ------------------------------------------------------------------ identity
def test_a_numbered_screening_keeps_its_uid_when_it_moves(tmp_path: Path) -> None:
    before = by_uid(dataset_of(tmp_path / "a", event(screenings=[screening(id="7")])), tmp_path / "out")
    moved = event(screenings=[screening("2026-12-06T12:00:00-07:00", id="7", venue="The Rio Theatre")])
    assert before.keys() == by_uid(dataset_of(tmp_path / "b", moved), tmp_path / "out").keys()


def test_an_unnumbered_screening_keeps_its_uid_through_what_the_ledger_knows(tmp_path: Path) -> None:
    first = event("2026-11-20T18:00:00Z", screenings=[screening()])
    moved = event("2026-11-21T18:00:00Z", screenings=[screening("2026-12-06T12:00:00-07:00")])
    again = event("2026-11-22T18:00:00Z", screenings=[screening("2026-12-07T12:00:00-07:00", id="99")])

    (uid,) = by_uid(dataset_of(tmp_path / "a", first), tmp_path / "out")
    kept = by_uid(told(tmp_path / "b", [first], [moved], [again]), tmp_path / "out")

    assert uid in kept
    assert kept[uid].sequence.value > "0"


def test_a_new_screening_at_a_time_that_another_left_takes_no_uid_away(tmp_path: Path) -> None:
    early, late = screening("2026-12-05T12:00:00-07:00"), screening("2026-12-06T12:00:00-07:00")
    first = event("2026-11-20T18:00:00Z", screenings=[early])
    moved = event("2026-11-21T18:00:00Z", screenings=[late])
    both = event("2026-11-22T18:00:00Z", screenings=[early, late])

    (uid,) = by_uid(dataset_of(tmp_path / "a", first), tmp_path / "out")
    kept = by_uid(told(tmp_path / "b", [first], [moved], [both]), tmp_path / "out")

    assert len(kept) == 2
    assert kept[uid].dtstart.value.day == 6


def test_no_two_entries_share_a_uid(tmp_path: Path) -> None:
    same = [screening(id="1"), screening(id="1"), screening(), screening(), screening(venue=None)]
    other = event(id="festival:other", screenings=[screening(id="1")])
    found = by_uid(dataset_of(tmp_path, event(screenings=same), other, *fixtures()), tmp_path / "out")
    assert len(found) == 6 + sum(len(record.screenings) for record in fixtures())


def test_an_event_in_two_datasets_is_told_once(tmp_path: Path) -> None:
    one, two = (dataset_of(tmp_path / name, event(screenings=[screening(id="1")])) for name in "ab")
    assert len(by_uid(Dataset([*one.paths, *two.paths]), tmp_path / "out")) == 1


def test_an_unchanged_site_changes_no_byte_and_a_change_is_numbered_and_dated(tmp_path: Path) -> None:
    first = event("2026-11-20T18:00:00Z", screenings=[screening(id="1")])
    same = event("2026-11-21T18:00:00Z", screenings=[screening(id="1")])
    changed = event("2026-11-22T18:00:00Z", runtime_minutes=90, screenings=[screening(id="1")])

    write(told(tmp_path / "a", [first]), tmp_path / "a/out")
    write(told(tmp_path / "b", [first], [same]), tmp_path / "b/out")
    write(told(tmp_path / "c", [first], [same], [changed]), tmp_path / "c/out")

    assert files(tmp_path / "a/out") == files(tmp_path / "b/out")
    (before,), (after,) = entries(tmp_path / "a/out"), entries(tmp_path / "c/out")
    assert (before.sequence.value, after.sequence.value) == ("0", "1")
    assert before.last_modified.value == datetime(2026, 11, 20, 18, tzinfo=UTC)
    assert after.last_modified.value == after.dtstamp.value == datetime(2026, 11, 22, 18, tzinfo=UTC)


# ------------------------------------------------------------------ content
def test_cancelled_screenings_stay_and_so_do_those_that_are_over(tmp_path: Path) -> None:
    shown = event(screenings=[screening(id="1", availability="cancelled"), screening(id="2", availability="past")])
    off = event(id="festival:off", status="cancelled",
                screenings=[screening(id="1"), screening(id="2", availability="past")])  # fmt: skip

    found = by_uid(dataset_of(tmp_path, shown, off), tmp_path / "out")

    states = {uid.split("@")[0]: entry.status.value for uid, entry in found.items()}
    assert states == {
        "festival:here/1": "CANCELLED",
        "festival:here/2": "CONFIRMED",
        "festival:off/1": "CANCELLED",
        "festival:off/2": "CONFIRMED",
    }


def test_an_entry_tells_what_the_page_says(tmp_path: Path) -> None:
    shown = event(
        title="Here", runtime_minutes=104, year=2023, summary="A blurb.", crew=[director("Bas Devos")], rating="19+",
        countries=[{"name": "Belgium", "code": "BE"}], languages=[{"name": "Dutch", "code": "nl"}],
        subtitles=[{"name": "English", "code": "en"}], alternative_titles=["Hier"],
        screenings=[screening(availability="sold_out", booking_url="https://tickets.example/1?a=b,c;d")],
    )  # fmt: skip

    write(dataset_of(tmp_path, shown), tmp_path / "out")
    write(dataset_of(tmp_path, shown, texts=False), tmp_path / "plain")

    (entry,) = entries(tmp_path / "out")
    assert entry.summary.value == "Here"
    assert entry.location.value == "Festival Centre - Big Cinema"
    assert entry.url.value == "https://tickets.example/1?a=b,c;d"
    told_of = "Hier\nDirected by Bas Devos\n104 min · Belgium · 2023\nDutch; subtitles: English\nRating: 19+\n"
    told_of += "Tickets: sold out\nhttps://festival.example/whats-on/here/"
    assert entry.description.value == f"{told_of}\n\nA blurb."
    assert entries(tmp_path / "plain")[0].description.value == told_of


def test_nothing_that_a_page_says_breaks_out_of_its_line(tmp_path: Path) -> None:
    nasty = " ".join(NASTY.split())
    shown = event(title=nasty, series=[nasty], summary=f"{nasty}\n\nEND:VEVENT",
                  screenings=[screening(venue=nasty, booking_url="https://e.example/\ufeff\\,;x")])  # fmt: skip

    for path in write(dataset_of(tmp_path, shown), tmp_path / "out"):
        data = path.read_bytes()
        lines = data.split(b"\r\n")
        assert not re.search(rb"(?<!\r)\n|\r(?!\n)|\xef\xbb\xbf", data)
        assert max(map(len, lines)) <= 75
        assert [line for line in lines if line.startswith(b"END:")].count(b"END:VEVENT") == 1
        (entry,) = entries(tmp_path / "out", str(path.relative_to(tmp_path / "out")))
        assert (entry.summary.value, entry.location.value) == (nasty, nasty)
        assert entry.description.value.endswith(f"{nasty}\n\nEND:VEVENT")


# ------------------------------------------------------------------ files
def test_there_is_a_calendar_for_each_source_venue_and_series(tmp_path: Path) -> None:
    venues = ["The Rio Theatre", "The Rio Theatre!", "Ťhe Rio Theatre", "映画館", "キネマ", "../../evil", None]
    shown = [screening(id=str(number), venue=venue) for number, venue in enumerate(venues)]
    folder = tmp_path / "out"

    paths = write(dataset_of(tmp_path, event(series=["Panorama", "Panorama"], screenings=shown)), folder)

    names = {str(path.relative_to(folder)) for path in paths}
    ours = {f"venues/{slug(venue)}.ics" for venue in venues if venue}
    assert names == {"all.ics", "sources/festival.ics", f"series/{slug('Panorama')}.ics", *ours}
    assert names == files(folder).keys()
    assert all(re.fullmatch(r"[a-z0-9-]+", slug(venue)) for venue in venues if venue)
    assert {name: len(entries(folder, name)) for name in names} == dict.fromkeys(ours, 1) | {
        "all.ics": 7,
        "sources/festival.ics": 7,
        f"series/{slug('Panorama')}.ics": 7,
    }
    assert slug("The Rio Theatre") == "the-rio-theatre-6efaa1b7"


def test_a_reader_of_the_same_make_finds_no_fault(tmp_path: Path) -> None:
    for path in write(dataset_of(tmp_path, *fixtures()), tmp_path / "out"):
        calendar = icalendar.Calendar.from_ical(path.read_bytes())
        assert [found for component in calendar.walk() for found in component.errors] == []
        assert {entry["DTSTART"].params.get("TZID", "UTC") for entry in calendar.events} <= {
            zone["TZID"] for zone in calendar.walk("VTIMEZONE")
        } | {"UTC"}


def test_the_same_dataset_gives_the_same_bytes_and_leaves_nothing_half_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = dataset_of(tmp_path, *fixtures())
    write(dataset, tmp_path / "one")
    before = files(tmp_path / "one")
    monkeypatch.setattr("filmscrape.exports.drafts._WAITING", 1000)  # piece by piece, as a large dataset is written
    write(dataset, tmp_path / "two")
    assert files(tmp_path / "two") == before

    def fails(*_: object) -> Iterator[bytes]:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("filmscrape.exports.ical.identified", fails)
    with pytest.raises(OSError, match="No space"):
        write(dataset, tmp_path / "one")
    assert files(tmp_path / "one") == before


def test_an_empty_dataset_gives_an_empty_calendar(tmp_path: Path) -> None:
    assert [path.name for path in write(dataset_of(tmp_path), tmp_path / "out")] == ["all.ics"]
    assert entries(tmp_path / "out") == []
