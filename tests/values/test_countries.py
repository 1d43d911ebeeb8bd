"""Values of the country row, and codes of countries' names."""

import re
import subprocess
import sys

import pycountry
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from filmscrape.records import Country, Line
from filmscrape.values.countries import CountryLine, CountryName, country_code, read_countries
from filmscrape.values.country_names import NAMES, WITHOUT_CODE
from filmscrape.values.fragments import fold

LINE: TypeAdapter[str] = TypeAdapter(Line)
# Pieces that these values are made of, so that garbage comes near to real ones.
PIECES = st.sampled_from(
    [
        "USA", "U.S.A.", "U.S.", "Peru", "West", "South", "Germany", "Korea", "Republic", "of", "the", "The", "Bosnia",
        "Herzegovina", "Trinidad", "Tobago", "Saudi", "Arabia", "Congo", "Guinea-Bissau", "Peru-Chile", "Serbia",
        "Austria-Hungary", "Gitxsan", "Saik’uz", "xʷməθkʷəy̓əm", "Sḵwx̱wú7mesh", "Quebec", "Various", "N/A", "2023", "a",
        "co-production", "(Burma)", "Myanmar", "(South)", "(The Film)", "(Peru/Chile)", "Country:", "/", " / ", ",",
        ", ", ";", "|", " - ", "–", " & ", " and ", "+", ".", ":", "(", ")", "[", "]", "\n", "\r\n", "\u00a0", "\u200b",
        "\x00", "<p>", "</p>", "<br>", "&amp;", "&lt;", "<", ">", " ",
    ]
)  # fmt: skip
GARBAGE = st.lists(PIECES | st.text(max_size=4), max_size=12).map("".join) | st.lists(PIECES, max_size=12).map(" ".join)


def names(*printed: str) -> tuple[CountryName, ...]:
    """``"Peru=PE"`` is a name and its code, ``"Quebec="`` a name without one."""
    pairs = (text.rpartition("=") for text in printed)
    return tuple(CountryName(name, code or None) for name, _, code in pairs)


@pytest.mark.parametrize(
    ("text", "countries"),
    [
        ("Peru", ["Peru=PE"]),
        ("Peru/Chile", ["Peru=PE", "Chile=CL"]),
        ("Peru/Chile/ Germany/Qatar", ["Peru=PE", "Chile=CL", "Germany=DE", "Qatar=QA"]),
        ("Peru / Chile", ["Peru=PE", "Chile=CL"]),
        ("Peru, Chile", ["Peru=PE", "Chile=CL"]),
        ("Peru; Chile | Qatar • Mali", ["Peru=PE", "Chile=CL", "Qatar=QA", "Mali=ML"]),
        ("Peru – Chile", ["Peru=PE", "Chile=CL"]),
        ("Peru—Chile", ["Peru=PE", "Chile=CL"]),
        ("Peru-Chile", ["Peru=PE", "Chile=CL"]),
        ("Peru & Chile", ["Peru=PE", "Chile=CL"]),
        ("Peru, Chile and Qatar", ["Peru=PE", "Chile=CL", "Qatar=QA"]),
        ("Peru, Chile, and Qatar", ["Peru=PE", "Chile=CL", "Qatar=QA"]),
        ("PERU/chile", ["PERU=PE", "chile=CL"]),
        ("U.S.A./Peru", ["U.S.A.=US", "Peru=PE"]),
        ("U.S./U.K.", ["U.S.=US", "U.K.=GB"]),
        ("Peru.", ["Peru=PE"]),
        ("A Peru/Chile co-production", ["Peru=PE", "Chile=CL"]),
        ("Co-production (Peru/Chile)", ["Peru=PE", "Chile=CL"]),
        ("Country: Peru", ["Peru=PE"]),
        ("Peru/various", ["Peru=PE"]),
        ("Peru and others", ["Peru=PE"]),
        ("Peru/Peru/Chile", ["Peru=PE", "Chile=CL"]),
        ("USA\nUnited States", ["USA=US"]),
    ],
)
def test_lists(text: str, countries: list[str]) -> None:
    assert read_countries(text) == CountryLine(names(*countries), ())


