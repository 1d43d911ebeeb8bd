"""A run's folder that says hostile things wherever a report shows something."""

import json
from pathlib import Path
from typing import Any

RUN = "20261124T224911.207Z-3ad9"
BEFORE = "20261123T224911.207Z-0001"
SOURCE = "festival"

STRINGS = {
    "script": "<script>document.title='owned'</script>",
    "image": '"><img src=x onerror="document.title=\'owned\'">',
    "single quotes": "' onmouseover='alert(1)' x='",
    "javascript link": "javascript:alert(1)",
    "javascript link in disguise": " java\tscript:alert(1)//http://a.example/",
    "data link": "data:text/html,<script>alert(1)</script>",
    "end of style": "</style><style>body{display:none}</style>",
    "end of title": "</title></svg></desc><svg onload=alert(1)>",
    "comment": "<!--><![CDATA[ ]]> --!> <?php",
    "bidi override": "harmless \u202egnp.exe\u202c \u2066isolated\u2069 \u200f\u061c",
    "null byte": "a\x00b\x1b[31mred\x07\x7f\x85",
    "line separators": "one\u2028two\u2029three\rfour",
    "invisible": "zero\u200bwidth\ufeff\u00ad\U000e0041",
    "surrogate": "half \ud83d a face",
    "template": "{{ 7 * 7 }}{% raw %}{# no #}",
    "entity": "&lt;script&gt;&#60;b&#62;&NewLine;",
    "very long word": "W" * 5000,
    "marks without end": "Z" + "\u0301\u0327" * 300,
    "backquotes": "`code` `<b>`",
    "end of a calendar's line": "x\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nATTACH:http://a.example/\n;x=1:y\\,\\;",
    "formula": '=HYPERLINK("http://a.example/","x")',
    "formula behind a blank": " \t=1+1",
    "end of CSV": 'x",=1+1\r\n"y',
    "end of SQL": "x'); DROP TABLE events; --",
}
BIDI = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c"


def plain(text: str) -> str:
    """A text of the same shape that means no harm: each word has as many letters."""
    return "".join(" " if char.isspace() else "x" for char in text)


def folder(output: Path, evil: str) -> Path:
    """Write two runs of which the later one says ``evil`` in every place, and give its folder."""
    _run(output, BEFORE, "before")
    return _run(output, RUN, evil)


def _run(output: Path, run_id: str, evil: str) -> Path:
    path = output / SOURCE / "runs" / run_id
    path.mkdir(parents=True)
    (path / "run.json").write_text(json.dumps(report(run_id, evil)))
    for name, rows in _files(evil).items():
        (path / name).write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def report(run_id: str, evil: str) -> dict[str, Any]:
    """What ``run.json`` says."""
    counts: dict[str, Any] = {"listed": 9, "fetched": 8, "extracted": 8, "valid": 8, "unique": 8, "written": 8}
    counts |= {"failed": 1, "skipped": {evil: 2}, "problems": {evil: 3}, "discovery_fetched": 2}
    return {
        "run_id": run_id,
        "verdict": "degraded",
        "outcome": evil,
        "exit_code": 10,
        "message": evil,
        "findings": [{"check": evil, "outcome": "degraded", "message": evil}] * 2,
        "arguments": {evil: evil},
        "scope": {"discover": ["x"]},
        "started": f"{run_id[:4]}-{run_id[4:6]}-{run_id[6:8]}T22:49:11+00:00",
        "finished": f"{run_id[:4]}-{run_id[4:6]}-{run_id[6:8]}T22:50:11+00:00",
        "resumed": [evil],
        "counts": counts,
        "measures": {"events": 8, "coverage": {evil: 0.5, "title": 1.0}, "strategies": {evil: {evil: 4}}},
        "baseline": {"coverage": {"title": 1.0, evil: 1.0}},
        "published": {"sha256": evil, "bytes": 1},
        "versions": {evil: evil},
    }


def _files(evil: str) -> dict[str, list[Any]]:
    page = {"url": evil, "id": evil, "kind": evil, "reason": evil}
    error = {"field": evil, "reason": evil, "raw": evil}
    return {
        "failed.jsonl": [page],
        "rejected.jsonl": [{"url": evil, "id": evil, "errors": [error, {**error, "raw": {evil: [evil]}}]}],
        "skipped.jsonl": [page],
        "captures.jsonl": [{"of": evil}, {"url": evil, "offset": 7, "status": 200, "date": evil, "record_id": evil}],
        "changes.jsonl": _changes(evil),
    }


def _changes(evil: str) -> list[dict[str, Any]]:
    pairs: list[tuple[Any, Any]] = [
        (evil, f"{evil} more"),
        (None, evil),
        ({evil: evil}, {evil: None}),
        ([evil], [{"name": evil}]),
        ({evil: [evil]}, None),
    ]
    place = {"starts_at": evil, "venue": evil}
    return [
        {"kind": evil, "id": evil, "field": evil, "screening": place if at else None, "old": old, "new": new}
        for at, (old, new) in enumerate(pairs)
    ]
