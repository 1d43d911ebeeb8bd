"""The words of the archives for what a record says: activities, languages, formats, durations, identifiers."""

import re
from collections.abc import Sequence
from functools import cache
from typing import Any, Final
from urllib.parse import quote, urlsplit, urlunsplit

import pycountry

from filmscrape.exports.names import web_address
from filmscrape.records import Language, Role

ACTIVITIES: Final[dict[Role, tuple[str, str]]] = {
    "director": ("DirectingActivity", "Director"),
    "producer": ("ProducingActivity", "Producer"),
    "executive_producer": ("ProducingActivity", "ExecutiveProducer"),
    "screenwriter": ("WritingActivity", "Writer"),
    "cinematographer": ("CinematographyActivity", "Cinematographer"),
    "editor": ("EditingActivity", "FilmEditor"),
    "production_designer": ("ProductionDesignActivity", "ProductionDesigner"),
    "art_director": ("ProductionDesignActivity", "ArtDirector"),
    "costume_designer": ("ProductionDesignActivity", "CostumeDesigner"),
    "composer": ("MusicActivity", "Composer"),
    "animator": ("AnimationActivity", "Animator"),
    "narrator": ("CastActivity", "Narrator"),
}
"""Role → class and type of AVefi. Sound is not in here: AVefi asks which work at the sound it was."""

# What no identifier of AVefi may hold.
_REFUSED = re.compile(r"""[\s"'&]""")

# The gauge that a presentation note names, where the note says nothing else: "35mm print", not "35mm and digital".
_GAUGE = re.compile(r"(8|9\.5|16|17\.5|35|70)\s?mm(?: (?:film )?print| film)?", re.IGNORECASE)

# Codes of ISO 639-2 for languages that have none of two letters; all that have one are in ISO 639-2.
_ISO_639_2_ONLY: Final = """
    ace ach ada ady afa afh ain akk ale alg alt ang anp apa arc arn arp art arw ast ath aus awa bad bai
    bal ban bas bat bej bem ber bho bih bik bin bla bnt bra btk bua bug byn cad cai car cau ceb cel chb
    chg chk chm chn cho chp chr chy cmc cnr cop cpe cpf cpp crh crp csb cus dak dar day del den dgr din
    doi dra dsb dua dum dyu efi egy eka elx enm ewo fan fat fil fiu fon frm fro frr frs fur gaa gay gba
    gem gez gil gmh goh gon gor got grb grc gsw gwi hai haw hil him hit hmn hsb hup iba ijo ilo inc ine
    inh ira iro jbo jpr jrb kaa kab kac kam kar kaw kbd kha khi kho kmb kok kos kpe krc krl kro kru kum
    kut lad lah lam lez lol loz lua lui lun luo lus mad mag mai mak man map mas mdf mdr men mga mic min
    mis mkh mnc mni mno moh mos mul mun mus mwl mwr myn myv nah nai nap nds new nia nic niu nog non nqo
    nso nub nwc nym nyn nyo nzi osa ota oto paa pag pal pam pap pau peo phi phn pon pra pro raj rap rar
    roa rom rup sad sah sai sal sam sas sat scn sco sel sem sga sgn shn sid sio sit sla sma smi smj smn
    sms snk sog son srn srr ssa suk sus sux syc syr tai tem ter tet tig tiv tkl tlh tli tmh tog tpi tsi
    tum tup tut tvl tyv udm uga umb und vai vot wak wal war was wen xal yao yap ypk zap zbl zen zgh znd
    zun zxx zza
"""
# What ISO 639-2 knows only as one with its like.
_PART_OF: Final = dict.fromkeys(("cmn", "gan", "hak", "hsn", "nan", "wuu", "yue"), "chi")


def local(identifier: str) -> dict[str, str]:
    """An identifier of ours as AVefi takes it: no blanks, no quotation marks, no ampersand."""
    return {"category": "avefi:LocalResource", "id": _REFUSED.sub(lambda sign: quote(sign[0], safe=""), identifier)}


def named(identifier: str, name: str) -> str:
    """The identifier of a part that only its name tells from the others."""
    return f"{identifier}/{quote(name, safe='')}"


def duration(minutes: int) -> dict[str, str]:
    """A running time in ISO 8601, hours and minutes with two digits: ``PT01H22M00S``."""
    hours, rest = divmod(minutes, 60)
    return {"has_value": f"PT{hours:02}H{rest:02}M00S"}


def web_resources(*urls: str | None) -> list[str]:
    """Addresses that are safe, with the slash that AVefi wants behind the host: ``https://festival.example/?p=1``."""
    parts = [urlsplit(address) for url in urls if (address := web_address(url)) is not None]
    return [urlunsplit(part._replace(path=part.path or "/")) for part in parts]


def formats(notes: Sequence[str]) -> list[dict[str, str]]:
    """The gauges that notes name."""
    found = dict.fromkeys(match[1] for note in notes if (match := _GAUGE.fullmatch(note)))
    return [{"category": "avefi:Film", "type": f"{gauge}mmFilm"} for gauge in found]


def languages(spoken: Sequence[Language], subtitles: Sequence[Language], no_dialogue: bool) -> list[dict[str, Any]]:
    """What is spoken or signed, and what is to be read."""
    found = [_language(language, "SignedLanguage" if _is_signed(language) else "SpokenLanguage") for language in spoken]
    found += [_language(language, "Subtitles") for language in subtitles]
    return [*found, {"usage": ["NoDialogue"]}] if no_dialogue else found


def _language(language: Language, usage: str) -> dict[str, Any]:
    code = _iso_639_2(language.code.split("-")[0]) if language.code else None
    found: dict[str, Any] = {"usage": [usage], **({"code": code} if code else {}), "has_name": language.name}
    return found | ({"has_tag": language.code} if language.code else {})


def _is_signed(language: Language) -> bool:
    return language.code == "sgn" or re.search(r"\bsign(?:ed)?\b", language.name.casefold()) is not None


@cache
def _iso_639_2(code: str) -> str | None:
    """The bibliographic code of three letters (``fre``, not ``fra``); none where ISO 639-2 has none."""
    if len(code) == 3:
        return _PART_OF.get(code) or (code if code in _ISO_639_2_ONLY.split() else None)
    language = pycountry.languages.get(alpha_2=code)
    if language is None or code == "sh":  # Serbo-Croatian was taken out of ISO 639-2
        return None
    return str(getattr(language, "bibliographic", language.alpha_3))
