"""The ping before and after a run: a real server of this machine hears it, and no failure of it is one of the run."""

import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from filmscrape.fixtures import serve
from filmscrape.runs import ping as module
from filmscrape.runs.ping import PING_URL, Ping
from tests.crawling import NO_DELAY, SOURCE, bundled_site, command, environment

SECRET = "5f0c7e1a-secret"


class Watcher(ThreadingHTTPServer):
    """A watching service that answers as it is told, and remembers what it was asked for."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Listening)
        self.heard: list[str] = []
        self.status = 200
        self.location = ""
        self.may_answer = threading.Event()
        self.may_answer.set()

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that did not wait for the answer is what some tests are about."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/{SECRET}"

    @property
    def pings(self) -> list[str]:
        return [path.removeprefix(f"/{SECRET}") for path in self.heard]


class Listening(BaseHTTPRequestHandler):
    server: Watcher

    def do_GET(self) -> None:
        self.server.heard.append(self.path)
        self.server.may_answer.wait(20)
        self.send_response(self.server.status)
        if self.server.location:
            self.send_header("Location", self.server.location)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"OK")

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def watcher() -> Iterator[Watcher]:
    server = Watcher()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.may_answer.set()
    server.shutdown()
    thread.join()
    server.server_close()


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What was logged; nothing of the secret is in it, at any level."""
    lines = [record.getMessage() for record in caplog.records]
    assert not any(SECRET in line or record.exc_info for line, record in zip(lines, caplog.records, strict=True))
    return lines


@pytest.mark.parametrize(("code", "end"), [(0, ""), (10, "/10"), (4, "/4"), (18, "/18")])
def test_before_and_after(code: int, end: str, watcher: Watcher, caplog: pytest.LogCaptureFixture) -> None:
    def run() -> int:
        assert watcher.pings == ["/start"]
        return code

    assert Ping(watcher.url + "/\n").around(run) == code
    assert watcher.pings == ["/start", end or "/"]
    assert warnings(caplog) == []


def test_the_address_stays_as_it_is_after_a_run_that_is_accepted(watcher: Watcher) -> None:
    Ping(watcher.url + "?who=me").around(lambda: 0)
    assert watcher.pings == ["/start?who=me", "?who=me"]


def test_a_run_that_raises_is_told_as_a_fault(watcher: Watcher) -> None:
    def run() -> int:
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        Ping(watcher.url).around(run)
    assert watcher.pings == ["/start", "/1"]


@pytest.mark.parametrize("status", [404, 500])
def test_a_service_that_fails(status: int, watcher: Watcher, caplog: pytest.LogCaptureFixture) -> None:
    watcher.status = status
    assert Ping(watcher.url).around(lambda: 10) == 10
    assert watcher.pings == ["/start", "/10"]
    rest = f'reason="HTTP {status}" next="nothing for the run; look at the service, and at {PING_URL}"'
    assert warnings(caplog) == [f"ping failed ping=start {rest}", f"ping failed ping=10 {rest}"]


def test_the_secret_is_not_taken_elsewhere(watcher: Watcher, caplog: pytest.LogCaptureFixture) -> None:
    watcher.status, watcher.location = 302, f"http://127.0.0.1:{watcher.server_port}/other"
    assert Ping(watcher.url).around(lambda: 0) == 0
    assert watcher.pings == ["/start", ""]
    assert all("HTTP 302, a redirect, which is not followed" in line for line in warnings(caplog))


def test_a_service_that_is_not_there(caplog: pytest.LogCaptureFixture) -> None:
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert Ping(f"http://127.0.0.1:{port}/{SECRET}").around(lambda: 0) == 0
    assert [line.partition(" next=")[0] for line in warnings(caplog)] == [
        'ping failed ping=start reason="Connection refused"',
        'ping failed ping=success reason="Connection refused"',
    ]


def test_a_service_that_is_silent(watcher: Watcher, caplog: pytest.LogCaptureFixture) -> None:
    """It answers no sooner than the test is over."""
    watcher.may_answer.clear()
    assert Ping(watcher.url, timeout=0.1).around(lambda: 0) == 0
    assert len(found := warnings(caplog)) == 2
    assert all("no answer in" in line for line in found)


