"""Make the HTML of a report, and put it in its place.

Whatever comes from a page or a server is text: Jinja2 escapes every value, and before that :func:`visible` writes what
does not print by its number, so that nothing can turn the text round or hide in it. Only what is an address of the web
becomes a link. The page has no script, and forbids any.
"""

import logging
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from filmscrape import __version__
from filmscrape.archive.manifest import CHECKSUMS, leave_out
from filmscrape.logs import logfmt, one_line
from filmscrape.report.drawing import draw_flow
from filmscrape.report.facts import facts_of
from filmscrape.report.past import history_of
from filmscrape.runs.publish import put_in_place, write_draft
from filmscrape.runs.stored import StoredRun

REPORT = "report.html"
HISTORY = "history.html"

_LONGEST = 2000  # characters of an address that can be clicked; browsers cut longer ones
_STEPS = (("GB", 1e9), ("MB", 1e6), ("kB", 1e3))

logger = logging.getLogger(__name__)


def write_report(run_folder: Path, output: Path | None = None) -> Path:
    """Write the report of a run.

    The same run gives the same bytes, as long as the runs before it are there. The report is no evidence: where it is
    written again, ``SHA256SUMS`` names it no more.

    :param output: where to write it; ``report.html`` in the run's folder where there is none.
    :return: the file.
    :raises OSError: where it cannot be written.
    """
    target = output or run_folder / REPORT
    facts = facts_of(StoredRun.read(run_folder))
    page = _render("run.html.j2", facts=facts, flow=draw_flow(facts.steps), folder=_way(target, run_folder))
    if target.resolve().parent == run_folder.resolve() and (run_folder / CHECKSUMS).is_file():
        leave_out(run_folder, {target.name})  # first: at no moment does the list state what does not hold
    return _write(page, target)


def leave_report(run_folder: Path) -> Path | None:
    """Write the report of a run that has just ended; where that fails, the run does not."""
    try:
        return write_report(run_folder)
    except Exception as fault:  # of whatever kind: the dataset is published already
        again = f"scrapy report {run_folder}"
        logger.warning("%s", logfmt("report not written", run=run_folder, reason=repr(fault), next=again))
        return None


def write_history(sources: Sequence[tuple[str, Sequence[StoredRun]]], output: Path) -> Path:
    """Write the report of all runs.

    :param sources: names, and runs of each, the oldest first.
    :param output: where to write it.
    :return: the file.
    :raises OSError: where it cannot be written.
    """
    found = [history_of(source, runs) for source, runs in sources]
    folders = {row.stored.id: _way(output, row.stored.path) for history in found for row in history.rows}
    reports = {row.stored.id for history in found for row in history.rows if (row.stored.path / REPORT).is_file()}
    return _write(_render("history.html.j2", histories=found, folders=folders, reports=reports), output)


def _write(page: str, target: Path) -> Path:
    draft = write_draft([page.encode()], target.with_name(f".{target.name}.draft"))
    put_in_place(draft.path, target)
    return target


def _way(page: Path, folder: Path) -> str:
    """The way from a page to a folder, as an address; empty where both are in one place."""
    way = os.path.relpath(folder.resolve(), page.resolve().parent)
    return "" if way == "." else quote(os.fsencode(way)) + "/"


# ------------------------------------------------------------------ the templates
@cache
def _templates() -> Environment:
    found = Environment(
        loader=PackageLoader("filmscrape.report"),
        autoescape=True,
        finalize=visible,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters |= {
        "amount": amount,
        "clock": clock,
        "day": day,
        "moment": moment,
        "percent": percent,
        "points": points,
        "spaced": lambda name: str(name).replace("_", " "),
    }
    found.globals |= {"link": link, "file_link": file_link, "version": __version__}
    return found


def _render(template: str, **values: Any) -> str:
    return _templates().get_template(template).render(values)


def visible(value: Any) -> Any:
    """Write what does not print by its number; line ends stay."""
    if isinstance(value, Markup) or not isinstance(value, str) or value.isprintable():
        return value
    return "\n".join(one_line(line) for line in value.split("\n"))


def link(address: str) -> str:
    """Give an address of the web that is safe to be clicked; empty where it is none."""
    if not address.isprintable() or " " in address or "\\" in address or len(address) > _LONGEST:
        return ""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return address if parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc else ""


def file_link(folder: str, name: str) -> str:
    """Give the address of a file in a folder; what is no file's name leads nowhere."""
    if not name or "/" in name or name in (".", ".."):
        return ""
    return folder + quote(name, errors="replace")


# ------------------------------------------------------------------ figures
def amount(value: float | None, unit: str = "count") -> str:
    """Write a figure with its unit."""
    if value is None:
        return "–"
    if unit == "bytes":
        name, size = next(((name, size) for name, size in _STEPS if value >= size), ("bytes", 1))
        return f"{value / size:.1f} {name}" if size > 1 else f"{value:.0f} bytes"
    if unit == "seconds":
        minutes, seconds = divmod(round(value), 60)
        hours, minutes = divmod(minutes, 60)
        return f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds} s" if minutes else f"{value:.1f} s"
    return f"{value:,.0f}"


def percent(share: float | None) -> str:
    """Write a share; one that is not nothing is never written as nothing, nor one that is not all as all."""
    if share is None:
        return "–"
    rounded = round(100 * share)
    if rounded == 0 < share:
        return "<1"
    return ">99" if rounded == 100 and share < 1 else str(rounded)


def points(change: float | None) -> str:
    """Write a difference of shares, with its sign."""
    if change is None:
        return "–"
    rounded = round(100 * change)
    return "±0" if not rounded else f"{rounded:+d}".replace("-", "−")


def moment(when: datetime | None) -> str:
    """Write a time for people, UTC."""
    return when.astimezone(UTC).strftime("%-d %b %Y, %H:%M UTC") if when else "at an unknown time"


def day(when: datetime | None) -> str:
    """Write a day, as short as can be."""
    return when.astimezone(UTC).strftime("%-d %b") if when else "?"


def clock(when: datetime | None) -> str:
    """Write a time of day, UTC."""
    return when.astimezone(UTC).strftime("%H:%M") if when else "?"
