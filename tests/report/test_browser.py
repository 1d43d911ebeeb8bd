"""The reports in a real browser: nothing runs, nothing is loaded, nothing sticks out."""

import shutil
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest

from filmscrape.report.render import write_history, write_report
from filmscrape.runs.stored import runs_of
from tests.report.hostile import SOURCE, STRINGS, folder

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Dialog, Page

sync_api = pytest.importorskip("playwright.sync_api")
SCHEMES: Sequence[Literal["light", "dark"]] = ("light", "dark")
CHROMIUM = shutil.which("chromium") or ""
pytestmark = [pytest.mark.long, pytest.mark.skipif(not CHROMIUM, reason="there is no chromium")]


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    with sync_api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


def listen(page: "Page") -> tuple[list[str], list[str]]:
    """What the page says (console, errors, dialogs), and what it asks for."""
    said: list[str] = []
    asked: list[str] = []

    def dismiss(dialog: "Dialog") -> None:
        said.append(dialog.message)
        dialog.dismiss()

    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", dismiss)
    page.on("request", lambda request: asked.append(request.url))
    return said, asked


@pytest.mark.parametrize("evil", STRINGS.values(), ids=STRINGS)
def test_in_the_browser(evil: str, browser: "Browser", tmp_path: Path) -> None:
    run = write_report(folder(tmp_path, evil))
    history = write_history([(SOURCE, runs_of(tmp_path, SOURCE))], tmp_path / "history.html")
    for path in (run, history):
        page = browser.new_page()
        said, asked = listen(page)
        page.goto(path.as_uri())
        page.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
        for scheme, width in product(SCHEMES, (360, 768, 1280)):
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (scheme, width)
        assert said == []
        assert [url for url in asked if not url.startswith("data:")] == [path.as_uri()]
        assert "owned" not in page.title() or "owned" in evil
        assert page.locator("script, img, iframe, object, form").count() == 0
        page.close()


def test_paper_shows_what_is_folded(browser: "Browser", tmp_path: Path) -> None:
    path = write_report(folder(tmp_path, "x"))
    page = browser.new_page()
    page.goto(path.as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(part => part.open = false)")
    tables = page.locator("details table")
    height = "part => part.checkVisibility({contentVisibilityAuto: true}) ? part.getBoundingClientRect().height : 0"
    assert tables.count() > 2
    assert {table.evaluate(height) for table in tables.all()} == {0}
    page.emulate_media(media="print")
    assert all(table.evaluate(height) > 0 for table in tables.all())
    page.close()
