"""Arguments of a spider (``-a name=value``), checked before any request."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from urllib.parse import SplitResult, urlsplit

from filmscrape.archive.wayback import INTERNET_ARCHIVE, Reading

NAMES = ("base_url", "discover", "only", "max_events", "upcoming", "wayback", "wayback_url", "captures")
SCRAPYD_JOB = "_job"  # Scrapyd gives it to every spider
_YES = frozenset({"1", "true", "yes"})
_NO = frozenset({"0", "false", "no"})


class ArgumentError(ValueError):
    """An argument that the spider does not know or cannot use; the message is one line for the user."""


@dataclass(frozen=True)
class Scope:
    """What a run is to look at.

    :ivar base_url: origin to ask, such as ``http://127.0.0.1:8000``; records keep public addresses.
    :ivar discover: the places to look for events.
    :ivar only: slugs of the events to fetch; empty for all.
    :ivar max_events: how many event pages to fetch at most; ``None`` for all.
    :ivar upcoming: whether to fetch only events that are seen with a screening to come.
    :ivar wayback: what to read from a web archive in place of the site.
    """

    base_url: str
    discover: frozenset[str]
    only: frozenset[str]
    max_events: int | None
    upcoming: bool
    wayback: Reading | None = None

    def is_whole(self, places: Sequence[str]) -> bool:
        """Whether it leaves out nothing that a site lists, so that what is not seen is not listed.

        :param places: all places to look for events.
        """
        is_narrow = self.only or self.max_events is not None or self.upcoming or self.wayback
        return not is_narrow and self.discover == frozenset(places)

    def as_json(self, site: str) -> dict[str, Any]:
        """What the run looks at, for ``run.json``: runs are compared with those that looked at the same.

        :param site: origin of the public site; of a server that stands in its place the port plays no part.
        """
        return {
            "mirror": None if self.base_url == site else urlsplit(self.base_url).hostname,
            "discover": sorted(self.discover),
            "only": sorted(self.only),
            "max_events": self.max_events,
            "upcoming": self.upcoming,
            "wayback": None if self.wayback is None else [str(part) for part in astuple(self.wayback)],
        }

    @property
    def asked(self) -> str:
        """Scheme and host of the server that is asked: the site's, a mirror's or a web archive's."""
        if self.wayback is None:
            return self.base_url
        return "{0.scheme}://{0.netloc}".format(urlsplit(self.wayback.server))


def read_scope(arguments: Mapping[str, str], site: str, places: Sequence[str]) -> Scope:
    """Read the arguments of a spider.

    :param arguments: name → value, as given on the command line.
    :param site: origin of the public site, the default of ``base_url``.
    :param places: the values that ``discover`` may hold.
    :raises ArgumentError: for an unknown name or a value that makes no sense.
    """
    for name in arguments:
        if name not in NAMES and name != SCRAPYD_JOB:
            raise ArgumentError(f"unknown argument {name!r}; there are {', '.join(NAMES)}")
    only = _items(arguments.get("only"))
    if "only" in arguments and not only:
        raise ArgumentError("only= needs the slug of an event, or several with commas between")
    for slug in only:
        if not re.fullmatch(r"[^\s/?#:]+", slug):
            raise ArgumentError(f"only={slug!r} is no slug: give the last part of the event's address")
    wayback = _wayback(arguments)
    scope = Scope(
        base_url=_origin(arguments["base_url"]) if "base_url" in arguments else site,
        discover=frozenset() if wayback else _places(arguments.get("discover"), places),
        only=frozenset(only),
        max_events=_positive("max_events", arguments.get("max_events")),
        upcoming=_flag("upcoming", arguments.get("upcoming")),
        wayback=wayback,
    )
    if wayback:
        return scope
    if not scope.discover and not scope.only:
        raise ArgumentError("discover=none leaves nothing to fetch; name events with only=")
    if scope.upcoming and not scope.discover - {"sitemap"}:
        raise ArgumentError("upcoming=1 needs a place that tells screenings; sitemap does not")
    return scope


def _items(value: str | None) -> list[str]:
    return [item for item in map(str.strip, (value or "").split(",")) if item]


def _origin(value: str) -> str:
    parts = _address("base_url", value)
    if parts.path not in ("", "/") or parts.query or parts.fragment or parts.username is not None:
        raise ArgumentError(f"base_url={value!r} must be scheme, host and port only: http://127.0.0.1:8000")
    return f"{parts.scheme}://{parts.netloc.lower()}"


def _address(name: str, value: str) -> SplitResult:
    try:
        parts = urlsplit(value.strip())
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https"):
        raise ArgumentError(f"{name}={value!r} is no http(s) address")
    return parts


def _wayback(arguments: Mapping[str, str]) -> Reading | None:
    if "wayback" not in arguments:
        for name in ("wayback_url", "captures"):
            if name in arguments:
                raise ArgumentError(f"{name}= needs wayback=, the days to read: wayback=2022-09-01..2024-12-31")
        return None
    for name in ("base_url", "discover", "upcoming"):
        if name in arguments:
            raise ArgumentError(f"{name}= is of no use with wayback=: a web archive is read in place of the site")
    captures = arguments.get("captures", "newest").strip()
    if captures not in ("newest", "all"):
        raise ArgumentError(f"captures={captures!r} is neither newest nor all")
    first, last = _days(arguments["wayback"])
    return Reading(_archive(arguments.get("wayback_url", INTERNET_ARCHIVE)), first, last, captures == "all")


def _days(value: str) -> tuple[datetime, datetime]:
    """The first second of the first day and the last of the last, UTC."""
    ends = [end.strip() for end in value.split("..")]
    if len(ends) != 2 or not all(re.fullmatch(r"\d{4}-\d\d-\d\d", end, re.ASCII) for end in ends):
        raise ArgumentError(f"wayback={value!r} must be two days: wayback=2022-09-01..2024-12-31")
    try:
        first, last = map(date.fromisoformat, ends)
    except ValueError as wrong:
        raise ArgumentError(f"wayback={value!r} holds no day of the calendar: {wrong}") from None
    if first > last:
        raise ArgumentError(f"wayback={value!r} ends before it begins")
    return datetime.combine(first, time.min, UTC), datetime.combine(last, time(23, 59, 59), UTC)


def _archive(value: str) -> str:
    parts = _address("wayback_url", value)
    if parts.query or parts.fragment or parts.username is not None or re.search(r"\s", value.strip()):
        raise ArgumentError(f"wayback_url={value!r} must be a server or a collection: http://127.0.0.1:8080/festivals")
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"


def _places(value: str | None, places: Sequence[str]) -> frozenset[str]:
    if value is None:
        return frozenset(places)
    chosen = frozenset(_items(value)) - {"none"}
    unknown = sorted(chosen - set(places))
    if unknown:
        raise ArgumentError(f"discover={unknown[0]!r} is no place to look; there are {', '.join(places)} and none")
    return chosen


def _positive(name: str, value: str | None) -> int | None:
    if value is None:
        return None
    if not re.fullmatch(r"0*[1-9][0-9]{0,8}", value.strip()):
        raise ArgumentError(f"{name}={value!r} is no whole number above 0")
    return int(value)


def _flag(name: str, value: str | None) -> bool:
    word = (value or "no").strip().lower()
    if word not in _YES | _NO:
        raise ArgumentError(f"{name}={value!r} is neither 1 nor 0")
    return word in _YES
