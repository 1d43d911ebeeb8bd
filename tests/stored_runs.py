"""Runs on disk for tests of what keeps them: WARC files written by a library that the program does not use for it."""

import base64
import gzip
import hashlib
import json
import zlib
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from filmscrape.archive.manifest import CHECKSUMS, file_sha256, write_checksums
from filmscrape.runs.folder import new_run_id
from filmscrape.runs.ledger import Ledger
from filmscrape.runs.readings import READINGS, RunFacts, RunNotes, write_readings
from filmscrape.runs.spool import Spool
from filmscrape.runs.stored import LEDGER, StoredRun
from tests.records import PROVENANCE, event

SITE = "https://festival.example"
NOW = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)


def page(slug: str) -> str:
    return f"{SITE}/whats-on/{slug}/"


@dataclass(frozen=True)
class Shot:
    """One answer that a run stores; with ``of``, a revisit that refers to that earlier answer."""

    url: str
    body: bytes
    at: datetime = NOW
    status: str = "200 OK"
    kind: str = "text/html; charset=UTF-8"
    of: "Shot | None" = None
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def id(self) -> str:
        """The same answer always has the same id."""
        return f"<urn:uuid:{uuid5(NAMESPACE_URL, repr((self.url, self.body, self.at, self.status)))}>"

    @property
    def date(self) -> str:
        return self.at.strftime("%Y-%m-%dT%H:%M:%SZ")


def again(shot: Shot, later: timedelta) -> Shot:
    """A revisit of an answer."""
    return Shot(shot.url, shot.body, shot.at + later, shot.status, shot.kind, of=shot)


def warc(shots: Sequence[Shot], extra: bool = True) -> bytes:
    """A WARC file with these answers, a ``warcinfo`` before them and the request of each."""
    out = BytesIO()
    writer = WARCWriter(out, gzip=True, warc_version="WARC/1.1")
    if extra:
        writer.write_record(writer.create_warcinfo_record("pages.warc.gz", {"software": "a test"}))
    for shot in shots:
        headers = [("Content-Type", shot.kind), *shot.headers]
        http = StatusAndHeaders(shot.status, headers, protocol="HTTP/1.1")
        fields = {"WARC-Record-ID": shot.id, "WARC-Date": shot.date}
        if shot.of is None:
            record = writer.create_warc_record(
                shot.url,
                "response",
                payload=BytesIO(shot.body),
                length=len(shot.body),
                http_headers=http,
                warc_headers_dict=fields,
            )
        else:
            digest = digest_of(shot.body)
            fields["WARC-Refers-To"] = shot.of.id
            record = writer.create_revisit_record(shot.url, digest, shot.of.url, shot.of.date, http, fields)
        writer.write_record(record)
        if extra:
            asked = StatusAndHeaders(f"GET {shot.url} HTTP/1.1", [("Host", "festival.example")], is_http_request=True)
            ids = {"WARC-Date": shot.date, "WARC-Concurrent-To": shot.id}
            writer.write_record(
                writer.create_warc_record(shot.url, "request", http_headers=asked, warc_headers_dict=ids)
            )
    return out.getvalue()


def digest_of(body: bytes) -> str:
    return "sha1:" + base64.b32encode(hashlib.sha1(body, usedforsecurity=False).digest()).decode()


@dataclass
class Past:
    """An output directory with runs of one source."""

    output: Path
    source: str = "festival"
    runs: list[StoredRun] = field(default_factory=list)

    @property
    def dataset(self) -> Path:
        return self.output / self.source / "events.jsonl"

    @property
    def ledger(self) -> Path:
        return self.output / self.source / LEDGER

    def add(
        self,
        days_ago: float,
        shots: Sequence[Shot] | None,
        events: dict[str, Shot] | None = None,
        finished: bool = True,
        publish: bool = False,
    ) -> StoredRun:
        """Add a run.

        :param events: slugs of the run's events, with the answer that each was read from.
        :param publish: whether its records join the dataset.
        """
        began = NOW - timedelta(days=days_ago)
        folder = self.output / self.source / "runs" / new_run_id(began)
        folder.mkdir(parents=True)
        if shots is not None:
            (folder / "pages.warc.gz").write_bytes(warc(shots))
        lines = [
            event(
                id=f"{self.source}:{slug}",
                source=self.source,
                title=slug.capitalize(),
                provenance={**PROVENANCE, "run_id": folder.name, "warc_record_id": shot.id if shot else None},
            ).model_dump_json()
            for slug, shot in sorted((events or {}).items())
        ]
        (folder / "events.jsonl").write_text("".join(line + "\n" for line in lines))
        report: dict[str, Any] = {"run_id": folder.name, "started": began.isoformat(), "finished": None}
        if finished:
            report["finished"] = (began + timedelta(hours=1)).isoformat()
        if publish:
            report["published"] = self._publish(folder, lines)
        (folder / "run.json").write_text(json.dumps(report))
        if finished:
            write_checksums(folder)
        run = StoredRun.read(folder)
        self.runs.append(run)
        return run

    def _publish(self, folder: Path, lines: list[str]) -> dict[str, Any]:
        """Join a run to the ledger, and make the dataset of that."""
        spool = Spool(folder / "spool.jsonl")
        for line in lines:
            spool.add(json.loads(line))
        facts = RunFacts(folder.name, is_live=False, is_complete=False)
        write_readings(folder / READINGS, spool, RunNotes(facts))
        spool.remove()
        return self.join(folder)

    def join(self, folder: Path) -> dict[str, Any]:
        """Join a run's readings to the ledger, and publish; the answer is what ``run.json`` says of it."""
        with closing(Ledger(self.ledger)) as ledger, ledger.transaction():
            for _ in ledger.merge(folder / READINGS):
                pass
            self.dataset.write_bytes(b"".join(ledger.lines()))
            published = {"sha256": file_sha256(self.dataset), "bytes": self.dataset.stat().st_size}
            ledger.note_published(folder.name, file_sha256(self.dataset), self.dataset.stat().st_size)
        return published

    def cut_off(self, run: StoredRun) -> StoredRun:
        """Make a run one that was killed after it was joined to the ledger, and before it could say so."""
        (run.path / "run.json").rename(run.path / ".run.json")
        (run.path / "run.json").write_text(json.dumps({"run_id": run.id, "finished": None}))
        (run.path / CHECKSUMS).unlink()
        return StoredRun.read(run.path)


def members(path: Path) -> list[tuple[int, bytes]]:
    """The gzip members of a file: offset, and what each unpacks to."""
    data = path.read_bytes()
    found = []
    offset = 0
    while offset < len(data):
        unzip = zlib.decompressobj(31)
        text = unzip.decompress(data[offset:])
        assert unzip.eof
        found.append((offset, text))
        offset = len(data) - len(unzip.unused_data)
    return found


def rewrite(path: Path, at: int, change: tuple[bytes, bytes]) -> int:
    """Change the text of one gzip member, pack it again, and tell its offset: what no checksum of gzip notices."""
    parts = members(path)
    assert change[0] in parts[at][1]
    packed = [gzip.compress(text.replace(*change, 1) if n == at else text, 6) for n, (_, text) in enumerate(parts)]
    path.write_bytes(b"".join(packed))
    return sum(len(part) for part in packed[:at])
