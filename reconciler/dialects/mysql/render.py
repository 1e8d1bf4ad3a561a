"""Objects in, the clauses and statements that make them out; what MySQL and MariaDB do by default is left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeVar

from reconciler.dialects.mysql.lexer import quoted, text_literal
from reconciler.dialects.mysql.literals import now, written
from reconciler.dialects.mysql.names import columns as column_list
from reconciler.dialects.mysql.names import of, table
from reconciler.model.model import Model
from reconciler.model.objects import Check, Column, ForeignKey, Index, PrimaryKey, Table, Unique, View
from reconciler.model.ref import Ref
from reconciler.model.values import Action, IndexPart

T = TypeVar("T", Unique, Check, Index)


def _joined(*words: str) -> str:
    return " ".join(word for word in words if word)


def _comment(text: str | None) -> str:
    return f"COMMENT {text_literal(text)}" if text else ""


def column_clause(column: Column, model: Model) -> str:
    """Write a column as in CREATE TABLE; `model` has the checks that MariaDB keeps with it."""
    generated, settings = column.generated, dict(column.options)
    return _joined(
        of(column.ref), str(column.type), f"COLLATE {column.collation}" if column.collation else "",
        f"GENERATED ALWAYS AS ({generated.expression.text}) {'STORED' if generated.stored else 'VIRTUAL'}"
        if generated else "",
        # A TIMESTAMP that says nothing is NOT NULL where explicit_defaults_for_timestamp is off.
        "NOT NULL" if column.not_null else "" if generated else "NULL",
        f"DEFAULT {written(column.default, column.type.name)}" if column.default is not None else "",
        f"ON UPDATE {now(column.type.name).text}" if "on_update_now" in settings else "", column.clauses,
        "INVISIBLE" if "invisible" in settings else "", "AUTO_INCREMENT" if column.identity else "",
        _comment(column.comment),
        *own_checks(column, model),
    )  # fmt: skip


def own_checks(column: Column, model: Model) -> Iterator[str]:
    """Write the checks that MariaDB keeps with a column."""
    for check in model.children(column.ref.top, Check):
        if check.nameless and check.clauses == of(column.ref):
            yield f"CHECK ({check.expression.text})"


def stands_with_column(check: Check) -> bool:
    """Say whether a check is one that MariaDB keeps with its column, without a name."""
    return check.nameless and bool(check.clauses)


def primary_key_clause(key: PrimaryKey) -> str:
    """Write a primary key."""
    return _joined("PRIMARY KEY", column_list(key.columns), key.clauses, _comment(key.comment))


def unique_clause(unique: Unique) -> str:
    """Write a unique key."""
    return _joined(
        f"UNIQUE KEY {of(unique.ref)}", column_list(unique.columns), unique.clauses, _comment(unique.comment)
    )


def check_clause(check: Check) -> str:
    """Write a check."""
    name = "" if check.nameless else f"CONSTRAINT {of(check.ref)}"
    return _joined(name, f"CHECK ({check.expression.text})", "" if check.enforced else "NOT ENFORCED")


def foreign_key_clause(key: ForeignKey) -> str:
    """Write a foreign key."""
    actions = (
        f"ON {event} {action.value.upper()}"
        for event, action in (("DELETE", key.on_delete), ("UPDATE", key.on_update))
        if action is not Action.NO_ACTION
    )
    return _joined(
        f"CONSTRAINT {of(key.ref)} FOREIGN KEY", column_list(key.columns), "REFERENCES", of(key.target),
        column_list(key.target_columns), *actions,
    )  # fmt: skip


# An index that queries do not use, as MySQL and MariaDB call it, and what it is otherwise.
HIDDEN: Mapping[str, Mapping[bool, str]] = {
    "invisible": {True: "INVISIBLE", False: "VISIBLE"},
    "ignored": {True: "IGNORED", False: "NOT IGNORED"},
}

_METHODS = {"fulltext": "FULLTEXT ", "spatial": "SPATIAL "}


def index_clause(index: Index) -> str:
    """Write an index as in CREATE TABLE."""
    return _joined(f"{_sort(index)}KEY {of(index.ref)}", parts(index), *_tail(index))


def create_index(index: Index) -> str:
    """Write CREATE INDEX."""
    return _joined(f"CREATE {_sort(index)}INDEX {of(index.ref)} ON {table(index.ref)}", parts(index), *_tail(index))


def _tail(index: Index) -> Iterator[str]:
    options = dict(index.options)
    yield f"USING {index.method.upper()}" if index.method and index.method not in _METHODS else ""
    yield f"WITH PARSER {quoted(str(options['parser']))}" if "parser" in options else ""
    yield index.clauses
    yield _comment(index.comment)
    yield from (words[True] for name, words in HIDDEN.items() if name in options)


def _sort(index: Index) -> str:
    return "UNIQUE " if index.unique else _METHODS.get(index.method or "", "")


def parts(index: Index) -> str:
    """Write the parts of an index in parentheses."""
    return f"({', '.join(map(_part, index.parts))})"


def _part(part: IndexPart) -> str:
    text = quoted(part.column) if part.column else f"({part.expression.text if part.expression else ''})"
    return f"{text}{f'({part.length})' if part.length else ''}{' DESC' if part.descending else ''}"


def create_table(new: Table, model: Model, name: str = "") -> str:
    """Write CREATE TABLE with all that is made inside it: everything but foreign keys."""
    named = [check for check in _sorted(model, new.ref, Check) if not stands_with_column(check)]
    lines = [
        *(column_clause(column, model) for column in columns_of(model, new.ref)),
        *(primary_key_clause(key) for key in model.children(new.ref, PrimaryKey)),
        *(unique_clause(unique) for unique in _sorted(model, new.ref, Unique)),
        *(index_clause(index) for index in _sorted(model, new.ref, Index)),
        *(check_clause(check) for check in named),
    ]
    body = ",\n".join(f"    {line}" for line in lines)
    return _joined(f"CREATE TABLE {name or of(new.ref)} (\n{body}\n)", *table_options(new), _comment(new.comment))


def table_options(new: Table) -> Iterator[str]:
    """Write the options of a table."""
    words = {"collation": "COLLATE"}
    yield from (f"{words.get(name, name.upper())}={value}" for name, value in new.options if name != "charset")


def _sorted(model: Model, ref: Ref, cls: type[T]) -> list[T]:
    return sorted(model.children(ref, cls), key=lambda obj: obj.ref)


def columns_of(model: Model, ref: Ref) -> list[Column]:
    """Return a table's columns in order."""
    return sorted(model.children(ref, Column), key=lambda column: column.position)


def view_text(view: View, verb: str, name: str = "") -> str:
    """Write CREATE VIEW, or CREATE OR REPLACE VIEW."""
    options = dict(view.options)
    return _joined(
        verb, f"ALGORITHM={options['algorithm']}" if "algorithm" in options else "",
        f"SQL SECURITY {options['security']}" if "security" in options else "",
        f"VIEW {name or of(view.ref)} AS\n{view.query.text}",
        f"\nWITH {str(options['check_option']).upper()} CHECK OPTION" if "check_option" in options else "",
    )  # fmt: skip
