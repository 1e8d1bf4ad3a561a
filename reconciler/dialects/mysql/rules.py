"""How each field of each kind is changed on MySQL and MariaDB: a statement is all that the server takes back.

What is done in place: dev.mysql.com/doc/refman/9.7/en/innodb-online-ddl-operations.html.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from reconciler.dialects.mysql import render, types
from reconciler.dialects.mysql.ddl_keys import BROUGHT_INDEX
from reconciler.dialects.mysql.elsewhere import ABSENT
from reconciler.dialects.mysql.lexer import text_literal
from reconciler.dialects.mysql.names import columns as column_list
from reconciler.dialects.mysql.names import of, table
from reconciler.dialects.mysql.renames import rename_column, rename_relation
from reconciler.dialects.mysql.render import HIDDEN
from reconciler.dialects.sql import moved_term
from reconciler.model.fields import compared
from reconciler.model.kinds import KINDS
from reconciler.model.objects import Check, Column, ForeignKey, Index, Object, PrimaryKey, Table, Unique, View
from reconciler.model.ref import Kind
from reconciler.plan.rules import Outcome, Rules, RuleTable, States, Way
from reconciler.plan.step import Statement


def _one(sql: str) -> tuple[Statement, ...]:
    return (Statement(sql),)


def _altered(obj: Object, clause: str) -> Outcome:
    return _one(f"ALTER TABLE {table(obj.ref)} {clause}")


# --- tables -----------------------------------------------------------------------------------------------------------


def _create_table(new: Table, states: States) -> Outcome:
    return _one(render.create_table(new, states.new))


def _drop_table(old: Table, states: States) -> Outcome:
    return _one(f"DROP TABLE {of(old.ref)}")


def _comment_table(old: Table, new: Table, states: States) -> Outcome:
    return _altered(new, f"COMMENT={text_literal(new.comment or '')}")


def _table_options(old: Table, new: Table, states: States) -> Outcome:
    before, after = dict(old.options), dict(new.options)
    if set(before) - set(after):  # what the database does by default is known to it alone
        return Way.UNSUPPORTED
    changed = [name for name in sorted(after) if before.get(name) != after[name]]
    clauses = [_converted(new, states) if name == "collation" else f"{name.upper()}={after[name]}" for name in changed]
    return _altered(new, ", ".join(clauses))


def _converted(new: Table, states: States) -> str:
    """Give the table's texts another collation, which converts every column; those with their own get it back."""
    collation = str(dict(new.options)["collation"])
    own = [column for column in render.columns_of(states.new, new.ref) if column.collation]
    back = [f"MODIFY COLUMN {render.column_clause(column, states.new)}" for column in own]
    charset = collation.partition("_")[0]
    return ", ".join((f"CONVERT TO CHARACTER SET {charset} COLLATE {collation}", *back))


# --- columns ----------------------------------------------------------------------------------------------------------


def _create_column(new: Column, states: States) -> Outcome:
    key = _key_that_comes_with(new, states)
    clause = f"ADD COLUMN {render.column_clause(new, states.new)}"
    return _altered(new, f"{clause}, ADD {render.primary_key_clause(key)}" if key else clause)


def _key_that_comes_with(new: Column, states: States) -> PrimaryKey | None:
    """A column that counts up has to be part of a key from the first moment."""
    keys = states.new.children(new.ref.top, PrimaryKey) if new.identity else []
    return next((key for key in keys if key.ref not in states.old and new.ref.name in key.columns), None)


def _drop_column(old: Column, states: States) -> Outcome:
    return _altered(old, f"DROP COLUMN {of(old.ref)}")


def _modify_column(old: Column, new: Column, states: States) -> Outcome:
    """MODIFY says the whole column again; whatever it leaves out is gone."""
    return _altered(new, f"MODIFY COLUMN {render.column_clause(new, states.new)}")


def _retype(old: Column, new: Column, states: States) -> Outcome:
    """Move the values of an enum while both the old and the new ones are allowed; each statement may be repeated."""
    last = _modify_column(old, new, states)
    before, after = types.members(old.type.name), types.members(new.type.name)
    moves = [(value, to) for value, to in new.moved_values if value in before and value not in after and to in after]
    if not moves or isinstance(last, Way):
        return last
    both = replace(new, type=types.enum_of((*after, *(value for value in before if value not in after))))
    name = of(new.ref)
    gone = ", ".join(text_literal(value) for value, _ in moves)
    moved = Statement(f"UPDATE {table(new.ref)} SET {name} = {moved_term(name, moves)} WHERE {name} IN ({gone})")
    return (*_as_statements(_modify_column(old, both, states)), moved, *last)


