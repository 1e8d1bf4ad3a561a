"""Statements and a session in, each carried out in the mildest way that the server takes; what was sent comes out."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from reconciler.dialects.base import DatabaseError, Session
from reconciler.frozen import frozen
from reconciler.plan.step import DataCheck, Ladder, Statement

# Says of the hazard of a large table whether it is allowed.
Allowed = Callable[[DataCheck], bool]


@frozen
class Ran:
    """One statement that was carried out: its text as it was sent, the rows that it changed, and the way that the
    server went, "" where it has but one.
    """

    sql: str
    rows: int
    way: str = ""


def carried_out(session: Session, statements: Sequence[Statement], allowed: Allowed) -> list[Ran]:
    """Run statements in order, none after one that fails. Raises DatabaseError with how many went through."""
    if all(statement.plain for statement in statements):
        counts = session.execute_each([statement.sql for statement in statements])
        return [Ran(sql=one.sql, rows=rows) for one, rows in zip(statements, counts, strict=True)]
    done: list[Ran] = []
    for one in statements:
        try:
            done.append(_run(session, one, allowed))
        except DatabaseError as error:
            error.before = len(done)
            raise
    return done


def _run(session: Session, statement: Statement, allowed: Allowed) -> Ran:
    """Run one statement, unless that was done, and hold that what it leaves is what it should."""
    if statement.unless and _counted(session, statement.unless):
        ran = Ran(sql=f"-- done before: {statement.sql}", rows=0)
    elif statement.ladder:
        ran = _climbed(session, statement.ladder, allowed)
    else:
        ran = Ran(sql=statement.sql, rows=session.execute(statement.sql))
    if statement.proof and (count := _counted(session, statement.proof.count)):
        message = statement.proof.message.replace("{count}", f"{count:,}")
        raise DatabaseError(message, code=statement.proof.code)
    return ran


def _counted(session: Session, question: str) -> int:
    return int(session.query(question)[0][0])


def _climbed(session: Session, ladder: Ladder, allowed: Allowed) -> Ran:
    """Ask for what the plan foresees, and go on where the server refuses, to no more than anybody was told of."""
    first = ladder.rungs[0]
    refusal: DatabaseError | None = None
    for rung in ladder.rungs:
        if refusal and rung.heavy and not (allowed(ladder.size) or _small(session, ladder.size)):
            raise _too_heavy(refusal, rung.name, ladder.size)
        sql = ladder.text(rung)
        try:
            rows = session.execute(sql)
        except DatabaseError as error:
            if not error.unfit or rung is ladder.rungs[-1]:
                raise
            refusal = error
        else:
            return Ran(sql=sql, rows=rows, way=rung.name if rung is first else f"{rung.name} instead of {first.name}")
    raise AssertionError(f"{ladder.head}: a ladder without a rung")


def _small(session: Session, size: DataCheck) -> bool:
    try:
        return not _counted(session, size.count)
    except DatabaseError as error:
        if error.lost:
            raise
        return False


def _too_heavy(refusal: DatabaseError, way: str, size: DataCheck) -> DatabaseError:
    return DatabaseError(
        f"{refusal.message} What is left is {way}, of which the plan did not tell; to consent:"
        f" --allow {size.code}:{size.ref}",
        code=refusal.code, detail=refusal.detail,
    )  # fmt: skip
