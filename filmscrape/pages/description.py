"""A description taken apart: synopsis, premiere, awards, Q&A lines, quotes, shorts and sponsors."""

from dataclasses import dataclass, field

from filmscrape.items import ScrapedImage, ScrapedPartner, ScrapedQuote, ScrapedShort
from filmscrape.pages.outline import Outline, Picture
from filmscrape.values import lines
from filmscrape.values.shorts import is_short_line

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
    breaks: set[int] = set()  # the lines that begin a paragraph
    for paragraph in group:
        bold = all(outline.run_nodes[i].bold for i in range(paragraph.start, paragraph.stop))
        breaks.add(len(parts))
        for line in paragraph.lines:
            marked = bool(parts) and len(line) <= _LONGEST_ATTRIBUTION and (bold or lines.has_dash(line))
            parts.append((line, marked))
    if len(parts) > 1 and not any(marked for _, marked in parts):
        last = parts[-1][0]
        if len(last) <= _LONGEST_ATTRIBUTION and not last.endswith(("!", "?", "…", "”", '"')):
            parts[-1] = (last, True)
    quotes: list[ScrapedQuote] = []
    text = ""
    for at, (line, marked) in enumerate(parts):
        if marked and text:
            quotes.append(ScrapedQuote(text, lines.without_dash(line)))
            text = ""
        elif text:
            text += ("\n\n" if at in breaks else " ") + line
        else:
            text = line
    if text:
        quotes.append(ScrapedQuote(text))
    return quotes


# ------------------------------------------------------------------ sponsors
def _take_partners(body: list[_Paragraph], pictures: list[Picture], found: Description) -> list[_Paragraph]:
    """Move sponsor captions and the logos or names behind them out; other images are the event's own."""
    sponsors = _Sponsors(found)
    rest: list[_Paragraph] = []
    left = list(pictures)
    for paragraph in body:
        while left and left[0].run <= paragraph.start:
            sponsors.picture(left.pop(0))
        if not sponsors.paragraph(paragraph):
            rest.append(paragraph)
    for picture in left:
        sponsors.picture(picture)
    sponsors.close()
    return rest


class _Sponsors:
    """The caption that stands open while a description is read, and whether a logo or name came behind it."""

    def __init__(self, found: Description) -> None:
        self.found = found
        self.caption: str | None = None
        self.filled = True

    def picture(self, picture: Picture) -> None:
        """A logo where a caption stands open, an image of the event otherwise."""
        alt = picture.alt or None
        if self.caption is None:
            self.found.images.append(ScrapedImage(picture.src, alt))
        else:
            self.found.partners.append(ScrapedPartner(self.caption, alt))
            self.filled = True

    def paragraph(self, paragraph: _Paragraph) -> bool:
        """Take a paragraph of captions or the name behind a caption; ``False`` where it is neither."""
        if all(map(_is_sponsor, paragraph.lines)):
            for line in paragraph.lines:
                self._line(line)
            return True
        if not self.filled and self.caption is not None and _may_be_sponsor(paragraph.text):
            self.found.partners.append(ScrapedPartner(self.caption, paragraph.text))
            self.filled = True
            return True
        self.close()
        return False

    def _line(self, line: str) -> None:
        self.close()
        if lines.is_caption(line):
            self.caption, self.filled = line.rstrip(" :"), False
        elif named := lines.caption_and_name(line):
            self.found.partners.append(ScrapedPartner(*named))

    def close(self) -> None:
        """End the open caption; one behind which nothing came is a sponsor without a name."""
        if not self.filled and self.caption is not None:
            self.found.partners.append(ScrapedPartner(self.caption))
        self.caption, self.filled = None, True


def _may_be_sponsor(text: str) -> bool:
    return len(text) < 60 and not lines.is_sentence(text) and not _is_fact(text)


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
        begin = form[0] - (1 if len(body[form[0]].lines) > 1 else 2)
    rest = body[: begin + 1]
    flat = [(line, p) for p in body[begin + 1 :] for line in p.lines]
    marks = [i for i, (line, _) in enumerate(flat) if is_short_line(line)]
    _keep(rest, flat[: max(marks[0] - 1, 0)])
    for mark, following in zip(marks, [*marks, None][1:], strict=True):
        stop = len(flat) if following is None else max(following - 1, mark + 1)
        facts = [entry for entry in flat[mark + 1 : stop] if _is_fact(entry[0])]
        _keep(rest, facts)
        blurb = [entry for entry in flat[mark + 1 : stop] if entry not in facts]
        has_title = mark > 0 and mark - 1 not in marks
        title = flat[mark - 1][0] if has_title else flat[mark][0]
        found.shorts.append(ScrapedShort(title, flat[mark][0], _joined(blurb)))
    return rest


def _keep(rest: list[_Paragraph], entries: list[tuple[str, _Paragraph]]) -> None:
    """Leave the paragraphs of some lines in the description."""
    for _, paragraph in entries:
        if paragraph not in rest:
            rest.append(paragraph)


def _joined(entries: list[tuple[str, _Paragraph]]) -> str | None:
    """Lines as text: those of one paragraph by a space, paragraphs by a blank line."""
    text = ""
    last = None
    for line, paragraph in entries:
        if text:
            text += " " if paragraph is last else "\n\n"
        text += line
        last = paragraph
    return text or None
