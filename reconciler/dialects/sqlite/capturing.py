"""SQLite's triggers that carry rows along while data work goes on; it knows no backfill."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress

from reconciler.dialects.base import DatabaseError, Session
from reconciler.dialects.capturing import Capture, Capturing, Caught
from reconciler.dialects.sql import captures, double_quoted

_TRIGGERS = "SELECT name FROM sqlite_schema WHERE type = 'trigger'"


def _made(capture: Capture) -> Iterator[str]:
    """Yield the triggers; a row cannot be changed before it is written here, so what it sets is set behind it
    (sqlite.org/lang_createtrigger.html).
    """
    bodies = dict(capture.carried)
    if capture.sets:
        bodies = {event: (_update(capture),) for event in capture.names}
    for event, name in capture.names.items():
        body = "".join(f"  {statement};\n" for statement in bodies[event])
        yield f"DROP TRIGGER IF EXISTS {double_quoted(name)}"
        yield (
            f"CREATE TRIGGER {double_quoted(name)} AFTER {event.upper()} ON {capture.table} FOR EACH ROW\n"
            f"BEGIN\n{body}END"
        )


def _update(capture: Capture) -> str:
    """Set what is not what it is to be: where triggers fire triggers, this ends it."""
    sets = ", ".join(f"{column} = {value}" for column, value in capture.sets)
    same = [f"{column} = NEW.{column}" for column in capture.key]
    differs = " OR ".join(f"{column} IS NOT ({value})" for column, value in capture.sets)
    return f"UPDATE {capture.table} SET {sets} WHERE {' AND '.join(same)} AND ({capture.where}) AND ({differs})"


def found(session: Session, place: str) -> Mapping[str, Caught]:
    """Return the triggers of this kind."""
    names = [str(name) for (name,) in session.query(_TRIGGERS) if captures(str(name))]
    return {name: Caught(True, f"DROP TRIGGER IF EXISTS {double_quoted(name)}") for name in names}


def _changed(session: Session, statements: Sequence[str], seconds: float) -> None:
    session.begin()
    try:
        session.execute_each(statements)
        session.commit()
    except BaseException:
        with suppress(DatabaseError):
            session.rollback()
        raise


CAPTURING = Capturing(made=lambda capture: tuple(_made(capture)), found=found, changed=_changed)
