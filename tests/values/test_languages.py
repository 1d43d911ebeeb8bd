"""Language lines, and the tags of languages' names."""

import re
import subprocess
import sys

import pycountry
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from filmscrape.records import Language, Line
from filmscrape.values.fragments import fold
from filmscrape.values.language_names import NAMES
from filmscrape.values.languages import LanguageLine, LanguageName, language_code, read_language_line

LINE: TypeAdapter[str] = TypeAdapter(Line)
EMPTY = LanguageLine((), (), False, ())
# Pieces that language lines are made of, so that garbage comes near to real values.
PIECES = st.sampled_from(
    [
        "English", "Greek", "Kanien’kéha", "hən̓q̓əmin̓əm̓", "Sḵwx̱wú7mesh", "Wolof", "Foo", "Sign Language", "ASL",
        "Eng.",
        "Plains Cree", "Innu-aimun", "Greek-Arabic", "(Mohawk)", "(dubbed)", "(The Film)", "(Wolof, Arabic)", "lao",
        "In", "in", "with", "w/", "w/o", "no", "almost", "some", "subtitles", "subtitled", "captions", "dubbed",
        "audio", "dialogue", "silent", "Various", "more", "languages", "the", "original", "version", "including", "N/A",
        "19+", "+", ",", ", ", " and ", " & ", "/", " / ", ";", ":", ": ", " - ", ".", "…", "!", "?", "'", '"', "(",
        ")", "[", "]", "\n", "\r\n", "\u00a0", "\u200b", "\u202e", "\x00", "<p>", "</p>", "<br>", "&amp;", "&lt;",
        "<", ">",
        " ",
    ]
)  # fmt: skip
GARBAGE = st.lists(PIECES | st.text(max_size=4), max_size=14).map("".join) | st.lists(PIECES, max_size=12).map(" ".join)


def names(*printed: str) -> tuple[LanguageName, ...]:
    """``"Greek=el"`` is a name and its code, ``"Elvish="`` a name without one."""
    pairs = (text.rpartition("=") for text in printed)
    return tuple(LanguageName(name, code or None) for name, _, code in pairs)


