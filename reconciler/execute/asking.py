"""Assertions and a session in, what the rows say to each out; nothing is written, and a question that fails is told."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from math import isfinite

from reconciler.dialects.base import DatabaseError, Dialect, Question, Session
from reconciler.dialects.masking import masks
from reconciler.model.assertions import Assertion
from reconciler.model.model import Model
from reconciler.plan.outcome import Asserted, Rows, Shown

HIDDEN = "(sensitive)"

# What a server says of a table or column that is not there: PostgreSQL, MySQL; SQLite has only the sentence.
_ABSENT = frozenset({"42P01", "42703", "3F000", "1146", "1054"})
# What a server says of a query that it ended: PostgreSQL, MySQL, MariaDB, SQLite.
_ENDED = frozenset({"57014", "3024", "1969", "SQLITE_INTERRUPT"})
_ABSENT_WORDS = ("no such table", "no such column")


def ask_all(
    dialect: Dialect, session: Session, assertions: Sequence[Assertion], model: Callable[[], Model]
) -> tuple[Asserted, ...]:
    """Ask for the rows that offend against each assertion.

    Args:
        dialect: whose session it is.
        session: one for reading, outside a transaction.
        assertions: their queries are in the dialect's words.
        model: gives the declared one, whole, which says what is sensitive; called when there are rows to show.
    """
    return tuple(_asked(dialect, session, assertion, model) for assertion in assertions)


def unasked(assertions: Sequence[Assertion], why: str) -> tuple[Asserted, ...]:
    """Return that none of the assertions could be asked, and why."""
    return tuple(
        Asserted(ref=one.ref, severity=one.severity, status="error", seconds=0.0, message=why) for one in assertions
    )


def _asked(dialect: Dialect, session: Session, assertion: Assertion, model: Callable[[], Model]) -> Asserted:
    begun = time.monotonic()
    try:
        with dialect.reading(session), dialect.limited(session, assertion.timeout):
            found = dialect.first_rows(session, Question(assertion.query.text, assertion.sample + 1))
            in_time(assertion.timeout, time.monotonic() - begun)
            rows = len(found.rows)
            if rows > assertion.sample:
                rows = int(session.query(_counting(assertion, found))[0][0])
    except DatabaseError as error:
        (failed,) = unasked([assertion], why(error, assertion.timeout, time.monotonic() - begun))
        return replace(failed, seconds=time.monotonic() - begun)
    sample = found.rows[: assertion.sample]
    hidden = masks(assertion.query.text, found.columns, model(), dialect.family) if sample else ()
    return Asserted(
        ref=assertion.ref, severity=assertion.severity, status="fail" if rows else "pass", rows=rows,
        columns=found.columns, seconds=time.monotonic() - begun,
        sample=tuple(shown(row, hidden) for row in sample),
    )  # fmt: skip


def in_time(timeout: float, seconds: float) -> None:
    """Raise DatabaseError when an answer came too late: what a server ends may look like one without rows.

    MySQL's sleep() returns 1 then (dev.mysql.com/doc/refman/9.7/en/miscellaneous-functions.html#function_sleep), and
    MariaDB answers with a benchmark() of 0.
    """
    if seconds >= timeout:
        raise DatabaseError("the answer came too late")


def _counting(assertion: Assertion, found: Rows) -> str:
    """Return the query that counts: the columns are named anew, because two of them may have one name."""
    columns = ", ".join(f"c{number}" for number in range(1, len(found.columns) + 1))
    return f"WITH __rc_rows ({columns}) AS (\n{assertion.query.text}\n) SELECT count(*) FROM __rc_rows"


def why(error: DatabaseError, timeout: float, seconds: float) -> str:
    """Return in a sentence why a question has no answer, after so many seconds."""
    said = error.message.splitlines()[0] if error.message else "the database gives no reason"
    if error.code in _ENDED or seconds >= timeout:
        return f"it took longer than its timeout of {timeout:g}s ({said})"
    if error.code in _ABSENT or error.message.startswith(_ABSENT_WORDS):
        return f"{said}: what it asks is not in the database; `reconcile apply` makes what the specs declare"
    return said


def shown(row: Sequence[object], hidden: Sequence[bool]) -> tuple[Shown, ...]:
    """Return a row as it is shown, with some of its values masked."""
    return tuple(HIDDEN if mask else _plain(value) for value, mask in zip(row, hidden, strict=True))


def _plain(value: object) -> Shown:
    """Return a value as one that JSON has; what it has no word for is a text."""
    if isinstance(value, bytes | bytearray | memoryview):
        return f"x'{bytes(value).hex()}'"
    if isinstance(value, float) and not isfinite(value):
        return str(value)
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)
