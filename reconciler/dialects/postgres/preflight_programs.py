"""A plan's routines and triggers in, what their making would fail for and what to do about it out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.dialects.base import Session
from reconciler.dialects.postgres.guards_programs import routine_is, spelled_by_server
from reconciler.dialects.postgres.names import table
from reconciler.dialects.postgres.routines import called, word
from reconciler.dialects.postgres.session import features
from reconciler.dialects.sql import double_quoted, text_literal
from reconciler.model.change import Alter, Create, Drop, Rename
from reconciler.model.objects import Object
from reconciler.model.programs import Function, Procedure, Routine, Trigger
from reconciler.model.ref import Ref
from reconciler.plan.step import Step

# A message, a hint, and what it is about.
Found = Iterator[tuple[str, str, Ref]]

_CIRCUMSTANCES = """
SELECT current_user, current_schema(), (SELECT r.rolsuper FROM pg_roles r WHERE r.rolname = current_user)
"""
_LANGUAGES = "SELECT l.lanname, has_language_privilege(l.oid, 'USAGE') FROM pg_language l"


def programs(session: Session, steps: Sequence[Step]) -> Found:
    """Yield what stands in the way of the routines and triggers that a plan touches."""
    changes = [change for step in steps for change in step.changes]
    made = [change.new for change in changes if isinstance(change, Create | Alter) and _is_program(change.new)]
    live = [change.old for change in changes if isinstance(change, Alter | Drop | Rename) and _is_routine(change.old)]
    if not made and not live:
        return
    user, schema, superuser = session.query(_CIRCUMSTANCES)[0]
    yield from _languages(session, made, user)
    for obj in made:
        if isinstance(obj, Function | Procedure):
            yield from _attributes(obj, superuser, features(session))
    yield from _owners(session, [obj for obj in live if isinstance(obj, Function | Procedure)], user, str(schema))


def _is_routine(obj: Object) -> bool:
    return isinstance(obj, Function | Procedure)


def _is_program(obj: Object) -> bool:
    return _is_routine(obj) or (isinstance(obj, Trigger) and obj.body is not None)


def _languages(session: Session, made: Sequence[Object], user: str) -> Found:
    known = dict(session.query(_LANGUAGES))
    for obj in made:
        name = obj.language if isinstance(obj, Function | Procedure) else "plpgsql"
        if name not in known:
            yield f"{obj.ref}: there is no language {name}", f"CREATE EXTENSION {double_quoted(name)}", obj.ref
        elif not known[name]:
            grant = f"GRANT USAGE ON LANGUAGE {double_quoted(name)} TO {double_quoted(user)}"
            yield f"{user} may not write in the language {name}", grant, obj.ref


def _attributes(obj: Routine, superuser: bool, known: frozenset[str]) -> Found:
    if ("leakproof", True) in obj.options and not superuser:
        yield f"{obj.ref}: only a superuser makes a function leakproof", "leave leakproof out", obj.ref
    if "sql_body" not in known and spelled_by_server(obj):
        yield f"{obj.ref}: a body in standard SQL needs PostgreSQL 14", "write statements without BEGIN ATOMIC", obj.ref
    if "sql_body" not in known and isinstance(obj, Procedure) and any(a.mode == "out" for a in obj.arguments):
        yield f"{obj.ref}: what a procedure gives back needs PostgreSQL 14", "give it the mode inout", obj.ref


def _owners(session: Session, live: Sequence[Routine], user: str, schema: str) -> Found:
    """Yield the routines that belong to somebody whom this user may not act as."""
    if not live:
        return
    asked = "\nUNION ALL\n".join(
        f"SELECT {number}, pg_get_userbyid(p.proowner) FROM pg_proc p"
        f" WHERE NOT pg_has_role(p.proowner, 'USAGE') AND {routine_is(obj, schema)}"
        for number, obj in enumerate(live)
    )
    for number, owner in session.query(asked):
        obj = live[number]
        remedy = f"ALTER {word(obj)} {called(obj)} OWNER TO {double_quoted(user)}"
        yield f"{obj.ref} belongs to {owner}, and {user} may not change it", remedy, obj.ref


def only_triggers(steps: Sequence[Step], ref: Ref) -> bool:
    """Say whether all that a plan does to a table or view is to put triggers on it, without a word beside."""
    inside = [change for step in steps for change in step.changes if change.ref.top == ref]
    return bool(inside) and all(
        isinstance(change, Create)
        and isinstance(change.new, Trigger)
        and (change.new.comment, change.new.enabled) == (None, "origin")
        for change in inside
    )


def trigger_grant(session: Session, ref: Ref, user: str) -> str:
    """Write what lets a user put triggers on what belongs to somebody else, "" when that is so already."""
    name = table(ref)
    allowed = session.query(f"SELECT has_table_privilege({text_literal(name)}, 'TRIGGER')")[0][0]
    return "" if allowed else f"GRANT TRIGGER ON {name} TO {double_quoted(user)}"
