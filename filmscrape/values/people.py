"""People: the names in one value, actors with their parts, the role that a credit's label stands for."""

import re
from collections.abc import Iterator
from functools import lru_cache

from filmscrape.values.fragments import BRACKET, clean_lines, fold

_NO_WORD_BESIDE = (r"(?<![^\s,;/|&)\]])", r"(?![^\s,;/|&(\[])")
# A separating word touches no other word. A bracket is one token, so that nothing inside it separates. `et` and a
# lone `+` join like `and`.
_TOKEN = re.compile(
    rf"(?P<bracket>{BRACKET})"
    rf"|(?P<list>[,;/|•，、；／،؛]|{_NO_WORD_BESIDE[0]}(?:·|as well as|[wW]ith|WITH|feat\.?|ft\.?|[fF]eaturing"
    rf"|[sS]tarring|[iI]ntroducing|plus){_NO_WORD_BESIDE[1]})"
    rf"|(?P<joint>[&＆]|{_NO_WORD_BESIDE[0]}(?:[aA][nN][dD]|et|\+){_NO_WORD_BESIDE[1]})"
)
_ANY_BRACKET = re.compile(rf"{BRACKET}|[()\[\]]")
_TRAILING_BRACKET = re.compile(rf"\s*({BRACKET})[\s.*]*\Z")
_OPENING_WORDS = re.compile(r"\A(?:(?:directed by|dir\.|by)(?: *:)?(?: +|\Z))+", re.IGNORECASE)
_CLOSING_WORDS = re.compile(r"[\s,]+(?:among(?:st)? (?:many )?others|et\.? al\.?)\Z", re.IGNORECASE)
# Letters only, no mark at an end and none of the words above: nothing to take off.
_SIMPLE = re.compile(
    r"(?!(?:by|dir|directed)\b)[^\W\d_](?:[^\W\d_]|[ '’.-])*[^\W\d_](?<! others)(?<! al)\Z", re.IGNORECASE
)
_EDGE = " \t,:*†‡=_~-–—…\u200b\u200e\u200f\u2060"
_SENTENCE_STOP = re.compile(r"[^\W\d_]{4,}\.\Z")
# A part with more of these is prose, and then the whole value is.
_MOST_WORDS = 8
_MOST_SMALL_WORDS = 3  # particles aside
_MOST_CHARACTERS = 200  # brackets included

_NOBODY = re.compile(
    r"(?:(?:various|multiple|several|numerous|assorted|diverse|divers|diverses|plusieurs|misc\.?)"
    r"(?: (?:directors?|film-?\s?makers?|artists?|producers?|writers?|speakers?|guests?|people|names"
    r"|creators?|others|réalisateurs?|réalisatrices?|cinéastes?|artistes))?"
    r"|t\.?b\.?[acd]\.?|to be (?:announced|confirmed|determined)|n\.?/?a\.?|none|unknown|see below)\Z",
    re.IGNORECASE,
)
_AND_OTHERS = re.compile(
    r"(?:(?:many|some|several|all|the|its|their) )*(?:[oO]thers?|more|al|etc|friends|guests|autres)\.?\Z"
)
# Behind a comma these belong to the name before it: generations, degrees, honours, and the guilds of
# cinematographers, editors and producers; in capitals, since in small letters some are a whole name.
_SUFFIXES = frozenset(
    [
        "Jr", "jr", "JR", "Jnr", "Sr", "sr", "SR", "Snr", "Esq", "II", "III", "IV",
        "PhD", "PHD", "MD", "MA", "BA", "MFA", "JD", "DDS", "RN",
        "OBE", "MBE", "CBE", "KBE", "DBE", "OC", "OM", "CM",
        "CSC", "ASC", "BSC", "ACS", "AFC", "AIC", "BVK", "DFF", "FSF", "HKSC", "ISC", "JSC", "NSC", "SASC",
        "SBC", "ACE", "CCE", "CAS", "MPSE", "ADG", "DGA", "DGC", "WGA", "WGC", "PGA", "pga",
    ]
)  # fmt: skip
_COMPANY_TAIL = frozenset(["co", "co.", "company", "sons", "daughters", "associates"])
_PARTICLES = frozenset(
    [
        "af", "al", "ap", "av", "ben", "bin", "binti", "da", "dal", "dalla", "das", "de", "degli", "dei",
        "del", "della", "den", "der", "di", "do", "dos", "du", "el", "ibn", "la", "las", "le", "les", "lo",
        "los", "mac", "mc", "ní", "st", "st.", "ten", "ter", "van", "vel", "von", "y", "zu", "zum", "zur",
    ]
)  # fmt: skip
_ARTICLES = frozenset(["the", "los", "las", "die", "das", "der"])
_GIVEN_NAME = re.compile(r"[^\W\d_]+(?:['’.-][^\W\d_]+)*\.?\Z")


