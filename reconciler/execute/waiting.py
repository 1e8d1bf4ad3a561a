"""A lock that was not had and the steps that want it in, the same with who holds it out; it waits for nothing."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from reconciler.dialects.base import DatabaseError, Dialect, Session
from reconciler.model.ref import Kind, Ref
from reconciler.plan.step import Step


def named(error: DatabaseError, dialect: Dialect, session: Session, steps: Sequence[Step]) -> DatabaseError:
    """Return an error with who stands in the way, as far as the database says; one of no lock as it is."""
    if not error.retryable:
        return error
    tables = sorted({ref for step in steps for ref in _tables(step)})
    found: Sequence[str] = ()
    with suppress(DatabaseError):
        found = dialect.blockers(session, tables)
    if not found:
        return error
    message = f"{error.message}; held by {'; '.join(found)}"
    return DatabaseError(
        message, code=error.code, detail=error.detail, retryable=True, before=error.before, address=error.address
    )


def _tables(step: Step) -> set[Ref]:
    return {change.ref.top for change in step.changes if change.ref.top.kind in (Kind.TABLE, Kind.VIEW)}
