"""viff.org's addresses, cards and calendar."""

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from filmscrape.pages.base import NotAnEvent, UnreadablePage
from filmscrape.pages.viff import CalendarPage, EventPage, ListingPage, canonical_url, series_path, slug_of

AT = datetime(2026, 11, 20, 18, tzinfo=UTC)
SITE = Path(__file__).parents[2] / "fixtures" / "viff"


def body(name: str) -> bytes:
    (page,) = (SITE / name).glob("page.*.gz")
    return gzip.decompress(page.read_bytes())


@pytest.mark.parametrize(
    "url",
    [
        "https://viff.org/whats-on/here/",
        "https://viff.org/whats-on/here",
        "http://127.0.0.1:8000/whats-on/here/?ref=x#top",
        "https://www.viff.org/whats-on/Here/",
        "/whats-on/here/",
    ],
)
def test_addresses_of_an_event_have_one_canonical_form(url: str) -> None:
    assert canonical_url(url) == "https://viff.org/whats-on/here/"


@pytest.mark.parametrize("slug", ["fdp.\u202egpj", "fdp.%e2%80%aegpj", "FDP.%E2%80%AEgpj"])
def test_an_event_whose_address_turns_around_is_one(slug: str) -> None:
    found = canonical_url(f"https://viff.org/whats-on/{slug}/")
    assert found == "https://viff.org/whats-on/fdp.%E2%80%AEgpj/"
    assert canonical_url(found) == found


@pytest.mark.parametrize(
    "url",
    [
        "https://viff.org/whats-on/",
        "https://viff.org/whats-on/page/2/",
        "https://viff.org/whats-on/page/",
        "https://viff.org/whats-on/here/book/3VrToYvX1a",
        "https://viff.org/whats-on/festival/",
        "https://viff.org/whats-on/membership/",
        "https://viff.org/whats-on/donate/",
        "https://viff.org/whats-on/passes/",
        "https://viff.org/series/panorama/",
        "https://viff.org/whats-on/%20/",
        "mailto:info@viff.org",
        "http://[broken/whats-on/here/",
        "",
    ],
)
def test_other_addresses_are_no_event(url: str) -> None:
    assert canonical_url(url) is None


def test_slug_and_series() -> None:
    assert slug_of("https://viff.org/whats-on/viff23-here/") == "viff23-here"
    assert series_path("https://viff.org/series/panorama") == "/series/panorama/"
    assert series_path("https://viff.org/series/") is None
    assert series_path(None) is None


def test_a_listing_gives_its_cards_and_the_next_page() -> None:
    page = ListingPage(body("whats-on"), "https://viff.org/whats-on/", AT)
    cards = page.sightings()
    assert page.next_path() == "/whats-on/page/2/"
    assert len(cards) == len({card.url for card in cards}) > 5
    assert all(card.origin == "card" and card.title and card.url == canonical_url(card.url) for card in cards)
    assert any(card.screenings and card.screenings[0].venue for card in cards)
    assert any(card.directors for card in cards)
    assert any(card.runtime for card in cards)


def test_the_last_listing_has_no_next_page() -> None:
    assert ListingPage(body("whats-on-page-2"), "https://viff.org/whats-on/page/2/", AT).next_path() is None


def test_cards_are_found_without_their_class() -> None:
    whole = body("whats-on")
    known = ListingPage(whole, "https://viff.org/whats-on/", AT).sightings()
    renamed = ListingPage(whole.replace(b"c-event-card", b"x-box"), "https://viff.org/whats-on/", AT).sightings()
    assert [(c.url, c.title, c.runtime, len(c.screenings)) for c in renamed] == [
        (c.url, c.title, c.runtime, len(c.screenings)) for c in known
    ]


def test_a_listing_without_cards_is_empty() -> None:
    page = ListingPage(b"<html><body><main><h1>What's On</h1></main></body></html>", "https://viff.org/whats-on/", AT)
    assert page.sightings() == []
    assert page.next_path() is None


def test_a_page_links_to_series_by_path() -> None:
    paths = ListingPage(body("whats-on"), "https://viff.org/whats-on/", AT).series_paths()
    assert "/series/pantheon/" in paths
    assert len(paths) == len(set(paths))


# ------------------------------------------------------------------ calendar
def calendar(*entries: Any) -> CalendarPage:
    return CalendarPage(json.dumps(entries).encode(), "https://viff.org/wp-json/v1/attendable/calendar/instances", AT)


