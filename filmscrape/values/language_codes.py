"""The tag of a language's name.

Names are looked up exactly, in our own table first and among the reference names of ISO 639-3 after it; nothing is
matched by likeness. (The English index of ``language_data`` is not used: it holds everyday words for other
languages, ``Egyptian`` for the one of the pharaohs and ``Afghani`` for Pashto, retired tags and some that
were never registered, and :func:`langcodes.find` takes any name that begins like a known one.)
"""

import re
from functools import cache, lru_cache
from typing import Final, NamedTuple

from filmscrape.values.fragments import BRACKET, clean_lines, fold
from filmscrape.values.language_names import NAMES

_BRACKETED = re.compile(rf"(.*\S) ?({BRACKET})\Z", re.DOTALL)
_SUFFIX = re.compile(r"(?<!\bsign) (?:language|languages|dialect|dialects)\Z")

# Reference names of ISO 639-3 that pages give to another language, or to several: "Roma" is spoken on Seram,
# "Luri" in Nigeria, "Mali" in Papua New Guinea; "Dong" and "Dai" are Nigerian and Indonesian there, but not in
# a film from China.
_UNSURE: Final = frozenset(
    {"bassa", "batak", "bete", "brunei", "dai", "dong", "kam", "kayan", "kriol", "lolo", "luri", "maa", "makua", "mali"}
    | {"minang", "mongol", "pahari", "roma", "ruthenian", "tai", "vlaams", "yanomami", "yao"}
)
# Shorter reference names (there are 900 of two and three letters) are too easily another word.
_SHORTEST_REFERENCE_NAME: Final = 4

# Where a language is that of a region, its tag is the language's with the region's: "Brazilian Portuguese".
_REGIONAL: Final = {
    "arabic": "ar",
    "cantonese": "yue",
    "dutch": "nl",
    "english": "en",
    "french": "fr",
    "german": "de",
    "italian": "it",
    "korean": "ko",
    "mandarin": "cmn",
    "portuguese": "pt",
    "spanish": "es",
}
_REGIONS: Final = {
    "american": "US",
    "angolan": "AO",
    "argentine": "AR",
    "argentinian": "AR",
    "australian": "AU",
    "austrian": "AT",
    "belgian": "BE",
    "bolivian": "BO",
    "brazil": "BR",
    "brazilian": "BR",
    "british": "GB",
    "canadian": "CA",
    "chilean": "CL",
    "colombian": "CO",
    "cuban": "CU",
    "dominican": "DO",
    "ecuadorian": "EC",
    "hong kong": "HK",
    "indian": "IN",
    "irish": "IE",
    "jamaican": "JM",
    "latin america": "419",
    "latin american": "419",
    "malaysian": "MY",
    "mexican": "MX",
    "mozambican": "MZ",
    "new zealand": "NZ",
    "nigerian": "NG",
    "north korean": "KP",
    "peninsular": "ES",
    "peruvian": "PE",
    "portugal": "PT",
    "puerto rican": "PR",
    "quebec": "CA",
    "quebecois": "CA",
    "saudi": "SA",
    "singaporean": "SG",
    "south african": "ZA",
    "swiss": "CH",
    "taiwanese": "TW",
    "uruguayan": "UY",
    "venezuelan": "VE",
}
# Macrolanguages and families that pages name together with one of their members: "Kurdish (Sorani)".
_MEMBERS: Final = {
    group: frozenset(members.split())
    for group, members in {
        "ar": "acm aeb afb apc apd arb arq ary arz ayl mey shu",
        "ber": "kab rif shi shy taq tmh tzm zgh",
        "bo": "adx khg",
        "cr": "crj crk crl crm csw cwd",
        "den": "scs xsl",
        "fa": "haz pes prs",
        "ff": "fuc fuf",
        "gn": "gug gun kgk nhd",
        "hai": "hax hdn",
        "iu": "ike ikt",
        "ku": "ckb kmr sdh",
        "myn": "cak ctu ixl kek mam quc toj tzh tzj tzo yua",
        "no": "nb nn",
        "oj": "ciw ojs ojw otw",
        "sh": "bs cnr hr sr",
        "smi": "se sma smj smn sms",
        "ypk": "ems ess esu",
        "zh": "cdo cmn gan hak hnm hsn lzh nan wuu yue zh-Hans zh-Hant",
    }.items()
}
_EUROPEAN: Final = {"european portuguese": "pt-PT", "european spanish": "es-ES"}


