"""Starting: ``import filmscrape``, and ``scrapy list`` against that of a bare Scrapy project with one spider."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from benchmarks.corpus import workplace
from benchmarks.measure import Row, of_children, ratio

ROOT = Path(__file__).parent.parent
WITHIN = 6.0  # seconds
_SPIDER = """\
import scrapy


class BareSpider(scrapy.Spider):
    name = "bare"
"""
_BARE = {
    "scrapy.cfg": "[settings]\ndefault = bare.settings\n",
    "bare/__init__.py": "",
    "bare/settings.py": 'BOT_NAME = "bare"\nSPIDER_MODULES = ["bare.spiders"]\n',
    "bare/spiders/__init__.py": "",
    "bare/spiders/bare.py": _SPIDER,
}


def rows() -> Iterator[Row]:
    """Processor time."""
    with workplace() as folder:
        for name, text in _BARE.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        python = partial(_run, folder, "-c", "pass")
        importing = partial(_run, ROOT, "-c", "import filmscrape")
        yield _row("import: `import filmscrape`", importing, "Python without it", python, "")
        bare = partial(_run, folder, "-m", "scrapy", "list")
        listing = partial(_run, ROOT, "-m", "scrapy", "list")
        yield _row("import: `scrapy list`", listing, "of a bare project", bare, "≤ 1.5")


def _row(what: str, work: Callable[[], None], floor_name: str, floor: Callable[[], None], goal: str) -> Row:
    found = ratio([(work, floor)], 1, within=WITHIN, clock=of_children)
    floor_ms, ms = found.floor * 1000, found.measured * 1000
    return Row(what, f"{floor_name}, {floor_ms:.0f} ms", f"{ms:.0f} ms", str(found), goal, found.watch)


def _run(folder: Path, *arguments: str) -> None:
    hidden = ("SCRAPY_SETTINGS_MODULE", "SCRAPY_PROJECT", "PYTHONPATH")
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    subprocess.run([sys.executable, *arguments], cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    for line in rows():
        print(*line, sep=" | ")
