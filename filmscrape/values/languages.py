"""Languages: what a film's language line says is spoken, signed and subtitled, and the tag of a language's name.

A line is prose within narrow bounds: ``In Dutch and French with English subtitles``. It is cut into words that
steer (``with``, ``subtitles``, ``dubbed``, ``no``, ``in``) and the names between them, and read from left to
right. Nothing is guessed: ``open captions`` names no language, ``French with English`` does not say how.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final, NamedTuple

from filmscrape.values.fragments import BRACKET, clean_lines, fold


class LanguageName(NamedTuple):
    """A language: the name as the page says, and its BCP 47 tag or None."""

    name: str
    code: str | None


@dataclass(frozen=True, slots=True)
class LanguageLine:
    """What a language line says.

    ``subtitles`` holds intertitles too: both are text on the screen. ``unread`` are fragments that are
    there but name no language or do not say what it is for.
    """

    languages: tuple[LanguageName, ...]
    subtitles: tuple[LanguageName, ...]
    no_dialogue: bool
    unread: tuple[str, ...]


# --- The words that steer -----------------------------------------------------------------------------------------

_KIND: Final[dict[str, str]] = {
    word: kind
    for kind, words in {
        "list": "and & + et or plus including includes incl then",
        "with": "with w avec",
        "no": "no not without non sans never",
        "subtitles": "subtitles subtitle subtitled subtitling subs sub subbed surtitles surtitled supertitles "
        "captions caption captioned captioning cc oc sdh intertitles intertitle intertitled titles",
        "dubbed": "dubbed dub dubs dubbing overdubbed voiceover voiceovers voiced",
        "in": "in into",
        "dialogue": "dialogue dialogues dialog dialogs word words speech talking",
        "silent": "silent wordless nonverbal dialogueless",
        "partly": "some partial partially partly part parts mostly mainly primarily predominantly largely principally "
        "chiefly little minimal limited occasional occasionally bits bit few scattered snippets portions portion "
        "sections scenes segments moments phrases passages sparse brief sporadic almost nearly virtually practically "
        "very half",
        "noise": "the a an of original version versions language languages lang audio spoken speaking live open closed "
        "hard soft hardcoded burned burnt onscreen screen only film films movie optional full fully also both is are "
        "was be this presented screened screens shown screening playing its has have contains features featuring where "
        "when needed necessary required applicable throughout available from to for by on at all different narration "
        "narrated commentary soundtrack track sound music musical score accompaniment piano mix mixture combination "
        "blend mixed additional electronic descriptive described interpretation interpreted interpreter interpreters "
        "interpreting signed forced deaf hearing",
        "nobody": "various multiple several many numerous bilingual trilingual multilingual multilanguage unknown tba "
        "tbc tbd n/a none nil other others more diverse etc",
    }.items()
    for word in words.split()
}
_SIGN: Final = frozenset(["sign", "signs", "signed"])  # before "language", which is then part of the name
_ADVISORY: Final = frozenset(
    "coarse strong explicit offensive adult mature foul crude graphic violence nudity drugs".split()
)

# Phrases that are one steering word; what stands for them has no capital, so it cannot pass for a name.
_PHRASES: Final = (
    (re.compile(r"\b(?:as well as|together with|along with|in addition to|mixed with)\b", re.IGNORECASE), "and"),
    (re.compile(r"\b(?:sub|sur|inter)[- ]tit(?:le([sd]?)|ling)\b", re.IGNORECASE), r"subtitle\1"),
    (re.compile(r"\bsous[- ]titr(?:es?|ée?s?)\b", re.IGNORECASE), "subtitles"),
    (re.compile(r"\bvoice[- ]overs?\b", re.IGNORECASE), "voiceover"),
    (re.compile(r"\bnon[- ]verbal\b", re.IGNORECASE), "nonverbal"),
    (re.compile(r"\b(?:dialog(?:ue)?|word|language|speech)[- ]free\b", re.IGNORECASE), "no dialogue"),
    (re.compile(r"\b(no|without) (?:spoken )?languages?\b", re.IGNORECASE), r"\1 dialogue"),
    (re.compile(r"(?<=\w)-(?=(?:language|speaking|subtitled|captioned|dubbed|only|dialogue)\b)", re.IGNORECASE), " "),
)
_PHRASE_HINT = re.compile(
    r"\b(?:as well|together|along|in addition|mixed|sub[- ]|sur[- ]|inter[- ]|sous|voice|non[- ]|no |without |\w+[- ]free)|-",
    re.IGNORECASE,
)
_TOKEN = re.compile(
    rf"(?P<bracket>{BRACKET})"
    r"|(?P<unclosed>[(\[])"
    r"|(?P<without>(?<![^\s,;])[wW]/[oO]\b)"
    r"|(?P<with>(?<![^\s,;])[wW]/)"
    r"|(?P<na>\b[nN]/[aA]\b)"
    r"|(?P<stop>[;|•·。]|—|(?<=\s)[-–]+(?=\s))"
    r"|(?P<spaced>(?<=\s)/(?=\s))"
    r"|(?P<mark>[,，、/&+:)\]])"
    r"|(?P<word>(?:[^\s,，、;:/|&+()\[\]•·。—]|(?<=\w):(?=[^\W_])(?![A-Z])|(?<=[A-Z])&(?=[A-Z]))+)"
)
_LABEL = re.compile(r"([^:()\[\]]{1,60}):\s+(?=\S)")
_UNFINISHED = re.compile(r"(?:[,/&+]|\b(?:and|with|in|or|et|w/))\Z", re.IGNORECASE)
_CONTINUES = re.compile(r"(?:[,/&+]|(?:and|with|or|w/)\b|\w*(?:titles?|titled|captions?|captioned|subs)\b)", re.IGNORECASE)


def _tokens(line: str) -> list[tuple[str, str]]:
    """(kind, text) of each token; a full stop at the end of a sentence is a token of its own."""
    tokens = []
    for match in _TOKEN.finditer(line):
        kind, text = match.lastgroup or "", match[0]
        if kind == "word":
            bare = text.rstrip(".!?…")
            kind = _KIND.get(bare.casefold(), "word")
            if kind == "word" and bare and len(bare) <= 3:
                bare = text  # an abbreviation: "St. Lawrence Island Yupik"
            if bare:
                tokens.append((kind, bare))
            if len(text) > len(bare) > 3 and not line[match.end() : match.end() + 2].strip().islower():
                tokens.append(("stop", text[len(bare) :]))
        elif kind == "mark":
            tokens.append(({",": "comma", "，": "comma", "、": "comma", "/": "slash", ":": "colon"}.get(text, "list"), text))
        elif kind == "unclosed":
            tokens.append(("bracket", line[match.start() :] + ")"))
            break
        else:
            tokens.append(({"na": "nobody", "without": "no"}.get(kind, kind), text))
    return [token for token in tokens if token[1] not in ")]"]


# --- Reading a line -----------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Item:
    """What stands between two steering words or separators: a language, or text that names none."""

    text: str
    name: LanguageName | None
    joiner: str  # what stands before it: "", ",", "and" or "/"
    spoken: bool  # the page says so itself: "some French", a signed language


class _Reader:
    """Reads tokens from left to right; names wait in ``pending`` until a word says what they are for."""

    __slots__ = ("bare", "depth", "intro", "joiner", "languages", "last", "negated", "no_dialogue", "partly", "pending")
    __slots__ += ("subtitles", "unread", "words")

    def __init__(self, depth: int = 0) -> None:
        self.depth = depth
        self.languages: list[LanguageName] = []
        self.subtitles: list[LanguageName] = []
        self.unread: list[str] = []
        self.no_dialogue = False
        self.words: list[tuple[str, str]] = []
        self.pending: list[_Item] = []
        self.intro = ""  # what the pending names follow: "", "in", "with", "subtitles" (in, :) or "after" (subtitles)
        self.joiner = ""
        self.last = ""  # kind of the token before
        self.bare = False  # the last word for subtitles named no language
        self.partly = ""  # "some", "almost", … of this clause
        self.negated = ""  # "no" and what hedges it

    def read(self, line: str) -> "_Reader":
        """Read one line; what it says is added to what earlier lines said."""
        tokens = _tokens(_with_plain_phrases(_without_label(line) if ":" in line else line))
        for index, (kind, text) in enumerate(tokens):
            if kind in _CHUNK:
                self.words.append((kind, text))
            else:
                coming = tokens[index + 1][0] if index + 1 < len(tokens) else ""
                getattr(self, "_" + kind)(text, coming)
            self.last = kind
        self._stop("", "")
        return self

    def _close(self) -> _Item | None:
        """End a run of words: a name (or several, joined by hyphens), or text that is none, or nothing of weight."""
        words, self.words = self.words, []
        if not words:
            return None
        partly = " ".join(text for kind, text in words if kind == "partly")
        self.partly = partly or self.partly
        names = _names_of(words)
        if names is None:
            names, text = (), " ".join(text for _, text in words)
            self.pending.append(_Item(text, None, self.joiner, False))
        for name in names:
            spoken = bool(self.partly) or is_signed(name)
            self.pending.append(_Item(name.name, name, self.joiner, spoken))
            self.joiner = "/"
        self.joiner = ""
        return self.pending[-1] if names else None

    def _flush(self, to: str) -> None:
        """Say of all pending names what they are for: ``spoken``, ``subtitles`` or, where that is open, ``unread``."""
        for item in self.pending:
            if item.name is None:
                self.unread.append(item.text)
            elif to == "spoken" or (to == "unread" and item.spoken):
                self.languages.append(item.name)
            elif to == "subtitles":
                self.subtitles.append(item.name)
            else:
                self.unread.append(item.text)
        self.pending.clear()

    def _flush_by_intro(self) -> None:
        if self.negated:
            self.unread.extend(f"{self.negated} {item.text}" for item in self.pending)
            self.pending.clear()
        self._flush({"with": "unread", "after": "unread", "subtitles": "subtitles"}.get(self.intro, "spoken"))

    # One method for each kind of token; `coming` is the kind of the next.

    def _stop(self, _text: str, _coming: str) -> None:
        self._close()
        self._flush_by_intro()
        self.intro = self.partly = self.negated = self.joiner = ""

    def _list(self, _text: str, _coming: str) -> None:
        self._close()
        self.joiner = "and"

    def _comma(self, _text: str, _coming: str) -> None:
        self._close()
        self.joiner = ","

    def _slash(self, _text: str, _coming: str) -> None:
        self._close()
        self.joiner = "/"

    def _spaced(self, text: str, coming: str) -> None:
        """`` / ``: between two languages a comma, behind ``subtitles`` the beginning of something else."""
        self._close()
        if self.intro == "after":
            self._stop(text, coming)
        else:
            self.joiner = ","

    def _colon(self, _text: str, _coming: str) -> None:
        self._close()
        if self.last == "subtitles":
            self.intro = "subtitles"
            return
        if self.pending and self.pending[-1].name is None:
            self.pending.pop()  # a label
        self._flush("subtitles" if self.intro == "subtitles" else "spoken")

    def _with(self, _text: str, _coming: str) -> None:
        self._close()
        self._flush("subtitles" if self.intro == "subtitles" else "spoken")
        self.intro, self.partly = "with", ""

    def _no(self, text: str, _coming: str) -> None:
        before, self.partly = self.partly, ""
        hedge = self._close() is None and self.partly
        self._flush("subtitles" if self.intro == "subtitles" else "spoken")
        self.negated = f"{self.partly} {text}" if hedge else text
        self.partly = "" if hedge else before

    def _subtitles(self, _text: str, coming: str) -> None:
        self._close()
        self.bare = not self.pending
        if self.negated:
            self.pending.clear()
            self.negated = ""
        elif coming == "colon":
            self._flush("spoken")
        else:
            self._take_subtitles()
        self.intro, self.partly = "after", ""

    def _take_subtitles(self) -> None:
        """The pending names are subtitles; without ``with`` only the last part of a list is."""
        first = 0
        if self.intro not in ("with", "subtitles"):
            for index, item in enumerate(self.pending):
                if item.joiner == ",":
                    first = index
            if not first and self.intro == "in":
                first = max(len(self.pending) - 1, 0)
        ours, self.pending = self.pending[first:], self.pending[:first]
        self._flush("spoken")
        self.pending = ours
        self._flush("subtitles")

    def _dubbed(self, _text: str, _coming: str) -> None:
        self._close()
        if self.negated:
            self.pending.clear()
        self._flush("subtitles" if self.intro == "subtitles" else "spoken")
        self.intro = self.negated = ""

    def _in(self, _text: str, _coming: str) -> None:
        self._close()
        if self.last == "subtitles":
            self.intro = "subtitles"
            return
        self._flush_by_intro() if not self.negated else None
        self.intro = "in"

    def _dialogue(self, text: str, _coming: str) -> None:
        self._close()
        if not self.negated:
            self._flush("spoken")
        elif self.pending or self.partly or " " in self.negated:
            self.unread.append(" ".join([self.negated, *(item.text for item in self.pending), text]))
            self.pending.clear()
        else:
            self.no_dialogue = True
        self.intro, self.negated, self.partly = "in", "", ""

    def _silent(self, text: str, _coming: str) -> None:
        before, self.partly = self.partly, ""
        self._close()
        self._flush("subtitles" if self.intro == "subtitles" else "spoken")
        if self.partly:
            self.unread.append(f"{self.partly} {text}")
        elif not self.negated:
            self.no_dialogue = True
        self.intro, self.negated, self.partly = "", "", before

    def _bracket(self, text: str, _coming: str) -> None:
        """A bracket: part of the name before it, a remark that can be read as a line of its own, or a film's name."""
        head = self._close()
        content = text[1:-1].strip(" ()[]")
        joined = _joined(head.name, content) if head and head.name else None
        if head and joined:
            head.text, head.name = joined.name, joined
            return
        if self.depth > 1 or not content:
            return
        if self.last == "subtitles" and not self.bare and _tokens(content)[:1] and _tokens(content)[0][0] == "word":
            return
        inner = _Reader(self.depth + 1).read(content)
        names = inner.languages + inner.subtitles
        if inner.unread or not all(name.code and (not head or _is_common(name.name)) for name in names):
            if content[0].islower():
                self.unread.append(content)
            return
        self._take(inner)

    def _take(self, inner: "_Reader") -> None:
        """Add what a bracket says, its languages in their place of the list."""
        if self.last == "subtitles" and self.bare:
            self.subtitles += inner.languages
        else:
            self.pending += [_Item(name.name, name, ",", True) for name in inner.languages]
        self.subtitles += inner.subtitles
        self.no_dialogue |= inner.no_dialogue


