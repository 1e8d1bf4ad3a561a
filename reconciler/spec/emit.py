"""Values in, canonical YAML text out: quoted wherever YAML 1.1 or 1.2 could misread it; it knows no kind of object.

A value is text, true or false, a number, `Block` (SQL, on lines of its own where it has signs that YAML reads), a
list or a mapping. What fits stands on one line of at most 100 characters.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

WIDTH = 100
_INDENT = "  "
# Text that no YAML reader takes for anything else, alone or inside { } and [ ].
_SAFE = re.compile(r"[A-Za-z_](?:[A-Za-z0-9_ ()<>=*+/|.%;!&$-]*[A-Za-z0-9_()])?")
# https://yaml.org/type/bool.html and https://yaml.org/type/null.html: what 1.1 reads and 1.2 does not.
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
_SIGNS = frozenset("#:,{}[]'\"\n")
# What YAML does not read as it stands, or reads as the end of a line.
_ODD = r"\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff"
_UNPRINTABLE = re.compile(rf"[\t\n{_ODD}]")
# A literal block keeps these lines as they are.
_BLOCK = re.compile(rf"[^\s{_ODD}][^{_ODD}]*")


@dataclass(frozen=True, slots=True)
class Block:
    """SQL, without white space around it: written as a literal block where it holds a sign that YAML reads."""

    text: str


@dataclass(frozen=True, slots=True)
class Lines:
    """A mapping that is never put on one line."""

    entries: Mapping[str, Any]


def document(entries: Mapping[str, Any]) -> str:
    """Return a whole document, ended by a line end."""
    return "".join(_entry(key, value, "") for key, value in entries.items())


def scalar(value: str | bool | int | Decimal) -> str:
    """Return a value on one line, quoted where it has to be."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal):
        return str(value)
    if _SAFE.fullmatch(value) and value.lower() not in _WORDS and value.count("(") == value.count(")"):
        return value
    if _UNPRINTABLE.search(value):
        return _escaped(value)
    return '"' + value + '"' if '"' not in value and "\\" not in value else "'" + value.replace("'", "''") + "'"


def _escaped(value: str) -> str:
    # JSON's escapes are YAML's too; what JSON leaves as it is and YAML would not, is escaped by hand.
    text = json.dumps(value, ensure_ascii=False)
    return _UNPRINTABLE.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


def _entry(key: str, value: Any, indent: str) -> str:
    head = f"{indent}{scalar(key)}:"
    inline = _fitting(value, len(head) + 1)
    if inline is not None:
        return f"{head} {inline}\n"
    inner = indent + _INDENT
    if isinstance(value, Block):
        return f"{head} {_block(value.text, inner)}\n"
    if isinstance(value, Mapping | Lines):
        entries = value.entries if isinstance(value, Lines) else value
        return f"{head}\n" + "".join(_entry(name, child, inner) for name, child in entries.items())
    return f"{head}\n" + "".join(_item(child, inner) for child in value)


def _item(value: Any, indent: str) -> str:
    inner = indent + _INDENT
    inline = _fitting(value, len(inner))
    if inline is not None:
        return f"{indent}- {inline}\n"
    if isinstance(value, Block):
        return f"{indent}- {_block(value.text, inner)}\n"
    # The first line stands behind the dash, the others below it.
    if isinstance(value, Mapping):
        lines = "".join(_entry(name, child, inner) for name, child in value.items())
    else:
        lines = "".join(_item(child, inner) for child in value)
    return f"{indent}- {lines[len(inner) :]}"


def _fitting(value: Any, before: int) -> str | None:
    """Return a value on one line when it fits there, or can stand nowhere else."""
    inline = _inline(value)
    if inline is None or before + len(inline) <= WIDTH or _is_scalar(value):
        return inline
    return None if not isinstance(value, Block) or _fits_block(value.text) else inline


def _is_scalar(value: Any) -> bool:
    return isinstance(value, str | bool | int | Decimal)


def _inline(value: Any) -> str | None:
    """Return a value on one line, None when it has to have several."""
    if isinstance(value, Block):
        return None if _wants_block(value.text) else scalar(value.text)
    if isinstance(value, Lines):
        return None if value.entries else "{}"
    if isinstance(value, Mapping):
        pairs = [(scalar(key), _inline(child)) for key, child in value.items()]
        if any(child is None for _, child in pairs):
            return None
        return "{" + ", ".join(f"{key}: {child}" for key, child in pairs) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        items = [_inline(child) for child in value]
        return None if any(item is None for item in items) else "[" + ", ".join(str(item) for item in items) + "]"
    return scalar(value)


def _wants_block(text: str) -> bool:
    return bool(_SIGNS.intersection(text)) and _fits_block(text)


def _fits_block(text: str) -> bool:
    return _BLOCK.fullmatch(text) is not None


def _block(text: str, indent: str) -> str:
    return "\n".join(["|", *(indent + line if line else "" for line in text.split("\n"))])
