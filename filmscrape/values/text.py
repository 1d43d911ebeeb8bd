"""Text as the contract wants it: Unicode NFC, entities decoded, spaces collapsed, no control characters."""

import html
import re
import unicodedata

# C0 and C1 controls but for tab and line feed; bidi overrides, embeddings and isolates (they can disguise text);
# the byte order mark; lone surrogates, which UTF-8 cannot carry; noncharacters. Other format characters are the
# page's own: Persian and Indic words need the joiners, a zero-width space may part words.
_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff\ufffe\uffff]")
_BREAKS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_ENTITY = re.compile(r"&(?:#\d+|#[xX][0-9a-fA-F]+|[A-Za-z][A-Za-z0-9]*);")
_MARKUP = re.compile(r"<!--.*?-->|</?[A-Za-z][^<>]*>", re.DOTALL)
_PLAIN = re.compile(r"[ -%'-;=?-~]*\Z")  # ASCII that needs no care: no controls, no `&`, no `<` and no `>`


def unescape(text: str) -> str:
    """Decode entities, also those that a site encoded more than once (``&amp;#8217;``).

    Only whole entities count (``AT&T`` and ``R&B`` stay); at most three rounds: two is what a page was seen to need.
    """
    for _ in range(3):
        if not _ENTITY.search(text):
            break
        text = html.unescape(text)
    return text


def fit(text: str) -> str:
    """One line of text to know labels by: entities decoded, no sign that no value may hold, blanks as they stand."""
    if "&" in text:
        text = unescape(text)
    if text.isprintable():
        return text
    return _UNWANTED.sub("", _BREAKS.sub("\n", text)).replace("\n", " ")


def tidy(text: str) -> str:
    """One line of clean text: entities decoded, NFC, no control character, each run of white space one space."""
    text = fit(text)
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    return " ".join(text.split())


def tidy_lines(text: str) -> list[str]:
    """The non-empty lines of a text, each tidied."""
    return [line for line in map(tidy, _BREAKS.sub("\n", text).split("\n")) if line]


def plain(text: str) -> str:
    """Clean one line of text that may still hold entities or markup (attribute values, API strings)."""
    if _PLAIN.match(text):
        return " ".join(text.split())
    text = unescape(text)
    return tidy(_MARKUP.sub(" ", text) if "<" in text else text)
