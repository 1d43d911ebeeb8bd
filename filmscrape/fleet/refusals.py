"""Pages in a row that could not be had, counted over all workers."""

from typing import TYPE_CHECKING

from filmscrape.spiders.failures import Refusals

if TYPE_CHECKING:
    from filmscrape.fleet.keeper import WorkerKeeper

_TOTAL, _BLOCKED = "refusals", "refusals blocked"


class SharedRefusals(Refusals):
    """The project's own count; a page that any worker is given begins it again for all."""

    def __init__(self, most: int, keeper: "WorkerKeeper") -> None:
        super().__init__(most)
        self._keeper = keeper

    def add(self, *, blocked: bool) -> bool:
        """Count one more; true once there are too many."""
        with self._keeper.watched():
            self._blocked = self._keeper.board.count(_BLOCKED, int(blocked))
            self.total = self._keeper.board.count(_TOTAL)
        return self.total >= self._most

    def clear(self) -> None:
        """Begin again."""
        super().clear()
        with self._keeper.watched():
            self._keeper.board.recount(_TOTAL, _BLOCKED)
