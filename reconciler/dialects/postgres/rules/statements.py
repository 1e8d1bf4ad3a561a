"""Small pieces that every rule is written with: one statement, a comment, a rename."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reconciler.dialects.postgres.lexer import Sort, Token, Unreadable, tokens
from reconciler.dialects.postgres.names import of, table
from reconciler.dialects.sql import double_quoted, text_literal
from reconciler.model.objects import Column
from reconciler.model.ref import Ref
from reconciler.model.values import Sql
from reconciler.plan.rules import States
from reconciler.plan.step import Statement, Transaction


def one(sql: str, relations: int = 1) -> tuple[Statement, ...]:
    """Return a single statement, as rules give them."""
    return (Statement(sql, relations=relations),)


def by_itself(sql: str, undo: str = "") -> Statement:
    """Return a statement that is in no transaction, and may take long; `undo` takes away what it leaves half made."""
    return Statement(sql, transaction=Transaction.ALONE, undo=undo)


def built(ref: Ref, sql: str) -> Statement:
    """Return what builds an index while everybody goes on; one that fails leaves one that is not valid (manual, "CREATE
    INDEX").
    """
    return by_itself(sql.replace("INDEX", "INDEX CONCURRENTLY", 1), undo=gone(ref).sql)


def gone(ref: Ref) -> Statement:
    """Return what drops an index while everybody goes on, if it is there."""
    return by_itself(f"DROP INDEX CONCURRENTLY IF EXISTS {of(ref)}")


def comment(what: str, text: str | None) -> Statement:
    """Write a comment, or take it away."""
    return Statement(f"COMMENT ON {what} IS {'NULL' if text is None else text_literal(text)}")


def comments(what: str, text: str | None) -> Sequence[Statement]:
    """Return the statement that comments a new object; none when there is nothing to say."""
    return () if text is None else (comment(what, text),)


def column_name(column: Column) -> str:
    """Write a column's name with its table's, as COMMENT wants it."""
    return f"COLUMN {table(column.ref)}.{double_quoted(column.ref.name)}"


def alter(column: Column, what: str) -> Statement:
    """Write what changes in a column."""
    return Statement(f"ALTER TABLE {table(column.ref)} ALTER COLUMN {double_quoted(column.ref.name)} {what}")


def nothing(old: Any, new: Any, states: States) -> Sequence[Statement]:
    """Change a field that only the model knows."""
    return ()


def parenthesized(sql: Sql) -> str:
    """Write an expression so that it can stand where the grammar takes a simple one alone."""
    try:
        found = tokens(sql.text)
    except Unreadable:
        found = ()
    return sql.text.strip() if len(found) == 1 or _is_call(found) else f"({sql.text.strip()})"


def _is_call(found: Sequence[Token]) -> bool:
    """Say whether the text is one call, `now()`."""
    if len(found) < 3 or found[0].sort is not Sort.WORD or not found[1].says("(") or not found[-1].says(")"):
        return False
    depth = 0
    for token in found[1:-1]:
        depth += token.says("(") - token.says(")")
        if depth == 0:
            return False
    return True