@pytest.mark.parametrize(
    ("text", "languages", "subtitles"),
    [
        ("Greek", ["Greek=el"], []),
        ("In Greek", ["Greek=el"], []),
        ("Greek with English subtitles", ["Greek=el"], ["English=en"]),
        ("In Greek with English subtitles", ["Greek=el"], ["English=en"]),
        ("In Greek with English subtitle", ["Greek=el"], ["English=en"]),
        ("IN GREEK WITH ENGLISH SUBTITLES", ["GREEK=el"], ["ENGLISH=en"]),
        ("in greek with english subs.", ["greek=el"], ["english=en"]),
        ("In Greek, Thai and Wolof with English subtitles", ["Greek=el", "Thai=th", "Wolof=wo"], ["English=en"]),
        ("In Greek, Thai, and Wolof with English subtitles", ["Greek=el", "Thai=th", "Wolof=wo"], ["English=en"]),
        ("In Greek, Thai with English subtitles", ["Greek=el", "Thai=th"], ["English=en"]),
        ("In Greek & Thai w/ English subs", ["Greek=el", "Thai=th"], ["English=en"]),
        ("In Greek w/English captions", ["Greek=el"], ["English=en"]),
        ("Greek/Thai/Wolof", ["Greek=el", "Thai=th", "Wolof=wo"], []),
        ("Greek; Thai • Wolof | Arabic + Hindi", ["Greek=el", "Thai=th", "Wolof=wo", "Arabic=ar", "Hindi=hi"], []),
        ("Greek-Arabic", ["Greek=el", "Arabic=ar"], []),
        ("In Thai with Greek and Arabic subtitles", ["Thai=th"], ["Greek=el", "Arabic=ar"]),
        ("In Thai with Greek, Arabic subtitles", ["Thai=th"], ["Greek=el", "Arabic=ar"]),
        ("In Thai with Greek / Arabic subtitles", ["Thai=th"], ["Greek=el", "Arabic=ar"]),
        ("In Hakka with simplified Chinese subtitles", ["Hakka=hak"], ["simplified Chinese=zh-Hans"]),
        ("Thai, English subtitles", ["Thai=th"], ["English=en"]),
        ("Thai / English subtitles", ["Thai=th"], ["English=en"]),
        ("Thai – English subtitles", ["Thai=th"], ["English=en"]),
        ("Thai; English Subtitles", ["Thai=th"], ["English=en"]),
        ("Thai (English subtitles)", ["Thai=th"], ["English=en"]),
        ("Thai (with English subtitles)", ["Thai=th"], ["English=en"]),
        ("Thai [English subtitles]", ["Thai=th"], ["English=en"]),
        ("Thai with subtitles (English)", ["Thai=th"], ["English=en"]),
        ("English and Thai subtitles", [], ["English=en", "Thai=th"]),
        ("In Thai and English subtitles", ["Thai=th"], ["English=en"]),
        ("Thai subtitled in English", ["Thai=th"], ["English=en"]),
        ("Subtitles available in English and Thai", [], ["English=en", "Thai=th"]),
        ("Audio: Thai Subtitles: English", ["Thai=th"], ["English=en"]),
        ("Languages: Thai, Lao | Captions: English", ["Thai=th", "Lao=lo"], ["English=en"]),
        ("Sung in Latin, with English and Thai surtitles", ["Latin=la"], ["English=en", "Thai=th"]),
        ("In the original Thai with English subtitles where needed", ["Thai=th"], ["English=en"]),
        ("English with Lao subtitles / Thai with English subs", ["English=en", "Thai=th"], ["Lao=lo", "English=en"]),
        ("Thai & Lao (with English subtitles for Lao)", ["Thai=th", "Lao=lo"], ["English=en"]),
        ("English with English subtitles for the deaf and hard of hearing", ["English=en"], ["English=en"]),
        ("with English captions", [], ["English=en"]),
    ],
)  # fmt: skip
def test_spoken_and_subtitled(text: str, languages: list[str], subtitles: list[str]) -> None:
    assert read_language_line(text) == LanguageLine(names(*languages), names(*subtitles), False, ())


@pytest.mark.parametrize(
    ("text", "languages"),
    [
        ("English with open captions", ["English=en"]),
        ("English (closed captioned)", ["English=en"]),
        ("English, Open Captioned", ["English=en"]),
        ("English and Thai, no subtitles", ["English=en", "Thai=th"]),
        ("Thai without subtitles", ["Thai=th"]),
        ("Thai w/o English subtitles", ["Thai=th"]),
        ("In Thai, partially subtitled", ["Thai=th"]),
        ("English, some Thai", ["English=en", "Thai=th"]),
        ("English with some Thai and a little Lao", ["English=en", "Thai=th", "Lao=lo"]),
        ("Mostly English (some Thai)", ["English=en", "Thai=th"]),
        ("English, partially in Thai", ["English=en", "Thai=th"]),
        ("English with Thai dialogue", ["English=en", "Thai=th"]),
        ("Thai with English narration", ["Thai=th", "English=en"]),
        ("dubbed in English", ["English=en"]),
        ("English-dubbed version", ["English=en"]),
        ("Thai, dubbed into English", ["Thai=th", "English=en"]),
        ("In English (dubbed) and Thai", ["English=en", "Thai=th"]),
        ("Thai-language film", ["Thai=th"]),
        ("English and ASL", ["English=en", "ASL=ase"]),
        ("English with ASL interpretation", ["English=en", "ASL=ase"]),
        ("Thai, Thai Sign Language", ["Thai=th", "Thai Sign Language=tsq"]),
        ("Bilingual (English/Thai)", ["English=en", "Thai=th"]),
        ("Multiple, including Thai and Lao", ["Thai=th", "Lao=lo"]),
        ("English and others", ["English=en"]),
        ("English and various Indigenous languages", ["English=en"]),
        ("English (TBC)", ["English=en"]),
        ('"English"', ["English=en"]),
        ("English, Elvish", ["English=en", "Elvish="]),
        ("日本語", ["日本語="]),
        ("English, Thai, English", ["English=en", "Thai=th"]),
    ],
)
def test_what_is_spoken(text: str, languages: list[str]) -> None:
    assert read_language_line(text) == LanguageLine(names(*languages), (), False, ())


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "-", "Various", "various languages", "Multilingual", "In multiple languages", "TBA", "N/A", "n / a",
        "None", "open captions", "Subtitled", "original version with subtitles", "No subtitles", "dubbed",
        "Minimal dialogue",
    ],
)  # fmt: skip
def test_nobody(text: str) -> None:
    assert read_language_line(text) == EMPTY


