"""Objects in, SQLite's statements and clauses out; it decides nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from reconciler.dialects.sql import deferrable_clause, double_quoted, literal_text, names
from reconciler.dialects.sqlite.lexer import Lexeme, tokens
from reconciler.model.model import Model
from reconciler.model.objects import (
    Check,
    Column,
    ForeignKey,
    Index,
    Object,
    PrimaryKey,
    Table,
    Unique,
    View,
)
from reconciler.model.ref import Ref
from reconciler.model.values import Action, Default, IndexPart, Literal, Sql

_BOOLEANS = {True: "1", False: "0"}
_OPTIONS = {"strict": "STRICT", "without_rowid": "WITHOUT ROWID"}


def table_name(ref: Ref) -> str:
    """Write a table's name."""
    return double_quoted(ref.name)


def default_text(default: Default) -> str:
    """Write a default; what is neither a constant nor a single word (one of the three times) stands in parentheses.

    A single word or name, in quotes or not, is a string to SQLite (parse.y: ccons ::= DEFAULT id).
    """
    if isinstance(default, Literal):
        return literal_text(default, _BOOLEANS)
    found = tokens(default.text)
    bare = len(found) == 1 and (found[0].lexeme in (Lexeme.BLOB, Lexeme.STRING, Lexeme.NAME, Lexeme.WORD))
    return default.text if bare or enclosed(default.text) else f"({default.text})"


def enclosed(text: str) -> bool:
    """Say whether one pair of parentheses encloses the whole text."""
    depth = 0
    found = tokens(text)
    for index, token in enumerate(found):
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        if depth == 0:
            return index == len(found) - 1 and found[0].text == "("
    return False


def _conflict(word: str) -> str:
    return f" ON CONFLICT {word.upper()}" if word else ""


def column_clause(column: Column, table_options: Sequence[tuple[str, object]], *, sole_key: PrimaryKey | None) -> str:
    """Write a column as in CREATE TABLE; `sole_key` is the primary key that stands with the column, if it does."""
    words = [double_quoted(column.ref.name), str(column.type)]
    if sole_key is not None:
        words.append(_named(sole_key.name) + "PRIMARY KEY" + _conflict(sole_key.on_conflict))
        if ("autoincrement", True) in table_options:
            words.append("AUTOINCREMENT")
    if column.not_null and (column.identity is None or column.on_conflict):
        words.append(f"{column.clauses} NOT NULL".lstrip() + _conflict(column.on_conflict))
    if column.default is not None:
        words.append(f"DEFAULT {default_text(column.default)}")
    if column.collation is not None:
        words.append(f"COLLATE {double_quoted(column.collation)}")
    if column.generated is not None:
        kind = "STORED" if column.generated.stored else "VIRTUAL"
        words.append(f"GENERATED ALWAYS AS ({column.generated.expression.text}) {kind}")
    return " ".join(word for word in words if word)


def null_change(column: Column) -> str:
    """Write what ALTER COLUMN says about null."""
    change = "SET NOT NULL" + _conflict(column.on_conflict) if column.not_null else "DROP NOT NULL"
    return f"{double_quoted(column.ref.name)} {change}"


def _named(name: str | None) -> str:
    return f"CONSTRAINT {double_quoted(name)} " if name else ""


def constraint_clause(obj: Object, name: str | None) -> str:
    """Write a table constraint; without a name where the live one has none."""
    match obj:
        case PrimaryKey(on_conflict=on_conflict):
            return f"{_named(name)}PRIMARY KEY ({_key_words(obj)}){_conflict(on_conflict)}"
        case Unique(on_conflict=on_conflict):
            return f"{_named(name)}UNIQUE ({_key_words(obj)}){_conflict(on_conflict)}"
        case Check(expression=expression, clauses=clauses):
            return f"{_named(name)}CHECK ({expression.text}){_conflict(clauses)}"
        case ForeignKey(columns=columns):
            return f"{_named(name)}FOREIGN KEY ({names(double_quoted, columns)}) {references_clause(obj)}"
        case _:
            raise AssertionError(f"{obj.ref} is no constraint")


