"""The closing table of a run, from the same report that ``run.json`` holds."""

from collections.abc import Mapping
from datetime import datetime
from typing import IO, Any

from filmscrape.logs import one_line
from filmscrape.runs.outcome import Outcome

_CLEARLY = 5  # per cent of the events; a few films more or less move every field a little
_WIDE = 4096  # characters of a line in a pipe


def print_summary(report: Mapping[str, Any], file: IO[str]) -> None:
    """Print the verdict, what a run counted, with each loss and its reason, and where its files are.

    A table with lines on a terminal, plain columns in a pipe, whose lines are never broken. What came from a site (a
    reason, an address) tells a terminal nothing but letters.

    :param report: what ``run.json`` says; that of ``scrapy replay`` has no verdict and no measures.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table

    width = None if file.isatty() else _WIDE
    console = Console(file=file, width=width, highlight=False, markup=False, soft_wrap=True)
    for line in _verdict(report):
        console.print(one_line(line))
    table = Table(box=box.SIMPLE if console.is_terminal else None, title=None, pad_edge=False)
    table.add_column(str(report["source"]), no_wrap=True)
    table.add_column("events", justify="right", no_wrap=True)
    table.add_column("of these", overflow="fold")
    for name, number, parts in rows(report["counts"]):
        table.add_row(name, str(number), one_line(parts))
    console.print(table)
    for line in (*_coverage(report), *_resumed(report), *_costs(report), *_places(report)):
        console.print(one_line(line))


def _verdict(report: Mapping[str, Any]) -> list[str]:
    """The verdict in a line, and a line for each finding."""
    if not report.get("verdict"):
        return []
    code, findings = report["exit_code"], report.get("findings") or []
    told = f" (exit {code})" if code else ""
    lines = [f"  {finding['check']}: {finding['message']}" for finding in findings]
    if not lines and report.get("message"):
        lines = [f"  {report['message']}"]
    return [f"verdict: {report['verdict']}{told}", *lines]


def _coverage(report: Mapping[str, Any]) -> list[str]:
    """The fields that are filled clearly more or less than usual, those that differ most first."""
    now, usual = ((report.get(name) or {}).get("coverage") or {} for name in ("measures", "baseline"))
    both = [(name, round(100 * now[name]), round(100 * usual[name])) for name in sorted(usual) if name in now]
    clear = (field for field in both if abs(field[1] - field[2]) >= _CLEARLY)
    differ = sorted(clear, key=lambda field: -abs(field[1] - field[2]))
    told = ", ".join(f"{name} {share} % (usually {before} %)" for name, share, before in differ)
    return [f"coverage: {told}"] if told else []


def _resumed(report: Mapping[str, Any]) -> list[str]:
    """Which runs that did not come to their end this one went on with."""
    runs, answers = report.get("resumed"), report["counts"].get("resumed")
    return [f"resumed: {answers} answers of {', '.join(runs)}"] if runs and answers else []


def _costs(report: Mapping[str, Any]) -> list[str]:
    started, finished = (datetime.fromisoformat(report[name]) for name in ("started", "finished"))
    seconds = f"seconds: {(finished - started).total_seconds():.1f}"
    amount = report.get("bytes")
    if isinstance(amount, Mapping):
        return [f"bytes: {_parts(amount) or 0}", seconds]
    return [seconds] if amount is None else [f"bytes: {amount}", seconds]


def _places(report: Mapping[str, Any]) -> list[str]:
    code = report["exit_code"]
    published = code is not None and Outcome(code).publishes
    return [f"dataset: {report['dataset']}"] * published + [f"run: {report['folder']}"]


def rows(counts: Mapping[str, Any]) -> list[tuple[str, int, str]]:
    """List the steps from what is known of to what is written: name, number, and what became of them."""
    skipped = {name.replace("_", " "): n for name, n in counts["skipped"].items()}
    problems = counts["problems"]
    found = [
        (
            "listed",
            counts["listed"],
            ", ".join(filter(None, (_named(counts, "fetched", "failed", "spared", "pending"), _parts(skipped)))),
        ),
        ("fetched", counts["fetched"], _named(counts, "extracted", "unchanged", "not_an_event", "unreadable")),
        _records(counts),
        ("valid", counts["valid"], _named(counts, "unique", "duplicates", "conflicts")),
        ("written", counts["written"], ""),
        ("sightings", counts["sightings"], _parts({"rejected": counts["sightings_rejected"]})),
        ("problems", sum(problems.values()), _parts(problems)),
        ("list pages", counts["discovery_fetched"], _discovery(counts)),
    ]
    return [row for row in found if row[0] not in ("sightings", "problems") or row[1] or row[2]]


def _records(counts: Mapping[str, Any]) -> tuple[str, int, str]:
    """What was extracted; together with what was known already and given again, where there is any."""
    known = counts.get("unchanged", 0) + counts.get("spared", 0)
    return "records" if known else "extracted", counts["extracted"] + known, _named(counts, "valid", "rejected")


def _discovery(counts: Mapping[str, Any]) -> str:
    return _parts(
        {
            "missing": counts["discovery_missing"],
            "failed": counts["discovery_failed"],
            "bounded": counts["discovery_bounded"],
            "off site": counts["offsite"],
        }
    )


def _named(counts: Mapping[str, Any], *names: str) -> str:
    return _parts({name.replace("_", " "): counts.get(name, 0) for name in names})


def _parts(parts: Mapping[str, int]) -> str:
    return ", ".join(f"{n} {name}" for name, n in parts.items() if n)
