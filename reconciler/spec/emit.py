"""Values in, canonical YAML text out: quoted wherever YAML 1.1 or 1.2 could misread it; it knows no kind of object.

A value is text, true or false, a number, nothing, `Block` (SQL, on lines of its own where one line would not show it as
it is), `Written` (lines or a word that stay as they are), a list or a mapping. `Remarked` adds comments to any of them.
What fits stands on one line of at most 100 characters.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from reconciler.frozen import frozen_in_order

WIDTH = 100
_INDENT = "  "
# Text that no YAML reader takes for anything else, alone or inside { } and [ ].
_SAFE = re.compile(r"[^\W\d](?:(?:[\w ()<>=*+/|.%;!?&$-]|(?<=\w)')*[\w().?!])?")
# The same where it stands alone, outside of { } and [ ].
_SAFE_ALONE = re.compile(_SAFE.pattern.replace("|(?<=", "|,(?= )|(?<=", 1))
# https://yaml.org/type/bool.html and https://yaml.org/type/null.html: what 1.1 reads and 1.2 does not.
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
# What YAML does not read as it stands, or reads as the end of a line.
_ODD = r"\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff"
_UNPRINTABLE = re.compile(rf"[\t\n{_ODD}]")
# A literal block keeps these lines as they are.
_BLOCK = re.compile(rf"[^\s{_ODD}][^{_ODD}]*")
# Text of several lines that a literal block keeps, with the line end at its end or without.
_TEXT = re.compile(rf"[^\s{_ODD}][^{_ODD}]*(?<=\S)\n?")


@frozen_in_order
class Block:
    """SQL, without white space around it: a literal block where it has several lines, or quotes of both kinds."""

    text: str


@frozen_in_order
class Written:
    """A scalar that stays as somebody wrote it: a word, or the head and the lines of a folded block."""

    head: str
    lines: tuple[str, ...] = ()


@frozen_in_order
class Lines:
    """A mapping that is never put on one line."""

    entries: Mapping[str, Any]


@frozen_in_order
class Remarked:
    """A value with its comments: lines before it ("" is an empty line), beside its first line, below its last entry."""

    value: Any
    before: tuple[str, ...] = ()
    beside: str = ""
    below: tuple[str, ...] = ()

    @property
    def spoken(self) -> bool:
        """Whether there is more than empty lines."""
        return bool(self.beside or any(self.before) or any(self.below))


def document(entries: Mapping[str, Any] | Remarked) -> str:
    """Return a whole document, ended by a line end."""
    noted = _noted(entries)
    return _remarks(noted.before, "") + _inside(noted.value, "") + _remarks(noted.below, "")


def scalar(value: str | bool | int | Decimal | None) -> str:
    """Return a value on one line, quoted where it has to be."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if isinstance(value, int | Decimal):
        return str(value)
    if _is_plain(value, _SAFE):
        return value
    if _UNPRINTABLE.search(value):
        return _escaped(value)
    return '"' + value + '"' if '"' not in value and "\\" not in value else "'" + value.replace("'", "''") + "'"


def _is_plain(value: str, safe: re.Pattern[str]) -> bool:
    return bool(safe.fullmatch(value)) and value.lower() not in _WORDS and value.count("(") == value.count(")")


def _escaped(value: str) -> str:
    # JSON's escapes are YAML's too; what JSON leaves as it is and YAML would not, is escaped by hand.
    text = json.dumps(value, ensure_ascii=False)
    return _UNPRINTABLE.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


def _noted(value: Any) -> Remarked:
    return value if isinstance(value, Remarked) else Remarked(value)


def _remarks(lines: Iterable[str], indent: str) -> str:
    return "".join(f"{indent}{line}\n" if line else "\n" for line in lines)


def entry(key: str, value: Any, indent: str) -> str:
    """Return an entry of a mapping whose keys stand at this indent, ended by a line end."""
    noted = _noted(value)
    head = f"{indent}{scalar(key)}:"
    return _remarks(noted.before, indent) + _valued(head, noted, indent + _INDENT)


