"""Text as the contract wants it."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filmscrape.values.text import fit, plain, tidy, tidy_lines, unescape


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("  a \n\t b\xa0c ", "a b c"),
        ("it&#8217;s", "it’s"),
        ("it&amp;#8217;s", "it’s"),
        ("Tom &amp;amp; Jerry", "Tom & Jerry"),
        ("R&B, AT&T", "R&B, AT&T"),
        ("e\u0301", "é"),
        ("a\x00b\x1bc\x85d", "abc d"),
        ("a\u202eb", "ab"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("\ufeffHere", "Here"),
        ("", ""),
    ],
)
def test_tidy(raw: str, clean: str) -> None:
    assert tidy(raw) == clean


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        (" Year  of\u202e ", " Year  of "),
        ("Year&nbsp;&amp;#7;\x07", "Year\xa0"),
        ("a\r\nb\x85c\u2028d\n", "a b c d "),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("\x07", ""),
    ],
)
def test_fit_leaves_out_what_no_value_may_hold_and_nothing_else(raw: str, found: str) -> None:
    assert fit(raw) == found


def test_plain_takes_markup_off() -> None:
    assert plain("<p>One<br/>two</p> &lt;em&gt;three&lt;/em&gt;") == "One two three"
    assert plain("1 < 2 & 3 > 2") == "1 < 2 & 3 > 2"


def test_lines() -> None:
    assert tidy_lines("a\r\n\r\n b \u2028c") == ["a", "b", "c"]


def test_unescape_leaves_what_is_no_entity() -> None:
    assert unescape("Q&A &co; &#;") == "Q&A &co; &#;"


@given(st.text())
def test_tidy_is_clean_and_idempotent(raw: str) -> None:
    clean = tidy(raw)
    assert tidy(clean) == clean or "&" in clean
    assert unicodedata.is_normalized("NFC", clean)
    assert not any(unicodedata.category(c) in ("Cc", "Cs") for c in clean)
    assert clean == clean.strip()
    assert "  " not in clean