@lru_cache(maxsize=8192)
def split_names(text: str) -> tuple[str, ...]:
    """Read the people in one value, in page order.

    Names part at ``,`` ``;`` ``/`` ``&``, at `` and `` and `` et ``, at line breaks and at a lone ``|`` ``+``
    ``•``; ``with``, ``featuring``, ``starring`` and ``introducing`` part names too and are dropped. A bracket
    behind a name (the film's name on a page of two films) is dropped, one inside a name (``Robert (Bob)
    Smith``) stays.

    A single word before ``and`` or ``&`` takes the surname of the name behind it, particles included
    (``Vittorio and Paolo De Sica``), but only where that surname is certain: between the given name and the
    surname stand initials at most. ``Luis and Jorge García Berlanga`` leaves ``Luis`` as printed. A single
    word before a comma never takes a surname. Two limits follow, since no page marks them: a mononym before
    ``and`` takes a surname that is not its own (``Cher and Sonny Bono``), and a band or collective with ``&``
    or ``and`` in its name is parted (``Belle and Sebastian``); ``& Co.`` and ``& Sons`` stay.

    ``Various`` (directors, artists …), ``TBA`` and the like are nobody; ``and others`` and ``et al.`` are
    dropped. A value with a part of more than eight words, or of more than three in small letters, is prose:
    nothing is read from it.

    :returns: tidy names without repeats; empty where the text names nobody or cannot be read.
    """
    names: dict[str, str] = {}
    for name, _ in _read(text, as_cast=False):
        names.setdefault(name.casefold(), name)
    return tuple(names.values())


@lru_cache(maxsize=4096)
def cast_members(text: str) -> tuple[tuple[str, str | None], ...]:
    """Read the actors in one value and the part that each plays, in billing order.

    Parted like :func:`split_names`; a bracket or ``as …`` behind an actor is the part (``Grace Dove (Aline
    Spears)``). ``(voice)``, ``(uncredited)``, ``(archive footage)`` and years say how somebody appears: no
    part and not in the name; ``(voice of Otto)`` is the part ``Otto``. ``(herself)`` stands where a part
    stands and is kept. ``as Jekyll and Hyde`` and ``as Peter/Spider-Man`` are one part: behind ``as`` a slash
    does not separate, and ``and`` with a single word behind it does not either.
    """
    found: dict[str, tuple[str, str | None]] = {}
    for name, character in _read(text, as_cast=True):
        known = found.get(name.casefold())
        if known is None or (known[1] is None and character):
            found[name.casefold()] = (name if known is None else known[0], character)
    return tuple(found.values())


def is_nobody(text: str) -> bool:
    """Whether a value says that nobody is named: ``Various``, ``Various directors``, ``TBA``, ``N/A``."""
    return _NOBODY.match(text.strip()) is not None


def is_suffix(text: str) -> bool:
    """Whether a part between commas belongs to the name before it: ``Jr.``, ``III``, ``PhD``, ``CSC``."""
    return text.replace(".", "") in _SUFFIXES


def _read(text: str, as_cast: bool) -> list[tuple[str, str | None]]:
    """Read names with what stands behind them; surnames shared, suffixes attached, nobody left out."""
    text = " ; ".join(clean_lines(text))
    if is_nobody(text):
        return []
    people: list[tuple[bool, str, str | None]] = []  # joined to the name before it?, name, character
    for joined, name, character in _settled(text, as_cast):
        if is_nobody(name) or _AND_OTHERS.match(name):
            continue
        if _is_prose(name):
            return []
        if people and is_suffix(name):
            before = people.pop()
            people.append((before[0], f"{before[1]}, {name}", before[2] or character))
        elif people and joined and name.casefold() in _COMPANY_TAIL:
            before = people.pop()
            people.append((before[0], f"{before[1]} & {name}", before[2] or character))
        else:
            people.append((joined, name, character))
    return _with_surnames(people)


