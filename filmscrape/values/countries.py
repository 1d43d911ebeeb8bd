"""Countries: the names in a value such as ``Romania/Austria`` and the ISO 3166-1 codes of those that have one.

Provinces, nations without a state, dissolved states and misspellings keep their name and have no code; so do
``England``, ``Scotland`` and ``Wales``, which the standard knows only as parts of ``GB``.
"""

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final, NamedTuple

from filmscrape.values.country_names import NAMES, WITHOUT_CODE
from filmscrape.values.fragments import BRACKET, clean_lines, fold, is_name_word


class CountryName(NamedTuple):
    """A country: the name as the page says, and its ISO 3166-1 alpha-2 code or None."""

    name: str
    code: str | None


@dataclass(frozen=True, slots=True)
class CountryLine:
    """The countries of a value in page order, none twice, and fragments that are no country's name."""

    countries: tuple[CountryName, ...]
    unread: tuple[str, ...]


_PIECE = re.compile(
    rf"(?P<bracket>{BRACKET})"
    r"|(?P<unclosed>[(\[])"
    r"|(?P<nobody>\s*(?<!\w)[nN] ?/ ?[aA](?!\w))"
    r"|(?P<stop>[/;|•·)\]]|—|(?<=\s)[-–]+(?=\s))"
    r"|(?P<comma>[,，、])"
    r"|(?P<text>(?:(?!\s[-–]+\s)[^/;|•·()\[\],，、—])+)"
)
_BRACKETED = re.compile(rf"(.*\S) ?({BRACKET})\Z", re.DOTALL)
_AND = re.compile(r"\s*(?:&|(?<!\d)\+|\band\b)\s*", re.IGNORECASE)
_LABEL = re.compile(r"([^:/()\[\]]{1,60}):\s+(?=\S)")
_ENDS_OPEN = re.compile(r"(?:[/,;|&+]|\b(?:and|of|the))\Z", re.IGNORECASE)
_BEGINS_OPEN = re.compile(r"[/,;|&+(]|(?:and|of)\b", re.IGNORECASE)
_SEPARATOR = re.compile(r"[/,;|&+(]")
# The rest of an inverted name, no name of its own: "Korea, Republic of", "Gambia, The", "Germany, West".
_INVERTED = re.compile(r"(?:.*\bof(?: the)?|the|(?P<side>(?:north|south|east|west)(?:ern)?))\Z", re.IGNORECASE)
_AROUND = re.compile(r"(?:an? )?(.*?)(?: (?:international )?(?:co-?)?productions?)?\Z", re.IGNORECASE)
_NUMBERS = re.compile(r"\s*[\d–-]*\d\s*\Z")
_HYPHEN = re.compile(r"[-–]")
_NOBODY: Final = frozenset(
    {"various", "multiple", "several", "many", "international", "worldwide", "unknown", "other", "others", "more", "co"}
    | {"various countries", "multiple countries", "several countries", "many countries", "other countries", "n a", "na"}
    | {"production", "coproduction", "co production", "tba", "tbc", "tbd", "none", "nil"}
)
_SMALL_WORDS: Final = frozenset(
    {"of", "the", "and", "de", "la", "le", "du", "des", "da", "do", "das", "del", "el", "al", "y", "e", "i", "et"}
)
_TAIL: Final = 80  # characters, more than any name that a line break may cut
_LONGEST_NAME: Final = 7  # words, of a name that nobody knows; a longer one is prose
_UNSURE: Final = frozenset(["congo", "virgin islands"])  # either of two


@lru_cache(maxsize=4096)
def read_countries(text: str) -> CountryLine:
    """Read the value of a page's country row.

    Names part at slashes, commas, semicolons, line breaks, ``&`` and ``and``, but not inside a name (``Bosnia and
    Herzegovina``, ``Korea, Republic of``). ``Various`` is nobody. A bracket is another name of the same country, or
    else a film's name and dropped.

    >>> [country.code for country in read_countries("UK/West Germany (The Film)").countries]
    ['GB', None]
    """
    countries, unread = _read(_joined(clean_lines(text)))
    found: dict[str, CountryName] = {}
    for country in countries:
        found.setdefault(country.code or fold(country.name), country)
    return CountryLine(tuple(found.values()), tuple(dict.fromkeys(unread)))


