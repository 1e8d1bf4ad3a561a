"""How enums come, go and change: values are added in place; a type that loses or moves some is made anew."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from reconciler.dialects.postgres.labels import applied, mentioned
from reconciler.dialects.postgres.literals import written
from reconciler.dialects.postgres.names import enum_behind, of, qualified, type_name
from reconciler.dialects.postgres.rules.columns import stands_in_the_way
from reconciler.dialects.postgres.rules.settings import made_settings
from reconciler.dialects.postgres.rules.statements import alter, comment, comments, one, parenthesized
from reconciler.dialects.postgres.rules.tables import renamed
from reconciler.dialects.sql import double_quoted, text_literal
from reconciler.errors import PlanError, Problem
from reconciler.model.change import Alter, Change
from reconciler.model.names import helper_name
from reconciler.model.objects import Check, Column, Domain, Enum, Exclusion, Index, Object, Unmodelled, View
from reconciler.model.programs import Function, Procedure, Trigger
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
    """Say whether the old values are all there, in the old order; ALTER TYPE can rename and add, and nothing else."""
    there = _renamed_values(old, new).values
    return [value for value in new.values if value in there] == list(there)


def _renamed_values(old: Enum, new: Enum) -> Enum:
    """Return the old enum once its values are renamed."""
    moves = applied(old, new)
    return replace(old, values=tuple(moves.get(value, value) for value in old.values)) if moves else old


def _change(old: Enum, new: Enum, states: States) -> Outcome:
    renames = tuple(
        Statement(f"ALTER TYPE {of(new.ref)} RENAME VALUE {text_literal(before)} TO {text_literal(after)}")
        for before, after in applied(old, new).items()
    )
    there = _renamed_values(old, new)
    return (*renames, *(_added(there, new) if only_grows(old, new) else _remade(there, new, states)))


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
    """Yield the change of a type that loses or moves values: a new type, every column over to it, the old one away.

    Rows that hold a value which goes get the one that the spec names for it on the way.
    """
    columns = carried_columns(old, states)
    _refuse_lost(old, new, states)
    aside = helper_name(str(new.ref), new.ref.name)
    for before, _ in columns:
        if before.default is not None:
            yield alter(before, "DROP DEFAULT")
    yield Statement(f"ALTER TYPE {of(new.ref)} RENAME TO {double_quoted(aside)}")
    yield Statement(f"CREATE TYPE {of(new.ref)} AS ENUM {_values(new.values)}")
    for before, _ in columns:
        brackets = "[]" if before.type.name.endswith("[]") else ""
        words = f"{type_name(new.ref)}{brackets}"
        yield alter(before, f"TYPE {words} USING {_moved(before, moved_values(old, new))}::{words}")
        yield from made_settings(before)
    for _, after in columns:
        if after.default is not None:
            default = after.default
            words = parenthesized(default) if isinstance(default, Sql) else written(default)
            yield alter(after, f"SET DEFAULT {words}")
    yield Statement(f"DROP TYPE {qualified(new.ref.schema, aside)}")
    yield from comments(f"TYPE {of(new.ref)}", new.comment)
    yield from map(Statement, old.carried)


def moved_values(old: Enum, new: Enum) -> Mapping[str, str]:
    """Return which value takes the place of which, of those that go."""
    gone = [value for value in _renamed_values(old, new).values if value not in new.values]
    return {value: to for value, to in new.removed_values if value in gone}


def _moved(column: Column, moves: Mapping[str, str]) -> str:
    """Write a column's values as text, with others in the place of those that go."""
    name = double_quoted(column.ref.name)
    if column.type.name.endswith("[]"):
        text = f"{name}::text[]"
        for value, to in moves.items():
            text = f"array_replace({text}, {text_literal(value)}, {text_literal(to)})"
        return text
    if not moves:
        return f"{name}::text"
    whens = " ".join(f"WHEN {text_literal(value)} THEN {text_literal(to)}" for value, to in moves.items())
    return f"(CASE {name}::text {whens} ELSE {name}::text END)"


def _refuse_lost(old: Enum, new: Enum, states: States) -> None:
    """Raise PlanError for what comes back, or stays, and still names a value that goes."""
    gone = frozenset(old.values) - frozenset(new.values)
    problems = []
    for user in states.new.dependents(new.ref):
        for value in sorted(mentioned(user, new.ref) & gone):
            problems.append(
                Problem(
                    code="RUN039",
                    message=f"{user.ref} names {value!r}, which {new.ref} is to lose",
                    hint=f"change {user.ref} in the same plan, or keep {value!r}",
                    address=str(user.ref),
                )
            )
    if problems:
        raise PlanError(problems)


def carried_columns(old: Enum, states: States) -> list[tuple[Column, Column]]:
    """Return the columns that have the type before and after, live and declared; others come and go on their own."""
    found = []
    for column in states.old.dependents(old.ref):
        new = states.new.get(column.ref)
        if isinstance(column, Column) and isinstance(new, Column) and _is_of(column, old) and _is_of(new, old):
            found.append((column, new))
    return sorted(found, key=lambda pair: pair[0].ref)


def _is_of(column: Column, enum: Enum) -> bool:
    return enum_behind(column) == enum.ref and column.generated is None


def disturbed(change: Alter, states: States) -> Sequence[Object]:
    """Return what cannot stay while a type is made anew: whatever names it or one of its columns, the columns apart."""
    old, new = change.old, change.new
    if not isinstance(old, Enum) or not isinstance(new, Enum) or "values" not in change.fields or only_grows(old, new):
        return ()
    direct = states.old.dependents(old.ref)
    _refuse_others(old, direct)
    users = [user for user in direct if _names_the_type(user)]
    for column in direct:
        if isinstance(column, Column):
            users += [user for user in states.old.dependents(column.ref) if stands_in_the_way(user, kept=False)]
    return sorted({user.ref: user for user in users}.values(), key=lambda user: user.ref)


def _refuse_others(old: Enum, users: Sequence[Object]) -> None:
    """Raise PlanError for what holds a type and is neither its column nor can go and come back.

    That is a domain over it, whose columns would have to be made anew, and the default of a column of another type.
    """
    others = [user for user in users if isinstance(user, Domain) or _defaults_to(user, old)]
    problems = [
        Problem(
            code="RUN032",
            message=f"{user.ref} rests on {old.ref}, so no value of it can be removed or moved",
            hint=f"let {user.ref} do without {old.ref}, or keep its values as they are",
            address=str(user.ref),
        )
        for user in others
    ]
    if problems:
        raise PlanError(problems)


def _defaults_to(user: Object, enum: Enum) -> bool:
    return isinstance(user, Column) and not user.generated and enum_behind(user) != enum.ref


def carries(change: Change, states: States) -> Sequence[Change]:
    """Return the columns that a type which is made anew takes along: each is written anew."""
    if not isinstance(change, Alter):
        return ()
    old, new = change.old, change.new
    if not isinstance(old, Enum) or not isinstance(new, Enum) or "values" not in change.fields or only_grows(old, new):
        return ()
    return [Alter(before, after, ("type",)) for before, after in carried_columns(old, states)]


def _names_the_type(user: Object) -> bool:
    match user:
        case Column(generated=generated):
            return generated is not None
        case View() | Check() | Index() | Exclusion() | Function() | Procedure() | Trigger() | Unmodelled():
            return True
        case _:
            return False


ENUM = Rules(
    create=_create, drop=_drop, rename=_rename, disturbed=disturbed, carries=carries, weight=5, drop_weight=60,
    alter={"values": _change, "comment": _comment},
)  # fmt: skip