def _as_statements(outcome: Outcome) -> tuple[Statement, ...]:
    return () if isinstance(outcome, Way) else tuple(outcome)


def _generated(old: Column, new: Column, states: States) -> Outcome:
    """Only a stored column becomes a plain one or the other way round (…/en/alter-table-generated-columns.html)."""
    virtual = any(column.generated is not None and not column.generated.stored for column in (old, new))
    both = old.generated is not None and new.generated is not None
    same_sort = both and old.generated.stored == new.generated.stored  # type: ignore[union-attr]
    return Way.REPLACE if virtual and not same_sort else _modify_column(old, new, states)


# --- keys and constraints ---------------------------------------------------------------------------------------------


def _create_primary_key(new: PrimaryKey, states: States) -> Outcome:
    for column in states.new.children(new.ref.top, Column):
        if column.ref not in states.old and new.ref.top in states.old and _key_that_comes_with(column, states) == new:
            return ()
    return _altered(new, f"ADD {render.primary_key_clause(new)}")


def _drop_primary_key(old: PrimaryKey, states: States) -> Outcome:
    return _altered(old, "DROP PRIMARY KEY")


def _change_primary_key(old: PrimaryKey, new: PrimaryKey, states: States) -> Outcome:
    """In one statement: a column that counts up has to be part of a key at every moment."""
    return _altered(new, f"DROP PRIMARY KEY, ADD {render.primary_key_clause(new)}")


def _same_name(old: Any, new: Any, states: States) -> Outcome:
    return ()


def _create_unique(new: Unique, states: States) -> Outcome:
    return _altered(new, f"ADD {render.unique_clause(new)}")


def _drop_index(old: Unique | Index, states: States) -> Outcome:
    return _altered(old, ", ".join((f"DROP INDEX {of(old.ref)}", *_left_alone(old, states))))


def _left_alone(old: Unique | Index, states: States) -> Iterator[str]:
    """Write the indexes that the server would make for foreign keys, had they not rested on one that goes.

    It does not drop what a foreign key needs (dev.mysql.com/doc/refman/9.7/en/create-table-foreign-keys.html).
    """
    for key in states.new.children(old.ref.top, ForeignKey):
        if key.ref in states.old and _covers(old, key.columns) and not _covered(old, key, states):
            yield f"ADD INDEX {of(key.ref)} {column_list(key.columns)}"


def _covered(old: Unique | Index, key: ForeignKey, states: States) -> bool:
    """Say whether a foreign key has an index besides one that goes: its own, the primary key, or another."""
    table = old.ref.top
    rest: list[Unique | Index | PrimaryKey] = [*states.old.children(table, Index), *states.old.children(table, Unique)]
    rest += states.old.children(table, PrimaryKey)
    own = states.old.get(key.ref)
    brought = isinstance(own, ForeignKey) and own.clauses == BROUGHT_INDEX
    return brought or any(_covers(one, key.columns) for one in rest if one.ref != old.ref and one.ref in states.new)


def _covers(index: Unique | Index | PrimaryKey, columns: Sequence[str]) -> bool:
    parts = [part.column for part in index.parts] if isinstance(index, Index) else list(index.columns)
    return parts[: len(columns)] == list(columns)


def _change_index(old: Unique | Index, new: Unique | Index, states: States) -> Outcome:
    """In one statement: a foreign key may rest on it, and no moment is without its uniqueness."""
    clause = render.unique_clause(new) if isinstance(new, Unique) else render.index_clause(new)
    return _altered(new, f"DROP INDEX {of(old.ref)}, ADD {clause}")


def _rename_index(old: Unique | Index, new: Unique | Index, states: States) -> Outcome:
    return _altered(new, f"RENAME INDEX {of(old.ref)} TO {of(new.ref)}")


def _create_check(new: Check, states: States) -> Outcome:
    if render.stands_with_column(new):
        return _column_of(new, states)
    return _altered(new, f"ADD {render.check_clause(new)}")


def _drop_check(old: Check, states: States) -> Outcome:
    if render.stands_with_column(old):
        return _column_of(old, states)
    return _altered(old, f"DROP CONSTRAINT {of(old.ref)}")


def _enforce_check(old: Check, new: Check, states: States) -> Outcome:
    words = "" if new.enforced else "NOT "
    return _altered(new, f"ALTER CHECK {of(new.ref)} {words}ENFORCED")


