"""WARCs as other tools write them, and as accidents leave them."""

import hashlib
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from filmscrape.archive import reader
from filmscrape.archive.captures import Damage, StoredCapture
from filmscrape.archive.reader import read_capture, read_captures, read_records
from tests.warcs import DATE, chunked, digest, http, packed, record

# Like prose, a page packs to a third of its size, and to no less.
PAGES = [
    b"<title>Film %d</title>" % number
    + " ".join(hashlib.sha256(b"%d %d" % (number, word)).hexdigest()[:9] for word in range(150)).encode()
    for number in range(5)
]
RECORDS = [record(http(page), url=f"https://site.test/{number}") for number, page in enumerate(PAGES)]
SIGNED = [
    record(http(page), url=f"https://site.test/{number}", warc_block_digest=digest(http(page)))
    for number, page in enumerate(PAGES)
]

PACKINGS: dict[str, Callable[[list[bytes]], bytes]] = {
    "plain": b"".join,
    "gzip per record": lambda records: b"".join(map(packed, records)),
    "gzip whole": lambda records: packed(b"".join(records)),
    "gzip in blocks": lambda records: b"".join(
        packed(b"".join(records)[at : at + 700]) for at in range(0, len(b"".join(records)), 700)
    ),
}


@pytest.fixture
def warc(tmp_path: Path) -> Path:
    return tmp_path / "other.warc"


def read(path: Path, content: bytes) -> tuple[list[StoredCapture], list[Damage]]:
    path.write_bytes(content)
    damage: list[Damage] = []
    return list(read_captures(path, damage)), damage


def bodies(path: Path, content: bytes) -> tuple[list[bytes], list[int]]:
    """The bodies that can be read, and the offsets of what cannot."""
    captures, damage = read(path, content)
    return [capture.body for capture in captures], [place.offset for place in damage]


# ------------------------------------------------------------------ sound files
@pytest.mark.parametrize("packing", PACKINGS)
@pytest.mark.parametrize("records", [RECORDS, SIGNED], ids=["unsigned", "signed"])
def test_every_packing_gives_the_same_bodies(packing: str, records: list[bytes], warc: Path) -> None:
    assert bodies(warc, PACKINGS[packing](records)) == (PAGES, [])


def test_a_capture_says_all_that_the_record_says(warc: Path) -> None:
    block = http(b"gone", "content-TYPE: text/html", "X-Two: 1", "X-Two: 2", status="404 Not Found")
    ((capture,), damage) = read(warc, packed(record(b"", "warcinfo")) + packed(record(block, warc_record_id="<urn:x>")))
    assert damage == []
    assert capture == StoredCapture(
        url="https://site.test/page/",
        captured_at=datetime(2023, 10, 20, 17, 5, 12, tzinfo=UTC),
        status=404,
        headers=(("content-TYPE", "text/html"), ("X-Two", "1"), ("X-Two", "2")),
        stored_body=b"gone",
        record_id="<urn:x>",
        path=warc,
        offset=len(packed(record(b"", "warcinfo"))),
        revisit=False,
    )


@pytest.mark.parametrize("packing", ["plain", "gzip per record"])
def test_a_capture_is_found_again_by_its_offset(packing: str, warc: Path) -> None:
    captures, _ = read(warc, PACKINGS[packing](RECORDS))
    assert [read_capture(warc, capture.offset) for capture in captures] == captures
    assert read_capture(warc, captures[1].offset + 1) is None
    assert read_capture(warc, warc.stat().st_size) is None


def test_length_is_that_of_the_member(warc: Path) -> None:
    members = [packed(each) for each in RECORDS]
    warc.write_bytes(b"".join(members))
    assert [found.length for found in read_records(warc, [])] == [len(member) for member in members]
    warc.write_bytes(packed(b"".join(RECORDS)))
    assert {found.length for found in read_records(warc, [])} == {0}, "none has a member of its own"


