"""Names in one value, actors and their parts, roles of credits."""

from typing import get_args

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from filmscrape.records import Line, Role
from filmscrape.values.people import cast_members, is_nobody, is_suffix, role_of, split_names

LINE: TypeAdapter[str] = TypeAdapter(Line)
# Pieces that names and the words around them are made of, so that garbage comes near to real values.
PIECES = st.sampled_from(
    [
        "Ann", "Roe", "Joe", "Doe", "De", "Sica", "van", "O'Hara", "Jr.", "III", "PhD", "Œ", "郭承衢",
        "X.", "T.", ",", ", ", " & ", "&", " and ", " And ", " et ", "/", ";", "\n", "\r\n", "|",
        " + ", "•", "، ", "\u00a0", "(", ")", "[", "]", "(The Film)", "(voice)", " as ", "with ",
        " featuring ", "by ", "Dir. ", "Various", "others", "et al.", "Co.", ".", "-", "–", "*",
        "1984", "TBA", "\u200b", "\u202e", "&amp;", "&#8217;", " ",
    ]
)  # fmt: skip
GARBAGE = st.lists(PIECES | st.text(max_size=4), max_size=14).map("".join)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Agnès Varda", ["Agnès Varda"]),
        ("Leslie D Bland, Harold C Joe", ["Leslie D Bland", "Harold C Joe"]),
        ("Mara Quill, Theo Brandt & Galen Brandt", ["Mara Quill", "Theo Brandt", "Galen Brandt"]),
        ("Mara Quill, Theo Brandt, and Ida Sol", ["Mara Quill", "Theo Brandt", "Ida Sol"]),
        ("MARA QUILL AND THEO BRANDT", ["MARA QUILL", "THEO BRANDT"]),
        ("Mara Quill/Theo Brandt", ["Mara Quill", "Theo Brandt"]),
        ("Mara Quill; Theo Brandt", ["Mara Quill", "Theo Brandt"]),
        ("Mara Quill\nTheo Brandt", ["Mara Quill", "Theo Brandt"]),
        ("Mara Quill,\u00a0Theo Brandt", ["Mara Quill", "Theo Brandt"]),
        ("Mara Quill et Theo Brandt", ["Mara Quill", "Theo Brandt"]),
        ("Mara Quill + Theo Brandt", ["Mara Quill", "Theo Brandt"]),
        ("Mara Quill &amp; Theo Brandt", ["Mara Quill", "Theo Brandt"]),
        (" , Mara Quill,, & Theo Brandt, ", ["Mara Quill", "Theo Brandt"]),
        ("Mara Quill, mara quill", ["Mara Quill"]),
        ("Powell & Pressburger", ["Powell", "Pressburger"]),
        ("T. Hee, JL Morgan", ["T. Hee", "JL Morgan"]),
        ("Daniels", ["Daniels"]),
        ("Cheng-Chui Kuo 郭承衢", ["Cheng-Chui Kuo 郭承衢"]),
        ("Ida Sol അഭിജിത്ത് പി", ["Ida Sol അഭിജിത്ത് പി"]),
        ("陳一、林二", ["陳一", "林二"]),
        ("C.J. “Stormy” Brandt", ["C.J. “Stormy” Brandt"]),
        ("Anders Holm", ["Anders Holm"]),
        ("Sandra Rolland", ["Sandra Rolland"]),
        ("Mara Quill.", ["Mara Quill"]),
        ("Mara Quill*", ["Mara Quill"]),
    ],
)
def test_names_part_at_separators_and_nowhere_else(text: str, names: list[str]) -> None:
    assert list(split_names(text)) == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Gordon Parks, Jr.", ["Gordon Parks, Jr."]),
        ("Gordon Parks, Jr. & Ida Sol", ["Gordon Parks, Jr.", "Ida Sol"]),
        (
            "Ida Sol, PhD, Theo Brandt, CSC and Mara Quill, O.B.E.",
            ["Ida Sol, PhD", "Theo Brandt, CSC", "Mara Quill, O.B.E."],
        ),
        ("Colby Lee, Jr. (Tide)", ["Colby Lee, Jr."]),
        ("Theo Brandt III, Mara Quill", ["Theo Brandt III", "Mara Quill"]),
        ("Ida Sol, Jr. (Low Tide)", ["Ida Sol, Jr."]),
    ],
)
def test_suffix_stays_with_its_name(text: str, names: list[str]) -> None:
    assert list(split_names(text)) == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Lilly and Lana Wachowski", ["Lilly Wachowski", "Lana Wachowski"]),
        ("Jean-Pierre & Luc Dardenne", ["Jean-Pierre Dardenne", "Luc Dardenne"]),
        ("Vittorio and Paolo De Sica", ["Vittorio De Sica", "Paolo De Sica"]),
        ("Anna & Lars van der Berg", ["Anna van der Berg", "Lars van der Berg"]),
        ("Ana y Rosa Ortega y Gasset", ["Ana y Rosa Ortega y Gasset"]),
        ("Ana and José Ortega y Gasset", ["Ana Ortega y Gasset", "José Ortega y Gasset"]),
        ("Casey and Ben Affleck", ["Casey Affleck", "Ben Affleck"]),
        ("Will & Ray Smith, Jr.", ["Will Smith", "Ray Smith, Jr."]),
        ("Will & Ray J. Smith", ["Will Smith", "Ray J. Smith"]),
        ("Mara Quill, Theo & Galen Brandt", ["Mara Quill", "Theo Brandt", "Galen Brandt"]),
        ("Huey & Dewey & Louie Duck", ["Huey Duck", "Dewey Duck", "Louie Duck"]),
        ("JOEL AND ETHAN COEN", ["JOEL COEN", "ETHAN COEN"]),
    ],
)
def test_joined_given_name_shares_the_surname(text: str, names: list[str]) -> None:
    assert list(split_names(text)) == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Swan, Sara Kendall", ["Swan", "Sara Kendall"]),
        ("Madonna, Rosie O'Donnell", ["Madonna", "Rosie O'Donnell"]),
        ("Madonna, and Rosie O'Donnell", ["Madonna", "Rosie O'Donnell"]),
        ("NEOZOON & Ida Sol", ["NEOZOON", "Ida Sol"]),
        ("Prince and The Revolution", ["Prince", "The Revolution"]),
        ("Luis and Jorge García Berlanga", ["Luis", "Jorge García Berlanga"]),
        ("Ida & von Trier", ["Ida", "von Trier"]),
        ("Ida & Malcolm X", ["Ida", "Malcolm X"]),
        ("Ida & Kuo 郭承衢", ["Ida 郭承衢", "Kuo 郭承衢"]),
        ("Smith & Co.", ["Smith & Co."]),
    ],
)
def test_surname_is_shared_only_where_it_is_certain(text: str, names: list[str]) -> None:
    assert list(split_names(text)) == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Ida Sol (The YouTube Effect)", ["Ida Sol"]),
        ("Ida Sol (Salt, and Water)\nTheo Brandt (Low/High)", ["Ida Sol", "Theo Brandt"]),
        ("Ida Sol [Low Tide]", ["Ida Sol"]),
        ("Robert (Bob) Smith", ["Robert (Bob) Smith"]),
        ("Ida Sol (never closed, Theo Brandt", ["Ida Sol", "Theo Brandt"]),
        ("Ida Sol), Theo Brandt", ["Ida Sol", "Theo Brandt"]),
        ("(Ida Sol)", ["Ida Sol"]),
    ],
)
def test_bracket_behind_a_name_is_no_part_of_it(text: str, names: list[str]) -> None:
    assert list(split_names(text)) == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("with Tilda Swinton", ["Tilda Swinton"]),
        ("With Tilda Swinton, Ida Sol", ["Tilda Swinton", "Ida Sol"]),
        ("Ida Sol with Tilda Swinton", ["Ida Sol", "Tilda Swinton"]),
        ("Ida Sol featuring Tilda Swinton", ["Ida Sol", "Tilda Swinton"]),
        ("Dir. George Stevens", ["George Stevens"]),
        ("directed by Ida Sol", ["Ida Sol"]),
        ("Ida Sol and others", ["Ida Sol"]),
        ("Ida Sol, Theo Brandt, and many others", ["Ida Sol", "Theo Brandt"]),
        ("Ida Sol et al.", ["Ida Sol"]),
        ("Ida Sol & more", ["Ida Sol"]),
    ],
)
def test_words_around_a_list_are_dropped(text: str, names: list[str]) -> None:
    assert list(split_names(text)) == names


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "Various",
        "various directors",
        "Various Artists",
        "Multiple filmmakers",
        "TBA",
        "N/A",
        "n/a",
        "Unknown",
    ],
)
def test_nobody(text: str) -> None:
    assert split_names(text) == ()
    assert is_nobody(text) is bool(text.strip())


