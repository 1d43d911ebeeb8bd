"""Why a request failed, in words for a log line and for ``failed.jsonl``."""

from scrapy import exceptions

_WORDS: tuple[tuple[type[Exception], str], ...] = (
    (exceptions.CannotResolveHostError, "DNS lookup failed"),
    (exceptions.DownloadConnectionRefusedError, "connection refused"),
    (exceptions.DownloadTimeoutError, "no answer in time"),
    (exceptions.ResponseDataLossError, "the answer was cut off"),
    (exceptions.DownloadCancelledError, "the answer is larger than DOWNLOAD_MAXSIZE"),
)


def describe(fault: BaseException) -> str:
    """Say in one line what went wrong with a request; what has no words of its own is named by type and message."""
    for kind, words in _WORDS:
        if isinstance(fault, kind):
            return words
    text = " ".join(str(fault).split())
    if isinstance(fault, exceptions.IgnoreRequest):
        return text
    if isinstance(fault, exceptions.DownloadFailedError):
        return f"connection lost: {text}"
    return f"{type(fault).__name__}: {text}"
