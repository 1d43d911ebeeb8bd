"""The parts of an event's page, each on markup of its own: no class name is known here."""

import pytest
from lxml import html

from filmscrape.items import Labelled
from filmscrape.pages.description import Description, read_description
from filmscrape.pages.introductions import Introductions
from filmscrape.pages.labelled import pairs_by_class, pairs_by_label
from filmscrape.pages.linked_data import movie
from filmscrape.pages.outline import Outline
from filmscrape.pages.showings import Showings
from filmscrape.pages.title_lines import UNLABELLED, Film, TitleLines, read_title_lines


def outline(markup: str) -> Outline:
    return Outline(html.fromstring(f"<main>{markup}</main>"), lambda text, node: False, lambda el, tag, cls: False)


def test_addresses_and_alternative_texts_are_free_of_what_stands_around_them() -> None:
    found = outline('<h2><a href=" /one/&#7;">One</a></h2><img src="/a.jpg" alt="Ann Roe  portrait&#7;">')
    assert [link.href for link in found.links] == ["/one/"]
    assert [picture.alt for picture in found.pictures] == ["Ann Roe portrait"]


@pytest.mark.parametrize("nothing", ["&#7;", "&#x202e;", "&amp;#8238;", "&#7;\n"])
def test_signs_that_no_text_may_hold_are_no_text(nothing: str) -> None:
    found = outline(f"<p>One{nothing}</p><p>{nothing}</p><i>Ho</i>{nothing}<i>ly</i>")
    assert [run.strip() for run in found.runs] == ["One", "Ho", "ly"]
    assert found.keys == ["one", "ho", "ly"]


# ------------------------------------------------------------------ labelled values
LABELS = {"director", "cast", "year", "language"}
SHAPES = [
    "<dl><dt>Director</dt><dd>Ann Roe</dd><dt>Year</dt><dd>2023</dd><dt>Format</dt><dd>35mm</dd></dl>",
    "<table><tr><th>Director</th><td>Ann Roe</td></tr><tr><th>Year</th><td>2023</td></tr>"
    "<tr><th>Format</th><td>35mm</td></tr></table>",
    "<div class=l>Director</div><div class=v>Ann Roe</div><div class=l>Year</div><div class=v>2023</div>"
    "<div class=l>Format</div><div class=v>35mm</div>",
    "<ul><li><b>Director:</b> Ann Roe</li><li><b>Year:</b> 2023</li><li><b>Format:</b> 35mm</li></ul>",
    "<div><span class=l><i>Director</i></span> <span class=v>Ann Roe</span></div>"
    "<div><span class=l>Year</span> <span class=v>2023</span></div>"
    "<div><span class=l>Format</span> <span class=v>35mm</span></div>",
    "<h4>Director</h4><p>Ann Roe</p><h4>Year</h4><p>2023</p><h4>Format</h4><p>35mm</p>",
]


@pytest.mark.parametrize("markup", SHAPES)
def test_labels_and_values_in_any_shape_the_unknown_label_too(markup: str) -> None:
    found = outline(f"<section>{markup}</section>")
    pairs = pairs_by_label(found, 0, len(found.runs), LABELS.__contains__)
    assert [(p.label.rstrip(":"), found.line(p.start, p.stop)) for p in pairs] == [
        ("Director", "Ann Roe"),
        ("Year", "2023"),
        ("Format", "35mm"),
    ]
    assert [p.strategy for p in pairs] == ["label", "label", "structure"]


def test_a_value_may_have_several_paragraphs() -> None:
    found = outline("<div class=l>Director</div><div class=v><p>Ann Roe (One)</p><p>Bo Lee (Two)</p></div>")
    (pair,) = pairs_by_class(found, "l", "v")
    assert found.lines(pair.start, pair.stop) == ["Ann Roe (One)", "Bo Lee (Two)"]


def test_a_value_that_was_never_closed_ends_at_the_next_label() -> None:
    found = outline(
        "<div class=l>Director</div><div class=v>Ann Roe<div class=l>Year</div><div class=v>2023</div>"
        "<div class=chips>98 min</div></div>"
    )
    pairs = pairs_by_class(found, "l", "v")
    assert [(p.label, found.line(p.start, p.stop)) for p in pairs] == [("Director", "Ann Roe"), ("Year", "2023")]


