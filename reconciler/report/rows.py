"""What happens to the rows of a table in; lines for a person, a comparison and plain data about it out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reconciler.plan.row_changes import SHOWN, Named, RowChange, RowChanges
from reconciler.report.layout import Look, Style, counted, cut
from reconciler.report.problems import safe

_SIGNS: Mapping[str, tuple[str, Style]] = {
    "insert": ("+", Style.CREATE), "update": ("~", Style.UPDATE), "delete": ("-", Style.DELETE),
}  # fmt: skip
# Cells of one value, and lines of the SQL that writes rows, which says again what is shown of them.
_WIDEST, _MOST_LINES = 32, 12


def row_lines(rows: RowChanges, look: Look, indent: str) -> list[str]:
    """Return the first rows, those that go before all others, and how many more there are."""
    found = []
    shown = _shown(rows, len(rows.first) if look.detail else SHOWN)
    for one in shown:
        sign, style = _SIGNS[one.action]
        line = cut(f"{sign} {_words(one)}", look.width - len(indent))
        found.append(indent + look.paint(style, line[:1]) + line[1:])
    more = rows.inserted + rows.updated + rows.deleted - len(shown)
    return [*found, *([f"{indent}… {counted(more, 'more row')}"] if more else [])]


def row_comparison(rows: RowChanges) -> list[str]:
    """Return the first rows as lines of a comparison: what changes is there twice."""
    found: list[str] = []
    for one in _shown(rows, SHOWN):
        key = ", ".join(_pair(pair) for pair in one.key)
        found += [f"- {key}{_rest(one.old)}"] if one.action != "insert" else []
        found += [f"+ {key}{_rest(one.new)}"] if one.action != "delete" else []
    return found


def sql_lines(lines: Sequence[str], look: Look, indent: str) -> list[str]:
    """Return the beginning of SQL that writes rows."""
    if look.detail or len(lines) <= _MOST_LINES:
        return list(lines)
    return [*lines[:_MOST_LINES], f"{indent}-- … {counted(len(lines) - _MOST_LINES, 'more line')}, -v shows them"]


def rows_data(rows: RowChanges) -> dict[str, Any]:
    """Return the counts and the first rows as plain data."""
    return {
        "inserted": rows.inserted, "updated": rows.updated, "deleted": rows.deleted,
        "first": [
            {
                "action": one.action, "key": dict(one.key),
                "before": dict(one.old) if one.action != "insert" else None,
                "after": dict(one.new) if one.action != "delete" else None,
            }
            for one in rows.first
        ],
    }  # fmt: skip


def _shown(rows: RowChanges, most: int) -> list[RowChange]:
    order = ("delete", "update", "insert")
    return sorted(rows.first, key=lambda one: order.index(one.action))[:most]


def _words(one: RowChange) -> str:
    key = ", ".join(_value(value) for _, value in one.key)
    return f"{key}   {', '.join(_changes(one))}".rstrip()


def _changes(one: RowChange) -> Iterator[str]:
    if one.action != "update":
        yield from map(_pair, one.new or one.old)
        return
    for (name, before), (_, after) in zip(one.old, one.new, strict=True):
        yield f"{safe(name)} {_value(before)} → {_value(after)}"


def _pair(pair: Named) -> str:
    return f"{safe(pair[0])} {_value(pair[1])}"


def _rest(named: Sequence[Named]) -> str:
    return "".join(f", {_pair(pair)}" for pair in named)


def _value(value: str | None) -> str:
    return "null" if value is None else cut(safe(value), _WIDEST) or "''"
