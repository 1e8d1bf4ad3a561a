"""Constants: a default as its author or SQLite wrote it in, a `Literal` or SQL that says the same out."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache

from reconciler.dialects.sql import as_number
from reconciler.dialects.sqlite import types
from reconciler.dialects.sqlite.lexer import Lexeme, LexError, tokens
from reconciler.model.values import Default, Literal, Sql

# A word that is a constant (sqlite.org/lang_expr.html#booleanexpr).
_WORDS: dict[str, Literal | None] = {"NULL": None, "TRUE": Literal(Decimal(1)), "FALSE": Literal(Decimal(0))}


def settled(default: Default | None, type_: str) -> Default | None:
    """Read a constant out of SQL text, and give it the form that the column's affinity gives it. Idempotent.

    Args:
        default: as written, or as stored.
        type_: the column's type in SQLite's words.
    """
    numeric = types.affinity(type_) not in ("TEXT", "BLOB")
    if isinstance(default, Sql) and (numeric or not _whole_real(default.text)):
        default = _constant(default)
    if not isinstance(default, Literal):
        return default
    if isinstance(default.value, bool):
        return Literal(Decimal(default.value))
    number = None if isinstance(default.value, str) and not numeric else as_number(default.value)
    return default if number is None else Literal(number)


def _whole_real(text: str) -> bool:
    """Say whether this is a number such as 1e3: a column that keeps what it is given keeps it apart from 1000."""
    if text[:2].lower() == "0x" or not {".", "e", "E"}.intersection(text):
        return False
    number = as_number(text)
    return number is not None and number == number.to_integral_value()


def _constant(sql: Sql) -> Default | None:
    found = _literal(sql.text)
    return sql if isinstance(found, Sql) else found


@lru_cache(maxsize=10_000)
def _literal(text: str) -> Default | None:
    """Return the constant that a text is; the text itself when it is none."""
    sql = Sql(text)
    try:
        found = tokens(text)
    except LexError:
        return sql
    if len(found) == 1 and found[0].word in _WORDS:
        return _WORDS[found[0].word]
    if len(found) == 1 and found[0].lexeme is Lexeme.STRING:
        return Literal(found[0].value)
    signed = len(found) == 2 and found[0].text in ("-", "+")
    if found and found[-1].lexeme is Lexeme.NUMBER and (len(found) == 1 or signed):
        number = as_number(("-" if found[0].text == "-" else "") + found[-1].text)
        return sql if number is None else Literal(number)
    return sql
