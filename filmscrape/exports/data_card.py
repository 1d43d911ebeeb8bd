"""The data card: what a person should know of a dataset before using it, in Markdown."""

from collections.abc import Iterator, Sequence
from typing import Final

from filmscrape.exports.packaged import PackagedFile
from filmscrape.exports.rights import HOME, statement
from filmscrape.exports.survey import Survey

_GAPS: Final = {
    "no_screening": "events without a screening: pages that no longer list one, or never did",
    "unread": "events with labelled facts that have no field of their own or could not be read; `extra` has them",
    "country": "countries without a code: historical states, nations that have none, uncertain spellings",
    "language": "languages without a code",
    "venue": "screenings without a venue",
}

_COLLECTED: Final = """\
## How it was collected

[filmscrape]({home}) reads the public pages of each source, slowly and as their `robots.txt` allows, and keeps what
they say. It does not add to it: what a page does not say is `null` or an empty list, what it could not read stays
verbatim in `extra`. Values are never taken from other databases. Codes of countries (ISO 3166-1) and languages (BCP 47)
are added to names that are certain. Each event names its page, the time of its capture, the digest of the page and the
rule that found each field (`provenance`). The dataset is the merge of all accepted runs: it only grows.
"""

_LIMITS: Final = """\
## Known gaps and limits

- It holds what the pages said when they were read. A page that was gone before the first run is not in here, and
  neither is a screening that was added and taken off between two runs.
- Pages name people by name alone. Two people of one name cannot be told apart, and one person in two spellings is two.
- A film that is shown by two sources, or on two pages, is two events. Nothing joins them.
- Sites list little of what is past: older events have fewer fields filled.
"""

_SOFTWARE: Final = "The MIT licence of filmscrape is for the software, not for the data."

_REMOVAL: Final = """\
## To have something removed

Ask whoever gave you this copy, or open an issue at {home}, and name the event's `id` and what should go. People who
are named, authors of texts and owners of images need give no reason.
"""


def card(survey: Survey, title: str, description: str, citation: str, files: Sequence[PackagedFile]) -> str:
    """Write the card.

    :param files: the package's other files.
    """
    parts = (
        f"# {title}\n\n{description}\n",
        _facts(survey),
        _sources(survey),
        _files(files),
        _coverage(survey),
        _LIMITS + "".join(f"- {line}\n" for line in _gaps(survey)),
        _COLLECTED.format(home=HOME),
        f"## Rights\n\n{statement(survey.texts)} {_SOFTWARE}\n",
        _REMOVAL.format(home=HOME),
        f"## To cite it\n\n> {citation}\n",
    )
    return "\n".join(part for part in parts if part)


def _facts(survey: Survey) -> str:
    rows = {
        "events": str(survey.events),
        "screenings": str(survey.screenings),
        "days of the screenings": _span(survey.days),
        "years of production": _span(survey.years),
        "pages seen": _span(survey.seen),
        "as of": survey.as_of,
        "version": survey.version,
    }
    return "| | |\n| --- | --- |\n" + "".join(f"| {name} | {value} |\n" for name, value in rows.items())


def _sources(survey: Survey) -> str:
    rows = (
        f"| `{name}` | <{source.home}> | {source.events} | {source.screenings} |\n"
        for name, source in sorted(survey.sources.items())
    )
    return "## Sources\n\n| source | site | events | screenings |\n| --- | --- | --: | --: |\n" + "".join(rows)


def _files(files: Sequence[PackagedFile]) -> str:
    rooms: dict[str, list[PackagedFile]] = {}
    for file in files:
        room, slash, _ = file.path.partition("/")
        rooms.setdefault(room + slash, []).append(file)
    rows = (
        f"| `{room}` | {', '.join(sorted({file.media_type for file in inside}))} | {len(inside)} "
        f"| {sum(file.bytes for file in inside)} |\n"
        for room, inside in rooms.items()
    )
    return (
        "## Files\n\nOne line of `events.jsonl` is one event; `event.schema.json` is its JSON Schema. "
        "`sha256sum -c SHA256SUMS` checks the files; `datapackage.json` and `croissant.json` describe them for "
        "programs.\n\n"
        "| file or folder | type | files | bytes |\n| --- | --- | --: | --: |\n" + "".join(rows)
    )


def _coverage(survey: Survey) -> str:
    """The share of the events in which each field is filled. An empty field says that the page does not tell."""
    rows = (f"| `{name}` | {share:.1%} |\n" for name, share in survey.coverage.items())
    return (
        "## Coverage\n\nHow many of the events have the field filled; `no_dialogue` counts where it is true.\n\n"
        "| field | events |\n| --- | --: |\n" + "".join(rows)
    )


def _gaps(survey: Survey) -> Iterator[str]:
    for name, words in _GAPS.items():
        if number := survey.gaps[name]:
            yield f"{number} {words}."


def _span(found: tuple[object, object] | None) -> str:
    return f"{found[0]} to {found[1]}" if found else "none"
