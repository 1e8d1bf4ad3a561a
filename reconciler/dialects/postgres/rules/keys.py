"""How keys, checks and indexes come, go and change: whatever differs makes them anew, comments and names apart."""

from __future__ import annotations

from reconciler.dialects.postgres.names import columns, of, table
from reconciler.dialects.postgres.rules.statements import comment, comments, nothing, one
from reconciler.dialects.sql import deferrable_clause, double_quoted
from reconciler.model.names import implicit_name
from reconciler.model.objects import Check, ForeignKey, Index, PrimaryKey, Unique
from reconciler.model.values import Action, IndexPart
from reconciler.plan.rules import Outcome, Rules, States, Way
from reconciler.plan.step import Statement

Constraint = PrimaryKey | Unique | Check | ForeignKey

# Entries in the lock table: a foreign key locks both tables and looks at the index that it rests on.
_FOREIGN_KEY_LOCKS = 3


def _joined(*words: str) -> str:
    return " ".join(word for word in words if word)


def key_name(key: PrimaryKey) -> str:
    """Return a primary key's name; one that nobody named has the server's implicit one."""
    return key.name or implicit_name(key.ref.top.name, [], "pkey")


def primary_key_clause(key: PrimaryKey) -> str:
    """Write a primary key."""
    return _joined(f"CONSTRAINT {double_quoted(key_name(key))} PRIMARY KEY", columns(key.columns), key.clauses)


def unique_clause(unique: Unique) -> str:
    """Write a unique constraint."""
    return _joined(
        f"CONSTRAINT {double_quoted(unique.ref.name)} UNIQUE",
        "NULLS NOT DISTINCT" if unique.nulls_not_distinct else "",
        columns(unique.columns), unique.clauses, deferrable_clause(unique.deferrable).strip(),
    )  # fmt: skip


def check_clause(check: Check) -> str:
    """Write a check."""
    return _joined(f"CONSTRAINT {double_quoted(check.ref.name)} CHECK ({check.expression.text})", check.clauses)


def foreign_key_clause(key: ForeignKey) -> str:
    """Write a foreign key; what it does by default is left out."""
    actions = (
        f"ON {event} {action.value.upper()}"
        for event, action in (("DELETE", key.on_delete), ("UPDATE", key.on_update))
        if action is not Action.NO_ACTION
    )
    return _joined(
        f"CONSTRAINT {double_quoted(key.ref.name)} FOREIGN KEY", columns(key.columns), "REFERENCES", of(key.target),
        columns(key.target_columns), key.clauses, *actions, deferrable_clause(key.deferrable).strip(),
    )  # fmt: skip


def constraint_name(obj: Unique | Check | ForeignKey) -> str:
    """Write a constraint's name as COMMENT wants it."""
    return f"CONSTRAINT {double_quoted(obj.ref.name)} ON {table(obj.ref)}"


def _added(obj: Constraint, clause: str, relations: int) -> Outcome:
    extra = () if isinstance(obj, PrimaryKey) else comments(constraint_name(obj), obj.comment)
    return (Statement(f"ALTER TABLE {table(obj.ref)} ADD {clause}", relations=relations), *extra)


def _create_primary_key(new: PrimaryKey, states: States) -> Outcome:
    return _added(new, primary_key_clause(new), 2)


def _create_unique(new: Unique, states: States) -> Outcome:
    return _added(new, unique_clause(new), 2)


def _create_check(new: Check, states: States) -> Outcome:
    return _added(new, check_clause(new), 1)


def _create_foreign_key(new: ForeignKey, states: States) -> Outcome:
    return _added(new, foreign_key_clause(new), _FOREIGN_KEY_LOCKS)


def _drop_constraint(old: Constraint, states: States) -> Outcome:
    name = key_name(old) if isinstance(old, PrimaryKey) else old.ref.name
    locks = _FOREIGN_KEY_LOCKS if isinstance(old, ForeignKey) else 2
    return one(f"ALTER TABLE {table(old.ref)} DROP CONSTRAINT {double_quoted(name)}", locks)


def _rename_constraint(old: Constraint, new: Constraint, states: States) -> Outcome:
    names = f"{double_quoted(old.ref.name)} TO {double_quoted(new.ref.name)}"
    return one(f"ALTER TABLE {table(new.ref)} RENAME CONSTRAINT {names}")