def test_somebody_beside_nobody() -> None:
    assert split_names("Various, Ida Sol") == ("Ida Sol",)


@pytest.mark.parametrize("text", ["12", "–", "&", ", ,", "(,)"])
def test_no_letters_no_name(text: str) -> None:
    assert split_names(text) == ()


def test_prose_is_not_read() -> None:
    assert split_names("Ida Sol, who has been making films with her neighbours since the flood") == ()


@pytest.mark.parametrize("text", ["Jr.", "III", "PhD", "Ph.D.", "csc", "Sol"])
def test_is_suffix(text: str) -> None:
    assert is_suffix(text) is (text not in ("csc", "Sol"))


@given(GARBAGE)
@example("•with ")
def test_names_are_clean_distinct_and_stable(text: str) -> None:
    names = split_names(text)
    for name in names:
        LINE.validate_python(name)
        assert any(map(str.isalpha, name))
    assert len({name.casefold() for name in names}) == len(names)
    assert split_names(", ".join(names)) == names


@given(
    st.lists(
        st.from_regex(r"[A-Z][a-zé]{2,8} [A-Z][a-z]{2,9}", fullmatch=True),
        min_size=1,
        max_size=6,
        unique_by=str.casefold,
    )
)
def test_full_names_come_back_whatever_joins_them(names: list[str]) -> None:
    expected = tuple(names)
    assert split_names(", ".join(names)) == expected
    assert split_names(" & ".join(names)) == expected
    assert split_names(" and ".join(names)) == expected
    assert split_names("\n".join(names)) == expected
    assert split_names(" / ".join(names)) == expected


