"""What kind of line a paragraph of a description is: premiere, award, Q&A, sponsor caption, list of shorts.

A festival's description is not all synopsis (section 4.1 of the site's survey): its first and last paragraphs are
often single facts. Each function here takes one tidied line and answers with no context.
"""

import re

_MONTH = r"(?:Jan|Feb|Mar|Apr|May|June?|July?|Aug|Sept?|Oct|Nov|Dec)[a-z]*\.?"
_PREMIERE = re.compile(
    r"(?:(?:[A-Z][\w.’'-]*|of|and|the|&|/) ){1,5}Premi[eè]re!?\Z"
    r"|(?:[A-Z]\w* )?\d{4} (?:Opening|Closing|Centrepiece|Gala)(?: Night)?(?: Gala)?(?: Film| Presentation)?\Z"
    r"|(?:Opening|Closing)(?: Night| Gala){0,2}(?: Film| Presentation)?\Z"
)
_Q_AND_A = re.compile(
    r"Q\s?&\s?As?\b(?! [a-z]+ing\b)"
    rf"|{_MONTH} \d[^:.]{{0,40}}:\s*.*\bQ\s?&\s?A\b"
    rf"|{_MONTH} \d[^:.]{{0,40}}\bQ\s?&\s?As?\b"
)
_AWARD_WORD = re.compile(
    r"\b(?:awards?|awarded|prizes?|prix|palme|bear|lion|leopard|leopards|winner|best|mention|jury|golden|silver|"
    r"caméra d[’']or|oscars?|césars?|baftas?|grand prix|honou?rs?|official selection|nominee|nominations?|"
    r"goya|globe|trophy|medal|distinction)\b",
    re.IGNORECASE,
)
_ENDS_IN_YEAR = re.compile(r"(?:\b|[’'])(?:(?:18|19|20)\d\d(?:[-–/]\d{2,4})?)\)?\Z")
_BY = r"(?: in (?:partnership|collaboration|association))? (?:by|with)"
_KIND = (
    r"(?:series|festival|program(?:me)?|premiere|presenting|major|lead|official|community|media|broadcast|consulate|cultural"
    r"|education(?:al)?|venue|hospitality|industry|film|event|award|gala|screening|supporting|promotional|in-kind|government)"
)
_CAPTION = re.compile(
    r"(?:(?:generously |proudly )?(?:co-?\s?)?"
    rf"(?:presented|supported|sponsored|hosted|curated|programmed|funded|made possible){_BY}"
    r"|in (?:partnership|collaboration|association) with"
    rf"|(?:{_KIND}[ /&-]*){{0,4}}(?:partners?|sponsors?|supporters?|funders?))\s*:?\Z",
    re.IGNORECASE,
)
_CAPTION_WITH_NAME = re.compile(
    rf"((?:co-?\s?)?(?:presented|supported|sponsored){_BY}|(?:{_KIND} ){{1,3}}(?:partners?|sponsors?))\s*:?\s+(.+)\Z",
    re.IGNORECASE,
)
_SHORTS_INTRO = re.compile(
    r"\b(?:includes?|features?|comprises|consists of|contains)\b.{0,20}\bfollowing\b.{0,20}"
    r"\b(?:films|shorts|works|titles)\b.{0,12}:?\s*\Z"
    r"|\bfilms in (?:this|the) program(?:me)?:\s*\Z",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[.!?…][’”\"')]?\Z")
_DASH = re.compile(r"[\s]*[—–-]+\s+(?=\S)")
_PASSED = re.compile(
    r"this (?:event|screening|film) has (?:now )?(?:passed|ended)\.?\Z|(?:event|screening) has passed\.?\Z",
    re.IGNORECASE,
)
_RATING = re.compile(
    r"\d{1,2}\+(?: only)?\Z|(?:all ages|open to youth!?|general audience|pg|pg-1\d|14a|18a|g|r)\Z",
    re.IGNORECASE,
)
_ADVISORY_LABEL = re.compile(r"advisor|warning|content note|trigger|sensitiv|caution", re.IGNORECASE)
_ADVISORY_VALUE = re.compile(
    r"\b(?:violence|violent|abuse|self[- ]harm|suicide|strobe|flashing|nudity|nude|sexual|sex|language|gore|cruelty|"
    r"racism|"
    r"racist|drug|alcohol|drinking|smoking|disturbing|trauma|death|assault|weapons?|gun|blood|homophobia|transphobia|"
    r"residential schools?|mature|explicit|horror|slurs?|coarse|eating disorders?|war|torture|rape)\b",
    re.IGNORECASE,
)
_IMAGE_CREDIT = re.compile(
    r"(image|photo|still|pictured)s?(?: credit| courtesy(?: of)?)?\s*:\s*(\S.*)\Z", re.IGNORECASE
)
_COMPANY = re.compile(
    r"\b(?:films?|productions?|pictures|studios?|studiocanal|entertainment|media|company|gmbh|inc|ltd|llc|distribution|filmproduktion|producciones|cinéma)\b",
    re.IGNORECASE,
)

_ENGLISH = re.compile(r"\b(?:the|of|and|with|from|for|your|our|new|back|beyond|or|home)\b|&", re.IGNORECASE)
_PROGRAMME = re.compile(
    r"\b(?:films?|cinema|movies?|pictures|noir|festival|series|club|studies|salon|week|weekend|month|nights?|day|forum|shorts?"
    r"|program(?:me)?|talks?|live|kids|women|classics?|encores?|special|presentations?|galas?|lights|showcase|spotlight|best"
    r"|hits|academy|awards?|oscars?|music|history|directed|forever|\d0s|\d0th|(?:19|20)\d\d)\b",
    re.IGNORECASE,
)
_FOREIGN = re.compile(
    r"(?:\b(?:l[ae]s?|d(?:es?|er|ie|as|u|i|el|ell[ao]|en|et)|el|los|las|une?|uno|una|il|lo|gli|ein|eine|und|et|y|o|os|da|do|dos|que|"
    r"qui|ce|en|no|na|wa|ga|ni|och|og|ett|av|het|een|van|von|im|am|à|où|ou|por|con|sin|nel|sur|dans|ul|lui|sub|nad|ve|i|az|al|ma)\b"
    r"|\b[ld][’'])",
)


def is_foreign(line: str) -> bool:
    """Whether a title is plainly not English: letters beyond ASCII, or small words of other languages."""
    if is_english(line) or names_programme(line):
        return False
    if any(ch.isalpha() and not ch.isascii() for ch in line):
        return True
    return _FOREIGN.search(line[:1].lower() + line[1:]) is not None


def is_english(line: str) -> bool:
    """Whether a line holds small English words."""
    return _ENGLISH.search(line) is not None


def names_programme(line: str) -> bool:
    """Whether a line holds words that series are named with: ``French Noir``, ``Festival Encores``."""
    return _PROGRAMME.search(line) is not None


def is_premiere(line: str) -> bool:
    """``Canadian Premiere``, ``VIFF 2022 Opening Film``: the whole line, nothing else."""
    return len(line) < 70 and _PREMIERE.match(line) is not None


def is_question_and_answer(line: str) -> bool:
    """``Q&A Sept 30 & Oct 2``, ``Oct 4: Q&A``, ``October 6 & 8: Q&A with director …``."""
    return "Q" in line and len(line) < 200 and _Q_AND_A.match(line) is not None and not _SENTENCE_END.search(line)


def is_award(line: str) -> bool:
    """``Un Certain Regard Award, Cannes 2023``: an award's name, a comma or a bracket, a year; no sentence."""
    return (
        8 < len(line) < 170
        and ("," in line or "(" in line or "–" in line or "-" in line)
        and _ENDS_IN_YEAR.search(line) is not None
        and _AWARD_WORD.search(line) is not None
        and ". " not in line
    )


def is_caption(line: str) -> bool:
    """``Supported by``, ``Series Media Partner``: the caption of a sponsor's logo."""
    return len(line) < 60 and _CAPTION.match(line) is not None


def caption_and_name(line: str) -> tuple[str, str] | None:
    """``Presented by Maison Boréale`` as caption and name, where a short line holds both; prose gives ``None``."""
    if len(line) > 90 or _SENTENCE_END.search(line):
        return None
    found = _CAPTION_WITH_NAME.match(line)
    return (found.group(1), found.group(2)) if found else None


def introduces_shorts(line: str) -> bool:
    """``This short film program includes the following films:``."""
    return len(line) < 120 and _SHORTS_INTRO.search(line) is not None


def is_sentence(line: str) -> bool:
    """Whether a line ends as a sentence does."""
    return _SENTENCE_END.search(line) is not None


def without_dash(line: str) -> str:
    """An attribution without the dash before it: ``— Imogen Hartley``."""
    found = _DASH.match(line)
    return line[found.end() :] if found else line


def has_dash(line: str) -> bool:
    """Whether a line begins with the dash of an attribution."""
    return _DASH.match(line) is not None


def says_passed(line: str) -> bool:
    """``This event has passed``, with or without a full stop."""
    return len(line) < 40 and _PASSED.match(line) is not None


def is_rating(line: str) -> bool:
    """``18+``, ``19+``, ``Open to youth!``."""
    return len(line) < 20 and _RATING.match(line) is not None


def is_advisory_label(label: str) -> bool:
    """Labels of content advisories; the site's own was never captured, so the words decide."""
    return _ADVISORY_LABEL.search(label) is not None


def are_advisories(value: str) -> bool:
    """Whether a value without a known label reads as content advisories: each of its parts names something."""
    return (
        len(value) < 160 and not is_sentence(value) and all(_ADVISORY_VALUE.search(part) for part in value.split(","))
    )


def image_credit(line: str) -> tuple[str, str] | None:
    """``Image: Strawberry Shortcake`` as label and value."""
    found = _IMAGE_CREDIT.match(line) if len(line) < 160 else None
    return (found.group(1), found.group(2)) if found else None


def are_companies(text: str) -> bool:
    """Whether an unlabelled text names production companies: a bare comma list, or a company's word in it.

    Genre terms hold commas too (``Art, Music & Photography``), but then an ampersand closes the list.
    """
    if ", " in text and " & " not in text and " and " not in text:
        return True
    return _COMPANY.search(text) is not None
