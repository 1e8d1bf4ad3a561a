"""Who keeps a lock, as a server tells it, in; a sentence for whoever waits out, which shows no value of any row."""

from __future__ import annotations

import re

# How much of a statement is shown.
_LONGEST = 80
_VALUES = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"(?=\s*[,)=])|\b\d[\d.]*\b")
# How many are named; more of them help nobody.
MOST = 3


def sentence(process: object, who: str, seconds: object, statement: object) -> str:
    """Return who it is, since when, and the words of the statement that was sent last; values are left out."""
    text = " ".join(_VALUES.sub("…", str(statement or "")).split())
    text = "".join(char for char in text if char.isprintable())
    shown = f": {text[: _LONGEST - 1] + '…' if len(text) > _LONGEST else text}" if text else ""
    return f"process {process} ({who}), for {seconds or 0} s{shown}"
