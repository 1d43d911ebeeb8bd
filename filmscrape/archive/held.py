"""Give what an earlier run was given already: a capture of a web archive never changes, so it is asked for once.

That makes reading a web archive resumable: a run that was interrupted, killed or wants more than the last one asks
only for what no run of the source holds yet.
"""

from functools import cached_property
from pathlib import Path

from scrapy import Request
from scrapy.http import HtmlResponse, Response

from filmscrape.archive.index import Entry
from filmscrape.archive.recorder import ArchiveMiddleware
from filmscrape.archive.wayback import replayed

# Scrapy's own word for an answer that came over no wire; the recorder leaves it alone.
_CACHED = "cached"


class HeldCapturesMiddleware(ArchiveMiddleware):
    """Downloader middleware, next to the recorder, that answers for a web archive from the WARCs of earlier runs."""

    @cached_property
    def _held(self) -> dict[str, tuple[Path, Entry]]:
        """The captures of web archives that earlier runs hold, by their address there; of two the later one."""
        archive = self._keeper.archive
        if archive is None:
            return {}
        found = archive.source.find(lambda entry: entry.status == 200 and replayed(entry.url) is not None)
        return {entry.url: (warc, entry) for warc, entry in found}

    def process_request(self, request: Request) -> Response | None:
        """Answer a request for a capture that is held; ``None`` lets it go to the web archive."""
        if request.meta.get("kind") != "capture" or request.url not in self._held:
            return None
        warc, entry = self._held[request.url]
        archive = self._keeper.archive
        capture = archive.source.read(warc, entry) if archive is not None else None
        if capture is None:  # damaged, or thinned out in the meantime
            return None
        headers: dict[str, list[str]] = {}
        for name, value in capture.headers:
            headers.setdefault(name, []).append(value)
        request.meta["held_record_id"] = capture.record_id
        return HtmlResponse(request.url, capture.status, headers, capture.stored_body, flags=[_CACHED])

    def process_response(self, request: Request, response: Response) -> Response:
        """Name the record of the earlier run (the recorder, which comes first, names its own only)."""
        record_id = request.meta.pop("held_record_id", None)
        if record_id is not None and _CACHED in response.flags:
            request.meta["warc_record_id"] = record_id
        return response
