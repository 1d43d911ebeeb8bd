"""Ledgers in memory, closed when the test that made them is over."""

from filmscrape.runs.ledger import Ledger

_open: list[Ledger] = []


def in_memory() -> Ledger:
    """A ledger without a file."""
    ledger = Ledger(None)
    _open.append(ledger)
    return ledger


def close_all() -> None:
    while _open:
        _open.pop().close()