@pytest.mark.parametrize(
    ("text", "countries"),
    [
        ("Bosnia and Herzegovina", ["Bosnia and Herzegovina=BA"]),
        ("Bosnia & Herzegovina/Peru", ["Bosnia & Herzegovina=BA", "Peru=PE"]),
        ("Peru, Bosnia and Herzegovina and Chile", ["Peru=PE", "Bosnia and Herzegovina=BA", "Chile=CL"]),
        ("Peru and Bosnia and Herzegovina", ["Peru=PE", "Bosnia and Herzegovina=BA"]),
        ("Peru & Trinidad & Tobago", ["Peru=PE", "Trinidad & Tobago=TT"]),
        ("Antigua and Barbuda", ["Antigua and Barbuda=AG"]),
        ("St. Vincent & the Grenadines", ["St. Vincent & the Grenadines=VC"]),
        ("Bosnia-Herzegovina/Guinea-Bissau", ["Bosnia-Herzegovina=BA", "Guinea-Bissau=GW"]),
        ("Korea, Republic of", ["Korea, Republic of=KR"]),
        ("Peru, Korea, Republic of, Chile", ["Peru=PE", "Korea, Republic of=KR", "Chile=CL"]),
        ("Congo, The Democratic Republic of the", ["Congo, The Democratic Republic of the=CD"]),
        ("Gambia, The/Peru", ["Gambia, The=GM", "Peru=PE"]),
        ("Virgin Islands, British", ["Virgin Islands, British=VG"]),
        ("Germany, West", ["Germany, West="]),
        ("Serbia and Montenegro", ["Serbia and Montenegro="]),
        ("Newfoundland and Labrador, Canada", ["Newfoundland and Labrador=", "Canada=CA"]),
        ("Austria-Hungary", ["Austria-Hungary="]),
    ],
)
def test_a_name_is_never_cut(text: str, countries: list[str]) -> None:
    assert read_countries(text) == CountryLine(names(*countries), ())


@pytest.mark.parametrize(
    ("text", "countries"),
    [
        ("Peru/Chile/\nQatar", ["Peru=PE", "Chile=CL", "Qatar=QA"]),
        ("Peru\nChile", ["Peru=PE", "Chile=CL"]),
        ("Peru<br>Chile", ["Peru=PE", "Chile=CL"]),
        ("<p>Peru (One)</p><p>Chile (Two)</p>", ["Peru=PE", "Chile=CL"]),
        ("Peru/Saudi\nArabia/Chile", ["Peru=PE", "Saudi Arabia=SA", "Chile=CL"]),
        ("Peru/South\nKorea", ["Peru=PE", "South Korea=KR"]),
        ("Bosnia and\nHerzegovina", ["Bosnia and Herzegovina=BA"]),
        ("Peru/\u200bChile", ["Peru=PE", "Chile=CL"]),
        ("Trinidad &amp; Tobago", ["Trinidad & Tobago=TT"]),
        ("Co\u0302te d’Ivoire", ["Côte d’Ivoire=CI"]),
    ],
)
def test_lines_markup_and_entities(text: str, countries: list[str]) -> None:
    assert read_countries(text) == CountryLine(names(*countries), ())


@pytest.mark.parametrize(
    ("text", "countries"),
    [
        ("Peru (The Long Road)", ["Peru=PE"]),
        ("Peru (The Long Road)\nChile/Qatar (Either/Or)", ["Peru=PE", "Chile=CL", "Qatar=QA"]),
        ("Peru (The Long Road (Part Two))", ["Peru=PE"]),
        ("Peru (1987)", ["Peru=PE"]),
        ("Peru (The Long Ro", ["Peru=PE"]),
        ("Peru (", ["Peru=PE"]),
        ("Peru) Chile", ["Peru=PE", "Chile=CL"]),
        ("(Peru)", ["Peru=PE"]),
        ("Canada (Quebec)", ["Canada=CA"]),
        ("Myanmar (Burma)", ["Myanmar (Burma)=MM"]),
        ("Korea (South)", ["Korea (South)=KR"]),
        ("Congo (Kinshasa)", ["Congo (Kinshasa)=CD"]),
        ("China (Hong Kong)", ["China (Hong Kong)=HK"]),
        ("Peru (Chile)", ["Peru (Chile)="]),
        ("Quebec (Canada)", ["Quebec (Canada)="]),
        ("Peru (co-production)", ["Peru=PE"]),
    ],
)
def test_brackets(text: str, countries: list[str]) -> None:
    assert read_countries(text) == CountryLine(names(*countries), ())


@pytest.mark.parametrize(
    "text",
    [
        "West Germany", "Soviet Union", "USSR", "Yugoslavia", "Czechoslovakia", "GDR", "Kosovo", "England", "Scotland",
        "Tibet", "Inuit Nunangat", "Sápmi", "British Columbia", "QC", "Congo", "Swedn", "Tsilhqot’in", "Kanehsatà:ke",
        "xʷməθkʷəy̓əm", "Sḵwx̱wú7mesh", "Sahrawi Arab Democratic Republic",
    ],
)  # fmt: skip
def test_a_name_without_a_code_is_kept(text: str) -> None:
    assert read_countries(text) == CountryLine((CountryName(text, None),), ())


