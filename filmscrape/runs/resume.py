"""Which runs a new one goes on with: those that did not come to their end, since the last one that did."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from filmscrape.runs.outcome import Outcome
from filmscrape.runs.stored import StoredRun

# A full disk cuts a run off as a signal does: what it was answered until then is as good.
CUT_OFF = frozenset({Outcome.INTERRUPTED, Outcome.BUDGET, Outcome.CANNOT_WRITE})
_OF_THE_CALL = frozenset({"_job"})  # Scrapyd gives each call another


def resumable(
    runs: Sequence[StoredRun], arguments: Mapping[str, str], now: datetime, within: timedelta
) -> list[StoredRun]:
    """Find the runs whose answers a new run takes over in place of asking again.

    :param runs: all runs of the source, the oldest first.
    :param arguments: of the new run; one that was to look at something else is of no use.
    :param now: when the new run begins.
    :param within: how old they may be, counted from their beginning: what a site said yesterday it may not say today.
    :return: the oldest first; a later one knows more.
    """
    found: list[StoredRun] = []
    for run in reversed(runs):
        if not isinstance(asked := run.report.get("arguments"), dict):
            continue  # killed before it began, or no crawl
        if run.published_sha256 or (run.is_finished and run.report.get("exit_code") not in CUT_OFF):
            break
        is_young = run.started is not None and now - run.started <= within
        if is_young and run.warcs and _asked(asked) == _asked(arguments):
            found.append(run)
    return found[::-1]


def _asked(arguments: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in arguments.items() if name not in _OF_THE_CALL}
