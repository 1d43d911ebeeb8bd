"""Why a request failed, in words for a log line and for ``failed.jsonl``; and when there are too many of them."""

import re
from textwrap import shorten

from scrapy import exceptions

_WORDS: tuple[tuple[type[Exception], str], ...] = (
    (exceptions.CannotResolveHostError, "DNS lookup failed"),
    (exceptions.DownloadConnectionRefusedError, "connection refused"),
    (exceptions.DownloadTimeoutError, "no answer in time"),
    (exceptions.ResponseDataLossError, "the answer was cut off"),
    (exceptions.DownloadCancelledError, "the answer is larger than DOWNLOAD_MAXSIZE"),
)
_NOT_REACHED = (exceptions.CannotResolveHostError, exceptions.DownloadConnectionRefusedError)
_CONNECTING = (exceptions.DownloadFailedError, exceptions.DownloadConnectionRefusedError)
# OpenSSL's words, in both handlers; and the library by which Twisted's compares a certificate's names with the host's.
_UNPROVEN = re.compile(r"certificate verify failed|service_identity\.exceptions")
_WRAPPED = re.compile(r"\[?<twisted\.python\.failure\.Failure |>\]?")


def describe(fault: BaseException | None) -> str:
    """Say in one line what went wrong with a request: in words, else by type and message."""
    if _is_unproven(fault):
        return "the host's certificate cannot be verified, as DOWNLOAD_VERIFY_CERTIFICATES wants"
    for kind, words in _WORDS:
        if isinstance(fault, kind):
            return words
    if "exceeded DOWNLOAD_MAXSIZE" in str(fault):  # found out while unpacking; an `IgnoreRequest` like any other
        return "the answer is larger than DOWNLOAD_MAXSIZE"
    text = shorten(str(fault), 300, placeholder=" …")
    if isinstance(fault, exceptions.IgnoreRequest):
        return text
    if isinstance(fault, exceptions.DownloadFailedError):
        return f"connection lost: {_WRAPPED.sub('', text)}"
    return f"{type(fault).__name__}: {text}"


def is_unreachable(fault: BaseException | None) -> bool:
    """Whether the host could not be reached at all: no such name, nobody who listens, no proof of who answers."""
    return isinstance(fault, _NOT_REACHED) or _is_unproven(fault)


def _is_unproven(fault: BaseException | None) -> bool:
    """Whether a TLS connection was given up over the certificate; aiohttp's handler calls that a refused connection."""
    return isinstance(fault, _CONNECTING) and bool(_UNPROVEN.search(str(fault)))


class Refusals:
    """Pages in a row that could not be had: a site that refuses this many will not give the next one either.

    :param most: how many a run bears.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self.total = self._blocked = 0

    def add(self, *, blocked: bool) -> bool:
        """Count one more; true once there are too many."""
        self.total += 1
        self._blocked += blocked
        return self.total >= self._most

    def clear(self) -> None:
        """Begin again: the site has given a page, or said that there is none."""
        self.total = self._blocked = 0

    @property
    def mostly_blocked(self) -> bool:
        """Whether the site turned the crawler away, rather than failed itself."""
        return self._blocked * 2 >= self.total
