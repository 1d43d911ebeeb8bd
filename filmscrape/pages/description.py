"""A description taken apart: synopsis, premiere, awards, Q&A lines, quotes, shorts and sponsors."""

from dataclasses import dataclass, field

from filmscrape.items import ScrapedImage, ScrapedPartner, ScrapedQuote, ScrapedShort
from filmscrape.pages.outline import Outline
from filmscrape.values import lines
from filmscrape.values.shorts import is_short_line
from filmscrape.values.text import tidy

# An attribution ("Imogen Hartley, Harbour Review") is a line, no paragraph.
_LONGEST_ATTRIBUTION = 100


@dataclass(slots=True)
class Description:
    """What a description holds, each part in page order."""

    premiere: str | None = None
    awards: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    synopsis: list[str] = field(default_factory=list)
    quotes: list[ScrapedQuote] = field(default_factory=list)
    shorts: list[ScrapedShort] = field(default_factory=list)
    partners: list[ScrapedPartner] = field(default_factory=list)
    images: list[ScrapedImage] = field(default_factory=list)


@dataclass(slots=True)
class _Paragraph:
    start: int
    stop: int
    lines: list[str]
    text: str
    quoted: bool


def read_description(outline: Outline, start: int, stop: int, first_node: int, last_node: int) -> Description:
    """Take apart the description that fills the runs ``start`` to ``stop`` (its images lie between the two nodes)."""
    found = Description()
    paragraphs = []
    for first, last in outline.paragraphs(start, stop):
        printed = outline.lines(first, last)
        if printed:
            paragraphs.append(_Paragraph(first, last, printed, " ".join(printed), outline.run_nodes[first].quoted))
    pictures = [p for p in outline.pictures if first_node <= p.node.index < last_node]
    body = _take_quotes(outline, paragraphs, found)
    body = _take_partners(body, pictures, found)
    body = _take_shorts(body, found)
    for paragraph in body:
        _sort(paragraph, found)
    return found


def _sort(paragraph: _Paragraph, found: Description) -> None:
    """Give a paragraph its place: a line that is a fact of its own, or synopsis."""
    text = paragraph.text
    if len(text) < 220 and all(map(_is_fact, paragraph.lines)):
        for line in paragraph.lines:
            if lines.is_premiere(line):
                if found.premiere is None:
                    found.premiere = line
                else:
                    found.notes.append(line)
            elif lines.is_question_and_answer(line):
                found.notes.append(line)
            else:
                found.awards.append(line)
    elif not lines.introduces_shorts(text):
        found.synopsis.append(text)


def _is_fact(line: str) -> bool:
    return lines.is_premiere(line) or lines.is_question_and_answer(line) or lines.is_award(line)


# ------------------------------------------------------------------ quotes
def _take_quotes(outline: Outline, paragraphs: list[_Paragraph], found: Description) -> list[_Paragraph]:
    """Move press quotes (``blockquote``) out; paragraphs of one block quote that follow each other are one quote."""
    rest = []
    group: list[_Paragraph] = []
    owner = None
    for paragraph in paragraphs:
        if not paragraph.quoted:
            rest.append(paragraph)
            continue
        node = outline.run_nodes[paragraph.start]
        while node.tag != "blockquote" and node.parent is not None:
            node = node.parent
        if node is not owner and group:
            found.quotes += _quotes(outline, group)
            group = []
        owner = node
        group.append(paragraph)
    if group:
        found.quotes += _quotes(outline, group)
    return rest


def _quotes(outline: Outline, group: list[_Paragraph]) -> list[ScrapedQuote]:
    """The quotes of one block quote: text, then who wrote it, as a bold line, a dashed line or the last line."""
    parts: list[tuple[str, bool]] = []  # a line, and whether it is marked as an attribution
    for paragraph in group:
        bold = all(outline.run_nodes[i].bold for i in range(paragraph.start, paragraph.stop))
        for n, line in enumerate(paragraph.lines):
            later = bool(parts) or n > 0
            parts.append((line, later and len(line) <= _LONGEST_ATTRIBUTION and (bold or lines.has_dash(line))))
    if len(parts) > 1 and not any(marked for _, marked in parts):
        last = parts[-1][0]
        if len(last) <= _LONGEST_ATTRIBUTION and not last.endswith(("!", "?", "…", "”", '"')):
            parts[-1] = (last, True)
    quotes: list[ScrapedQuote] = []
    text: list[str] = []
    for line, marked in parts:
        if marked and text:
            quotes.append(ScrapedQuote(" ".join(text), lines.without_dash(line)))
            text = []
        else:
            text.append(line)
    if text:
        quotes.append(ScrapedQuote(" ".join(text)))
    return quotes


