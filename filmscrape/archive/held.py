"""Give again what an earlier run was given: such answers cost the site nothing.

Two kinds of answers are held. A capture of a web archive never changes, so it is asked for once in a source's life. And
what a run was answered that did not come to its end is what the next one begins with
(:func:`~filmscrape.runs.resume.resumable`): its WARC is its journal.
"""

from collections.abc import Iterator
from contextlib import suppress
from functools import cached_property
from http import HTTPStatus
from pathlib import Path

from scrapy import Request
from scrapy.http import HtmlResponse, Response

from filmscrape.archive.captures import StoredCapture, UnreadableCapture
from filmscrape.archive.index import Entry, read_entries
from filmscrape.archive.recorder import GIVEN_AT, VALIDATED, ArchiveMiddleware
from filmscrape.archive.wayback import replayed
from filmscrape.pages.blocked import EMPTY, blocked_reason
from filmscrape.runs.stats import Stat

# Scrapy's own word for an answer that came over no wire; the recorder leaves it alone.
_CACHED = "cached"
RESUMED = "resumed"
"""Flag of an answer that an interrupted run was given."""
# Answers that stand. What is missing here, an error of the server's, a refusal, is asked for again.
_FINAL = frozenset({200, 301, 302, 303, 304, 307, 308, 404, 410})

Held = tuple[Path, Entry]


class HeldCapturesMiddleware(ArchiveMiddleware):
    """Downloader middleware, next to the recorder, that answers from the WARCs of earlier runs.

    The answers of an interrupted run pass the recorder as new ones do, so that this run's own WARC is whole: their
    bodies are there already, and cost a few lines.
    """

    @cached_property
    def _captures(self) -> dict[str, Held]:
        """The captures of web archives that earlier runs hold, by their address there; of two the later one."""
        archive = self._keeper.archive
        if archive is None:
            return {}
        found = archive.source.find(lambda entry: entry.status == 200 and replayed(entry.url) is not None)
        return {entry.url: (warc, entry) for warc, entry in found}

    @cached_property
    def _journal(self) -> dict[str, Held]:
        """What the interrupted runs were answered, by address; of two answers the later one."""
        return {
            entry.url: (warc, entry)
            for warc, entry in self._answers()
            if entry.status in _FINAL or (entry.kind == "revisit" and not entry.status)
        }

    def _answers(self) -> Iterator[Held]:
        for run in self._keeper.resumed:
            for warc in run.warcs:
                with suppress(OSError):  # what cannot be read is asked for again
                    yield from ((warc, entry) for entry in read_entries(warc))

    def process_request(self, request: Request) -> Response | None:
        """Answer a request whose answer is held; ``None`` lets it go to the site."""
        if request.meta.get("kind") == "capture" and request.url in self._captures:
            held = self._captures[request.url]
            capture = self._read(held)
            if capture is not None:
                request.meta["held_record_id"] = capture.record_id
                return _response(request, capture, [_CACHED])
        # Each once: whoever asks a second time wants to know how it is now.
        journaled = self._journal.pop(request.url.partition("#")[0], None)
        capture = self._read(journaled) if journaled is not None and request.method == "GET" else None
        if capture is None or journaled is None or _is_blocked(capture, request.meta.get("kind")):
            return None
        if capture.status == HTTPStatus.NOT_MODIFIED and request.meta.get(VALIDATED) != journaled[1].digest:
            return None  # "as before" of what this run does not ask about
        request.meta[GIVEN_AT] = capture.captured_at.isoformat()
        response = _response(request, capture, [RESUMED])
        self._crawler.stats.inc_value(Stat.RESUMED)
        self._crawler.stats.inc_value(Stat.RESUMED_BYTES, len(response.body))
        return response

    def _read(self, held: Held) -> StoredCapture | None:
        """Read a held answer; ``None`` where it is damaged, or was thinned out in the meantime."""
        archive = self._keeper.archive
        return archive.source.read(*held) if archive is not None else None

    def process_response(self, request: Request, response: Response) -> Response:
        """Name the record of the earlier run (the recorder, which comes first, names its own only)."""
        record_id = request.meta.pop("held_record_id", None)
        if record_id is not None and _CACHED in response.flags:
            request.meta["warc_record_id"] = record_id
        return response


def _is_blocked(capture: StoredCapture, kind: str | None) -> bool:
    """Whether an answer stood in the place of a page: a challenge may be over by now."""
    try:
        reason = blocked_reason(capture.body, {name.lower(): value for name, value in capture.headers}, capture.status)
    except UnreadableCapture:
        return True
    return reason is not None and not (reason == EMPTY and kind == "robots")  # which says that all is allowed


def _response(request: Request, capture: StoredCapture, flags: list[str]) -> Response:
    headers: dict[str, list[str]] = {}
    for name, value in capture.headers:
        headers.setdefault(name, []).append(value)
    # An answer that said "as before" says so again; its body is not its own.
    body = b"" if capture.status == HTTPStatus.NOT_MODIFIED else capture.stored_body
    return HtmlResponse(request.url, capture.status, headers, body, flags=flags)