@lru_cache(maxsize=4096)
def country_code(name: str) -> str | None:
    """The ISO 3166-1 alpha-2 code for a name, or None where it has none or could mean several.

    Case, diacritics, full stops and a ``the`` make no difference.

    >>> country_code("The Netherlands"), country_code("Korea, Republic of"), country_code("Yugoslavia")
    ('NL', 'KR', None)
    """
    name = " ".join(clean_lines(name))
    if code := _exact(fold(name)):
        return code
    if bracketed := _BRACKETED.match(name):
        known = _with_bracket(CountryName(bracketed[1], country_code(bracketed[1])), bracketed[2][1:-1].strip())
        return known.code if known else country_code(bracketed[1])
    first, comma, rest = name.rpartition(", ")
    return _exact(fold(f"{rest} {first}")) if comma and _INVERTED.match(rest) else None


# --- Look-up ------------------------------------------------------------------------------------------------------


def _exact(key: str) -> str | None:
    """The code under a folded name."""
    own = _own_names()
    key = key.removeprefix("the ")
    if not key or key in own or key in _UNSURE:
        return own.get(key)
    return _standard_names().get(key)


@cache
def _own_names() -> dict[str, str | None]:
    names: dict[str, str | None] = {fold(name): code for code, line in NAMES.items() for name in line.split(";")}
    return names | {fold(name): None for name in WITHOUT_CODE}


@cache
def _standard_names() -> dict[str, str]:
    """The names of ISO 3166-1; loaded (50 ms) when the first name comes that our own table lacks."""
    import pycountry

    kinds = ("official_name", "common_name", "name")
    names = ((getattr(country, kind, ""), country.alpha_2) for country in pycountry.countries for kind in kinds)
    return {fold(name).removeprefix("the "): code for name, code in names if name}


def _with_bracket(head: CountryName, content: str) -> CountryName | None:
    """The name together with a bracket behind it, if that belongs to it (``Myanmar (Burma)``, ``Korea (South)``).

    A bracket that names another country leaves open which of the two is meant: no code.
    """
    whole = f"{head.name} ({content})"
    if not content:
        return None
    if code := _exact(fold(f"{content} {head.name}")) or _exact(fold(f"{head.name} {content}")):
        return CountryName(whole, code)
    other = country_code(content)
    if other is None:
        return None
    return CountryName(whole, other if other == head.code else None)


# --- Reading ------------------------------------------------------------------------------------------------------


def _joined(lines: list[str]) -> str:
    """The lines as one; a break parts two names unless it cuts one (``Saudi`` / ``Arabia``) or the list goes on."""
    text = ""
    for line in lines:
        if not text:
            text = line
        elif _ENDS_OPEN.search(text[-_TAIL:]) or _BEGINS_OPEN.match(line) or _is_cut(text, line):
            text = f"{text} {line}"
        else:
            text = f"{text} / {line}"
    return text


def _is_cut(text: str, line: str) -> bool:
    """Whether a line break stands inside a country's name."""
    before = _SEPARATOR.split(text[-_TAIL:])[-1].strip()
    behind = _SEPARATOR.split(line[:_TAIL])[0].strip()
    if not before or not behind or (_exact(fold(before)) and _exact(fold(behind))):
        return False
    return _exact(fold(f"{before} {behind}")) is not None


def _read(text: str, depth: int = 0) -> tuple[list[CountryName], list[str]]:
    """All countries of a text, doubles included, and what is unread."""
    if "," in text and (code := country_code(text)):  # "Virgin Islands, British"
        return [CountryName(text, code)], []
    countries: list[CountryName] = []
    unread: list[str] = []
    for part, brackets in filter(any, _parts(text)):
        names, rest = _names(part)
        unread += rest
        for content in brackets:
            if names and (whole := _with_bracket(names[-1], content)):
                names[-1] = whole
                continue
            inner, inner_rest = _read(content, depth + 1) if depth < 2 else ([], [content])
            if not inner_rest and all(country.code for country in inner) and (len(inner) > 1 or not names):
                names += inner
            elif content[:1].islower() and not _is_nobody(content):  # no title
                unread.append(content)
        countries += names
    return countries, unread


def _without_label(text: str) -> str:
    """Drop labels before a colon (``Country:``), if they are no countries themselves."""
    while (match := _LABEL.match(text)) and not country_code(match[1]):
        text = text[match.end() :]
    return text


