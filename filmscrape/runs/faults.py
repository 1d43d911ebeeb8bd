"""What may be wrong with what earlier runs left behind.

Apart from what reads it: commands answer these with one line, and need nothing else to be listed.
"""


class LedgerDamaged(Exception):  # noqa: N818 - named for what is the case
    """The file is no ledger, or one that cannot be read; the message says why."""


class RunUnreadable(OSError):  # noqa: N818 - named for what is the case
    """What a run left cannot be read: it is damaged, and no disk that cannot be written."""
