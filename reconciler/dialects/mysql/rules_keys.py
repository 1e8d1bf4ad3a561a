"""How keys, constraints and indexes are made and changed on MySQL and MariaDB: objects in, statements out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reconciler.dialects.mysql import costs, render, types
from reconciler.dialects.mysql.ddl_keys import BROUGHT_INDEX
from reconciler.dialects.mysql.foreign_keys import added_online, covers
from reconciler.dialects.mysql.ladder import altered, indexed
from reconciler.dialects.mysql.names import columns as column_list
from reconciler.dialects.mysql.names import of
from reconciler.dialects.mysql.render import HIDDEN
from reconciler.dialects.mysql.rules_columns import key_that_comes_with
from reconciler.model.change import Alter
from reconciler.model.objects import Check, Column, ForeignKey, Index, PrimaryKey, Unique
from reconciler.plan.rules import Outcome, States


def create_primary_key(new: PrimaryKey, states: States) -> Outcome:
    """Add a primary key, unless a column brings it along."""
    for column in states.new.children(new.ref.top, Column):
        if column.ref not in states.old and new.ref.top in states.old and key_that_comes_with(column, states) == new:
            return ()
    return altered(new, [f"ADD {render.primary_key_clause(new)}"], costs.REBUILD, states)


def drop_primary_key(old: PrimaryKey, states: States) -> Outcome:
    """Drop a primary key."""
    return altered(old, ["DROP PRIMARY KEY"], costs.COPY, states)


def change_primary_key(old: PrimaryKey, new: PrimaryKey, states: States) -> Outcome:
    """In one statement: a column that counts up has to be part of a key at every moment."""
    return altered(new, ["DROP PRIMARY KEY", f"ADD {render.primary_key_clause(new)}"], costs.REBUILD, states)


def same_name(old: Any, new: Any, states: States) -> Outcome:
    """A primary key is always called PRIMARY."""
    return ()


def create_unique(new: Unique, states: States) -> Outcome:
    """Add a unique key."""
    return altered(new, [f"ADD {render.unique_clause(new)}"], costs.INDEX, states)


def drop_index(old: Unique | Index, states: States) -> Outcome:
    """Drop an index."""
    return altered(old, [f"DROP INDEX {of(old.ref)}", *_left_alone(old, states)], costs.INDEX, states)


def _left_alone(old: Unique | Index, states: States) -> Iterator[str]:
    """Write the indexes that the server would make for foreign keys, had they not rested on one that goes.

    It does not drop what a foreign key needs (dev.mysql.com/doc/refman/9.7/en/create-table-foreign-keys.html).
    """
    for key in states.new.children(old.ref.top, ForeignKey):
        if key.ref in states.old and covers(old, key.columns) and not _covered(old, key, states):
            yield f"ADD INDEX {of(key.ref)} {column_list(key.columns)}"


def _covered(old: Unique | Index, key: ForeignKey, states: States) -> bool:
    """Say whether a foreign key has an index besides one that goes: its own, the primary key, or another."""
    table = old.ref.top
    rest: list[Unique | Index | PrimaryKey] = [*states.old.children(table, Index), *states.old.children(table, Unique)]
    rest += states.old.children(table, PrimaryKey)
    own = states.old.get(key.ref)
    brought = isinstance(own, ForeignKey) and own.clauses == BROUGHT_INDEX
    return brought or any(covers(one, key.columns) for one in rest if one.ref != old.ref and one.ref in states.new)


def change_index(old: Unique | Index, new: Unique | Index, states: States) -> Outcome:
    """In one statement: a foreign key may rest on it, and no moment is without its uniqueness."""
    clause = render.unique_clause(new) if isinstance(new, Unique) else render.index_clause(new)
    return altered(new, [f"DROP INDEX {of(old.ref)}", f"ADD {clause}"], costs.of_new_index(new), states)


def rename_index(old: Unique | Index, new: Unique | Index, states: States) -> Outcome:
    """Rename an index."""
    return altered(new, [f"RENAME INDEX {of(old.ref)} TO {of(new.ref)}"], costs.DICTIONARY, states)


def create_check(new: Check, states: States) -> Outcome:
    """Add a check."""
    if render.stands_with_column(new):
        # Where MariaDB is not told to copy, it asks no row whether the check holds.
        clause = f"MODIFY COLUMN {render.column_clause(_column_of(new, states), states.new)}"
        return altered(new, [clause], costs.COPY, states)
    return altered(new, [f"ADD {render.check_clause(new)}"], costs.of_new_check(new), states)


def drop_check(old: Check, states: States) -> Outcome:
    """Drop a check."""
    if render.stands_with_column(old):
        column, without = _column_of(old, states), states.new.only(lambda ref: ref != old.ref)
        return altered(old, [f"MODIFY COLUMN {render.column_clause(column, without)}"], costs.DEFINITION, states)
    return altered(old, [f"DROP CONSTRAINT {of(old.ref)}"], costs.DEFINITION, states)


def enforce_check(old: Check, new: Check, states: States) -> Outcome:
    """Let a check be enforced, or not."""
    words = "" if new.enforced else "NOT "
    return altered(new, [f"ALTER CHECK {of(new.ref)} {words}ENFORCED"], costs.of_new_check(new), states)


def _column_of(check: Check, states: States) -> Column:
    return next(c for c in states.new.children(check.ref.top, Column) if of(c.ref) == check.clauses)


def create_foreign_key(new: ForeignKey, states: States) -> Outcome:
    """Add a foreign key, to a large table while others write."""
    clause = f"ADD {render.foreign_key_clause(new)}"
    return added_online(new, states) or altered(new, [clause], costs.COPY, states)


def drop_foreign_key(old: ForeignKey, states: States) -> Outcome:
    """The index that came with the key goes with it, unless the key comes back."""
    clauses = [f"DROP FOREIGN KEY {of(old.ref)}"]
    if old.clauses != BROUGHT_INDEX or old.ref in states.new:
        return altered(old, clauses, costs.DICTIONARY, states)
    return altered(old, [*clauses, f"DROP INDEX {of(old.ref)}"], costs.INDEX, states)


def create_index(new: Index, states: States) -> Outcome:
    """Add an index."""
    return indexed(new, render.create_index(new), costs.of_new_index(new), states)


def index_options(old: Index, new: Index, states: States) -> Outcome:
    """Say in place whether queries use an index; a parser needs another index."""
    before, after = dict(old.options), dict(new.options)
    differ = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    if not differ <= HIDDEN.keys():
        return change_index(old, new, states)
    words = [HIDDEN[name][name in after] for name in sorted(differ)]
    return altered(new, [f"ALTER INDEX {of(new.ref)} {words[0]}"], costs.DICTIONARY, states)


def without_lengths(change: Alter, states: States) -> Iterator[Index]:
    """Yield the indexes over whole values of a column that gets a type of which only a beginning can be in one.

    They are dropped before and made again with their lengths (dev.mysql.com/doc/refman/9.7/en/create-index.html,
    "Column Prefix Key Parts").
    """
    before, after = (types.base(column.type.name) in _LONG for column in (change.old, change.new))  # type: ignore[attr-defined]
    for index in states.old.children(change.ref.top, Index) if after and not before else ():
        whole = any(part.column == change.ref.name and part.length is None for part in index.parts)
        if whole and index.method != "fulltext":
            yield index


_LONG = frozenset((*types.TEXTS, *types.BLOBS))
