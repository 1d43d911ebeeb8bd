"""Pack a run as WACZ 1.1.1 (https://specs.webrecorder.net/wacz/1.1.1/): one file that a replay viewer opens.

============================  =============================================================================
``archive/pages.warc.gz``     the run's captures, byte for byte
``archive/referred.warc.gz``  captures of other runs that revisits of this run refer to, byte for byte; only where
                              there are any
``indexes/index.cdxj``        where each capture is, as wabac.js (ReplayWeb.page) looks for it
``indexes/index.cdx.gz``      the same under the name and in the form that pywb looks for
``pages/pages.jsonl``         the pages of events, by id
``datapackage.json``          what is in the package, with checksums
``datapackage-digest.json``   the checksum of that
============================  =============================================================================

All files are stored as they are, so that a viewer can read parts of them. The same run gives the same bytes, with
the same version of zlib.
"""

import gzip
import hashlib
import io
import json
import os
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from filmscrape import __version__
from filmscrape.archive.cdxj import INDEXED, index_line, media_type, sorted_index, timestamp
from filmscrape.archive.manifest import Fault
from filmscrape.archive.members import Flaw, WarcRecord, walk
from filmscrape.runs.stored import PARTS, StoredRun

VERSION = "1.1.1"
REFERRED = "referred.warc.gz"
_OLDEST = datetime(1980, 1, 1, tzinfo=UTC)  # a zip file knows no earlier time
_BLOCK = 1 << 20


class CannotPack(Exception):  # noqa: N818 - named for what is the case
    """A run that cannot be packed.

    :ivar faults: what is wrong with its files; empty where it only has nothing to pack.
    """

    def __init__(self, message: str, faults: Iterable[Fault] = ()) -> None:
        super().__init__(message)
        self.faults = list(faults)


@dataclass
class Packed:
    """What went into a package.

    :ivar captures: lines of the index.
    :ivar pages: pages of events.
    :ivar referred: captures of other runs that revisits of this one refer to.
    :ivar unresolved: revisits whose body is in no run that is here: a viewer cannot show them.
    :ivar torn: bytes of a torn record at the end of a run that was killed; they are left out.
    """

    captures: int = 0
    pages: int = 0
    referred: int = 0
    unresolved: int = 0
    torn: int = 0


def pack(run: StoredRun, others: list[StoredRun], target: Path) -> Packed:
    """Pack a run.

    :param run: the run; of one that was killed, the whole records.
    :param others: the other runs of the source, the oldest first, where revisits of this one may lead to.
    :param target: the file to write; replaced at one stroke.
    :raises CannotPack: it has no captures, or is damaged; nothing is written then.
    :raises OSError: where a file cannot be read or written.
    """
    contents = _Contents(run)
    contents.read()
    referred = _Referred(contents.wanted)
    referred.search(others)
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with draft.open("xb") as file:
            _write(file, run, contents, referred)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, target)
    finally:
        draft.unlink(missing_ok=True)
    return Packed(
        len(contents.lines) + len(referred.found), len(contents.pages), len(referred.found),
        len(contents.wanted) - referred.resolved, contents.torn,
    )  # fmt: skip


# ------------------------------------------------------------------ the run's own captures
def packed_name(warc: Path) -> str:
    """Name a WARC in the package: those of several workers, of a run that never came together, have one name."""
    return f"{warc.parent.name}-{warc.name}" if warc.parent.parent.name == PARTS else warc.name


