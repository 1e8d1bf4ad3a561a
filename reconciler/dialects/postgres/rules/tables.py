"""How schemas and tables come, go and change; a new table takes its columns, keys and checks along."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.dialects.postgres import types
from reconciler.dialects.postgres.names import of, qualified
from reconciler.dialects.postgres.parameters import changes as parameter_changes
from reconciler.dialects.postgres.parameters import parameters
from reconciler.dialects.postgres.rules.columns import definition
from reconciler.dialects.postgres.rules.keys import check_clause, constraint_name, primary_key_clause, unique_clause
from reconciler.dialects.postgres.rules.settings import made_settings
from reconciler.dialects.postgres.rules.statements import column_name, comment, comments, one
from reconciler.dialects.postgres.rules.triggers import fallen_functions, moved_functions
from reconciler.dialects.sql import double_quoted
from reconciler.model.objects import Check, Column, Object, Options, PrimaryKey, Schema, Table, Unique
from reconciler.model.programs import Trigger
from reconciler.plan.rules import Outcome, Rules, States, Way
from reconciler.plan.step import Statement

# Entries in the lock table that a new table takes beside those of its keys: itself, its row type, its TOAST table, that
# one's index. A key takes two: its index and, because that depends on it, the constraint. Counted in pg_locks, 18.
_TABLE_LOCKS, _KEY_LOCKS = 4, 2


def _create(new: Table, states: States) -> Outcome:
    columns = sorted(states.new.children(new.ref, Column), key=lambda column: column.position)
    keys = states.new.children(new.ref, PrimaryKey)
    uniques = sorted(states.new.children(new.ref, Unique), key=lambda unique: unique.ref)
    checks = sorted(states.new.children(new.ref, Check), key=lambda check: check.ref)
    repeated = _repeated([*keys, *uniques])
    lines = [
        *(definition(column) for column in columns),
        *(primary_key_clause(key) for key in keys),
        *(unique_clause(unique) for unique in uniques if unique not in repeated),
        *(check_clause(check) for check in checks),
    ]
    body = ",\n".join(f"    {line}" for line in lines)
    sequences = sum(column.identity is not None or column.type.name in types.SERIAL for column in columns)
    created = Statement(
        f"CREATE {_persistence(new)}TABLE {of(new.ref)} " + (f"(\n{body}\n)" if lines else "()") + _storage(new),
        relations=_TABLE_LOCKS + _KEY_LOCKS * (len(keys) + len(uniques)) + sequences,
    )
    more = (Statement(f"ALTER TABLE {of(new.ref)} ADD {unique_clause(unique)}", relations=2) for unique in repeated)
    return (
        created,
        *more,
        *comments(f"TABLE {of(new.ref)}", new.comment),
        *_beside([*columns, *keys, *uniques, *checks]),
    )


def _repeated(keys: Sequence[PrimaryKey | Unique]) -> list[Unique]:
    """Return the unique constraints over the same columns as a key before them: CREATE TABLE would make one of both.

    Said in the server's source alone (parse_utilcmd.c, transformIndexConstraints): "redundant" ones are merged there,
    while ALTER TABLE adds them. https://www.postgresql.org/docs/current/sql-createtable.html
    """
    earlier = [{other.columns for other in keys[:at]} for at in range(len(keys))]
    return [key for key, seen in zip(keys, earlier, strict=True) if isinstance(key, Unique) and key.columns in seen]


def _beside(inside: list[Object]) -> Iterator[Statement]:
    """Yield what CREATE TABLE has no place for."""
    for obj in inside:
        if isinstance(obj, Column):
            yield from made_settings(obj)
            yield from comments(column_name(obj), obj.comment)
        elif isinstance(obj, PrimaryKey | Unique | Check):
            yield from comments(constraint_name(obj), obj.comment)


_STORAGE = "storage."


def _persistence(table: Table) -> str:
    return "UNLOGGED " if ("unlogged", True) in table.options else ""


def _parameters(table: Table) -> Options:
    return tuple((name.removeprefix(_STORAGE), value) for name, value in table.options if name.startswith(_STORAGE))


def _storage(table: Table) -> str:
    found = _parameters(table)
    return f" WITH ({parameters(found)})" if found else ""


def _options(old: Table, new: Table, states: States) -> Outcome:
    """LOGGED and UNLOGGED write the whole table anew; a storage parameter holds for what is written from then on."""
    words = list(parameter_changes(_parameters(old), _parameters(new)))
    if _persistence(old) != _persistence(new):
        words.insert(0, "SET UNLOGGED" if _persistence(new) else "SET LOGGED")
    return tuple(Statement(f"ALTER TABLE {of(new.ref)} {word}") for word in words)


def _drop(old: Table, states: States) -> Outcome:
    dropped = one(f"DROP TABLE {of(old.ref)}", _TABLE_LOCKS + len(states.old.subtree(old.ref)))
    return (*dropped, *fallen_functions(states.old.children(old.ref, Trigger)))


def _rename(old: Table, new: Table, states: States) -> Outcome:
    return with_functions(renamed("TABLE", old, new), old, new, states)


def with_functions(outcome: Outcome, old: Object, new: Object, states: States) -> Outcome:
    """Let the functions of the triggers' bodies follow a new name."""
    return outcome if isinstance(outcome, Way) else (*outcome, *moved_functions(old.ref, new.ref, states))


def renamed(word: str, old: Object, new: Object) -> Outcome:
    """Write the new name of a root object, and the move to another schema where there is one."""
    if old.ref.schema == new.ref.schema:
        return one(f"ALTER {word} {of(old.ref)} RENAME TO {double_quoted(new.ref.name)}")
    if not new.ref.schema:  # rules do not know what the default schema is called
        return Way.UNSUPPORTED
    moved = Statement(f"ALTER {word} {of(old.ref)} SET SCHEMA {double_quoted(new.ref.schema)}")
    if old.ref.name == new.ref.name:
        return (moved,)
    there = qualified(new.ref.schema, old.ref.name)
    return (moved, Statement(f"ALTER {word} {there} RENAME TO {double_quoted(new.ref.name)}"))


def _comment(old: Table, new: Table, states: States) -> Outcome:
    return (comment(f"TABLE {of(new.ref)}", new.comment),)


def _create_schema(new: Schema, states: States) -> Outcome:
    name = double_quoted(new.ref.name)
    return (Statement(f"CREATE SCHEMA {name}"), *comments(f"SCHEMA {name}", new.comment))


def _comment_schema(old: Schema, new: Schema, states: States) -> Outcome:
    return (comment(f"SCHEMA {double_quoted(new.ref.name)}", new.comment),)


TABLE = Rules(
    create=_create, drop=_drop, rename=_rename, weight=10, drop_weight=50, steady=True,
    alter={"comment": _comment, "options": _options},
)  # fmt: skip

SCHEMA = Rules(
    create=_create_schema, drop=Way.UNSUPPORTED, alter={"comment": _comment_schema}, weight=0, steady=True,
    hint="no schema is ever dropped; do it by hand when it is empty",
)  # fmt: skip