def test_nations() -> None:
    nations = names("Haida=", "Tsimshian=", "Saik’uz=", "Nisga’a=")
    assert read_countries("Haida, Tsimshian, Saik’uz, Nisga’a").countries == nations


@pytest.mark.parametrize("text", ["", " ", "Various", "various countries", "International", "TBA", "N/A", "none", "-"])
def test_nobody(text: str) -> None:
    assert read_countries(text) == CountryLine((), ())


@pytest.mark.parametrize(
    ("text", "countries", "unread"),
    [
        ("2023", [], ["2023"]),
        ("19+", [], ["19+"]),
        ("97 min", [], ["97 min"]),
        ("Peru 2023", ["Peru=PE"], ["2023"]),
        ("Peru, 2021-2022", ["Peru=PE"], ["2021-2022"]),
        ("shot on location in the north", [], ["shot on location in the north"]),
        ("Peru/South", ["Peru=PE"], ["South"]),
        ("Peru (majority)", ["Peru=PE"], ["majority"]),
    ],
)
def test_unread(text: str, countries: list[str], unread: list[str]) -> None:
    assert read_countries(text) == CountryLine(names(*countries), tuple(unread))


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("USA", "US"),
        ("United States of America", "US"),
        ("UK", "GB"),
        ("Great Britain", "GB"),
        ("the Netherlands", "NL"),
        ("Holland", "NL"),
        ("Czech Republic", "CZ"),
        ("Türkiye", "TR"),
        ("Turkiye", "TR"),
        ("South Korea", "KR"),
        ("Hong Kong", "HK"),
        ("Taiwan", "TW"),
        ("Macau", "MO"),
        ("Palestine", "PS"),
        ("DR Congo", "CD"),
        ("Ivory Coast", "CI"),
        ("Côte d'Ivoire", "CI"),
        ("Burma", "MM"),
        ("Swaziland", "SZ"),
        ("Cape Verde", "CV"),
        ("Macedonia", "MK"),
        ("Vietnam", "VN"),
        ("Syria", "SY"),
        ("Bolivia", "BO"),
        ("UAE", "AE"),
        ("Faroe Islands", "FO"),
        ("Greenland", "GL"),
        ("Republica Moldova", "MD"),
        ("España", "ES"),
        # long names, which only the standard has
        ("Islamic Republic of Iran", "IR"),
        ("Iran, Islamic Republic of", "IR"),
        ("Kingdom of Denmark", "DK"),
        ("Heard Island and McDonald Islands", "HM"),
        ("Yugoslavia", None),
        ("Kosovo", None),
        ("Congo", None),
        ("Wales", None),
        ("Columbia", None),
        ("Republic, Korea", None),
        ("Various", None),
        ("", None),
    ],
)
def test_country_code(name: str, code: str | None) -> None:
    assert country_code(name) == code


def test_the_table_has_the_standard_s_codes() -> None:
    assert set(NAMES) <= {country.alpha_2 for country in pycountry.countries}


def test_no_name_of_the_table_stands_under_two_codes() -> None:
    codes: dict[str, set[str]] = {}
    for code, line in NAMES.items():
        for name in line.split(";"):
            assert name.strip()
            codes.setdefault(fold(name), set()).add(code)
    assert {key: found for key, found in codes.items() if len(found) > 1} == {}
    assert not {fold(name) for name in WITHOUT_CODE} & codes.keys()


def test_no_name_of_the_table_contradicts_the_standard() -> None:
    for country in pycountry.countries:
        for kind in ("name", "common_name", "official_name"):
            name = getattr(country, kind, "")
            assert not name or name == "Congo" or country_code(name) == country.alpha_2, name


@given(GARBAGE | st.text(max_size=80))
@example(") Country: USA")
@example("US.-US")
@example("<\u200bb>Peru")
def test_any_text_gives_clean_names(text: str) -> None:
    found = read_countries(text)
    for name in found.countries:
        Country(name=name.name, code=name.code)
    for fragment in found.unread:
        LINE.validate_python(fragment)
    assert not re.search("[<>]", "".join(name.name for name in found.countries))


@given(GARBAGE, st.sampled_from(["/", ", "]))
@example("Republic / Korea", ", ")
@example("N, A", "/")
@example("Peru/The", ", ")
def test_names_read_again_are_the_same(text: str, separator: str) -> None:
    found = read_countries(text).countries
    assert read_countries(separator.join(name.name for name in found)) == CountryLine(found, ())


def test_the_standard_is_loaded_when_it_is_needed() -> None:
    program = (
        "import sys; from filmscrape.values.countries import read_countries as read\n"
        "assert read('Peru/Bosnia and Herzegovina').countries[1].code == 'BA'\n"
        "assert 'pycountry' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
