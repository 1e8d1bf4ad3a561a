"""How keys, checks and indexes come, go and change: whatever differs makes them anew, comments and names apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from reconciler.dialects.postgres.names import columns, of, table
from reconciler.dialects.postgres.parameters import changes as parameter_changes
from reconciler.dialects.postgres.parameters import parameters
from reconciler.dialects.postgres.rules.statements import built, by_itself, comment, comments, gone, nothing, one
from reconciler.dialects.sql import deferrable_clause, double_quoted
from reconciler.model.names import helper_name, implicit_name, is_helper
from reconciler.model.objects import Check, Column, Exclusion, ForeignKey, Index, PrimaryKey, Unique
from reconciler.model.ref import Kind, Ref
from reconciler.model.values import Action, IndexPart
from reconciler.plan.rules import Outcome, Rules, States, Way
from reconciler.plan.step import Statement

Constraint = PrimaryKey | Unique | Check | Exclusion | ForeignKey

# Entries in the lock table: a foreign key locks both tables and looks at the index that it rests on.
_FOREIGN_KEY_LOCKS = 3


def _joined(*words: str) -> str:
    return " ".join(word for word in words if word)


def key_name(key: PrimaryKey) -> str:
    """Return a primary key's name; one that nobody named has the server's implicit one."""
    return key.name or implicit_name(key.ref.top.name, [], "pkey")


def primary_key_clause(key: PrimaryKey) -> str:
    """Write a primary key."""
    return _joined(
        f"CONSTRAINT {double_quoted(key_name(key))} PRIMARY KEY", columns(key.columns), _including(key.include),
        key.clauses, deferrable_clause(key.deferrable).strip(),
    )  # fmt: skip


def _including(names: Sequence[str]) -> str:
    return f"INCLUDE {columns(names)}" if names else ""


def unique_clause(unique: Unique) -> str:
    """Write a unique constraint."""
    return _joined(
        f"CONSTRAINT {double_quoted(unique.ref.name)} UNIQUE",
        "NULLS NOT DISTINCT" if unique.nulls_not_distinct else "",
        columns(unique.columns), _including(unique.include), unique.clauses,
        deferrable_clause(unique.deferrable).strip(),
    )  # fmt: skip


def check_clause(check: Check) -> str:
    """Write a check."""
    return _joined(
        f"CONSTRAINT {double_quoted(check.ref.name)} CHECK ({check.expression.text})",
        "NO INHERIT" if check.no_inherit else "", _doubts(check),
    )  # fmt: skip


def _doubts(obj: Check | ForeignKey) -> str:
    """Write what keeps a constraint from holding for every row."""
    return "NOT VALID" if obj.not_valid else "" if obj.enforced else "NOT ENFORCED"


def foreign_key_clause(key: ForeignKey) -> str:
    """Write a foreign key; what it does by default is left out."""
    only = f" {columns(key.on_delete_columns)}" if key.on_delete_columns else ""
    actions = (
        f"ON {event} {action.value.upper()}{narrowed}"
        for event, action, narrowed in (("DELETE", key.on_delete, only), ("UPDATE", key.on_update, ""))
        if action is not Action.NO_ACTION
    )
    return _joined(
        f"CONSTRAINT {double_quoted(key.ref.name)} FOREIGN KEY", columns(key.columns), "REFERENCES", of(key.target),
        columns(key.target_columns), "MATCH FULL" if key.match_full else "", *actions,
        deferrable_clause(key.deferrable).strip(), _doubts(key),
    )  # fmt: skip


def constraint_name(obj: Constraint) -> str:
    """Write a constraint's name as COMMENT wants it."""
    on = "DOMAIN " if obj.ref.top.kind == Kind.DOMAIN else ""
    return f"CONSTRAINT {double_quoted(_name(obj))} ON {on}{table(obj.ref)}"


def _alter(obj: Constraint) -> str:
    return f"ALTER {'DOMAIN' if obj.ref.top.kind == Kind.DOMAIN else 'TABLE'} {table(obj.ref)}"


