"""Arguments are checked before any request, and a wrong one is one line that says what is wrong."""

import pytest

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


def test_scrapyd_may_name_its_job() -> None:
    assert read(_job="6487ec79947edab326d6db28a2d86511") == read()


def test_max_events_is_a_number() -> None:
    assert read(max_events="12").max_events == 12
