"""Addresses as the contract wants them."""

import re
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from filmscrape.records import Url
from filmscrape.values.addresses import bare, escaped

HOST = "https://cinema.example/"


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        ("https://cinema.example/a?b=1#c", "https://cinema.example/a?b=1#c"),
        ("https://cinema.example/a b", "https://cinema.example/a%20b"),
        ("https://cinema.example/a\t\r\nb", "https://cinema.example/ab"),
        ("https://cinema.example/a\x01\x85\xa0b", "https://cinema.example/a%01%C2%85%C2%A0b"),
        ("https://cinema.example/fdp.\u202egpj", "https://cinema.example/fdp.%E2%80%AEgpj"),
        ("https://cinema.example/\u2066a\u2069\ufeff", "https://cinema.example/%E2%81%A6a%E2%81%A9%EF%BB%BF"),
        ("https://cinema.example/\ud800", "https://cinema.example/%EF%BF%BD"),
        ("https://cinema.example/règne/می\u200cخواهم", "https://cinema.example/règne/می\u200cخواهم"),
        ("", ""),
    ],
)
def test_escaped(raw: str, found: str) -> None:
    assert escaped(raw) == found


def test_around_an_address_browsers_leave_out_controls_and_spaces() -> None:
    assert bare(" \n\x07https://cinema.example/a\x07b \x85\x1f\x00 ") == "https://cinema.example/a\x07b \x85"


@given(st.text() | st.text(alphabet="a%/ \t\n\x00\x1f\x7f\x85\xa0\u2028\u202a\u202e\u2066\u2069\ufeff\ud800é"))
def test_what_is_escaped_is_an_address_that_leads_to_the_same_place(raw: str) -> None:
    found = escaped(HOST + raw)
    assert escaped(found) == found
    assert TypeAdapter(Url).validate_python(found) == found
    kept = re.sub(r"[\t\n\r]", "", re.sub(r"[\ud800-\udfff]", "\ufffd", HOST + raw))
    assert unquote(found) == unquote(kept)
