"""Constants: a default as its author or the server wrote it in, a `Literal` or SQL that says the same out, and back."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from reconciler.dialects.mysql import types
from reconciler.dialects.mysql.lexer import Lexeme, LexError, Token, canonical, text_literal, tokens, unwrapped
from reconciler.dialects.sql import as_number, number_text
from reconciler.model.values import Default, Literal, Sql

# Every way to say "now": the server spells all of them as the first (…/en/date-and-time-functions.html#function_now).
_NOW = frozenset({"current_timestamp", "now", "localtime", "localtimestamp"})
_CONSTANT_WORDS = {"true": Literal(Decimal(1)), "false": Literal(Decimal(0)), "null": None}


def written(default: Default, type_name: str) -> str:
    """Write a default for the server: an expression in parentheses, and a constant too where the type wants one."""
    if isinstance(default, Sql):
        return default.text if is_now(default.canonical) else f"({default.text})"
    text = constant_text(default)
    return f"({text})" if types.base(type_name) in types.WITHOUT_LITERAL_DEFAULT else text


def constant_text(literal: Literal) -> str:
    """Write a constant."""
    if isinstance(literal.value, bool):
        return "1" if literal.value else "0"
    return text_literal(literal.value) if isinstance(literal.value, str) else number_text(Decimal(literal.value))


def settled(default: Default | None, type_name: str) -> Default | None:
    """Return a default in one form: a constant as `Literal`, "now" with the column's precision, else SQL. Idempotent.

    Args:
        default: as written, or as the server spells it.
        type_name: the column's canonical type.
    """
    if default is None:
        return None
    if isinstance(default, Literal):
        return _constant(default, type_name)
    if is_now(default.canonical):
        return now(type_name)
    found = read(default.canonical)
    if found is None:
        return Sql(default.text, default.dialect, canonical(default.canonical))
    return None if found[0] is None else _constant(found[0], type_name)


def now(type_name: str) -> Sql:
    """Return CURRENT_TIMESTAMP as a column of this type must say it: with the column's own precision."""
    digits = types.precision(type_name)
    text = f"CURRENT_TIMESTAMP({digits})" if digits else "CURRENT_TIMESTAMP"
    return Sql(text, "mysql", canonical(text))


def is_now(text: str) -> bool:
    """Say whether a text is CURRENT_TIMESTAMP, in any of its spellings and precisions."""
    try:
        found = unwrapped(tokens(text))
    except LexError:
        return False
    if not found or found[0].lexeme is not Lexeme.WORD or found[0].text.lower() not in _NOW:
        return False
    rest = [token.text for token in found[1:]]
    if not rest:
        return True
    return rest[0] == "(" and rest[-1] == ")" and all(part.isdigit() for part in rest[1:-1]) and len(rest) <= 3


def read(text: str) -> tuple[Literal | None] | None:
    """Read a constant (`'x'`, `_utf8mb4'x'`, `-1`, `x'61'`, `b'1'`); None when the text is something else.

    The literal is None for NULL.
    """
    try:
        found = unwrapped(tokens(text))
    except LexError:
        return None
    sign = ""
    if len(found) == 2 and found[0].word in ("-", "+"):
        sign, found = found[0].text, found[1:]
    elif len(found) == 2 and found[0].text.startswith("_") and found[1].lexeme is Lexeme.STRING:
        found = found[1:]  # an introducer, which the server puts before every string in an expression
    return _single(found, sign) if len(found) == 1 else None


def _single(found: Sequence[Token], sign: str) -> tuple[Literal | None] | None:
    token = found[0]
    if token.lexeme is Lexeme.NUMBER and (number := as_number(sign + token.text)) is not None:
        return (Literal(number),)
    if sign:
        return None
    if token.lexeme is Lexeme.STRING:
        return (Literal(token.value),)
    if token.lexeme is Lexeme.BYTES and token.text[:1] in "bB0" and token.text[1:2] in "'bB":
        digits = "".join(char for char in token.text[2:] if char in "01")
        return (Literal(Decimal(int(digits or "0", 2))),)
    word = token.text.lower()
    return (_CONSTANT_WORDS[word],) if token.lexeme is Lexeme.WORD and word in _CONSTANT_WORDS else None


def _constant(literal: Literal, type_name: str) -> Literal:
    value, own = literal.value, types.base(type_name)
    if isinstance(value, bool):
        value = Decimal(value)
    if own in types.NUMBERS and (number := as_number(value)) is not None:
        return Literal(_rounded(number, own, type_name))
    if own in types.NUMBERS:
        return Literal(value)
    text = value if isinstance(value, str) else number_text(Decimal(value))
    return Literal(_with_fraction(text, type_name) if own in ("datetime", "timestamp", "time") else text)


def _rounded(number: Decimal, own: str, type_name: str) -> Decimal:
    """A DECIMAL's default is kept with the column's scale, which as_number takes off again."""
    if own != "decimal":
        return number
    scale = types.arguments(type_name)[1]
    return as_number(number.quantize(Decimal(1).scaleb(-scale))) or Decimal(0)


def _with_fraction(text: str, type_name: str) -> str:
    """The server writes a time with as many digits as the column keeps."""
    digits = types.precision(type_name)
    whole, _, fraction = text.partition(".")
    if not whole[:1].isdigit() and not whole.startswith("-"):
        return text
    kept = fraction[:digits].ljust(digits, "0")
    return f"{whole}.{kept}" if digits else whole
