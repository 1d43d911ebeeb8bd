"""The fields of an event's page as they are usually read: CSS queries over the whole page, by two libraries.

They read text and no more: nothing is interpreted, validated or told from what other films on the page say.
"""

import re
from typing import Any

import extruct
from bs4 import BeautifulSoup
from itemloaders import ItemLoader
from itemloaders.processors import MapCompose, TakeFirst
from parsel import Selector

_SPACES = re.compile(r"\s+")
# Field, where it stands in the newest layout, and the attribute that holds it; "" for the text.
FIELDS = (
    ("title", "h1", ""),
    ("head_title", 'meta[property="og:title"]', "content"),
    ("summary", 'meta[property="og:description"]', "content"),
    ("main_image", 'meta[property="og:image"]', "content"),
    ("shortlink", 'link[rel="shortlink"]', "href"),
    ("body_class", "body", "class"),
    ("subtitle", ".masthead__words h2, .masthead__words p", ""),
    ("series", '.masthead__words a[href*="/series/"]', ""),
    ("state", ".masthead__state span", ""),
    ("synopsis", ".c-event__description p", ""),
    ("quotes", ".c-event__description blockquote", ""),
    ("labels", ".c-event__details-title", ""),
    ("values", ".c-event__details-details", ""),
    ("contact", '.c-event__details-details a[href^="mailto:"]', "href"),
    ("links", '.c-event__details-details a[href^="http"]', "href"),
    ("duration", ".event__duration", ""),
    ("rating", ".pill--age", ""),
    ("genres", '.pill a[href*="genre="] span', ""),
    ("days", "main .c-event-instance__date", ""),
    ("times", "main .c-event-instance__time", ""),
    ("venues", "main .c-event-instance__venue", ""),
    ("booking", "main a.c-event-instance__btn", "href"),
    ("numbers", "main .c-event-instance__favourite", "data-instanceid"),
    ("credit_labels", ".creditroll li b", ""),
    ("credit_names", ".creditroll li div", ""),
    ("people", ".maker__words h3", ""),
    ("bios", ".maker__words p", ""),
    ("images", "main img", "data-src"),
)


def _tidy(text: str) -> str | None:
    return _SPACES.sub(" ", text).strip() or None


class _Loader(ItemLoader):
    """As the documentation of Scrapy has it."""

    default_item_class = dict
    default_input_processor = MapCompose(_tidy)
    title_out = summary_out = TakeFirst()


def by_parsel(body: bytes) -> Any:
    """Read a page with an item loader."""
    return by_selector(Selector(body=body, encoding="utf-8", type="html"))


def by_selector(page: Selector) -> Any:
    """Read a page that is parsed already."""
    loader = _Loader(selector=page)
    for name, query, attribute in FIELDS:
        if attribute:
            loader.add_css(name, f"{query}::attr({attribute})")
        else:
            loader.add_value(name, page.css(query).xpath("string()").getall())
    return loader.load_item()


def by_beautiful_soup(body: bytes) -> dict[str, list[str]]:
    """Read a page with BeautifulSoup over lxml, its quickest parser."""
    soup = BeautifulSoup(body, "lxml", from_encoding="utf-8")
    found: dict[str, list[str]] = {}
    for name, query, attribute in FIELDS:
        elements = soup.select(query)
        texts = (str(el.get(attribute) or "") if attribute else el.get_text() for el in elements)
        found[name] = [text for text in map(_tidy, texts) if text]
    return found


def by_extruct(body: bytes) -> Any:
    """Take all structured data of a page, whatever there is: none of it says when a film is shown here."""
    return extruct.extract(body.decode("utf-8", "replace"), base_url="https://festival.example/")
