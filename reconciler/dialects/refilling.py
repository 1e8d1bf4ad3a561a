"""Tables or columns that a backup holds in, the SQL that brings their rows back out of a copy of it."""

from __future__ import annotations

from collections.abc import Callable

from reconciler.frozen import frozen
from reconciler.model.ref import Ref


@frozen
class Want:
    """What is to be brought back: the rows of a table, or, by its `key`, values of some columns of rows that are there.

    `name` is the table's own, `table` its full name as SQL. `still` are columns that the database would change by
    itself with every update.
    """

    ref: Ref
    name: str
    table: str
    columns: tuple[str, ...]
    key: tuple[str, ...] = ()
    still: tuple[str, ...] = ()


def filling(want: Want, source: str, quote: Callable[[str], str], overriding: str = "") -> str:
    """Return the statement that copies what is wanted from a table that has it, as SQLite and PostgreSQL take it.

    Args:
        want: what.
        source: the full name of the table that has it.
        quote: how a name is written.
        overriding: what stands before the rows, so that the database takes what it would make by itself.
    """
    if not want.key:
        return inserting(want, source, quote, overriding)
    values = ", ".join(f"{quote(name)} = __rc_was.{quote(name)}" for name in want.columns)
    return f"UPDATE {want.table} SET {values} FROM {source} AS __rc_was WHERE {matching(want, quote)}"


def inserting(want: Want, source: str, quote: Callable[[str], str], overriding: str = "") -> str:
    """Return the statement that copies whole rows; arguments as for `filling`."""
    names = ", ".join(map(quote, want.columns))
    return f"INSERT INTO {want.table} ({names}) {overriding} SELECT {names} FROM {source}"


def matching(want: Want, quote: Callable[[str], str]) -> str:
    """Return what holds for a row and the one that it was, which is called __rc_was."""
    return " AND ".join(f"__rc_was.{quote(name)} = {want.table}.{quote(name)}" for name in want.key)
