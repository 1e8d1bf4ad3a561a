"""PostgreSQL's triggers that carry rows along while data work goes on, each with its function; it knows no backfill."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress

from reconciler.dialects.base import DatabaseError, Session
from reconciler.dialects.capturing import Capture, Capturing, Caught
from reconciler.dialects.sql import captures, double_quoted, text_literal

_FOUND = """
SELECT p.proname, n.nspname,
       EXISTS (SELECT FROM pg_trigger g WHERE g.tgfoid = p.oid AND g.tgenabled IN ('O', 'A') AND NOT g.tgisinternal)
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE p.proname ~ '^__rc_.*_capture$' AND (:place = '' OR n.nspname = :place)"""


def _made(capture: Capture) -> Iterator[str]:
    """Yield functions and triggers.

    Whoever writes need not have the right to write what is written along, so a function acts for its owner, with the
    schemas that names were looked up in when it was made (manual, "CREATE FUNCTION").
    """
    for event, name in capture.names.items():
        function, timing = f"{capture.place}{double_quoted(name)}()", "BEFORE" if capture.sets else "AFTER"
        body = _setting(capture) if capture.sets else _carrying(capture, event)
        yield f"DROP FUNCTION IF EXISTS {function} CASCADE"
        yield (
            f"CREATE FUNCTION {function} RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER"
            f" SET search_path FROM CURRENT AS {text_literal(body)}"
        )
        yield (
            f"CREATE TRIGGER {double_quoted(name)} {timing} {event.upper()} ON {capture.table}"
            f" FOR EACH ROW EXECUTE FUNCTION {function}"
        )
        if capture.sets:  # what replication writes has to hold the new value too
            yield f"ALTER TABLE {capture.table} ENABLE ALWAYS TRIGGER {double_quoted(name)}"


def _setting(capture: Capture) -> str:
    """Return a body that changes the row before it is written; a row for which the condition does not hold gives none.

    A name that is a column's and a variable's is the column's.
    """
    values = ", ".join(f"({value}) AS __rc_{number}" for number, (_, value) in enumerate(capture.sets))
    sets = "".join(f"    NEW.{column} := __rc_row.__rc_{at};\n" for at, (column, _) in enumerate(capture.sets))
    return (
        "#variable_conflict use_column\nDECLARE __rc_row record;\nBEGIN\n"
        f"  FOR __rc_row IN SELECT {values} FROM {capture.row('NEW')} WHERE {capture.where} LOOP\n{sets}"
        "  END LOOP;\n  RETURN NEW;\nEND"
    )


def _carrying(capture: Capture, event: str) -> str:
    """Return a body that writes other tables.

    A transaction that sees the database as it was when it began would not find a row that was written since, and
    delete nothing: it takes its turn with the ledger's row, which fails when a portion was committed meanwhile (manual,
    "Repeatable Read Isolation Level").
    """
    statements = "".join(f"  {statement};\n" for statement in capture.carried[event])
    if event != "insert":
        turn = capture.turn.removeprefix("SELECT")
        statements = (
            "  IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN\n"
            f"    PERFORM{turn} FOR SHARE;\n  END IF;\n{statements}"
        )
    return f"#variable_conflict use_column\nBEGIN\n{statements}  RETURN NULL;\nEND"


def _found(session: Session, place: str) -> Mapping[str, Caught]:
    schema = place.removesuffix(".").strip('"').replace('""', '"')
    rows = [row for row in session.query(_FOUND, {"place": schema}) if captures(row[0])]
    return {
        name: Caught(fires, f"DROP FUNCTION IF EXISTS {double_quoted(own)}.{double_quoted(name)}() CASCADE")
        for name, own, fires in rows
    }


def _changed(session: Session, statements: Sequence[str], seconds: float) -> None:
    session.begin()
    try:
        limit = f"SET LOCAL lock_timeout TO {max(1, int(seconds * 1000))}"
        session.execute_each([limit, "SET LOCAL client_min_messages TO error", *statements])
        session.commit()
    except BaseException:
        with suppress(DatabaseError):
            session.rollback()
        raise


CAPTURING = Capturing(
    made=lambda capture: tuple(_made(capture)), found=_found, changed=_changed, locking=" FOR SHARE"
)  # fmt: skip