class LanguageName(NamedTuple):
    """A language: the name as the page says, and its BCP 47 tag or None."""

    name: str
    code: str | None


@lru_cache(maxsize=4096)
def language_code(name: str) -> str | None:
    """The shortest BCP 47 tag for a language's name, or None where the name is unknown or could mean several.

    Case, diacritics and the kind of apostrophe make no difference. A bracket may hold another name of the same
    language or say which of its kinds is meant: both parts are looked up.

    >>> language_code("Kanien’kéha (Mohawk)"), language_code("Chinese (Cantonese)"), language_code("Syrian")
    ('moh', 'yue', None)
    """
    name = " ".join(clean_lines(name))
    bracketed = _BRACKETED.match(name)
    if bracketed is None:
        return _exact(fold(name))
    head, content = bracketed[1], bracketed[2][1:-1].strip()
    if joined := with_bracket(LanguageName(head, language_code(head)), content):
        return joined.code
    return None if language_code(content) else language_code(head)


def with_bracket(head: LanguageName, content: str) -> LanguageName | None:
    """The name together with a bracket behind it, if the bracket names the same language or one of its kinds."""
    whole = f"{head.name} ({content})"
    if not content:
        return None
    other = language_code(content)
    if code := _exact(fold(f"{content} {head.name}")):
        return LanguageName(whole, code)
    if other is None:
        return None
    if head.code is None or head.code == other:
        return LanguageName(whole, other)
    code = _narrower(head.code, other)
    return LanguageName(whole, code) if code else None


def is_common(name: str) -> bool:
    """Whether our own table has the name: not only some reference name that may also be a film's title."""
    return fold(name) in _own_names()


def is_signed(name: LanguageName) -> bool:
    """Whether it is a signed language."""
    return "sign" in fold(name.name).split() or "Sign" in NAMES.get(name.code or "", "")


def _exact(key: str) -> str | None:
    """The tag under a folded name."""
    own = _own_names()
    if code := own.get(key):
        return code
    adjective, _, language = key.rpartition(" ")
    if language in _REGIONAL and adjective in _REGIONS:
        return f"{_REGIONAL[language]}-{_REGIONS[adjective]}"
    if len(key) < _SHORTEST_REFERENCE_NAME or key in _UNSURE or not key:
        return None
    if code := _reference_names().get(key):
        return code
    shorter = _SUFFIX.sub("", key)
    return own.get(shorter) if shorter != key else None


@cache
def _own_names() -> dict[str, str]:
    names = {fold(name): tag for tag, line in NAMES.items() for name in line.split(";")}
    return names | _EUROPEAN


@cache
def _reference_names() -> dict[str, str]:
    """ISO 639-3's reference names; loaded (30 ms) when the first name comes that our own table lacks."""
    import pycountry

    names: dict[str, str] = {}
    doubled = set()
    for language in pycountry.languages:
        if language.type == "S":  # "Undetermined", "Multiple languages", …
            continue
        key = fold(language.name)
        if key in names:
            doubled.add(key)
        names[key] = getattr(language, "alpha_2", language.alpha_3)
    for key in doubled:
        del names[key]
    return names


def _narrower(one: str, other: str) -> str | None:
    """Of the tag of a group of languages and that of one of them, the latter; None if they are not such a pair."""
    for group, member in ((one, other), (other, one)):
        if member in _MEMBERS.get(group, ()) or (group == "sgn" and "Sign" in NAMES.get(member, "")):
            return member
    return None