@pytest.mark.parametrize(
    ("text", "languages", "subtitles"),
    [
        ("No Dialogue", [], []),
        ("no dialog.", [], []),
        ("Without dialogue", [], []),
        ("Dialogue-free", [], []),
        ("No spoken language", [], []),
        ("Non-verbal", [], []),
        ("Wordless", [], []),
        ("Silent film with live piano accompaniment", [], []),
        ("Silent with Danish intertitles", [], ["Danish=da"]),
        ("No dialogue with English inter-titles", [], ["English=en"]),
        ("Silent (English titles)", [], ["English=en"]),
        ("English / No Dialogue", ["English=en"], []),
        ("English\nNo Dialogue", ["English=en"], []),
    ],
)
def test_no_dialogue(text: str, languages: list[str], subtitles: list[str]) -> None:
    assert read_language_line(text) == LanguageLine(names(*languages), names(*subtitles), True, ())


@pytest.mark.parametrize(
    ("text", "unread"),
    [
        ("19+", ["19+"]),
        ("PG", ["PG"]),
        ("Coarse language", ["Coarse language"]),
        ("Open to youth!", ["Open to youth!"]),
        ("The Thai Caper", ["The Thai Caper"]),
        ("Almost no dialogue", ["Almost no dialogue"]),
        ("Little to no dialogue", ["Little to no dialogue"]),
        ("Mostly silent", ["Mostly silent"]),
        ("no Thai dialogue", ["no Thai dialogue"]),
        ("with Thai", ["Thai"]),
        ("Please arrive early", ["Please arrive early"]),
        ("Introduction in Thai", ["Introduction", "Thai"]),
    ],
)
def test_unread(text: str, unread: list[str]) -> None:
    assert read_language_line(text) == LanguageLine((), (), False, tuple(unread))


@pytest.mark.parametrize(
    ("text", "languages", "subtitles", "unread"),
    [
        ("English with Thai", ["English=en"], [], ["Thai"]),
        ("Thai with English subtitles and Lao", ["Thai=th"], ["English=en"], ["Lao"]),
        ("Thai with English subtitles. Introduction in Lao.", ["Thai=th"], ["English=en"], ["Introduction", "Lao"]),
        ("English, 19+", ["English=en"], [], ["19+"]),
        ("English 2023", ["English=en"], [], ["2023"]),
        ("English with Q&A", ["English=en"], [], ["Q&A"]),
        ("Thai (shown with english subtitels)", ["Thai=th"], [], ["shown with english subtitels"]),
    ],
)
def test_what_is_certain_is_read_and_the_rest_kept(
    text: str, languages: list[str], subtitles: list[str], unread: list[str]
) -> None:
    assert read_language_line(text) == LanguageLine(names(*languages), names(*subtitles), False, tuple(unread))


