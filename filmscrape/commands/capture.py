"""``scrapy capture``: print the stored page of an event, as the site sent it."""

import argparse
import os
import sys
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

from scrapy.spiderloader import SpiderLoader

from filmscrape.archive.captures import StoredCapture, UnreadableCapture
from filmscrape.commandline import OfflineCommand
from filmscrape.runs.outcome import Outcome
from filmscrape.spiders.base import EventSpider


class Command(OfflineCommand):
    """Print one capture."""

    def syntax(self) -> str:
        """Name the command's arguments."""
        return "[options] <event id | address | record id>"

    def short_desc(self) -> str:
        """Say in one line what the command does."""
        return "Print the stored page of an event, unpacked"

    def long_desc(self) -> str:
        """Say it with an example."""
        return (
            "Print the newest stored page of an event (its id or its address), of any other address that a run asked "
            "for, or of one WARC record (urn:uuid:…). Of an event, answers that are no page (errors, redirects) are "
            "printed only where there is nothing else. Example: scrapy capture festival:some-film --date 2023-10-20"
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add which capture, and how much of it."""
        super().add_options(parser)
        parser.add_argument(
            "--date",
            metavar="DATE",
            type=_end_of,
            help="the newest capture not after this day or time (UTC): 2023-10-20 or 2023-10-20T17:05:12Z",
        )
        parser.add_argument("--headers", action="store_true", help="print where it is, status and headers before it")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Find the capture and print it."""
        from filmscrape.archive.lookup import newest_capture

        if len(args) != 1:
            self.end(Outcome.USAGE, "name one event: its id or its address")
            return
        try:
            found = newest_capture(self.output, self._spiders(), args[0], opts.date)
        except LookupError as unknown:
            self.end(Outcome.USAGE, str(unknown.args[0]))
            return
        except OSError as fault:
            self.end(Outcome.INTEGRITY, f"cannot read {fault.filename}: {fault.strerror or fault}")
            return
        if found is None:
            self.end(Outcome.INTEGRITY, f"the capture of {args[0]} is there, but cannot be read: see scrapy verify")
            return
        try:
            _print(found, found.body, headers=opts.headers)
        except UnreadableCapture as fault:
            self.end(Outcome.INTEGRITY, f"{found.path}: offset {found.offset}: {fault.reason}")
        except BrokenPipeError:  # nobody reads on
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def _spiders(self) -> list[type[EventSpider]]:
        assert self.settings is not None
        loader = SpiderLoader.from_settings(self.settings)
        return [loader.load(name) for name in loader.list()]  # type: ignore[misc]


def _end_of(text: str) -> datetime:
    """Read ``--date``: the moment behind the day, or behind the second."""
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is neither a day nor a time: 2023-10-20") from None
    when = when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC)
    return when + (timedelta(days=1) if len(text) <= len("2023-10-20") else timedelta(seconds=1))


def _print(capture: StoredCapture, body: bytes, *, headers: bool) -> None:
    out = sys.stdout.buffer
    if headers:
        known = capture.status in HTTPStatus._value2member_map_
        lines = [
            f"{capture.path}: offset {capture.offset}",
            f"WARC-Record-ID: {capture.record_id}",
            f"WARC-Target-URI: {capture.url}",
            f"WARC-Date: {capture.captured_at:%Y-%m-%dT%H:%M:%SZ}",
            "",
            f"HTTP/1.1 {capture.status} {HTTPStatus(capture.status).phrase if known else ''}".rstrip(),
            *(f"{name}: {value}" for name, value in capture.headers),
            "",
            "",
        ]
        out.write("\n".join(lines).encode())
    out.write(body)
    out.flush()
