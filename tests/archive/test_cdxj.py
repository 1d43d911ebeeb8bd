"""The index of a web archive: keys as wayback machines make them, lines in the order of their bytes."""

import json
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filmscrape.archive.cdxj import INDEXED, index_line, media_type, sorted_index, surt, timestamp
from filmscrape.archive.members import walk
from tests.stored_runs import Shot, again, page, warc

SESSION = "0123456789abcdefghijklemopqrstuv"


@pytest.mark.parametrize(
    ("url", "key"),
    [
        # host
        ("http://archive.org/", "org,archive)/"),
        ("https://archive.org", "org,archive)/"),
        ("http://www.archive.org/", "org,archive)/"),
        ("https://www2.archive.org/", "org,archive)/"),
        ("https://wwwx.archive.org/", "org,archive,wwwx)/"),
        ("http://www.com/", "com)/"),
        ("https://www.archive.org./a", "org,archive)/a"),
        ("HTTP://User:Secret@ARCHIVE.ORG:8443/", "org,archive:8443)/"),
        ("https://archive.org:443/", "org,archive)/"),
        ("http://archive.org:443/", "org,archive:443)/"),
        ("http://127.0.0.1:8000/a", "1,0,0,127:8000)/a"),
        ("http://[::1]:80/a", "::1)/a"),
        ("http://bücher.example/x", "example,xn--bcher-kva)/x"),
        # path
        ("https://archive.org/Whats-On/Here/", "org,archive)/whats-on/here"),
        ("https://archive.org/a/../b", "org,archive)/b"),
        ("https://archive.org/../x", "org,archive)/../x"),
        ("https://archive.org/a/./b//c/", "org,archive)/a/b/c"),
        ("https://archive.org/a/..", "org,archive)/"),
        ("https://archive.org//", "org,archive)/"),
        ("https://archive.org/caf%C3%A9", "org,archive)/caf%c3%a9"),
        ("https://archive.org/café", "org,archive)/caf%c3%a9"),
        ("https://archive.org/%7Efoo", "org,archive)/~foo"),
        ("https://archive.org/a%2Fb/%25zz", "org,archive)/a/b/%25zz"),
        ("https://archive.org/%zz", "org,archive)/%25zz"),
        ("https://archive.org/a b", "org,archive)/a%20b"),
        ("https://archive.org/%23x", "org,archive)/%23x"),
        (f"http://archive.org/a;jsessionid={SESSION}", f"org,archive)/a;jsessionid={SESSION}"),
        # query
        ("http://archive.org/goo/?a=2&b&a=1", "org,archive)/goo?a=1&a=2&b"),
        ("https://archive.org/?", "org,archive)/"),
        ("https://archive.org/?p=1", "org,archive)/?p=1"),
        ("https://archive.org/?b=1&A=2&b=0#frag?x", "org,archive)/?a=2&b=0&b=1"),
        ("https://archive.org/a?x=1&&y", "org,archive)/a?&x=1&y"),
        ("https://archive.org/a?x=A%26B&y=%3D", "org,archive)/a?b&x=a&y=="),
        ("https://archive.org/A?x=%20+y", "org,archive)/a?x=%20+y"),
        ("https://archive.org/x?q=%23", "org,archive)/x?q=%23"),
        ("https://archive.org/?x=%C3%A9", "org,archive)/?x=%c3%a9"),
        (f"https://archive.org/a/?PHPSESSID={SESSION}", "org,archive)/a"),
        (f"https://archive.org/a?jsessionid={SESSION}&b=1", "org,archive)/a?b=1"),
        (f"https://archive.org/a?b=1&sid={SESSION}", "org,archive)/a?&b=1"),
        ("https://archive.org/a?cfid=1&cftoken=2&z=1", "org,archive)/a?z=1"),
        # no web address
        ("dns:archive.org", "dns:archive.org"),
        ("urn:uuid:1", "urn:uuid:1"),
        ("https://archive.org:port/", "https://archive.org:port/"),
        ("", ""),
    ],
)
def test_keys(url: str, key: str) -> None:
    """As the ``surt`` package, which wayback machines use, makes them."""
    assert surt(url) == key


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_address_has_a_key_on_one_line(path: str, query: str) -> None:
    for address in (f"https://archive.org/{path}?{query}", f"https://archive.org/{quote(path)}?{quote(query)}"):
        key = surt(address.encode("utf-8", "ignore").decode())
        assert key.startswith("org,archive)/")
        assert key.isascii()
        assert not set(" \n\r\t") & set(key)


@pytest.mark.parametrize(
    ("date", "digits"),
    [
        ("2026-11-20T18:00:01Z", "20261120180001"),
        ("2026-11-20T18:00:01.123456Z", "20261120180001"),
        ("2026-11-20", "20261120000000"),
        ("", "00000000000000"),
    ],
)
def test_dates_are_14_digits(date: str, digits: str) -> None:
    assert timestamp(date) == digits


def test_lines_of_a_file(tmp_path: Path) -> None:
    here = Shot(page("here"), b"Here", kind="text/HTML;charset=UTF-8")
    gone = Shot(page("gone"), b"", status="404 Not Found", kind="")
    (tmp_path / "file").write_bytes(warc([here, gone, again(here, timedelta(hours=2))]))
    records = [record for record in walk(tmp_path / "file", []) if record.type in INDEXED]
    lines = [index_line(record, "pages.warc.gz") for record in records]
    keys = [line.split(" ", 2)[:2] for line in lines]
    assert keys == [
        ["example,festival)/whats-on/here", "20261120180000"],
        ["example,festival)/whats-on/gone", "20261120180000"],
        ["example,festival)/whats-on/here", "20261120200000"],
    ]
    first, second, third = (json.loads(line.split(" ", 2)[2]) for line in lines)
    assert first == {
        "url": page("here"),
        "mime": "text/html",
        "status": "200",
        "digest": records[0].digest,
        "length": str(records[0].length),
        "offset": str(records[0].offset),
        "filename": "pages.warc.gz",
    }
    assert (second["status"], "mime" in second) == ("404", False)
    assert (third["mime"], third["digest"]) == ("warc/revisit", first["digest"])
    assert media_type(records[2]) == "warc/revisit"
    assert sorted_index(lines).decode().splitlines() == [lines[1], lines[0], lines[2]]


def test_lines_are_sorted_by_their_bytes() -> None:
    """Searches compare bytes: a parameter stands before a deeper path, whatever a language thinks."""
    assert sorted_index(["b)/ 2", "a)/z 1", "a)/?q 1", "a)/é 1", "a)/ 2", "a)/ 1"]) == (
        "a)/ 1\na)/ 2\na)/?q 1\na)/z 1\na)/é 1\nb)/ 2\n".encode()
    )