def _key_words(key: PrimaryKey | Unique) -> str:
    """Write the columns of a key, in the words that the live one has for them."""
    return key.clauses or names(double_quoted, key.columns)


def references_clause(key: ForeignKey) -> str:
    """Write what follows REFERENCES, with the word."""
    columns = f" ({names(double_quoted, key.target_columns)})" if key.target_columns else ""
    actions = "".join(
        f" {event} {action.value.upper()}"
        for event, action in (("ON DELETE", key.on_delete), ("ON UPDATE", key.on_update))
        if action is not Action.NO_ACTION
    )
    return f"REFERENCES {table_name(key.target)}{columns}{actions}{deferrable_clause(key.deferrable)}"


def create_table(table: Table, model: Model, name: str) -> str:
    """Write CREATE TABLE under a name, with everything that the model holds inside the table except indexes."""
    return f"CREATE TABLE {double_quoted(name)} {_body(table, model)}"


def create_table_once(table: Table, model: Model) -> str:
    """Write CREATE TABLE for a table that may be there already."""
    return f"CREATE TABLE IF NOT EXISTS {double_quoted(table.ref.name)} {_body(table, model)}"


def _body(table: Table, model: Model) -> str:
    columns = sorted(model.children(table.ref, Column), key=lambda column: column.position)
    keys = model.children(table.ref, PrimaryKey)
    alias = next((column for column in columns if column.identity is not None), None)
    lines = [
        column_clause(column, table.options, sole_key=keys[0] if keys and column is alias else None)
        for column in columns
    ]
    constraints: list[Object] = [] if alias is not None else [*keys]
    for cls in (Unique, Check, ForeignKey):
        constraints += sorted(model.children(table.ref, cls), key=lambda obj: obj.ref)
    lines += [constraint_clause(obj, _name_of(obj)) for obj in constraints]
    options = ", ".join(
        words for option, words in _OPTIONS.items() if (option, True) in table.options
    )  # fmt: skip
    body = ",\n  ".join(lines)
    return f"(\n  {body}\n){f' {options}' if options else ''}"


def _name_of(obj: Object) -> str | None:
    if isinstance(obj, PrimaryKey):
        return obj.name
    return None if getattr(obj, "nameless", False) else obj.ref.name


def _part(part: IndexPart) -> str:
    text = double_quoted(part.column) if part.column is not None else _expression(part.expression)
    collation = f" COLLATE {double_quoted(part.collation)}" if part.collation else ""
    return f"{text}{collation}{' DESC' if part.descending else ''}"


def _expression(sql: Sql | None) -> str:
    return sql.text if sql is not None else ""


def create_index(index: Index, table: str) -> str:
    """Write CREATE INDEX on a table."""
    unique = "UNIQUE " if index.unique else ""
    where = f" WHERE {index.where.text}" if index.where else ""
    parts = ", ".join(map(_part, index.parts))
    return f"CREATE {unique}INDEX {double_quoted(index.ref.name)} ON {double_quoted(table)} ({parts}){where}"


def create_unique_index(unique: Unique) -> str:
    """Write the index that stands for a unique constraint on a table that is there already."""
    table = double_quoted(unique.ref.top.name)
    return f"CREATE UNIQUE INDEX {double_quoted(unique.ref.name)} ON {table} ({names(double_quoted, unique.columns)})"


def create_view(view: View) -> str:
    """Write CREATE VIEW."""
    return f"CREATE VIEW {double_quoted(view.ref.name)} AS\n{view.query.text}"


def columns_of(model: Model, table: Ref) -> Iterable[Column]:
    """Return a table's columns in order."""
    return sorted(model.children(table, Column), key=lambda column: column.position)