@pytest.mark.parametrize(
    ("text", "members"),
    [
        ("Grace Dove, Julian Black Antelope", [("Grace Dove", None), ("Julian Black Antelope", None)]),
        ("Grace Dove (Aline Spears), Ida Sol", [("Grace Dove", "Aline Spears"), ("Ida Sol", None)]),
        ("Grace Dove as Aline Spears, Ida Sol", [("Grace Dove", "Aline Spears"), ("Ida Sol", None)]),
        (
            "Grace Dove as Aline Spears and Ida Sol as Kit",
            [("Grace Dove", "Aline Spears"), ("Ida Sol", "Kit")],
        ),
        ("Ida Sol (Ann, Joe & Kit), Theo Brandt", [("Ida Sol", "Ann, Joe & Kit"), ("Theo Brandt", None)]),
        (
            "Ida Sol as Peter/Spider-Man, Theo Brandt",
            [("Ida Sol", "Peter/Spider-Man"), ("Theo Brandt", None)],
        ),
        ("Ida Sol as Jekyll and Hyde", [("Ida Sol", "Jekyll and Hyde")]),
        ("Ida Sol as Man with Dog, Theo Brandt", [("Ida Sol", "Man with Dog"), ("Theo Brandt", None)]),
        ("Ida Sol as Kit and others", [("Ida Sol", "Kit")]),
        ("Ida Sol as Kit and Theo Brandt", [("Ida Sol", "Kit"), ("Theo Brandt", None)]),
        ("Ida Sol as well as Theo Brandt", [("Ida Sol", None), ("Theo Brandt", None)]),
        ("Ida Sol (voice)", [("Ida Sol", None)]),
        ("Ida Sol (Invoice of Doom)", [("Ida Sol", "Invoice of Doom")]),
        ("Ida Sol (voice of Otto)", [("Ida Sol", "Otto")]),
        ("Ida Sol (Otto, voice)", [("Ida Sol", "Otto")]),
        ("Ida Sol (Otto) (voice)", [("Ida Sol", "Otto")]),
        ("Ida Sol (uncredited), Theo Brandt (archive footage)", [("Ida Sol", None), ("Theo Brandt", None)]),
        ("Ida Sol (herself)", [("Ida Sol", "herself")]),
        ("Kate & Rooney Mara", [("Kate Mara", None), ("Rooney Mara", None)]),
        ("Robert Downey, Jr. (Kit)", [("Robert Downey, Jr.", "Kit")]),
        ("with Ida Sol", [("Ida Sol", None)]),
        ("Ida Sol, Ida Sol (Kit)", [("Ida Sol", "Kit")]),
        ("Various", []),
        ("", []),
    ],
)
def test_cast(text: str, members: list[tuple[str, str | None]]) -> None:
    assert list(cast_members(text)) == members