def _column_of(check: Check, states: States) -> Outcome:
    column = next(c for c in states.new.children(check.ref.top, Column) if of(c.ref) == check.clauses)
    return _modify_column(column, column, states)


def _create_foreign_key(new: ForeignKey, states: States) -> Outcome:
    return _altered(new, f"ADD {render.foreign_key_clause(new)}")


def _drop_foreign_key(old: ForeignKey, states: States) -> Outcome:
    """The index that came with the key goes with it, unless the key comes back."""
    index = f", DROP INDEX {of(old.ref)}" if old.clauses == BROUGHT_INDEX and old.ref not in states.new else ""
    return _altered(old, f"DROP FOREIGN KEY {of(old.ref)}{index}")


def _create_index(new: Index, states: States) -> Outcome:
    return _one(render.create_index(new))


def _index_options(old: Index, new: Index, states: States) -> Outcome:
    """Say in place whether queries use an index; a parser needs another index."""
    before, after = dict(old.options), dict(new.options)
    differ = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    if not differ <= HIDDEN.keys():
        return _change_index(old, new, states)
    words = [HIDDEN[name][name in after] for name in sorted(differ)]
    return _altered(new, f"ALTER INDEX {of(new.ref)} {words[0]}")


# --- views ------------------------------------------------------------------------------------------------------------


def _create_view(new: View, states: States) -> Outcome:
    return _one(render.view_text(new, "CREATE"))


def _change_view(old: View, new: View, states: States) -> Outcome:
    return _one(render.view_text(new, "CREATE OR REPLACE"))


def _drop_view(old: View, states: States) -> Outcome:
    return _one(f"DROP VIEW {of(old.ref)}")


# --- the table --------------------------------------------------------------------------------------------------------


def _every(cls: type[Object], way: Any) -> dict[str, Any]:
    return dict.fromkeys(compared(cls), way)


def _absent(cls: type[Object]) -> Rules:
    return Rules(
        create=Way.UNSUPPORTED, drop=Way.UNSUPPORTED, alter=_every(cls, Way.UNSUPPORTED),
        hint="MySQL and MariaDB have no such objects",
    )  # fmt: skip


RULES: RuleTable = {
    **{Kind(kind): _absent(KINDS[Kind(kind)]) for kind in (*ABSENT, Kind.ENUM)},
    Kind.TABLE: Rules(
        create=_create_table, drop=_drop_table, rename=rename_relation, weight=10, drop_weight=50, late_bound=True,
        alter={"comment": _comment_table, "options": _table_options},
    ),
    Kind.COLUMN: Rules(
        create=_create_column, drop=_drop_column, rename=rename_column, inline=True, weight=20, drop_weight=40,
        alter=_every(Column, _modify_column)
        | {"generated": _generated, "type": _retype, "on_conflict": Way.UNSUPPORTED},
        disturbs=frozenset({"type", "collation"}),
        late_bound=True,
    ),
    Kind.PRIMARY_KEY: Rules(
        create=_create_primary_key, drop=_drop_primary_key, rename=_same_name, inline=True, weight=36, drop_weight=35,
        alter=_every(PrimaryKey, Way.UNSUPPORTED)
        | {"columns": _change_primary_key, "comment": _change_primary_key, "name": _same_name},
    ),
    Kind.UNIQUE: Rules(
        create=_create_unique, drop=_drop_index, rename=_rename_index, inline=True, weight=32, drop_weight=34,
        alter=_every(Unique, _change_index),
    ),
    Kind.CHECK: Rules(
        create=_create_check, drop=_drop_check, rename=Way.REPLACE, inline=True, weight=34,
        alter=_every(Check, Way.REPLACE) | {"enforced": _enforce_check},
    ),
    Kind.FOREIGN_KEY: Rules(
        create=_create_foreign_key, drop=_drop_foreign_key, rename=Way.REPLACE, weight=45, drop_weight=5,
        alter=_every(ForeignKey, Way.REPLACE), adapts=False,
    ),
    Kind.INDEX: Rules(
        create=_create_index, drop=_drop_index, rename=_rename_index, inline=True, weight=40, drop_weight=30,
        alter=_every(Index, _change_index) | {"options": _index_options},
    ),
    Kind.VIEW: Rules(
        create=_create_view, drop=_drop_view, rename=rename_relation, weight=70, drop_weight=10, late_bound=True,
        alter=_every(View, _change_view) | {"materialized": Way.UNSUPPORTED},
    ),
}  # fmt: skip
