"""What the parsers of lists share: the clean lines of a value, and keys under which names are looked up."""

import re
import unicodedata
from typing import Final

from filmscrape.values.text import plain, tidy

_LINE_BREAK = re.compile("\r\n?|[\n\x0b\x0c\x85\u2028\u2029]|</?(?:br|div|li|p)\\b[^<>]*>", re.IGNORECASE)
_ANGLES = re.compile("[<>]")
# Hints for line breaking and direction. They are the page's own in prose, but no part of a name.
_INVISIBLE = str.maketrans(dict.fromkeys("\u00ad\u200b\u200e\u200f\u2060\u2061\u2062\u2063\u2064"))
_MARKS = str.maketrans(dict.fromkeys("'’‘ʼʻʔʕˀˈ`´′ʹꞌ.:꞉·\u200c\u200d"))
_LETTERS = str.maketrans(
    {"ł": "l", "ɫ": "l", "ɬ": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ŧ": "t"}
    | {"ə": "e", "ɛ": "e", "ɔ": "o", "ŋ": "ng", "χ": "x", "θ": "th", "ƛ": "tl", "ʌ": "a", "&": " and "}
    | dict.fromkeys("-‐‑‒–—_", " ")
)
_WRITTEN_WITH_7 = re.compile(r"(?=.*[^\x00-\x7f])(?:[^\W\d_]|[\u0300-\u036f7'’])+\Z")  # a glottal stop: Sḵwx̱wú7mesh
BRACKET: Final = r"\((?:[^()]|\([^()]*\))*\)|\[[^\[\]]*\]"
"""Pattern of a bracket, with at most one more inside it."""


def clean_lines(text: str) -> list[str]:
    """The lines of a value without markup, entities and control characters; empty ones are left out.

    Tags that break a line do so here too. An angle bracket that belongs to no tag becomes a space, so that what is
    left of a torn tag cannot pass for text.
    """
    lines = []
    for part in _LINE_BREAK.split(text):
        line = plain(part)
        if not line.isascii():
            line = tidy(line.translate(_INVISIBLE))
        if "<" in line or ">" in line:
            line = " ".join(_ANGLES.sub(" ", line).split())
        if line:
            lines.append(line)
    return lines


def fold(name: str) -> str:
    """The key of a name: case, diacritics, apostrophes, full stops and hyphens make no difference.

    For look-ups only, never for output.

    >>> fold("Kanien’kéha"), fold("Côte d'Ivoire"), fold("U.S.A."), fold("Innu-aimun")
    ('kanienkeha', 'cote divoire', 'usa', 'innu aimun')
    """
    name = name.casefold()
    if not name.isascii():
        decomposed = unicodedata.normalize("NFKD", name)
        name = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join(name.translate(_MARKS).translate(_LETTERS).split())


def is_name_word(word: str) -> bool:
    """Whether a word looks like (part of) a name that nobody knows: capitalised, or in a script without capitals.

    A word with a letter beyond Latin-1 and its extension may begin small: ``hən̓q̓əmin̓əm̓``, ``xʷməθkʷəy̓əm``.
    """
    first = next((c for c in word if c.isalpha()), "")
    if not first or not all(c.isalpha() or c in "'’‘ʼʻ-‑.:꞉·" or unicodedata.category(c)[0] == "M" for c in word):
        return bool(first) and _WRITTEN_WITH_7.match(word) is not None
    return word[-1] != ":" and (not first.islower() or any(ord(c) > 0x17F for c in word if c.isalpha()))
