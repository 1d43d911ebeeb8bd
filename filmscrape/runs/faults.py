"""What may be wrong with what earlier runs left behind.

Apart from what reads it: commands answer these with one line, and need nothing else to be listed.
"""

from typing import ClassVar

from filmscrape.runs.outcome import Outcome


class LedgerUnusable(Exception):  # noqa: N818 - named for what is the case
    """The ledger cannot be used as it is; the message says why.

    :ivar outcome: how a command ends that needs it.
    :ivar remedy: what to do next, to be said behind the message.
    """

    outcome: ClassVar[Outcome] = Outcome.INTEGRITY
    remedy: ClassVar[str]


class LedgerDamaged(LedgerUnusable):
    """The file is no ledger, or one that cannot be read.

    :ivar aside: what its name ends in when another takes its place.
    """

    remedy = "scrapy rebuild makes it again from the runs"
    aside = "damaged"


class LedgerOutdated(LedgerUnusable):
    """The file is a ledger of an older version: whole perhaps, and of no use but to make one of this version.

    :ivar aside: what its name ends in when another takes its place.
    """

    remedy = "scrapy rebuild makes it anew from the runs, as the next crawl does"

    def __init__(self, message: str, version: int) -> None:
        super().__init__(message, version)  # with both it comes whole out of another process
        self.aside = f"version-{version}"

    def __str__(self) -> str:
        return str(self.args[0])


class LedgerTooNew(LedgerUnusable):
    """The file is a ledger of a newer version: nobody but the program that made it may touch it."""

    outcome = Outcome.USAGE
    remedy = "nothing was changed: use the version of filmscrape that made it, or a newer one"


class RunUnreadable(OSError):  # noqa: N818 - named for what is the case
    """What a run left cannot be read: it is damaged, and no disk that cannot be written."""
