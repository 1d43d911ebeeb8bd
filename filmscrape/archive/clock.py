"""A site's clock: an answer whose ``Date`` cannot be, among those that came before it."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from filmscrape.archive.captures import read_date
from filmscrape.archive.wayback import replayed

if TYPE_CHECKING:
    from filmscrape.archive.index import Entry

# A cache may give an old Date, and clocks may differ. One that is a year ahead of all others of the site is wrong, and
# what was captured then would count as the newest of its page for as long.
_AHEAD = timedelta(days=366)


class SiteClock:
    """What a site's clock said so far, in the order in which its answers came.

    :ivar latest: the latest time that it said.
    """

    def __init__(self) -> None:
        self.latest: datetime | None = None

    def misdated(self, said: datetime) -> str | None:
        """Say why a time cannot be, where it cannot; else it counts for the answers behind it."""
        if self.latest is not None and said > self.latest + _AHEAD:
            return f"its Date ({said:%Y-%m-%d}) is more than a year later than what the site said before"
        self.hear(said)
        return None

    def hear(self, said: datetime) -> None:
        """Take in what the site said to somebody else."""
        self.latest = max(said, self.latest or said)


def misdated(entries: "Iterable[Entry]") -> dict[int, str]:
    """Find the captures of a run that a crawl refuses for their time: the reason, by the offset of the record.

    Those of a web archive have each their own time.

    :param entries: all captures of the run's file, in order.
    """
    clock = SiteClock()
    live = (entry for entry in entries if entry.is_page and replayed(entry.url) is None)
    dated = ((entry.offset, said) for entry in live if (said := read_date(entry.date)))
    return {offset: reason for offset, said in dated if (reason := clock.misdated(said))}
