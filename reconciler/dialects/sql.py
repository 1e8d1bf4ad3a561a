"""What dialects share of writing and reading SQL: quoting, literals, clauses, and the bridge to sqlglot."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal

from reconciler.model.objects import Object
from reconciler.model.ref import Kind, Ref
from reconciler.model.texts import map_texts
from reconciler.model.values import Deferrable, Literal, Sql


def double_quoted(name: str) -> str:
    """Quote an identifier as the SQL standard, PostgreSQL and SQLite do."""
    return '"' + name.replace('"', '""') + '"'


def text_literal(value: str) -> str:
    """Quote a character string as the SQL standard does (PostgreSQL: with standard_conforming_strings on)."""
    return "'" + value.replace("'", "''") + "'"


def number_text(value: Decimal) -> str:
    """Write a number without an exponent."""
    return format(value, "f")


def canonical_number(value: Decimal) -> Decimal:
    """Return the number without trailing zeros, so that 1.50 and 1.5 are one; zero has no sign."""
    return Decimal(0) if value == 0 else Decimal(format(value.normalize(), "f"))


def as_number(value: str | bool | int | Decimal) -> Decimal | None:
    """Read a literal as a number, or None when it is none."""
    if isinstance(value, bool):
        return None
    try:
        number = Decimal(value)
    except ArithmeticError:
        return None
    return canonical_number(number) if number.is_finite() else None


def names(quote: Callable[[str], str], columns: Iterable[str]) -> str:
    """Write a list of identifiers."""
    return ", ".join(quote(column) for column in columns)


_DEFERRABLE: Mapping[Deferrable, str] = {
    Deferrable.NO: "",
    Deferrable.IMMEDIATE: " DEFERRABLE INITIALLY IMMEDIATE",
    Deferrable.DEFERRED: " DEFERRABLE INITIALLY DEFERRED",
}


def deferrable_clause(value: Deferrable) -> str:
    """Write when a constraint is checked, empty for the default."""
    return _DEFERRABLE[value]


def literal_text(literal: Literal, spell_bool: Mapping[bool, str]) -> str:
    """Write a constant; how a truth value is written is the dialect's."""
    if isinstance(literal.value, bool):
        return spell_bool[literal.value]
    if isinstance(literal.value, str):
        return text_literal(literal.value)
    return number_text(Decimal(literal.value))


def respeller(
    rename_words: Callable[[str, Mapping[str, str]], str],
) -> Callable[[Object, Mapping[Ref, Ref]], Object]:
    """Make a dialect's `respell` from a function that renames identifiers in a text.

    A column's new name counts in texts of its own table alone, a table's everywhere.
    """

    def respell(obj: Object, renames: Mapping[Ref, Ref]) -> Object:
        words = {
            old.name: new.name
            for old, new in renames.items()
            if old.kind in (Kind.TABLE, Kind.VIEW) or old.top in (obj.ref.top, new.top)
        }

        def change(_: str, sql: Sql) -> Sql:
            text, canonical = rename_words(sql.text, words), rename_words(sql.canonical, words)
            return sql if (text, canonical) == (sql.text, sql.canonical) else Sql(text, sql.dialect, canonical)

        return map_texts(obj, change) if words else obj

    return respell
