"""Read stored captures again: the same records as when they were crawled, or what better eyes see in them.

Same captures and same code give the same bytes of ``events.jsonl``, whatever the number of processes.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from filmscrape.archive.captures import Damage
from filmscrape.archive.difference import Difference
from filmscrape.archive.extraction import Archive, Extracted, Found, Missing
from filmscrape.archive.pieces import find_bodies, read_all_revisits, read_pieces
from filmscrape.archive.reader import read_records
from filmscrape.runs.dataset import write_events, write_lines
from filmscrape.runs.folder import RunFolder
from filmscrape.runs.merge import Venues
from filmscrape.runs.outcome import Outcome, Verdict
from filmscrape.runs.spool import Spool
from filmscrape.runs.stats import Counts, Stat
from filmscrape.runs.stored import RUNS, StoredRun, runs_of
from filmscrape.runs.union import Joined, join
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
    run = StoredRun.read(folder)
    source = next((source for source in sources if source.name == run.source), None)
    arguments = run.report.get("arguments")
    if source is None or not isinstance(arguments, dict):
        return Archive(path, run.id)
    try:
        scope = source.check_arguments(**arguments)
    except ValueError:  # arguments of another version
        return Archive(path, run.id)
    only = (source.canonical(source.event_url(slug)) for slug in scope.only)
    return Archive(
        path,
        run.id,
        frozenset({urlsplit(scope.base_url).hostname or ""}),
        frozenset(url for url in only if url),
        frozenset() if "listing" in scope.discover else frozenset({"listing"}),
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

    def __init__(self, output: Path, source: str, host: str, started: datetime) -> None:
        self.run = RunFolder(output, source, started)
        self.host = host
        self.started = started
        self._spool = Spool(self.run.path / "spool.jsonl")
        self._venues = Venues()
        self._stats: Counter[str] = Counter()
        self._fates: Counter[str] = Counter()
        self.counts = Counts()
        self.difference: dict[str, Any] = {}
        self.unsound = 0

    def take(self, found: Found) -> None:
        """Keep what a piece of a file gave."""
        for line in found.lines:
            if not self._spool.add_line(*line) and line.is_page:
                self._stats[Stat.DUPLICATES] += 1
        self._venues.join(found.venues)
        self._stats += found.stats
        self._fates += found.fates
        for url, reason in found.skipped:
            self.run.skip(url, reason)
        for url, kind, reason in found.failed:
            self.run.fail(url, kind, reason)
        for url, event_id, errors, origin in found.rejected:
            self.run.reject(url, event_id, errors, origin=origin)

    def write(self, examples: int) -> None:
        """Write ``events.jsonl``, and compare what it makes of the dataset with the dataset as it is."""
        written = write_events(self._spool, self._venues, self.run.events)
        self._stats[Stat.CONFLICTS] += written.conflicts
        self._stats[Stat.DUPLICATES] -= written.forked
        self.counts = Counts.gather(self._stats, self._fates, self._spool.unique + written.forked, written.lines)
        self._spool.remove()
        self.run.close()
        difference = Difference(examples)
        for event in join(self.run.dataset, self.run.events):
            self._compare(event, difference)
        self.difference = difference.as_json()

    def _compare(self, event: Joined, difference: Difference) -> None:
        self.unsound += not event.is_sound
        if not event.was_read:
            difference.keep()
        elif event.published is None:
            difference.add_new(event.id)
        elif event.published == event.line:
            difference.add_same()
        else:
            difference.add(_published(event.published), json.loads(event.line))

    def publish(self) -> None:
        """Replace the dataset by itself and what was read: no event leaves it."""
        joined = self.run.path / "dataset.jsonl"
        write_lines((event.line for event in join(self.run.dataset, self.run.events)), joined)
        self.run.publish(joined)
        joined.unlink()

    def judge(self, damaged: int, *, publish: bool) -> Verdict:
        """Say what came of it."""
        mismatches = self.counts.mismatches()
        if mismatches:
            return Verdict(Outcome.INTEGRITY, "the counts do not add up: " + "; ".join(mismatches))
        if damaged:
            return Verdict(Outcome.INTEGRITY, f"{damaged} damaged place{'s' * (damaged > 1)}, named above")
        if not self.counts.written:
            return Verdict(Outcome.TOO_FEW_EVENTS, f"no event of {self.host} was found")
        if publish and self.unsound:
            return Verdict(Outcome.INTEGRITY, f"{self.unsound} lines of {self.run.dataset} do not keep the contract")
        return Verdict(Outcome.ACCEPTED)

    def report(self, verdict: Verdict, replayed: Sequence[str]) -> dict[str, Any]:
        """What ``run.json`` says."""
        return {
            "run_id": self.run.id,
            "source": self.run.source,
            "outcome": verdict.outcome.name.lower(),
            "exit_code": int(verdict.outcome),
            "message": verdict.message,
            "replayed": list(replayed),
            "started": self.started.isoformat(timespec="milliseconds"),
            "finished": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "counts": asdict(self.counts),
            "difference": self.difference,
            "versions": versions(),
            "dataset": str(self.run.dataset),
            "folder": str(self.run.path),
        }


def _published(line: bytes) -> dict[str, Any]:
    """A published line; nothing of one that is no JSON."""
    try:
        record = json.loads(line)
    except ValueError:
        record = None
    return record if isinstance(record, dict) else {}


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
    """

    def __init__(self, output: Path, sources: Sequence["type[EventSpider]"], jobs: int) -> None:
        self._output = output
        self._sources = sources
        self._jobs = jobs
        self._started = datetime.now(UTC)
        self._paths: list[str] = []
        self.readings: dict[str, Reading] = {}
        self.told = Told(0, Counter(), [])

    def read(self, archives: Sequence[Archive]) -> None:
        """Read all captures of some files.

        :raises OSError: where a file cannot be read, or the output directory not written.
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
            host = urlsplit(source.site).netloc
            self.readings[name] = Reading(self._output, name, host, self._started)
        return self.readings[name]

    def finish(self, examples: int, *, publish: bool) -> Iterator[dict[str, Any]]:
        """Write and judge what was found of each source, and publish it where that is wanted and sound.

        :param examples: how many examples of each kind of difference to keep.
        :return: what each ``run.json`` says.
        :raises OSError: where the output directory cannot be written.
        """
        for _, reading in sorted(self.readings.items()):
            reading.write(examples)
            verdict = reading.judge(len(self.damaged), publish=publish)
            if publish and verdict.outcome is Outcome.ACCEPTED:
                reading.publish()
            report = {**reading.report(verdict, self._paths), **self.told.as_json()}
            reading.run.save(report)
            yield {**report, "published": reading.run.published}

    @property
    def damaged(self) -> list[Damage]:
        """Places that hold no capture because they are damaged."""
        return [place for place in self.told.damage if place.kind == "damaged"]