@pytest.mark.filterwarnings("ignore:Unclosed file", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_files_of_warcio(warc: Path) -> None:
    """An independent writer, with its defaults."""
    with warc.open("wb") as file:
        writer = WARCWriter(file, gzip=True, warc_version="WARC/1.0")
        for page in PAGES:
            headers = StatusAndHeaders("200 OK", [("Content-Type", "text/html")], protocol="HTTP/1.0")
            writer.write_record(
                writer.create_warc_record("https://site.test/", "response", payload=BytesIO(page), http_headers=headers)
            )
    damage: list[Damage] = []
    assert [capture.body for capture in read_captures(warc, damage)] == PAGES
    assert damage == []


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"version": "1.0"}, DATE),
        ({"url": "<https://site.test/page/>"}, DATE),
        ({"warc_date": "2023-10-20T17:05:12.987654Z", "version": "1.1"}, DATE),
        ({"warc_date": "2023-10-20T10:05:12-07:00"}, DATE),
        ({"warc_date": "20231020170512"}, None),
        ({"warc_date": "yesterday"}, None),
        ({"warc_date": ""}, None),
    ],
)
def test_writers_differ(fields: dict[str, str], expected: str | None, warc: Path) -> None:
    captures, damage = read(warc, record(http(b"page"), **fields))
    if expected is None:
        assert captures == []
        assert "date" in damage[0].reason
    else:
        assert [(c.url, c.captured_at.strftime("%Y-%m-%dT%H:%M:%SZ")) for c in captures] == [
            ("https://site.test/page/", expected)
        ]
        assert damage == []


def test_line_ends_of_unix(warc: Path) -> None:
    block = b"HTTP/1.1 200 OK\nContent-Type: text/html;\n charset=utf-8\n\npage\r\n\r\nmore"
    head = f"WARC/1.0\nWARC-Type: response\nWARC-Target-URI: http://site.test/\nWARC-Date: {DATE}\nContent-Length: "
    ((capture,), damage) = read(warc, f"{head}{len(block)}\n\n".encode() + block + b"\n\n")
    assert (capture.body, capture.content_type) == (b"page\r\n\r\nmore", "text/html; charset=utf-8")
    assert damage == []


def test_resource_records_are_captures(warc: Path) -> None:
    page = record(b"<p>page</p>", "resource", content_type="text/html")
    ((capture,), _) = read(warc, page + record(b"x", "resource", url="urn:screenshot:https://site.test/"))
    assert (capture.status, capture.content_type, capture.body) == (200, "text/html", b"<p>page</p>")


def test_records_of_other_kinds_are_none(warc: Path) -> None:
    others = [
        record(b"software: x\r\n", "warcinfo"),
        record(b"GET / HTTP/1.1\r\n\r\n", "request"),
        record(b"{}", "metadata"),
        record(b"20231020170512\nsite.test. A 1.2.3.4", url="dns:site.test", content_type="text/dns"),
        record(b"text", "conversion"),
        record(b"PNG", "resource", url="urn:screenshot:https://site.test/", content_type="image/png"),
    ]
    assert read(warc, b"".join(map(packed, others))) == ([], [])


# ------------------------------------------------------------------ chunks
@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        (chunked(b"<p>one", b"</p>"), b"<p>one</p>"),
        (chunked(b"<p>one</p>", end=b"0;last=1\r\nX-Trailer: 1\r\n\r\n"), b"<p>one</p>"),
        (chunked(end=b"0\r\n\r\n"), b""),
        (b"5;name=value\r\n<p>on\r\n00000\r\n\r\n", b"<p>on"),
        (b"<p>one</p>", b"<p>one</p>"),
        (b"12 films\r\nare shown", b"12 films\r\nare shown"),
        (b"12\r\nfilms and still more of them", b"12\r\nfilms and still more of them"),
        (b"", b""),
    ],
)
def test_chunks_are_undone_where_the_bytes_agree(stored: bytes, expected: bytes, warc: Path) -> None:
    assert bodies(warc, record(http(stored, "Transfer-Encoding: Chunked"))) == ([expected], [])


def test_without_the_header_nothing_is_undone(warc: Path) -> None:
    assert bodies(warc, record(http(chunked(b"one")))) == ([chunked(b"one")], [])


