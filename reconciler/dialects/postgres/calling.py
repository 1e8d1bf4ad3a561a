"""A procedure and the values of its arguments in, what it gave back out; each value is bound, never written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.dialects.base import Session
from reconciler.dialects.postgres.names import qualified
from reconciler.dialects.postgres.types import native
from reconciler.model.programs import Procedure, routine_name
from reconciler.plan.outcome import Rows


def call(session: Session, procedure: Procedure, values: Sequence[str | None]) -> Sequence[Rows]:
    """Run a procedure outside of any transaction, so that it may end its own (manual, "CALL").

    Args:
        session: one that may write.
        procedure: the declared one; its types tell it from others of the same name.
        values: those of the arguments that it takes, in order; defaults stand for the rest.

    Raises:
        DatabaseError: when it fails.
    """
    bound = {f"a{number}": value for number, value in enumerate(values)}
    text = (
        f"CALL {qualified(procedure.ref.schema, routine_name(procedure.ref))}({', '.join(_marks(procedure, values))})"
    )
    columns = tuple(argument.name or "?" for argument in procedure.arguments if argument.mode in ("out", "inout"))
    if not columns:
        session.execute(text, bound)
        return ()
    return (Rows(columns, tuple(session.query(text, bound))),)


def _marks(procedure: Procedure, values: Sequence[str | None]) -> Iterator[str]:
    given = iter(range(len(values)))
    for argument in procedure.arguments:
        if argument.mode == "out":
            yield "NULL"
            continue
        number = next(given, None)
        if number is not None:
            yield f"CAST(:a{number} AS {native(argument.type)})"
