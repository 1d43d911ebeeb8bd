"""Where each page of the catalogue stands, from its root: small ASCII names, made from the thing itself alone.

What is added to a dataset later renames no page, so an address that somebody kept stays good.
"""

import re
import unicodedata
from functools import lru_cache
from hashlib import sha256

from filmscrape.exports.names import slug
from filmscrape.exports.tables import person_id

LETTERS = (*"abcdefghijklmnopqrstuvwxyz", "0-9", "other")
_PLAIN = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LIKE_DIGITS = re.compile(r"-[0-9a-f]{12}$")
# File names that one system keeps for its devices.
_DEVICES = frozenset({"con", "prn", "aux", "nul", *(f"{kind}{n}" for kind in ("com", "lpt") for n in range(10))})
_LONGEST = 80  # characters of a name that is taken as it is; file systems end at 255 bytes
# A title is filed under the word after these, as in a library. English ones alone: "die" and "la" begin English titles.
_ARTICLE = re.compile(r"(?:the|an?) +(?=\S)", re.IGNORECASE)
_REMEMBERED = 1 << 16  # pages whose names are kept: an event names each of its people several times
# Letters that have no decomposition, by the plain letter that they are filed under.
_ALIKE = str.maketrans({"ø": "o", "đ": "d", "ł": "l", "æ": "a", "œ": "o", "þ": "t", "ð": "d", "ı": "i", "ħ": "h"})


def page_name(key: str) -> str:
    """Name a page after its key: ``here`` stays ``here``, ``été`` is ``ete-`` and twelve digits of the exact key.

    Two keys never share a name, also where a file system does not tell ``Here`` from ``here``.
    """
    if len(key) <= _LONGEST and _PLAIN.fullmatch(key) and not _LIKE_DIGITS.search(key) and key not in _DEVICES:
        return key
    words = slug(key)[:-8]  # without its own, shorter digits
    return words + sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def event_page(event_id: str) -> str:
    """Where an event's page is."""
    source, _, rest = event_id.partition(":")
    return f"event/{source if re.fullmatch('[a-z0-9_]+', source) else page_name(source)}/{page_name(rest)}.html"


@lru_cache(_REMEMBERED)
def person_page(name: str) -> str:
    """Where a person's page is; it is the page of a name, as the tables have it."""
    return f"person/{page_name(person_id(name))}.html"


def group_key(name: str, code: str | None = None) -> str:
    """What a country, a language or a genre is filed under: its code, else its name without regard to case."""
    return code.lower() if code else f"name-{unicodedata.normalize('NFC', name.casefold())}"


def group_page(room: str, key: str) -> str:
    """Where the page of a group is.

    :param room: ``countries``, ``languages``, ``genres``, ``series``, ``venues``.
    """
    return f"{room}/{page_name(key)}.html"


def day_page(day: str) -> str:
    """Where the page of a day is (``2026-12-05``)."""
    return f"days/{day}.html"


def without_article(title: str) -> str:
    """The part of a title by which it is filed: ``The Hours`` is at ``Hours``."""
    return _ARTICLE.sub("", title, 1) if _ARTICLE.match(title) else title


def letter_of(title: str) -> str:
    """The letter under which a title or a name is filed; one of :data:`LETTERS`."""
    for sign in unicodedata.normalize("NFKD", title.casefold()).translate(_ALIKE):
        if sign.isalnum():
            return sign if "a" <= sign <= "z" else "0-9" if sign in "0123456789" else "other"
    return "other"


def filed(title: str) -> tuple[str, str]:
    """Sort key of a title or a name: accents, case and leading punctuation come second."""
    folded = unicodedata.normalize("NFKD", title.casefold()).translate(_ALIKE)
    return "".join(sign for sign in folded if sign.isalnum() or sign == " ").strip(), title