# ------------------------------------------------------------------ sponsors
def _take_partners(body: list[_Paragraph], pictures: list, found: Description) -> list[_Paragraph]:  # type: ignore[type-arg]
    """Move sponsor captions and the logos or names behind them out; other images are the event's own."""
    rest: list[_Paragraph] = []
    events: list[tuple[int, int, object]] = [(p.start, 1, p) for p in body] + [(p.run, 0, p) for p in pictures]
    events.sort(key=lambda event: event[:2])
    caption: str | None = None
    filled = True
    for _, is_text, thing in events:
        if not is_text:
            picture = thing
            alt = tidy(picture.alt) or None  # type: ignore[attr-defined]
            if caption is not None:
                found.partners.append(ScrapedPartner(caption, alt))
                filled = True
            else:
                found.images.append(ScrapedImage(picture.src, alt))  # type: ignore[attr-defined]
            continue
        paragraph: _Paragraph = thing  # type: ignore[assignment]
        for line in paragraph.lines if all(map(_is_sponsor, paragraph.lines)) else ():
            if not filled and caption is not None:
                found.partners.append(ScrapedPartner(caption))
            named = lines.caption_and_name(line)
            if lines.is_caption(line):
                caption, filled = line.rstrip(" :"), False
            elif named:
                found.partners.append(ScrapedPartner(*named))
                caption, filled = None, True
        if not all(map(_is_sponsor, paragraph.lines)):
            if caption is not None and not filled and len(paragraph.text) < 60 and not lines.is_sentence(paragraph.text) and not _is_fact(paragraph.text):
                found.partners.append(ScrapedPartner(caption, paragraph.text))
                filled = True
            else:
                if not filled and caption is not None:
                    found.partners.append(ScrapedPartner(caption))
                caption, filled = None, True
                rest.append(paragraph)
    if not filled and caption is not None:
        found.partners.append(ScrapedPartner(caption))
    return rest


def _is_sponsor(line: str) -> bool:
    return lines.is_caption(line) or lines.caption_and_name(line) is not None


# ------------------------------------------------------------------ shorts
def _take_shorts(body: list[_Paragraph], found: Description) -> list[_Paragraph]:
    """Move the list of a programme's films out: a title line, ``Director, Place (N min)``, a blurb.

    The list begins behind its introduction; without one, two lines of the form make a list.
    """
    begin = next((i for i, p in enumerate(body) if lines.introduces_shorts(p.text)), None)
    form = [i for i, p in enumerate(body) if any(map(is_short_line, p.lines))]
    if not form or (begin is None and len(form) < 2):
        return body
    if begin is None:
        begin = form[0] - (0 if len(body[form[0]].lines) > 1 else 1) - 1
    flat: list[tuple[str, _Paragraph]] = [(line, p) for p in body[begin + 1 :] for line in p.lines]
    marks = [i for i, (line, _) in enumerate(flat) if is_short_line(line)]
    rest = body[: begin + 1]
    if marks:
        rest += _unique(p for _, p in flat[: max(marks[0] - 1, 0)])
    for mark, following in zip(marks, [*marks, None][1:], strict=True):
        stop = len(flat) if following is None else following - 1
        blurb: list[str] = []
        for line, paragraph in flat[mark + 1 : max(stop, mark + 1)]:
            if _is_fact(line):
                if paragraph not in rest:
                    rest.append(paragraph)
            else:
                blurb.append(line)
        title = flat[mark - 1][0] if mark > 0 and mark - 1 not in marks else None
        if title is None:
            continue
        found.shorts.append(ScrapedShort(title, flat[mark][0], "\n\n".join(blurb) or None))
    return rest


def _unique(paragraphs) -> list[_Paragraph]:  # type: ignore[no-untyped-def]
    kept: list[_Paragraph] = []
    for paragraph in paragraphs:
        if paragraph not in kept:
            kept.append(paragraph)
    return kept
