"""What went wrong with a request, in one line of words."""

import pytest
from scrapy import exceptions

from filmscrape.spiders.failures import Refusals, describe, is_unreachable

UNPROVEN = "the host's certificate cannot be verified, as DOWNLOAD_VERIFY_CERTIFICATES wants"


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
        (exceptions.DownloadFailedError("[('SSL routines', 'certificate verify failed')]"), UNPROVEN),
        (exceptions.DownloadConnectionRefusedError("Cannot connect: [SSL] certificate verify failed: x"), UNPROVEN),
        (exceptions.DownloadFailedError("[<twisted.python.failure.Failure service_identity.exceptions.Ver…"), UNPROVEN),
        (exceptions.IgnoreRequest("certificate verify failed"), "certificate verify failed"),
        (ValueError("two\nlines " + "and more " * 100), None),
    ],
)  # fmt: skip
def test_describe(fault: Exception, words: str | None) -> None:
    found = describe(fault)
    assert "\n" not in found
    assert len(found) < 400
    assert found == words if words else found.startswith("ValueError: two lines and more")


@pytest.mark.parametrize(
    ("fault", "unreachable"),
    [
        (exceptions.CannotResolveHostError("x"), True),
        (exceptions.DownloadConnectionRefusedError("x"), True),
        (exceptions.DownloadFailedError("[('SSL routines', 'certificate verify failed')]"), True),
        (exceptions.DownloadFailedError("service_identity.exceptions.VerificationError"), True),
        (exceptions.DownloadTimeoutError("x"), False),
        (exceptions.ResponseDataLossError("x"), False),
        (exceptions.DownloadFailedError("reset"), False),
        (None, False),
    ],
)
def test_a_host_that_breaks_off_was_reached(fault: Exception | None, unreachable: bool) -> None:
    assert is_unreachable(fault) is unreachable


def test_so_many_refusals_in_a_row_are_too_many() -> None:
    refusals = Refusals(3)
    assert [refusals.add(blocked=True), refusals.add(blocked=False)] == [False, False]
    refusals.clear()
    assert [refusals.add(blocked=False) for _ in range(3)] == [False, False, True]
    assert not refusals.mostly_blocked


@pytest.mark.parametrize(("blocked", "mostly"), [((True, True), True), ((True, False), True), ((False, False), False)])
def test_who_is_to_blame_is_what_most_of_them_say(blocked: tuple[bool, ...], mostly: bool) -> None:
    refusals = Refusals(2)
    for one in blocked:
        refusals.add(blocked=one)
    assert refusals.mostly_blocked is mostly
