"""What a run was made with."""

import platform
from functools import cache
from importlib.metadata import version

from filmscrape import __version__


@cache  # each name costs reading a file
def versions() -> dict[str, str]:
    """Name the versions that decide what a page is read as."""
    return {
        "filmscrape": __version__,
        "python": platform.python_version(),
        **{name: version(name) for name in ("scrapy", "lxml", "pydantic", "tzdata")},
    }
