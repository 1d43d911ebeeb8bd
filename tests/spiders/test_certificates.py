"""A server of HTTPS has to prove whose it is, and with either settings profile; unless nobody asks it to."""

import os
import ssl
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import trustme

from filmscrape.archive.index import WARC
from filmscrape.archive.reader import read_records
from filmscrape.fixtures import serve
from filmscrape.runs.outcome import Outcome
from tests.crawling import ROOT, SOURCE, bundled_site, command, rows

pytest.importorskip("uvloop")
pytestmark = pytest.mark.long

PROFILES = pytest.mark.parametrize("profile", ["default", "fast"])
HOST = "127.0.0.1"
NOW = datetime.now(UTC)
CERTIFICATES: dict[str, Callable[[trustme.CA], trustme.LeafCert]] = {
    "of an unknown authority": lambda known: trustme.CA().issue_cert(HOST),
    "expired": lambda known: known.issue_cert(
        HOST, not_before=NOW - timedelta(days=9), not_after=NOW - timedelta(days=1)
    ),
    "of another host": lambda known: known.issue_cert("elsewhere.example"),
}


def crawled(
    profile: str, output: Path, known: trustme.CA, certificate: trustme.LeafCert, **settings: object
) -> tuple[str, subprocess.CompletedProcess[str]]:
    """Crawl one event of a server that has a certificate, on a machine that knows one authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    authority = output.parent / "authority.pem"
    known.cert_pem.write_to_path(str(authority))
    environment = {name: value for name, value in os.environ.items() if name != "SCRAPY_SETTINGS_MODULE"}
    quick = {"OUTPUT_DIR": output, "DOWNLOAD_DELAY": 0, "AUTOTHROTTLE_ENABLED": 0, "RETRY_TIMES": 0}
    with serve(bundled_site(), context) as origin:
        done = subprocess.run(
            command(
                *("crawl", SOURCE, "-a", f"base_url={origin}", "-a", "discover=none", "-a", "only=here"),
                **{**quick, "LOG_LEVEL": "ERROR", **settings},
            ),
            cwd=ROOT,
            env={**environment, "SCRAPY_PROJECT": profile, "SSL_CERT_FILE": str(authority)},
            capture_output=True,
            text=True,
        )
    return urlsplit(origin).netloc, done


def first_record(output: Path) -> bytes:
    (warc,) = output.glob(f"{SOURCE}/runs/*/{WARC}")
    return next(iter(read_records(warc, []))).block


@PROFILES
def test_a_server_that_proves_whose_it_is(profile: str, tmp_path: Path) -> None:
    known = trustme.CA()
    _, done = crawled(profile, tmp_path / "output", known, known.issue_cert(HOST))
    assert (done.returncode, done.stderr) == (Outcome.ACCEPTED, "")
    assert len(rows(tmp_path / "output" / SOURCE / "events.jsonl")) == 1
    assert b"certificates:" not in first_record(tmp_path / "output")


@PROFILES
@pytest.mark.parametrize("which", CERTIFICATES)
def test_a_server_that_does_not(profile: str, which: str, tmp_path: Path) -> None:
    known = trustme.CA()
    host, done = crawled(profile, tmp_path / "output", known, CERTIFICATES[which](known))
    assert done.returncode == Outcome.TOO_MANY_FAILED
    (line,) = done.stderr.splitlines()
    assert line == (
        f"scrapy crawl: {host} cannot be reached: the host's certificate cannot be verified, as"
        f" DOWNLOAD_VERIFY_CERTIFICATES wants; {tmp_path / 'output' / SOURCE / 'events.jsonl'} was not written"
    )


@PROFILES
@pytest.mark.parametrize("which", CERTIFICATES)
def test_a_server_that_need_not(profile: str, which: str, tmp_path: Path) -> None:
    known = trustme.CA()
    _, done = crawled(profile, tmp_path / "output", known, CERTIFICATES[which](known), DOWNLOAD_VERIFY_CERTIFICATES=0)
    assert (done.returncode, done.stderr) == (Outcome.ACCEPTED, "")
    assert len(rows(tmp_path / "output" / SOURCE / "events.jsonl")) == 1
    assert b"certificates: not verified\r\n" in first_record(tmp_path / "output"), "who reads the pages is told"