def _moment(date: str) -> str:
    """A ``WARC-Date`` to the second, as RFC 3339 has it."""
    return datetime.strptime(timestamp(date), "%Y%m%d%H%M%S").strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class _Contents:
    """What the run's own files give."""

    run: StoredRun
    lines: list[str] = field(default_factory=list)
    pages: list[dict[str, str]] = field(default_factory=list)
    ends: dict[Path, int] = field(default_factory=dict)
    """How many bytes of each file are whole records."""
    wanted: dict[tuple[str, str, str], str] = field(default_factory=dict)
    """Captures of other runs that revisits refer to (record, address, 14-digit date) → payload digest."""
    torn: int = 0
    newest: str = ""

    def read(self) -> None:
        """Read files and records.

        :raises CannotPack: where nothing is there, or something is wrong.
        """
        if not self.run.warcs:
            raise CannotPack(f"run {self.run.id} kept no pages")
        titles = self._titles()
        captured: dict[str, tuple[str, str]] = {}
        held: set[tuple[str, str]] = set()
        for warc in self.run.warcs:
            for record in self._records(warc):
                self.newest = max(self.newest, _moment(record.date))
                self.lines.append(index_line(record, packed_name(warc)))
                if record.id in titles or (not titles and _is_page(record)):
                    captured[record.id] = (record.url, _moment(record.date))
                if record.type == "revisit":
                    self._want(record, held)
                else:
                    held |= {(record.id, ""), (record.url, timestamp(record.date))}
        if not self.lines:
            raise CannotPack(f"run {self.run.id} holds no captures")
        for record_id, named in (titles or {record_id: {} for record_id in captured}).items():
            if record_id in captured:
                url, moment = captured[record_id]
                self.pages.append({"id": record_id, **named, "url": url, "ts": moment})

    def _records(self, warc: Path) -> Iterator[WarcRecord]:
        flaws: list[Flaw] = []
        faults = []
        for record in walk(warc, flaws):
            faults += [Fault(warc, f"offset {record.offset}", fault) for fault in record.faults]
            if record.type in INDEXED:
                yield record
        self.ends[warc] = warc.stat().st_size
        for flaw in flaws:
            if flaw.torn and not self.run.is_finished:
                self.ends[warc], self.torn = flaw.offset, flaw.length
            else:
                faults.append(Fault(warc, f"offset {flaw.offset}", flaw.reason))
        if faults:
            raise CannotPack(f"run {self.run.id} is damaged", faults)

    def _titles(self) -> dict[str, dict[str, str]]:
        """Read the ids and titles of the run's events, by the WARC record that each comes from."""
        found: dict[str, dict[str, str]] = {}
        if not self.run.events.is_file():
            return found
        with self.run.events.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                try:
                    event = json.loads(line)
                    record_id = event["provenance"]["warc_record_id"]
                    named = {"id": str(event["id"]), "title": str(event["title"])}
                except (ValueError, KeyError, TypeError):
                    fault = Fault(self.run.events, f"line {number}", "no record")
                    raise CannotPack(f"run {self.run.id} is damaged", [fault]) from None
                if record_id:
                    found[str(record_id)] = named
        return found

    def _want(self, record: WarcRecord, held: set[tuple[str, str]]) -> None:
        record_id = record.headers.get("warc-refers-to", "")
        url = record.headers.get("warc-refers-to-target-uri", record.url).strip("<>")
        date = timestamp(record.headers.get("warc-refers-to-date", ""))
        if (record_id, "") not in held and (url, date) not in held:
            self.wanted[record_id, url, date] = record.digest


def _is_page(record: WarcRecord) -> bool:
    return record.http_status == 200 and media_type(record) == "text/html"


# ------------------------------------------------------------------ captures of other runs
@dataclass(frozen=True)
class _Found:
    path: Path
    record: WarcRecord


class _Referred:
    """Finds the captures that revisits refer to, by record, by address and date, else by the body's digest."""

    def __init__(self, wanted: dict[tuple[str, str, str], str]) -> None:
        self._wanted = wanted
        self._exact: dict[tuple[str, str], tuple[str, str, str]] = {}
        for key in wanted:
            record_id, url, date = key
            self._exact |= {(record_id, ""): key} if record_id else {}
            self._exact[url, date] = key
        self._digests = {digest for digest in wanted.values() if digest}
        self.found: list[_Found] = []
        self.resolved = 0

    def search(self, others: list[StoredRun]) -> None:
        """Look in other runs, the newest first, until all is found."""
        exact: dict[tuple[str, str, str], _Found] = {}
        alike: dict[str, _Found] = {}
        for run in reversed(others):
            for warc in run.warcs:
                if len(exact) == len(self._wanted):
                    break
                for record in walk(warc, []):
                    if record.type not in INDEXED or record.type == "revisit" or record.faults:
                        continue
                    found = _Found(warc, record)
                    for mark in ((record.id, ""), (record.url, timestamp(record.date))):
                        if mark in self._exact:
                            exact.setdefault(self._exact[mark], found)
                    if record.digest in self._digests:
                        alike.setdefault(record.digest, found)
        resolved = [exact.get(key) or alike.get(digest) for key, digest in self._wanted.items()]
        self.resolved = sum(found is not None for found in resolved)
        places = {(found.path, found.record.offset): found for found in resolved if found is not None}
        self.found = [places[place] for place in sorted(places)]

    def write(self, out: IO[bytes]) -> list[str]:
        """Copy the records, byte for byte; gives their lines of the index."""
        lines = []
        for found in self.found:
            lines.append(index_line(replace(found.record, offset=out.tell()), REFERRED))
            with found.path.open("rb") as file:
                file.seek(found.record.offset)
                out.write(file.read(found.record.length))
        return lines


