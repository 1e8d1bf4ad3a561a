"""How columns come, go and change; types take what stands in their way along, by way of `disturbed`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from reconciler.dialects.postgres import types
from reconciler.dialects.postgres.identity import changes as identity_changes
from reconciler.dialects.postgres.identity import words as identity_words
from reconciler.dialects.postgres.literals import written
from reconciler.dialects.postgres.names import of, table
from reconciler.dialects.postgres.rules.beside import never_null, null_check, taken, uncaught, unfilled
from reconciler.dialects.postgres.rules.counters import counts, started, stopped
from reconciler.dialects.postgres.rules.settings import changed_settings, made_settings
from reconciler.dialects.postgres.rules.statements import (
    alter,
    column_name,
    comment,
    comments,
    one,
    parenthesized,
)
from reconciler.dialects.sql import double_quoted
from reconciler.model.change import Alter
from reconciler.model.names import is_helper
from reconciler.model.objects import (
    Check,
    Column,
    Exclusion,
    ForeignKey,
    Index,
    NumberSequence,
    Object,
    Unmodelled,
    View,
)
from reconciler.model.programs import Function, Procedure, Trigger
from reconciler.model.values import Default, Sql
from reconciler.plan.rules import Outcome, Rules, States, Turn, Way
from reconciler.plan.step import Statement

# What the server takes along by itself when a column's type changes (manual, "ALTER TABLE": "Indexes and simple table
# constraints involving the column will be automatically converted").
_FOLLOWS = frozenset({"statistics", "exclusion", "constraint", "row_security"})


def definition(column: Column) -> str:
    """Write a column as CREATE TABLE and ADD COLUMN want it."""
    words = [double_quoted(column.ref.name), str(column.type)]
    if column.collation:
        words.append(f"COLLATE {double_quoted(column.collation)}")
    if column.generated:
        kind = "STORED" if column.generated.stored else "VIRTUAL"
        words.append(f"GENERATED ALWAYS AS ({column.generated.expression.text}) {kind}")
    if column.default is not None:
        words.append(f"DEFAULT {_default(column.default)}")
    if column.identity:
        words.append(f"GENERATED {identity_words(column.identity, column.type.name)}")
    if column.not_null:
        words.append("NOT NULL")
    return " ".join(words)


def _default(default: Default) -> str:
    return parenthesized(default) if isinstance(default, Sql) else written(default)


def _added(new: Column) -> Statement:
    return Statement(f"ALTER TABLE {table(new.ref)} ADD COLUMN {definition(new)}")


def _create(new: Column, states: States) -> Outcome:
    if is_helper(new.ref.name):
        return tuple(unfilled(new, _added, _default(new.default) if new.default is not None else ""))
    added = taken(new, states) if new.ref in states.beside else (_added(new),)
    return (*added, *made_settings(new), *comments(column_name(new), new.comment), *map(Statement, new.carried))


def _drop(old: Column, states: States) -> Outcome:
    dropped = one(f"ALTER TABLE {table(old.ref)} DROP COLUMN {double_quoted(old.ref.name)}")
    return (uncaught(old.ref), *dropped) if is_helper(old.ref.name) else dropped


def _rename(old: Column, new: Column, states: States) -> Outcome:
    names = f"{double_quoted(old.ref.name)} TO {double_quoted(new.ref.name)}"
    return one(f"ALTER TABLE {table(new.ref)} RENAME COLUMN {names}")


def _freed(old: Column, new: Column, states: States) -> Iterator[Statement]:
    """Yield what takes an identity, a sequence or an expression away that is not wanted any more: it is in the way."""
    if old.generated and old.generated.stored and not new.generated:
        yield alter(new, "DROP EXPRESSION")
    if counts(old) and not counts(new):
        yield from (alter(new, "DROP DEFAULT"),) if _declared(old.clauses, states) else stopped(old, new)


def _declared(sequence: str, states: States) -> bool:
    """Say whether a serial column's sequence is to live on as an object of its own."""
    return any(isinstance(obj, NumberSequence) and of(obj.ref) == sequence for obj in states.new.values())


def _type(old: Column, new: Column, states: States) -> Outcome:
    """A default that the server cannot cast by itself is taken away and given back in the new type's words.

    The server forgets how values are kept and compressed when the type changes.
    """
    found = list(_freed(old, new, states))
    before, after = (types.SERIAL.get(name, name) for name in (old.type.name, new.type.name))
    if before != after or old.collation != new.collation:
        found += [*_retyped(old, new, after), *made_settings(new)]
    if counts(new) and (old.type.name in types.SERIAL) != (new.type.name in types.SERIAL):
        found += started(old, new)
    elif new.type.name in types.SERIAL and old.clauses:
        found.append(Statement(f"ALTER SEQUENCE {old.clauses} AS {after}"))
    return tuple(found)


def _retyped(old: Column, new: Column, after: str) -> Iterator[Statement]:
    has_default = old.default is not None and old.identity is None and not keeps_meaning(old, new)
    collation = f" COLLATE {double_quoted(new.collation)}" if new.collation else ""
    conversion = None if new.generated else converted(old.type.name, after, double_quoted(new.ref.name))
    if has_default:
        yield alter(new, "DROP DEFAULT")
    yield alter(new, f"TYPE {after}{collation}{f' USING {conversion}' if conversion else ''}")
    if has_default and new.default is not None:
        yield alter(new, f"SET DEFAULT {_default(new.default)}")