@pytest.mark.parametrize("cut", [1, 5, 8, 20])
def test_chunks_that_are_cut_off_are_named(cut: int, warc: Path) -> None:
    stored = chunked(b"<p>one", b"two", b"three and more", end=b"0\r\n")[:-cut]
    captures, damage = read(warc, record(http(stored, "Transfer-Encoding: chunked")))
    assert captures == []
    assert "cut off" in damage[0].reason


# ------------------------------------------------------------------ revisits
def revisit(number: int, body: bytes, *headers: str, status: str = "200 OK", **fields: str) -> bytes:
    block = http(b"", *headers, status=status) if status else b""
    return record(
        block,
        "revisit",
        url=f"https://site.test/{number}",
        warc_date="2024-01-01T00:00:00Z",
        warc_payload_digest=digest(body) if body else "",
        **fields,
    )


@pytest.mark.parametrize("packing", PACKINGS)
def test_revisit_of_a_body_in_the_same_file(packing: str, warc: Path) -> None:
    first = record(http(PAGES[0], "X: 1"), warc_payload_digest=digest(PAGES[0]))
    captures, damage = read(warc, PACKINGS[packing]([first, *RECORDS[1:3], revisit(7, PAGES[0], "X: 2")]))
    assert damage == []
    again = captures[-1]
    assert (again.body, again.revisit, again.url, again.header("x")) == (PAGES[0], True, "https://site.test/7", "2")
    assert again.captured_at.year == 2024


def test_revisit_that_names_no_digest_goes_by_address_and_date(warc: Path) -> None:
    earlier = [
        record(http(page), url="https://site.test/1", warc_date=f"202{n}-10-20T17:05:12Z")
        for n, page in enumerate(PAGES)
    ]
    refers = {"warc_refers_to_target_uri": "https://site.test/1", "warc_refers_to_date": "2022-10-20T17:05:12Z"}
    captures, _ = read(warc, b"".join([*earlier, revisit(7, b"", **refers)]))
    assert captures[-1].body == PAGES[2]


def test_not_modified_has_the_headers_of_the_earlier_answer_updated(warc: Path) -> None:
    first = record(http(packed(PAGES[0]), "Content-Encoding: gzip", "ETag: 1", "Age: 0"), url="https://site.test/1")
    again = revisit(1, b"", "age: 7", status="304 Not Modified", warc_refers_to_date=DATE)
    captures, damage = read(warc, first + again)
    assert damage == []
    assert (captures[1].status, captures[1].revisit, captures[1].body) == (304, True, PAGES[0])
    assert captures[1].headers == (("Content-Encoding", "gzip"), ("ETag", "1"), ("age", "7"))


def test_revisit_without_headers_of_its_own(warc: Path) -> None:
    first = record(http(PAGES[0], "ETag: 1"), warc_payload_digest=digest(PAGES[0]))
    captures, _ = read(warc, first + revisit(7, PAGES[0], status=""))
    assert (captures[1].status, captures[1].headers, captures[1].body) == (200, (("ETag", "1"),), PAGES[0])


def test_revisit_of_what_is_elsewhere(warc: Path) -> None:
    content = revisit(7, PAGES[0], warc_refers_to_target_uri="https://site.test/1", warc_refers_to_date=DATE)
    captures, (place,) = read(warc, content)
    assert captures == []
    assert (place.kind, place.offset) == ("unresolved", 0)
    asked = []
    other = StoredCapture("", datetime.now(UTC), 200, (), PAGES[0], "", warc, 0)

    def resolve(*reference: object) -> StoredCapture:
        asked.append(reference)
        return other

    (capture,) = read_captures(warc, [], resolve)
    assert capture.body == PAGES[0]
    assert asked == [(digest(PAGES[0]), "https://site.test/1", datetime(2023, 10, 20, 17, 5, 12, tzinfo=UTC))]


# ------------------------------------------------------------------ damage
def flipped(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 0x55]) + content[at + 1 :]


