"""Tell a watching service (Healthchecks and the like) that a run began and how it ended.

The address is a secret: whoever knows it can say that all is well. It comes from the environment, and nothing that is
printed, logged or written down names it or a part of it.
"""

import logging
import os
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPException
from ssl import SSLError
from threading import Thread
from typing import Any, Self
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit, urlunsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from filmscrape import __version__
from filmscrape.logs import logfmt
from filmscrape.runs.outcome import Outcome

logger = logging.getLogger(__name__)

PING_URL = "FILMSCRAPE_PING_URL"
"""The environment variable with the address."""
TIMEOUT = 10.0
"""Seconds that a ping may take, all in all; a run waits twice as long at most."""


class Ping:
    """``<url>/start`` before a run; after it ``<url>`` for exit code 0, and ``<url>/<exit code>`` for any other.

    No failure of the service is one of the run: it costs a warning, and :data:`TIMEOUT` at most.

    :param url: the service's address; without one nothing is sent.
    :param timeout: seconds that one ping may take.
    """

    def __init__(self, url: str, timeout: float = TIMEOUT) -> None:
        self._url = url.strip()
        self._timeout = timeout
        if self._url and not _is_usable(self._url):
            logger.warning("%s", logfmt("ping not sent", reason="no usable http(s) address", next=f"set {PING_URL}"))
            self._url = ""

    @classmethod
    def from_environment(cls) -> Self:
        """Build what the environment asks for."""
        return cls(os.environ.get(PING_URL, ""))

    def around(self, run: Callable[[], int]) -> int:
        """Send a ping, run, and send another that says how it went.

        :param run: gives the exit code; where it raises, :attr:`Outcome.FAULT` is sent.
        :return: the exit code.
        """
        self._send("start")
        code = int(Outcome.FAULT)
        try:
            code = run()
        finally:
            with suppress(KeyboardInterrupt):  # the run is over, its exit code stands
                self._send(str(code) if code else "")
        return code

    def _send(self, what: str) -> None:
        """Ask for the address in a thread: a name server that is silent knows no timeout."""
        if not self._url:
            return
        failures: list[str] = []
        asking = Thread(target=self._ask, args=(_below(self._url, what), failures), name="ping", daemon=True)
        asking.start()
        asking.join(self._timeout)
        if asking.is_alive():
            failures = [f"no answer in {self._timeout:g} s"]
        for reason in failures:
            next_step = f"nothing for the run; look at the service, and at {PING_URL}"
            logger.warning("%s", logfmt("ping failed", ping=what or "success", reason=reason, next=next_step))

    def _ask(self, url: str, failures: list[str]) -> None:
        request = Request(url, headers={"User-Agent": f"filmscrape/{__version__}"})
        try:
            build_opener(_NoRedirect).open(request, timeout=self._timeout).close()
        except Exception as fault:  # whatever it is, the run goes on
            failures.append(_reason(fault))


class _NoRedirect(HTTPRedirectHandler):
    """Follows nothing: another address would be told the secret."""

    def redirect_request(self, *_: Any) -> None:
        """Give no request, so that the redirect is an error."""


def _is_usable(url: str) -> bool:
    try:
        parts = urlsplit(url)
        port_is_sound = parts.port != 0  # raises where it is no number
    except ValueError:
        return False
    is_plain = url.isascii() and url.isprintable() and " " not in url and parts.username is None
    return parts.scheme in ("http", "https") and bool(parts.hostname) and port_is_sound and is_plain


def _below(url: str, what: str) -> str:
    """Add a part to the path, before any query."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{what}")) if what else url


def _reason(fault: Exception) -> str:
    """Say what went wrong in words that hold nothing of the address: the text of some exceptions does."""
    if isinstance(fault, HTTPError):
        return f"HTTP {fault.code}" + (", a redirect, which is not followed" if 300 <= fault.code < 400 else "")
    inner = fault.reason if isinstance(fault, URLError) else fault
    if isinstance(inner, TimeoutError):
        return "no answer in time"
    if isinstance(inner, SSLError):
        return f"no secure connection: {inner.reason}"
    if isinstance(inner, OSError) and inner.strerror:
        return inner.strerror
    return "no HTTP answer" if isinstance(inner, (str, HTTPException)) else type(inner).__name__
