"""How tables and their columns are made and changed on MySQL and MariaDB: objects in, statements out.

What is done in place: dev.mysql.com/doc/refman/9.7/en/innodb-online-ddl-operations.html.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from reconciler.dialects.mysql import costs, render, types
from reconciler.dialects.mysql.ladder import altered, altered_alone
from reconciler.dialects.mysql.lexer import text_literal
from reconciler.dialects.mysql.names import of, table
from reconciler.dialects.mysql.taking import place_of, taken, uncaught
from reconciler.dialects.sql import moved_term
from reconciler.model.change import Alter
from reconciler.model.model import Model
from reconciler.model.names import is_helper
from reconciler.model.objects import Column, ForeignKey, PrimaryKey, Table
from reconciler.model.ref import Ref
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
    """Give the table's texts another collation, but those that have their own.

    CONVERT TO takes these along, whatever else its statement says of them, and makes types longer
    (…/en/alter-table.html#alter-table-character-set). What is to become of a column beside is a step of its own, later.
    """
    following = [column for column in render.columns_of(states.old, new.ref) if _follows(column, states.new)]
    clauses = [f"MODIFY COLUMN {render.column_clause(column, states.old)}" for column in following]
    return ", ".join((f"COLLATE={dict(new.options)['collation']}", *clauses))


def _follows(column: Column, desired: Model) -> bool:
    """Say whether a live column is to have the collation of its table, as it has now."""
    wanted = desired.get(column.ref)
    own = not isinstance(wanted, Column) or column.collation or wanted.collation
    return not own and types.base(column.type.name) in types.CHARACTERS


def keys_over_converted(change: Alter, states: States) -> Iterator[ForeignKey]:
    """Yield the foreign keys over texts that get another collation: both sides have to get it, one after the other.

    A key that will not fit then stays, and the server refuses before anything is changed.
    """
    if _collation(change.ref, states.old) == _collation(change.ref, states.new):
        return
    following = {
        column.ref.name for column in render.columns_of(states.old, change.ref) if _follows(column, states.new)
    }
    for key in (obj for obj in states.old.values() if isinstance(obj, ForeignKey)):
        sides = ((key.ref.top, key.columns), (key.target, key.target_columns))
        touched = any(ref == change.ref and not following.isdisjoint(names) for ref, names in sides)
        if touched and _collation(key.ref.top, states.new) == _collation(key.target, states.new):
            yield key


def _collation(ref: Ref, model: Model) -> object:
    table = model.get(ref)
    return dict(table.options).get("collation") if isinstance(table, Table) else None


def create_column(new: Column, states: States) -> Outcome:
    """Add a column, one that is filled beside another at its side."""
    key = key_that_comes_with(new, states)
    clauses = [f"ADD COLUMN {render.column_clause(new, states.new)}{place_of(new.ref, states)}"]
    cost = costs.of_new_column(new)
    if any(render.own_checks(new, states.new)):
        cost = cost.beside(costs.COPY)
    return altered(new, [*clauses, f"ADD {render.primary_key_clause(key)}"] if key else clauses, cost, states)


def key_that_comes_with(new: Column, states: States) -> PrimaryKey | None:
    """A column that counts up has to be part of a key from the first moment."""
    keys = states.new.children(new.ref.top, PrimaryKey) if new.identity else []
    return next((key for key in keys if key.ref not in states.old and new.ref.name in key.columns), None)


def drop_column(old: Column, states: States) -> Outcome:
    """Drop a column, a helper with the triggers that fill it."""
    dropped = altered(old, [f"DROP COLUMN {of(old.ref)}"], costs.LAYOUT, states)
    return (*uncaught(old.ref), *dropped) if is_helper(old.ref.name) else dropped


def modify_column(old: Column, new: Column, states: States) -> Outcome:
    """MODIFY says the whole column again; whatever it leaves out is gone."""
    return _modified(old, new, states)


def _modified(old: Column, new: Column, states: States) -> tuple[Statement, ...]:
    if new.ref in states.beside:
        return taken(old, new, states)
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
