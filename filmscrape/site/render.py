"""Pages as HTML: one environment, every value escaped, what could disguise text made visible."""

import re
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from filmscrape.site import words

# Controls but for the line feed, bidi embeddings, overrides and isolates, separators that break lines, invisible signs,
# lone surrogates and noncharacters: a page shows that they are there, and they do nothing.
_DISGUISE = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\ufffe\uffff"
    "\U000e0000-\U000e007f]"
)


def visible(text: str) -> str:
    """Text in which nothing hides: a right-to-left override is ``⟨U+202E⟩``."""
    return _DISGUISE.sub(lambda sign: f"⟨U+{ord(sign[0]):04X}⟩", text)


def _finalize(value: Any) -> Any:
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def as_markup(text: str) -> Markup:
    """Say of JSON that it may stand in a script element as it is: only for what ``script_json`` made."""
    return Markup(text)


class Renderer:
    """Writes pages into a folder.

    :ivar folder: the catalogue's root.
    """

    def __init__(self, folder: Path, **shared: Any) -> None:
        self.folder = folder
        self._made: set[Path] = set()
        self._environment = Environment(
            loader=PackageLoader("filmscrape.site"),
            autoescape=True,
            undefined=StrictUndefined,
            finalize=_finalize,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._environment.filters.update(paragraphs=_paragraphs, day=words.day, short_day=words.short_day)
        self._environment.globals.update(shared)

    def page(self, template: str, address: str, **values: Any) -> None:
        """Write a page.

        :param address: where it is, from the root.
        """
        root = "../" * address.count("/")
        text = self._environment.get_template(f"{template}.html.j2").render(root=root, address=address, **values)
        self.write(address, text)

    def write(self, address: str, text: str) -> None:
        """Write a file of text."""
        path = self.folder / address
        if path.parent not in self._made:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._made.add(path.parent)
        path.write_bytes(text.encode("utf-8"))


def _paragraphs(text: str) -> list[str]:
    return text.split("\n\n")
