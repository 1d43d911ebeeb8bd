"""The way of a run's events, from what was listed to what was published, with every loss by its name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from filmscrape.report.loose import mapping, whole

_SKIPPED = {
    "max_events": "beyond max_events",
    "only": "not among those that only= names",
    "not_upcoming": "not upcoming",
    "older_capture": "an older capture of a page",
    "moved": "moved to another event, which is counted itself",
    "same_page": "another spelling of an address",
}


@dataclass(frozen=True)
class Loss:
    """Events that did not come as far as the next step.

    :ivar name: in two or three words.
    :ivar on_purpose: nobody wanted them, or they are there under another name.
    """

    name: str
    number: int
    on_purpose: bool = False


@dataclass(frozen=True)
class Step:
    """One step of the way.

    :ivar number: how many came so far, those that were known already among them.
    :ivar known: how many of these were not read in this run, because their pages are as they were.
    :ivar losses: what does not come to the next step.
    """

    name: str
    number: int
    known: int = 0
    losses: list[Loss] = field(default_factory=list)


def flow(stored: object, *, is_published: bool) -> list[Step]:
    """Follow the events of a run.

    :param stored: the ``counts`` of ``run.json``.
    :param is_published: whether what was written joined the dataset.
    """
    counts = mapping(stored)
    n = {name: whole(value) for name, value in counts.items()}

    def of(*names: str) -> int:
        return sum(n.get(name, 0) for name in names)

    skipped = [Loss(_SKIPPED.get(name, name), whole(number), True) for name, number in _skipped(counts).items()]
    written = of("written")
    steps = [
        Step("listed", of("listed"), 0,
             [Loss("failed", of("failed")), Loss("without an answer", of("pending")), *skipped]),
        Step("fetched", of("fetched", "spared"), of("spared"),
             [Loss("no event", of("not_an_event"), True), Loss("unreadable", of("unreadable"))]),
        Step("records", of("extracted", "unchanged", "spared"), of("unchanged", "spared"),
             [Loss("rejected", of("rejected"))]),
        Step("valid", of("valid"), 0, [Loss("there already", of("duplicates"), True)]),
        Step("written", written, 0, [] if is_published else [Loss("not published", written)]),
        Step("published", written if is_published else 0),
    ]  # fmt: skip
    return [_accounted(step, after) for step, after in zip(steps, [*steps[1:], None], strict=True)]


def asides(stored: object) -> list[tuple[str, str]]:
    """Tell what else was counted: list pages, sightings on them, and values that could not be read.

    :param stored: the ``counts`` of ``run.json``.
    """
    counts = mapping(stored)
    problems = {name: whole(value) for name, value in mapping(counts.get("problems")).items()}
    worst = sorted(problems.items(), key=lambda item: (-item[1], item[0]))[:20]
    told = [
        ("list pages", _told(counts, "discovery_", "fetched", "missing", "failed", "bounded")),
        ("sightings of events on them", _told(counts, "sightings", "", "_rejected")),
        ("pages refused", _told(counts, "", "blocked", "forbidden", "refused")),
        ("values that could not be read", ", ".join(f"{number} {name}" for name, number in worst if number)),
    ]
    return [(name, words) for name, words in told if words]


def _told(counts: Mapping[str, Any], prefix: str, *names: str) -> str:
    numbers = {name.strip("_"): whole(counts.get(prefix + name)) for name in names}
    return ", ".join(f"{number} {name}".rstrip() for name, number in numbers.items() if number)


def _skipped(counts: Mapping[str, Any]) -> Mapping[str, Any]:
    return mapping(counts.get("skipped"))


def _accounted(step: Step, after: Step | None) -> Step:
    """Leave out the losses that there were none of, and add what vanished without a reason."""
    losses = [loss for loss in step.losses if loss.number]
    gone = step.number - (after.number if after else step.number) - sum(loss.number for loss in losses)
    if gone > 0:
        losses.append(Loss("lost without a reason", gone))
    return Step(step.name, step.number, min(step.known, step.number), losses)
