"""Packed bodies that break off."""

import gzip
import zlib

import pytest

from filmscrape.packed import is_cut_off

TEXT = b"".join(b"line %d of a page\n" % n for n in range(20_000))
PACKED = gzip.compress(TEXT, mtime=0)
LIMIT = 16 * 2**20


@pytest.mark.parametrize(
    "body", [PACKED, PACKED * 3, PACKED + b"\0\0", gzip.compress(b"", mtime=0), b"", b"plain text", TEXT]
)
def test_whole(body: bytes) -> None:
    assert not is_cut_off(body, LIMIT)


@pytest.mark.parametrize("end", [2, 9, 30, len(PACKED) // 2, len(PACKED) - 9, len(PACKED) - 1])
def test_cut_off(end: int) -> None:
    assert is_cut_off(PACKED[:end], LIMIT)
    assert is_cut_off(PACKED + PACKED[:end], LIMIT)


def test_damaged() -> None:
    middle = len(PACKED) // 2
    assert is_cut_off(PACKED[:middle] + bytes(50) + PACKED[middle + 50 :], LIMIT)
    assert is_cut_off(PACKED[:-8] + zlib.crc32(b"other").to_bytes(4, "little") + PACKED[-4:], LIMIT)


def test_too_large_is_for_others_to_say() -> None:
    assert not is_cut_off(PACKED[:-1], len(TEXT) // 2)