def _settled(text: str, as_cast: bool) -> Iterator[tuple[bool, str, str | None]]:
    """Cut and trim until nothing changes: a mark that is trimmed may have hidden a separating word (`*and`)."""
    waiting: list[tuple[bool, str, str | None]] = [(False, text, None)]
    while waiting:
        joined, piece, known = waiting.pop()
        simple = piece[:1].isalpha() and _SIMPLE.match(piece) and not _TOKEN.search(piece)
        if simple and not (as_cast and " as " in piece):
            yield joined, piece, known
            continue
        pieces = _pieces(piece, as_cast)
        if pieces != [(False, piece)]:
            parts = [(inner or (joined and not i), part, known) for i, (inner, part) in enumerate(pieces)]
            waiting += parts[::-1]
            continue
        if len(piece) > _MOST_CHARACTERS:
            yield joined, piece, known
            continue
        name, character = _name_and_character(piece, as_cast)
        if name == piece:
            yield joined, name, known or character
        elif name:
            waiting.append((joined, name, known or character))


def _is_prose(name: str) -> bool:
    words = name.split()
    if len(words) <= _MOST_SMALL_WORDS:
        return len(name) > _MOST_CHARACTERS
    small = sum(1 for word in words if word[0].islower() and word not in _PARTICLES)
    return len(words) > _MOST_WORDS or small > _MOST_SMALL_WORDS or len(name) > _MOST_CHARACTERS


def _pieces(text: str, as_cast: bool) -> list[tuple[bool, str]]:
    """Cut a value at its separators; ``True`` where only ``and`` or ``&`` stands before a piece."""
    stretches: list[tuple[bool, int, int]] = []
    start, joined = 0, False
    for token in _TOKEN.finditer(text):
        if token.lastgroup == "bracket":
            continue
        if text[start : token.start()].strip():
            stretches.append((joined, start, token.start()))
            joined = True
        joined = joined and token.lastgroup == "joint"
        start = token.end()
    if text[start:].strip():
        stretches.append((joined, start, len(text)))
    if as_cast:
        stretches = _whole_parts(text, stretches)
    return [(joined, text[begin:end].strip()) for joined, begin, end in stretches]


def _whole_parts(text: str, stretches: list[tuple[bool, int, int]]) -> list[tuple[bool, int, int]]:
    """Put together what a separator inside the part behind ``as`` took apart: ``as Peter/Spider-Man``."""
    whole: list[tuple[bool, int, int]] = []
    for joined, start, end in stretches:
        words = text[start:end].split()
        if whole and " as " in text[whole[-1][1] : whole[-1][2]] and "as" not in words and "(" not in text[start:end]:
            separator = text[whole[-1][2] : start].strip()
            single = len(words) == 1 and not _AND_OTHERS.match(words[0])
            if separator == "/" or (single and (joined or separator == "with")):
                whole[-1] = (whole[-1][0], whole[-1][1], end)
                continue
        whole.append((joined, start, end))
    return whole


def _name_and_character(piece: str, as_cast: bool) -> tuple[str, str | None]:
    """Part a name from the brackets behind it, and from the part played (asked for actors only)."""
    character = None
    while piece.endswith((")", "]", ".", "*")) and (bracket := _TRAILING_BRACKET.search(piece)):
        inside = bracket.group(1)[1:-1]
        before = piece[: bracket.start()]
        if not before.strip(_EDGE):
            piece = inside
            continue
        if as_cast:
            character = _character(inside) or character
        piece = before
    if as_cast and " as " in piece:
        piece, _, played = piece.partition(" as ")
        character = _character(played) or character
    name = _bare(piece)
    return (name if any(map(str.isalpha, name)) else ""), character


def _bare(piece: str) -> str:
    """Take off marks at the ends, a sentence's full stop and the words that introduce or close a list."""
    if _SIMPLE.match(piece):
        return piece
    name = ""
    while name != piece:
        name, piece = (
            piece,
            _OPENING_WORDS.sub("", _closed(_CLOSING_WORDS.sub("", piece)).strip(_EDGE)),
        )
        if piece.endswith(".") and _SENTENCE_STOP.search(piece):
            piece = piece[:-1]
    return name


