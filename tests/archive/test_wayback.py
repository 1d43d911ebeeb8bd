"""What is asked of a web archive's index, how its answers are read, and which captures are chosen."""

import json
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filmscrape.archive.wayback import (
    INTERNET_ARCHIVE,
    Index,
    Listed,
    UnreadableIndex,
    halves,
    moment,
    query,
    read_index,
    replay,
    replayed,
    stamp,
    versions,
)

PYWB = "http://127.0.0.1:8080/festivals"
FIRST, LAST = datetime(2022, 9, 1, tzinfo=UTC), datetime(2024, 12, 31, 23, 59, 59, tzinfo=UTC)
PAGE = "https://festival.example/events/here/"
NAMES = ["urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "length"]
KEY = "example,festival)/events/here"


def row(
    timestamp: str = "20231020170512",
    url: str = PAGE,
    kind: str = "text/html",
    status: str = "200",
    digest: str = "AAAA",
) -> list[str]:
    return [KEY, timestamp, url, kind, status, digest, "14172"]


def table(*rows: object, names: list[str] = NAMES) -> bytes:
    """As the Internet Archive prints it: a row a line."""
    return ("[" + ",\n".join(json.dumps(row) for row in (names, *rows)) + "]\n").encode()


def objects(*rows: dict[str, object]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def pywb_row(**changed: object) -> dict[str, object]:
    row = {"urlkey": KEY, "timestamp": "20231020170512", "url": PAGE, "mime": "text/html", "status": "200"}
    return {**row, "digest": "AAAA", "length": "14172", "offset": "0", "filename": "x.warc.gz", **changed}


ONE = Index([Listed("20231020170512", PAGE, "AAAA")], 1, 0, None)


# ------------------------------------------------------------------ addresses
def test_query_says_what_is_wanted() -> None:
    parts = urlsplit(query(INTERNET_ARCHIVE, "festival.example/events/", FIRST, LAST, 5000))
    assert (parts.scheme, parts.netloc, parts.path) == ("https", "web.archive.org", "/cdx/search/cdx")
    assert parse_qsl(parts.query, strict_parsing=True) == [
        ("url", "festival.example/events/"),
        ("matchType", "prefix"),
        ("from", "20220901000000"),
        ("to", "20241231235959"),
        ("filter", "statuscode:200"),
        ("filter", "mimetype:text/html"),
        ("collapse", "digest"),
        ("output", "json"),
        ("limit", "5000"),
        ("showResumeKey", "true"),
    ]


def test_resume_key_is_given_back_as_it_was() -> None:
    key = "example%2Cfestival%29%2Fevents%2Fa+20231020170512"
    asked = query(INTERNET_ARCHIVE, "festival.example/events/", FIRST, LAST, 10, key)
    assert dict(parse_qsl(urlsplit(asked).query))["resumeKey"] == key


@pytest.mark.parametrize(
    ("server", "index", "bytes_of"),
    [
        (INTERNET_ARCHIVE, "https://web.archive.org/cdx/search/cdx?", "https://web.archive.org/web/"),
        ("http://127.0.0.1:9", "http://127.0.0.1:9/cdx/search/cdx?", "http://127.0.0.1:9/web/"),
        (PYWB, "http://127.0.0.1:8080/festivals/cdx?", "http://127.0.0.1:8080/festivals/"),
    ],
)
def test_a_server_is_known_by_its_address(server: str, index: str, bytes_of: str) -> None:
    assert query(server, "festival.example/", FIRST, LAST, 1).startswith(index)
    assert replay(server, Listed("20231020170512", PAGE, "")) == f"{bytes_of}20231020170512id_/{PAGE}"


@pytest.mark.parametrize("server", [INTERNET_ARCHIVE, PYWB])
@pytest.mark.parametrize("url", [PAGE, "http://www.festival.example:80/events/here?page=1&b=http://other.example/"])
def test_address_of_a_capture_tells_time_and_page(server: str, url: str) -> None:
    capture = Listed("20231020170512", url, "")
    assert replayed(replay(server, capture)) == capture


@pytest.mark.parametrize(
    "url",
    [
        PAGE,
        "https://web.archive.org/web/20231020170512/https://festival.example/",  # not the original bytes
        "https://web.archive.org/web/2023id_/https://festival.example/",
        "https://web.archive.org/web/20231399999999id_/https://festival.example/",
        "https://web.archive.org/web/20231020170512id_/ftp://festival.example/",
        "",
    ],
)
def test_other_addresses_are_no_captures(url: str) -> None:
    assert replayed(url) is None


@given(st.datetimes(timezones=st.just(UTC)))
def test_stamps_can_be_read_back(when: datetime) -> None:
    assert len(stamp(when)) == 14
    assert moment(stamp(when)) == when.replace(microsecond=0)


@pytest.mark.parametrize(
    "digits", ["", "2023", "2023102017051", "20230229000000", "20231020246060", "２０２３1020170512", "-0231020170512"]
)
def test_what_is_no_time_is_none(digits: str) -> None:
    assert moment(digits) is None


# ------------------------------------------------------------------ answers
def test_both_forms_of_an_index_say_the_same() -> None:
    assert read_index(table(row())) == ONE
    assert read_index(objects(pywb_row())) == ONE
    assert read_index(f'{KEY} 20231020170512 {{"url": "{PAGE}", "digest": "AAAA"}}'.encode()) == ONE


@pytest.mark.parametrize("nothing", [b"", b"\n", b"[]", b"[]\n", table()])
def test_an_archive_may_have_nothing(nothing: bytes) -> None:
    assert read_index(nothing) == Index([], 0, 0, None)


def test_columns_are_found_by_name_and_others_ignored() -> None:
    names = ["original", "robotflags", "timestamp", "new"]
    assert read_index(table([PAGE, "-", "20231020170512", {"a": 1}], names=names)).captures == [
        Listed("20231020170512", PAGE, "")
    ]
    assert read_index(objects(pywb_row(access="allow", languages=["eng"]))) == ONE


def test_what_is_no_page_is_left_out() -> None:
    rows = [row(status="404"), row(status="-", kind="warc/revisit"), row(kind="application/pdf"), row(kind="unk")]
    assert read_index(table(*rows, row(kind="text/html; charset=UTF-8"))) == ONE._replace(rows=5)


def test_resume_key_stands_behind_an_empty_row() -> None:
    key = "example%2Cfestival%29%2Fevents%2Fa+20231020170512"
    assert read_index(table(row(), [], [key])) == ONE._replace(resume=key)
    assert read_index(json.dumps([[], [key]]).encode()) == Index([], 0, 0, key)
    assert read_index(table(row(), [])) == ONE


@pytest.mark.parametrize(
    "broken",
    [
        row("2023"),
        row("20231341000000"),
        row(url="festival.example/events/here"),
        row(url="ftp://festival.example/"),
        row(url="https://festival.example/a b"),
        row(url=""),
        ["too", "few"],
        "no row",
        None,
        {"timestamp": "20231020170512"},
    ],
)
def test_a_broken_row_costs_itself_and_is_counted(broken: object) -> None:
    assert read_index(table(broken, row())) == ONE._replace(rows=2, broken=1)


@pytest.mark.parametrize(
    "broken", ["{", "}", "text", '{"timestamp": "20231020170512"}', json.dumps({"url": PAGE}), "[]"]
)
def test_a_broken_line_costs_itself_and_is_counted(broken: str) -> None:
    answer = objects(pywb_row()) + broken.encode() + b"\n"
    assert read_index(answer) == ONE._replace(rows=2, broken=1)


def test_a_table_that_is_cut_off_gives_its_whole_rows_and_is_no_whole_answer() -> None:
    whole = table(row(), row("20231021000000", digest="BBBB"))
    for end in range(len(table(row())) + 1, len(whole) - 2):
        index = read_index(whole[:end])
        assert index.captures[0] == ONE.captures[0]
        assert index.broken > 0


def test_a_damaged_line_of_a_table_costs_itself() -> None:
    answer = table(row(), row("20231021000000"), row("20231022000000")).replace(b'"20231021', b'20231021"')
    index = read_index(answer)
    assert [capture.timestamp for capture in index.captures] == ["20231020170512", "20231022000000"]
    assert index.broken == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"<!doctype html><title>Too many requests</title>",
        b"org.archive.util.io.RuntimeIOException: Too many",
        b'{"message": "No such collection"}',
        b"[1, 2",
        table([PAGE], names=["page"]),
        b"\xff\xfe\x00",
    ],
)
def test_another_answer_is_no_index(answer: bytes) -> None:
    with pytest.raises(UnreadableIndex):
        read_index(answer)


