"""Headings: the title, other titles of the same film, and notes on how it is presented."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from filmscrape.values.dates import is_day, is_time
from filmscrape.values.fragments import fold
from filmscrape.values.text import plain


@dataclass(frozen=True, slots=True)
class Title:
    """What a heading and the line under it say; ``title`` is ``None`` only where there is no text."""

    title: str | None
    alternative_titles: tuple[str, ...]
    notes: tuple[str, ...]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Words that make a phrase a note wherever they stand in it: they are no words of a title.
_TECHNICAL = re.compile(
    r"\bq ?(?:&|\+|and|n) ?a'?s?\b|\b\d{1,2}(?:\.5)? ?mm\b|\b[2-8]k\b|\b(?:dcp|imax|hfr|blu-?ray|vhs)\b"
    r"|\bvost[aef]?r?\b|\b\d+(?:st|nd|rd|th) anniversary\b|\bdirector'?s'? cut\b|\bsubtitled\b"
    r"|\b(?:sing|quote)[- ]?a?-?long\b|\b(?:open|closed) caption|\bwith \w+ subtitles\b|\baudio descri"
)
# Last words of a phrase that is a note whatever stands before them (`Lifeboat Benefit`) but for an article.
_NOUNS = _words(
    """
    screening screenings program programs programme programmes benefit fundraiser matinee matinée
    premiere première restoration preview previews selection
    """
)
# Words that are a note by themselves.
_ALONE = _words(
    """
    restoration restored remastered remaster subtitled dubbed dub dubs sub subs ov omu omeu vo vf
    vof vost vosta vostf stf sta screening matinee matinée benefit fundraiser preview encore intro
    introduction talkback 3d 2d imax dcp vr hfr uncut unrated online virtual streaming hybrid
    cancelled canceled postponed rescheduled captioned live extended short shorts pg pg-13 14a 18a
    english-dubbed panel discussion talk workshop reception sing-along sing-a-long singalong b&w
    digital premiere première restauré restaurée
    """
)
# Words that a phrase made of nothing but presentation words needs one of.
_HEADS = (
    _ALONE
    | _NOUNS
    | _words(
        """
        anniversary print prints version edition cut remake remastering scan transfer copy reissue re-issue
        rerelease re-release revival centenary centennial presentation event events film films feature bill
        marathon gala party conversation lecture performance score
        accompaniment subtitles captions description show shows night quote-along attendance person demand
        work-in-progress format white session colour color tour special
        """
    )
)
_MODIFIERS = _words(
    """
    new brand digital digitally original rare full complete international theatrical director's
    directors' directors director final special free double triple opening closing surprise secret
    mystery local members members' member's only family relaxed sensory sensory-friendly
    baby-friendly friendly baby parent kids silent sound piano organ music musical orchestral with
    and & + / in on by of from open closed audio described language black tinted restored
    post-screening pre-screening post-film pre-film video virtual producer producers writer cast
    crew filmmaker filmmakers film-maker guest guests artist sneak advance work progress world
    national north american canadian european international regional festival holiday christmas
    halloween outdoor drive-in drive home all-ages one week day late extra added additional second
    repeat sold out super 8 ultra panavision technicolor vistavision cinemascope stereo dolby atmos
    surround no nr number num # part feature-length collector's ultimate definitive redux archival
    vintage nitrate imported remounted longer shorter international uk us u.s. asl
    """
)
_LANGUAGES = _words(
    """
    english french spanish german italian portuguese japanese korean mandarin cantonese chinese
    hindi punjabi tamil telugu arabic farsi persian russian ukrainian polish swedish norwegian
    danish finnish icelandic dutch greek turkish hebrew française français anglais anglaise
    """
)
_VOCABULARY = _HEADS | _MODIFIERS | _LANGUAGES
# Without a bracket fewer heads are certain: those that may follow a dash; a colon (`Series: Title` stays
# whole, and so does `Short Forum: Program 4`); `with` or `&`.
_FIRM = _words(
    """
    restoration restored remastered remaster anniversary print version edition cut screening
    screenings premiere première preview intro introduction talkback discussion score accompaniment
    subtitles subtitled dubbed dub sub captions captioned sing-along sing-a-long singalong reissue re-issue
    rerelease re-release dcp imax
    """
)
_VERSION = _words(
    """
    restoration restored remastered remaster anniversary print version edition cut imax dcp
    """
)
_EXTRAS = _words(
    """
    intro introduction talkback discussion score accompaniment subtitles captions
    """
)
_NOT_ALONE_OUTSIDE = _words(
    """
    premiere première preview screening introduction discussion imax dub sub
    """
)

_WORD = re.compile(r"q ?(?:&|\+|and|n) ?a'?s?\b|[^\W_]+(?:['.&-][^\W_]+)*'?\+?|[&+/#]")
_NUMBER = re.compile(
    r"(?:#?\d+(?:st|nd|rd|th)?|\d{1,2}\+|\d{1,2}(?:\.5)?mm|[2-8]k|one|two|three|four|five|i{1,3}|iv|v)\Z"
)
_Q_AND_A = re.compile(r"q ?(?:&|\+|and|n) ?a'?s?\Z")
_ARTICLE = re.compile(
    r"(?:the|an?|my|our|your|his|her|this|that|le|la|les|l'|un|une|el|los|las|der|die|das|il|lo|o|os)\b"
)
_NAMED_VERSION = re.compile(r"\Athe (?=.* (?:cut|version|edition)\Z)")
_HOSTED = re.compile(
    r"(.*(?:\bq ?(?:&|\+|and) ?a'?s?|\b(?:intro|introduction|introduced|talk|talkback|discussion|conversation"
    r"|panel|lecture|presented|hosted|moderated|performance|score|accompaniment)))"
    r" (?:with|by|from|featuring|feat\.|led by|hosted by|moderated by) .+\Z"
)
_PHRASE = re.compile(
    r"(?:co-?)?(?:presented|introduced|hosted|followed|preceded|accompanied|curated|moderated|programmed)"
    r" (?:by|with|in)\b|dir(?:\.|ected by) |in (?:partnership|collaboration) with\b"
    rf"|(?:in )?(?:{'|'.join(sorted(_LANGUAGES))})(?:\Z| (?:with|and|&|version|audio)\b)"
)
_PREPOSITION = re.compile(
    r"(?:in|at|on|for|with|w/|from|by|featuring|feat\.?|incl\.?|including|followed|preceded|introduced|presented"
    r"|hosted|directed|dir\.?|plus)(?= )"
)
_YEARS = re.compile(r"(?:.*, )?(?:18|19|20)\d\d(?:\s?[-–/,&]\s?(?:18|19|20)?\d\d)?\Z")
_HOUSE = re.compile(r"[A-Z][A-Z0-9]+ (?:Connect|Online|Live|Digital|Virtual|On Demand|at Home|At Home)\Z")

_PAIRS = {")": "(", "]": "[", "）": "（", "】": "【"}
_OR = re.compile(
    r"\A(?:or|ou|aka|a\.k\.a\.?|also known as|(?:original|english|international) title|orig\.)[:,]? +",
    re.IGNORECASE,
)
# Brackets that tell one film from another, or go on with the sentence before them: part of the title.
_OF_THE_TITLE = re.compile(
    r"(?:(?:parts?|vol\.?|volume|chapter|episodes?|ep\.?|act|season|series|book|no\.?|tome|partie|chapitre)\b.*\d.*"
    r"|(?:part|volume|chapter|act|book|episode) (?:one|two|three|four|five|six|[ivx]+)|\d{1,3}|[ivx]+)\Z"
    r"|but\b|\.\.\.|…",
    re.IGNORECASE,
)
_GOES_ON = re.compile(r"(?:and|but|not|than|that|who|of|to|is|are|was|were)\b")
_HANGING = re.compile(
    r"(?:(?:\A|[\s(])(?:the|an?|and|or|ou|of|de|du|des|in|on|at|to|for|from|by|with|my|our|your|his|her|their|its"
    r"|this|that|vs\.?)|['’]s|[&+/])\Z",
    re.IGNORECASE,
)
_CONNECTOR = re.compile(
    r"\s+(?:(?P<plus>\+|plus|followed by)|with|w/|&)\s+|(?P<dash>\s+(?:--?|[–|])\s+|\s*—\s*)"
    r"|\s*(?P<colon>:)\s+",
    re.IGNORECASE,
)
_BARE = re.compile(
    r"\s+(?:(?:in|on)\s+)?((?:(?:new|digital|original|brand[ -]new)\s+)*"
    r"(?:[248]k|\d\d(?:\.5)?\s?mm|imax|\d+(?:st|nd|rd|th)\s+anniversary|director['’]?s['’]?\s+cut)"
    r"(?:\s+(?:restoration|restored|remaster(?:ed)?|print|presentation|screening|version|edition|anniversary|dcp"
    r"|imax|[248]k|\d\d(?:\.5)?mm|director['’]?s['’]?\s+cut|re-?release|reissue|theatrical|cut))*)\s*\Z",
    re.IGNORECASE,
)
_LONGEST_HEADING = 400  # characters; what is longer is no heading
_LOOSE_END = " -–—:+|,;/&"
_MAY_HOLD_NOTE = re.compile(
    r"[)\]）】]\W*\Z|\d|[+|—]| [-–&] |--|:\s|\b(?:with|w/|plus|cut|imax|followed)\b", re.IGNORECASE
)


@lru_cache(maxsize=4096)
def read_title(heading: str, subtitle: str | None = None) -> Title:
    """Read a heading and the line under it.

    From the end of the heading are taken off, as long as something stays:

    - brackets: a presentation note (``(4K Restoration)``, ``(Lifeboat Benefit)``), else an alternative title
      (``(Omen)``, ``(or How Ida Learned to Swim)``). Brackets at the beginning, in the middle or behind
      a word that needs them (``Birdman or (The Unexpected Virtue of Ignorance)``) belong to the title, and so
      do numbers of parts (``(Part 2)``). A bracketed year, date or director is no title: it is kept as a
      note.
    - notes without brackets, only where every word is one of presentation: behind ``+``, ``with``, ``&`` or a
      dash (``+ Q&A``, ``- Director's Cut``), behind a colon only the name of a version (``: The Final Cut``),
      without any sign only formats, anniversaries and the director's cut (``Night Ferry 4K 40th Anniversary``).
      So ``Romeo + Juliet`` and ``Series: Title`` stay whole.

    The line under the heading is an alternative title; a note where it begins with ``+`` (the second half of
    a double bill, verbatim) or reads as one; nothing where it repeats the title but for case, accents and
    punctuation.

    Reading a title again gives the same title, no alternatives and no notes.
    """
    text, alternatives, notes = _take_off(plain(heading))
    if subtitle:
        line = plain(subtitle)
        if line.startswith("+"):
            rest = line.lstrip("+ ")
            notes.append(rest if _is_note(rest) else line)
        elif line:
            other, more, notes_behind = _take_off(_unwrapped(line))
            is_note = _is_note(other)
            alternatives += more if is_note else [other, *more]
            notes += [other, *notes_behind] if is_note else notes_behind
    return Title(text if _is_visible(text) else None, _distinct(alternatives, besides=text), _distinct(notes))


def _take_off(text: str) -> tuple[str, list[str], list[str]]:
    """Take off a heading's end what is not its title: alternatives and notes, in page order."""
    alternatives: list[str] = []
    notes: list[str] = []
    while len(text) <= _LONGEST_HEADING and _MAY_HOLD_NOTE.search(text):
        found = _bracket(text) or _joined_note(text) or _bare_note(text)
        if found is None or not any(map(str.isalnum, found[0])):
            break
        text, note, alternative = found
        if note:
            notes.insert(0, note)
        if alternative:
            other, more, notes_inside = _take_off(alternative)
            alternatives[:0] = [other, *more]
            notes[:0] = notes_inside
    return text, alternatives, notes


def _bracket(text: str) -> tuple[str, str, str] | None:
    """Read a bracket at the end: (what stands before it, note, alternative title)."""
    opening = _PAIRS.get(text[-1])
    if opening is None:
        return None
    depth = 0
    for start in range(len(text) - 1, -1, -1):
        depth += (text[start] == text[-1]) - (text[start] == opening)
        if depth == 0:
            break
    else:
        return None
    before, inside = text[:start], text[start + 1 : -1].strip()
    rest = before.rstrip(_LOOSE_END)
    if not inside:
        return rest, "", ""
    if _YEARS.match(inside) or (inside[-1] not in _PAIRS and _is_note(inside)):
        return rest, inside, ""
    glued = opening in "([" and before and not before[-1].isspace()
    if glued or _HANGING.search(before.rstrip()) or _OF_THE_TITLE.match(inside) or _GOES_ON.match(inside):
        return None
    if _PREPOSITION.match(inside):
        return rest, inside, ""
    return rest, "", _OR.sub("", inside).strip()


def _bare_note(text: str) -> tuple[str, str, str] | None:
    """Read a format, an anniversary or the director's cut that ends the heading without any sign."""
    found = _BARE.search(text)
    if found is None or _HANGING.search(text[: found.start()]):
        return None
    return text[: found.start()].rstrip(_LOOSE_END), found.group(1), ""


def _joined_note(text: str) -> tuple[str, str, str] | None:
    """Read a note behind ``+``, ``with``, a dash or a colon."""
    for found in _CONNECTOR.finditer(text):
        tail = text[found.end() :]
        if found["colon"]:
            heads = _VERSION
        elif found["dash"]:
            heads = _FIRM
        else:
            heads = _HEADS if found["plus"] else _EXTRAS
        if (
            tail
            and len(tail) < 90
            and (_is_joined_note(tail, heads) or (heads in (_HEADS, _EXTRAS) and _is_hosted(tail)))
        ):
            return text[: found.start()].rstrip(_LOOSE_END), tail, ""
    return None


def _is_joined_note(tail: str, heads: frozenset[str]) -> bool:
    """Whether a phrase without brackets holds words of presentation only."""
    words = _WORD.findall(_NAMED_VERSION.sub("", _lowered(tail)))
    if len(words) == 1 and words[0] in _NOT_ALONE_OUTSIDE and heads is not _HEADS:
        return False
    return _all_presentation(words, heads)


def _is_hosted(tail: str) -> bool:
    """Whether a phrase is an occasion and who is there: ``Q&A with Ann Roe``, ``live score by Trio Nord``."""
    hosted = _HOSTED.match(_lowered(tail))
    return hosted is not None and all(word in _VOCABULARY or _Q_AND_A.match(word) for word in _WORD.findall(hosted[1]))


def _lowered(text: str) -> str:
    return text.casefold().replace("’", "'").strip(" !.*")


def _all_presentation(words: list[str], heads: frozenset[str]) -> bool:
    """Whether every word is one of presentation and one of them says what is presented."""
    headed = False
    for word in words:
        if _Q_AND_A.match(word) or (word[0].isdigit() and _NUMBER.match(word) and word[-1] in "mk+"):
            headed = True
        elif word in heads:
            headed = headed or len(words) > 1 or word in _ALONE
        elif word not in _VOCABULARY and not _NUMBER.match(word):
            return False
    return headed


def _is_note(inside: str) -> bool:
    """Whether a text that stands by itself (a bracket, the line under the heading) is a presentation note."""
    folded = _lowered(inside)
    if _TECHNICAL.search(folded) or _HOUSE.match(inside) or _PHRASE.match(folded):
        return True
    words = _WORD.findall(_NAMED_VERSION.sub("", folded))
    if not words:
        return False
    if _all_presentation(words, _HEADS):
        return True
    if len(words) > 1 and not _ARTICLE.match(folded) and (words[-1] in _NOUNS or _is_numbered_programme(words)):
        return True
    return is_day(inside) or is_time(inside)


def _is_numbered_programme(words: list[str]) -> bool:
    return words[-2] in ("program", "programme") and _NUMBER.match(words[-1]) is not None


def _unwrapped(line: str) -> str:
    """Take the one bracket off that stands around a whole line."""
    if (
        line[0] in "(["
        and line[-1] == {"(": ")", "[": "]"}[line[0]]
        and line[1:-1].strip()
        and not set("()[]") & set(line[1:-1])
    ):
        return line[1:-1].strip()
    return line


def _is_visible(text: str) -> bool:
    """Whether a text holds more than blanks and characters that only steer others (zero-width space)."""
    return any(char != " " and unicodedata.category(char) != "Cf" for char in text)


def _comparable(text: str) -> str:
    """Write a title as titles are compared: letters and digits only, no accents, one case."""
    return "".join(filter(str.isalnum, fold(text))) or text


def _distinct(texts: Iterable[str], besides: str = "") -> tuple[str, ...]:
    """Leave out repeats (case and accents aside) and ``besides``."""
    found: dict[str, str] = {}
    for text in texts:
        if text:
            found.setdefault(_comparable(text), text)
    if besides and found:
        found.pop(_comparable(besides), None)
    return tuple(found.values())
