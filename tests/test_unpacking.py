"""Packed bodies, whole and not: what stands in them, or why it cannot be had."""

import gzip
import zlib

import pytest

from filmscrape.unpacking import CannotUnpack, Damaged, EndsEarly, TooLarge, gunzip, inflate
from tests.warcs import raw_deflate

TEXT = b"".join(b"line %d of a page\n" % n for n in range(2000))
PACKED = gzip.compress(TEXT, mtime=0)
LIMIT = 2**20
BAD_SUM = PACKED[:-8] + b"\0\0\0\0" + PACKED[-4:]
BAD_LENGTH = PACKED[:-4] + b"\0\0\0\0"
BAD_BLOCK = PACKED[:10] + b"\x07" + PACKED[11:]  # a third kind of block, which deflate has not


@pytest.mark.parametrize(
    ("body", "unpacked"),
    [
        (PACKED, TEXT),
        (PACKED * 3, TEXT * 3),
        (gzip.compress(b"", mtime=0) * 3, b""),
        (gzip.compress(b"", mtime=0) + PACKED, TEXT),
        (PACKED + b"\0\0 padding", TEXT),
        (PACKED + b"\x1f", TEXT),
        (b"", None),
        (b"\x1f", None),
        (TEXT, None),
    ],
)
def test_gzip(body: bytes, unpacked: bytes | None) -> None:
    assert gunzip(body, LIMIT) == unpacked


@pytest.mark.parametrize("members", [1, 2, 3])
def test_limit_is_of_all_members_together(members: int) -> None:
    assert gunzip(PACKED * members, len(TEXT) * members) == TEXT * members
    with pytest.raises(TooLarge, match="the body is too large"):
        gunzip(PACKED * members, len(TEXT) * members - 1)


def test_a_member_that_fills_the_limit_leaves_no_room_for_another() -> None:
    assert gunzip(PACKED + gzip.compress(b"", mtime=0), len(TEXT)) == TEXT
    with pytest.raises(TooLarge):
        gunzip(PACKED + gzip.compress(b"1", mtime=0), len(TEXT))


def test_a_body_of_nothing_but_members_is_given_up() -> None:
    """It would cost the square of their number: minutes for what a site may send."""
    empty = gzip.compress(b"", mtime=0)
    assert gunzip(empty * 4096, LIMIT) == b""
    with pytest.raises(Damaged, match="it has more than 4096 members"):
        gunzip(empty * 4097, LIMIT)


@pytest.mark.parametrize("before", [b"", PACKED])
@pytest.mark.parametrize("end", [2, 9, 30, len(PACKED) // 2, len(PACKED) - 9, len(PACKED) - 8, len(PACKED) - 1])
def test_gzip_that_ends_early(before: bytes, end: int) -> None:
    with pytest.raises(EndsEarly, match="the packed body is cut off"):
        gunzip(before + PACKED[:end], LIMIT)


@pytest.mark.parametrize("before", [b"", PACKED])
@pytest.mark.parametrize("damaged", [BAD_SUM, BAD_LENGTH, BAD_BLOCK])
def test_gzip_that_is_damaged(before: bytes, damaged: bytes) -> None:
    with pytest.raises(Damaged, match=r"the packed body is damaged: ."):
        gunzip(before + damaged, LIMIT)


@pytest.mark.parametrize("behind", [PACKED[:40], BAD_SUM, BAD_BLOCK])
def test_what_lies_behind_the_limit_is_not_looked_at(behind: bytes) -> None:
    with pytest.raises(TooLarge):
        gunzip(PACKED + behind, len(TEXT) - 1)


@pytest.mark.parametrize("packed", [zlib.compress(TEXT), raw_deflate(TEXT)], ids=["framed", "bare"])
def test_deflate(packed: bytes) -> None:
    assert inflate(packed, len(TEXT)) == TEXT
    assert inflate(packed + b" padding", LIMIT) == TEXT
    with pytest.raises(TooLarge, match="the body is too large"):
        inflate(packed, len(TEXT) - 1)
    for end in (0, 1, 2, 40, len(packed) - 1):
        with pytest.raises(EndsEarly, match="the packed body is cut off"):
            inflate(packed[:end], LIMIT)


def test_deflate_that_is_damaged() -> None:
    with pytest.raises(Damaged, match=r"the packed body is damaged: ."):
        inflate(zlib.compress(TEXT)[:-4] + b"\0\0\0\0", LIMIT)
    with pytest.raises(Damaged):
        inflate(b"\x07" + raw_deflate(TEXT)[1:], LIMIT)


def test_whatever_goes_wrong_is_of_one_kind() -> None:
    assert {kind.__base__ for kind in (TooLarge, EndsEarly, Damaged)} == {CannotUnpack}
