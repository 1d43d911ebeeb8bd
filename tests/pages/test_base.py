"""Bodies and addresses."""

from datetime import UTC, datetime

import pytest

from filmscrape.pages.base import Page, as_utf8


class House(Page):
    public = "https://cinema.example"


def page(body: bytes = b"", url: str = "http://127.0.0.1:9000/show/here/") -> House:
    return House(body, url, datetime(2026, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("Ghost – Amélie".encode(), "Ghost – Amélie"),
        (
            b'<meta charset="iso-8859-1">' + "Amélie".encode(),
            '<meta charset="iso-8859-1">Amélie',
        ),  # a wrong label
        (b'<meta charset="iso-8859-1">' + "Amélie".encode("latin-1"), '<meta charset="iso-8859-1">Amélie'),
        ("Amélie – “quoted”".encode("cp1252"), "Amélie – “quoted”"),  # no label at all
        (b"a\x00b", "ab"),
        ("é".encode() * 20 + b"\xff", "é" * 20 + "\ufffd"),  # a stray byte in UTF-8 is damage
        (b'<meta charset="utf-8">\xe9', '<meta charset="utf-8">\ufffd'),
        (b'<meta charset="no-such-thing">\xe9', '<meta charset="no-such-thing">é'),
    ],
)
def test_bodies_become_utf8(body: bytes, text: str) -> None:
    assert as_utf8(body).decode() == text


@pytest.mark.parametrize(
    ("href", "url"),
    [
        ("/a/b", "https://cinema.example/a/b"),
        ("c", "https://cinema.example/show/here/c"),
        ("http://127.0.0.1:9000/a?x=1", "https://cinema.example/a?x=1"),
        ("http://www.cinema.example/a", "https://cinema.example/a"),
        ("https://other.example/a b", "https://other.example/a%20b"),
        ("//other.example/x", "https://other.example/x"),
        ("https://other.example/fdp.\u202egpj", "https://other.example/fdp.%E2%80%AEgpj"),
        ("/a\x7fb", "https://cinema.example/a%7Fb"),
        (" https://other.example/a \x07\n", "https://other.example/a"),
        ("/a\x07\u202e\x07", "https://cinema.example/a%07%E2%80%AE"),
        ("\x07 ", None),
        ("https://\u202eother.example/x", None),
        ("mailto:a@b.example", None),
        ("javascript:alert(1)", None),
        ("#top", None),
        ("", None),
        (None, None),
        ("http://[bad", None),
    ],
)
def test_addresses_are_public_and_absolute(href: str | None, url: str | None) -> None:
    assert page().public_url(href) == url


def test_the_first_strategy_that_answers_wins_and_is_named() -> None:
    here = page()
    assert (
        here.rank("title", ("a", lambda: None), ("b", lambda: ""), ("c", lambda: "Here"), ("d", lambda: "x")) == "Here"
    )
    assert here.rank("year", ("a", lambda: None)) is None
    assert here.strategies == {"title": "c"}


def test_metas_by_property_and_name_the_first_counts() -> None:
    body = b'<meta property="og:title" content="One"><meta name="og:title" content="Two"><meta name="x">'
    assert page(body).metas == {"og:title": "One", "x": ""}
