"""The filmography sentence of a bio: ``Filmography: Violet (2014), Hellhole (2019), Here (2023)``."""

import re
from collections.abc import Sequence

from filmscrape.values.text import plain

Entry = tuple[str, int | None]

_LABEL = re.compile(
    r"(?:\A|(?<=[.!?…”\"’)] ))"
    r"(?:(?:his|her|their) )?"
    r"(?:(?:selected|select|partial|complete|full|feature|short|recent|previous|other|director['’]s) )*"
    r"(?:filmograph(?:y|ie)(?: (?:sélective|choisie))?|films)(?: includes?| as (?:a )?director)?"
    r"(?: [(\[](?:selected|select|selection|partial|as director|director|features|shorts)[)\]])?"
    r" ?(?P<colon>:)?",
    re.IGNORECASE,
)
_DATED = re.compile(
    r"\s*[(\[](?:[^()\[\]]*?[^()\[\]\d])??(18[89]\d|19\d\d|20\d\d|2100)(?:[^()\[\]\d][^()\[\]]*)?[)\]]",
    re.ASCII,
)
_BETWEEN = re.compile(r"\s*[,;]\s*(?:(?:and|et|&)\s+)?|\s+(?:and|et|&)\s+")
_END = re.compile(r"\s*[.!]?\Z|\s*[.!]\s+")
_SENTENCE = re.compile(r"[^\W\d_]{4,}[.!?]['’”\"]? +[^\W\da-z_]")
_MOST_WORDS = 15  # of a title; more is prose
_MOST_CHARACTERS = 10_000  # of a paragraph
_QUOTES = {"“": "”", '"': '"', "«": "»", "‘": "’", "'": "'"}


def split_filmography(paragraphs: Sequence[str]) -> tuple[list[str], list[Entry]]:
    """Split a bio into its paragraphs without the filmography and that filmography's (title, year).

    Only an explicit label makes a list: ``Filmography:``, ``Selected filmography:``, ``Films include:``, at
    the beginning of a paragraph or of a sentence; or a paragraph that is nothing but the label, with the list
    in the paragraphs behind it. Titles may hold commas: a film ends behind ``(2014)`` or ``(2014, short)``. A
    film without a year counts only in a list that semicolons separate. The text behind the last film (a new
    sentence) stays in the bio, and a list that cannot be read to its end stays there whole.
    """
    bio = list(filter(None, map(plain, paragraphs)))
    films: list[Entry] = []
    while True:
        bio, found = _without_lists(bio)
        if not found:
            return bio, list(dict.fromkeys(films))
        films += found


def _without_lists(paragraphs: list[str]) -> tuple[list[str], list[Entry]]:
    """One pass over a bio: the paragraphs that stay, and the films of the lists that could be read."""
    bio: list[str] = []
    films: list[Entry] = []
    position = 0
    while position < len(paragraphs):
        paragraph = paragraphs[position]
        position += 1
        if _LABEL.fullmatch(paragraph):
            listed = _listed_paragraphs(paragraphs[position:])
            position += len(listed)
            found = [film for films_of_one in listed for film in films_of_one]
            paragraph = "" if found else paragraph
        else:
            paragraph, found = _without_sentence(paragraph)
        films += found
        if paragraph:
            bio.append(paragraph)
    return bio, films


def _listed_paragraphs(paragraphs: list[str]) -> list[list[Entry]]:
    """Read the paragraphs behind a label of its own, as far as they are lists of films."""
    listed = []
    for paragraph in paragraphs:
        found = None if _LABEL.match(paragraph) else _read_list(paragraph)
        if found is None or found[1]:
            break
        listed.append(found[0])
    return listed


def _without_sentence(paragraph: str) -> tuple[str, list[Entry]]:
    """Take the first list that can be read out of a paragraph."""
    if len(paragraph) <= _MOST_CHARACTERS:
        for label in _LABEL.finditer(paragraph):
            found = _read_list(paragraph[label.end() :].lstrip()) if label["colon"] else None
            if found is not None:
                films, behind = found
                return f"{paragraph[: label.start()].rstrip()} {behind}".strip(), films
    return paragraph, []


def _read_list(text: str) -> tuple[list[Entry], str] | None:
    """Read a list's films, and the text behind it; ``None`` for what cannot be read to its end."""
    films: list[Entry] = []
    position = 0
    semicolons = False
    while dated := _DATED.search(text, position):
        *undated, title = text[position : dated.start()].split(";")
        films += [(name, None) for name in undated]
        films.append((title, int(dated[1])))
        semicolons = semicolons or bool(undated)
        if end := _END.match(text, dated.end()):
            return _checked(films, text[end.end() :])
        between = _BETWEEN.match(text, dated.end())
        if between is None:
            return None
        semicolons = semicolons or ";" in between[0]
        position = between.end()
    undated = text[position:].split(";")
    if not (semicolons or len(undated) > 1):
        return None
    if not undated[-1].strip(" ."):
        undated.pop()
    else:
        undated[-1] = undated[-1].removesuffix(".")
    return _checked(films + [(name, None) for name in undated], "")


def _checked(films: list[Entry], behind: str) -> tuple[list[Entry], str] | None:
    """Tidy the titles; ``None`` where one of them is no title."""
    tidy = [(_title(name), year) for name, year in films]
    return (tidy, behind) if tidy and all(title for title, _ in tidy) else None


def _title(text: str) -> str:
    """Take quotation marks off a film's title; ``""`` for what reads as prose."""
    title = text.strip(" ,")
    if len(title) > 2 and _QUOTES.get(title[0]) == title[-1] and title[-1] not in title[1:-1]:
        title = title[1:-1].strip()
    words = title.split()
    if len(words) > _MOST_WORDS or _SENTENCE.search(title) or (title[:1].islower() and len(words) > 2):
        return ""
    return title if any(map(str.isalnum, title)) else ""
