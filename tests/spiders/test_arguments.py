"""Arguments are checked before any request, and a wrong one is one line that says what is wrong."""

from datetime import UTC, datetime

import pytest

from filmscrape.archive.wayback import INTERNET_ARCHIVE, Reading
from filmscrape.spiders.arguments import ArgumentError, Scope, read_scope

SITE = "https://festival.example"
PLACES = ("listing", "calendar", "series", "sitemap")


def read(**arguments: str) -> Scope:
    return read_scope(arguments, SITE, PLACES)


def test_without_arguments_everything_is_fetched_from_the_site() -> None:
    assert read() == Scope(SITE, frozenset(PLACES), frozenset(), None, False)


@pytest.mark.parametrize(
    ("given", "origin"),
    [
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://127.0.0.1:8000/", "http://127.0.0.1:8000"),
        (" https://Mirror.Example ", "https://mirror.example"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_base_url_is_an_origin(given: str, origin: str) -> None:
    assert read(base_url=given).base_url == origin


@pytest.mark.parametrize(
    "given",
    [
        "",
        "festival.example",
        "ftp://festival.example",
        "file:///etc/passwd",
        "http://",
        "http://festival.example:port",
        "http://festival.example:99999",
        "http://festival.example/whats-on/",
        "http://festival.example?page=1",
        "http://user:secret@festival.example",
        "http://[::1",
    ],
)
def test_base_url_of_another_kind_is_refused(given: str) -> None:
    with pytest.raises(ArgumentError, match="base_url") as refused:
        read(base_url=given)
    assert "\n" not in str(refused.value)


def test_lists_are_separated_by_commas() -> None:
    scope = read(only="here, earthquake,,", discover="listing,calendar")
    assert scope.only == {"here", "earthquake"}
    assert scope.discover == {"listing", "calendar"}


@pytest.mark.parametrize("nothing", ["none", ""])
def test_discovery_can_be_left_out_for_named_events(nothing: str) -> None:
    assert read(only="here", discover=nothing).discover == frozenset()
    with pytest.raises(ArgumentError, match="only="):
        read(discover=nothing)


@pytest.mark.parametrize(("given", "flag"), [("1", True), ("true", True), ("YES", True), ("0", False), ("no", False)])
def test_upcoming_is_yes_or_no(given: str, flag: bool) -> None:
    assert read(upcoming=given).upcoming is flag


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"pages": "3"}, "unknown argument 'pages'"),
        ({"discover": "listing,feed"}, "discover='feed'"),
        ({"only": ""}, "only="),
        ({"only": " , "}, "only="),
        ({"only": "https://festival.example/whats-on/here/"}, "no slug"),
        ({"max_events": "-1"}, "max_events"),
        ({"max_events": "0"}, "max_events"),
        ({"max_events": "many"}, "max_events"),
        ({"max_events": "1.5"}, "max_events"),
        ({"max_events": ""}, "max_events"),
        ({"upcoming": "maybe"}, "upcoming"),
        ({"upcoming": "1", "discover": "sitemap"}, "upcoming"),
    ],
)
def test_wrong_argument_is_refused_in_one_line(arguments: dict[str, str], complaint: str) -> None:
    with pytest.raises(ArgumentError) as refused:
        read(**arguments)
    assert complaint in str(refused.value)
    assert "\n" not in str(refused.value)


DAYS = "2022-09-01..2024-12-31"
FIRST, LAST = datetime(2022, 9, 1, tzinfo=UTC), datetime(2024, 12, 31, 23, 59, 59, tzinfo=UTC)


def test_a_web_archive_is_read_in_place_of_the_site() -> None:
    scope = read(wayback=DAYS)
    assert scope.wayback == Reading(INTERNET_ARCHIVE, FIRST, LAST, every=False)
    assert scope.asked == "https://web.archive.org"
    assert scope.discover == frozenset()
    assert read().asked == SITE
    assert read(base_url="http://127.0.0.1:8000").asked == "http://127.0.0.1:8000"


@pytest.mark.parametrize(
    ("given", "server", "asked"),
    [
        ("http://127.0.0.1:8080/festivals", "http://127.0.0.1:8080/festivals", "http://127.0.0.1:8080"),
        (" https://Archive.Example/all/Pages/ ", "https://archive.example/all/Pages", "https://archive.example"),
        ("http://[::1]:8080/", "http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_wayback_url_is_a_server_or_a_collection(given: str, server: str, asked: str) -> None:
    scope = read(wayback=DAYS, wayback_url=given)
    assert scope.wayback is not None
    assert (scope.wayback.server, scope.asked) == (server, asked)


def test_a_web_archive_can_be_read_in_part() -> None:
    scope = read(wayback=" 2024-02-29 .. 2024-02-29 ", captures="all", only="here", max_events="2")
    assert scope.wayback is not None
    assert scope.wayback.every
    assert (scope.wayback.last - scope.wayback.first).total_seconds() == 86399
    assert (scope.only, scope.max_events) == (frozenset({"here"}), 2)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"wayback": ""}, "must be two days"),
        ({"wayback": "2022-09-01"}, "must be two days"),
        ({"wayback": "2022..2024"}, "must be two days"),
        ({"wayback": "2022-09-01..2023-09-01..2024-09-01"}, "must be two days"),
        ({"wayback": "20220901..20241231"}, "must be two days"),
        ({"wayback": "２０２２-09-01..2024-12-31"}, "must be two days"),
        ({"wayback": "2022-09-31..2024-12-31"}, "no day of the calendar"),
        ({"wayback": "0000-01-01..2024-12-31"}, "no day of the calendar"),
        ({"wayback": "2024-12-31..2022-09-01"}, "ends before it begins"),
        ({"wayback": DAYS, "wayback_url": "archive.example"}, "wayback_url"),
        ({"wayback": DAYS, "wayback_url": "ftp://archive.example"}, "wayback_url"),
        ({"wayback": DAYS, "wayback_url": "http://archive.example:port/"}, "wayback_url"),
        ({"wayback": DAYS, "wayback_url": "http://archive.example/cdx?url="}, "wayback_url"),
        ({"wayback": DAYS, "wayback_url": "http://archive.example/a b"}, "wayback_url"),
        ({"wayback": DAYS, "wayback_url": "http://user:secret@archive.example"}, "wayback_url"),
        ({"wayback": DAYS, "wayback_url": ""}, "wayback_url"),
        ({"wayback": DAYS, "captures": "every"}, "neither newest nor all"),
        ({"wayback": DAYS, "captures": ""}, "neither newest nor all"),
        ({"wayback": DAYS, "base_url": "http://127.0.0.1"}, "base_url= is of no use"),
        ({"wayback": DAYS, "discover": "listing"}, "discover= is of no use"),
        ({"wayback": DAYS, "upcoming": "1"}, "upcoming= is of no use"),
        ({"wayback": DAYS, "max_events": "0"}, "max_events"),
        ({"wayback_url": "http://archive.example"}, "wayback_url= needs wayback="),
        ({"captures": "all"}, "captures= needs wayback="),
    ],
)
def test_wrong_argument_of_a_web_archive_is_refused_in_one_line(arguments: dict[str, str], complaint: str) -> None:
    with pytest.raises(ArgumentError) as refused:
        read(**arguments)
    assert complaint in str(refused.value)
    assert "\n" not in str(refused.value)


def test_scrapyd_may_name_its_job() -> None:
    assert read(_job="6487ec79947edab326d6db28a2d86511") == read()


def test_max_events_is_a_number() -> None:
    assert read(max_events="12").max_events == 12