@pytest.mark.parametrize("packing", PACKINGS)
@pytest.mark.parametrize("records", [RECORDS, SIGNED], ids=["unsigned", "signed"])
@pytest.mark.parametrize("cut", [5, 50, 150])
def test_a_torn_file_gives_all_whole_records(packing: str, records: list[bytes], cut: int, warc: Path) -> None:
    whole = PACKINGS[packing](records)
    found, damaged = bodies(warc, whole[:-cut])
    assert found[:4] == PAGES[:4]
    assert found[4:] in ([], PAGES[4:]), "the last one is whole, or it is not given"
    assert len(damaged) == (found[4:] == []) or packing != "plain"
    assert damaged or found == PAGES


def test_a_torn_member_is_named_even_where_only_its_checksum_is_missing(warc: Path) -> None:
    content = b"".join(map(packed, SIGNED))
    found, (offset,) = bodies(warc, content[:-4])
    assert found == PAGES, "the record's own digest vouches for it"
    assert offset == len(content) - len(packed(SIGNED[-1]))


@pytest.mark.parametrize("at", [4, 60, 130, -30, -6])
def test_one_damaged_member_costs_one_record(at: int, warc: Path) -> None:
    members = [packed(each) for each in RECORDS]
    members[2] = flipped(members[2], at if at > 0 else len(members[2]) + at)
    found, damaged = bodies(warc, b"".join(members))
    assert found in (PAGES[:2] + PAGES[3:], PAGES)
    assert damaged == [len(members[0]) + len(members[1])] or found == PAGES


def test_a_plain_record_whose_bytes_changed_is_not_given(warc: Path) -> None:
    """No checksum but the record's own digest can tell."""
    content = b"".join(SIGNED)
    at = content.index(b"Film 2") + 5
    captures, damage = read(warc, content[:at] + b"9" + content[at + 1 :])
    assert [capture.body for capture in captures] == PAGES[:2] + PAGES[3:]
    assert "damaged" in damage[0].reason
    assert damage[0].offset == len(b"".join(SIGNED[:2]))


@pytest.mark.parametrize("garbage", [b"garbage", b"\0" * 5000, b"\x1f\x8b\x08 no gzip", b"WARC", b"\xff" * 200_000])
@pytest.mark.parametrize("packing", ["plain", "gzip per record"])
def test_garbage_between_records_is_stepped_over(packing: str, garbage: bytes, warc: Path) -> None:
    first, second = PACKINGS[packing](RECORDS[:2]), PACKINGS[packing](RECORDS[2:])
    between = b"\r\n" + garbage + b"\r\n" if packing == "plain" else garbage
    found, damaged = bodies(warc, first + between + second)
    assert found == PAGES
    assert len(damaged) == 1
    assert len(first) <= damaged[0] <= len(first) + 2


@pytest.mark.parametrize("packing", ["plain", "gzip per record", "gzip whole"])
@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("length", ["30", "100", "2000", "999999999999", "-1", "many", ""])
def test_wrong_content_length(packing: str, signed: bool, length: str, warc: Path) -> None:
    records = SIGNED if signed else RECORDS
    block = http(PAGES[2])
    signature = {"warc_block_digest": digest(block)} if signed else {}
    wrong = record(block, url="https://site.test/2", content_length=length, **signature)
    captures, damage = read(warc, PACKINGS[packing]([*records[:2], wrong, *records[3:]]))
    assert [capture.body for capture in captures] == PAGES
    assert len(damage) == 1
    assert "Content-Length" in damage[0].reason


def test_a_page_that_quotes_a_record_is_one_page(warc: Path) -> None:
    quoting = b"<pre>\r\n\r\n" + record(http(b"inner")) + b"</pre>"
    for packing in ("plain", "gzip per record", "gzip whole"):
        assert bodies(warc, PACKINGS[packing]([record(http(quoting)), RECORDS[0]])) == ([quoting, PAGES[0]], [])


def test_header_without_an_end(warc: Path) -> None:
    endless = b"WARC/1.1\r\n" + b"X-Filler: x\r\n" * 20_000
    found, damaged = bodies(warc, RECORDS[0] + endless + RECORDS[1])
    assert found[0] == PAGES[0]
    assert found[-1] == PAGES[1]
    assert damaged == [len(RECORDS[0])]


