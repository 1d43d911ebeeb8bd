"""What holds for every test: no proxy, no time zone of the machine's own.

That no test reaches beyond this machine is set in ``pyproject.toml`` (``--allow-hosts``).
"""

import os
import time
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.ledgers import close_all

# A property says something of values, not of seconds: a busy machine must not fail it.
settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")

_PROXIES = ("http_proxy", "https_proxy", "all_proxy")
_PING_URL = "FILMSCRAPE_PING_URL"  # nobody is told of the runs of a test


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--accept",
        action="store_true",
        help="write what the code gives into the fixtures' expected.json, and fail where that changes something",
    )


def pytest_configure() -> None:
    for name in _PROXIES:
        os.environ.pop(name, None)
        os.environ.pop(name.upper(), None)
    os.environ.pop(_PING_URL, None)
    # No test meets another machine: reading the certificates of those that could answer takes 50 ms of every crawl.
    os.environ["SSL_CERT_FILE"] = os.environ["SSL_CERT_DIR"] = os.devnull
    # 14 hours ahead of UTC, so that a test that leans on local time is a day off; set another one to try it.
    os.environ.setdefault("TZ", "Pacific/Kiritimati")
    time.tzset()


@pytest.fixture(autouse=True)
def ledgers_in_memory() -> Iterator[None]:
    """From Python 3.13 on a connection to SQLite that nobody closed is a warning."""
    yield
    close_all()


@pytest.fixture(scope="session")
def accept(pytestconfig: pytest.Config) -> bool:
    """Whether expectations are to be rewritten."""
    return bool(pytestconfig.getoption("--accept"))
