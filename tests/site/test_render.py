"""Text on a page: what could disguise it or cover its neighbours is shown, what people write stays."""

import pytest

from filmscrape.site.render import visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("safe \u202egnp.exe", "safe ⟨U+202E⟩gnp.exe"),
        ("a\x00b", "a⟨U+0000⟩b"),
        ("zero\u200bwidth", "zero⟨U+200B⟩width"),
        ("half \ud83d a face", "half ⟨U+D83D⟩ a face"),
        ("tag \U000e0041", "tag ⟨U+E0041⟩"),
        ("Q" + "\u0301\u0327" * 150, "Q\u0301\u0327\u0301\u0327⟨296 marks⟩"),
    ],
)
def test_what_hides_is_shown(text: str, shown: str) -> None:
    assert visible(text) == shown


@pytest.mark.parametrize(
    "text", ["Amélie", "one\n\ntwo", "東京物語", "שָׁלוֹם עֲלֵיכֶם", "अंग्रेज़ी", "Việt Nam", "👩\u200d💻", "ཧཱུྃ", "plain"]
)
def test_what_people_write_stays(text: str) -> None:
    assert visible(text) == text