def test_a_label_that_was_never_closed_is_still_one() -> None:
    found = outline("<div>Director<div>Ann Roe</div></div><div>Year<div>2023</div></div>")
    pairs = pairs_by_label(found, 0, len(found.runs), LABELS.__contains__)
    assert [(p.label, found.line(p.start, p.stop)) for p in pairs] == [("Director", "Ann Roe"), ("Year", "2023")]


def test_words_of_prose_are_no_labels() -> None:
    found = outline("<p>The director of this film, and its cast, in the year of the language strike.</p>")
    assert pairs_by_label(found, 0, len(found.runs), LABELS.__contains__) == []


# ------------------------------------------------------------------ descriptions
def described(markup: str) -> Description:
    found = outline(markup)
    return read_description(found, 0, len(found.runs), 0, len(found.nodes))


def test_a_description_is_taken_apart() -> None:
    found = described(
        "<p><strong>Canadian Premiere</strong></p><p>A ferry does not stop.</p><p>&nbsp;</p><p>It goes <em>on</em>.</p>"
        "<p>Golden Leopard, Locarno 2022</p><p><b>Oct 4: Q&amp;A</b></p>"
        "<blockquote><p>It moves.</p><p><strong>Ann Roe, <em>The Reel</em></strong></p></blockquote>"
        "<p>Supported by</p><p><img src='a.png' alt='Kelp Society'></p><p>Media Partner</p>"
    )
    assert found.premiere == "Canadian Premiere"
    assert found.synopsis == ["A ferry does not stop.", "It goes on."]
    assert found.awards == ["Golden Leopard, Locarno 2022"]
    assert found.notes == ["Oct 4: Q&A"]
    assert [(q.text, q.attribution) for q in found.quotes] == [("It moves.", "Ann Roe, The Reel")]
    assert [(p.credit, p.name) for p in found.partners] == [("Supported by", "Kelp Society"), ("Media Partner", None)]
    assert found.images == []


@pytest.mark.parametrize(
    "quote",
    [
        "<p>It moves.</p><p>Ann Roe</p>",
        "<p>It moves.<br>Ann Roe</p>",
        "<p>It moves.</p><p>— Ann Roe</p>",
        "It moves.<br><b>Ann Roe</b>",
        "<p>It moves.</p><footer-ish><b>Ann Roe</b></footer-ish>",
    ],
)
def test_quotes_in_several_styles(quote: str) -> None:
    found = described(f"<p>Prose.</p><blockquote>{quote}</blockquote>")
    assert [(q.text, q.attribution) for q in found.quotes] == [("It moves.", "Ann Roe")]
    assert found.synopsis == ["Prose."]


def test_a_quote_without_an_author_keeps_its_text() -> None:
    found = described(
        "<blockquote><p>Essential.</p></blockquote><blockquote><p>One.</p><p>What a film!</p></blockquote>"
    )
    assert [(q.text, q.attribution) for q in found.quotes] == [("Essential.", None), ("One.\n\nWhat a film!", None)]


@pytest.mark.parametrize(
    "films",
    [
        "<p><b>Salt</b><br>Ann Roe, BC (8 min)</p><p>On salt.</p>"
        "<p><b>Tide</b><br>Bo Lee, France (9 min)</p><p>On tide.</p>",
        "<h4>Salt</h4><p>Ann Roe, BC (8 min)</p><p>On salt.</p>"
        "<h4>Tide</h4><p>Bo Lee, France (9 min)</p><p>On tide.</p>",
    ],
)
@pytest.mark.parametrize("intro", ["<p>This short film program includes the following films:</p>", ""])
def test_a_programmes_films(films: str, intro: str) -> None:
    found = described(f"<p>Shorts from near and far.</p>{intro}{films}<p>Community Partner</p>")
    assert [(s.title, s.line, s.synopsis) for s in found.shorts] == [
        ("Salt", "Ann Roe, BC (8 min)", "On salt."),
        ("Tide", "Bo Lee, France (9 min)", "On tide."),
    ]
    assert found.synopsis == ["Shorts from near and far."]
    assert [p.credit for p in found.partners] == ["Community Partner"]