@pytest.mark.parametrize("fields", [{"kind": "respXnse"}, {"kind": ""}, {"url": "htt\xf5://site.test/"}, {"url": ""}])
def test_a_header_that_makes_no_sense_is_named(fields: dict[str, str], warc: Path) -> None:
    captures, damage = read(warc, record(http(b"page"), **fields))
    assert captures == []
    assert len(damage) == 1


def test_response_without_status_line(warc: Path) -> None:
    captures, damage = read(warc, record(b"<p>no head</p>") + RECORDS[1])
    assert [capture.body for capture in captures] == [PAGES[1]]
    assert "status line" in damage[0].reason


def test_record_in_segments(warc: Path) -> None:
    captures, damage = read(warc, record(http(b"half"), warc_segment_number="1"))
    assert captures == []
    assert "segments" in damage[0].reason


@pytest.mark.parametrize("packing", ["plain", "gzip per record"])
def test_record_too_large_is_passed_over(packing: str, warc: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MAX_BLOCK", 10_000)
    film = record(http(bytes(300_000)))
    captures, (place,) = read(warc, PACKINGS[packing]([RECORDS[0], film, RECORDS[1]]))
    assert [capture.body for capture in captures] == PAGES[:2]
    assert place.kind == "too_large"


@pytest.mark.parametrize(
    "content", [b"<html>no archive</html>" * 9000, b"\0", b"\x1f", b"WARC", b"WARC/1.1\r\n", b"PK\3\4"]
)
def test_a_file_that_is_no_archive(content: bytes, warc: Path) -> None:
    captures, damage = read(warc, content)
    assert captures == []
    assert [place.offset for place in damage] == [0]


def test_an_empty_file_holds_nothing(warc: Path) -> None:
    assert read(warc, b"") == ([], [])


def test_damage_says_where(warc: Path) -> None:
    _, (place,) = read(warc, RECORDS[0] + b"garbage")
    assert str(place).startswith(f"{warc}: offset {len(RECORDS[0])}: ")


@settings(max_examples=200, deadline=None)
@given(data=st.data(), packing=st.sampled_from(sorted(PACKINGS)))
def test_no_damage_invents_a_page(data: st.DataObject, packing: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whatever happens to the bytes: nothing is raised, what is given was there, and a loss is named.

    A file packed whole has its checksum at the end: what it vouches for is told once all was read.
    """
    content = PACKINGS[packing](SIGNED)
    at = data.draw(st.integers(0, len(content) - 1))
    kind = data.draw(st.sampled_from(["cut", "flip", "insert", "drop"]))
    rest = data.draw(st.binary(min_size=1, max_size=40))
    damaged = {
        "cut": content[:at],
        "flip": flipped(content, at),
        "insert": content[:at] + rest + content[at:],
        "drop": content[:at] + content[at + len(rest) :],
    }[kind]
    path = tmp_path_factory.getbasetemp() / "damaged.warc"
    captures, places = read(path, damaged)
    invented = [capture for capture in captures if capture.stored_body not in PAGES]
    assert not invented or (places and packing in ("gzip whole", "gzip in blocks"))
    if len(captures) < len(PAGES) and len(damaged) not in boundaries(packing):
        assert places


def boundaries(packing: str) -> set[int]:
    """Sizes of files that end exactly behind a record, to the eye of any reader."""
    sizes = {0}
    for n in range(len(SIGNED)):
        size = len(PACKINGS[packing](SIGNED[:n]))
        sizes |= set(range(size - 4, size + 4)) if packing == "plain" else {size}
    return sizes


def test_memory_is_flat_in_the_number_of_records(warc: Path) -> None:
    def peak(records: int) -> int:
        page = http(bytes(range(256)) * 80)
        with warc.open("wb") as file:
            for number in range(records):
                file.write(packed(record(page, url=f"https://site.test/{number}")))
        tracemalloc.start()
        count = sum(1 for _ in read_captures(warc, []))
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert count == records
        return most

    assert peak(1500) < peak(150) + 300_000
