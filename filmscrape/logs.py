"""Log lines that a person reads and a program can cut up: words first, then ``name=value`` pairs (logfmt).

A value may come from a page or from a server. Whatever it holds, it makes no second line, no second pair, and tells a
terminal nothing but letters.
"""

import json
import re
from typing import Any

_NEEDS_QUOTES = re.compile(r"[\s\"'=]|^\Z")


def logfmt(words: str, **facts: Any) -> str:
    """Build a log line: ``page failed url=https://… reason="HTTP 503" next="it is asked for again by the next run"``.

    :param words: what happened, in a few words that are always the same for the same happening.
    :param facts: to what; ``next`` says what to do. A value of ``None`` is left out.
    """
    pairs = (f"{name}={_value(value)}" for name, value in facts.items() if value is not None)
    return " ".join([words, *pairs])


def one_line(text: str) -> str:
    """Write what does not print (line ends, control characters, marks that turn the text round) by its number."""
    return "".join(char if char.isprintable() else _escaped(char) for char in text)


def _value(value: Any) -> str:
    text = str(value)
    if text.isprintable() and not _NEEDS_QUOTES.search(text):
        return text
    return one_line(json.dumps(text, ensure_ascii=False))


def _escaped(char: str) -> str:
    return json.dumps(char)[1:-1] if char != "\x7f" else "\\u007f"  # JSON leaves DEL as it is
