"""Sum up the accounts of all workers: each matter counts once, whoever did it and however often."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from filmscrape.fleet.account import ACCOUNTS, Account, read_accounts

# What a worker notes of an event's address, by how much it says: who was not first says the least that is no reason
# to skip, and what came of the page says most.
_SAYS = {"asked": 1, "same_page": 2, "failed": 3, "moved": 4, "spared": 4, "fetched": 5}


@dataclass
class Sums:
    """What the accounts come to.

    :ivar stats: by the names of :class:`~filmscrape.runs.stats.Stat`.
    :ivar wire: bytes sent and received, by all workers, for what was done twice too.
    :ivar facts: as in an account, of all.
    """

    stats: Counter[str] = field(default_factory=Counter)
    wire: tuple[int, int] = (0, 0)
    facts: dict[str, dict[str, Any]] = field(default_factory=dict)

    def add(self, account: Account) -> None:
        """Take in an account that counts."""
        self.stats.update(account.stats)
        for name, found in account.facts.items():
            known = self.facts.setdefault(name, {})
            for key, value in found.items():
                known[key] = _stronger(name, known[key], value) if key in known else value


def _stronger(name: str, one: Any, other: Any) -> Any:
    """Of two facts the one that stays; of what a site said at two times the later."""
    if name == "venues":
        return min(one, other)  # as one process has it
    return max(one, other, key=lambda fact: _weight(name, fact))


def _weight(name: str, fact: Any) -> Any:
    """What the stronger of two facts has more of; no two that differ have the same, so no order of parts matters."""
    if name == "fates":
        return _SAYS.get(fact, 0), fact
    return (fact["at"], sorted(fact.items())) if name == "answers" else fact


def sum_up(folders: Sequence[Path], take: Callable[[Account], None]) -> Sums:
    """Sum up the parts of a run.

    One account is in memory at a time, and of each matter which account counts.

    :param folders: of the workers.
    :param take: gets each account that counts, for its records and rows.
    :raises OSError: where a part cannot be read.
    """
    sums = Sums()
    best: dict[str, tuple[int, tuple[int, int]]] = {}
    for place, account in _all(folders):
        sums.wire = (sums.wire[0] + account.wire[0], sums.wire[1] + account.wire[1])
        known = best.get(account.matter)
        if known is None or account.worth > known[0]:
            best[account.matter] = (account.worth, place)
    chosen = {place for _, place in best.values()}
    for place, account in _all(folders):
        if place in chosen:
            sums.add(account)
            take(account)
    return sums


def _all(folders: Sequence[Path]) -> Iterator[tuple[tuple[int, int], Account]]:
    for part, folder in enumerate(folders):
        if (folder / ACCOUNTS).exists():
            for number, account in enumerate(read_accounts(folder / ACCOUNTS)):
                yield (part, number), account
