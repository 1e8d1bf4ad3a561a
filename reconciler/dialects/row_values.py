"""Declared rows and the model as it is written in, the values that no database can give their columns out."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from reconciler.dialects.rows import wrong_value
from reconciler.errors import Problem
from reconciler.model.data_rows import Absent, DataRows, Value
from reconciler.model.model import Model
from reconciler.model.objects import Column, Enum
from reconciler.model.ref import Kind, Ref

# So many values of one document are told of.
_MOST = 20


def misfits(rows: DataRows, model: Model) -> Iterator[tuple[Problem, str]]:
    """Yield what is wrong with the values of a document, the first of them, each with its part (`row.NUMBER.COLUMN`).

    A portable type means the same everywhere; what a type in a database's own words holds, that database says.
    """
    return islice(_misfits(rows, model), _MOST)


def _misfits(rows: DataRows, model: Model) -> Iterator[tuple[Problem, str]]:
    found = {column.ref.name: column for column in model.children(rows.table, Column)}
    columns = [found[name] for name in rows.columns]
    values = [_enum_values(column, model) for column in columns]
    for number, row in enumerate(rows.rows):
        for cell, column, allowed in zip(row, columns, values, strict=True):
            wrong = "" if isinstance(cell, Absent) else _wrong(cell, column, allowed)
            if wrong:
                yield _problem(rows, column, wrong), f"row.{number}.{column.ref.name}"


def _wrong(cell: Value, column: Column, allowed: tuple[str, ...]) -> str:
    if cell is None:
        return "it is null, and the column is not" if column.not_null else ""
    return wrong_value(cell, column.type, allowed)


def _problem(rows: DataRows, column: Column, wrong: str) -> Problem:
    message = f"the value does not fit column {column.ref.name!r} ({column.type}): {wrong}"
    return Problem(code="SPEC200", message=message, hint="mend the value or the type", address=str(rows.ref))


def _enum_values(column: Column, model: Model) -> tuple[str, ...]:
    if column.type.native or column.type.name != "enum":
        return ()
    schema, _, name = column.type.args[0].rpartition(".")
    enum = model.get(Ref.root(Kind.ENUM, name, schema))
    return enum.values if isinstance(enum, Enum) else ()
