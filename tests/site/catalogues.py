"""Catalogues for tests: of the bundled pages, and of records that try to break out."""

from pathlib import Path
from typing import Any

from filmscrape.exports.dataset import Dataset
from filmscrape.fixtures import Fixture
from filmscrape.records import Event, Part
from tests.crawling import ROOT, SOURCE
from tests.records import PROVENANCE, event, screening
from tests.report.hostile import STRINGS

AS_OF = "2026-11-20T18:00:00Z"
STRANGE = (
    "<script>document.title='broken'</script>",
    '"><img src=x onerror="document.title=\'broken\'">',
    "' onmouseover='document.title=\"broken\"' x='",
    "</script><script>document.title='broken'</script>",
    "<!--<script>",
    "{{ 7 * 7 }}{% raw %}",
    "javascript:document.title='broken'",
    "data:text/html,<script>document.title='broken'</script>",
    "\u202egnp.exe\u2066\u0007\u0000\x1b[31m\u2028",
    "]]>&lt;b&gt;&#x3c;i&#x3e;",
    "http://\u202egood.example/'\"><b>",
    *(text for name, text in STRINGS.items() if name != "surrogate"),  # which no file of records can hold
)


def bundled() -> list[Event]:
    """The records of the bundled pages."""
    seen = {"first_seen": AS_OF, "last_seen": AS_OF, "provenance": {**PROVENANCE, "fields": {"title": "heading"}}}
    pages = [page for page in Fixture.all(ROOT / "fixtures" / SOURCE) if (page.folder / "expected.json").exists()]
    return [Event.model_validate({**page.expected, **seen}) for page in pages]


def dataset(folder: Path, events: list[Event], *, texts: bool = True) -> Dataset:
    """A dataset of events."""
    path = folder / "events.jsonl"
    lines = sorted(events, key=lambda one: one.id)
    path.write_text("".join(f"{one.model_dump_json()}\n" for one in lines), encoding="utf-8")
    return Dataset([path], texts=texts)


class Unchecked(Dataset):
    """A dataset that takes what no record may hold, as a hole in the checks would."""

    def events(self) -> Any:
        """The strange events."""
        return iter([strange(number, text) for number, text in enumerate(STRANGE)])

    def changes(self) -> Any:
        """Changes of all of them, with the same text in every place."""
        for number, text in enumerate(STRANGE):
            told = {"id": f"festival:strange-{number}", "run": text, "captured_at": AS_OF}
            place = {"starts_at": "2026-12-05T19:50:00-07:00", "venue": text}
            yield {"kind": "changed", "field": text, "old": text, "new": [text], "screening": None, **told}
            yield {"kind": "changed", "field": "screenings", "old": {"venue": text}, "new": {text: text},
                   "screening": place, **told}  # fmt: skip


def strange(number: int, text: str) -> Event:
    """An event with the same strange text in every place that takes text, unchecked."""
    showing = screening(venue="V", booking_url="http://x.example/", availability="available", notes=["n"])
    short = {"title": "S", "directors": ["D"], "places": ["P"], "runtime_minutes": 1, "synopsis": "s"}
    person = {"name": "P", "role": "director", "bio": "b", "filmography": [{"title": "F", "year": 2000}],
              "image_url": "http://x.example/"}  # fmt: skip
    whole = event(
        id=f"festival:strange-{number}", year=2020, screenings=[showing], shorts=[short], people=[person],
        alternative_titles=["A"], notes=["N"], series=["S"], premiere="P", awards=["A"], summary="S", synopsis="S",
        quotes=[{"text": "Q", "attribution": "A"}], countries=[{"name": "C", "code": None}],
        languages=[{"name": "L", "code": None}], subtitles=[{"name": "L", "code": None}], genres=["G"], rating="R",
        advisories=["A"], cast=[{"name": "C", "character": "X"}], language_note="L", contact="C",
        crew=[{"name": "C", "role": "director", "credit": "D"}], partners=[{"name": "N", "credit": "C"}],
        links=[{"label": "L", "url": "http://x.example/"}], images=[{"url": "http://x.example/", "alt": "A"}],
        extra=[{"label": "L", "value": "V"}], source_id="1",
    )  # fmt: skip
    kept = {"id", "source", "kind", "status", "first_seen", "last_seen", "starts_at", "timezone", "availability",
            "role", "fetched_at", "schema_version"}  # fmt: skip
    spoiled: Event = _spoiled(whole, text, kept)
    return spoiled


def _spoiled(part: Any, text: str, kept: set[str]) -> Any:
    changed: dict[str, Any] = {}
    for name in type(part).model_fields:
        value = getattr(part, name)
        if isinstance(value, str) and name not in kept:
            changed[name] = text
        elif isinstance(value, dict):
            changed[name] = {text: text}
        elif isinstance(value, list):
            changed[name] = [text if isinstance(one, str) else _spoiled(one, text, kept) for one in value]
        elif isinstance(value, Part):
            changed[name] = _spoiled(value, text, kept)
    return part.model_copy(update=changed)
