"""How sequences come, go and change: always in place, and the number that one has reached is never touched."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.dialects.postgres import types
from reconciler.dialects.postgres.identity import bounds as usual_bounds
from reconciler.dialects.postgres.names import of, table
from reconciler.dialects.postgres.rules.statements import comment, comments, one
from reconciler.dialects.postgres.rules.tables import renamed
from reconciler.dialects.sql import double_quoted
from reconciler.model.objects import Column, NumberSequence, OwnedBy
from reconciler.model.ref import Ref
from reconciler.model.types import Type
from reconciler.plan.rules import Outcome, Rules, States
from reconciler.plan.step import Statement

_PLAIN = NumberSequence(ref=Ref.root(NumberSequence.kind, ""))


def bounds(sequence: NumberSequence) -> tuple[int, int]:
    """Return the least and the largest number that a sequence gives."""
    usual = usual_bounds(sequence.type.name, sequence.increment)
    return (
        usual.minimum if sequence.minimum is None else sequence.minimum,
        usual.maximum if sequence.maximum is None else sequence.maximum,
    )


def first(sequence: NumberSequence) -> int:
    """Return the number that a sequence begins with."""
    if sequence.start is not None:
        return sequence.start
    return bounds(sequence)[0 if sequence.increment > 0 else 1]


def _words(sequence: NumberSequence) -> dict[str, str]:
    """Write each field; what depends on type and direction is said in full, so that nothing of before stays."""
    least, most = sequence.minimum, sequence.maximum
    return {
        "type": f"AS {sequence.type.name}",
        "increment": f"INCREMENT BY {sequence.increment}",
        "minimum": "NO MINVALUE" if least is None else f"MINVALUE {least}",
        "maximum": "NO MAXVALUE" if most is None else f"MAXVALUE {most}",
        "start": f"START WITH {first(sequence)}",
        "cache": f"CACHE {sequence.cache}",
        "cycle": "CYCLE" if sequence.cycle else "NO CYCLE",
    }


def _create(new: NumberSequence, states: States) -> Outcome:
    """A sequence that a serial column brought along is there already: it is freed, and only changes."""
    column = _serial_with(new, states)
    if column is not None:
        before = NumberSequence(ref=new.ref, type=Type(types.SERIAL[column.type.name], native=True))
        freed = Statement(f"ALTER SEQUENCE {of(new.ref)} OWNED BY NONE", relations=2)
        return (freed, *_settings(before, new), *comments(f"SEQUENCE {of(new.ref)}", new.comment))
    words = _words(new)
    said = [words[name] for name in words if getattr(new, name) != getattr(_PLAIN, name) or name == "type"]
    if new.type.name == "bigint":
        said.remove(words["type"])
    text = " ".join((f"CREATE SEQUENCE {of(new.ref)}", *said))
    return (Statement(text), *comments(f"SEQUENCE {of(new.ref)}", new.comment))


def _serial_with(new: NumberSequence, states: States) -> Column | None:
    """Return the live column that draws from a sequence of this name as part of itself."""
    found = (obj for obj in states.old.values() if isinstance(obj, Column) and obj.clauses == of(new.ref))
    return next((column for column in found if column.type.name in types.SERIAL), None)


# What the server works out anew when one of the others changes.
_TOGETHER = ("increment", "minimum", "maximum", "start")


def _settings(old: NumberSequence, new: NumberSequence) -> Sequence[Statement]:
    """ALTER SEQUENCE without RESTART leaves the present value (manual, "ALTER SEQUENCE")."""
    before, after = _words(old), _words(new)
    said = [name for name in after if before[name] != after[name]]
    if set(said) & {"type", *_TOGETHER}:
        said = [name for name in after if name in said or name in _TOGETHER]
    text = " ".join(after[name] for name in said)
    return one(f"ALTER SEQUENCE {of(new.ref)} {text}") if said else ()


def _change(old: NumberSequence, new: NumberSequence, states: States) -> Outcome:
    return _settings(old, new)


def _drop(old: NumberSequence, states: States) -> Outcome:
    return one(f"DROP SEQUENCE {of(old.ref)}")


def _rename(old: NumberSequence, new: NumberSequence, states: States) -> Outcome:
    return renamed("SEQUENCE", old, new)


def _comment(old: NumberSequence, new: NumberSequence, states: States) -> Outcome:
    return (comment(f"SEQUENCE {of(new.ref)}", new.comment),)


def _own(new: OwnedBy, states: States) -> Outcome:
    column = f"{table(new.column)}.{double_quoted(new.column.name)}"
    return one(f"ALTER SEQUENCE {of(new.ref.top)} OWNED BY {column}", 2)


def _disown(old: OwnedBy, states: States) -> Outcome:
    return one(f"ALTER SEQUENCE {of(old.ref.top)} OWNED BY NONE", 2)


SEQUENCE = Rules(
    create=_create, drop=_drop, rename=_rename, weight=7, drop_weight=58, steady=True,
    alter={
        "type": _change, "start": _change, "increment": _change, "minimum": _change, "maximum": _change,
        "cache": _change, "cycle": _change, "comment": _comment,
    },
)  # fmt: skip

OWNED_BY = Rules(
    create=_own, drop=_disown, weight=42, drop_weight=3, alter={"column": lambda old, new, states: _own(new, states)},
)  # fmt: skip
