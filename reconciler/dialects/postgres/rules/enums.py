"""How enums come, go and change: values are added in place; a type that loses or moves some is made anew."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.dialects.postgres.literals import written
from reconciler.dialects.postgres.names import of, qualified, table, type_name
from reconciler.dialects.postgres.rules.columns import stands_in_the_way
from reconciler.dialects.postgres.rules.statements import comment, comments, one, parenthesized
from reconciler.dialects.postgres.rules.tables import renamed
from reconciler.dialects.sql import double_quoted, text_literal
from reconciler.model.change import Alter
from reconciler.model.names import helper_name
from reconciler.model.objects import Check, Column, Enum, Index, Object, Unmodelled, View
from reconciler.model.values import Sql
from reconciler.plan.rules import Outcome, Rules, States
from reconciler.plan.step import Statement, Transaction


def _values(values: Sequence[str]) -> str:
    return f"({', '.join(map(text_literal, values))})"


def _create(new: Enum, states: States) -> Outcome:
    created = Statement(f"CREATE TYPE {of(new.ref)} AS ENUM {_values(new.values)}")
    return (created, *comments(f"TYPE {of(new.ref)}", new.comment))


def _drop(old: Enum, states: States) -> Outcome:
    return one(f"DROP TYPE {of(old.ref)}")


def _rename(old: Enum, new: Enum, states: States) -> Outcome:
    return renamed("TYPE", old, new)


def _comment(old: Enum, new: Enum, states: States) -> Outcome:
    return (comment(f"TYPE {of(new.ref)}", new.comment),)


def only_grows(old: Enum, new: Enum) -> bool:
    """Say whether the old values are all there, in the old order; ALTER TYPE can add values and nothing else."""
    return [value for value in new.values if value in old.values] == list(old.values)


def _change(old: Enum, new: Enum, states: States) -> Outcome:
    return tuple(_added(old, new)) if only_grows(old, new) else tuple(_remade(old, new, states))


def _added(old: Enum, new: Enum) -> Iterator[Statement]:
    """Yield an ALTER TYPE for each new value, put beside a neighbour that is there by then.

    A new value cannot be used in the transaction that adds it (manual, "ALTER TYPE", Notes).
    """
    there = list(old.values)
    for index, value in enumerate(new.values):
        if value in there:
            continue
        place = (
            f" AFTER {text_literal(new.values[index - 1])}"
            if index
            else f" BEFORE {text_literal(there[0])}"
            if there
            else ""
        )
        last = bool(index) and there[-1] == new.values[index - 1]
        sql = f"ALTER TYPE {of(new.ref)} ADD VALUE {text_literal(value)}{'' if last else place}"
        yield Statement(sql, transaction=Transaction.COMMIT_AFTER)
        there.insert(index, value)


def _remade(old: Enum, new: Enum, states: States) -> Iterator[Statement]:
    """Yield the change of a type that loses or moves values: a new type, every column over to it, the old one away."""
    columns = carried_columns(old, states)
    aside = helper_name(str(new.ref), new.ref.name)
    for before, _ in columns:
        if before.default is not None:
            yield _alter(before, "DROP DEFAULT")
    yield Statement(f"ALTER TYPE {of(new.ref)} RENAME TO {double_quoted(aside)}")
    yield Statement(f"CREATE TYPE {of(new.ref)} AS ENUM {_values(new.values)}")
    for before, _ in columns:
        name = double_quoted(before.ref.name)
        brackets = "[]" if before.type.name.endswith("[]") else ""
        yield _alter(
            before, f"TYPE {type_name(new.ref)}{brackets} USING {name}::text{brackets}::{type_name(new.ref)}{brackets}"
        )
    for _, after in columns:
        if after.default is not None:
            default = after.default
            words = parenthesized(default) if isinstance(default, Sql) else written(default)
            yield _alter(after, f"SET DEFAULT {words}")
    yield Statement(f"DROP TYPE {qualified(new.ref.schema, aside)}")
    yield from comments(f"TYPE {of(new.ref)}", new.comment)


def _alter(column: Column, what: str) -> Statement:
    return Statement(f"ALTER TABLE {table(column.ref)} ALTER COLUMN {double_quoted(column.ref.name)} {what}")


def carried_columns(old: Enum, states: States) -> list[tuple[Column, Column]]:
    """Return the columns that have the type before and after, live and declared; others come and go on their own."""
    found = []
    for column in states.old.dependents(old.ref):
        new = states.new.get(column.ref)
        both = isinstance(column, Column) and isinstance(new, Column) and old.ref in new.uses
        if (
            both
            and isinstance(column, Column)
            and isinstance(new, Column)
            and not column.generated
            and not new.generated
        ):
            found.append((column, new))
    return sorted(found, key=lambda pair: pair[0].ref)


def disturbed(change: Alter, states: States) -> Sequence[Object]:
    """Return what cannot stay while a type is made anew: whatever names it or one of its columns, the columns apart."""
    old, new = change.old, change.new
    if not isinstance(old, Enum) or not isinstance(new, Enum) or "values" not in change.fields or only_grows(old, new):
        return ()
    direct = states.old.dependents(old.ref)
    users = [user for user in direct if _names_the_type(user)]
    for column in direct:
        if isinstance(column, Column):
            users += [user for user in states.old.dependents(column.ref) if stands_in_the_way(user, kept=False)]
    return sorted({user.ref: user for user in users}.values(), key=lambda user: user.ref)


def _names_the_type(user: Object) -> bool:
    match user:
        case Column(generated=generated):
            return generated is not None
        case View() | Check() | Index() | Unmodelled():
            return True
        case _:
            return False


ENUM = Rules(
    create=_create, drop=_drop, rename=_rename, disturbed=disturbed, weight=5, drop_weight=60,
    alter={"values": _change, "comment": _comment},
)  # fmt: skip