def test_one_line_of_the_form_of_a_short_is_prose() -> None:
    assert described("<p>Preceded by Salt</p><p>Ann Roe, BC (8 min)</p>").shorts == []


def test_an_image_without_a_caption_is_the_events_own() -> None:
    found = described("<p>One.</p><p><img src='still.jpg' alt='A still'></p>")
    assert [(i.url, i.alt) for i in found.images] == [("still.jpg", "A still")]


# ------------------------------------------------------------------ lines under the title
def under_title(markup: str, language: str = "", title: str = "Run Lola Run") -> TitleLines:
    found = outline(markup)
    film = Film(title, language)
    return read_title_lines(
        found, 0, len(found.runs), film, lambda href: "/series/" in (href or ""), lambda name: name == "Panorama"
    )


@pytest.mark.parametrize(
    ("markup", "language", "subtitle", "series", "unlabelled"),
    [
        ("<p>Le règne animal</p>", "In French", "Le règne animal", [], []),
        ("<h2>Lola rennt</h2>", "In German", "Lola rennt", [], []),
        ("<div>Lola rennt</div>", "In German", "Lola rennt", [], []),
        ("<div>Yoru no umi</div>", "In Japanese", "Yoru no umi", [], []),
        ("<p>+ ReWilding</p>", "English", "+ ReWilding", [], []),
        ("<p><a href='/series/x/'>Anything</a></p>", "In German", None, ["Anything"], []),
        ("<div class='hero__series'>Anything</div>", "In German", None, ["Anything"], []),
        ("<div>Panorama</div>", "In German", None, ["Panorama"], []),
        ("<div>Back to the 80s</div>", "In German", None, ["Back to the 80s"], []),
        ("<div>Altered States</div>", "English", None, ["Altered States"], []),
        ("<div>One</div><div>Two</div>", "In German", "One", ["Two"], []),
        ("<div>Kino</div>", "In German", None, [], ["Kino"]),
    ],
)
def test_a_line_under_the_title(
    markup: str, language: str, subtitle: str | None, series: list[str], unlabelled: list[str]
) -> None:
    found = under_title(markup, language)
    assert (found.subtitle, found.series) == (subtitle, series)
    assert found.extra == [Labelled(UNLABELLED, text) for text in unlabelled]


def test_badge_and_credit_of_the_picture() -> None:
    found = under_title("<p>Image: Wild Goat Surf</p><p>This event has passed</p>")
    assert found.passed
    assert found.extra == [Labelled("Image", "Wild Goat Surf")]
    assert (found.subtitle, found.series) == (None, [])


# ------------------------------------------------------------------ screenings
def shown(
    markup: str,
) -> list[tuple[str | None, str | None, str | None, str | None, str | None, list[str], str | None]]:
    found = outline(markup)
    read = Showings(found, 0, len(found.runs), lambda href: "/book/" in href).read(lambda href: href)
    return [(s.day, s.time, s.venue, s.booking_url, s.message, s.notes, s.id) for s in read]


def test_screenings_take_the_day_before_them() -> None:
    assert shown(
        "<h4>Sunday May 17</h4><div><p>7:50 pm</p><p>Annex</p><button data-instanceid='1'></button>"
        "<a href='/book/a'>Book Now</a></div>"
        "<div><p>9:00 pm</p><p>Orpheum</p><p>Sold out</p></div>"
        "<h4>Monday May 18</h4><div><p>1:00 pm</p><p>Annex</p><ul><li>Open Captions</li></ul></div>"
    ) == [
        ("Sunday May 17", "7:50 pm", "Annex", "/book/a", None, [], "1"),
        ("Sunday May 17", "9:00 pm", "Orpheum", None, "Sold out", [], None),
        ("Monday May 18", "1:00 pm", "Annex", None, None, ["Open Captions"], None),
    ]


