"""Scrapy loads the module of every command and every spider for any command: none may load what only its work needs."""

import subprocess
import sys
from importlib.util import find_spec

import pytest

from tests.crawling import ROOT

# The work of commands, and libraries that only this work needs. Not among them: pydantic, which Scrapy loads itself.
HEAVY = (
    "filmscrape.archive.index",
    "filmscrape.archive.reader",
    "filmscrape.archive.writer",
    "filmscrape.interpret",
    "filmscrape.records",
    "filmscrape.runs.keeper",
    "filmscrape.runs.ledger",
    "fastwarc",
    "isal.igzip",
    "jinja2",
    "multiprocessing",
    "pyarrow",
    "pycountry",
    "rich",
    "sqlite3",
)
KNOWN = "filmscrape.spiders.base"  # every spider needs it: a watch that does not see it sees nothing
# Asked for a module, Python asks this first; the stack tells whether the program wants it, and where.
WATCHED = """
import sys, traceback

class Watch:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name in sys.argv[2].split(","):
            ours = [frame for frame in traceback.extract_stack() if frame.filename.startswith(sys.argv[1])]
            if ours:
                print(name, *(f"{frame.filename}:{frame.lineno}" for frame in ours), file=sys.stderr)

sys.meta_path.insert(0, Watch)
from scrapy.cmdline import execute
execute(["scrapy", *sys.argv[3:]])
"""


@pytest.mark.parametrize("arguments", [["list"], []], ids=["spiders", "commands"])
def test_listing_loads_what_listing_needs(arguments: list[str]) -> None:
    package = f"{ROOT / 'filmscrape'}/"
    line = [sys.executable, "-c", WATCHED, package, ",".join((KNOWN, *HEAVY)), *arguments]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=True)
    found = dict(seen.split(" ", 1) for seen in done.stderr.replace(package, "filmscrape/").splitlines())
    assert found.pop(KNOWN, None), done.stderr
    assert not found, "\n".join(
        [
            f"`{' '.join(['scrapy', *arguments])}` loads what it does not need:",
            *(f"  {name} by {' > '.join(places.split())}" for name, places in found.items()),
            "Of these imports, move one into the function that works with it, or what it wants into a lighter module; "
            "one for annotations only goes under TYPE_CHECKING.",
        ]
    )


@pytest.mark.parametrize("name", [KNOWN, *HEAVY])
def test_what_is_watched_is_there(name: str) -> None:
    """Under another name it would be loaded unseen."""
    assert find_spec(name)
