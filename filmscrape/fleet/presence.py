"""The presence of the worker that publishes: to gather and publish leaves it no other time to say that it is there."""

from contextlib import suppress
from threading import Event, Thread

from filmscrape.fleet.board import Board
from filmscrape.fleet.server import ServerLost, told


class Presence:
    """Says from a thread that this worker is there and the last one.

    :param lease: seconds for which the board believes it.
    """

    def __init__(self, board: Board, lease: float) -> None:
        self._board, self._every = board, lease / 4
        self._over = Event()
        self._thread = Thread(target=self._go_on, name="presence", daemon=True)
        self._thread.start()

    def _go_on(self) -> None:
        while not self._over.wait(self._every):
            with suppress(ServerLost), told(self._board.url):
                self._board.be_there()
                self._board.be_last()

    def end(self) -> None:
        """Say no more."""
        self._over.set()
        self._thread.join()