@given(GARBAGE)
def test_cast_is_clean_and_stable(text: str) -> None:
    members = cast_members(text)
    for name, character in members:
        LINE.validate_python(name)
        if character is not None:
            LINE.validate_python(character)
    printed = ", ".join(name if character is None else f"{name} ({character})" for name, character in members)
    assert cast_members(printed) == members


@pytest.mark.parametrize(
    ("role", "labels"),
    [
        (
            "director",
            "Director|Directors|DIRECTOR:|Directed by|Dir.|Co-Director|Réalisation|Réalisatrice|A Film by",
        ),
        (
            "director",
            "Writer/Director|Director & Producer|Réalisateur(trice)|Written, Directed and Produced by|Writer-Director",
        ),
        ("producer", "Producer|Producers|Producer(s)|Produced by:|Producteur|Productrice|Producer & Casting"),
        (
            "executive_producer",
            "Executive Producer|Executive Producers|Exec. Producer|Exec Producers|Productrice exécutive",
        ),
        (
            "screenwriter",
            "Screenwriter|Screenplay by|Writer|Writers|Written by|Script|Scénario|Co-Writer|Story & Screenplay",
        ),
        (
            "cinematographer",
            "Cinematography|Cinematographer|Director of Photography|Directors of Photography|DOP|D.O.P.|DP|DoP",
        ),
        ("cinematographer", "Photographie|Directrice de la photographie"),
        ("editor", "Editor|Editors|Editing|Edited by|Film Editor|Montage|Monteuse"),
        ("production_designer", "Production Design|Production Designer|Production Designers"),
        ("art_director", "Art Director|Art Direction|Direction artistique"),
        ("costume_designer", "Costume Design|Costume Designer|Costumes"),
        (
            "composer",
            "Original Music|Music|Music by|Composer|Composers|Score|Original Score|Musique originale",
        ),
        (
            "sound",
            "Sound|Sound Design|Sound Designer|Sound Recordist|Sound Mix|Sound Mixer|Son|Re-recording Mixer",
        ),
        ("animator", "Animation|Animator|Animators|Animated by"),
        ("narrator", "Narrator|Narration|Narrated by"),
        (
            "speaker",
            "Guest|Guests|Guest Speaker|Speaker|Speakers|Moderator|Moderated by|Panelist|Panellists|Host|Hosted by",
        ),
        (
            "other",
            "Casting|Colourist|Puppet Fabrication|Story|Co-Producer|Associate Producer|Assistant Director",
        ),
        (
            "other",
            "Casting Director|Music Supervisor|Production|Image|Year|Country|Line Producer|Director, Museum",
        ),
        ("other", "|:|&|/|Director's Statement|Thanks|12|郭"),
    ],
)
def test_roles(role: str, labels: str) -> None:
    assert {label: role_of(label) for label in labels.split("|")} == dict.fromkeys(labels.split("|"), role)


@given(st.text(max_size=30))
def test_every_label_has_a_role_of_the_contract(label: str) -> None:
    assert role_of(label) in get_args(Role)
