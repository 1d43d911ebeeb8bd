"""Running times."""

import re
from functools import lru_cache

from filmscrape.values.text import plain

_LONGEST_TEXT = 60  # characters; more is prose
_MOST_MINUTES = 6000  # as the record allows
_LABEL = r"(?:running time|run time|runtime|duration|length|durée)"
_ABOUT = r"(?:(?:approx(?:\.|imately)?|about|circa|ca?\.|est\.|env\.|environ|~|±)\s*)?"
_MINUTES = r"(?:minutes?|mins?|mns?|m)\.?"
_HOURS = r"(?:hours?|heures?|hrs?|h)\.?"
_DURATION = re.compile(
    rf"(?:{_LABEL}\s*:?\s*)?[(\[]?{_ABOUT}(?:"
    rf"(?P<minutes>\d{{1,4}})\s*(?:{_MINUTES}|['′’]|分|분)"
    r"(?:\s*(?P<seconds>[0-5]?\d)\s*(?:seconds?|secs?|s|\"|″|”)\.?)?"
    rf"|(?P<hours>\d{{1,3}})\s*{_HOURS}(?:\s*(?:,|and|et|&)?\s*(?P<rest>[0-5]?\d)\s*(?:{_MINUTES}|['′’])?)?"
    rf"|(?P<part>\d{{1,2}}[.,](?:5|25|75))\s*{_HOURS})[)\]]?\.?",
    re.IGNORECASE | re.ASCII,
)
_LABELLED_NUMBER = re.compile(rf"{_LABEL}\s*:?\s*(\d{{1,4}})", re.IGNORECASE | re.ASCII)
_ISO = re.compile(
    r"P(?:0Y)?(?:0M)?(?:(?P<days>\d)D)?"
    r"(?:T(?:(?P<hours>\d{1,3})H)?(?:(?P<minutes>\d{1,4})M)?(?:(?P<seconds>\d{1,6})(?:\.\d+)?S)?)?",
    re.ASCII,
)


@lru_cache(maxsize=1024)
def read_minutes(text: str) -> int | None:
    """Read a running time in minutes, between 1 and 6000, seconds rounded.

    ``82 min``, ``98'``, ``1h 22m``, ``2 hours``, ``1.5 hours``, ``PT2H2M``. The whole text must be the
    duration; a label, ``approx.`` and brackets around it are allowed, prose (``25 minute talk``) gives
    ``None``. A bare number is read behind a label only (``Runtime: 98``). ``min. 98`` may be a minimum and
    ``1:38`` a clock time: not read.
    """
    text = plain(text) if len(text) <= 4 * _LONGEST_TEXT else ""
    if len(text) > _LONGEST_TEXT or not any(map(str.isdigit, text)):
        return None
    found = _DURATION.fullmatch(text)
    if found is not None:
        if found["part"]:
            minutes = 60 * float(found["part"].replace(",", "."))
        elif found["hours"]:
            minutes = 60 * int(found["hours"]) + int(found["rest"] or 0)
        else:
            minutes = int(found["minutes"]) + int(found["seconds"] or 0) / 60
    elif labelled := _LABELLED_NUMBER.fullmatch(text):
        minutes = int(labelled[1])
    elif iso := _ISO.fullmatch(text):
        minutes = (
            1440 * int(iso["days"] or 0)
            + 60 * int(iso["hours"] or 0)
            + int(iso["minutes"] or 0)
            + int(iso["seconds"] or 0) / 60
        )
    else:
        return None
    minutes = int(minutes + 0.5)
    return minutes if 1 <= minutes <= _MOST_MINUTES else None
