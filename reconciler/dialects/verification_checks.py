"""A backfill's verifications and the declared model in, what is wrong with each out, with the path of its place.

No database is asked. What a query names in a table that the specs do not declare may be there all the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from reconciler.dialects.assertions import is_question, missing_columns
from reconciler.dialects.transpile import NotPortable, family, parsed
from reconciler.errors import Problem
from reconciler.model.backfills import Backfill, Verification
from reconciler.model.model import Model
from reconciler.model.values import Sql

Found = Iterator[tuple[Problem, str]]


def misasked(backfill: Backfill, model: Model, words: str) -> Found:
    """Yield what is wrong with the verifications of a backfill, with the path of each place.

    Args:
        backfill: its texts are in the words of the databases that they are for.
        model: all that is declared, in normal form.
        words: the family of the database that is written.
    """
    for number, one in enumerate(backfill.verify):
        path = f"verify.{number}.{one.kind}"
        if one.kind in ("checksum", "sample"):
            yield from _miscompared(backfill, one, path)
            continue
        for sql, elsewhere, place in _queries(one, path):
            for code, message, hint in _misread(sql, Model() if elsewhere else model, words):
                said = f"verification {one.name!r} of {backfill.ref} {message}"
                yield Problem(code=code, message=said, hint=hint, address=str(backfill.ref)), place


def _queries(one: Verification, path: str) -> Iterator[tuple[Sql, str, str]]:
    if one.left is not None:
        yield one.left, one.left_in, path if one.kind == "zero_rows" else f"{path}.left"
    if one.right is not None:
        yield one.right, one.right_in, f"{path}.right"


def _misread(sql: Sql, model: Model, words: str) -> Iterator[tuple[str, str, str]]:
    dialect = family(sql.dialect) or words
    try:
        tree = parsed(sql.text, dialect)
    except NotPortable as error:
        yield "SPEC200", f"cannot be read as SQL of {dialect}{error.near}", "mend it; what is right can stand in a view"
        return
    if not is_question(tree):
        yield "SPEC200", "is not one single SELECT", "write a query; what changes something belongs into do:"
        return
    for table, column, known in dict.fromkeys(missing_columns(tree, model, dialect)):
        close = get_close_matches(column, known, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"it has {', '.join(known)}"
        yield "SPEC031", f"names a column {column!r}, which {table!r} has not", hint


def _miscompared(backfill: Backfill, one: Verification, path: str) -> Found:
    """Rows are compared by their key, so each has to be made of one row, and to hold its key as it is."""

    def problem(code: str, message: str, hint: str = "verify it by queries: zero_rows, equal or at_least") -> Problem:
        return Problem(code=code, message=message, hint=hint, address=str(backfill.ref))

    sources = sources_of(backfill)
    if sources is None:
        message = f"{backfill.ref} does not make one row of each, so its rows cannot be compared one by one"
        yield problem("SPEC200", message), path
        return
    held = {expression.strip('"`').lower() for expression in sources.values()}
    for name in backfill.source.key:
        if name.lower() not in held:
            yield problem("SPEC200", f"rows are compared by their key, and no column holds {name!r} as it is"), path
    for number, name in enumerate(one.columns):
        place = f"{path}.columns.{number}"
        if name not in sources:
            close = get_close_matches(name, sources, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"it writes {', '.join(sources)}"
            yield problem("SPEC031", f"{backfill.ref} does not write a column {name!r}", hint), place
        elif not sources[name] and backfill.copy is None:
            yield problem("SPEC200", f"{name!r} holds no expression over one row, so it cannot be compared"), place


def sources_of(backfill: Backfill) -> Mapping[str, str] | None:
    """Return the columns that are written, and those of the key, each with the expression over the source row that it
    holds, "" where that is none; None for work that does not make one row of each.
    """
    if backfill.copy is not None:
        return {one.column: "" if one.transform or one.cast else one.source for one in backfill.copy.columns}
    if backfill.update is not None:
        return {
            **{name: name for name in backfill.source.key},
            **{one.column: one.value.text for one in backfill.update.assignments},
        }
    written = backfill.insert_select
    if written is None or written.group_by or any(one.aggregate for one in written.columns):
        return None
    return {one.column: one.expression.text if one.expression else "" for one in written.columns}