def _name(obj: Constraint) -> str:
    return key_name(obj) if isinstance(obj, PrimaryKey) else obj.ref.name


def _added(obj: Constraint, clause: str, relations: int) -> Outcome:
    carried = () if isinstance(obj, Check | ForeignKey) else obj.carried
    return (
        Statement(f"{_alter(obj)} ADD {clause}", relations=relations),
        *comments(constraint_name(obj), obj.comment), *map(Statement, carried),
    )  # fmt: skip


def _create_primary_key(new: PrimaryKey, states: States) -> Outcome:
    found = [states.old.get(new.ref.top.child(Kind.COLUMN, name)) for name in new.columns]
    if all(isinstance(column, Column) and column.not_null for column in found):
        return _indexed(new, states) or _added(new, primary_key_clause(new), 2)
    return _added(new, primary_key_clause(new), 2)


def _create_unique(new: Unique, states: States) -> Outcome:
    return _indexed(new, states) or _added(new, unique_clause(new), 2)


def _indexed(new: PrimaryKey | Unique, states: States) -> Sequence[Statement]:
    """Build a key's index while everybody goes on, and make it the key's, which gives it its name; what a run that died
    left behind is begun anew. None where the table is small.
    """
    if new.ref.top not in states.online or new.ref in states.old or new.clauses:
        return ()
    name = helper_name(str(new.ref), "key")
    ref = new.ref.top.child(Kind.INDEX, name)
    index = unique_index(new, ref)
    word = "PRIMARY KEY" if isinstance(new, PrimaryKey) else "UNIQUE"
    clause = _joined(
        f"CONSTRAINT {double_quoted(_name(new))} {word} USING INDEX {double_quoted(name)}",
        deferrable_clause(new.deferrable).strip(),
    )  # fmt: skip
    added = _added(new, clause, 2)
    assert not isinstance(added, Way)
    return (gone(ref), built(ref, index_text(index, table(new.ref))), *added)


def unique_index(key: PrimaryKey | Unique, ref: Ref) -> Index:
    """Return the index that a key rests on, at an address of its own."""
    parts = tuple(IndexPart(column=column) for column in key.columns)
    distinct = isinstance(key, Unique) and key.nulls_not_distinct
    return Index(ref=ref, unique=True, parts=parts, include=key.include, nulls_not_distinct=distinct)


def _create_check(new: Check, states: States) -> Outcome:
    return _proven(new, states) or _added(new, check_clause(new), 1)


def _create_foreign_key(new: ForeignKey, states: States) -> Outcome:
    return _proven(new, states) or _added(new, foreign_key_clause(new), _FOREIGN_KEY_LOCKS)


def _proven(new: Check | ForeignKey, states: States) -> Sequence[Statement]:
    """Add what holds for new rows at once, and for the others after they were looked at while everybody goes on
    (manual, "ALTER TABLE", notes); none where the table is small.
    """
    if new.ref.top not in states.online or new.ref in states.old or new.not_valid or not new.enforced:
        return ()
    doubtful = replace(new, not_valid=True)
    if isinstance(doubtful, ForeignKey):
        added = _added(doubtful, foreign_key_clause(doubtful), _FOREIGN_KEY_LOCKS)
    else:
        added = _added(doubtful, check_clause(doubtful), 1)
    assert not isinstance(added, Way)
    return (*added, by_itself(_validated(new)))


def _validated(new: Check | ForeignKey) -> str:
    return f"{_alter(new)} VALIDATE CONSTRAINT {double_quoted(new.ref.name)}"


def _drop_constraint(old: Constraint, states: States) -> Outcome:
    locks = _FOREIGN_KEY_LOCKS if isinstance(old, ForeignKey) else 2
    known = "IF EXISTS " if is_helper(old.ref.name) else ""
    return one(f"{_alter(old)} DROP CONSTRAINT {known}{double_quoted(_name(old))}", locks)


