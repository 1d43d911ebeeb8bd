"""Pages as HTML: one environment, every value escaped, what could disguise text made visible."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from filmscrape.site import words

# Controls but for the line feed, bidi embeddings, overrides and isolates, separators that break lines, invisible signs,
# lone surrogates and noncharacters: a page shows that they are there, and they do nothing.
_DISGUISE = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\ufffe\uffff\U000e0000-\U000e007f]"
)
# Marks above and below a letter: no language stacks more than four, and a tower of them covers the lines around it.
_MARK = "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
_TOWER = re.compile(f"({_MARK}{{4}}){_MARK}+")


def visible(text: str) -> str:
    """Text in which nothing hides and nothing covers its neighbours: a right-to-left override is ``⟨U+202E⟩``."""
    if text.isascii() and text.isprintable():
        return text
    shown = _DISGUISE.sub(lambda sign: f"⟨U+{ord(sign[0]):04X}⟩", text)
    return _TOWER.sub(lambda tower: f"{tower[1]}⟨{len(tower[0]) - 4} marks⟩", shown)


def _finalize(value: Any) -> Any:
    return visible(value) if type(value) is str else value


def as_markup(text: str) -> Markup:
    """Say of JSON that it may stand in a script element as it is: only for what ``script_json`` made."""
    return Markup(text)


class Room(NamedTuple):
    """An entry of the navigation.

    :ivar begins: what the addresses of its pages begin with.
    """

    name: str
    page: str
    begins: tuple[str, ...]


class Renderer:
    """Writes pages into a folder.

    :ivar folder: the catalogue's root.
    :param rooms: what the navigation leads to.
    """

    def __init__(self, folder: Path, rooms: Sequence[Room], **shared: Any) -> None:
        self.folder = folder
        self._rooms = rooms
        self._navigations: dict[tuple[str, Room | None, bool], Markup] = {}
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
        navigation = self._navigation(root, address)
        self.write(address, self._render(template, root=root, address=address, navigation=navigation, **values))

    def _render(self, template: str, **values: Any) -> str:
        return self._environment.get_template(f"{template}.html.j2").render(values)

    def _navigation(self, root: str, address: str) -> Markup:
        """The head of a page; all pages of a room have the same but for the room's own."""
        here = next((room for room in self._rooms if address.startswith(room.begins)), None)
        is_front = here is not None and address == here.page
        key = (root, here, is_front)
        if key not in self._navigations:
            head = self._render("navigation", root=root, rooms=self._rooms, here=here, is_front=is_front)
            self._navigations[key] = Markup(head)
        return self._navigations[key]

    def write(self, address: str, text: str) -> None:
        """Write a file of text."""
        path = self.folder / address
        if path.parent not in self._made:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._made.add(path.parent)
        path.write_bytes(text.encode("utf-8"))


def _paragraphs(text: str) -> list[str]:
    return text.split("\n\n")
