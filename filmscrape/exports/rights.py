"""Whose the dataset is: what the package says about rights, in one place for all of its files."""

from typing import Final

HOME: Final = "https://github.com/filmscrape/filmscrape"
"""Where the software is, and those who answer for it."""
FACTS: Final = "Facts (titles, names, dates, places, credits): no rights are claimed in them."
TEXTS: Final = (
    "Texts (summaries, synopses, bios, press quotes) belong to their authors, and no licence is given for them."
)
NO_TEXTS: Final = "Texts of others (summaries, synopses, bios, press quotes) were left out of this copy."
IMAGES: Final = "Images belong to their owners, and this dataset holds none: it links to where they are."


def statement(texts: bool) -> str:
    """What is said about rights, in one paragraph.

    :param texts: whether the copy holds what others wrote.
    """
    return " ".join((FACTS, TEXTS if texts else NO_TEXTS, IMAGES))
