"""Why a request failed, in words for a log line and for ``failed.jsonl``."""

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
_WRAPPED = re.compile(r"\[?<twisted\.python\.failure\.Failure |>\]?")


def describe(fault: BaseException | None) -> str:
    """Say in one line what went wrong with a request: in words, else by type and message."""
    for kind, words in _WORDS:
        if isinstance(fault, kind):
            return words
    if "exceeded DOWNLOAD_MAXSIZE" in str(fault):  # found out while unpacking; an `IgnoreRequest` like any other
        return "the answer is larger than DOWNLOAD_MAXSIZE"
    text = shorten(str(fault), 300, placeholder=" …")
    if isinstance(fault, exceptions.IgnoreRequest):
        return text
    if "certificate verify failed" in text:
        return "the host's certificate cannot be verified"
    if isinstance(fault, exceptions.DownloadFailedError):
        return f"connection lost: {_WRAPPED.sub('', text)}"
    return f"{type(fault).__name__}: {text}"
