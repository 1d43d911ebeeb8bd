"""The Vancouver International Film Festival and the VIFF Centre: https://viff.org."""

from collections.abc import Iterator
from datetime import date, timedelta
from urllib.parse import urlencode

from scrapy import Request
from scrapy.http import Response

from filmscrape.items import ScrapedEvent
from filmscrape.pages import viff as pages
from filmscrape.spiders.asking import Found, captured_at
from filmscrape.spiders.base import EventSpider

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


class ViffSpider(EventSpider):
    """viff.org: a listing of what is on, series, the sitemaps (past events too) and a calendar route."""

    name = "viff"
    site = "https://viff.org"
    event_page = pages.EventPage
    card_page = pages.ListingPage
    calendar_page = pages.CalendarPage
    capture_prefix = "viff.org/whats-on/"
    listing = "/whats-on/"
    calendar = "/wp-json/v1/attendable/calendar/instances"
    # How far the calendar answers at once is not documented, so its days are asked for from where the answer
    # ends: until a week shows nothing new (a year-round cinema), for a quarter at most.
    quiet_days = 7
    max_days = 92

    @classmethod
    def event_url(cls, slug: str) -> str:
        """Build ``https://viff.org/whats-on/here/`` from ``here``."""
        return f"{cls.site}/whats-on/{slug}/"

    @classmethod
    def canonical(cls, url: str) -> str | None:
        """Leave out bookings, listings and the pages below ``/whats-on/`` that are no events."""
        return pages.canonical_url(url)

    @classmethod
    def series_path(cls, url: str) -> str | None:
        """Know ``/series/<slug>/``."""
        return pages.series_path(url)

    @classmethod
    def kind_of(cls, url: str) -> str | None:
        """Know the listing and the calendar by their paths."""
        return pages.kind_of(url)

    def discover_listing(self) -> Iterator[Request]:
        """Ask for the first page of the listing; each leads to the next."""
        yield from self.ask_once("listing", self.listing)

    def discover_series(self) -> Iterator[Request]:
        """Ask for the page whose navigation links to series; every other page may link to more."""
        yield from self.ask_once("listing", self.listing)

    def discover_calendar(self) -> Iterator[Request]:
        """Ask for the calendar without a day, which answers with the weeks to come."""
        yield from self.ask_once("calendar", self.calendar)

    def read_calendar(self, response: Response) -> Found:
        """Read the calendar's screenings, and ask for the day behind the last of them."""
        now = captured_at(response)
        sightings = self.calendar_page(response.body, response.url, now).sightings()
        yield from self.ask_for_next_day(response, sightings, now.date())
        yield from self.sighted(sightings, "calendar")

    def ask_for_next_day(self, response: Response, sightings: list[ScrapedEvent], today: date) -> Iterator[Request]:
        """Ask for the day behind the last that is known, until so many answers in a row show nothing new."""
        asked = date.fromisoformat(response.meta.get("day", today.isoformat()))
        known = date.fromisoformat(response.meta.get("known", asked.isoformat()))
        last = max((day for item in sightings for day in days(item)), default=known)
        quiet = response.meta.get("quiet", 0) + 1 if last <= known else 0
        if quiet >= self.quiet_days:
            return
        day = max(last, known, asked) + timedelta(days=1)
        query = urlencode({"dates": f"{_MONTHS[day.month - 1]} {day.day} {day.year}"})
        yield from self.ask_once(
            "calendar",
            f"{self.calendar}?{query}",
            self.max_days,
            day=day.isoformat(),
            known=max(last, known).isoformat(),
            quiet=quiet,
        )


def days(item: ScrapedEvent) -> Iterator[date]:
    """List the days on which a calendar entry's screenings start, as far as they can be read."""
    for screening in item.screenings:
        try:
            yield date.fromisoformat((screening.starts_at or "")[:10])
        except ValueError:
            continue
