"""Pages in a row that could not be had, counted over all workers."""

from filmscrape.fleet.board import Board
from filmscrape.spiders.failures import Refusals

_TOTAL, _BLOCKED = "refusals", "refusals blocked"


class SharedRefusals(Refusals):
    """The project's own count; a page that any worker is given begins it again for all."""

    def __init__(self, most: int, board: Board) -> None:
        super().__init__(most)
        self._board = board

    def add(self, *, blocked: bool) -> bool:
        """Count one more; true once there are too many."""
        self._blocked = self._board.count(_BLOCKED, int(blocked))
        self.total = self._board.count(_TOTAL)
        return self.total >= self._most

    def clear(self) -> None:
        """Begin again."""
        super().clear()
        self._board.recount(_TOTAL, _BLOCKED)
