"""What went wrong with a request, in one line of words."""

import pytest
from scrapy import exceptions

from filmscrape.spiders.failures import describe


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (exceptions.CannotResolveHostError("x"), "DNS lookup failed"),
        (exceptions.DownloadConnectionRefusedError("x"), "connection refused"),
        (exceptions.DownloadTimeoutError("x"), "no answer in time"),
        (exceptions.ResponseDataLossError("x"), "the answer was cut off"),
        (exceptions.DownloadCancelledError("x"), "the answer is larger than DOWNLOAD_MAXSIZE"),
        (
            exceptions.IgnoreRequest("Ignored: its body exceeded DOWNLOAD_MAXSIZE (16 B) during decompression"),
            "the answer is larger than DOWNLOAD_MAXSIZE",
        ),
        (exceptions.IgnoreRequest("forbidden by robots.txt"), "forbidden by robots.txt"),
        (
            exceptions.DownloadFailedError("[<twisted.python.failure.Failure twisted.ConnectionDone: closed.>]"),
            "connection lost: twisted.ConnectionDone: closed.",
        ),
        (exceptions.DownloadFailedError("[('SSL routines', 'certificate verify failed')]"),
         "the host's certificate cannot be verified"),
        (ValueError("two\nlines " + "and more " * 100), None),
    ],
)  # fmt: skip
def test_describe(fault: Exception, words: str | None) -> None:
    found = describe(fault)
    assert "\n" not in found
    assert len(found) < 400
    assert found == words if words else found.startswith("ValueError: two lines and more")
