"""Values that a comma inside { } or [ ] tore apart, as in {type: decimal(12,2)}: finds them and puts them together."""

from __future__ import annotations

from typing import Any

from reconciler.errors import Problem
from reconciler.spec.nodes import At, Node, Source


def opens(value: Any) -> bool:
    """Say whether a text opens more parentheses than it closes."""
    return type(value) is str and value.count("(") > value.count(")")


def joined_keys(source: Source, keys: list[str], values: list[Node]) -> list[Problem]:
    """Put torn values of a mapping together, in place.

    `{type: decimal(12,2), not_null: true}` is read as three keys, of which the second, `2)`, has no value.
    """
    problems: list[Problem] = []
    number = 0
    while number < len(keys):
        last = _last_key(keys, values, number)
        if last > number:
            first = values[number]
            text = _between(source, first.at, values[last].key) or ",".join((first.value, *keys[number + 1 : last + 1]))
            problems.append(_problem(source, f'{keys[number]}: "{text}"', values[number + 1].key or first.at))
            first.value, first.style = text, '"'
            del keys[number + 1 : last + 1], values[number + 1 : last + 1]
        number += 1
    return problems


def joined_items(source: Source, _keys: list[str], values: list[Node]) -> list[Problem]:
    """Put torn items of a list together, in place: `[coalesce(a, b)]` is read as two items."""
    problems: list[Problem] = []
    number = 0
    while number < len(values):
        last = _last_item(values, number)
        if last > number:
            first = values[number]
            pieces = [str(piece.value) for piece in values[number : last + 1]]
            text = _between(source, first.at, values[last].at) or ",".join(pieces)
            problems.append(_problem(source, f'"{text}"', values[number + 1].at))
            first.value, first.style = text, '"'
            del values[number + 1 : last + 1]
        number += 1
    return problems


def _last_key(keys: list[str], values: list[Node], number: int) -> int:
    return _closing(values[number], [k if v.value is None else None for k, v in _after(keys, values, number)], number)


def _last_item(values: list[Node], number: int) -> int:
    texts = [None if v.style or isinstance(v.value, dict | list) else str(v.value) for v in values[number + 1 :]]
    return _closing(values[number], texts, number)


def _after(keys: list[str], values: list[Node], number: int) -> zip[tuple[str, Node]]:
    return zip(keys[number + 1 :], values[number + 1 :], strict=True)


def _closing(first: Node, following: list[str | None], number: int) -> int:
    """Return the number of the piece that closes what the first one opened, or the first one's when none does."""
    if first.style or not opens(first.value):
        return number
    depth = first.value.count("(") - first.value.count(")")
    for offset, text in enumerate(following, start=1):
        if text is None:
            break
        depth += text.count("(") - text.count(")")
        if depth <= 0:
            return number + offset
    return number


def _between(source: Source, first: At, last: At | None) -> str:
    if last is None or first[0] != last[0] or not last[2]:
        return ""
    return source.lines[first[0] - 1][first[1] - 1 : last[2] - 1]


def _problem(source: Source, corrected: str, at: At) -> Problem:
    return source.problem("SPEC008", "a comma inside { } or [ ] split the value in two", at, hint=f"write  {corrected}")
