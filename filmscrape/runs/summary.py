"""The closing table of a run, from the same report that ``run.json`` holds."""

from collections.abc import Mapping
from datetime import datetime
from typing import IO, Any


def print_summary(report: Mapping[str, Any], file: IO[str]) -> None:
    """Print what a run counted, with each loss and its reason, and where its files are.

    A table with lines on a terminal, plain columns in a pipe.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table

    console = Console(file=file, highlight=False, soft_wrap=True)
    table = Table(box=box.SIMPLE if console.is_terminal else None, title=None, pad_edge=False)
    table.add_column(str(report["source"]))
    table.add_column("events", justify="right")
    table.add_column("of these", no_wrap=True)
    for name, number, parts in rows(report["counts"]):
        table.add_row(name, str(number), parts)
    console.print(table)
    started, finished = (datetime.fromisoformat(report[name]) for name in ("started", "finished"))
    console.print(f"seconds: {(finished - started).total_seconds():.1f}")
    if report["exit_code"] == 0:
        console.print(f"dataset: {report['dataset']}")
    console.print(f"run: {report['folder']}")


def rows(counts: Mapping[str, Any]) -> list[tuple[str, int, str]]:
    """List the steps from what is known of to what is written: name, number, and what became of them."""
    skipped = {name.replace("_", " "): n for name, n in counts["skipped"].items()}
    problems = counts["problems"]
    found = [
        (
            "listed",
            counts["listed"],
            ", ".join(filter(None, (_named(counts, "fetched", "failed", "pending"), _parts(skipped)))),
        ),
        ("fetched", counts["fetched"], _named(counts, "extracted", "not_an_event", "unreadable")),
        ("extracted", counts["extracted"], _named(counts, "valid", "rejected")),
        ("valid", counts["valid"], _named(counts, "unique", "duplicates", "conflicts")),
        ("written", counts["written"], ""),
        ("sightings", counts["sightings"], _parts({"rejected": counts["sightings_rejected"]})),
        ("problems", sum(problems.values()), _parts(problems)),
        ("list pages", counts["discovery_fetched"], _discovery(counts)),
    ]
    return [row for row in found if row[0] not in ("sightings", "problems") or row[1] or row[2]]


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
    return _parts({name.replace("_", " "): counts[name] for name in names})


def _parts(parts: Mapping[str, int]) -> str:
    return ", ".join(f"{n} {name}" for name, n in parts.items() if n)