def _rename_constraint(old: Constraint, new: Constraint, states: States) -> Outcome:
    names = f"{double_quoted(old.ref.name)} TO {double_quoted(new.ref.name)}"
    return one(f"{_alter(new)} RENAME CONSTRAINT {names}")


def _name_key(old: PrimaryKey, new: PrimaryKey, states: States) -> Outcome:
    names = f"{double_quoted(key_name(old))} TO {double_quoted(key_name(new))}"
    return one(f"ALTER TABLE {table(new.ref)} RENAME CONSTRAINT {names}")


def _comment(old: Constraint, new: Constraint, states: States) -> Outcome:
    return (comment(constraint_name(new), new.comment),)


def _validate(old: Check | ForeignKey, new: Check | ForeignKey, states: States) -> Outcome:
    """Rows from before are looked at in place; nothing makes a constraint doubtful again but making it anew."""
    if new.not_valid:
        return Way.REPLACE
    return (by_itself(_validated(new)),) if new.ref.top in states.online else one(_validated(new))


def _alter_foreign_key(old: ForeignKey, new: ForeignKey, states: States) -> Outcome:
    """Change when, and whether, a foreign key is checked; no other constraint can (manual, "ALTER TABLE")."""
    words = []
    if old.deferrable is not new.deferrable:
        words.append(deferrable_clause(new.deferrable).strip() or "NOT DEFERRABLE")
    if old.enforced != new.enforced:
        words.append("ENFORCED" if new.enforced else "NOT ENFORCED")
    return one(
        f"ALTER TABLE {table(new.ref)} ALTER CONSTRAINT {double_quoted(new.ref.name)} {' '.join(words)}",
        _FOREIGN_KEY_LOCKS,
    )


def _create_index(new: Index, states: States) -> Outcome:
    """Make an index; while everybody goes on it takes the place of another one, which stands aside until then."""
    made, more = index_text(new, table(new.ref)), comments(f"INDEX {of(new.ref)}", new.comment)
    if new.ref.top not in states.online:
        return (Statement(made), *more, *map(Statement, new.carried))
    aside = (gone(_aside(new)),) if new.ref in states.old else ()
    return (built(new.ref, made), *more, *map(Statement, new.carried), *aside)


def _aside(index: Index) -> Ref:
    return index.ref.top.child(Kind.INDEX, helper_name(str(index.ref), "before"))


def index_text(new: Index, on: str) -> str:
    """Write an index on a table."""
    return _joined(
        f"CREATE {'UNIQUE ' if new.unique else ''}INDEX {double_quoted(new.ref.name)} ON {on}",
        f"USING {double_quoted(new.method)}" if new.method else "",
        f"({', '.join(map(index_part, new.parts))})", _including(new.include),
        "NULLS NOT DISTINCT" if new.nulls_not_distinct else "",
        f"WITH ({parameters(new.options)})" if new.options else "", new.clauses,
        f"WHERE {new.where.text}" if new.where else "",
    )  # fmt: skip


def index_part(part: IndexPart) -> str:
    """Write one part of an index or exclusion constraint."""
    nulls = "" if part.nulls_first is None else f"NULLS {'FIRST' if part.nulls_first else 'LAST'}"
    return _joined(
        double_quoted(part.column) if part.column else f"({part.expression.text if part.expression else ''})",
        f"COLLATE {double_quoted(part.collation)}" if part.collation else "",
        part.opclass or "", "DESC" if part.descending else "", nulls,
        f"WITH {part.operator}" if part.operator else "",
    )  # fmt: skip


def exclusion_clause(exclusion: Exclusion) -> str:
    """Write an exclusion constraint."""
    return _joined(
        f"CONSTRAINT {double_quoted(exclusion.ref.name)} EXCLUDE",
        f"USING {double_quoted(exclusion.method)}" if exclusion.method else "",
        f"({', '.join(map(index_part, exclusion.parts))})", _including(exclusion.include), exclusion.clauses,
        f"WHERE ({exclusion.where.text})" if exclusion.where else "",
        deferrable_clause(exclusion.deferrable).strip(),
    )  # fmt: skip