def _parts(text: str) -> list[tuple[str, list[str]]]:
    """The text between strong separators, each with its brackets; inverted names are put together again."""
    parts: list[tuple[str, list[str]]] = [("", [])]
    comma = False
    for match in _PIECE.finditer(text):
        kind, piece = match.lastgroup, match[0].strip()
        if kind == "unclosed":
            parts[-1][1].append(text[match.end() :].strip(" ()[]"))
            break
        if kind == "bracket":
            parts[-1][1].append(piece[1:-1].strip())
        elif kind == "text" and piece:
            before, brackets = parts[-1]
            if comma and not brackets and _belongs_to(before, piece):
                parts[-1] = (f"{before}, {piece}", [])
            else:
                parts.append((piece, []))
        comma = kind == "comma" or (comma and not piece)
    return parts


def _belongs_to(name: str, rest: str) -> bool:
    """Whether two pieces at a comma are one inverted name."""
    inverted = _INVERTED.match(rest)
    if inverted and inverted["side"]:  # "Germany, West" is one name, but no country's
        return country_code(name) is not None
    return inverted is not None and country_code(f"{name}, {rest}") is not None


def _names(part: str) -> tuple[list[CountryName], list[str]]:
    """The countries of a part that has no strong separator, and what is unread."""
    part = _without_label(_trimmed(part))
    if code := country_code(part):
        return [CountryName(part, code)], []
    names: list[CountryName] = []
    unread: list[str] = []
    pieces = _AND.split(part)
    joints = _AND.findall(part)
    first = 0
    while first < len(pieces):
        end = _longest_name(pieces, joints, first)
        found, rest = _single(_rejoined(pieces, joints, first, end))
        names += found
        unread += rest
        first = end
    return names, unread


def _longest_name(pieces: list[str], joints: list[str], first: int) -> int:
    """Where the longest known name ends that begins at a piece (``Bosnia`` + ``Herzegovina``)."""
    for end in range(min(len(pieces), first + 3), first + 1, -1):
        if fold(_rejoined(pieces, joints, first, end)).removeprefix("the ") in _own_names():
            return end
    return first + 1


def _rejoined(pieces: list[str], joints: list[str], first: int, end: int) -> str:
    text = pieces[first]
    for index in range(first + 1, end):
        text += joints[index - 1] + pieces[index]
    return text.strip()


def _single(piece: str) -> tuple[list[CountryName], list[str]]:
    """The country of a piece without any separator, or the two that a hyphen joins."""
    text = _trimmed(piece)
    if not any(map(str.isalnum, text)) or _is_nobody(text):
        return [], []
    if code := country_code(text):
        return [CountryName(text, code)], []
    if fold(text) in _own_names():
        return [CountryName(text, None)], []
    around = _AROUND.match(text)
    core = around[1] if around else text
    if _is_nobody(core):
        return [], []
    names = [CountryName(name, country_code(name)) for name in map(_trimmed, (core, *_HYPHEN.split(core)))]
    if names[0].code:
        return names[:1], []
    if len(names) > 2 and all(name.code for name in names[1:]):
        return names[1:], []
    without = _trimmed(_NUMBERS.sub("", text))
    if without != text and (code := country_code(without)):
        return [CountryName(without, code)], [text[len(without) :].strip(" .")]
    return ([CountryName(text, None)], []) if _looks_like_a_name(text) else ([], [text])


def _trimmed(text: str) -> str:
    """Without quotation marks, and without a full stop unless it is that of an abbreviation (``U.S.A.``)."""
    text = text.strip(' "“”„«»*_')
    return text if re.fullmatch(r"(?:\w\. ?)+", text) else text.rstrip(" .…!?")


def _is_nobody(text: str) -> bool:
    return fold(text) in _NOBODY


def _looks_like_a_name(text: str) -> bool:
    """Capitalised words (or in a script without capitals), small words only between them, no digits."""
    words = text.replace(",", "").split()
    if not 1 < len(text) <= 60 or len(words) > _LONGEST_NAME or _INVERTED.match(text):
        return False
    inner = words[1:-1]
    return all(is_name_word(word) or (word in inner and word.casefold() in _SMALL_WORDS) for word in words)
