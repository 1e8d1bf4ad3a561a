"""What dialects share of writing and reading SQL: quoting, literals, clauses, and the bridge to sqlglot."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal

from reconciler.model.model import Model, renamed
from reconciler.model.names import CAPTURE
from reconciler.model.objects import Object
from reconciler.model.ref import Kind, Ref
from reconciler.model.texts import map_texts
from reconciler.model.values import Deferrable, Literal, Sql

Move = tuple[Ref, Ref]

# How the names begin that this tool gives: its ledger's tables, and what it makes for a moment.
OURS = ("_reconcile_", "__rc_")
# Where rows are kept that data work left out; what else begins like this is there for a moment, and shown if it stays.
REJECTS = "__rc_rejects"


def ours(name: str) -> str:
    """Return the beginning of a name that only this tool's own objects have, "" when the name is anybody's."""
    if not name.startswith("_"):
        return ""
    return next((prefix for prefix in OURS if name.lower().startswith(prefix)), "")


def captures(name: str) -> bool:
    """Say whether a name is that of a trigger which carries rows along while data work goes on."""
    return name.startswith(OURS[1]) and name.endswith(CAPTURE)


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
    """Return the number without exponent; zero has no sign. Zeros at its end stay: they are equal."""
    return Decimal(format(abs(value) if value == 0 else value, "f"))


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


def moved_term(column: str, moves: Iterable[tuple[str, str]]) -> str:
    """Write a column, with other values in the place of some: `moves` are pairs (old, new)."""
    whens = " ".join(f"WHEN {text_literal(old)} THEN {text_literal(new)}" for old, new in moves)
    return f"CASE {column} {whens} ELSE {column} END" if whens else column


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

    A new name counts in texts of the column's own table, and of what says that it uses the column or table: anywhere
    else the same word is something else.
    """

    def respell(obj: Object, renames: Mapping[Ref, Ref]) -> Object:
        known: frozenset[Ref] = getattr(obj, "uses", frozenset())
        words = {old.name: new.name for old, new in renames.items() if _means(obj, old, new, known)}

        def change(_: str, sql: Sql) -> Sql:
            text, canonical = rename_words(sql.text, words), rename_words(sql.canonical, words)
            return sql if (text, canonical) == (sql.text, sql.canonical) else Sql(text, sql.dialect, canonical)

        return map_texts(obj, change) if words else obj

    return respell


def renamer(respell: Callable[[Object, Mapping[Ref, Ref]], Object]) -> Callable[[Model, Sequence[Move]], Model]:
    """Make a dialect's `rename` from a `respell` that looks at one object at a time."""

    def rename(model: Model, moves: Sequence[Move]) -> Model:
        for old, new in moves:
            model = renamed(model, {old: new}, respell)
        return model

    return rename


def _means(obj: Object, old: Ref, new: Ref, known: frozenset[Ref]) -> bool:
    """Say whether the old name, in a text of this object, is the renamed one."""
    if old.parent is None:
        return old.kind in (Kind.TABLE, Kind.VIEW) and old in known
    return obj.ref.top in (old.top, new.top) or old in known
