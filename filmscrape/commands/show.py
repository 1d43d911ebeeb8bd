"""``scrapy show``: one event of a dataset, for reading."""

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path
from shutil import get_terminal_size
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from scrapy.spiderloader import SpiderLoader

from filmscrape.commandline import OfflineCommand
from filmscrape.runs.outcome import Outcome
from filmscrape.runs.stored import EVENTS

if TYPE_CHECKING:
    from filmscrape.records import Event, Language, Screening

_WIDTH = 100  # characters of a line of prose, where there is room for them
_WORDS: dict[str, Any] = {"break_long_words": False, "break_on_hyphens": False}
_NARROWEST = 30  # characters, below which more is broken than helped


class Command(OfflineCommand):
    """Show one event."""

    def syntax(self) -> str:
        """Name the command's arguments."""
        return "[options] <event id>"

    def short_desc(self) -> str:
        """Say in one line what the command does."""
        return "Print one event of the dataset for reading"

    def long_desc(self) -> str:
        """Say it with an example."""
        return (
            "Print what the dataset says of an event: title, credits, languages, screenings, texts, when it was seen. "
            "--json prints its line. Example: scrapy show festival:here"
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add where to look, and the form of the answer."""
        super().add_options(parser)
        parser.add_argument("--input", metavar="FILE", help="a dataset to look into in place of the source's own")
        parser.add_argument("--json", action="store_true", help="print the event's line as it stands")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Find the event and print it."""
        from filmscrape.records import Event

        try:
            line = self._line(args, opts.input)
            event = Event.model_validate_json(line)
        except LookupError as unknown:
            self.end(Outcome.USAGE, str(unknown.args[0]))
            return
        except ValueError as fault:
            self.end(Outcome.INTEGRITY, f"the line of {args[0]} is no record: {str(fault).splitlines()[0]}")
            return
        except OSError as fault:
            self.end(Outcome.INTEGRITY, f"cannot read {fault.filename}: {fault.strerror or fault}")
            return
        with suppress(BrokenPipeError):
            sys.stdout.write(line.decode() if opts.json else "".join(f"{row}\n" for row in shown(event, _room())))

    def _line(self, args: list[str], named: str | None) -> bytes:
        if len(args) != 1:
            raise LookupError("name one event: scrapy show festival:here")
        dataset = Path(named) if named else self._dataset(args[0])
        if not dataset.is_file():
            raise LookupError(f"there is no dataset {dataset}")
        known = []
        with dataset.open("rb") as lines:
            for line in lines:
                with suppress(ValueError, KeyError, TypeError):
                    known.append(str(json.loads(line)["id"]))
                    if known[-1] == args[0]:
                        return line
        near = get_close_matches(args[0], known, 3)
        meant = f"; did you mean {' or '.join(near)}?" if near else ""
        raise LookupError(f"{dataset} has no event {args[0]!r}{meant}")

    def _dataset(self, event_id: str) -> Path:
        assert self.settings is not None
        source, colon, slug = event_id.partition(":")
        names = SpiderLoader.from_settings(self.settings).list()
        if not colon or not slug:
            raise LookupError(f"{event_id!r} is no event's id: that is <source>:<slug>")
        if source not in names:
            raise LookupError(f"no source {source!r}; there are: {', '.join(names)}")
        return self.output / source / EVENTS


# ------------------------------------------------------------------ for reading
def _room() -> int:
    """How many characters a line may have: what a terminal shows, and a pipe as it is read best."""
    if not sys.stdout.isatty():
        return _WIDTH
    return max(_NARROWEST, min(_WIDTH, get_terminal_size().columns - 1))


def shown(event: "Event", room: int = _WIDTH) -> Iterator[str]:
    """Print an event: what it is, who made it, when it screens, what is written of it, where it comes from.

    A record holds no control character and no mark that turns the text round: :class:`~filmscrape.records.Event`
    refuses both.

    :param room: characters of a line, which a word longer than that may exceed.
    """
    years = "-".join(str(year) for year in (event.year, event.year_end) if year)
    yield from wrap(" ".join(filter(None, (event.title, f"({years})" if years else None))), room, **_WORDS)
    facts, ends = [[row for row in rows if row[1]] for rows in (_facts(event), _ends(event))]
    width = max(len(label) for label, _ in (*facts, *ends)) + 2
    for label, text in facts:
        yield from _rows(label, text, width, room)
    for paragraph in _paragraphs(event):
        yield ""
        yield from wrap(paragraph, room, **_WORDS)
    yield ""
    for label, text in ends:
        yield from _rows(label, text, width, room)


def _rows(label: str, text: str, width: int, room: int) -> list[str]:
    hanging = min(width, room // 3)  # a long label leaves room for words, on a narrow terminal too
    first = f"  {label:<{hanging - 2}}  "
    return wrap(text, room, initial_indent=first, subsequent_indent=" " * (hanging + 2), **_WORDS)


def _facts(event: "Event") -> Iterator[tuple[str, str]]:
    minutes = f"{event.runtime_minutes} min" if event.runtime_minutes else ""
    kind = [event.kind, minutes, ", ".join(country.name for country in event.countries), ", ".join(event.genres)]
    yield "", " | ".join(filter(None, [*kind, event.rating]))
    yield "also", " / ".join(event.alternative_titles)
    yield "notes", ", ".join(event.notes)
    yield "languages", _languages(event)
    yield "series", ", ".join(event.series)
    yield "premiere", event.premiere or ""
    yield from (("award", award) for award in event.awards)
    yield from _credits(event)
    for number, screening in enumerate(event.screenings):
        yield "" if number else "screenings", _screening(screening)
    for short in event.shorts:
        made = ", ".join([*short.directors, *short.places])
        length = f"{short.runtime_minutes} min" if short.runtime_minutes else ""
        yield "short", " | ".join(filter(None, (short.title, made, length)))


def _ends(event: "Event") -> Iterator[tuple[str, str]]:
    yield "page", event.url
    yield "seen", f"{event.first_seen} to {event.last_seen}; {event.status}"


def _paragraphs(event: "Event") -> Iterator[str]:
    yield from filter(None, (event.synopsis or event.summary or "").split("\n\n"))
    for person in event.people:
        yield from (f"{person.name}: {part}" for part in (person.bio or "").split("\n\n") if part)


def _languages(event: "Event") -> str:
    if event.no_dialogue:
        return "no dialogue"
    spoken, written = _named(event.languages), _named(event.subtitles)
    return ", subtitles ".join(filter(None, (spoken, written)))


def _named(languages: "list[Language]") -> str:
    return ", ".join(language.name for language in languages)


def _credits(event: "Event") -> Iterator[tuple[str, str]]:
    by_credit: dict[str, list[str]] = {}
    for member in event.crew:
        by_credit.setdefault(member.credit, []).append(member.name)
    for credit, names in by_credit.items():
        yield credit.lower(), ", ".join(names)
    cast = [f"{actor.name} ({actor.character})" if actor.character else actor.name for actor in event.cast]
    yield "cast", ", ".join(cast)


def _screening(screening: "Screening") -> str:
    start = screening.starts_at[:16].replace("T", " ")
    parts = [start, screening.venue, screening.availability, *screening.notes]
    return ", ".join(part for part in parts if part and part != "unknown")
