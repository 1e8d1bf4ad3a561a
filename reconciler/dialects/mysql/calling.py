"""A procedure and the values of its arguments in, what it gave back out; each value is bound, never written."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.dialects.base import Session
from reconciler.dialects.mysql.lexer import quoted
from reconciler.dialects.mysql.names import of
from reconciler.dialects.mysql.session import MysqlSession
from reconciler.model.programs import Procedure
from reconciler.plan.outcome import Rows


def call(session: Session, procedure: Procedure, values: Sequence[str | None]) -> Sequence[Rows]:
    """Run a procedure and return every result that it gave, and what its arguments hold that give something back.

    Those are variables of the session meanwhile (dev.mysql.com/doc/refman/9.7/en/call.html).

    Args:
        session: one that may write.
        procedure: the declared one.
        values: those of the arguments that it takes, in order.

    Raises:
        DatabaseError: when it fails, whatever it gave before.
    """
    assert isinstance(session, MysqlSession)
    given = iter(values)
    marks: list[str] = []
    bound: list[str | None] = []
    back: dict[str, str] = {}
    for number, argument in enumerate(procedure.arguments):
        value = None if argument.mode == "out" else next(given)
        if argument.mode == "in":
            marks.append("%s")
            bound.append(value)
            continue
        back[argument.name] = f"@`__rc_{number}`"
        marks.append(back[argument.name])
        session.results(f"SET {back[argument.name]} = %s", [value])
    found = session.results(f"CALL {of(procedure.ref)}({', '.join(marks)})", bound)
    listed = ", ".join(f"{variable} AS {quoted(name)}" for name, variable in back.items())
    return [*found, *(session.results(f"SELECT {listed}", []) if listed else [])]
