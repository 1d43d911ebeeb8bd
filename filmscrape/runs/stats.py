"""Names of what a run counts, in one place, and the sums that have to come out even."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self


class Stat:
    """Names in Scrapy's stats. A name that ends in ``/`` is followed by what is counted: a reason, a field."""

    FETCHED = "filmscrape/event/fetched"
    FAILED = "filmscrape/event/failed"
    SPARED = "filmscrape/event/spared"
    EXTRACTED = "filmscrape/event/extracted"
    UNCHANGED = "filmscrape/event/unchanged"
    NOT_AN_EVENT = "filmscrape/event/not_an_event"
    UNREADABLE = "filmscrape/event/unreadable"
    VALID = "filmscrape/record/valid"
    REJECTED = "filmscrape/record/rejected"
    DUPLICATES = "filmscrape/record/duplicates"
    CONFLICTS = "filmscrape/record/conflicts"
    PROBLEMS = "filmscrape/problem/"
    SIGHTINGS = "filmscrape/sighting/valid"
    SIGHTINGS_REJECTED = "filmscrape/sighting/rejected"
    DISCOVERY_FETCHED = "filmscrape/discovery/fetched"
    DISCOVERY_MISSING = "filmscrape/discovery/missing"
    DISCOVERY_FAILED = "filmscrape/discovery/failed"
    DISCOVERY_BOUNDED = "filmscrape/discovery/bounded"
    OFFSITE = "filmscrape/offsite"
    FORBIDDEN = "filmscrape/forbidden"
    REFUSED = "filmscrape/refused"
    BLOCKED = "filmscrape/blocked"
    ERRORS = "filmscrape/errors"
    RESUMED = "filmscrape/resumed"
    RESUMED_BYTES = "filmscrape/resumed_bytes"


# Fates of the work list that are no reason to skip a page.
_COUNTED_ELSEWHERE = frozenset({"asked", "fetched", "failed", "spared"})


@dataclass
class Counts:
    """What a run counted, from the event URLs that it came to know down to the lines that it wrote.

    ``skipped`` are the URLs that were not fetched on purpose, by reason: ``max_events``, ``only``,
    ``not_upcoming``, ``older_capture`` (of a web archive, where captures are listed in place of event URLs),
    ``moved`` (a redirect to another event, which is counted itself), ``same_page``
    (another spelling of an address that was asked for). ``pending`` are those without an answer when the run
    ended: of an interrupted run, or lost.

    ``unchanged`` are pages that the site answered for with 304, ``spared`` those that were not asked for because the
    sitemap says that they have not moved; the records of both are given again as the ledger has them. ``forbidden``
    (by robots.txt), ``blocked`` (a challenge, an empty page, a login, 403 or 429 in place of the page) and ``refused``
    say why pages failed, event pages and list pages alike. ``resumed`` are answers that were taken over from runs that
    did not come to their end.
    """

    listed: int = 0
    fetched: int = 0
    failed: int = 0
    spared: int = 0
    pending: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    extracted: int = 0
    unchanged: int = 0
    not_an_event: int = 0
    unreadable: int = 0
    valid: int = 0
    rejected: int = 0
    unique: int = 0
    duplicates: int = 0
    written: int = 0
    conflicts: int = 0
    problems: dict[str, int] = field(default_factory=dict)
    sightings: int = 0
    sightings_rejected: int = 0
    discovery_fetched: int = 0
    discovery_missing: int = 0
    discovery_failed: int = 0
    discovery_bounded: int = 0
    offsite: int = 0
    forbidden: int = 0
    refused: int = 0
    blocked: int = 0
    errors: int = 0
    resumed: int = 0
    resumed_bytes: int = 0

    @classmethod
    def gather(cls, stats: Mapping[str, Any], fates: Counter[str], unique: int, written: int) -> Self:
        """Read the counts of a run.

        :param stats: Scrapy's stats.
        :param fates: how many of the listed URLs met which fate (:class:`~filmscrape.runs.worklist.Worklist`).
        :param unique: distinct ids among the valid records.
        :param written: lines that stand in the file, counted there.
        """
        simple = {
            name.lower(): int(stats.get(key, 0))
            for name, key in vars(Stat).items()
            if isinstance(key, str) and key.startswith("filmscrape/") and not key.endswith("/")
        }
        problems = {
            key.removeprefix(Stat.PROBLEMS): int(stats[key]) for key in sorted(stats) if key.startswith(Stat.PROBLEMS)
        }
        skipped = {fate: n for fate, n in sorted(fates.items()) if fate not in _COUNTED_ELSEWHERE}
        return cls(
            listed=sum(fates.values()),
            pending=fates["asked"],
            skipped=skipped,
            problems=problems,
            unique=unique,
            written=written,
            **simple,
        )

    @property
    def records(self) -> int:
        """How many pages gave a record: read in this run, or known and not moved."""
        return self.extracted + self.unchanged + self.spared

    def mismatches(self) -> list[str]:
        """Name the sums that do not come out even, in words; none in a sound run."""
        settled = self.fetched + self.failed + self.spared + sum(self.skipped.values())
        read = self.extracted + self.unchanged + self.not_an_event + self.unreadable
        sums = (
            ("listed", self.listed, "fetched + failed + spared + skipped", settled),
            ("fetched", self.fetched, "extracted + unchanged + not an event + unreadable", read),
            ("extracted + unchanged + spared", self.records, "valid + rejected", self.valid + self.rejected),
            ("valid", self.valid, "unique + duplicates", self.unique + self.duplicates),
            ("unique", self.unique, "written", self.written),
        )
        found = [f"{name} {n}, but {parts} {total}" for name, n, parts, total in sums if n != total]
        if self.errors:
            found.append(f"{self.errors} errors of the program itself (see the log)")
        return found
