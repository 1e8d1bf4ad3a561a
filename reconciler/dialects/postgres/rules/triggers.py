"""How triggers come, go and change, each with the function that is its body."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from reconciler.dialects.postgres.names import qualified, table
from reconciler.dialects.postgres.routines import body_function, function_called, own_name
from reconciler.dialects.postgres.rules.routines import quoted_body
from reconciler.dialects.postgres.rules.statements import comment, comments
from reconciler.dialects.sql import deferrable_clause, double_quoted, names, text_literal
from reconciler.model.programs import Function, Trigger
from reconciler.model.ref import Kind, Ref
from reconciler.model.values import Sql
from reconciler.plan.rules import Outcome, Rules, States, Way
from reconciler.plan.step import Statement


def trigger_text(new: Trigger, verb: str, on: str, function: str) -> str:
    """Write a trigger on a table, calling a function."""
    kind = "CONSTRAINT TRIGGER" if new.constraint else "TRIGGER"
    when = f"\n    WHEN ({new.when.text})" if new.when else ""
    return (
        f"{verb} {kind} {double_quoted(new.ref.name)}\n"
        f"    {new.timing.replace('_', ' ').upper()} {' OR '.join(_events(new))} ON {on}"
        f"{deferrable_clause(new.deferrable)}{_referencing(new)}\n"
        f"    FOR EACH {new.each.upper()}{when}\n    EXECUTE FUNCTION {function}"
    )


def _events(new: Trigger) -> Iterator[str]:
    for event in new.events:
        of = f" OF {names(double_quoted, new.columns)}" if event == "update" and new.columns else ""
        yield event.upper() + of


def _referencing(new: Trigger) -> str:
    rows = (("OLD", new.old_table), ("NEW", new.new_table))
    said = " ".join(f"{word} TABLE AS {double_quoted(name)}" for word, name in rows if name is not None)
    return f"\n    REFERENCING {said}" if said else ""


def _function(new: Trigger) -> str:
    if new.execute is None:
        return function_called(new)
    return f"{own_name(new.execute)}({', '.join(map(text_literal, new.arguments))})"


def _body(new: Trigger, verb: str) -> Statement:
    assert isinstance(new.body, Sql), f"{new.ref} is not in normal form"
    head = f"{verb} FUNCTION {function_called(new)}\n    RETURNS trigger\n    LANGUAGE plpgsql\n"
    return Statement(f"{head}AS {quoted_body(new.body.text)}")


def _made(new: Trigger, verb: str) -> Iterator[Statement]:
    yield Statement(trigger_text(new, verb, table(new.ref), _function(new)))
    if new.enabled != "origin":
        yield _enabling(new)


_ENABLING = {"origin": "ENABLE", "always": "ENABLE ALWAYS", "replica": "ENABLE REPLICA", "disabled": "DISABLE"}


def _enabling(new: Trigger) -> Statement:
    return Statement(f"ALTER TABLE {table(new.ref)} {_ENABLING[new.enabled]} TRIGGER {double_quoted(new.ref.name)}")


def _name(trigger: Trigger) -> str:
    return f"TRIGGER {double_quoted(trigger.ref.name)} ON {table(trigger.ref)}"


def _create(new: Trigger, states: States) -> Outcome:
    body = () if new.body is None else (_body(new, _verb(new, states)), *map(Statement, new.carried))
    return (*body, *_made(new, "CREATE"), *comments(_name(new), new.comment))


def _verb(new: Trigger, states: States) -> str:
    """Take over the function that stayed behind when somebody dropped the trigger alone: nothing calls it any more."""
    there = states.old.get(body_function(new.ref))
    left = isinstance(there, Function) and there.language == "plpgsql" and str(there.returns) == "trigger"
    return "CREATE OR REPLACE" if left and not states.old.dependents(body_function(new.ref)) else "CREATE"


def _drop(old: Trigger, states: States) -> Outcome:
    body = () if old.body is None else (Statement(f"DROP FUNCTION {function_called(old)}"),)
    return (Statement(f"DROP {_name(old)}"), *body)


def _rename(old: Trigger, new: Trigger, states: States) -> Outcome:
    renamed = Statement(f"ALTER {_name(old)} RENAME TO {double_quoted(new.ref.name)}")
    return (renamed, *(() if old.body is None else renamed_function(old.ref, new.ref)))


def renamed_function(old: Ref, new: Ref) -> Iterator[Statement]:
    """Yield what gives the function of a trigger's body the name and schema that go with the trigger's new address."""
    before, after = body_function(old), body_function(new)
    if before.schema != after.schema:
        yield Statement(f"ALTER FUNCTION {own_name(before)}() SET SCHEMA {double_quoted(after.schema)}")
    if before.name != after.name:
        there = qualified(after.schema, before.name)
        yield Statement(f"ALTER FUNCTION {there}() RENAME TO {double_quoted(after.name)}")


def moved_functions(old: Ref, new: Ref, states: States) -> Iterator[Statement]:
    """Yield the same for every trigger of a table or view that is renamed; a trigger's own new name comes later."""
    for trigger in sorted(states.old.children(new, Trigger), key=lambda trigger: trigger.ref):
        if trigger.body is not None:
            name = states.live(trigger.ref).name
            yield from renamed_function(old.child(Kind.TRIGGER, name), new.child(Kind.TRIGGER, name))


def fallen_functions(triggers: Iterable[Trigger]) -> Iterator[Statement]:
    """Yield what takes away the functions of triggers that fell with their table or view, or went before it."""
    for trigger in sorted(triggers, key=lambda trigger: trigger.ref):
        if trigger.body is not None:
            yield Statement(f"DROP FUNCTION IF EXISTS {function_called(trigger)}")


def _again(old: Trigger, new: Trigger, states: States) -> Outcome:
    """A trigger that is replaced is on again; a constraint trigger cannot be (manual, "CREATE TRIGGER")."""
    if "replace_trigger" not in states.features or old.constraint or new.constraint:
        return Way.REPLACE
    if (old.body is None) != (new.body is None):
        return Way.REPLACE
    return tuple(_made(new, "CREATE OR REPLACE"))


def _change_body(old: Trigger, new: Trigger, states: States) -> Outcome:
    return Way.REPLACE if old.body is None or new.body is None else (_body(new, "CREATE OR REPLACE"),)


def _enable(old: Trigger, new: Trigger, states: States) -> Outcome:
    return (_enabling(new),)


def _comment(old: Trigger, new: Trigger, states: States) -> Outcome:
    return (comment(_name(new), new.comment),)


TRIGGER = Rules(
    create=_create, drop=_drop, rename=_rename, falls=False, weight=65, drop_weight=2,
    alter={
        **dict.fromkeys(
            ("timing", "events", "columns", "each", "when", "execute", "arguments", "old_table", "new_table"), _again
        ),
        **dict.fromkeys(("constraint", "deferrable"), Way.REPLACE),
        **dict.fromkeys(("follows", "definer", "options"), Way.UNSUPPORTED),
        "body": _change_body, "enabled": _enable, "comment": _comment,
    },
)  # fmt: skip