def test_a_day_and_a_time_in_one_text() -> None:
    assert [s[:3] for s in shown("<p>Sunday May 17, 7:50 pm</p><p>Annex</p>")] == [
        ("Sunday May 17", "7:50 pm", "Annex")
    ]


def test_machine_readable_times() -> None:
    found = outline("<div><time datetime='2026-06-13T13:00:00-07:00'>1:00 pm</time> <span>Annex</span></div>")
    (read,) = Showings(found, 0, len(found.runs), lambda href: False).read(lambda href: href)
    assert read.starts_at == "2026-06-13T13:00:00-07:00"


def test_prose_with_times_is_no_screening() -> None:
    assert shown("<p>Doors at 11 am for activities, film at 12.</p><p>Oct 1 – 11 2026</p>") == []


# ------------------------------------------------------------------ people
def introduced(markup: str, known: set[str], headed: bool, role_line: bool) -> list[tuple[str, list[str], str | None]]:
    found = outline(markup)
    people = Introductions(found, 0, len(found.runs), known, headed).read("Director", lambda href: href, role_line)
    return [(p.name, p.bio, p.image_url) for p in people]


@pytest.mark.parametrize(
    "name",
    ["<h3>Ann Roe</h3>", "<p><strong>Ann Roe</strong></p>", "<div>Ann Roe</div>", "<h5><span>Ann Roe</span></h5>"],
)
def test_a_known_director_is_introduced_in_any_element(name: str) -> None:
    markup = f"<div><img src='a.jpg' alt='Ann Roe headshot'>{name}<p>She paints.</p><p>She films.</p></div>"
    assert introduced(markup, {"ann roe"}, False, False) == [("Ann Roe", ["She paints.", "She films."], "a.jpg")]


def test_two_directors_one_without_a_portrait() -> None:
    markup = "<h4>Ann Roe</h4><p>She paints.</p><img src='b.jpg' alt='Bo Lee headshot'><h4>Bo Lee</h4><p>He films.</p>"
    assert introduced(markup, {"ann roe", "bo lee"}, False, False) == [
        ("Ann Roe", ["She paints."], None),
        ("Bo Lee", ["He films."], "b.jpg"),
    ]


def test_a_guest_has_a_role_line() -> None:
    markup = "<h3>Ann Roe</h3><p>Composer</p><p>She writes music.</p>"
    assert introduced(markup, set(), True, True) == [("Ann Roe", ["She writes music."], None)]


def test_a_second_guest_is_known_by_the_shape_of_the_first() -> None:
    one = "<p><b>Ann Roe</b></p><p><i>Composer</i></p><p>She writes music.</p>"
    two = "<p><b>Bo Lee</b></p><p><i>Painter</i></p><p>He paints.</p><p><b>Bold prose ends in a stop.</b></p>"
    assert introduced(one + two, set(), True, True) == [
        ("Ann Roe", ["She writes music."], None),
        ("Bo Lee", ["He paints.", "Bold prose ends in a stop."], None),
    ]


def test_a_heading_that_is_no_name_introduces_nobody() -> None:
    assert introduced("<h3>Director’s Statement</h3><p>I wanted snow.</p>", {"ann roe"}, False, False) == []


# ------------------------------------------------------------------ JSON-LD
def test_a_movie_of_the_same_title_is_read() -> None:
    script = (
        '{"@graph": [{"@type": "WebPage"}, {"@type": "Movie", "name": "Here", "duration": "PT82M",'
        ' "director": [{"name": "Bas Devos"}]}]}'
    )
    root = html.fromstring(f"<html><script type='application/ld+json'>{script}</script></html>")
    assert (movie(root, "Here").directors, movie(root, "Here").duration) == ("Bas Devos", "PT82M")
    assert movie(root, "Elsewhere").directors is None


@pytest.mark.parametrize(
    "script", ["", "{", '["Movie"]', '{"@type": "Movie", "name": 7}', '{"@graph": 1, "x": "Movie"}']
)
def test_broken_json_ld_says_nothing(script: str) -> None:
    root = html.fromstring(f"<html><script type='application/ld+json'>{script} </script></html>")
    assert movie(root, "Here").duration is None