def _closed(piece: str) -> str:
    """Cut a bracket that is never closed, drop a closing one that was never opened."""
    for bracket in _ANY_BRACKET.finditer(piece):
        if len(bracket[0]) == 1:
            head, tail = piece[: bracket.start()], piece[bracket.end() :]
            if bracket[0] in "([" and head.strip(_EDGE):
                return head.strip()
            return _closed(" ".join(f"{head} {tail}".split()))
    return piece


_HOW_NOT_WHO = re.compile(
    r"(?:as |the )?(?:voices?|voice[- ]?overs?|v\.?o\.?|voix|voiced|voice only|uncredited|credit only|cameo"
    r"|deceased|(?:special|guest) appearance|guest(?: star)?"
    r"|archiv(?:e|al)s?(?: (?:footage|material|images?))?|in person|(?:18|19|20)\d\d)\Z",
    re.IGNORECASE,
)
_VOICE_OF = re.compile(r"\A(?:voice[sd]?(?: (?:of|by))? *:? +|voix de +|as +)(?=\S)", re.IGNORECASE)
_WITH_VOICE = re.compile(r"[\s,;/–-]+[(\[]?(?:voice|voix|v\.o\.|uncredited)[)\]]?\Z", re.IGNORECASE)


def _character(inside: str) -> str | None:
    """Read the part that a bracket or the words behind ``as`` name."""
    character = ""
    while character != inside:
        character = inside
        inside = _WITH_VOICE.sub("", _VOICE_OF.sub("", inside.strip(_EDGE)))
        inside = _closed(inside).strip(_EDGE)
        if _HOW_NOT_WHO.match(inside):
            return None
    return character if any(map(str.isalnum, character)) else None


def _with_surnames(people: list[tuple[bool, str, str | None]]) -> list[tuple[str, str | None]]:
    """Lend a surname to each single word that ``and`` or ``&`` joins to the full name behind it."""
    if len(people) < 2:
        return [(name, character) for _, name, character in people]
    found: list[tuple[str, str | None]] = []
    behind, joined = "", False
    for joined_to_before, name, character in reversed(people):
        if joined and _GIVEN_NAME.match(name) and " " not in name:
            surname = _surname(behind)
            if surname and (not name.isupper() or surname.isupper()):
                name = f"{name} {surname}"
        found.append((name, character))
        behind, joined = name, joined_to_before
    found.reverse()
    return found


def _surname(name: str) -> str | None:
    """Find the surname of a full name where it is certain, with its particles; ``None`` otherwise."""
    words = [word for word in name.replace(",", " ").split() if not is_suffix(word)]
    if len(words) < 2 or words[0].islower() or words[0].casefold() in _ARTICLES:
        return None
    if len(words[-1]) < 2 or not _GIVEN_NAME.match(words[-1]) or words[-1][0].islower():
        return None
    first = len(words) - 1
    while first > 1 and words[first - 1].casefold() in _PARTICLES:
        first -= 1
    if first > 1 and words[first] == "y":
        first -= 1
    if any(len(word.rstrip(".")) > 1 for word in words[1:first]):
        return None
    return " ".join(words[first:])


