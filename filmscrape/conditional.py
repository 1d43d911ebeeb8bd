"""Ask for a page only if it is not as it was (RFC 9110, 13): what did not change costs the site next to nothing.

The ledger keeps the validators (``ETag``, ``Last-Modified``) of every page. Scrapy's HTTP cache is not used: it sends
none where an answer said ``no-cache``, and where an answer said nothing it does not ask at all.

A 304 for an event's page goes to the spider, which gives the page's last record again. Any other page is read
again from the archive: listings and calendars are always read.
"""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import HtmlResponse, Response
from scrapy.utils.httpobj import urlparse_cached

from filmscrape import __version__
from filmscrape.archive.captures import StoredCapture, UnreadableCapture
from filmscrape.archive.captures import captured_at as date_of
from filmscrape.archive.recorder import VALIDATED
from filmscrape.runs.keeper import RunKeeper
from filmscrape.runs.ledger import Page
from filmscrape.runs.readings import Answered
from filmscrape.spiders.asking import SPARED
from filmscrape.validation import utc

_NOT_MODIFIED = 304
_KINDS = frozenset({"event", "listing", "series", "calendar", "sitemap"})
_EXTRACTOR = f'"extractor":"filmscrape {__version__}"'.encode()
_IS_PAST = b'"status":"past"'


class ConditionalMiddleware:
    """Downloader middleware that sends validators, and turns a 304 into what it stands for.

    Stands between the spider and ``HttpCompressionMiddleware``: it compares bodies unpacked.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._again_after = timedelta(days=crawler.settings.getfloat("ASK_AGAIN_AFTER_DAYS"))

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build the middleware for a crawl."""
        return cls(crawler)

    @property
    def _keeper(self) -> RunKeeper:
        return RunKeeper.of(self._crawler)

    # ------------------------------------------------------------------ asking
    def process_request(self, request: Request) -> Response | None:
        """Add validators to a request, or answer it where the sitemap says that there is nothing new."""
        for name in ("If-None-Match", "If-Modified-Since"):  # a redirect carries those of another page
            request.headers.pop(name, None)
        request.meta.pop(VALIDATED, None)
        if request.meta.get("kind") not in _KINDS or request.meta.get("unconditional"):
            return None
        known = self._keeper.answers_before.get(path_of(request))
        if known is None:
            return None
        page = self._page(request, known)
        if self._is_spared(request, known, page):
            self._keeper.answers[known.path] = known
            self._keeper.paths[request.meta["event"]] = known.path
            return Response(request.url, _NOT_MODIFIED, flags=[SPARED])
        if (known.etag or known.last_modified) and self._can_be_read_again(known, page):
            if known.etag:
                request.headers["If-None-Match"] = known.etag
            if known.last_modified:
                request.headers["If-Modified-Since"] = known.last_modified
            request.meta[VALIDATED] = known.digest
        return None

    def _page(self, request: Request, known: Answered) -> Page | None:
        """The record of an event's page, if it is that of the body that is asked about."""
        event = request.meta.get("event")
        page = self._keeper.ledger.page(self._keeper.id_of(event)) if event else None
        return page if page is not None and page.body == known.body else None

    def _is_spared(self, request: Request, known: Answered, page: Page | None) -> bool:
        # Where another worker read the sitemap, the request brings its word along.
        lastmod = self._keeper.lastmods.get(request.meta.get("event") or "") or request.meta.get("lastmod")
        if page is None or not lastmod or lastmod != known.lastmod or not _is_current(page):
            return False
        age = datetime.now(UTC) - datetime.fromisoformat(known.at)
        return _IS_PAST in page.line and timedelta() <= age < self._again_after

    def _can_be_read_again(self, known: Answered, page: Page | None) -> bool:
        """Whether a 304 would leave nothing to be wished for: neither a record nor, with a WARC, the body's bytes."""
        archive = self._keeper.archive
        if archive is None:
            return page is not None and _is_current(page)
        return bool(known.digest) and archive.source.known(known.digest) is not None

    # ------------------------------------------------------------------ answers
    def process_response(self, request: Request, response: Response) -> Response | Request:
        """Keep the validators of an answer; read again what is as it was, but for the pages of events."""
        if request.meta.get("kind") not in _KINDS or SPARED in response.flags:
            return response
        if response.status == 200:
            self._keep(request, response, request.meta.get("payload_digest", ""), sha256(response.body).hexdigest())
        elif response.status == _NOT_MODIFIED and VALIDATED in request.meta:
            known = self._keeper.answers_before[path_of(request)]
            page = self._page(request, known)
            if page is None or not _is_current(page):
                return self._read_again(request, response, known)
            self._keep(request, response, known.digest, known.body)
        return response

    def _read_again(self, request: Request, response: Response, known: Answered) -> Response | Request:
        """Give the stored body; where it cannot be read after all, ask for it without conditions."""
        capture = self._stored(known)
        if capture is None:
            meta = {**request.meta, "unconditional": True}
            return request.replace(meta=meta, dont_filter=True)
        body = capture.body
        self._keep(request, response, known.digest, sha256(body).hexdigest())
        headers = {"Content-Type": capture.content_type or "text/html", "Date": response.headers.get("Date") or b""}
        return HtmlResponse(request.url, 200, headers, body, response.flags, request)

    def _stored(self, known: Answered) -> StoredCapture | None:
        archive = self._keeper.archive
        capture = archive.source.resolve(known.digest, None, None) if archive is not None else None
        try:
            return capture if capture is not None and capture.body is not None else None
        except UnreadableCapture:
            return None

    def _keep(self, request: Request, response: Response, digest: str, body: str) -> None:
        """Note with what to ask for the page the next time; a 304 may leave out what did not change."""
        path = path_of(request)
        before = self._keeper.answers_before.get(path) if response.status == _NOT_MODIFIED else None
        known = request.meta.get("captured_at")
        when = datetime.fromisoformat(known) if known else date_of(response.headers.get("Date"))
        self._keeper.answers[path] = Answered(
            path,
            utc(when),
            _header(response, "ETag") or (before.etag if before else ""),
            _header(response, "Last-Modified") or (before.last_modified if before else ""),
            digest,
            body,
        )
        if event := request.meta.get("event"):
            self._keeper.paths[event] = path


def path_of(request: Request) -> str:
    """The path and query of a request: a mirror's pages are those of the site."""
    parts = urlparse_cached(request)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def _header(response: Response, name: str) -> str:
    return (response.headers.get(name) or b"").decode("latin-1")


def _is_current(page: Page) -> bool:
    """Whether a record was read by this version of the program; one of an older version is read again."""
    return _EXTRACTOR in page.line