@given(st.binary(max_size=200) | st.text(alphabet='[]{}",: \n012ab', max_size=60).map(str.encode))
def test_any_bytes_are_read_or_refused(answer: bytes) -> None:
    try:
        index = read_index(answer)
    except UnreadableIndex:
        return
    assert index.captures == []
    assert index.broken == 0 or index.rows > index.broken


# ------------------------------------------------------------------ choice
def captures(*days_and_digests: tuple[int, str]) -> list[Listed]:
    return [Listed(f"202301{day:02}000000", PAGE, digest) for day, digest in days_and_digests]


@pytest.mark.parametrize(
    ("listed", "chosen"),
    [
        ([], []),
        ([(1, "a")], [(1, "a")]),
        ([(1, "a"), (2, "b"), (3, "c")], [(3, "c"), (2, "b"), (1, "a")]),
        ([(1, "a"), (2, "a"), (3, "a")], [(1, "a")]),  # the nearest to the days of which the page speaks
        ([(1, "a"), (2, "b"), (3, "a"), (4, "a")], [(3, "a"), (2, "b")]),  # what came back is newer than `b`
        ([(1, ""), (2, ""), (3, "a")], [(3, "a"), (2, ""), (1, "")]),  # nobody knows whether they are alike
        ([(1, "a"), (1, "a")], [(1, "a")]),
    ],
)
def test_each_body_once_the_newest_first(listed: list[tuple[int, str]], chosen: list[tuple[int, str]]) -> None:
    assert versions(captures(*listed)) == captures(*chosen)
    assert versions(reversed(captures(*listed))) == captures(*chosen)


@given(st.lists(st.tuples(st.integers(1, 28), st.sampled_from("abc"))))
def test_no_body_is_lost_and_none_doubled(listed: list[tuple[int, str]]) -> None:
    chosen = versions(captures(*listed))
    assert sorted(c.digest for c in chosen) == sorted({digest for _, digest in listed})
    assert [c.timestamp for c in chosen] == sorted((c.timestamp for c in chosen), reverse=True)


@given(st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC)))
def test_halves_hold_every_second(one: datetime, other: datetime) -> None:
    first, last = (when.replace(microsecond=0) for when in sorted((one, other)))
    parts = list(halves(first, last))
    if first == last:
        assert parts == []
        return
    (start, middle), (following, end) = parts
    assert (start, end) == (first, last)
    assert start <= middle < following <= end
    assert (following - middle).total_seconds() == 1
