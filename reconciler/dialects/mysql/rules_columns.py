"""How tables and their columns are made and changed on MySQL and MariaDB: objects in, statements out.

What is done in place: dev.mysql.com/doc/refman/9.7/en/innodb-online-ddl-operations.html.
"""

from __future__ import annotations

from dataclasses import replace

from reconciler.dialects.mysql import costs, render, types
from reconciler.dialects.mysql.ladder import altered, altered_alone
from reconciler.dialects.mysql.lexer import text_literal
from reconciler.dialects.mysql.names import of, table
from reconciler.dialects.sql import moved_term
from reconciler.model.objects import Column, PrimaryKey, Table
from reconciler.plan.rules import Outcome, States, Way
from reconciler.plan.step import Statement

# What setting a table option costs; a collation converts every text, in a statement of its own.
_OPTION_COSTS = {"engine": costs.COPY, "row_format": costs.REBUILD, "key_block_size": costs.REBUILD}


def create_table(new: Table, states: States) -> Outcome:
    """Make a table with all that is made inside it."""
    return (Statement(render.create_table(new, states.new)),)


def drop_table(old: Table, states: States) -> Outcome:
    """Drop a table."""
    return (Statement(f"DROP TABLE {of(old.ref)}"),)


def comment_table(old: Table, new: Table, states: States) -> Outcome:
    """Give a table another comment."""
    return altered(new, [f"COMMENT={text_literal(new.comment or '')}"], costs.DICTIONARY, states)


def table_options(old: Table, new: Table, states: States) -> Outcome:
    """Give a table other options, those that cost the same in one statement."""
    before, after = dict(old.options), dict(new.options)
    if set(before) - set(after):  # what the database does by default is known to it alone
        return Way.UNSUPPORTED
    changed = [name for name in sorted(after) if before.get(name) != after[name]]
    priced = {name: _OPTION_COSTS.get(name, costs.DICTIONARY) for name in changed if name != "collation"}
    found: list[Statement] = []
    for cost in (costs.DICTIONARY, costs.REBUILD, costs.COPY):
        clauses = [f"{name.upper()}={after[name]}" for name in priced if priced[name] == cost]
        found += altered(new, clauses, cost, states) if clauses else ()
    if "collation" in changed:
        found += altered_alone(new, _converted(new, states), costs.COPY, states)
    return tuple(found)


def _converted(new: Table, states: States) -> str:
    """Give the table's texts another collation, which converts every column; those with their own get it back."""
    collation = str(dict(new.options)["collation"])
    own = [column for column in render.columns_of(states.new, new.ref) if column.collation]
    back = [f"MODIFY COLUMN {render.column_clause(column, states.new)}" for column in own]
    charset = collation.partition("_")[0]
    return ", ".join((f"CONVERT TO CHARACTER SET {charset} COLLATE {collation}", *back))


def create_column(new: Column, states: States) -> Outcome:
    """Add a column."""
    key = key_that_comes_with(new, states)
    clauses = [f"ADD COLUMN {render.column_clause(new, states.new)}"]
    cost = costs.of_new_column(new)
    if any(render.own_checks(new, states.new)):
        cost = cost.beside(costs.COPY)
    return altered(new, [*clauses, f"ADD {render.primary_key_clause(key)}"] if key else clauses, cost, states)


def key_that_comes_with(new: Column, states: States) -> PrimaryKey | None:
    """A column that counts up has to be part of a key from the first moment."""
    keys = states.new.children(new.ref.top, PrimaryKey) if new.identity else []
    return next((key for key in keys if key.ref not in states.old and new.ref.name in key.columns), None)


def drop_column(old: Column, states: States) -> Outcome:
    """Drop a column."""
    return altered(old, [f"DROP COLUMN {of(old.ref)}"], costs.LAYOUT, states)


def modify_column(old: Column, new: Column, states: States) -> Outcome:
    """MODIFY says the whole column again; whatever it leaves out is gone."""
    return _modified(old, new, states)


def _modified(old: Column, new: Column, states: States) -> tuple[Statement, ...]:
    clause = f"MODIFY COLUMN {render.column_clause(new, states.new)}"
    return altered(new, [clause], costs.of_column(old, new, states.old), states)


def retype(old: Column, new: Column, states: States) -> Outcome:
    """Move the values of an enum while both the old and the new ones are allowed; each statement may be repeated."""
    before, after = types.members(old.type.name), types.members(new.type.name)
    moves = [(value, to) for value, to in new.moved_values if value in before and value not in after and to in after]
    if not moves:
        return _modified(old, new, states)
    both = replace(new, type=types.enum_of((*after, *(value for value in before if value not in after))))
    name = of(new.ref)
    gone = ", ".join(text_literal(value) for value, _ in moves)
    moved = Statement(f"UPDATE {table(new.ref)} SET {name} = {moved_term(name, moves)} WHERE {name} IN ({gone})")
    return (*_modified(old, both, states), moved, *_modified(both, new, states))


def generate(old: Column, new: Column, states: States) -> Outcome:
    """Only a stored column becomes a plain one or the other way round (…/en/alter-table-generated-columns.html)."""
    virtual = any(column.generated is not None and not column.generated.stored for column in (old, new))
    both = old.generated is not None and new.generated is not None
    same_sort = both and old.generated.stored == new.generated.stored  # type: ignore[union-attr]
    return Way.REPLACE if virtual and not same_sort else _modified(old, new, states)
