"""Steps of a transaction in, what has a body among what they make out; and the server's word on each of them.

Bodies may speak of what comes later in a plan, so nothing is asked of them before its end.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from reconciler.dialects.base import DatabaseError, Session
from reconciler.dialects.postgres.guards_programs import routine_is
from reconciler.dialects.postgres.routines import body_function
from reconciler.dialects.sql import double_quoted
from reconciler.model.change import Alter, Create
from reconciler.model.programs import Function, Procedure, Routine, Trigger
from reconciler.model.ref import Ref
from reconciler.model.values import Sql
from reconciler.plan.step import Step

# Said before anything is made (manual, "Client Connection Defaults").
UNCHECKED = "check_function_bodies TO off"

_FOUND = """
SELECT p.oid, vn.nspname, v.proname FROM pg_proc p
JOIN pg_language l ON l.oid = p.prolang JOIN pg_proc v ON v.oid = l.lanvalidator
JOIN pg_namespace vn ON vn.oid = v.pronamespace
WHERE """


def found_routines(conditions: Sequence[str]) -> str:
    """Write the question for routines, each with what its language offers to look at a body (manual, "CREATE

    LANGUAGE", validator); the conditions are those of `routine_is`.
    """
    return _FOUND + "\n   OR ".join(conditions)


def written_bodies(steps: Iterable[Step]) -> Sequence[tuple[Ref, Routine]]:
    """Return what steps make or change a body of: the address that declares it, and the function or procedure."""
    found: dict[Ref, tuple[Ref, Routine]] = {}
    for change in (change for step in steps for change in step.changes):
        if not isinstance(change, Create | Alter):
            continue
        obj = change.new
        if isinstance(obj, Trigger) and obj.body is not None:
            found[obj.ref] = obj.ref, Function(ref=body_function(obj.ref), body=Sql(""))
        elif isinstance(obj, Function | Procedure):
            found[obj.ref] = obj.ref, obj
    return [found[ref] for ref in sorted(found)]


# What a body misses when a name in it is looked for in too few schemas (manual, "PostgreSQL Error Codes").
_NOT_FOUND = frozenset({"42P01", "42883", "42704", "3F000"})
# Whoever calls a routine has a search path of their own, so a name may be in any schema.
EVERYWHERE = """
SELECT string_agg(quote_ident(n.nspname), ', ' ORDER BY n.nspname <> current_schema(), n.nspname) FROM pg_namespace n
WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
"""


def check_bodies(session: Session, written: Sequence[tuple[Ref, Routine]]) -> None:
    """Let each language look at the bodies. Raises DatabaseError with the address of the first one that is wrong."""
    if not written:
        return
    schema = str(session.query("SELECT current_schema()")[0][0])
    session.execute("SET LOCAL check_function_bodies TO on")
    for ref, routine in written:
        for oid, home, name in session.query(found_routines([routine_is(routine, schema)])):
            try:
                _check(session, f"SELECT {double_quoted(home)}.{double_quoted(name)}({int(oid)})")
            except DatabaseError as error:
                error.address = str(ref)
                error.message = f"{ref}: {error.message}"
                raise


def _check(session: Session, question: str) -> None:
    """Ask once with our search path and, where something is not found, with every schema in it."""
    session.execute("SAVEPOINT body")
    try:
        session.query(question)
    except DatabaseError as error:
        if error.lost or error.code not in _NOT_FOUND:
            raise
        session.execute("ROLLBACK TO body")
        (everywhere,) = session.query(EVERYWHERE)[0]
        session.execute(f"SET LOCAL search_path TO {everywhere}")
        try:
            session.query(question)
        except DatabaseError as other:
            raise (other if other.lost else error) from None
    session.execute_each(["ROLLBACK TO body", "RELEASE body"])
