"""How functions and procedures come, go and change: in place, or anew with all that rests on them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from reconciler.dialects.postgres.literals import written
from reconciler.dialects.postgres.names import of
from reconciler.dialects.postgres.normalize_programs import is_standard
from reconciler.dialects.postgres.quoting import dollar_quoted
from reconciler.dialects.postgres.routines import GIVEN, called, gives, own_name, word
from reconciler.dialects.postgres.routines_options import clauses
from reconciler.dialects.postgres.rules.statements import alter, comment, comments, one, parenthesized
from reconciler.dialects.sql import double_quoted
from reconciler.model.change import Alter, Change, Create, Drop
from reconciler.model.objects import Column, Domain
from reconciler.model.programs import Function, Routine, routine_name
from reconciler.model.ref import Ref
from reconciler.model.values import Argument, Sql
from reconciler.plan.rules import Outcome, Rules, States, Turn, Way
from reconciler.plan.step import Statement


def routine_text(new: Routine, verb: str, name: str) -> str:
    """Write a routine under a name. CREATE OR REPLACE sets every attribute anew, so each is said that is not usual."""
    taken = ", ".join(_argument(argument) for argument in new.arguments if argument.mode != "table")
    lines = [f"{verb} {word(new)} {name}({taken})"]
    if isinstance(new, Function):
        lines += _returns(new)
    lines += [f"    LANGUAGE {double_quoted(new.language)}", *(f"    {clause}" for clause in _attributes(new))]
    assert isinstance(new.body, Sql), f"{new.ref} is not in normal form"
    standard = is_standard(new.language, new.body.text)
    return "\n".join((*lines, new.body.text.rstrip("; \n") if standard else f"AS {quoted_body(new.body.text)}"))


def quoted_body(text: str) -> str:
    """Quote a body; one of several lines begins on a line of its own."""
    apart = "\n" in text and text[:1] != "\n"
    return dollar_quoted(f"\n{text}\n" if apart else text, "body")


def _argument(argument: Argument) -> str:
    mode = "" if argument.mode in ("in", "table") else argument.mode.upper()
    name = double_quoted(argument.name) if argument.name else ""
    default = "" if argument.default is None else f"DEFAULT {written(argument.default)}"
    return " ".join(part for part in (mode, name, argument.type.name, default) if part)


def _returns(new: Function) -> Iterator[str]:
    columns = [_argument(argument) for argument in new.arguments if argument.mode == "table"]
    given = [argument.type.name for argument in new.arguments if argument.mode in GIVEN]
    if columns:
        yield f"    RETURNS TABLE ({', '.join(columns)})"
    elif new.returns is not None:
        yield f"    RETURNS {'SETOF ' if new.returns_set else ''}{new.returns.name}"
    elif new.returns_set:
        yield f"    RETURNS SETOF {given[0] if len(given) == 1 else 'record'}"


def _attributes(new: Routine) -> Iterator[str]:
    if isinstance(new, Function):
        yield from (new.volatility.upper(),) if new.volatility != "volatile" else ()
        yield from ("STRICT",) if new.strict else ()
    if new.security == "definer":
        yield "SECURITY DEFINER"
    yield from clauses(new.options)


def _name(routine: Routine) -> str:
    return f"{word(routine)} {called(routine)}"


def _create(new: Routine, states: States) -> Outcome:
    return (
        Statement(routine_text(new, "CREATE", own_name(new.ref))), *comments(_name(new), new.comment),
        *map(Statement, new.carried), *(_set(after) for _, after in _resting(new.ref, states)),
    )  # fmt: skip


def _drop(old: Routine, states: States) -> Outcome:
    freed = (_unset(before) for before, _ in _resting(old.ref, states) if old.ref in states.new)
    return (*freed, Statement(f"DROP {_name(old)}"))


def _rename(old: Routine, new: Routine, states: States) -> Outcome:
    if old.ref.schema == new.ref.schema:
        return one(f"ALTER {_name(old)} RENAME TO {double_quoted(routine_name(new.ref))}")
    if not new.ref.schema:  # rules do not know what the default schema is called
        return Way.UNSUPPORTED
    moved = replace(old, ref=Ref(new.ref.schema, old.ref.parts))
    found = [Statement(f"ALTER {_name(old)} SET SCHEMA {double_quoted(new.ref.schema)}")]
    if old.ref.parts != new.ref.parts:
        found.append(Statement(f"ALTER {_name(moved)} RENAME TO {double_quoted(routine_name(new.ref))}"))
    return tuple(found)


def _comment(old: Routine, new: Routine, states: States) -> Outcome:
    return (comment(_name(new), new.comment),)


def _again(old: Routine, new: Routine, states: States) -> Outcome:
    return one(routine_text(new, "CREATE OR REPLACE", own_name(new.ref)))


def _arguments(old: Routine, new: Routine, states: States) -> Outcome:
    """Defaults may come and change and a name be given to what has none, in place; nothing else (manual, "CREATE

    FUNCTION": "you cannot change the name or argument types of a function this way").
    """
    if len(old.arguments) != len(new.arguments) or gives(old) != gives(new):
        return Way.REPLACE
    pairs = list(zip(old.arguments, new.arguments, strict=True))
    same = all((a.type, a.mode) == (b.type, b.mode) and (a.name in ("", b.name)) for a, b in pairs)
    lost = any(a.default is not None and b.default is None for a, b in pairs)
    return Way.REPLACE if lost or not same else _again(old, new, states)


# --- defaults that call a function, which is made anew ----------------------------------------------------------------


def _resting(ref: Ref, states: States) -> list[tuple[Column | Domain, Column | Domain]]:
    """Return those columns and domains that have a default calling a function before and after."""
    found: list[tuple[Column | Domain, Column | Domain]] = []
    for user in states.old.dependents(ref):
        new = states.new.get(user.ref)
        if _calls(user, ref) and _calls(new, ref) and isinstance(user, Column | Domain):
            assert isinstance(new, Column | Domain)
            found.append((user, new))
    return sorted(found, key=lambda pair: pair[0].ref)


def _calls(user: object, ref: Ref) -> bool:
    return isinstance(user, Column | Domain) and isinstance(user.default, Sql) and ref in user.uses


def _unset(user: Column | Domain) -> Statement:
    return _altered(user, "DROP DEFAULT")


def _set(user: Column | Domain) -> Statement:
    assert isinstance(user.default, Sql)
    return _altered(user, f"SET DEFAULT {parenthesized(user.default)}")


def _altered(user: Column | Domain, words: str) -> Statement:
    return alter(user, words) if isinstance(user, Column) else Statement(f"ALTER DOMAIN {of(user.ref)} {words}")


def carries(change: Change, states: States) -> Sequence[Change]:
    """Return the columns and domains whose defaults go with a function that comes back: their rows stay as they are."""
    match change:
        case Drop(old) if old.ref in states.new:
            resting = (before for before, _ in _resting(old.ref, states))
            return [Alter(before, replace(before, default=None), ("default",)) for before in resting]
        case Create(new) if new.ref in states.old:
            resting = (after for _, after in _resting(new.ref, states))
            return [Alter(replace(after, default=None), after, ("default",)) for after in resting]
        case _:
            return ()


_COMMON: Mapping[str, Turn | Way] = {
    "arguments": _arguments, "language": _again, "body": _again, "security": _again, "definer": Way.UNSUPPORTED,
    "options": _again, "comment": _comment,
}  # fmt: skip

PROCEDURE = Rules(
    create=_create, drop=_drop, rename=_rename, steady=True, carries=carries, weight=55, drop_weight=52, alter=_COMMON,
)  # fmt: skip
FUNCTION = Rules(
    create=_create, drop=_drop, rename=_rename, steady=True, carries=carries, weight=55, drop_weight=52,
    alter={**_COMMON, "returns": Way.REPLACE, "returns_set": Way.REPLACE, "volatility": _again, "strict": _again},
)  # fmt: skip
