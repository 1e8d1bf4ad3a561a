"""YAML values that know their place, and the file they stand in; in comes text, out come positions and problems."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any

from reconciler.errors import Position, Problem

# What libyaml counts as the end of a line; positions are its own, so lines are split in the same way.
_LINE_END = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
# The passwords in a URL, before the host and among the parameters: they must not be shown with the line they stand in.
_PASSWORD = re.compile(
    r"((?<=://)[^\s/@:]*:|[?&][^=&\s]*(?:pass(?:word|wd|phrase)?|pwd|secret|token)=)"
    r"(\S+(?=@)|(?<==)[^&\s]+?(?=[\"'}\],]*(?:[&\s]|$)))",
    re.IGNORECASE,
)
_LONGEST_LINE = 2000

# (line, column, end column), each counted from 1; the end is the first column after the value.
At = tuple[int, int, int]


@dataclass(slots=True)
class Node:
    """A value: text, true or false, a number, nothing, a list of nodes, or a mapping from keys to nodes.

    `key` is where its key stands in the mapping that holds it; `style` is the quote or block sign of a text.
    """

    value: Any
    at: At
    key: At | None = None
    style: str = ""


@dataclass(frozen=True)
class Source:
    """A spec file: its name as a person knows it, and its text."""

    file: str
    text: str = field(repr=False)

    @cached_property
    def lines(self) -> list[str]:
        """The lines without their ends."""
        return _LINE_END.split(self.text)

    def line(self, number: int, column: int = 1) -> str:
        """Return one line for showing: passwords masked, and cut behind the column when it is very long."""
        text = self.lines[number - 1] if 0 < number <= len(self.lines) else ""
        return masked(text[: max(_LONGEST_LINE, column + 100)])

    def position(self, at: At) -> Position:
        """Return the position that people are shown."""
        return Position(self.file, at[0], at[1], at[2])

    def problem(self, code: str, message: str, at: At | None, **more: Any) -> Problem:
        """Return a problem at a place of this file, with the line for its caret."""
        if at is None:
            return Problem(code=code, message=masked(message), **more)
        return Problem(
            code=code, message=masked(message), position=self.position(at), source=self.line(at[0], at[1]), **more
        )


def masked(text: str) -> str:
    """Return the text with the passwords of URLs replaced by as many asterisks, so that columns stay where they are."""
    if "://" not in text:
        return text
    return _PASSWORD.sub(lambda match: match.group(1) + "*" * len(match.group(2)), text)


def plain(node: Node) -> Any:
    """Return the value without positions."""
    value = node.value
    if type(value) is dict:
        return {key: plain(child) for key, child in value.items()}
    if type(value) is list:
        return [plain(child) for child in value]
    return value


def pointed(node: Node) -> At:
    """Return where a caret belongs: the value, or a key where the value has no width of its own on one line."""
    line, column, end = node.at
    if end > column:
        return line, column, end
    if node.key is not None:
        return node.key
    first = next(iter(node.value.values()), None) if type(node.value) is dict else None
    return first.key if first is not None and first.key is not None else node.at


def shown(value: Any) -> str:
    """Return a value as a message names it: text in quotes, `a mapping`, `a list`, `nothing`."""
    if isinstance(value, Node):
        value = value.value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal):
        return str(value)
    if isinstance(value, str):
        return f'"{value}"' if len(value) <= 60 else f'"{value[:57]}…"'
    if value is None:
        return "nothing"
    return "a mapping" if isinstance(value, Mapping) else "a list"
