"""Names of requests: the same one for the same thing to do, whoever comes upon it and however often."""

from typing import Any

from scrapy import Request

# What makes another request of the same address: a try after a failure, a step of a redirect, one without conditions.
_STEPS = ("retry_times", "hops", "unconditional")


def name_of(request: Request, fingerprinter: Any) -> str:
    """Name a request: its fingerprint, and for one that passes the filter on purpose the step that makes it another.

    So a request that is given to a second worker leads to the same requests as before, and none is queued twice. Two
    pages that redirect to one address have each its own step there, as without a filter.
    """
    fingerprint: str = fingerprinter.fingerprint(request).hex()
    if not request.dont_filter:
        return fingerprint
    return ":".join([fingerprint, *(str(int(request.meta.get(step, 0))) for step in _STEPS), matter_of(request)])


def matter_of(request: Request) -> str:
    """Name what a request is about: all tries and redirects on the way to one page have the same matter.

    An event's page is its address; another page is the address that was asked for first.
    """
    event = request.meta.get("event")
    return str(event or f"{request.meta.get('kind')} {request.meta.get('asked', request.url)}")
