"""How texts travel: each as one command of its own, which the server holds us to; import it only to connect."""

from __future__ import annotations

from collections.abc import Sequence
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


def run_all(connection: Connection[Any], statements: Sequence[str]) -> None:
    """Run statements with one wait for all of their answers, each as one command; none after the first that fails.

    Raises psycopg.Error.
    """
    first: Error | None = None
    try:
        with connection.pipeline(), connection.cursor() as cursor:
            try:
                for sql in statements:
                    cursor.execute(sql.encode(), prepare=False)
            except Error as error:  # what leaving the pipeline says after it is about the pipeline
                first = error
    except Error as error:
        first = first or error
    if first is not None:
        raise first
