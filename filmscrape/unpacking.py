"""Undo gzip and deflate, as servers pack bodies with them, up to a size: a few KB can unpack to gigabytes."""

from isal import isal_zlib

_GZIP = b"\x1f\x8b"
_GZIP_FRAME, _ZLIB_FRAME, _NO_FRAME = 31, 15, -15  # as zlib counts them: the largest window, and what is around it
# A server packs a body as one member, or piece by piece as it comes. What follows a member is copied each time: a body
# of 16 MB that is nothing but empty members would take minutes.
_MOST_MEMBERS = 4096

InflateError: type[Exception] = isal_zlib.error  # type: ignore[assignment]  # isal's types take it for an instance
"""What ISA-L raises where bytes are no stream that it can unpack."""


class CannotUnpack(Exception):  # noqa: N818 - named for what is the case
    """A packed body does not give the bytes that it stands for; the message says why."""


class TooLarge(CannotUnpack):
    """It has more bytes unpacked than it may have."""


class EndsEarly(CannotUnpack):
    """It ends before its stream does."""


class Damaged(CannotUnpack):
    """It breaks the rules of its format, or its checksum is that of other bytes."""


def gunzip(body: bytes, limit: int) -> bytes | None:
    """Unpack the gzip members of a body; what follows the last one and is none plays no part.

    :param limit: bytes that all of them together may have unpacked; one more is unpacked at most.
    :return: ``None`` where the body does not begin as gzip does: some servers say so and send plain text.
    :raises CannotUnpack: and which of its kinds; where a body is too large, what lies behind is not looked at.
    """
    if not body.startswith(_GZIP):
        return None
    pieces: list[bytes] = []
    room = limit + 1
    while body.startswith(_GZIP):
        if len(pieces) == _MOST_MEMBERS:
            raise Damaged(f"the packed body is damaged: it has more than {_MOST_MEMBERS} members")
        piece, body = _unpacked(body, _GZIP_FRAME, room)
        room -= len(piece)
        pieces.append(piece)
    return b"".join(pieces)


def inflate(body: bytes, limit: int) -> bytes:
    """Unpack ``deflate``: in zlib's frame, as RFC 9110 has it, or without, as some servers do.

    :param limit: bytes that it may have unpacked.
    :raises CannotUnpack: and which of its kinds.
    """
    head = int.from_bytes(body[:2])
    is_framed = head >> 8 & 0x0F == 8 and head % 31 == 0  # RFC 1950, 2.2
    return _unpacked(body, _ZLIB_FRAME if is_framed else _NO_FRAME, limit + 1)[0]


def _unpacked(body: bytes, frame: int, room: int) -> tuple[bytes, bytes]:
    """Unpack one stream, which has to have fewer bytes than there is room; with what follows it."""
    unpacker = isal_zlib.decompressobj(frame)
    try:
        piece = unpacker.decompress(body, room)
    except InflateError as fault:
        raise Damaged(f"the packed body is damaged: {fault}") from fault
    if len(piece) >= room:
        raise TooLarge("the body is too large")
    if not unpacker.eof:
        raise EndsEarly("the packed body is cut off")
    return piece, unpacker.unused_data
