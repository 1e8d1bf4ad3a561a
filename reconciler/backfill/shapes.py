"""A live column in, what values it holds and how they are read exactly out; it is all that is known of type names."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal

from reconciler.backfill.clocks import since_1970
from reconciler.backfill.values import Shape
from reconciler.dialects.base import Dialect
from reconciler.frozen import frozen_in_order
from reconciler.model.model import Model
from reconciler.model.objects import Column, Enum
from reconciler.model.ref import Kind, Ref

_NUMBERS = re.compile(r"\((\d+)(?:,\s*(\d+))?\)")
_LABEL = re.compile(r"'((?:[^']|'')*)'")

# Portable type, or a database's own → sort; "mysql timestamp" counts before "timestamp".
_SORTS: Mapping[str, str] = {
    "bool": "boolean", "smallint": "integer", "int": "integer", "bigint": "integer", "tinyint": "integer",
    "mediumint": "integer", "year": "integer", "bit": "integer", "integer": "integer", "float": "float",
    "real": "float", "double": "double", "double precision": "double", "decimal": "decimal", "numeric": "decimal",
    "text": "text", "varchar": "text", "character varying": "text", "char": "padded", "character": "padded",
    "tinytext": "text", "mediumtext": "text", "longtext": "text", "set": "text", "bytes": "bytes",
    "varbinary": "bytes", "binary": "bytes", "tinyblob": "bytes", "blob": "bytes", "mediumblob": "bytes",
    "date": "date", "time": "time", "time without time zone": "time", "timestamp": "timestamp",
    "timestamp without time zone": "timestamp", "datetime": "timestamp", "timestamptz": "timestamptz",
    "timestamp with time zone": "timestamptz", "uuid": "uuid", "json": "json", "jsonb": "json", "enum": "enum",
    # Its session's zone decides how MySQL shows one (dev.mysql.com/doc/refman/9.7/en/datetime.html).
    "mysql timestamp": "timestamptz",
    # SQLite holds 8 bytes of either (sqlite.org/datatype3.html).
    "sqlite float": "double", "sqlite real": "double", "sqlite char": "text",
    "sqlite blob": "other", "postgres bit": "other",
}  # fmt: skip

_BITS: Mapping[str, int] = {
    "tinyint": 8, "smallint": 16, "mediumint": 24, "int": 32, "integer": 32, "bigint": 64,
}  # fmt: skip

# Family and sort → the years that there are in it (manual, "Date/Time Types"; …/en/datetime.html).
_YEARS: Mapping[tuple[str, str], tuple[int, int]] = {
    ("postgres", "date"): (-4712, 5_874_897), ("postgres", "timestamp"): (-4712, 294_276),
    ("postgres", "timestamptz"): (-4712, 294_276), ("mysql", "date"): (1, 9999), ("mysql", "timestamp"): (1, 9999),
    ("mysql", "timestamptz"): (1970, 2038), ("sqlite", "date"): (0, 9999), ("sqlite", "timestamp"): (0, 9999),
    ("sqlite", "timestamptz"): (0, 9999),
}  # fmt: skip


def shape_of(dialect: Dialect, column: Column, model: Model) -> Shape:
    """Return what a column of this database holds."""
    spelled = dialect.portable(column)
    assert isinstance(spelled, Column)
    words = str(column.type).lower()
    name, word = _base(words), _base(str(spelled.type).lower())
    sort = _SORTS.get(f"{dialect.family} {name}") or _SORTS.get(word) or _SORTS.get(name, "other")
    shape = Shape(sort=sort, name=str(column.type), family=dialect.family)
    found = _NUMBERS.search(words)
    numbers = tuple(int(one) for one in found.groups() if one is not None) if found else ()
    limits = _LIMITS.get(sort)
    shape = limits(shape, name, numbers) if limits else shape
    if " unsigned" in words and shape.highest is not None:
        shape = replace(shape, lowest=0, highest=shape.highest * 2 + 1)
    return replace(shape, labels=_labels(str(spelled.type), column, model)) if sort == "enum" else shape


def _base(words: str) -> str:
    """Return a type's name without arguments and attributes; what stands between its words stays."""
    bare = _NUMBERS.sub("", words).replace(" unsigned", "").replace(" zerofill", "")
    return " ".join(bare.split()).partition("(")[0]


def _integers(shape: Shape, name: str, numbers: tuple[int, ...]) -> Shape:
    if name in ("bit", "year"):
        lowest, highest = (0, 2 ** (numbers[0] if numbers else 1) - 1) if name == "bit" else (0, 2155)
        return replace(shape, lowest=lowest, highest=highest)
    bits = 64 if shape.family == "sqlite" else _BITS.get(name, 64)
    return replace(shape, lowest=-(2 ** (bits - 1)), highest=2 ** (bits - 1) - 1)