# Labels as `_key` writes them: folded, singular, without `by`. A label that is known but has no role of its own stands
# under `other`, so that it does not spoil a compound (`Story & Screenplay`).
_LABELS = {
    "director": """
        director; dir; directed; co director; codirector; direction; a film; realisation;
        realisateur; realisatrice; realise; mise en scene; regie; filmmaker; film maker
    """,
    "producer": "producer; produced; prod; producteur; productrice; produit",
    "executive_producer": """
        executive producer; exec producer; exec prod; ep; executive produced; producteur
        executif; productrice executive; executive production; production executive
    """,
    "screenwriter": """
        screenwriter; screen writer; screenplay; screen play; writer; written; writing; script;
        scriptwriter; script writer; scenario; scenariste; co writer; cowriter; co screenwriter;
        co written; scenarist; screenwriting; drehbuch
    """,
    "cinematographer": """
        cinematography; cinematographer; director of photography; director photography; dop; dp;
        photography; photographed; camera; cinematographe; directeur de la photographie;
        directrice de la photographie; directeur photo; directrice photo; direction photo;
        direction de la photographie; photographie; lensed; co cinematographer; directeur de
        photographie; directrice de photographie; kamera
    """,
    "editor": """
        editor; editing; edited; film editor; picture editor; film editing; picture editing;
        edit; montage; monteur; monteuse; co editor; monte; schnitt; montage image
    """,
    "production_designer": """
        production design; production designer; production designed; conception de production;
        concepteur de production; chef decorateur; cheffe decoratrice; chef decoratrice; decor
    """,
    "art_director": """
        art director; art direction; art directed; direction artistique; directeur artistique;
        directrice artistique
    """,
    "costume_designer": """
        costume design; costume designer; costume; costume designed; createur de costume;
        creatrice de costume; conception de costume
    """,
    "composer": """
        composer; original music; music; music composer; music composed; composed; score;
        original score; film score; musical score; score composer; original music composer;
        musique; musique originale; compositeur; compositrice; musik; co composer; original score
        composer
    """,
    "sound": """
        sound; sound design; sound designer; sound designed; sound recordist; sound recording;
        sound recorded; sound mix; sound mixer; sound mixing; sound editor; sound editing;
        supervising sound editor; production sound; production sound mixer; location sound;
        location sound recordist; location sound mixer; re recording mixer; rerecording mixer;
        mixing; mixer; mix; sound re recording mixer; son; prise de son; conception sonore;
        concepteur sonore; conceptrice sonore; montage son; montage sonore; mixage; mixage sonore;
        preneur de son; preneuse de son; ton
    """,
    "animator": """
        animation; animator; animated; lead animator; animateur; animatrice; key animator;
        character animator; animation artist; character animation; lead animation; 2d animation;
        3d animation; stop motion animation; stop motion animator
    """,
    "narrator": "narrator; narration; narrated; narrateur; narratrice; narre",
    "speaker": """
        guest; guest speaker; special guest; speaker; keynote speaker; keynote; moderator;
        moderated; panelist; panellist; panel; host; hosted; co host; presenter; lecturer;
        lecture; instructor; interviewer; facilitator; facilitated; in conversation with;
        introduced; introduction; invite; invitee; conferencier; conferenciere; moderateur;
        moderatrice; q a host; q a moderator; guest lecturer; guest moderator; guest host
    """,
    "other": """
        story; story editor; original story; based on; casting; adaptation; adapted; dialogue;
        dialogues; idea; concept; creator; created; co producer; associate producer; line
        producer; colourist; colorist; performer; subtitle
    """,
}
_IN_BRACKETS = re.compile(r"[(\[][^()\[\]]*[)\]]?")
_NOT_WORD = re.compile(r"[\W_]+")
_COMPOUND = re.compile(r"[/&,;+|–—]|\b(?:and|et)\b", re.IGNORECASE)


def _key(label: str) -> str:
    """A label without case, accents, marks, plural and a closing ``by``."""
    words = [
        word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
        for word in _NOT_WORD.sub(" ", fold(label)).split()
    ]
    while len(words) > 1 and words[-1] in ("by", "par"):
        words.pop()
    return " ".join(words)


_ROLE_OF = {_key(label): role for role, labels in _LABELS.items() for label in labels.split(";")}


@lru_cache(maxsize=2048)
def role_of(label: str) -> str:
    """Give the contract's role for the label of a credit, ``other`` for a label outside its list.

    Case, plural, abbreviations and a closing colon do not matter; French labels are known too. A compound
    label (``Writer/Director``) has the role ``director`` where it names one, else its first; every piece of a
    compound must be a known label (``Director, Museum of Glass`` is no credit for directing).

    A co-director directs and a co-writer writes, but co-, associate, line and supervising producers are
    credits of their own, which the contract does not list: ``other``. So are ``Story`` and ``Production`` (a
    company as a rule).
    """
    text = _IN_BRACKETS.sub("", label)
    role = _ROLE_OF.get(_key(text))
    if role is None and _COMPOUND.search(text):
        role = _compound_role(_COMPOUND.split(text))
    if role is None and "-" in text:
        role = _compound_role(text.split("-"))
    return role or "other"


def _compound_role(pieces: list[str]) -> str | None:
    """Give the role of a label in pieces; ``None`` where one of them is unknown."""
    roles = [_ROLE_OF.get(key) for key in map(_key, pieces) if key]
    if None in roles:
        return None
    known = [role for role in roles if role != "other"]
    return "director" if "director" in known else next(iter(known), None)
