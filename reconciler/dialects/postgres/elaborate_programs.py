"""Triggers and routines in, the same in the server's own spelling out: made as temporary ones, read back, forgotten.

A condition is read by a trigger of a stand-in for the table, defaults and a body in standard SQL by a temporary
function. All of it runs inside a transaction that is rolled back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from reconciler.dialects.base import Session
from reconciler.dialects.postgres import catalog, catalog_programs
from reconciler.dialects.postgres.elaborate_types import tried
from reconciler.dialects.postgres.lexer import canonical
from reconciler.dialects.postgres.names import type_name
from reconciler.dialects.postgres.normalize_programs import is_standard, normal_routine
from reconciler.dialects.postgres.reading_programs import live_routine
from reconciler.dialects.postgres.rules.routines import routine_text
from reconciler.dialects.postgres.rules.triggers import trigger_text
from reconciler.dialects.postgres.session import features
from reconciler.dialects.postgres.trigger_texts import condition
from reconciler.dialects.sql import double_quoted
from reconciler.model.model import Model
from reconciler.model.objects import Domain, Enum, Object
from reconciler.model.programs import Function, Procedure, Routine, Trigger, routine_name
from reconciler.model.ref import Kind, Ref
from reconciler.model.texts import spelled, texts
from reconciler.model.values import Sql

# A function that every server has and a trigger may call (manual, "Trigger Functions").
_ANY_FUNCTION = "suppress_redundant_updates_trigger()"


def of_programs(
    session: Session, objects: Sequence[Object], desired: Model, stand_in: Callable[[Ref, Model], str]
) -> dict[Ref, Object]:
    """Return triggers and routines as the server spells them.

    Args:
        session: inside a transaction that will be rolled back.
        objects: desired ones of any kind; others are passed over.
        desired: the declared model.
        stand_in: writes a temporary table with the columns of a declared one.
    """
    found: dict[Ref, Object] = {}
    for obj in objects:
        made: Object | None = None
        if isinstance(obj, Trigger) and obj.when is not None and obj.ref.top.kind == Kind.TABLE:
            made = _aside(session, lambda obj=obj: _trigger(session, obj, desired, stand_in))  # type: ignore[misc]
        elif isinstance(obj, Function | Procedure) and _has_words(obj):
            made = _aside(session, lambda obj=obj: _routine(session, obj, desired))  # type: ignore[misc]
        if made is not None:
            found[made.ref] = made
    return found


def _has_words(obj: Routine) -> bool:
    """Say whether there is anything that the server spells in its own way."""
    return _standard(obj) or any(not place.startswith("body") for place in texts(obj))


def _standard(obj: Routine) -> bool:
    return isinstance(obj.body, Sql) and is_standard(obj.language, obj.body.text)


def _aside(session: Session, make: Callable[[], Object | None]) -> Object | None:
    session.execute("SAVEPOINT program")
    try:
        return make()
    finally:
        session.execute_each(["ROLLBACK TO program", "RELEASE program"])


_DEFINITION = """
SELECT pg_get_triggerdef(g.oid) FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid
WHERE c.relnamespace = pg_my_temp_schema() AND c.relname = :table AND g.tgname = :name
"""


def _trigger(session: Session, obj: Trigger, desired: Model, stand_in: Callable[[Ref, Model], str]) -> Object | None:
    table = f"pg_temp.{double_quoted(obj.ref.top.name)}"
    # Whether it may wait for the commit, or sees the changed rows, is nothing to its condition.
    plain = replace(obj, constraint=False, old_table=None, new_table=None)
    text = trigger_text(replace(plain, deferrable=type(obj.deferrable).NO), "CREATE", table, _ANY_FUNCTION)
    if not tried(session, stand_in(obj.ref.top, desired), text):
        return None
    (definition,) = session.query(_DEFINITION, {"table": obj.ref.top.name, "name": obj.ref.name})[0]
    return spelled(obj, {"when": canonical(condition(definition))})


def _routine(session: Session, obj: Routine, desired: Model) -> Object | None:
    """Make the routine under its own name, by which the server calls its arguments in a body that it reads."""
    name = routine_name(obj.ref)
    temporary = f"pg_temp.{double_quoted(name)}"
    text = routine_text(replace(obj, carried=(), options=()), "CREATE", temporary)
    if not tried(session, "SET LOCAL check_function_bodies TO off", text):
        return None
    namespace = session.query(catalog.TEMPORARY)[0][0]
    given = {"namespaces": f"{{{namespace}}}"}
    rows = session.query(catalog_programs.routines(features(session)), given)
    row = next((row for row in rows if row[2] == name), None)
    if row is None:
        return None
    types = {type_name(kind.ref): kind for kind in desired.values() if isinstance(kind, Domain | Enum)}
    made = normal_routine(live_routine(obj.ref, row), types, lambda *_: None)
    places = {place: sql.canonical for place, sql in texts(made).items() if place != "body" or _standard(obj)}
    arguments = zip(obj.arguments, made.arguments, strict=True)
    constants = [replace(a, default=b.default) if not isinstance(b.default, Sql) else a for a, b in arguments]
    return spelled(replace(obj, arguments=tuple(constants)), places)
