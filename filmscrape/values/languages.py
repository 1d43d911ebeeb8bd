"""Languages: what the language line of a film says is spoken, signed and subtitled.

A line is prose within narrow bounds: ``In Dutch and French with English subtitles``. It is cut into words that
steer (``with``, ``subtitles``, ``dubbed``, ``no``, ``in``) and the names between them, and read from left to right.
Nothing is guessed: ``open captions`` names no language, and ``French with English`` does not say what is English.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final

from filmscrape.values.fragments import clean_lines, is_name_word
from filmscrape.values.language_codes import LanguageName, is_common, is_signed, language_code, with_bracket
from filmscrape.values.language_tokens import Token, tokens

__all__ = ["LanguageLine", "LanguageName", "language_code", "read_language_line"]


@dataclass(frozen=True, slots=True)
class LanguageLine:
    """What a language line says; names in page order, none twice.

    ``subtitles`` are the languages of subtitles, captions and intertitles: of text on the screen. ``unread`` are
    fragments that name no language (``19+``) or leave open what it is for.
    """

    languages: tuple[LanguageName, ...]
    subtitles: tuple[LanguageName, ...]
    no_dialogue: bool
    unread: tuple[str, ...]


_SEPARATORS: Final = frozenset(["comma", "list", "slash", "spaced"])
_WEIGHTLESS: Final = frozenset(["noise", "partly", "nobody"])
_NAMING: Final = _WEIGHTLESS | {"word"}
_STEERING: Final = frozenset(["subtitles", "dubbed", "dialogue", "in"])
_ADVISORY: Final = frozenset(
    ["coarse", "strong", "explicit", "offensive", "adult", "mature", "foul", "crude", "graphic", "violence", "nudity"]
)
# Words of a name that nobody knows; a longer one is prose, unless it is a "Sign Language".
_LONGEST_NAME: Final = 3
_LONGEST_SIGNED: Final = 6
_LABEL = re.compile(r"([^:()\[\]]{1,60}):\s+(?=\S)")
_UNFINISHED = re.compile(r"(?:[,/&+]|\b(?:and|with|in|or|et|w/))\Z", re.IGNORECASE)
_CONTINUES = re.compile(r"(?:[,/&+]|(?:and|with|or|w/)\b|(?:sub|sur|inter)[- ]?titles?\b|captions?\b)", re.IGNORECASE)
_HYPHEN = re.compile(r"\s*[-–]\s*")


@lru_cache(maxsize=4096)
def read_language_line(text: str) -> LanguageLine:
    """Read the value of a page's language row.

    Several lines are the values of several films and are joined. ``Various`` names nobody. A bracket that names
    a language belongs to the name before it (``Kanien’kéha (Mohawk)``) or is one more; a remark (``dubbed``) is read
    as such; any other bracket is the name of a film and is dropped. A name that nobody knows, but that looks like
    one and stands where a language stands, is kept without a code.

    >>> read_language_line("In Taiwanese with English subtitles").subtitles
    (LanguageName(name='English', code='en'),)
    """
    reader = _Reader()
    for line in _whole_lines(clean_lines(text)):
        reader.read(line)
    unread = tuple(dict.fromkeys(reader.unread))
    return LanguageLine(_distinct(reader.languages), _distinct(reader.subtitles), reader.no_dialogue, unread)


def _whole_lines(lines: list[str]) -> list[str]:
    """Lines with those joined that a break cut in the middle of a list."""
    whole: list[str] = []
    for line in lines:
        if whole and (_UNFINISHED.search(whole[-1]) or _CONTINUES.match(line)):
            whole[-1] = f"{whole[-1]} {line}"
        else:
            whole.append(line)
    return whole


def _distinct(names: Iterable[LanguageName]) -> tuple[LanguageName, ...]:
    found: dict[str, LanguageName] = {}
    for name in names:
        found.setdefault(name.name.casefold(), name)
    return tuple(found.values())


def _without_label(line: str) -> str:
    """Drop labels before a colon (``Matinee:``), but none that names a language or says what one is for."""
    while match := _LABEL.match(line):
        steers = any(kind in _STEERING for kind, _ in tokens(match[1]))
        if steers or any(name.code for name in _Reader(1).read(match[1]).languages):
            break
        line = line[match.end() :]
    return line


# --- From tokens to languages -------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Item:
    """What stands between two steering words or separators: a language, or text that names none."""

    text: str
    name: LanguageName | None
    joiner: str  # what stands before it: "", "comma", "list" or "slash"
    spoken: bool  # the words themselves say so: "some French", a signed language


class _Reader:
    """Reads tokens from left to right; names wait in ``pending`` until a word says what they are for."""

    def __init__(self, depth: int = 0) -> None:
        self.depth = depth  # of brackets
        self.languages: list[LanguageName] = []
        self.subtitles: list[LanguageName] = []
        self.no_dialogue = False
        self.unread: list[str] = []
        self.words: list[Token] = []  # of the name that is being read
        self.pending: list[_Item] = []
        self.joiner = ""
        self.intro = ""  # what pending names follow, a key of _PURPOSE
        self.partly = False  # this part of the line says "some", "mostly", …
        self.negation = ""  # "no", with what hedges it: "almost no"
        self.last = ""  # kind of the last token of weight
        self.bare = False  # the last word for subtitles had no language with it

    def read(self, line: str) -> "_Reader":
        """Read one more line."""
        line_tokens = tokens(_without_label(line) if ":" in line else line)
        for (kind, text), (coming, _) in pairwise([*line_tokens, ("", "")]):
            if kind in _NAMING:
                self.words.append((kind, text))
            elif kind in _SEPARATORS:
                self._close()
                if kind == "spaced" and self.intro == "after" and not self.pending:
                    self._stop("")  # "with English subtitles / German …"
                self.joiner = "comma" if kind == "spaced" else kind
            elif kind == "subtitles":
                self._subtitles(text, coming)
            else:
                _ON[kind](self, text)
            if kind not in _WEIGHTLESS:
                self.last = kind
        self._stop("")
        return self

    def _close(self) -> _Item | None:
        """End a run of words; answers with its last language."""
        words, self.words = self.words, []
        if not words:
            return None
        self.partly = self.partly or any(kind == "partly" for kind, _ in words)
        names = _names(words)
        if names is None and (without := _without_numbers(words)):
            names, numbers = without
            self.unread.append(numbers)
        if names is None:
            self.pending.append(_Item(" ".join(text for _, text in words), None, self.joiner, False))
        for name in names or ():
            self.pending.append(_Item(name.name, name, self.joiner, self.partly or is_signed(name)))
            self.joiner = "slash"
        self.joiner = ""
        return self.pending[-1] if names else None

    def _flush(self, purpose: str) -> None:
        """Pending names are ``spoken``, ``subtitles`` or, where the line leaves that open, ``unread``."""
        for item in self.pending:
            if item.name is None:
                self.unread.append(item.text)
            elif purpose == "subtitles":
                self.subtitles.append(item.name)
            elif purpose == "spoken" or item.spoken:
                self.languages.append(item.name)
            else:
                self.unread.append(item.text)
        self.pending.clear()

    def _settle(self, purpose: str) -> None:
        """End this part of the line: what is pending has the purpose, unless the line has denied it."""
        self._close()
        if self.negation:
            self.unread += [f"{self.negation} {item.text}" for item in self.pending]
            self.pending.clear()
            self.negation = ""
        self._flush(purpose)
        self.partly = False

    def _stop(self, _text: str) -> None:
        self._settle(_PURPOSE[self.intro][0])
        self.intro = self.joiner = ""

    def _colon(self, _text: str) -> None:
        self._close()
        if self.last == "subtitles":
            self.intro = "subtitles"
            return
        if self.pending and not (self.pending[-1].name and self.pending[-1].name.code):
            self.pending.pop()  # a label
        self._settle(_PURPOSE[self.intro][1])

    def _with(self, _text: str) -> None:
        self._settle(_PURPOSE[self.intro][1])
        self.intro = "with"

    def _no(self, text: str) -> None:
        """``no``; words like ``almost`` before it make it uncertain."""
        hedged = any(kind == "partly" for kind, _ in self.words) and all(kind != "word" for kind, _ in self.words)
        hedge = " ".join(word for _, word in self.words) + " " if hedged else ""
        if hedged:
            self.words = []
        self._settle(_PURPOSE[self.intro][1])
        self.negation = hedge + text

    def _subtitles(self, text: str, coming: str) -> None:
        """``subtitles``: their languages are pending, or still ``coming`` behind a colon or ``in``."""
        self._close()
        self.bare = not self.pending
        if self.negation:  # "no English subtitles" says nothing more
            self.pending.clear()
            self.negation = ""
        elif self.last in _SEPARATORS or coming == "colon" or (coming == "in" and self.intro != "with"):
            self._flush(_PURPOSE[self.intro][0])
        elif text.endswith("ed") and any(item.spoken for item in self.pending):  # "French segments subtitled"
            self._flush("spoken")
        else:
            first = 0 if self.intro in ("with", "subtitles") else self._first_of_subtitles()
            ours, self.pending = self.pending[first:], self.pending[:first]
            self._flush("spoken")
            self.pending = ours
            self._flush("subtitles")
        self.intro, self.partly = "after", False

    def _first_of_subtitles(self) -> int:
        """Without ``with``, only the last part of a list with commas is meant, and never all that follows ``in``."""
        commas = [index for index, item in enumerate(self.pending) if item.joiner == "comma"]
        return commas[-1] if commas else max(len(self.pending) - 1, 0) if self.intro == "in" else 0

    def _dubbed(self, _text: str) -> None:
        self._close()
        if self.negation:  # "not dubbed"
            self.pending.clear()
            self.negation = ""
        self._settle(_PURPOSE[self.intro][1])
        self.intro = ""

    def _in(self, _text: str) -> None:
        before = len(self.pending)
        self._close()
        if self.last == "subtitles":
            self.intro = "subtitles"
        elif not self.negation:
            other = not all(item.name and item.name.code for item in self.pending[before:])  # "Introduction in …"
            partly = self.partly
            self._settle("unread" if other else _PURPOSE[self.intro][1])
            self.intro, self.partly = "other" if other else "in", partly

    def _for(self, _text: str) -> None:
        """``subtitles for``: what they are for is spoken."""
        self._close()
        if self.intro == "after" and not self.pending:
            self.intro = "in"

    def _dialogue(self, text: str) -> None:
        hedged = " " in self.negation or any(kind == "partly" for kind, _ in self.words)
        self._close()
        if not self.negation:
            self._flush("spoken")
        elif hedged or self.pending:
            self.unread.append(" ".join([self.negation, *(item.text for item in self.pending), text]))
            self.pending.clear()
        else:
            self.no_dialogue = True
        self.intro, self.negation, self.partly = "in", "", False

    def _silent(self, text: str) -> None:
        hedge = " ".join(word for kind, word in self.words if kind == "partly")
        negated = bool(self.negation)
        self._settle(_PURPOSE[self.intro][1])
        if hedge:
            self.unread.append(f"{hedge} {text}")
        elif not negated:
            self.no_dialogue = True
        self.intro = ""

    def _bracket(self, text: str) -> None:
        """More of the name before it, a remark that can be read like a line of its own, or the name of a film."""
        head = self._close()
        content = text[1:-1].strip().lstrip("([ ")
        if head and head.name and (joined := with_bracket(head.name, content)):
            head.text, head.name = joined.name, joined
            return
        if self.depth > 1 or not content:
            self.unread += [content] if content else []
            return
        inner = _Reader(self.depth + 1).read(content)
        names = inner.languages + inner.subtitles
        remark = not any(kind == "word" for kind, _ in tokens(content)[:1])
        if inner.unread or not all(name.code and (remark or not head or is_common(name.name)) for name in names):
            if content[0].islower():  # no title
                self.unread.append(content)
        elif remark or self.last != "subtitles" or self.bare:
            self._add(inner)

    def _add(self, inner: "_Reader") -> None:
        """What a bracket says; its languages keep their place in the list."""
        if self.last == "subtitles" and self.bare:
            self.subtitles += inner.languages
        else:
            self.pending += [_Item(name.name, name, "comma", True) for name in inner.languages]
        self.subtitles += inner.subtitles
        self.no_dialogue = self.no_dialogue or inner.no_dialogue


# What names are for that follow a word: at the end of the line's part, and before another steering word.
_PURPOSE: Final = {
    "": ("spoken", "spoken"),
    "in": ("spoken", "spoken"),
    "with": ("unread", "spoken"),
    "after": ("unread", "spoken"),  # behind "subtitles"
    "subtitles": ("subtitles", "subtitles"),  # "subtitles in", "subtitles:"
    "other": ("unread", "unread"),  # the language of something else than the film
}
_ON: Final[dict[str, Callable[[_Reader, str], None]]] = {
    "stop": _Reader._stop,
    "colon": _Reader._colon,
    "with": _Reader._with,
    "no": _Reader._no,
    "dubbed": _Reader._dubbed,
    "in": _Reader._in,
    "for": _Reader._for,
    "dialogue": _Reader._dialogue,
    "silent": _Reader._silent,
    "bracket": _Reader._bracket,
}


# --- From words to a name -----------------------------------------------------------------------------------------


def _names(words: list[Token]) -> tuple[LanguageName, ...] | None:
    """The language of a run of words (several where hyphens join them); empty if it says nothing, else None."""
    first, end = 0, len(words)
    while first < end and words[first][0] != "word":
        first += 1
    while end > first and words[end - 1][0] != "word":
        end -= 1
    behind = words[end][1].casefold() if end < len(words) else ""
    if behind.startswith("language") and words[end - 1][1].casefold() in ("sign", "signed"):
        end += 1
    name = " ".join(text for _, text in words[first:end]).rstrip("!?.")
    if not name:
        return ()
    if code := _code(name):
        return (LanguageName(name, code),)
    if any(kind != "word" for kind, _ in words[first:end]):
        return None
    parts = tuple(LanguageName(part, language_code(part)) for part in _HYPHEN.split(name))
    if len(parts) > 1 and all(part.code and is_common(part.name) for part in parts):
        return parts
    if behind == "languages":  # "Indigenous languages"
        return ()
    titled = first > 0 and words[first - 1][1].casefold() in ("the", "a", "an", "this") and behind != "language"
    return (LanguageName(name, None),) if not titled and _looks_like_a_name(name) else None


def _without_numbers(words: list[Token]) -> tuple[tuple[LanguageName, ...], str] | None:
    """The known language of a run of words that has numbers in it (``English 2023``), and the numbers."""
    numbers = [text for _, text in words if any(map(str.isdigit, text))]
    names = _names([word for word in words if word[1] not in numbers]) if numbers else None
    return (names, " ".join(numbers)) if names and all(name.code for name in names) else None


def _code(name: str) -> str | None:
    """The tag of a name in running text, where ``mon`` and ``even`` are no languages but ``Mon`` and ``Even`` are."""
    if name.isascii() and name[:1].islower() and (len(name) <= 3 or not is_common(name)):
        return None
    return language_code(name)


def _looks_like_a_name(name: str) -> bool:
    """A capitalised word or two (or in a script without capitals), no digits, no word of a content advisory."""
    words = name.split()
    signed = name.casefold().endswith(" sign language")
    if len(words) > (_LONGEST_SIGNED if signed else _LONGEST_NAME) or len(name) > 60:
        return False
    return all(is_name_word(word) and not _is_no_name(word) for word in words)


def _is_no_name(word: str) -> bool:
    """A word of a content advisory, or capitals that stand for something (``PG``, ``DCP``)."""
    return word.casefold() in _ADVISORY or (word.isascii() and word.isupper() and len(word) <= 5)
