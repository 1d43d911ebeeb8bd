"""The outline: texts, gaps, siblings."""

import pytest
from lxml import html

from filmscrape.pages.outline import Node, Outline, folded


def outline(markup: str, stop: str = "never") -> Outline:
    def ends_at(text: str, node: Node) -> bool:
        return stop in text

    return Outline(html.fromstring(f"<main>{markup}</main>"), ends_at, lambda el, tag, cls: cls == "foreign")


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>one <em>two</em> three</p>", "one two three"),
        ("<p>wo<b>r</b>d</p>", "word"),
        ("<span>one</span><span>two</span>", "one two"),
        ("<span>one</span><em>, two</em>", "one, two"),
        ("<p>one</p><p>two</p>", "one two"),
        ("one<br>two", "one two"),
        ("<div>one</div>two", "one two"),
        ("one<!-- no -->two", "onetwo"),
        ("one<script>no</script>two", "one two"),
        ("one<div class='foreign'>no</div>two", "one two"),
        ("<button>no</button>yes", "yes"),
        ("a&nbsp;b\n  c", "a b c"),
    ],
)
def test_words_are_neither_glued_nor_torn(markup: str, text: str) -> None:
    found = outline(markup)
    assert found.text(found.nodes[0]) == text


def test_lines_and_paragraphs() -> None:
    found = outline("<p>one<br>two</p><p>three<br><br>four</p>")
    whole = found.nodes[0]
    assert found.lines(whole.start, whole.stop) == ["one", "two", "three", "four"]
    paragraphs = [found.line(*span) for span in found.paragraphs(whole.start, whole.stop)]
    assert paragraphs == ["one two", "three", "four"]


def test_pieces_of_a_row_of_unlike_elements() -> None:
    found = outline("<div><span>Panorama</span> <em>Image: Here</em></div><div>Le <em>règne</em> animal</div>")
    pieces = [found.line(*p) for span in found.paragraphs(0, len(found.runs)) for p in found.pieces(*span)]
    assert pieces == ["Panorama", "Image: Here", "Le règne animal"]


def test_the_walk_stops_where_it_is_told() -> None:
    found = outline("<div><p>mine</p></div><section><h2>stop here</h2><p>foreign</p></section>", "stop here")
    assert found.runs == ["mine"]
    assert not found.complete
    assert found.nodes[0].stop == 1
    assert all(node.end <= len(found.nodes) for node in found.nodes)


def test_siblings_and_children() -> None:
    found = outline("<dl><dt>Year</dt><dd><b>2023</b></dd></dl><p>x</p>")
    dl = next(n for n in found.nodes if n.tag == "dl")
    dt, dd = found.children(dl)
    assert (dt.tag, dd.tag) == ("dt", "dd")
    assert found.next_sibling(dt) is dd
    assert found.next_sibling(dd) is None
    assert [n.tag for n in found.inside(dl)] == ["dt", "dd", "b"]
    assert found.alone(1) is dd


def test_class_names_are_whole_words() -> None:
    found = outline("<i class='c-card c-card--big'>a</i><i class='c-card__title'>b</i>")
    assert [found.text(n) for n in found.having("c-card")] == ["a"]


def test_labels_are_compared_folded() -> None:
    assert folded(" Country\xa0of  Origin: ") == "country of origin"
    assert folded("Credits and Director") == folded("Credits & Director")
