"""Names that outlive a run: of files, of anchors, of a screening, and addresses and text that are safe to hand on.

All of them are made from the thing itself and from nothing beside it: what is added to a dataset later renames nothing.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from hashlib import sha256
from itertools import chain, count
from urllib.parse import quote, urldefrag, urlsplit

from filmscrape.records import Screening

# What may disguise text or break a document: controls but for the line feed, bidi embeddings, overrides and isolates,
# the byte order mark, lone surrogates, noncharacters. Records refuse most of it already; logged changes need not.
UNWANTED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff\ufffe\uffff]")
_ENDS_OF_LINES = str.maketrans("\u2028\u2029", "\n\n")  # to some readers of lines; to others no end at all
_RESERVED = ":/?#[]@!$&'()*+,;=%~"  # what an address may hold beside letters, digits and -._ (RFC 3986)
_LONGEST = 60  # characters of a name that a file's name repeats; file systems end at 255 bytes


def slug(name: str) -> str:
    """A name for a file or an anchor: ``the-rio-theatre-f9e1b2a0``, in small ASCII letters, digits and hyphens.

    The digits at the end are of the exact name: ``Annex`` and ``ANNEX!`` differ, and so do names in other scripts, of
    which nothing else is left.
    """
    folded = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", folded)[:_LONGEST].strip("-")
    return f"{words}-{digest(name)}" if words else digest(name)


def digest(text: str) -> str:
    """Eight hexadecimal digits of a text; of 10,000 names that begin alike, two share them in one of 100 datasets."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def told_apart(names: Iterable[str], sign: str) -> Iterator[str]:
    """Give each name in turn, and one that was given before a number more: ``drift``, ``drift-2``, ``drift-3``.

    :param sign: what stands before the number.
    """
    given: set[str] = set()
    for name in names:
        found = next(one for one in chain([name], (f"{name}{sign}{number}" for number in count(2))) if one not in given)
        given.add(found)
        yield found


def screening_key(starts_at: str, venue: str | None, number: str | None) -> str:
    """What tells a screening from the event's others: the site's number, else its start in UTC and its venue."""
    if number is not None:
        return quote(number, safe="")
    moment = datetime.fromisoformat(starts_at).astimezone(UTC)
    return f"{moment:%Y%m%dT%H%M%SZ}" + (f"-{digest(venue)}" if venue else "")


def key_of(screening: Screening) -> str:
    """The key of a screening as it stands now."""
    return screening_key(screening.starts_at, screening.venue, screening.id)


def clean(text: str) -> str:
    """Text without what could disguise it or break a document; lines end with line feeds and nothing else."""
    return UNWANTED.sub("", text).translate(_ENDS_OF_LINES)


def web_address(address: str | None) -> str | None:
    """An address that is safe to click on, its unsafe characters escaped; ``None`` where it is none of the web's.

    Nothing but ``http`` and ``https`` with a host passes: no ``javascript:``, no ``data:``.
    """
    if not address:
        return None
    escaped = quote(clean(address).strip(), safe=_RESERVED)
    try:
        parts = urlsplit(escaped)
        is_web = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:  # an IPv6 host without its end
        return None
    return escaped if is_web else None


def anchor(address: str, name: str) -> str:
    """An address of a part of a page: the page's own, and a fragment."""
    page = urldefrag(address).url
    return f"{web_address(page) or quote(clean(page), safe='')}#{quote(name, safe='')}"
