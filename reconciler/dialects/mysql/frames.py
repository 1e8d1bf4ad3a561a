"""Bodies of specs in, the text that MySQL and MariaDB keep out: statements framed, one's own words as they are."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.dialects.beyond import Add
from reconciler.dialects.bodies import Unfit, body_text
from reconciler.dialects.mysql.circumstances import spelled
from reconciler.dialects.mysql.lexer import LexError, tokens
from reconciler.dialects.mysql.mentions import Program
from reconciler.model.values import Sql

_INDENT = "    "


def framed_body(obj: Program, add: Add, condition: Sql | None = None) -> Sql:
    """Return a program's body in normal form.

    Args:
        obj: with a body.
        add: takes what is wrong with it.
        condition: under which it does anything; these servers' triggers have none of their own.
    """
    assert obj.body is not None, f"{obj.ref} has no body"
    try:
        text = _ended(body_text(obj.body, "mysql", _block))
    except Unfit as error:
        add(obj, "body", error.message, error.hint)
        text = "BEGIN END"
    if condition is not None:
        text = f"IF {condition.text} THEN\n{_INDENT}{text};\nEND IF"
    return spelled(text)


def _block(statements: Sequence[str]) -> str:
    return "\n".join(("BEGIN", *(f"{_INDENT}{_ended(statement)};" for statement in statements), "END"))


def _ended(text: str) -> str:
    """Take away what stands behind the last word of a text: semicolons, blanks, a comment that would hide one."""
    try:
        found = tokens(text)
    except LexError:
        return text.strip()
    while found and found[-1].word == ";":
        found = found[:-1]
    return text[: found[-1].end].lstrip() if found else text.strip()