def test_a_name_server_that_is_silent(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """It knows no timeout of its own."""
    answer = threading.Event()

    def getaddrinfo(*_: object, **__: object) -> None:
        answer.wait(20)
        raise OSError

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    assert Ping(f"https://watch.example/{SECRET}", timeout=0.05).around(lambda: 0) == 0
    answer.set()
    assert ["no answer in 0.05 s" in line for line in warnings(caplog)] == [True, True]


def test_no_answer_in_http(caplog: pytest.LogCaptureFixture) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def babble() -> None:
            for _ in range(2):
                connection, _address = listener.accept()
                with connection:
                    connection.recv(1000)
                    connection.sendall(f"{SECRET}\r\n\r\n".encode())

        thread = threading.Thread(target=babble)
        thread.start()
        assert Ping(f"http://127.0.0.1:{listener.getsockname()[1]}/{SECRET}").around(lambda: 0) == 0
        thread.join()
    assert ['reason="no HTTP answer"' in line for line in warnings(caplog)] == [True, True]


@pytest.mark.parametrize(
    "url",
    [
        SECRET,
        f"file:///{SECRET}",
        f"ftp://127.0.0.1/{SECRET}",
        f"http:///{SECRET}",
        f"http://127.0.0.1:x/{SECRET}",
        f"http://[/{SECRET}",
        f"http://me:{SECRET}@127.0.0.1/",
        f"http://127.0.0.1/{SECRET} x",
        f"http://127.0.0.1/\n{SECRET}",
        f"http://127.0.0.1/é{SECRET}",
    ],
)
def test_an_address_that_is_none(url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(module, "build_opener", lambda *_: pytest.fail("asked"))
    assert Ping(url).around(lambda: 7) == 7
    assert warnings(caplog) == [f'ping not sent reason="no usable http(s) address" next="set {PING_URL}"']


def test_without_an_address_nothing_is_sent(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(module, "build_opener", lambda *_: pytest.fail("asked"))
    monkeypatch.delenv(PING_URL, raising=False)
    assert Ping.from_environment().around(lambda: 3) == 3
    assert warnings(caplog) == []


def test_ctrl_c_while_the_end_is_told_leaves_the_exit_code(monkeypatch: pytest.MonkeyPatch, watcher: Watcher) -> None:
    join = threading.Thread.join

    def interrupted(thread: threading.Thread, timeout: float | None = None) -> None:
        join(thread, timeout)
        if thread.name == "ping" and len(watcher.heard) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(threading.Thread, "join", interrupted)
    assert Ping(watcher.url).around(lambda: 12) == 12


# ------------------------------------------------------------------ a crawl
Crawling = Callable[..., "tuple[int, str]"]


@pytest.fixture
def crawl(tmp_path: Path) -> Crawling:
    """A crawl as a user starts it, with everything logged; the answer is exit code and standard error."""

    def start(url: str, *arguments: str) -> tuple[int, str]:
        line = command("crawl", SOURCE, *arguments, "-L", "DEBUG", OUTPUT_DIR=tmp_path, **NO_DELAY)
        done = subprocess.run(line, cwd=tmp_path, env={**environment(), PING_URL: url}, capture_output=True, text=True)
        assert SECRET not in done.stdout + done.stderr
        for path in tmp_path.rglob("*"):
            assert path.is_dir() or SECRET.encode() not in path.read_bytes()
        return done.returncode, done.stderr

    return start


def test_a_crawl_tells(crawl: Crawling, watcher: Watcher, tmp_path: Path) -> None:
    with serve(bundled_site()) as origin:
        code, _ = crawl(watcher.url, "-a", f"base_url={origin}", "-a", "only=here", "-a", "discover=none")
    assert code == 0
    assert watcher.pings == ["/start", ""]
    assert list(tmp_path.glob("*/runs/*/run.json"))


@pytest.mark.long
def test_a_crawl_that_fails_tells_and_minds_no_deaf_service(crawl: Crawling, watcher: Watcher) -> None:
    watcher.status = 500
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    code, err = crawl(watcher.url, "-a", f"base_url=http://127.0.0.1:{port}")
    assert code == 12
    assert watcher.pings == ["/start", "/12"]
    assert len([line for line in err.splitlines() if " WARNING filmscrape.runs.ping ping failed ping=" in line]) == 2


def test_wrong_usage_is_not_told(crawl: Crawling, watcher: Watcher) -> None:
    code, _ = crawl(watcher.url, "-a", "max_events=-1")
    assert (code, watcher.pings) == (2, [])
