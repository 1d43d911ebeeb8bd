"""The event pages that a run came to know, and what became of each."""

from collections import Counter
from collections.abc import Iterator

HELD = frozenset({"max_events", "only", "not_upcoming", "older_capture"})


class Worklist:
    """Distinct event URLs by fate, so that none is asked for twice and none is lost uncounted.

    A URL is *held* for one of the reasons in :data:`HELD` (it stays unasked unless something found later
    releases it), or ``asked``. What was asked ends as ``fetched``, ``failed``, ``moved`` or ``same_page``;
    one that is still ``asked`` when the run ends was lost.
    """

    def __init__(self) -> None:
        self._fates: dict[str, str] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(self._fates)

    def __len__(self) -> int:
        return len(self._fates)

    def hold(self, url: str, reason: str) -> bool:
        """Note a URL that is not to be fetched for now; false for one that was asked for already."""
        if not self._is_open(url):
            return False
        self.note(url, reason)
        return True

    def claim(self, url: str) -> bool:
        """Take a URL to be asked for: true once in its life."""
        if not self._is_open(url):
            return False
        self.note(url, "asked")
        return True

    def settle(self, url: str, fate: str) -> None:
        """Note what became of a URL that was asked for."""
        self.note(url, fate)

    def note(self, url: str, fate: str) -> None:
        """Note a fate, whatever it was before."""
        self._fates[url] = fate

    def fates(self) -> Counter[str]:
        """Count the URLs by fate."""
        return Counter(self._fates.values())

    def _is_open(self, url: str) -> bool:
        fate = self._fates.get(url)
        return fate is None or fate in HELD