# ------------------------------------------------------------------ the package
class _Package:
    """A zip file whose entries are noted with their checksums."""

    def __init__(self, archive: zipfile.ZipFile, created: datetime) -> None:
        self._archive = archive
        self._time = max(created, _OLDEST).timetuple()[:6]
        self.resources: list[dict[str, Any]] = []

    def add(self, path: str, source: IO[bytes], size: int) -> dict[str, Any]:
        """Store the first ``size`` bytes of a file under a path; gives the entry for ``datapackage.json``."""
        entry = zipfile.ZipInfo(path, self._time)
        entry.compress_type = zipfile.ZIP_STORED
        entry.create_system, entry.external_attr = 3, 0o644 << 16  # a plain file, whatever system packs it
        entry.file_size = size
        digest = hashlib.sha256()
        with self._archive.open(entry, "w") as out:
            while size > 0 and (block := source.read(min(_BLOCK, size))):
                size -= len(block)
                digest.update(block)
                out.write(block)
        name = path.rsplit("/", 1)[-1].lower()
        return {"name": name, "path": path, "hash": f"sha256:{digest.hexdigest()}", "bytes": entry.file_size}

    def add_resource(self, path: str, source: IO[bytes], size: int) -> None:
        """Store a file and list it."""
        self.resources.append(self.add(path, source, size))

    def add_bytes(self, path: str, data: bytes) -> dict[str, Any]:
        """Store bytes."""
        return self.add(path, io.BytesIO(data), len(data))


def _write(file: IO[bytes], run: StoredRun, contents: _Contents, referred: _Referred) -> None:
    created = run.ended or datetime.fromisoformat(contents.newest)
    lines = list(contents.lines)
    with zipfile.ZipFile(file, "w") as archive:
        package = _Package(archive, created)
        for warc in run.warcs:
            with warc.open("rb") as source:
                package.add_resource(f"archive/{packed_name(warc)}", source, contents.ends[warc])
        if referred.found:
            with tempfile.SpooledTemporaryFile(_BLOCK) as records:
                lines += referred.write(records)
                size = records.seek(0, io.SEEK_END)
                records.seek(0)
                package.add_resource(f"archive/{REFERRED}", records, size)
        index = sorted_index(lines)
        package.resources.append(package.add_bytes("indexes/index.cdxj", index))
        package.resources.append(package.add_bytes("indexes/index.cdx.gz", gzip.compress(index, mtime=0)))
        package.resources.append(package.add_bytes("pages/pages.jsonl", _pages(contents.pages)))
        about = {
            "profile": "data-package",
            "wacz_version": VERSION,
            "title": f"{run.source}: run {run.id}",
            "created": created.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "software": f"filmscrape {__version__}",
            "resources": package.resources,
        }
        entry = package.add_bytes("datapackage.json", _json(about))
        package.add_bytes("datapackage-digest.json", _json({"path": entry["path"], "hash": entry["hash"]}))


def _pages(pages: list[dict[str, str]]) -> bytes:
    header = {"format": "json-pages-1.0", "id": "pages", "title": "Events"}
    return b"".join(json.dumps(line, ensure_ascii=False).encode() + b"\n" for line in [header, *pages])


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=2).encode() + b"\n"
