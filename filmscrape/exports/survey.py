"""What a dataset is like as a whole: sources, period, coverage and gaps, for those who describe it."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO, TypeVar

from filmscrape.exports.dataset import TEXTS, Dataset
from filmscrape.exports.names import web_address
from filmscrape.records import Event
from filmscrape.runs.measure import measure

_Bound = TypeVar("_Bound", str, int)


@dataclass
class Source:
    """A source, as far as it is in the dataset.

    :ivar home: the site, as the pages' addresses have it.
    """

    home: str
    events: int = 0
    screenings: int = 0


@dataclass
class Survey:
    """What there is to say of a dataset; filled while its events pass by.

    :ivar as_of: the dataset's own time, UTC.
    :ivar texts: whether it holds what others wrote.
    :ivar coverage: field → share of the events in which it is filled, from 0 to 1.
    :ivar days: the first and the last day of a screening, ISO 8601.
    :ivar seen: the first and the last time that a page was seen, UTC.
    :ivar years: the first and the last year of production.
    :ivar gaps: how many of what a reader may miss.
    """

    as_of: str
    texts: bool
    sources: dict[str, Source] = field(default_factory=dict)
    coverage: Mapping[str, float] = field(default_factory=dict)
    days: tuple[str, str] | None = None
    seen: tuple[str, str] | None = None
    years: tuple[int, int] | None = None
    gaps: Counter[str] = field(default_factory=Counter)

    @property
    def events(self) -> int:
        """How many events there are."""
        return sum(source.events for source in self.sources.values())

    @property
    def screenings(self) -> int:
        """How many screenings there are."""
        return sum(source.screenings for source in self.sources.values())

    @property
    def version(self) -> str:
        """A version from the dataset's own time, in the form that most tools ask for: ``2026.11.22``."""
        return ".".join(str(int(part)) for part in self.as_of[:10].split("-"))

    def note(self, event: Event) -> None:
        """Take note of an event."""
        source = self.sources.setdefault(event.source, Source(_home(event.url)))
        source.events += 1
        source.screenings += len(event.screenings)
        self.seen = _wider(self.seen, event.first_seen, event.last_seen)
        self.days = _wider(self.days, *(screening.starts_at[:10] for screening in event.screenings))
        self.years = _wider(self.years, *(year for year in (event.year, event.year_end) if year is not None))
        self.gaps["no_screening"] += not event.screenings
        self.gaps["unread"] += bool(event.extra)
        self.gaps["country"] += sum(country.code is None for country in event.countries)
        self.gaps["language"] += sum(language.code is None for language in (*event.languages, *event.subtitles))
        self.gaps["venue"] += sum(screening.venue is None for screening in event.screenings)


def survey(dataset: Dataset, file: BinaryIO) -> Survey:
    """Write the dataset's lines into a file, and say what it is like."""
    found = Survey(dataset.as_of, dataset.texts)

    def lines() -> Iterator[bytes]:
        for event in dataset.events():
            line = event.as_line()
            file.write(line)
            found.note(event)
            yield line

    coverage = measure(lines()).coverage
    found.coverage = {name: share for name, share in coverage.items() if found.texts or name not in TEXTS}
    return found


def _home(url: str) -> str:
    """The site of an address: the page's scheme and host."""
    return web_address("/".join(url.split("/")[:3]) + "/") or ""


def _wider(found: tuple[_Bound, _Bound] | None, *values: _Bound) -> tuple[_Bound, _Bound] | None:
    known = [*(found or ()), *values]
    return (min(known), max(known)) if known else None
