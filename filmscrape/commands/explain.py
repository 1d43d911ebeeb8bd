"""``scrapy explain``: where the value of a field comes from, answered from the stored page."""

import argparse
import json
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from scrapy.spiderloader import SpiderLoader

from filmscrape.commandline import OfflineCommand
from filmscrape.logs import one_line
from filmscrape.runs.faults import LedgerUnusable
from filmscrape.runs.outcome import Outcome
from filmscrape.spiders.base import EventSpider

if TYPE_CHECKING:
    from filmscrape.archive.explanation import Explanation
    from filmscrape.runs.ledger import Span


class Command(OfflineCommand):
    """Explain one value."""

    def syntax(self) -> str:
        """Name the command's arguments."""
        return "[options] <event id> <field>"

    def short_desc(self) -> str:
        """Say in one line what the command does."""
        return "Tell where a value comes from: strategy, words, element, line and stored capture"

    def long_desc(self) -> str:
        """Say it with an example."""
        return (
            "Read the stored page of an event again, and show what one field was read from. "
            "Example: scrapy explain festival:here runtime_minutes"
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the form of the answer."""
        super().add_options(parser)
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Find and tell."""
        from filmscrape.archive.explanation import FIELDS, Explainer

        try:
            event_id, field = _asked(args, FIELDS)
            explainer = Explainer(self.output, self._source(event_id), event_id)
            found = explainer.explain(field)
            seen = explainer.seen(field, found.value)
        except LookupError as unknown:
            self.end(Outcome.USAGE, str(unknown.args[0]))
            return
        except LedgerUnusable as fault:
            self.end(fault.outcome, f"{fault}; {fault.remedy}")
            return
        except OSError as fault:
            self.end(Outcome.INTEGRITY, f"cannot read {fault.filename}: {fault.strerror or fault}")
            return
        told = as_json(event_id, field, found, explainer.published, seen)
        if opts.json:
            print(json.dumps(told, ensure_ascii=False, indent=2))
        else:
            sys.stdout.writelines(f"{one_line(line)}\n" for line in lines(told))

    def _source(self, event_id: str) -> type[EventSpider]:
        assert self.settings is not None
        loader = SpiderLoader.from_settings(self.settings)
        name, colon, slug = event_id.partition(":")
        if not colon or not slug:
            raise LookupError(f"{event_id!r} is no event's id: that is <source>:<slug>")
        if name not in loader.list() or not issubclass(spider := loader.load(name), EventSpider):
            raise LookupError(f"no source {name!r}; there are: {', '.join(loader.list())}")
        return spider


def _asked(args: list[str], known: Sequence[str]) -> tuple[str, str]:
    if len(args) != 2:
        raise LookupError("name an event and a field: scrapy explain festival:here runtime_minutes")
    event_id, field = args
    if field not in known:
        near = get_close_matches(field, known, 3)
        meant = f"; did you mean {' or '.join(near)}?" if near else f"; there are: {', '.join(known)}"
        raise LookupError(f"no field {field!r} that a page says{meant}")
    return event_id, field


def as_json(
    event_id: str, field: str, found: "Explanation", published: dict[str, Any] | None, seen: "Span | None"
) -> dict[str, Any]:
    """Everything, for machines."""
    capture = found.capture
    return {
        "id": event_id,
        "field": field,
        "value": found.value,
        "origin": found.origin,
        "strategy": found.strategy,
        "places": [place._asdict() for place in found.places],
        "problems": found.problems,
        "capture": {
            "file": str(capture.path),
            "offset": capture.offset,
            "record_id": capture.record_id,
            "url": capture.url,
            "captured_at": found.captured_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "revisit": capture.revisit,
        },
        "seen": None if seen is None else seen._asdict(),
        "published": None if published is None else published.get(field),
        "is_published": published is not None,
    }


def lines(told: dict[str, Any]) -> list[str]:
    """The same for people."""
    capture = told["capture"]
    found = [f"{told['id']} {told['field']}: {json.dumps(told['value'], ensure_ascii=False)}"]
    if told["is_published"] and told["published"] != told["value"]:
        found.append(f"published  {json.dumps(told['published'], ensure_ascii=False)}")
    if told["value"] in (None, [], False):
        found += [f"unreadable {problem}" for problem in told["problems"]] or ["the page does not say"]
    else:
        found.append(f"strategy   {told['strategy'] or 'none: it follows from other fields'}")
    for place in told["places"]:
        where = f"<{place['element']}>, line {place['line'] or 'unknown'}" if place["element"] else "line unknown"
        found.append(f"words      {json.dumps(place['words'], ensure_ascii=False)} in {where}")
    found.append(f"capture    {capture['file']}, offset {capture['offset']}, {capture['record_id']}")
    found.append(f"           {capture['url']} at {capture['captured_at']}")
    if seen := told["seen"]:
        found.append(f"first seen {seen['first']} by run {seen['first_run']}")
        found.append(f"last seen  {seen['last']} by run {seen['last_run']}")
    return found