def _create_exclusion(new: Exclusion, states: States) -> Outcome:
    return _added(new, exclusion_clause(new), 2)


def _options_index(old: Index, new: Index, states: States) -> Outcome:
    """Change storage parameters; entries that are there stay as they are until the index is built anew."""
    return tuple(
        Statement(f"ALTER INDEX {of(new.ref)} {words}") for words in parameter_changes(old.options, new.options)
    )


def _drop_index(old: Index, states: States) -> Outcome:
    if old.ref.top not in states.online:
        return one(f"DROP INDEX {of(old.ref)}", 2)
    if old.ref in states.new:
        return one(f"ALTER INDEX {of(old.ref)} RENAME TO {double_quoted(_aside(old).name)}")
    return (gone(old.ref),)


def _rename_index(old: Index, new: Index, states: States) -> Outcome:
    return one(f"ALTER INDEX {of(old.ref)} RENAME TO {double_quoted(new.ref.name)}")


def _comment_index(old: Index, new: Index, states: States) -> Outcome:
    return (comment(f"INDEX {of(new.ref)}", new.comment),)


PRIMARY_KEY = Rules(
    create=_create_primary_key, drop=_drop_constraint, rename=nothing, inline=True, weight=30, drop_weight=35,
    alter={
        "columns": Way.REPLACE, "name": _name_key, "include": Way.REPLACE, "deferrable": Way.REPLACE,
        "on_conflict": Way.UNSUPPORTED, "comment": _comment,
    },
)  # fmt: skip

UNIQUE = Rules(
    create=_create_unique, drop=_drop_constraint, rename=_rename_constraint, inline=True, weight=32, drop_weight=34,
    alter={
        "columns": Way.REPLACE, "nulls_not_distinct": Way.REPLACE, "include": Way.REPLACE, "deferrable": Way.REPLACE,
        "on_conflict": Way.UNSUPPORTED, "comment": _comment,
    },
)  # fmt: skip

CHECK = Rules(
    create=_create_check, drop=_drop_constraint, rename=_rename_constraint, inline=True, weight=34,
    alter={
        "expression": Way.REPLACE, "no_inherit": Way.REPLACE, "enforced": Way.REPLACE, "not_valid": _validate,
        "comment": _comment,
    },
)  # fmt: skip

EXCLUSION = Rules(
    create=_create_exclusion, drop=_drop_constraint, rename=_rename_constraint, weight=33, drop_weight=33,
    alter={
        "parts": Way.REPLACE, "method": Way.REPLACE, "where": Way.REPLACE, "include": Way.REPLACE,
        "deferrable": Way.REPLACE, "comment": _comment,
    },
)  # fmt: skip

FOREIGN_KEY = Rules(
    create=_create_foreign_key, drop=_drop_constraint, rename=_rename_constraint, weight=45, drop_weight=5,
    alter={
        "columns": Way.REPLACE, "target": Way.REPLACE, "target_columns": Way.REPLACE, "on_delete": Way.REPLACE,
        "on_delete_columns": Way.REPLACE, "on_update": Way.REPLACE, "match_full": Way.REPLACE,
        "deferrable": _alter_foreign_key, "enforced": _alter_foreign_key, "not_valid": _validate, "comment": _comment,
    },
)  # fmt: skip

INDEX = Rules(
    create=_create_index, drop=_drop_index, rename=_rename_index, weight=40, drop_weight=30,
    alter={
        "parts": Way.REPLACE, "unique": Way.REPLACE, "method": Way.REPLACE, "where": Way.REPLACE,
        "include": Way.REPLACE, "nulls_not_distinct": Way.REPLACE, "options": _options_index,
        "comment": _comment_index,
    },
)  # fmt: skip
