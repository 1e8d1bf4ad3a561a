"""How a column that was filled beside takes the place that it is made for: what goes before, and one short transaction.

All that takes long is done on the helper, while everybody goes on. What is left under the heaviest lock changes the
catalog alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from reconciler.dialects.postgres.names import table
from reconciler.dialects.postgres.rules.statements import alter, by_itself
from reconciler.dialects.sql import double_quoted, text_literal
from reconciler.model.names import helper_name, kin
from reconciler.model.objects import Column
from reconciler.model.ref import Ref
from reconciler.plan.beside import Beside
from reconciler.plan.rules import States
from reconciler.plan.step import Statement


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
    """Return what lets a filled helper become a new column."""
    return tuple(_taken(new, states.beside[new.ref], states))


def _taken(new: Column, beside: Beside, states: States) -> Iterator[Statement]:
    helper = replace(new, ref=beside.helper.ref)
    if new.not_null:
        yield from never_null(helper)
    yield by_itself(f"ANALYZE {table(new.ref)} ({double_quoted(helper.ref.name)})")
    yield Statement(f"LOCK TABLE {table(new.ref)} IN ACCESS EXCLUSIVE MODE")
    names = f"{double_quoted(helper.ref.name)} TO {double_quoted(new.ref.name)}"
    yield Statement(f"ALTER TABLE {table(new.ref)} RENAME COLUMN {names}")
    if new.not_null:
        yield alter(new, "SET NOT NULL")
        yield Statement(f"ALTER TABLE {table(new.ref)} DROP CONSTRAINT {double_quoted(null_check(helper.ref))}")
