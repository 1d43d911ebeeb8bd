"""What the report of a run says, as plain values: read from the run's folder and from the runs before it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from filmscrape.report.coverage import Answers, Heat, answers, heat, measures_of
from filmscrape.report.differences import Sides, sides
from filmscrape.report.flow import Step, asides, flow
from filmscrape.report.loose import cut, items, lines, mapping, number, whole, words
from filmscrape.report.lost import Lost, lost_pages
from filmscrape.report.remedies import REMEDIES, UNFINISHED, UNKNOWN, Remedy, advice
from filmscrape.runs.baseline import Baseline, baseline
from filmscrape.runs.history import UNFINISHED as KILLED
from filmscrape.runs.history import PastRun
from filmscrape.runs.outcome import Outcome
from filmscrape.runs.stored import CHANGES, REPORT, StoredRun, runs_beside

MOST_CHANGES = 200
"""So many are shown; ``changes.jsonl`` has them all."""
_COLUMNS = 12  # runs of the heat map: as many as a page has room for, and two weeks of nights nearly
_LONGEST = 300  # characters of a message, an argument, an id
# What a person wants to see first comes first.
_KINDS = ("screening_cancelled", "screening_moved", "sold_out", "not_listed", "changed", "screening_added",
          "returned", "added")  # fmt: skip


@dataclass(frozen=True)
class ShownChange:
    """A change of an event.

    :ivar about: the field, or start and venue of the screening.
    """

    kind: str
    event: str
    about: str
    sides: Sides


@dataclass(frozen=True)
class Changes:
    """What a run changed.

    :ivar kinds: how many of each kind, in the order of what matters.
    :ivar shown: the first of them, by kind.
    """

    number: int
    kinds: dict[str, int]
    shown: list[ShownChange]


@dataclass(frozen=True)
class Cost:
    """A figure of what the run took, and the median of the runs that it is compared with.

    :ivar unit: ``seconds``, ``bytes`` or ``pages``.
    """

    name: str
    unit: str
    now: float
    usual: float | None


@dataclass(frozen=True)
class RunFile:
    """A file of the run; ``size`` in bytes."""

    name: str
    size: int


@dataclass(frozen=True)
class RunFacts:
    """All that the report of a run says.

    :ivar run: how it went, in short.
    :ivar headline: the verdict in one line.
    :ivar findings: check and message of each.
    :ivar advice: what to do, one line each; none where there is nothing to do.
    :ivar asides: what else was counted, name and words.
    :ivar usual: what the last runs of the same scope were like.
    :ivar given: arguments, settings and other circumstances, name and value.
    """

    run: PastRun
    headline: str
    remedy: Remedy
    findings: list[tuple[str, str]]
    advice: list[str]
    steps: list[Step]
    asides: list[tuple[str, str]]
    heat: Heat
    usual: Baseline
    answers: list[Answers]
    changes: Changes
    lost: list[Lost]
    costs: list[Cost]
    given: list[tuple[str, str]]
    versions: list[tuple[str, str]]
    files: list[RunFile]


def facts_of(run: StoredRun) -> RunFacts:
    """Gather what there is to say of a run, whatever state its folder is in."""
    past = PastRun.of(run)
    before = [other for other in runs_beside(run) if other.id < run.id]
    scope = run.report.get("scope")
    alike = [other for other in before if other.report.get("scope") == scope]
    usual = baseline(before, mapping(scope))
    outcome, is_published = _outcome(past), published(run, past)
    findings, remedy = _findings(run), _remedy(past, outcome)
    headline = _headline(past, is_published)
    if not run.report and (run.path / REPORT).exists():
        headline, remedy = "Nobody knows how the run ended: its run.json cannot be read.", UNKNOWN
    return RunFacts(
        run=past,
        headline=headline,
        remedy=remedy,
        findings=findings,
        advice=advice(remedy, [check for check, _ in findings], run.id),
        steps=flow(run.report.get("counts"), is_published=is_published),
        asides=asides(run.report.get("counts")),
        heat=heat([*alike[1 - _COLUMNS :], run], run),
        usual=usual,
        answers=answers(measures_of(run), usual),
        changes=changes_of(run.path),
        lost=lost_pages(run.path),
        costs=_costs(run, [other for other in alike if other.id in usual.runs]),
        given=_given(run.report),
        versions=_pairs(run.report.get("versions")),
        files=_files(run.path),
    )


# ------------------------------------------------------------------ the verdict
def _outcome(run: PastRun) -> Outcome | None:
    try:
        return None if run.exit_code is None else Outcome(run.exit_code)
    except ValueError:  # a code that a later version has
        return None


def _remedy(run: PastRun, outcome: Outcome | None) -> Remedy:
    if run.verdict == KILLED:
        return UNFINISHED
    return REMEDIES[outcome] if outcome is not None else UNKNOWN


def published(stored: StoredRun, run: PastRun) -> bool:
    """Whether the dataset was joined with what a run found; a replay can be accepted and not be meant to."""
    return run.is_published and bool(stored.report.get("published", True))


def _headline(run: PastRun, is_published: bool) -> str:
    events = f"{run.events or 0:,} {'event was' if run.events == 1 else 'events were'}"
    if run.is_published and not is_published:
        return f"{events} read again from captures. Nothing was published: nobody asked for it."
    if run.verdict == Outcome.ACCEPTED.verdict:
        return f"{events} published, and all is well."
    if run.verdict == Outcome.DEGRADED.verdict:
        return f"{events} published, and something wants looking at."
    if run.verdict == KILLED:
        return "The run did not come to its end: it was killed, or is still going on."
    if run.verdict == "failed":
        return "Nothing was published: the dataset is as it was."
    return "The run is over, and nothing says how it ended."


def _findings(run: StoredRun) -> list[tuple[str, str]]:
    found = [mapping(finding) for finding in items(run.report.get("findings"))]
    told = [(_short(finding.get("check")), _short(finding.get("message"))) for finding in found[:50]]
    message = _short(run.report.get("message"))
    return told or ([("", message)] if message else [])


# ------------------------------------------------------------------ what changed
def changes_of(folder: Path) -> Changes:
    """Read what a run changed: all is counted, and the first of each kind are kept."""
    kinds: Counter[str] = Counter()
    kept: dict[str, list[Mapping[str, Any]]] = {}
    for line in lines(folder / CHANGES):
        kind = _short(line.get("kind")) or "unreadable line"
        kinds[kind] += 1
        if kinds[kind] <= MOST_CHANGES:
            kept.setdefault(kind, []).append(line)
    order = [kind for kind in _KINDS if kind in kinds] + sorted(kinds.keys() - set(_KINDS))
    first = [(kind, line) for kind in order for line in kept[kind]][:MOST_CHANGES]
    return Changes(kinds.total(), {kind: kinds[kind] for kind in order}, [_shown(*one) for one in first])


def _shown(kind: str, line: Mapping[str, Any]) -> ShownChange:
    screening = mapping(line.get("screening"))
    place = " · ".join(filter(None, (words(screening.get("starts_at")), words(screening.get("venue")))))
    about = place or words(line.get("field"))
    return ShownChange(kind, _short(line.get("id")), cut(about, _LONGEST), sides(line.get("old"), line.get("new")))


# ------------------------------------------------------------------ time, bytes and circumstances
def _costs(run: StoredRun, others: Sequence[StoredRun]) -> list[Cost]:
    now, past = _figures(run), [_figures(other) for other in others]
    usual = {name: [figures[name][1] for figures in past if name in figures] for name in now}
    return [
        Cost(name, unit, value, median(usual[name]) if usual[name] else None) for name, (unit, value) in now.items()
    ]


def _figures(run: StoredRun) -> dict[str, tuple[str, float]]:
    """What a run took, by name: unit and number; only what is known."""
    report = run.report
    timings, counts = mapping(report.get("timings")), mapping(report.get("counts"))
    wire, archive = mapping(report.get("bytes")), mapping(report.get("archive"))
    total = (run.ended - run.started).total_seconds() if run.ended and run.started else None
    found = [
        ("from beginning to end", "seconds", total),
        ("to crawl", "seconds", timings.get("crawl")),
        ("to write the run's files", "seconds", timings.get("write")),
        ("to join the ledger, after that", "seconds", timings.get("join")),
        ("event pages fetched", "pages", counts.get("fetched")),
        ("list pages fetched", "pages", counts.get("discovery_fetched")),
        ("answers taken over", "pages", counts.get("resumed") or None),
        ("sent", "bytes", wire.get("request")),
        ("received", "bytes", wire.get("response")),
        ("archived", "bytes", archive.get("bytes")),
        ("answers archived", "pages", archive.get("responses")),
        ("of these, the same as before", "pages", archive.get("revisits")),
    ]
    return {name: (unit, read) for name, unit, value in found if (read := number(value)) is not None}


def _given(report: Mapping[str, Any]) -> list[tuple[str, str]]:
    scope = [(f"scope: {name}", value) for name, value in _pairs(report.get("scope")) if value not in ("[]", "false")]
    resumed = [("goes on with", _short(run)) for run in items(report.get("resumed"))[:20]]
    published = mapping(report.get("published"))
    digest = [("dataset published", f"sha256 {_short(published.get('sha256'))}")] if published else []
    declared = [(name, value) for name, value in _pairs(report.get("declared")) if value not in ("[]", "false")]
    return [*_pairs(report.get("arguments")), *scope, *declared, *resumed, *digest]


def _pairs(value: object) -> list[tuple[str, str]]:
    return [(_short(name), _short(part)) for name, part in list(mapping(value).items())[:100] if part is not None]


def _files(folder: Path) -> list[RunFile]:
    """What the run left, but for its drafts and the report itself, which does not know yet how long it will be."""
    try:
        there = sorted(path for path in folder.iterdir() if path.is_file() and path.name[0] != ".")
        return [
            RunFile(path.name, path.stat().st_size) for path in there if path.name not in ("report.html", "SHA256SUMS")
        ]
    except OSError:
        return []


def _short(value: object) -> str:
    return cut(words(value), _LONGEST)


def lost_number(report: Mapping[str, Any]) -> int:
    """How many pages gave no record although they should have."""
    counts = mapping(report.get("counts"))
    return sum(whole(counts.get(name)) for name in ("failed", "unreadable", "rejected", "pending"))