@pytest.mark.parametrize(
    ("text", "languages"),
    [
        ("Kanyen’kéha (Mohawk) and English", ["Kanyen’kéha (Mohawk)=moh", "English=en"]),
        ("Éy7á7juuthem (Comox)", ["Éy7á7juuthem (Comox)=coo"]),
        ("Elvish (Wolof)", ["Elvish (Wolof)=wo"]),
        ("Kurdish (Sorani)", ["Kurdish (Sorani)=ckb"]),
        ("Chinese (Hakka)", ["Chinese (Hakka)=hak"]),
        ("Cree (nêhiyawêwin)", ["Cree (nêhiyawêwin)=crk"]),
        ("Arabic (Egyptian)", ["Arabic (Egyptian)=arz"]),
        ("Portuguese (Brazil)", ["Portuguese (Brazil)=pt-BR"]),
        ("American Sign Language (ASL)", ["American Sign Language (ASL)=ase"]),
        ("Chinese (Mandarin, Hakka), Thai", ["Chinese=zh", "Mandarin=cmn", "Hakka=hak", "Thai=th"]),
        ("Thai (Lao)", ["Thai=th", "Lao=lo"]),
        ("English (The Thai Caper)", ["English=en"]),
        ("English (Silent River), Thai (Some Like It Cold)", ["English=en", "Thai=th"]),
        ("English (The Film (Part Two))", ["English=en"]),
        ("English (1987)", ["English=en"]),
        ("English (", ["English=en"]),
        ("English (The Thai Ca", ["English=en"]),
        ("English) Thai", ["English=en", "Thai=th"]),
    ],
)
def test_brackets(text: str, languages: list[str]) -> None:
    assert read_language_line(text) == LanguageLine(names(*languages), (), False, ())


@pytest.mark.parametrize(
    ("text", "languages"),
    [
        ("Matinee: English", ["English=en"]),
        ("Evening with Friends: English", ["English=en"]),
        ("The Thai Caper: In English", ["English=en"]),
        ("2:00 pm: English", ["English=en"]),
        ("Matinee: English; Evening: Thai", ["English=en", "Thai=th"]),
        ("Feature: English. Short: Thai", ["English=en", "Thai=th"]),
    ],
)
def test_labels(text: str, languages: list[str]) -> None:
    assert read_language_line(text) == LanguageLine(names(*languages), (), False, ())


@pytest.mark.parametrize(
    "text",
    [
        "English (The Thai Caper)\nIn Thai with English subtitles (Waves of Sand)",
        "English, Thai\nwith English subtitles",
        "English,\nThai with English subtitles",
        "English and\nThai with English\nsubtitles",
        "English<br>Thai with English subtitles",
        "<p>English</p><p>Thai with <b>English</b> subtitles</p>",
        "English &amp; Thai with English subtitles",
        "English\u00a0&amp;amp; Thai\u200b with English subtitles",
    ],
)
def test_lines_markup_and_entities(text: str) -> None:
    assert read_language_line(text) == LanguageLine(names("English=en", "Thai=th"), names("English=en"), False, ())


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("English", "en"),
        ("Farsi", "fa"),
        ("Dari", "prs"),
        ("Slovene", "sl"),
        ("Greek", "el"),
        ("Norwegian", "no"),
        ("Serbo-Croatian", "sh"),
        ("Flemish", "nl"),
        ("Valencian", "ca"),
        ("Portugese", "pt"),
        ("Phillipino", "fil"),
        ("Chinese", "zh"),
        ("Mandarin", "cmn"),
        ("mandarin chinese", "cmn"),
        ("Cantonese", "yue"),
        ("Hokkien", "nan"),
        ("traditional Chinese", "zh-Hant"),
        ("Brazilian Portuguese", "pt-BR"),
        ("Canadian French", "fr-CA"),
        ("Québécois", "fr-CA"),
        ("Latin American Spanish", "es-419"),
        ("European Portuguese", "pt-PT"),
        ("Swiss German", "gsw"),
        ("Azeri Turkish", "az"),
        ("Kurmanji", "kmr"),
        ("Darija", "ary"),
        ("Lebanese Arabic", "apc"),
        ("Sámi", "smi"),
        ("Northern Sami", "se"),
        ("Te Reo Māori", "mi"),
        ("Mooré", "mos"),
        ("Moore", "mos"),
        ("Kimbundu", "kmb"),
        ("Inuktitut", "iu"),
        ("Mi'kmaq", "mic"),
        ("Mi’kmaw", "mic"),
        ("Miʼkmaq", "mic"),
        ("Secwepemctsin", "shs"),
        ("Halq’eméylem", "hur"),
        ("HUL'Q'UMI'NUM'", "hur"),
        ("hən̓q̓əmin̓əm̓", "hur"),
        ("Nłeʔkepmxcín", "thp"),
        ("SENĆOŦEN", "str"),
        ("X̱aad Kíl", "hai"),
        ("Nuu-chah-nulth", "nuk"),
        ("nêhiyawêwin", "crk"),
        ("Innu Aimun", "moe"),
        ("ʻŌlelo Hawaiʻi", "haw"),
        ("LSQ", "fcs"),
        ("Sign Language", "sgn"),
        ("Cree language", "cr"),
        ("Hakka dialect", "hak"),
        # names that only the standard has
        ("Sarikoli", "srh"),
        ("matsés", "mcf"),
        ("Nicaraguan Sign Language", "ncs"),
        # not sure, or no language's name
        ("Syrian", None),
        ("Belgian", None),
        ("Egyptian", None),
        ("Gaelic", None),
        ("Creole", None),
        ("Roma", None),
        ("Mali", None),
        ("Mixtec", None),
        ("Various", None),
        ("Englisch", None),
        ("English subtitles", None),
        ("Hindi (English)", None),
        ("the", None),
        ("", None),
    ],
)
def test_language_code(name: str, code: str | None) -> None:
    assert language_code(name) == code