def _name_key(old: PrimaryKey, new: PrimaryKey, states: States) -> Outcome:
    names = f"{double_quoted(key_name(old))} TO {double_quoted(key_name(new))}"
    return one(f"ALTER TABLE {table(new.ref)} RENAME CONSTRAINT {names}")


def _comment(old: Unique | Check | ForeignKey, new: Unique | Check | ForeignKey, states: States) -> Outcome:
    return (comment(constraint_name(new), new.comment),)


def _create_index(new: Index, states: States) -> Outcome:
    text = _live_text(new, states) or index_text(new, table(new.ref))
    return (Statement(text), *comments(f"INDEX {of(new.ref)}", new.comment))


def _live_text(new: Index, states: States) -> str:
    """Return the server's own text of an index that only has to make way for a while: it may say more than we know."""
    old = states.old.get(new.ref)
    return old.definition if isinstance(old, Index) and old == new else ""


def index_text(new: Index, on: str) -> str:
    """Write an index on a table."""
    return _joined(
        f"CREATE {'UNIQUE ' if new.unique else ''}INDEX {double_quoted(new.ref.name)} ON {on}",
        f"USING {double_quoted(new.method)}" if new.method else "",
        f"({', '.join(map(_part, new.parts))})",
        f"INCLUDE {columns(new.include)}" if new.include else "",
        f"WHERE {new.where.text}" if new.where else "",
    )


def _part(part: IndexPart) -> str:
    nulls = "" if part.nulls_first is None else f"NULLS {'FIRST' if part.nulls_first else 'LAST'}"
    return _joined(
        double_quoted(part.column) if part.column else f"({part.expression.text if part.expression else ''})",
        f"COLLATE {double_quoted(part.collation)}" if part.collation else "",
        part.opclass or "", "DESC" if part.descending else "", nulls,
    )  # fmt: skip


def _drop_index(old: Index, states: States) -> Outcome:
    return one(f"DROP INDEX {of(old.ref)}", 2)


def _rename_index(old: Index, new: Index, states: States) -> Outcome:
    return one(f"ALTER INDEX {of(old.ref)} RENAME TO {double_quoted(new.ref.name)}")


def _comment_index(old: Index, new: Index, states: States) -> Outcome:
    return (comment(f"INDEX {of(new.ref)}", new.comment),)


PRIMARY_KEY = Rules(
    create=_create_primary_key, drop=_drop_constraint, rename=nothing, inline=True, weight=30, drop_weight=35,
    alter={"columns": Way.REPLACE, "name": _name_key, "on_conflict": Way.UNSUPPORTED},
)  # fmt: skip

UNIQUE = Rules(
    create=_create_unique, drop=_drop_constraint, rename=_rename_constraint, inline=True, weight=32, drop_weight=34,
    alter={
        "columns": Way.REPLACE, "nulls_not_distinct": Way.REPLACE, "deferrable": Way.REPLACE,
        "on_conflict": Way.UNSUPPORTED, "comment": _comment,
    },
)  # fmt: skip

CHECK = Rules(
    create=_create_check, drop=_drop_constraint, rename=_rename_constraint, inline=True, weight=34,
    alter={"expression": Way.REPLACE, "comment": _comment},
)  # fmt: skip

FOREIGN_KEY = Rules(
    create=_create_foreign_key, drop=_drop_constraint, rename=_rename_constraint, weight=45, drop_weight=5,
    alter={
        "columns": Way.REPLACE, "target": Way.REPLACE, "target_columns": Way.REPLACE, "on_delete": Way.REPLACE,
        "on_update": Way.REPLACE, "deferrable": Way.REPLACE, "comment": _comment,
    },
)  # fmt: skip

INDEX = Rules(
    create=_create_index, drop=_drop_index, rename=_rename_index, weight=40, drop_weight=30,
    alter={
        "parts": Way.REPLACE, "unique": Way.REPLACE, "method": Way.REPLACE, "where": Way.REPLACE,
        "include": Way.REPLACE,        "comment": _comment_index,
    },
)  # fmt: skip
