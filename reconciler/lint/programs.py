"""Routines in, those that put SQL together from texts and run it out."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.dialects.mysql import lexer as mysql
from reconciler.dialects.postgres import lexer as postgres
from reconciler.lint.kinds import Finding
from reconciler.model.model import Model
from reconciler.model.programs import Function, Procedure
from reconciler.model.values import Sql

_SAFE = frozenset({"format", "quote_ident", "quote_literal", "quote_nullable", "quote"})


def joined_sql(model: Model, dialect: str) -> Iterator[Finding]:
    """Yield the routines that join texts to a statement and run it, where nothing quotes what is joined."""
    looks = _joins_postgres if dialect == "postgres" else _joins_mysql
    for obj in model.values():
        if isinstance(obj, Function | Procedure) and isinstance(obj.body, Sql) and looks(obj.body.text):
            yield Finding(
                code="SA101", ref=obj.ref, part="body", message="runs a statement that it joins from texts",
                hint="EXECUTE … USING, or PREPARE with ?; format('%I') and quote() for names",
            )  # fmt: skip


def _joins_postgres(text: str) -> bool:
    try:
        found = postgres.tokens(text)
    except postgres.Unreadable:
        return False
    for number, token in enumerate(found):
        if token.says("execute"):
            rest = found[number + 1 :]
            end = next((place for place, one in enumerate(rest) if one.says(";")), len(rest))
            statement = rest[:end]
            if any(one.says("||") for one in statement) and not any(one.says(*_SAFE) for one in statement):
                return True
    return False


def _joins_mysql(text: str) -> bool:
    try:
        words = {token.text.lower() for token in mysql.tokens(text)}
    except mysql.LexError:
        return False
    return {"prepare", "concat"} <= words and not words & _SAFE
