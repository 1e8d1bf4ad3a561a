"""What a script asks of a schema before and after it changes it: names and columns in, conditions as SQL out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from reconciler.dialects.sql import text_literal
from reconciler.dialects.sqlite.remaking import Remake
from reconciler.model.objects import Column


def shape(table: str, columns: Mapping[str, str]) -> str:
    """Write the condition that a table has these columns, {name: type}, and no others; no case or blank counts."""
    wanted = sorted(f"{name} {''.join(type_.split())}".lower() for name, type_ in columns.items())
    real = (
        "SELECT lower(name || ' ' || CASE WHEN hidden IN (2, 3) THEN '' ELSE replace(replace(replace(type, ' ', ''),"
        f" char(10), ''), char(9), '') END) AS word FROM pragma_table_xinfo({text_literal(table)}) WHERE hidden <> 1"
    )
    listed = ", ".join(map(text_literal, wanted))
    return (
        f"((SELECT count(*) FROM ({real})) = {len(wanted)}"
        f" AND NOT EXISTS (SELECT 1 FROM ({real}) WHERE word NOT IN ({listed})))"
    )


def typed(found: Iterable[Column], names: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the columns of a table as a shape wants them; a computed one's type is told with other words."""
    return {(names or {}).get(c.ref.name, c.ref.name): "" if c.generated else str(c.type) for c in found}


def exists(name: str, type_: str = "table", beside: str = "") -> str:
    """Write the condition that something is there, about which one more may be said."""
    told = f"type = '{type_}' AND name = {text_literal(name)} COLLATE NOCASE{beside}"
    return f"EXISTS (SELECT 1 FROM sqlite_schema WHERE {told})"


def on_tables(*tables: str) -> str:
    """Write what more is said about a trigger: that it is on one of these."""
    return f" AND tbl_name COLLATE NOCASE IN ({', '.join(map(text_literal, tables))})"


def absent(name: str) -> str:
    """Write the condition that nothing has this name; triggers have theirs apart from all others."""
    told = f"type <> 'trigger' AND name = {text_literal(name)} COLLATE NOCASE"
    return f"NOT EXISTS (SELECT 1 FROM sqlite_schema WHERE {told})"


def either(one: Remake) -> str:
    """Write the condition that a table is there in one of its two forms."""
    old = one.states.old.children(one.ref, Column)
    live = {column.ref.name: one.states.live(column.ref).name for column in old}
    before, after = shape(one.live, typed(old, live)), shape(one.name, typed(one.columns))
    if one.live == one.name:
        return f"({before} OR {after})"
    return f"(({before} AND {absent(one.name)}) OR ({after} AND {absent(one.live)}))"
