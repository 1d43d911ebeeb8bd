"""The words and marks of a language line: those that steer how it is read, and those that may name a language."""

import re
from typing import Final

from filmscrape.values.fragments import BRACKET

Token = tuple[str, str]
"""A kind and the text. Kinds are the keys of ``_KINDS``, ``word`` and the names of marks."""

_KINDS: Final = {
    "list": "and & + et or plus including includes incl then",
    "with": "with w avec",
    "no": "no not without non sans never",
    "subtitles": "subtitles subtitle subtitled subtitling subs sub subbed surtitles surtitled supertitles captions "
    "caption captioned captioning cc oc sdh intertitles intertitle intertitled titles",
    "dubbed": "dubbed dub dubs dubbing overdubbed voiceover audio narration narrated narrator commentary soundtrack",
    "in": "in into",
    "for": "for during",
    "dialogue": "dialogue dialogues dialog dialogs word words speech talking paroles",
    "silent": "silent wordless nonverbal",
    # how much: what follows is spoken, or a "no" is not quite one
    "partly": "some partial partially partly part parts mostly mainly primarily predominantly largely principally "
    "chiefly little minimal limited occasional occasionally bits bit few scattered snippets portions portion sections "
    "scenes segments moments phrases passages sparse brief sporadic almost nearly virtually practically very half",
    # says nothing about a language
    "noise": "the a an of original version versions language languages lang spoken speaking live open closed hard soft "
    "hardcoded burned burnt onscreen screen only film films movie optional full fully also both is are was be this "
    "presented screened screens shown screening playing its has have contains features featuring where when needed "
    "necessary required applicable throughout available from to by on at all different track sound music musical "
    "score accompaniment piano mix mixture combination blend mixed additional electronic descriptive described "
    "description forced interpretation interpreted interpreter interpreters interpreting deaf hearing impaired sung "
    "performed told filmed shot made recorded unsubtitled",
    # stands where a language stands, but is none
    "nobody": "various multiple several many numerous bilingual trilingual multilingual multilanguage unknown tba tbc "
    "tbd none nil other others more diverse etc",
}
_KIND: Final = {word: kind for kind, words in _KINDS.items() for word in words.split()}
_MARKS: Final = {",": "comma", "，": "comma", "、": "comma", "/": "slash", ":": "colon", "&": "list", "+": "list"}
_QUOTES: Final = '"“”„«»*_'

# Phrases that come down to one word of these.
_PHRASES: Final = tuple(
    (re.compile(pattern, re.IGNORECASE), word)
    for pattern, word in (
        (r"\b(?:as well as|together with|along with|in addition to|mixed with)\b", "and"),
        (r"\b(?:sub|sur|inter)[- ]tit(?:les?|led|ling)\b|\bsous[- ]titr(?:es?|ée?s?)(?!\w)", "subtitles"),
        (r"\bvoice[- ]overs?\b", "voiceover"),
        (r"\bnon[- ]verbal\b", "nonverbal"),
        (r"\b(?:dialog(?:ue)?|word|language|speech)[- ]free\b", "no dialogue"),
        (r"\b(no|without) (?:spoken )?languages?\b", r"\1 dialogue"),
        (r"(?<=\w)-(?=(?:languages?|speaking|subtitled|captioned|dubbed|only|dialogue)\b)", " "),
    )
)
_PHRASE_HINT = re.compile(
    r"-|\b(?:as well|together|along|in addition|mixed|sub |sur |inter |sous |voice |no |non |without |\w+ free)",
    re.IGNORECASE,
)
_TOKEN = re.compile(
    rf"(?P<bracket>{BRACKET})"
    r"|(?P<unclosed>[(\[])"
    r"|(?P<no>(?<![^\s,;])[wW]/[oO]\b)"
    r"|(?P<with>(?<![^\s,;])[wW]/)"
    r"|(?P<nobody>\b[nN] ?/ ?[aA]\b)"
    r"|(?P<stop>[;|•·。)\]]|—|(?<=\s)[-–]+(?=\s))"
    r"|(?P<spaced>(?<=\s)/(?=\s))"
    # inside a word: "19+", "7:30" and "Kanien'kehá:ka", "Q&A"
    r"|(?P<word>(?:[^\s,，、;:/|&+()\[\]•·。—]|(?<=\d)\+|(?<=\w):(?=[^\W_])(?![A-Z])|(?<=[A-Z])&(?=[A-Z]))+)"
    r"|(?P<mark>[,，、/&+:])"
)


def tokens(line: str) -> list[Token]:
    """The words, marks and brackets of a line; a full stop that ends a sentence is a token of its own."""
    if _PHRASE_HINT.search(line):
        for pattern, phrase in _PHRASES:
            line = pattern.sub(phrase, line)
    found: list[Token] = []
    for match in _TOKEN.finditer(line):
        kind, text = match.lastgroup or "", match[0]
        if kind == "unclosed":
            found.append(("bracket", line[match.start() :] + ")"))
            break
        if kind == "word":
            found += _word(text, line[match.end() : match.end() + 2].strip())
        else:
            found.append((_MARKS[text] if kind == "mark" else kind, text))
    return found


def _word(text: str, following: str) -> list[Token]:
    """A word and, if that ends a sentence, its full stop; quotation marks go."""
    text = text.strip(_QUOTES)
    if text[:1] in ("'", "‘") and text[-1:] in ("'", "’"):
        text = text[1:-1]
    bare = text.rstrip(".…")
    word = bare.rstrip("!?")
    if not any(map(str.isalnum, word)):
        return [("stop", text)] if bare != text else []
    kind = _KIND.get(word.casefold(), "word")
    if bare == text or following.islower() or (len(bare) <= 3 and following):  # "St. Lawrence Island Yupik"
        return [(kind, text)]
    return [(kind, bare), ("stop", ".")]