_CHUNK: Final = frozenset(["word", "noise", "partly", "nobody"])


def _with_plain_phrases(line: str) -> str:
    if _PHRASE_HINT.search(line):
        for pattern, word in _PHRASES:
            line = pattern.sub(word, line)
    return line


def _without_label(line: str) -> str:
    """Drop labels before a colon (``Matinee:``); one that names a language or what it is for is no mere label."""
    while match := _LABEL.match(line):
        kinds = [kind for kind, _ in _tokens(match[1])]
        if {"subtitles", "dubbed", "dialogue", "in"} & set(kinds) or _Reader(1).read(match[1] + ";").languages_known():
            break
        line = line[match.end() :]
    return line


def _names_of(words: list[tuple[str, str]]) -> tuple[LanguageName, ...] | None:
    """The name that a run of words is, several where hyphens join them, none where it says nothing, else None."""
    first, last = 0, len(words)
    while first < last and words[first][0] != "word":
        first += 1
    while last > first and words[last - 1][0] != "word":
        last -= 1
    if first == last:
        whole = " ".join(text for _, text in words)
        return (LanguageName(whole, code),) if len(words) > 1 and (code := _own_names().get(fold(whole))) else ()
    if last < len(words) and words[last][1].casefold().startswith("language") and words[last - 1][1].casefold() in _SIGN:
        last += 1
    name = " ".join(text for _, text in words[first:last]).strip("\"“”*")
    return _languages(name, [kind for kind, _ in words[first:last]])