def test_every_tag_of_the_table_is_the_shortest_for_a_registered_language() -> None:
    families = {family.alpha_3 for family in pycountry.language_families}
    for tag in NAMES:
        primary = tag.partition("-")[0]
        if len(primary) == 2:
            assert primary == "sh" or pycountry.languages.get(alpha_2=primary), tag
        else:
            language = pycountry.languages.get(alpha_3=primary)
            assert primary in families or not hasattr(language, "alpha_2"), tag


def test_no_name_of_the_table_stands_under_two_tags() -> None:
    tags: dict[str, set[str]] = {}
    for tag, line in NAMES.items():
        for name in line.split(";"):
            assert name.strip()
            tags.setdefault(fold(name), set()).add(tag)
    assert {key: found for key, found in tags.items() if len(found) > 1} == {}


def test_no_name_of_the_table_contradicts_the_standard() -> None:
    """``Odia`` alone: the standard has the name for one language of the macrolanguage that pages mean."""
    ours = {fold(name): tag for tag, line in NAMES.items() for name in line.split(";")}
    theirs = {fold(language.name): getattr(language, "alpha_2", language.alpha_3) for language in pycountry.languages}
    assert {key for key in ours.keys() & theirs.keys() if ours[key] != theirs[key]} == {"odia"}


@given(GARBAGE | st.text(max_size=80))
@example("((((((English")
@example("' more \"")
@example("<\u200bb>English")
def test_any_text_gives_clean_names(text: str) -> None:
    found = read_language_line(text)
    for name in found.languages + found.subtitles:
        Language(name=name.name, code=name.code)
    for fragment in found.unread:
        LINE.validate_python(fragment)
    assert not re.search("[<>]", "".join(name.name for name in found.languages + found.subtitles))


@given(GARBAGE)
@example("Norwegian, Eng. subs")
@example("Cree (nêhiyawêwin), English (Roma)")
def test_names_read_again_are_the_same(text: str) -> None:
    found = read_language_line(text)
    for part in (found.languages, found.subtitles):
        assert read_language_line(", ".join(name.name for name in part)) == LanguageLine(part, (), False, ())


@given(st.text(max_size=40))
def test_a_code_is_never_more_than_the_table_or_the_standard_has(name: str) -> None:
    code = language_code(name)
    assert code is None or re.fullmatch("[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", code)


def test_tables_are_loaded_when_they_are_needed() -> None:
    program = (
        "import sys; from filmscrape.values.languages import read_language_line as read\n"
        "heavy = {'pycountry', 'langcodes', 'language_data'}\n"
        "assert not heavy & set(sys.modules)\n"
        "assert read('In Greek and Wolof with English subtitles').languages[1].code == 'wo'\n"
        "assert not heavy & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
