"""Log lines that a person reads and a program can cut up: words first, then ``name=value`` pairs (logfmt)."""

import json
import re
from typing import Any

_PLAIN = re.compile(r"[^\s\"'=]+\Z")


def logfmt(words: str, **facts: Any) -> str:
    """Build a log line: ``page failed url=https://… reason="HTTP 503" next="it is asked for again by the next run"``.

    :param words: what happened, in a few words that are always the same for the same happening.
    :param facts: to what; ``next`` says what to do. A value of ``None`` is left out.
    """
    pairs = (f"{name}={_value(value)}" for name, value in facts.items() if value is not None)
    return " ".join([words, *pairs])


def _value(value: Any) -> str:
    text = str(value)
    return text if _PLAIN.match(text) else json.dumps(text, ensure_ascii=False)
