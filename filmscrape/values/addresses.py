"""Addresses as the contract wants them: nothing in them that an address may not hold, or that shows as another one."""

import re
from urllib.parse import quote

# White space, controls, bidi overrides, embeddings and isolates, the byte order mark, noncharacters; lone surrogates.
_UNFIT = re.compile("[\\s\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff\ufffe\uffff]")
_BREAKS = frozenset("\t\n\r")
_AROUND = "".join(map(chr, range(33)))  # C0 controls and the space


def bare(address: str) -> str:
    """An address without what browsers leave out around one (WHATWG URL, 4.4)."""
    return address.strip(_AROUND)


def escaped(address: str) -> str:
    """An address as a browser asks for it: its breaks left out, other unfit signs percent-encoded.

    It leads where it led, because servers know no other form of these signs; the rest stays as the page has it.
    """
    if address.isascii() and address.isprintable() and " " not in address:
        return address
    return _UNFIT.sub(_code, address)


def _code(found: re.Match[str]) -> str:
    sign = found.group()
    if sign in _BREAKS:
        return ""
    return quote("\ufffd" if "\ud800" <= sign <= "\udfff" else sign)  # no encoding carries half a surrogate pair
