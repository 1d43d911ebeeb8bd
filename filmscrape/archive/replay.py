"""Read stored captures again: the same records as when they were crawled, or what better eyes see in them.

Same captures and same code give the same bytes of ``events.jsonl``, whatever the number of processes.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from filmscrape.archive.captures import Damage
from filmscrape.archive.clock import misdated
from filmscrape.archive.difference import Difference
from filmscrape.archive.extraction import Archive, Extracted, Found, Missing
from filmscrape.archive.index import read_entries
from filmscrape.archive.pieces import find_bodies, read_all_revisits, read_pieces
from filmscrape.archive.reader import read_records
from filmscrape.runs.dataset import write_events
from filmscrape.runs.folder import RunFolder
from filmscrape.runs.joining import join_run, preview
from filmscrape.runs.ledger import Ledger
from filmscrape.runs.lock import SourceLock
from filmscrape.runs.merge import Venues
from filmscrape.runs.merging import Touched
from filmscrape.runs.outcome import Outcome, Verdict
from filmscrape.runs.readings import RunFacts, RunNotes, writing_readings
from filmscrape.runs.recovery import look_at_ledger, open_ledger
from filmscrape.runs.spool import Spool
from filmscrape.runs.stats import Counts, Stat
from filmscrape.runs.stored import RUNS, StoredRun, runs_of
from filmscrape.runs.versions import versions

if TYPE_CHECKING:
    from filmscrape.spiders.base import EventSpider

UNRESOLVED = "revisits whose body is not at hand"


# ------------------------------------------------------------------ what to read
def archive_of(path: Path, sources: Sequence["type[EventSpider]"]) -> Archive:
    """Find out which run wrote a file, and what it was to read; of a file of others only its name is known.

    :raises OSError: where the file cannot be read.
    """
    folder = path.absolute().parent
    if folder.parent.name != RUNS:
        return Archive(path, _run_named_in(path) or " ".join(path.name.split()))
    run, wrong = StoredRun.read(folder), misdated(read_entries(path))
    source = next((source for source in sources if source.name == run.source), None)
    arguments = run.report.get("arguments")
    if source is None or not isinstance(arguments, dict):
        return Archive(path, run.id, misdated=wrong)
    try:
        scope = source.check_arguments(**arguments)
    except ValueError:  # arguments of another version
        return Archive(path, run.id, misdated=wrong)
    only = (source.canonical(source.event_url(slug)) for slug in scope.only)
    return Archive(
        path,
        run.id,
        frozenset({urlsplit(scope.base_url).hostname or ""}),
        frozenset(url for url in only if url),
        frozenset() if "listing" in scope.discover else frozenset({"listing"}),
        wrong,
    )


def _run_named_in(path: Path) -> str | None:
    """The run that a ``warcinfo`` record names, for a file that was taken out of its folder."""
    first = next(read_records(path, []), None)
    if first is None or first.kind != "warcinfo":
        return None
    fields = (line.partition(":") for line in first.block.decode("utf-8", "replace").splitlines())
    named = {name.strip().lower(): " ".join(value.split()) for name, _, value in fields}
    return named.get("ispartof") or None


# ------------------------------------------------------------------ one source
class Reading:
    """What a replay found of one source, in a run folder of its own.

    :raises OSError: where the folder cannot be made or written; so in every method.
    """

    def __init__(self, output: Path, source: str, host: str, examples: int) -> None:
        started = datetime.now(UTC)
        self.run = RunFolder(output, source, started)
        self.host = host
        self.started = started
        self._spool = Spool(self.run.path / "spool.jsonl")
        self._venues = Venues()
        self._stats: Counter[str] = Counter()
        self._fates: Counter[str] = Counter()
        self.counts = Counts()
        self._difference = Difference(examples)
        self._touched = 0

    def take(self, found: Found) -> None:
        """Keep what a piece of a file gave."""
        self._stats[Stat.DUPLICATES] += self._spool.add_lines(found.lines)
        self._venues.join(found.venues)
        self._stats += found.stats
        self._fates += found.fates
        for url, reason in found.skipped:
            self.run.skip(url, reason)
        for url, kind, reason in found.failed:
            self.run.fail(url, kind, reason)
        for url, event_id, errors, origin in found.rejected:
            self.run.reject(url, event_id, errors, origin=origin)

    def write(self) -> None:
        """Write what was read: the records, and the readings that they are made of."""
        notes = RunNotes(RunFacts(self.run.id, is_live=False, is_complete=False))
        with writing_readings(self.run.readings, self._spool, notes) as kept:
            written = write_events(kept, self._venues, self.run.events)
        self._stats[Stat.CONFLICTS] += written.conflicts
        self._stats[Stat.DUPLICATES] -= written.forked
        self.counts = Counts.gather(self._stats, self._fates, self._spool.unique + written.forked, written.lines)
        self._spool.remove()
        del self._spool  # where a hundred thousand lines began takes as much memory as joining them
        self.run.close()

    def join(self, ledger: Ledger, report: Callable[[], dict[str, Any]], *, publish: bool) -> None:
        """Find out what was read changes in the dataset; change it where that is wanted.

        :param report: makes what ``run.json`` says.
        """

        def whole_report() -> dict[str, Any]:
            self._difference.keep(len(ledger) - self._touched)
            return report()

        if publish:
            join_run(ledger, self.run, whole_report, self._compare)
            return
        preview(ledger, self.run.readings, self._compare)
        self.run.changes.touch()
        self._difference.keep(len(ledger) - self._touched + self._difference.events["added"])
        self.run.save(report())

    def _compare(self, event: Touched) -> None:
        self._touched += 1
        if event.old is None:
            self._difference.add_new(event.id)
        elif event.old == event.new:
            self._difference.add_same()
        else:
            self._difference.add(json.loads(event.old), json.loads(event.new))

    def judge(self, damaged: int) -> Verdict:
        """Say what came of it."""
        mismatches = self.counts.mismatches()
        if mismatches:
            return Verdict(Outcome.INTEGRITY, "the counts do not add up: " + "; ".join(mismatches))
        if damaged:
            return Verdict(Outcome.INTEGRITY, f"{damaged} damaged place{'s' * (damaged > 1)}, named above")
        if not self.counts.written:
            return Verdict(Outcome.TOO_FEW_EVENTS, f"no event of {self.host} was found")
        return Verdict(Outcome.ACCEPTED)

    def report(self, verdict: Verdict, replayed: Sequence[str]) -> dict[str, Any]:
        """What ``run.json`` says."""
        return {
            "run_id": self.run.id,
            "source": self.run.source,
            "verdict": verdict.outcome.verdict,
            "outcome": verdict.outcome.name.lower(),
            "exit_code": int(verdict.outcome),
            "message": verdict.message,
            "replayed": list(replayed),
            "started": self.started.isoformat(timespec="milliseconds"),
            "finished": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "counts": asdict(self.counts),
            "difference": self._difference.as_json(),
            "versions": versions(),
            "dataset": str(self.run.dataset),
            "folder": str(self.run.path),
        }


# ------------------------------------------------------------------ all of it
@dataclass(slots=True)
class Told:
    """What to tell of captures and places that are no source's events.

    :ivar others: captures that were not read, by reason.
    """

    captures: int
    others: Counter[str]
    damage: list[Damage]

    def as_json(self) -> dict[str, Any]:
        """The same for machines."""
        others = {reason: number for reason, number in sorted(self.others.items()) if number}
        damage = [
            {"file": str(place.path), "offset": place.offset, "kind": place.kind, "reason": place.reason}
            for place in self.damage
        ]
        return {"captures": self.captures, "others": others, "damage": damage}


class Replay:
    """Reads files again.

    :param output: the output root (``OUTPUT_DIR``).
    :param sources: the spiders whose pages are looked for.
    :param jobs: how many processes read.
    :param publish: join what is read to the dataset, and hold the locks of the sources while that lasts.
    :param examples: how many examples of each kind of difference to keep.
    """

    def __init__(
        self, output: Path, sources: Sequence["type[EventSpider]"], jobs: int, *, publish: bool, examples: int
    ) -> None:
        self._output = output
        self._sources = sources
        self._jobs = jobs
        self._publish = publish
        self._examples = examples
        self._locks: list[SourceLock] = []
        self._paths: list[str] = []
        self.readings: dict[str, Reading] = {}
        self.told = Told(0, Counter(), [])

    def read(self, archives: Sequence[Archive]) -> None:
        """Read all captures of some files.

        :raises OSError: where a file cannot be read, or the output directory not written.
        :raises SourceLocked: where it is to be published, or there is no ledger yet, and another process is at work.
        :raises LedgerUnusable: the ledger cannot be read.
        """
        self._paths = [str(archive.path) for archive in archives]
        missing: list[tuple[Archive, Missing]] = []
        for archive, extracted in read_pieces(archives, self._sources, self._jobs):
            self._take(extracted)
            missing += [(archive, revisit) for revisit in extracted.missing]
        if missing:
            self._read_revisits(archives, missing)

    def _read_revisits(self, archives: Sequence[Archive], missing: Sequence[tuple[Archive, Missing]]) -> None:
        """Read what refers to bodies elsewhere: in these files, else in those of all runs."""
        paths = list(dict.fromkeys([*(archive.path for archive in archives), *self._kept]))
        places = find_bodies((revisit for _, revisit in missing), paths)
        self.told.others[UNRESOLVED] += len(missing) - len(places)
        for archive in archives:
            found = [(revisit, places[revisit]) for owner, revisit in missing if owner is archive and revisit in places]
            for extracted in read_all_revisits(archive, found, self._sources, self._jobs):
                self._take(extracted)

    @cached_property
    def _kept(self) -> list[Path]:
        """The files of all runs of the sources."""
        return [path for source in self._sources for run in runs_of(self._output, source.name) for path in run.warcs]

    def _take(self, extracted: Extracted) -> None:
        self.told.captures += extracted.captures
        self.told.others += extracted.others
        self.told.damage += extracted.damage
        for name, found in extracted.by_source.items():
            self._reading(name).take(found)

    def _reading(self, name: str) -> Reading:
        if name not in self.readings:
            source = next(source for source in self._sources if source.name == name)
            if self._publish:
                self._locks.append(SourceLock(self._output / name, "scrapy replay --publish"))
            # One that cannot be used is met before all is read; what has to be made good comes before this run, which
            # is named by when it began.
            self._ledger(name).close()
            self.readings[name] = Reading(self._output, name, urlsplit(source.site).netloc, self._examples)
        return self.readings[name]

    def _ledger(self, name: str) -> Ledger:
        folder = self._output / name
        return open_ledger(folder) if self._publish else look_at_ledger(folder)

    def finish(self) -> Iterator[dict[str, Any]]:
        """Write and judge what was found of each source, and publish it where that is wanted and sound.

        :return: what each ``run.json`` says.
        :raises OSError: where the output directory cannot be written.
        :raises LedgerUnusable: where it is to be compared with what cannot be read.
        :raises SourceLocked: there is no ledger yet, and another process is at work.
        """
        for name, reading in sorted(self.readings.items()):
            reading.write()
            verdict = reading.judge(len(self.damaged))
            told = self.told.as_json()
            ledger = self._ledger(name)
            try:
                publish = self._publish and verdict.outcome is Outcome.ACCEPTED
                reading.join(ledger, partial(self._report, reading, verdict, told), publish=publish)
            finally:
                ledger.close()
            yield {**self._report(reading, verdict, told), "published": reading.run.published}
        for lock in self._locks:
            lock.release()

    def _report(self, reading: Reading, verdict: Verdict, told: dict[str, Any]) -> dict[str, Any]:
        return {**reading.report(verdict, self._paths), **told}

    @property
    def damaged(self) -> list[Damage]:
        """Places that hold no capture because they are damaged."""
        return [place for place in self.told.damage if place.kind == "damaged"]
