"""The catalogue in a browser, opened from its folder: search, filters, links, keyboard, phone, no network."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from filmscrape.site.build import build
from tests.site.catalogues import STRANGE, Unchecked, bundled, dataset

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")

CHROMIUM = shutil.which("chromium")
SWITCHES = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
            "--disable-sync"]  # fmt: skip
pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium; on Debian: apt-get install chromium"),
]
PAGES = ("index.html", "events/index.html", "events/letter-h.html", "people/index.html", "people/letter-a.html",
         "countries/index.html", "countries/be.html", "languages/index.html", "languages/fr.html",
         "genres/index.html", "series/index.html", "subscribe.html", "person/bas-devos.html")  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("browser")
    # As of a day in the middle of the bundled screenings, so that something is on.
    early = [one.model_copy(update={"last_seen": "2023-10-01T00:00:00Z"}) for one in bundled()]
    build(dataset(folder, early), folder / "site")
    return folder / "site"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        yield started
        started.close()


class Visit:
    """A page, and what it did that it should not: messages, errors, requests out of the folder."""

    def __init__(self, browser: Any, site: Path, **options: Any) -> None:
        self.site = site
        self.wrong: list[str] = []
        self.page = browser.new_context(**options).new_page()
        self.page.set_default_timeout(10_000)
        self.page.on("console", lambda message: self.wrong.append(f"console: {message.text}"))
        self.page.on("pageerror", lambda error: self.wrong.append(f"error: {error}"))
        self.page.on("dialog", lambda dialog: self.wrong.append("dialog"))
        self.page.on("request", self._asked)

    def _asked(self, request: Any) -> None:
        if not request.url.startswith(self.site.as_uri() + "/"):
            self.wrong.append(f"request: {request.url}")

    def open(self, address: str) -> Any:
        self.page.goto(f"{self.site.as_uri()}/{address}")
        return self.page

    def titles(self) -> list[str]:
        found: list[str] = self.page.locator("#results .film a").all_inner_texts()
        return found


@pytest.fixture
def visit(browser: Any, site: Path) -> Iterator[Visit]:
    made = Visit(browser, site)
    yield made
    made.page.context.close()
    assert made.wrong == []


def all_pages(site: Path) -> list[str]:
    (flagship,) = (site / "event").glob("*/here.html")
    day = min((site / "days").iterdir())
    return [*PAGES, *(str(path.relative_to(site)) for path in (flagship, day))]


def test_search_finds_titles_and_people_without_accents(visit: Visit) -> None:
    page = visit.open("events/index.html")
    assert page.locator("#found").is_hidden()
    page.get_by_label("Title or person").fill("HERE")
    assert visit.titles()[0] == "Here"
    page.get_by_label("Title or person").fill("devos bas")
    assert visit.titles() == ["Here"]
    page.get_by_label("Title or person").fill("regne animal")
    assert set(visit.titles()) == {"The Animal Kingdom"}  # known by its French title too
    page.get_by_label("Title or person").fill("no such film at all")
    assert page.locator("#found-count").inner_text() == "No event found"


def test_filters_are_in_the_address_and_come_back_with_it(visit: Visit) -> None:
    page = visit.open("events/index.html")
    page.get_by_label("Country").select_option("be")
    page.get_by_label("Year", exact=True).select_option("2023")
    found = visit.titles()
    assert "Here" in found
    assert page.url.endswith("#country=be&year=2023")
    address = page.url
    page.get_by_role("button", name="Clear").click()
    sync_api.expect(page.locator("#found")).to_be_hidden()
    assert page.url.endswith("index.html#")
    visit.page.goto("about:blank")
    visit.wrong.clear()
    page.goto(address)
    assert visit.titles() == found
    page.evaluate("location.hash = 'country=nowhere&kind=film'")
    sync_api.expect(page.get_by_label("Country")).to_have_value("")
    assert page.get_by_label("Kind").input_value() == "film"


def test_each_filter_narrows(visit: Visit) -> None:
    page = visit.open("events/index.html#kind=film")
    whole = page.locator("#found-count").inner_text()
    for label in ("Country", "Language", "Genre", "Year"):
        page.get_by_label(label, exact=True).select_option(index=1)
        assert visit.titles()
        assert page.locator("#found-count").inner_text() != whole
        page.get_by_label(label, exact=True).select_option(index=0)


def test_a_result_leads_to_its_page(visit: Visit) -> None:
    page = visit.open("events/index.html#q=here")
    page.locator("#results a").first.click()
    page.wait_for_selector("h1")
    assert page.locator("h1").inner_text() == "Here"


def test_the_keyboard_reaches_the_content_first(visit: Visit) -> None:
    page = visit.open("index.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    assert page.evaluate("document.activeElement.getBoundingClientRect().left") >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation(browser: Any, site: Path, scheme: str) -> None:
    for address in [*all_pages(site), "events/index.html#q=a"]:
        # axe is put into the page from outside, which the page's own policy would refuse
        made = Visit(browser, site, color_scheme=scheme, bypass_csp=True)
        page = made.open(address)
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        found = axe.Axe().run(page)
        page.context.close()
        assert found.violations_count == 0, (address, found.generate_report())


@pytest.mark.parametrize("width", [320, 360, 800, 1280])
def test_nothing_is_wider_than_the_screen(browser: Any, site: Path, width: int) -> None:
    made = Visit(browser, site, viewport={"width": width, "height": 800})
    shots = os.environ.get("FILMSCRAPE_SHOTS")
    for address in all_pages(site):
        page = made.open(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address
        if shots:
            page.screenshot(path=f"{shots}/{address.replace('/', '-')}-{width}.png", full_page=True)
    page.context.close()
    assert made.wrong == []


def test_without_javascript_the_lists_are_there_and_the_search_is_not(browser: Any, site: Path) -> None:
    made = Visit(browser, site, java_script_enabled=False)
    page = made.open("events/index.html")
    assert page.locator("form").is_hidden()
    page.locator("section[aria-labelledby='by-title'] a", has_text="H").first.click()
    page.get_by_role("link", name="Here", exact=True).click()
    assert page.locator("h1").inner_text() == "Here"
    page.context.close()
    assert made.wrong == []


def test_nothing_of_a_record_runs(browser: Any, tmp_path: Path) -> None:
    build(Unchecked([Path("nowhere")]), tmp_path / "site")
    made = Visit(browser, tmp_path / "site", bypass_csp=True)  # so that the escaping is tried, not the policy
    for address in ["index.html", "events/index.html#kind=film", "subscribe.html", "countries/index.html",
                    *(f"event/festival/strange-{number}.html" for number in range(len(STRANGE)))]:  # fmt: skip
        page = made.open(address)
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        page.mouse.move(200, 300)
        assert page.evaluate("document.querySelectorAll('img, b, i, iframe, [onerror], [onmouseover]').length") == 0
        assert page.title().endswith("Film catalogue")
    assert len(made.open("events/index.html#kind=film").locator("#results .card").all()) == len(STRANGE)
    page.context.close()
    assert made.wrong == []


def test_the_policy_lets_no_inline_script_run(visit: Visit) -> None:
    page = visit.open("index.html")
    page.evaluate("document.body.append(Object.assign(document.createElement('script'), {text: 'window.ran = 1'}))")
    assert page.evaluate("window.ran") is None
    assert len(visit.wrong) == 1
    assert "Content Security Policy" in visit.wrong.pop()
