"""How texts travel: each as one command of its own, which the server holds us to; import it only to connect."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import takewhile
from typing import Any

from psycopg import Connection, Cursor, Error


class OneCommand(Cursor[tuple[Any, ...]]):
    """A cursor whose every text is one command, whatever its author wrote into it.

    Without parameters psycopg speaks the simple protocol, in which a semicolon begins another command; the extended one
    refuses such a text as a whole (manual, "Message Flow", Extended Query). Should psycopg lose the method that is
    overridden here, calling it fails, and tests/conformance/postgres/test_one_command.py does.
    """

    def _execute_send(self, query: Any, *, force_extended: bool = False, binary: bool | None = None) -> None:
        super()._execute_send(query, force_extended=True, binary=binary)


def run_all(connection: Connection[Any], statements: Sequence[str]) -> tuple[list[int], Error | None]:
    """Run statements with one wait for all of their answers, each as one command; none after the first that fails.

    Returns how many rows those that went through have changed, a query none, and what the next one failed with.
    """
    first: Error | None = None
    cursors: list[Cursor[Any]] = []
    try:
        with connection.pipeline():
            try:
                for sql in statements:
                    cursors.append(connection.cursor())
                    cursors[-1].execute(sql.encode(), prepare=False)
            except Error as error:  # what leaving the pipeline says after it is about the pipeline
                first = error
    except Error as error:
        first = first or error
    through = takewhile(lambda cursor: cursor.statusmessage is not None, cursors)
    return [0 if cursor.description else cursor.rowcount for cursor in through], first


def insert(connection: Connection[Any], table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Add rows by COPY. Raises psycopg.Error."""
    words = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
    with connection.cursor() as cursor, cursor.copy(words.encode()) as copy:
        for row in rows:
            copy.write_row(row)


def pass_on(source: Connection[Any], query: str, target: Connection[Any], table: str) -> None:
    """Add the rows of one connection's query to a table of another by COPY. Raises psycopg.Error."""
    with source.cursor() as reading, target.cursor() as writing:
        out, into = f"COPY ({query}) TO STDOUT".encode(), f"COPY {table} FROM STDIN".encode()
        with reading.copy(out) as rows, writing.copy(into) as copy:
            for piece in rows:
                copy.write(piece)