def entry(**changes: Any) -> dict[str, Any]:
    fragment = (
        '<div><button data-eventid="49520" data-instanceid="49545"></button>'
        '<h3 class="c-calendar-instance__title">\n  Fire & Water </h3>'
        '<time datetime="2026-06-13T13:00:00-07:00"> 1:00 pm </time>'
        '<span class="c-calendar-instance__duration"><span class="fal"></span> 106 min</span>'
        '<a href="https://viff.org/whats-on/fire-water/book/3VrToYvX1a">Book Now</a>'
        '<a href="https://viff.org/whats-on/fire-water/">More Info</a></div>'
    )
    return {
        "start": "2026-06-13T13:00:00",
        "end": "2026-06-13T14:46:00",
        "resourceId": "viff-centre-viff-cinema",
        "title": fragment,
        "eventType": "Film",
        **changes,
    }


def test_the_calendar_gives_ids_offsets_and_ends() -> None:
    (event,) = calendar(entry(), entry(start="2026-06-14T13:00:00")).sightings()
    assert (event.url, event.title, event.source_id, event.runtime) == (
        "https://viff.org/whats-on/fire-water/",
        "Fire & Water",
        "49520",
        "106 min",
    )
    first = event.screenings[0]
    assert first.starts_at == "2026-06-13T13:00:00-07:00"
    assert first.ends_at == "2026-06-13T14:46:00"
    assert first.venue == "VIFF Centre - VIFF Cinema"
    assert first.id == "49545"
    assert first.booking_url == "https://viff.org/whats-on/fire-water/book/3VrToYvX1a"
    assert len(event.screenings) == 2


def test_an_unknown_venue_keeps_its_slug() -> None:
    (event,) = calendar(entry(resourceId="harbour-barge")).sightings()
    assert event.screenings[0].venue == "harbour-barge"


@pytest.mark.parametrize("broken", [None, 7, "text", {}, {"title": ""}, {"title": 5}, {"title": "<p>No link</p>"}])
def test_a_calendar_entry_that_names_no_event_is_passed_over(broken: Any) -> None:
    assert calendar(broken).sightings() == []


@pytest.mark.parametrize("answer", [b"", b"<html>", b"{}", b'"x"', b"\xff\xfe"])
def test_an_answer_that_is_no_list_is_unreadable(answer: bytes) -> None:
    with pytest.raises(UnreadablePage):
        CalendarPage(answer, "https://viff.org/wp-json/", AT).sightings()


# ------------------------------------------------------------------ the event's own part
def test_an_address_that_is_no_event_gives_no_record() -> None:
    with pytest.raises(NotAnEvent):
        EventPage(body("here"), "https://viff.org/whats-on/membership/", AT).read()


def test_links_to_a_mirror_become_links_to_the_public_site() -> None:
    whole = body("casablanca").replace(b"https://viff.org", b"http://127.0.0.1:8123")
    item = EventPage(whole, "http://127.0.0.1:8123/whats-on/casablanca/", AT).read()
    assert item.url == "https://viff.org/whats-on/casablanca/"
    addresses = [s.booking_url for s in item.screenings] + [link.href for link in item.links]
    assert addresses
    assert not any("127.0.0.1" in (address or "") for address in addresses)


def test_the_winning_strategies_are_named() -> None:
    strategies = EventPage(body("here"), "https://viff.org/whats-on/here/", AT).read().strategies
    assert strategies["title"] == "heading"
    assert strategies["synopsis"] == "known_element"
    assert strategies["runtime_minutes"] == "known_element"
    assert strategies["cast"] == "known_element"


def test_a_renamed_class_is_answered_by_label() -> None:
    whole = body("here").replace(b"c-event__details", b"x-facts")
    item = EventPage(whole, "https://viff.org/whats-on/here/", AT).read()
    assert item.strategies["cast"] == "label"
    assert item.cast == EventPage(body("here"), "https://viff.org/whats-on/here/", AT).read().cast


def test_a_capture_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        EventPage(b"", "https://viff.org/whats-on/here/", datetime(2026, 1, 1))


@pytest.mark.parametrize(
    ("head", "number"),
    [
        ('<link rel="shortlink" href="https://viff.org/?p=49520">', "49520"),
        ('<link rel="shortlink" href="https://viff.org/?a=b&p=49520&c=d#e">', "49520"),
        ('<link rel="shortlink" href="https://viff.org/?p=495&#8238;20">', None),
        ('<body class="single postid-49520 x">', "49520"),
        ('<body class="single postid-495&#8238;20 x">', None),
    ],
)
def test_a_number_of_the_site_is_a_whole_one(head: str, number: str | None) -> None:
    page = f"<html>{head}<main><h1>Here</h1><h3>Book Tickets</h3><p>Text.</p></main></html>".encode()
    assert EventPage(page, "https://viff.org/whats-on/here/", AT).read().source_id == number
