"""A table and its model in, what it says about its columns out: its key, the rowid's other name, its options."""

from __future__ import annotations

from reconciler.frozen import frozen_in_order
from reconciler.model.model import Model
from reconciler.model.objects import Column, PrimaryKey, Table
from reconciler.model.ref import Kind, Ref


@frozen_in_order
class Surroundings:
    """What a table says about its columns: which are its key, which is another name of the rowid, and its options."""

    key: frozenset[str]
    alias: Ref | None
    without_rowid: bool
    strict: bool


def surroundings_of(table: Ref, model: Model) -> Surroundings:
    """Return what a table says about its columns."""
    alias = rowid_alias(table, model)
    return Surroundings(
        key=frozenset(name for key in model.children(table, PrimaryKey) for name in key.columns),
        alias=alias.ref if alias else None,
        without_rowid=has_option(table, model, "without_rowid"),
        strict=has_option(table, model, "strict"),
    )


def rowid_alias(table: Ref, model: Model) -> Column | None:
    """Return the column that is another name of the rowid: the only key column, declared INTEGER."""
    keys = model.children(table, PrimaryKey)
    if len(keys) != 1 or len(keys[0].columns) != 1 or has_option(table, model, "without_rowid"):
        return None
    column = model.get(table.child(Kind.COLUMN, keys[0].columns[0]))
    if not isinstance(column, Column):
        return None
    if column.type.native:
        words = (column.type.spelling or column.type.name).upper()
        return column if words == "INTEGER" else None
    return column if column.identity is not None or column.type.name == "int" else None


def has_option(table: Ref, model: Model, name: str) -> bool:
    """Say whether a table is declared with an option."""
    owner = model.get(table)
    return isinstance(owner, Table) and (name, True) in owner.options
