"""The texts of a backfill in, the columns that they name and their tables have not out; SQL is read by its grammar."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from difflib import get_close_matches
from typing import TYPE_CHECKING

from reconciler.dialects.transpile import NotPortable, parsed
from reconciler.frozen import frozen
from reconciler.model.backfills import Backfill, InsertSelect
from reconciler.model.values import Sql

if TYPE_CHECKING:
    from sqlglot import exp

# Words that are columns everywhere, or look like one and are none.
_ALWAYS = frozenset({"rowid", "_rowid_", "oid", "ctid", "xmin", "tableoid", "lo", "hi"})

# A code, a message, a hint, the path of the place.
Wrong = Iterator[tuple[str, str, str, str]]


@frozen
class Known:
    """The columns of the source row and of the written table; None of a table that is not declared."""

    source: tuple[str, ...] | None
    into: tuple[str, ...] | None


def misnamed(backfill: Backfill, known: Known, family: str) -> Wrong:
    """Yield what is wrong with each text: one that cannot be read, or names a column that is not there."""
    for sql, path, names in _texts(backfill, known):
        yield from _wrong(sql, path, names, family)
    if backfill.script is not None:
        yield from _script(backfill, family)


# What the words before a dot stand for, each with the columns that it has; None for what is not known.
Names = dict[str, tuple[str, ...] | None]


def _texts(backfill: Backfill, known: Known) -> Iterator[tuple[Sql, str, Names]]:
    """Yield each expression, its path, and what it may name; "" is what stands without a dot."""
    row: Names = {"": known.source, backfill.source.table.name: known.source}
    if backfill.source.where is not None and not backfill.source.database:
        yield backfill.source.where, "source.where", row
    if (insert := backfill.insert_select) is not None:
        yield from _of_insert(insert, known, row)
    if (update := backfill.update) is not None:
        for one in update.assignments:
            yield one.value, f"do.update.set.{one.column}", row
        if update.where is not None:
            yield update.where, "do.update.where", row


def _of_insert(insert: InsertSelect, known: Known, row: Names) -> Iterator[tuple[Sql, str, Names]]:
    at = "do.insert_select"
    for classification in insert.classify:
        for number, case in enumerate(classification.cases):
            yield case.when, f"{at}.classify.{classification.name}.{number}.when", row
    for mapped in insert.columns:
        if mapped.expression is not None:
            yield mapped.expression, f"{at}.columns.{mapped.column}", row
    for number, sql in enumerate(insert.group_by):
        if not sql.text.startswith("$"):
            yield sql, f"{at}.group_by.{number}", row
    met: Names = {"target": known.into, "incoming": known.into and tuple(one.column for one in insert.columns)}
    for one in insert.merge.assignments if insert.merge else ():
        yield one.value, f"{at}.merge.set.{one.column}", met


def _wrong(sql: Sql, path: str, names: Names, family: str) -> Wrong:
    try:
        tree = parsed(sql.text, family)
    except NotPortable as error:
        yield "SPEC200", f"{sql.text!r} cannot be read as SQL of {family}{error.near}", "mend it", path
        return
    for column in _columns(tree):
        known = names.get(column.table) if column.table else names.get("", ())
        if column.table and column.table not in names:
            hint = f"it may be {' or '.join(repr(name) for name in names if name)}"
            yield "SPEC031", f"{column.table!r} stands for nothing here", hint, path
        elif not column.table and "" not in names:
            hint = f"write target.{column.name} or incoming.{column.name}"
            yield "SPEC031", f"{column.name!r} does not say of which row", hint, path
        elif known is not None and column.name.lower() not in _ALWAYS | {name.lower() for name in known}:
            close = get_close_matches(column.name, known, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(known)}"
            yield "SPEC031", f"there is no column {column.name!r}", hint, path


def _columns(tree: exp.Expr) -> Iterator[exp.Column]:
    """Yield the columns of the row itself; what stands in a subquery has tables of its own."""
    from sqlglot import exp

    quoted = (column for column in tree.find_all(exp.Column) if isinstance(column.this, exp.Identifier))
    return (column for column in quoted if column.find_ancestor(exp.Select) is None)


def _script(backfill: Backfill, family: str) -> Wrong:
    """A statement of the author's works off one range of keys, and says so."""
    from sqlglot import exp

    assert backfill.script is not None
    path = "do.sql"
    try:
        tree = parsed(backfill.script.statement.text, family)
    except NotPortable as error:
        yield "SPEC200", f"it cannot be read as SQL of {family}{error.near}", "mend it", path
        return
    if not isinstance(tree, exp.Insert | exp.Update | exp.Delete):
        yield (
            "SPEC200",
            "it is no INSERT, UPDATE or DELETE",
            "what changes the schema is declared, not done by a backfill",
            path,
        )
        return
    given = {str(mark.this) for mark in tree.find_all(exp.Placeholder)}
    key = backfill.source.key
    wanted = {"lo", "hi"} if len(key) == 1 else {f"{side}_{name}" for side in ("lo", "hi") for name in key}
    if missing := sorted(wanted - given):
        said = ", ".join(f":{name}" for name in missing)
        message = f"it does not keep to a range of keys: {said} is missing"
        yield "BF101", message, f"add {_range(key)} to its conditions", path
    if isinstance(tree, exp.Delete) and backfill.destroys is None:
        yield (
            "SPEC014",
            "it deletes rows, and nothing says so",
            "add destructive: {max_rows: …, allow: true, reason: …}",
            path,
        )


def _range(key: tuple[str, ...]) -> str:
    if len(key) == 1:
        return f"{key[0]} > :lo and {key[0]} <= :hi"
    low, high = (", ".join(f":{side}_{name}" for name in key) for side in ("lo", "hi"))
    return f"({', '.join(key)}) > ({low}) and ({', '.join(key)}) <= ({high})"


def reads_other_names(text: str, name: str, family: str, functions: Collection[str] = ()) -> bool:
    """Say whether an expression reads a column of a name (or with it before a dot), or calls one of these functions."""
    from sqlglot import exp

    try:
        tree = parsed(text, family)
    except NotPortable:
        return False
    if functions:
        called = {node.sql_name().lower() for node in tree.find_all(exp.Func)}
        called |= {node.name.lower() for node in tree.find_all(exp.Anonymous)}
        return not called.isdisjoint(functions)
    return any(name in (column.table, column.name if not column.table else "") for column in tree.find_all(exp.Column))
