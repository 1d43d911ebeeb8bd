"""The catalogue in a browser, opened from its folder: search, filters, links, keyboard, phone, no network."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from filmscrape.site.build import build
from tests.records import event
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
PAGES = ("index.html", "events/index.html", "events/letter-h.html", "events/year-2023.html", "people/index.html",
         "people/letter-a.html",
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
    venue = min((site / "venues").iterdir())
    return [*PAGES, *(str(path.relative_to(site)) for path in (flagship, day, venue))]


def test_search_finds_titles_and_people_without_accents(visit: Visit) -> None:
    page = visit.open("events/index.html")
    assert page.locator("#found").is_hidden()
    page.get_by_role("searchbox").fill("HERE")
    assert visit.titles()[0] == "Here"
    page.get_by_role("searchbox").fill("devos bas")
    assert visit.titles() == ["Here"]
    page.get_by_role("searchbox").fill("regne animal")
    assert set(visit.titles()) == {"The Animal Kingdom"}  # known by its French title too
    page.get_by_role("searchbox").fill("no such film at all")
    assert page.locator("#found-count").inner_text() == "No event found"


@pytest.mark.parametrize("words", ["belgium 2023", "2023 devos romanian", "BELGIUM here", "dutch devos"])
def test_search_finds_by_country_language_and_year_in_words(visit: Visit, words: str) -> None:
    page = visit.open("events/index.html")
    page.get_by_role("searchbox").fill(words)
    assert "Here" in visit.titles()
    page.get_by_role("searchbox").fill(f"{words} 1911")
    assert visit.titles() == []


def test_search_finds_by_genre_and_by_each_year_of_a_range(browser: Any, tmp_path: Path) -> None:
    long = event(title="Long", year=2019, year_end=2021, genres=["Film Noir"])
    build(dataset(tmp_path, [long, event(id="festival:b", title="B", year=2020)]), tmp_path / "site")
    made = Visit(browser, tmp_path / "site")
    page = made.open("events/index.html")
    for words in ("noir", "2019", "2020 noir", "2021"):
        page.get_by_role("searchbox").fill(words)
        assert "Long" in made.titles(), words
    page.context.close()
    assert made.wrong == []


def test_enter_goes_to_the_first_result_and_escape_clears(visit: Visit) -> None:
    page = visit.open("events/index.html")
    box = page.get_by_role("searchbox")
    box.fill("here")
    box.press("Enter")
    assert page.evaluate("document.activeElement.textContent") == "Here"
    assert page.url.endswith("events/index.html#q=here")
    box.press("Escape")
    assert box.input_value() == ""
    assert page.locator("#found").is_hidden()
    assert page.url.endswith("events/index.html#")


def test_filters_are_in_the_address_and_come_back_with_it(visit: Visit) -> None:
    page = visit.open("events/index.html")
    page.get_by_label("Country", exact=True).select_option("be")
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
    sync_api.expect(page.get_by_label("Country", exact=True)).to_have_value("")
    assert page.get_by_label("Kind", exact=True).input_value() == "film"


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


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1280, "light")])
def test_axe_finds_no_violation(browser: Any, site: Path, scheme: str, width: int) -> None:
    # axe is put into the page from outside, which the page's own policy would refuse
    made = Visit(browser, site, color_scheme=scheme, viewport={"width": width, "height": 800}, bypass_csp=True)
    for address in [*all_pages(site), "events/index.html#q=a"]:
        page = made.open(address)
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        found = axe.Axe().run(page)
        assert found.violations_count == 0, (address, found.generate_report())
    made.page.context.close()


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


def test_a_printed_page_has_the_content_and_no_controls(visit: Visit) -> None:
    for address in all_pages(visit.site):
        page = visit.open(f"{address}#q=here" if address == "events/index.html" else address)
        page.emulate_media(media="print", color_scheme="dark")
        assert page.locator("h1").is_visible()
        assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
        for control in (".top nav", ".skip", "form", ".steps", ".subscribe", "main > nav", "#found-count", "#more"):
            assert not any(one.is_visible() for one in page.locator(control).all()), (address, control)
    page = visit.open("events/index.html#q=here")
    assert page.locator("#results").get_by_role("link", name="Here", exact=True).is_visible()


def test_without_javascript_the_lists_are_there_and_the_search_is_not(browser: Any, site: Path) -> None:
    made = Visit(browser, site, java_script_enabled=False)
    page = made.open("events/index.html")
    assert page.locator("form").is_hidden()
    page.locator("section[aria-labelledby='by-title'] a", has_text="H").first.click()
    page.get_by_role("link", name="Here", exact=True).click()
    assert page.locator("h1").inner_text() == "Here"
    page.context.close()
    assert made.wrong == []


MADE_OF_TEXT = (
    "img, b, i, iframe, svg, object, embed, style, base, meta[http-equiv=refresh], form[action], body [style], "
    "[onload], [onerror], [onmouseover], script:not([src]):not([type='application/ld+json'])"
)
LINKS = "[...document.querySelectorAll('[href], [src]')].map((one) => (one.href || one.src).split(':')[0])"


def test_nothing_of_a_record_runs(browser: Any, tmp_path: Path) -> None:
    """Each strange text in every field of an event: on all pages it is text, also where no policy would stop it."""
    site = tmp_path / "site"
    build(Unchecked([Path("nowhere")]), site)
    made = Visit(browser, site, bypass_csp=True)  # so that the escaping is tried, not the policy
    pages = sorted(str(path.relative_to(site)) for path in site.rglob("*.html"))
    assert {page.split("/")[0] for page in pages} >= {"event", "person", "countries", "genres", "series", "events"}
    for address in [*pages, "events/index.html#kind=film", "events/index.html#q=script"]:
        page = made.open(address)
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        page.mouse.move(200, 300)
        assert page.evaluate(f"document.querySelectorAll({MADE_OF_TEXT!r}).length") == 0, address
        assert set(page.evaluate(LINKS)) <= {"file", "http", "https"}, address
        assert page.title().endswith("Film catalogue")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
        # A link has its text in an isolate, so that no direction in it reaches its neighbours.
        shown = page.evaluate("document.body.innerText")
        assert not set(shown) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u061c"), address
    assert len(made.open("events/index.html#kind=film").locator("#results .card").all()) == len(STRANGE)
    page.context.close()
    assert made.wrong == []


def test_the_policy_lets_no_inline_script_run(visit: Visit) -> None:
    page = visit.open("index.html")
    page.evaluate("document.body.append(Object.assign(document.createElement('script'), {text: 'window.ran = 1'}))")
    assert page.evaluate("window.ran") is None
    assert len(visit.wrong) == 1
    assert "Content Security Policy" in visit.wrong.pop()
