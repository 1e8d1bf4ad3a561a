"""Text and how wide a terminal is in, lines that fit out: colours as data, columns, cutting; it knows no plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum

from reconciler.frozen import frozen, frozen_in_order
from reconciler.report.problems import safe, width

NARROWEST = 40

# How much of a long list is shown unless somebody wants all of it.
_LONGEST = 10


class Style(StrEnum):
    """What a piece of text is; never its only sign, because colours may be off."""

    CREATE = "create"
    UPDATE = "update"
    RENAME = "rename"
    DELETE = "delete"
    REPLACE = "replace"
    BACKFILL = "backfill"
    DANGER = "danger"
    CARE = "care"
    GOOD = "good"
    FAINT = "faint"
    STRONG = "strong"


Paint = Callable[[str, str], str]

# ECMA-48, "Select graphic rendition".
_CODES: Mapping[str, str] = {
    Style.CREATE: "32", Style.UPDATE: "33", Style.RENAME: "36", Style.DELETE: "31", Style.REPLACE: "35",
    Style.BACKFILL: "34",
    Style.DANGER: "1;31", Style.CARE: "33", Style.GOOD: "32", Style.FAINT: "2", Style.STRONG: "1",
}  # fmt: skip


def plain(style: str, text: str) -> str:
    """Return the text without any colour."""
    return text


def coloured(style: str, text: str) -> str:
    """Return the text in the colour of its style."""
    return f"\x1b[{_CODES[style]}m{text}\x1b[0m" if text else text


@frozen
class Look:
    """How a text is to look: cells per line, colours, how often -v was said, and the command that applies the plan.

    `apply` is empty where the person who reads is being asked just now and needs no command.
    """

    width: int = 80
    paint: Paint = plain
    detail: int = 0
    apply: str = "reconcile apply"


@frozen_in_order
class Cell:
    """A piece of a table or a line, with what it is."""

    text: str
    style: str = ""
    right: bool = False


def painted(cell: Cell, paint: Paint) -> str:
    """Return a cell's text, in colour where it has a style."""
    return paint(cell.style, cell.text) if cell.style else cell.text


def cut(text: str, cells: int) -> str:
    """Return a text that takes at most so many cells; what is cut off at its end is an ellipsis."""
    if width(text) <= cells:
        return text
    kept, used = "", 0
    for char in text:
        used += width(char)
        if used > cells - 1:
            break
        kept += char
    return kept + "…"


def cut_middle(text: str, cells: int) -> str:
    """Return a text that takes at most so many cells and keeps its end: the last name of an address tells most."""
    if width(text) <= cells:
        return text
    tail = ""
    for char in reversed(text):
        if width(char + tail) > cells * 2 // 3:
            break
        tail = char + tail
    return cut(text, max(cells - width(tail), 1)) + tail


def padded(cell: Cell, cells: int, paint: Paint) -> str:
    """Return a cell filled up with spaces on the side where it is not aligned."""
    gap = " " * max(0, cells - width(cell.text))
    return gap + painted(cell, paint) if cell.right else painted(cell, paint) + gap


def grid(rows: Sequence[Sequence[Cell]], paint: Paint, *, indent: str = "   ", gap: str = "   ") -> list[str]:
    """Return rows of cells as lines, each column as wide as its widest cell."""
    widths = [max(width(row[column].text) for row in rows) for column in range(len(rows[0]))] if rows else []
    lines = []
    for row in rows:
        cells = [padded(cell, cells, paint) for cell, cells in zip(row, widths, strict=True)]
        lines.append((indent + gap.join(cells)).rstrip())
    return lines


def joined(items: Sequence[str], look: Look, *, indent: str = " ", gap: str = "   ") -> list[str]:
    """Return items side by side, on as many lines as they need."""
    lines: list[str] = []
    for item in items:
        if lines and width(lines[-1] + gap + item) <= look.width:
            lines[-1] += gap + item
        else:
            lines.append(indent + item)
    return lines


def wrapped(text: str, look: Look, first: int, rest: int) -> list[str]:
    """Return a sentence as lines that fit, without their indents: so many cells on the first line, and on the others.

    A word is never cut: whoever copies it from here gets all of it.
    """
    lines, room = [""], look.width - first
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if lines[-1] and width(longer) > room:
            lines.append(word)
            room = look.width - rest
        else:
            lines[-1] = longer
    return lines


def spread(left: str, right: str, look: Look, *, shown: int = 0) -> str:
    """Return a line with something at its right end, where it fits; `shown` is the width of `left` without colours."""
    gap = look.width - (shown or width(left)) - width(right)
    return f"{left}{' ' * max(gap, 3)}{look.paint(Style.FAINT, right)}" if right else left


def capped(items: Sequence[str], look: Look) -> list[str]:
    """Return the first items, and how many more there are."""
    shown = list(items if look.detail else items[:_LONGEST])
    more = len(items) - len(shown)
    return [*shown, f"… {more:,} more, -v lists them"] if more else shown


def source_text(text: str) -> list[str]:
    """Return a text of several lines line by line; tabs stay, every other control character becomes visible."""
    return ["\t".join(map(safe, line.split("\t"))).rstrip() for line in text.split("\n")]


def counted(number: int, word: str, plural: str = "") -> str:
    """Return a number with its word: 1 step, 2 steps."""
    return f"{number:,} {word if number == 1 else plural or word + 's'}"


def duration(seconds: float) -> str:
    """Return a time as people say it: 4 ms, 1.2s, 2m 19s."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f}s"
    return f"{int(seconds // 60)}m {int(seconds % 60)}s"
