"""A look at a database in, how other tools left their accounts there out; nothing is written, whatever is found."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.dialects.base import DatabaseError, Session
from reconciler.model.model import Model
from reconciler.model.objects import Column
from reconciler.model.ref import Kind, Ref
from reconciler.plan.foreign import NAMES, Book, State, Told, foreign_tables, recognised
from reconciler.report.facts import ForeignTool
from reconciler.workflow.opening import Opened

_ELSEWHERE = f"""
SELECT table_schema, table_name, column_name FROM information_schema.columns
WHERE lower(table_name) IN ({", ".join(f"'{name}'" for name in sorted(NAMES))})
"""


def foreign_tools(opened: Opened, session: Session, live: Model) -> tuple[ForeignTool, ...]:
    """Return the state of each account that another tool keeps in a database, in every schema that may be read.

    Args:
        opened: which database.
        session: outside a transaction.
        live: what was found in the managed schemas.
    """
    found: dict[Ref, tuple[Book, Sequence[str]]] = {
        ref: (book, [column.ref.name for column in live.children(ref, Column)])
        for ref, book in foreign_tables(live, live).items()
    }
    if opened.dialect.default_schema:
        found |= _elsewhere(opened, session)
    return tuple(_state(opened, session, ref, book, columns) for ref, (book, columns) in sorted(found.items(), key=_by))


def _by(item: tuple[Ref, object]) -> Ref:
    return item[0]


def _elsewhere(opened: Opened, session: Session) -> dict[Ref, tuple[Book, Sequence[str]]]:
    """Return the accounts in schemas that nobody manages: Drizzle's is always in one of its own."""
    managed = {opened.target.schema or opened.dialect.default_schema, *opened.target.schemas}
    tables: dict[Ref, list[str]] = {}
    for schema, table, column in session.query(_ELSEWHERE):
        if schema not in managed:
            tables.setdefault(Ref.root(Kind.TABLE, str(table), str(schema)), []).append(str(column))
    return {ref: (book, tables[ref]) for ref, book in recognised(tables).items()}


def _state(opened: Opened, session: Session, ref: Ref, book: Book, columns: Sequence[str]) -> ForeignTool:
    """Ask a table for its state; one that cannot be read has none that is known."""
    quote = opened.dialect.quote
    table = ".".join(quote(name) for name in (ref.schema, ref.name) if name)
    words = {"table": table, **{name.lower(): quote(name) for name in columns}}
    try:
        told = book.told(session.query(book.query.format_map(words)), table)
    except DatabaseError as error:
        if error.lost:
            raise
        told = Told(State.UNKNOWN, f"cannot be read: {error.message.splitlines()[0]}")
    name = ".".join(name for name in (ref.schema, ref.name) if name)
    return ForeignTool(tool=book.tool, table=name, state=told.state.value, message=told.message, command=told.command)
