"""How a column that was filled beside takes the place that it is made for: what goes before, and one short transaction.

All that takes long is done on the helper, while everybody goes on. What is left under the heaviest lock changes the
catalog alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from reconciler.dialects.postgres.names import of, table
from reconciler.dialects.postgres.resolve import respell
from reconciler.dialects.postgres.rules.keys import check_clause, constraint_name, index_text, unique_index
from reconciler.dialects.postgres.rules.statements import alter, built, by_itself, comments
from reconciler.dialects.sql import deferrable_clause, double_quoted, renamer, text_literal
from reconciler.model.model import Model
from reconciler.model.names import helper_name, kin, kindred
from reconciler.model.objects import Check, Column, Index, Unique
from reconciler.model.ref import Kind, Ref
from reconciler.plan.beside import Beside
from reconciler.plan.rules import States
from reconciler.plan.step import Statement

# What is made again on a helper: it goes with the column.
User = Index | Unique | Check


def never_null(column: Column) -> Iterator[Statement]:
    """Yield what proves that a column is not null while everybody goes on; what a run that died left is begun anew."""
    on, name = table(column.ref), double_quoted(null_check(column.ref))
    condition = f"CHECK ({double_quoted(column.ref.name)} IS NOT NULL) NOT VALID"
    yield Statement(f"ALTER TABLE {on} DROP CONSTRAINT IF EXISTS {name}, ADD CONSTRAINT {name} {condition}")
    yield by_itself(f"ALTER TABLE {on} VALIDATE CONSTRAINT {name}")


def null_check(ref: Ref) -> str:
    """Return the name of the check that proves it."""
    return helper_name(str(ref), "not_null")


def unfilled(helper: Column, added: Callable[[Column], Statement], default: str) -> Iterator[Statement]:
    """Yield what adds a helper: rows that are there keep null, and get their values later."""
    yield added(replace(helper, default=None, not_null=False))
    if helper.default is not None:
        yield alter(helper, f"SET DEFAULT {default}")


def uncaught(helper: Ref) -> Statement:
    """Return what removes the triggers that fill a helper, with their functions, if there are any."""
    on, names = text_literal(table(helper)), text_literal(kin(helper.name))
    where = f"tgrelid = to_regclass({on}) AND starts_with(tgname, {names})"
    return Statement(
        "DO $rc$ DECLARE f regprocedure; BEGIN\n"
        f"  FOR f IN SELECT tgfoid FROM pg_trigger WHERE {where} LOOP\n"
        "    EXECUTE 'DROP FUNCTION ' || f || ' CASCADE';\n  END LOOP;\nEND $rc$"
    )


def taken(new: Column, states: States) -> tuple[Statement, ...]:
    """Return what lets a filled helper become a new column, or the one that it was made beside."""
    return tuple(_taken(new, states.beside[new.ref], states))


def _taken(new: Column, beside: Beside, states: States) -> Iterator[Statement]:
    helper, on = replace(new, ref=beside.helper.ref), table(new.ref)
    users = [(user, _beside(user, new.ref, helper.ref)) for user in _users(new, states)]
    for user, made in users:
        yield from _made(user, made)
    if new.not_null:
        yield from never_null(helper)
    yield by_itself(f"ANALYZE {on} ({double_quoted(helper.ref.name)})")
    yield Statement(f"LOCK TABLE {on} IN ACCESS EXCLUSIVE MODE")
    if new.ref in states.old:
        yield uncaught(helper.ref)
        yield Statement(f"ALTER TABLE {on} DROP COLUMN {double_quoted(new.ref.name)}")
    names = f"{double_quoted(helper.ref.name)} TO {double_quoted(new.ref.name)}"
    yield Statement(f"ALTER TABLE {on} RENAME COLUMN {names}")
    if new.not_null:
        yield alter(new, "SET NOT NULL")
        yield Statement(f"ALTER TABLE {on} DROP CONSTRAINT {double_quoted(null_check(helper.ref))}")
    for user, made in users:
        yield from _named(user, made)


def _users(new: Column, states: States) -> list[User]:
    """Return what is on the column now and stays, and so is to be on the one that takes its place; sorted, because the
    order of a model is no part of a plan.
    """
    found = sorted(states.old.dependents(new.ref), key=lambda user: user.ref) if new.ref in states.old else []
    return [user for user in found if isinstance(user, Index | Unique | Check) and states.new.get(user.ref) == user]


def _beside(user: User, column: Ref, helper: Ref) -> User:
    """Return the same on the helper, under a name that goes with it."""
    moved = renamer(respell)(Model([user]), [(column, helper)])[user.ref]
    assert isinstance(moved, Index | Unique | Check)
    return replace(moved, ref=user.ref.top.child(user.ref.kind, kindred(helper.name, user.ref.name)))


def _made(user: User, made: User) -> Iterator[Statement]:
    """Make it while everybody goes on."""
    match made:
        case Index():
            yield built(made.ref, index_text(made, table(user.ref)))
        case Unique():
            ref = user.ref.top.child(Kind.INDEX, made.ref.name)
            yield built(ref, index_text(unique_index(made, ref), table(user.ref)))
        case Check():
            on = f"ALTER TABLE {table(user.ref)}"
            yield Statement(f"{on} ADD {check_clause(replace(made, not_valid=True))}")
            yield by_itself(f"{on} VALIDATE CONSTRAINT {double_quoted(made.ref.name)}")


def _named(user: User, made: User) -> Iterator[Statement]:
    """Give it the name of what went with the column, and all else that this had."""
    ours, name = double_quoted(made.ref.name), double_quoted(user.ref.name)
    match user:
        case Index():
            yield Statement(f"ALTER INDEX {of(made.ref)} RENAME TO {name}")
            yield from (*comments(f"INDEX {of(user.ref)}", user.comment), *map(Statement, user.carried))
            return
        case Unique():
            later = deferrable_clause(user.deferrable)
            yield Statement(f"ALTER TABLE {table(user.ref)} ADD CONSTRAINT {name} UNIQUE USING INDEX {ours}{later}")
            yield from map(Statement, user.carried)
        case Check():
            yield Statement(f"ALTER TABLE {table(user.ref)} RENAME CONSTRAINT {ours} TO {name}")
    yield from comments(constraint_name(user), user.comment)
