"""One server for the tests of a module; each finds it empty."""

from collections.abc import Iterator

import pytest

from tests.fleet.fleets import Server, valkey


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server."""
    with valkey(tmp_path_factory.mktemp("valkey")) as server:
        yield server


@pytest.fixture
def server(running: Server) -> Server:
    """The server, empty."""
    running.client.flushall()
    return running
