"""MySQL's and MariaDB's triggers that carry rows along while data work goes on; it knows no backfill."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from reconciler.dialects.base import Session
from reconciler.dialects.capturing import Capture, Capturing, Caught
from reconciler.dialects.mysql.lexer import quoted
from reconciler.dialects.mysql.session import wait_for_locks
from reconciler.dialects.sql import captures

_TRIGGERS = "SELECT trigger_name FROM information_schema.triggers WHERE trigger_schema = database()"


def _made(capture: Capture) -> Iterator[str]:
    """Yield the triggers, which act for whoever makes them (dev.mysql.com/doc/refman/9.7/en/create-trigger.html)."""
    for event, name in capture.names.items():
        timing = "BEFORE" if capture.sets else "AFTER"
        body = _setting(capture) if capture.sets else "".join(f"  {one};\n" for one in capture.carried[event])
        yield f"DROP TRIGGER IF EXISTS {quoted(name)}"
        yield (
            f"CREATE TRIGGER {quoted(name)} {timing} {event.upper()} ON {capture.table} FOR EACH ROW\nBEGIN\n{body}END"
        )


def _setting(capture: Capture) -> str:
    row = capture.row("NEW")
    sets = "".join(f"    SET NEW.{column} = (SELECT {value} FROM {row});\n" for column, value in capture.sets)
    return f"  IF (SELECT {capture.where} FROM {row}) THEN\n{sets}  END IF;\n"


def _found(session: Session, place: str) -> Mapping[str, Caught]:
    names = [str(name) for (name,) in session.query(_TRIGGERS) if captures(str(name))]
    return {name: Caught(True, f"DROP TRIGGER IF EXISTS {quoted(name)}") for name in names}


def _changed(session: Session, statements: Sequence[str], seconds: float) -> None:
    wait_for_locks(session, seconds)
    session.execute_each(statements)


CAPTURING = Capturing(
    made=lambda capture: tuple(_made(capture)), found=_found, changed=_changed, locking=" LOCK IN SHARE MODE"
)  # fmt: skip