def converted(before: str, after: str, column: str) -> str | None:
    """Write how values become another type; None where assignment does it, which unlike a cast cuts nothing off.

    Every type converts to and from text (manual, "CREATE CAST", Notes); truth values and numbers mean each other too.
    """
    first, second = types.family(before), types.family(after)
    if first == second or second == "text":
        return None
    if (first, second) == ("boolean", "number"):
        return f"{column}::integer::{after}"
    if (first, second) == ("number", "boolean"):
        return f"{column} <> 0"
    return f"{column}::{after}" if {first, second} <= types.CLOCKS else f"{column}::text::{after}"


def keeps_meaning(old: Column, new: Column) -> bool:
    """Say whether all that rests on the column keeps its meaning: both types are of one sort, so is the collation."""
    return old.collation == new.collation and types.family(old.type.name) == types.family(new.type.name)


def _not_null(old: Column, new: Column, states: States) -> Outcome:
    if new.not_null and new.ref.top in states.online:
        return (*_freed(old, new, states), *_proven(new))
    return (*_freed(old, new, states), alter(new, "SET NOT NULL" if new.not_null else "DROP NOT NULL"))


def _proven(new: Column) -> Iterator[Statement]:
    """Make a column not null while nobody waits: a check that is proven beside the writers spares the server a look at
    all rows under its heaviest lock (manual, "ALTER TABLE").
    """
    yield from never_null(new)
    yield alter(new, "SET NOT NULL")
    yield Statement(f"ALTER TABLE {table(new.ref)} DROP CONSTRAINT {double_quoted(null_check(new.ref))}")


def _set_default(old: Column, new: Column, states: States) -> Outcome:
    if new.identity or new.type.name in types.SERIAL:
        return () if old.default is None else (alter(new, "DROP DEFAULT"),)
    words = "DROP DEFAULT" if new.default is None else f"SET DEFAULT {_default(new.default)}"
    return (*_freed(old, new, states), alter(new, words))


def _generated(old: Column, new: Column, states: States) -> Outcome | Way:
    """A stored expression can be dropped, its values stay; another expression of one sort takes the old one's place.

    The server computes no virtual column anew while a check or NOT NULL may speak of it (tablecmds.c,
    ATExecSetExpression). Anything else makes the column anew.
    """
    if old.generated is None:
        return Way.REPLACE
    if new.generated is None:
        return tuple(_freed(old, new, states)) if old.generated.stored else Way.REPLACE
    if old.generated.stored != new.generated.stored or "set_expression" not in states.features:
        return Way.REPLACE
    held = new.not_null or any(model.children(new.ref.top, Check) for model in (states.old, states.new))
    if held and not new.generated.stored:
        return Way.REPLACE
    return (alter(new, f"SET EXPRESSION AS ({new.generated.expression.text})"),)


def _identity(old: Column, new: Column, states: States) -> Outcome:
    if new.identity is None or old.identity is None:
        return (*_freed(old, new, states), *(started(old, new) if counts(new) else ()))
    settings = list(identity_changes(old.identity, new.identity))
    return (alter(new, " ".join(settings)),) if settings else ()


def _options(old: Column, new: Column, states: States) -> Outcome:
    return tuple(changed_settings(old, new, states.features))


def _comment(old: Column, new: Column, states: States) -> Outcome:
    return (comment(column_name(new), new.comment),)


def disturbed(change: Alter, states: States) -> Sequence[Object]:
    """Return what cannot stay while a column's type changes.

    Views, triggers, policies and bodies that the server reads when they are declared are refused by it ("cannot alter
    type of a column used by a view or rule");
    expressions are only when they stop making sense in the new type, so within one sort of type they stay.
    """
    old, new = change.old, change.new
    if not isinstance(old, Column) or not isinstance(new, Column) or not {"type", "collation"} & set(change.fields):
        return ()
    if new.ref in states.beside:
        return ()
    return [user for user in states.old.dependents(old.ref) if stands_in_the_way(user, keeps_meaning(old, new))]


def stands_in_the_way(user: Object, kept: bool) -> bool:
    """Say whether an object has to go before the type of a column that it uses changes."""
    match user:
        case View() | Trigger() | Function() | Procedure():
            return True
        case Unmodelled():
            return user.ref.kind not in _FOLLOWS
        case Column(generated=generated):
            return generated is not None
        case Check() | ForeignKey():
            return not kept
        case Index() | Exclusion():
            return not kept and (user.where is not None or any(part.expression or part.opclass for part in user.parts))
        case _:
            return False


def _or_beside(turn: Turn) -> Turn:
    """Let a column that was filled beside take its place, whichever of its fields differ; they share one answer."""

    def turned(old: Column, new: Column, states: States) -> Outcome:
        if new.ref not in states.beside:
            return turn(old, new, states)
        default = (alter(new, f"SET DEFAULT {_default(new.default)}"),) if new.default is not None else ()
        more = (*made_settings(new), *comments(column_name(new), new.comment), *map(Statement, new.carried))
        return (*taken(new, states), *default, *more)

    return turned


_TURNS: Mapping[str, Turn] = {
    "type": _type, "not_null": _not_null, "default": _set_default, "generated": _generated, "identity": _identity,
    "collation": _type, "options": _options, "comment": _comment,
}  # fmt: skip
COLUMN = Rules(
    create=_create, drop=_drop, rename=_rename, inline=True, disturbed=disturbed, weight=20, drop_weight=40,
    alter={"on_conflict": Way.UNSUPPORTED, **{name: _or_beside(turn) for name, turn in _TURNS.items()}},
)  # fmt: skip
