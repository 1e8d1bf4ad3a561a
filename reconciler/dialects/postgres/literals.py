"""Constants: a default as its author or the server wrote it in, a `Literal` or SQL that says the same out, and back."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache

from reconciler.dialects.postgres.lexer import Sort, Token, Unreadable, canonical, tokens, unwrapped
from reconciler.dialects.postgres.types import INTEGERS, NUMBERS, TEXTS, base, canonical_type
from reconciler.dialects.sql import as_number, literal_text, text_literal
from reconciler.model.values import Default, Literal, Sql

WORDS = {True: "true", False: "false"}
# What the server reads as a truth value (manual, "Boolean Type"), prefixes aside.
_TRUE = frozenset({"true", "t", "yes", "y", "on", "1"})
_FALSE = frozenset({"false", "f", "no", "n", "off", "0"})


def written(default: Default) -> str:
    """Write a default for the server."""
    return default.text if isinstance(default, Sql) else literal_text(default, WORDS)


def settled(default: Default | None, type_name: str, is_enum: bool) -> Default | None:
    """Return a default in one form: a constant of a simple type as `Literal`, anything else as SQL. Idempotent.

    Args:
        default: as written, or as the server spells it.
        type_name: the column's canonical type.
        is_enum: the type is an enum.
    """
    if isinstance(default, Sql):
        return _settled_text(default.text, default.dialect, default.canonical, type_name, is_enum)
    if default is None:
        return None
    found = _constant(default, type_name, is_enum, None)
    same = isinstance(found, Literal) and type(found.value) is type(default.value)
    return default if same and str(found.value) == str(default.value) else found  # type: ignore[union-attr]


@lru_cache(maxsize=10_000)
def _settled_text(text: str, dialect: str, spelling: str, type_name: str, is_enum: bool) -> Default | None:
    """Settle a text; by its parts and not as `Sql`, of which two are equal when only their spelling is."""
    default = Sql(text, dialect, canonical(spelling))
    found = read(spelling)
    if found is None:
        return default
    constant, casts = found
    if constant is None:
        return None
    return (
        _constant(constant, type_name, is_enum, default)
        if _transparent(constant, casts, type_name, is_enum)
        else default
    )


def _transparent(constant: Literal, casts: Sequence[str], type_name: str, is_enum: bool) -> bool:
    """Say whether the casts change nothing: they name the column's own sort of type, without a length."""
    own = base(type_name)
    if own in NUMBERS:
        return all(cast in NUMBERS for cast in casts)
    if own in TEXTS:
        return all(cast in TEXTS or cast == "character(1)" for cast in casts) and isinstance(constant.value, str)
    return all(cast == (type_name if is_enum else own) for cast in casts)


def _constant(literal: Literal, type_name: str, is_enum: bool, written_as: Sql | None) -> Default:
    value, own = literal.value, base(type_name)
    if own in TEXTS or is_enum:
        return Literal(literal_words(value))
    if own in NUMBERS and (number := as_number(value)) is not None and _fits(number, own):
        return Literal(number)
    if own == "boolean" and (truth := _truth(value)) is not None:
        return Literal(truth)
    if written_as is not None:
        return written_as
    # The input function of such a type has its own spelling of the value, so the server is asked.
    text = text_literal(literal_words(value))
    return Sql(text, "postgres", canonical(f"{text}::{own}"))


def _fits(number: Decimal, own: str) -> bool:
    """A fraction for an integer column is rounded by the server, so it is not the constant that it seems."""
    return own not in INTEGERS or number == number.to_integral_value()


def literal_words(value: str | bool | int | Decimal) -> str:
    """Return a constant's value as characters."""
    if isinstance(value, bool):
        return WORDS[value]
    return value if isinstance(value, str) else format(Decimal(value), "f")


def _truth(value: str | bool | int | Decimal) -> bool | None:
    word = literal_words(value).strip().lower()
    return True if word in _TRUE else False if word in _FALSE else None


def read(text: str) -> tuple[Literal | None, tuple[str, ...]] | None:
    """Read a constant with its casts (`'x'::text`, `(-1)::numeric`, `NULL::date`); None when it is something else.

    The literal is None for NULL. Casts are canonical types, innermost first.
    """
    try:
        return _read(tokens(text))
    except Unreadable:
        return None


def _read(found: Sequence[Token]) -> tuple[Literal | None, tuple[str, ...]] | None:
    found = unwrapped(found)
    cast = next((index for index in range(len(found) - 1, 0, -1) if found[index].says("::")), None)
    if cast is None:
        return _bare(found)
    inner = _read(found[:cast])
    if inner is None or not _names_a_type(found[cast + 1 :]):
        return None
    return inner[0], (*inner[1], canonical_type(" ".join(token.text for token in found[cast + 1 :])))


def _names_a_type(found: Sequence[Token]) -> bool:
    """Tell `'x'::text` from `'x'::text || 'y'::text`."""
    return bool(found) and all(
        token.sort in (Sort.WORD, Sort.QUOTED, Sort.NUMBER) or token.says("(", ")", ",", ".", "[", "]")
        for token in found
    )


def _bare(found: Sequence[Token]) -> tuple[Literal | None, tuple[str, ...]] | None:
    sign = ""
    if len(found) == 2 and found[0].says("-", "+"):
        sign, found = found[0].value, found[1:]
    if len(found) != 1:
        return None
    token = found[0]
    if token.sort is Sort.NUMBER and (number := as_number(sign + token.value)) is not None:
        return Literal(number), ()
    if sign:
        return None
    if token.sort is Sort.STRING:
        return Literal(token.value), ()
    words = {"true": Literal(True), "false": Literal(False), "null": None}
    return (words[token.value], ()) if token.sort is Sort.WORD and token.value in words else None