def _decimals(shape: Shape, name: str, numbers: tuple[int, ...]) -> Shape:
    if shape.family == "sqlite" or not numbers:  # SQLite takes no notice of them
        return shape
    return replace(shape, digits=numbers[0], places=numbers[1] if len(numbers) > 1 else 0)


def _lengths(shape: Shape, name: str, numbers: tuple[int, ...]) -> Shape:
    return replace(shape, length=numbers[0]) if numbers and shape.family != "sqlite" else shape


def _moments(shape: Shape, name: str, numbers: tuple[int, ...]) -> Shape:
    lowest, highest = _YEARS.get((shape.family, shape.sort), (None, None))
    # In MySQL what has no number has no fraction; in PostgreSQL it has all six digits.
    places = numbers[0] if numbers else (0 if shape.family == "mysql" and name in _WITHOUT_FRACTION else None)
    return replace(shape, lowest=lowest, highest=highest, places=places)


_WITHOUT_FRACTION = frozenset({"datetime", "timestamp", "time"})
_LIMITS: Mapping[str, Callable[[Shape, str, tuple[int, ...]], Shape]] = {
    "integer": _integers, "decimal": _decimals, "text": _lengths, "padded": _lengths, "bytes": _lengths,
    "date": _moments, "timestamp": _moments, "timestamptz": _moments, "time": _moments,
}  # fmt: skip


def _labels(words: str, column: Column, model: Model) -> tuple[str, ...]:
    """Return the values of an enum: MySQL writes them in the type, PostgreSQL's is an object."""
    if "'" in words:
        return tuple(found.replace("''", "'") for found in _LABEL.findall(words))
    enums = [model.get(ref) for ref in column.uses if ref.kind == Kind.ENUM]
    return next((one.values for one in enums if isinstance(one, Enum)), ())


@frozen_in_order
class Reading:
    """How a column is read: the expression, and what the answer becomes that is not null."""

    expression: str
    decode: Callable[[object], object] | None = None


def reading_of(dialect: Dialect, column: str, shape: Shape) -> Reading:
    """Return how a column is read so that nothing of its values is lost on the way, whatever the session is set to."""
    return expression_of(dialect, dialect.quote(column), shape)


def expression_of(dialect: Dialect, text: str, shape: Shape) -> Reading:
    """Return how an expression is read whose values a column of this shape may hold."""
    if dialect.name == "d1":
        return Reading(exact(dialect, text))
    expression, decode = _READINGS.get((dialect.family, shape.sort), ("{}", None))
    return Reading(expression.format(text), decode)


def exact(dialect: Dialect, text: str) -> str:
    """Write an expression so that an integer comes as what it is, as a text where it is large: the numbers of D1's
    answers are JavaScript's (developers.cloudflare.com/d1/worker-api/#type-conversion).
    """
    if dialect.name != "d1":
        return text
    large = f"typeof({text}) = 'integer' AND {text} NOT BETWEEN -9007199254740991 AND 9007199254740991"
    return f"CASE WHEN {large} THEN CAST({text} AS TEXT) ELSE {text} END"


def _epoch(value: object) -> str:
    return since_1970(Decimal(str(value)))


# JSON writes moments in one way whatever DateStyle says (manual, "JSON Functions and Operators"); the texts of other
# types follow no setting. MySQL shows six digits of a FLOAT (dev.mysql.com/doc/refman/9.7/en/problems-with-float.html).
_READINGS: Mapping[tuple[str, str], tuple[str, Callable[[object], object] | None]] = {
    ("postgres", "date"): ("to_json({}) #>> '{{}}'", None),
    ("postgres", "time"): ("to_json({}) #>> '{{}}'", None),
    ("postgres", "timestamp"): ("to_json({}) #>> '{{}}'", None),
    ("postgres", "timestamptz"): ("to_json({} AT TIME ZONE 'UTC') #>> '{{}}'", None),
    ("postgres", "uuid"): ("CAST({} AS text)", None),
    ("postgres", "json"): ("CAST({} AS text)", None),
    ("postgres", "enum"): ("CAST({} AS text)", None),
    ("postgres", "other"): ("CAST({} AS text)", None),
    ("mysql", "integer"): ("{} + 0", None),
    ("mysql", "float"): ("{} + 0e0", None),
    ("mysql", "date"): ("CAST({} AS CHAR)", None),
    ("mysql", "time"): ("CAST({} AS CHAR)", None),
    ("mysql", "timestamp"): ("CAST({} AS CHAR)", None),
    ("mysql", "timestamptz"): ("UNIX_TIMESTAMP({})", _epoch),
}


def column_of(model: Model, table: Ref, name: str) -> Column | None:
    """Return a table's column as it is there, whatever case its name is written in; None when there is none."""
    exact = model.get(table.child(Kind.COLUMN, name))
    if isinstance(exact, Column):
        return exact
    found = [one for one in model.children(table, Column) if one.ref.name.lower() == name.lower()]
    return found[0] if len(found) == 1 else None
