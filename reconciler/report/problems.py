"""Problems in, plain text out: the line, a caret under the place, what to do next; it knows no colour and no markup."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from reconciler.errors import Problem

_TAB = 4
_WIDEST = 160
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
# Marks that turn the direction of text around: a line that holds one would not read as it is.
_BIDI = re.compile("[\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def render(problems: Iterable[Problem]) -> str:
    """Return every problem, one after the other with an empty line between, ended by a line end."""
    return "\n".join(render_one(problem) for problem in problems)


def render_one(problem: Problem) -> str:
    """Return one problem:

    error[SPEC006]: duplicate key 'note', first used on line 6
     --> tables/orders.yaml:7:3
      |
    7 |   note: {type: text}
      |   ^^^^
      = help: …
    """
    lines = [f"{problem.severity}[{problem.code}]: {safe(problem.message)}"]
    margin = ""
    if problem.position is not None:
        margin = " " * len(str(problem.position.line))
        lines.append(f"{margin}--> {safe(str(problem.position))}")
        lines += _excerpt(problem, margin)
    elif problem.address:
        lines.append(f" --> {safe(problem.address)}")
    lines += [f"{margin} = also: {safe(str(place))}" for place in problem.also]
    for number, line in enumerate(problem.hint.splitlines()):
        lines.append(f"{margin} {'= help:' if number == 0 else '       '} {safe(line)}")
    return "\n".join(lines) + "\n"


def safe(text: str) -> str:
    """Return text that cannot move a cursor: control characters become their pictures (U+2400 and up)."""
    return _BIDI.sub("\ufffd", _CONTROL.sub(_picture, text))


def _picture(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else "\ufffd"


def _excerpt(problem: Problem, margin: str) -> list[str]:
    position, source = problem.position, problem.source
    if position is None or not source.strip():
        return []
    start = min(position.column - 1, len(source))
    end = position.end_column - 1 if position.end_column > position.column else start + 1
    before, marked, after = source[:start], source[start:end], source[end:]
    shown_before, shown_marked = _widened(before, 0), _widened(marked, width(_widened(before, 0)))
    text = shown_before + shown_marked + _widened(after, width(shown_before + shown_marked))
    indent, length = width(shown_before), max(1, width(shown_marked))
    text, indent, length = _cut(text, indent, length)
    bar = f"{margin} |"
    return [bar, f"{position.line} | {text.rstrip()}", f"{bar} {' ' * indent}{'^' * length}"]


def _widened(text: str, column: int) -> str:
    """Return text with tabs as the spaces that they take from a column on, and nothing that moves a cursor."""
    out: list[str] = []
    for char in text:
        shown = " " * (_TAB - column % _TAB) if char == "\t" else safe(char)
        out.append(shown)
        column += width(shown)
    return "".join(out)


def width(text: str) -> int:
    """Return how many cells a terminal gives to a text."""
    if text.isascii():
        return len(text)
    return sum(_cells(char) for char in text)


@lru_cache(maxsize=4096)
def _cells(char: str) -> int:
    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _cut(text: str, indent: int, length: int) -> tuple[str, int, int]:
    """Return a long line as a window around what is marked."""
    if width(text) <= _WIDEST:
        return text, indent, min(length, _WIDEST)
    length = min(length, _WIDEST // 2)
    first = max(0, indent - _WIDEST // 4)
    kept, cells, lead = [], 0, "… " if first else ""
    for char in text:
        if first <= cells < first + _WIDEST - 4:
            kept.append(char)
        cells += _cells(char)
    tail = " …" if cells > first + _WIDEST - 4 else ""
    return lead + "".join(kept) + tail, indent - first + len(lead), length