def _valued(head: str, noted: Remarked, inner: str) -> str:
    """Return what stands behind a key or a dash: on the same line where it fits, else below."""
    value, beside = noted.value, f"  {noted.beside}" if noted.beside else ""
    inline = None if noted.below else fitting(value, len(head) + 1)
    if inline is not None:
        return f"{head} {inline}{beside}\n"
    block = _block(value)
    if block is not None:
        lines = "".join(f"{inner}{line}\n" if line else "\n" for line in block.lines)
        return f"{head} {block.head}{beside}\n{lines}"
    return f"{head}{beside}\n{_inside(value, inner)}{_remarks(noted.below, inner)}"


def item(value: Any, indent: str) -> str:
    """Return an item of a list whose dashes stand at this indent, ended by a line end."""
    noted, inner = _noted(value), indent + _INDENT
    before = _remarks(noted.before, indent)
    if not _is_container(noted.value) or (fitting(noted.value, len(inner)) is not None and not noted.below):
        return before + _valued(f"{indent}-", noted, inner)
    beside = [noted.beside] if noted.beside else []
    inside = _inside(noted.value, inner) + _remarks(noted.below, inner)
    # The first entry stands behind the dash; what is said before it moves before the dash.
    lines = [f"{line}\n" for line in inside.removesuffix("\n").split("\n")]
    first = next(number for number, line in enumerate(lines) if line.strip() and not line.lstrip().startswith("#"))
    moved = [line.strip() for line in lines[:first]]
    return before + _remarks([*beside, *moved], indent) + f"{indent}- " + "".join(lines[first:])[len(inner) :]


def _inside(value: Any, indent: str) -> str:
    if _is_list(value):
        return "".join(item(child, indent) for child in value)
    return "".join(entry(key, child, indent) for key, child in _mapped(value).items())


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _is_container(value: Any) -> bool:
    return isinstance(value, Mapping | Lines) or _is_list(value)


def _mapped(value: Mapping[str, Any] | Lines) -> Mapping[str, Any]:
    return value.entries if isinstance(value, Lines) else value


def fitting(value: Any, before: int) -> str | None:
    """Return a value on one line when it fits there, or can stand nowhere else."""
    alone = isinstance(value, str) and _is_plain(value, _SAFE_ALONE)
    inline = value if alone else _inline(value)
    if inline is None or before + len(inline) <= WIDTH:
        return inline
    return None if _is_container(value) or (isinstance(value, Block) and _fits_block(value.text)) else inline


def _inline(value: Any) -> str | None:
    """Return a value on one line, None when it has to have several."""
    if isinstance(value, Remarked):
        return None if value.spoken else _inline(value.value)
    if isinstance(value, Lines):
        return None if value.entries else "{}"
    if isinstance(value, Mapping):
        pairs = [(scalar(key), _inline(child)) for key, child in value.items()]
        return None if any(child is None for _, child in pairs) else _braced(pairs)
    if _is_list(value):
        items = [_inline(child) for child in value]
        return None if any(one is None for one in items) else "[" + ", ".join(str(one) for one in items) + "]"
    return _one_line(value)


def _braced(pairs: Iterable[tuple[str, str | None]]) -> str:
    return "{" + ", ".join(f"{key}: {child}" for key, child in pairs) + "}"


def _one_line(value: Any) -> str | None:
    if isinstance(value, Block):
        return None if _wants_block(value.text) else scalar(value.text)
    if isinstance(value, Written):
        return None if value.lines else value.head
    return None if isinstance(value, str) and _is_prose(value) else scalar(value)


def _is_prose(text: str) -> bool:
    """Say whether a text of several lines keeps them in a literal block."""
    return "\n" in text and _TEXT.fullmatch(text) is not None


def _wants_block(text: str) -> bool:
    quoted = scalar(text)
    return ("\n" in text or (quoted != text and quoted[1:-1] != text)) and _fits_block(text)


def _fits_block(text: str) -> bool:
    return _BLOCK.fullmatch(text) is not None


def _block(value: Any) -> Written | None:
    """Return the head and the lines of what is written as a block, None for anything else."""
    if isinstance(value, Block):
        return Written("|", tuple(value.text.split("\n")))
    if isinstance(value, str):
        return Written("|" if value.endswith("\n") else "|-", tuple(value.removesuffix("\n").split("\n")))
    return value if isinstance(value, Written) else None
