"""SHOW CREATE TABLE in, the table with all that is inside it out; live tables and temporary ones alike.

information_schema leaves out temporary tables, and says less: this text is the server's own and complete.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from reconciler.dialects.mysql import types
from reconciler.dialects.mysql.ddl_keys import (
    read_check,
    read_constraint,
    read_index,
    read_primary_key,
    with_key_indexes,
)
from reconciler.dialects.mysql.lexer import Lexeme, quoted
from reconciler.dialects.mysql.reader import Reader
from reconciler.model.names import implicit_name
from reconciler.model.objects import Check, Column, Object, Table, Unmodelled
from reconciler.model.ref import Kind, Ref
from reconciler.model.types import Type
from reconciler.model.values import Generated, Identity, Sql

# Table options that are numbers, by their names in a spec.
COUNTS = frozenset({"avg_row_length", "key_block_size", "max_rows", "min_rows", "stats_sample_pages"})
# Table options that are managed; AUTO_INCREMENT is data, and of no interest.
OPTIONS: Mapping[str, str] = {
    "ENGINE": "engine", "CHARSET": "charset", "COLLATE": "collation", "ROW_FORMAT": "row_format",
    **{name.upper(): name for name in sorted(COUNTS)},
}  # fmt: skip


@dataclass(slots=True)
class _Made:
    """What reading one table has given so far; `beyond` is what of it we carry without understanding."""

    ref: Ref
    reader: Reader
    objects: list[Object] = field(default_factory=list)
    beyond: list[str] = field(default_factory=list)
    comment: str | None = None
    options: dict[str, str] = field(default_factory=dict)


def read_table(text: str, ref: Ref) -> Sequence[Object]:
    """Return the table and all that is inside it. Raises LexError for a text that is none of the server's."""
    reader = Reader(text)
    made = _Made(ref, reader)
    reader.expect("CREATE")
    reader.take("TEMPORARY")
    reader.expect("TABLE")
    reader.name()
    reader.expect("(")
    while True:
        _item(made)
        if not reader.take(","):
            break
    reader.expect(")")
    _options(made)
    table = Table(
        ref=ref, comment=made.comment, options=tuple(sorted(made.options.items())), not_understood=" ".join(made.beyond)
    )
    return (table, *(_inheriting(obj, made.options) for obj in with_key_indexes(made.objects)))


def _inheriting(obj: Object, options: Mapping[str, str]) -> Object:
    """Leave out the collation that a column has from its table."""
    inherits = isinstance(obj, Column) and obj.collation is not None and obj.collation == options.get("collation")
    return replace(obj, collation=None) if isinstance(obj, Column) and inherits else obj


def _item(made: _Made) -> None:
    reader = made.reader
    if reader.take("PRIMARY", "KEY"):
        made.objects.append(read_primary_key(reader, made.ref))
    elif reader.peek() in ("KEY", "UNIQUE", "FULLTEXT", "SPATIAL"):
        made.objects.append(read_index(reader, made.ref))
    elif reader.take("CONSTRAINT"):
        made.objects.append(read_constraint(reader, made.ref))
    elif reader.take("CHECK"):
        made.objects.append(read_check(reader, made.ref, None))
    elif reader.tokens[reader.at].lexeme is Lexeme.NAME:
        _column(made)
    else:
        made.beyond.append(_until_next_item(reader))


def _until_next_item(reader: Reader) -> str:
    """Skip what is none of the forms that we know: `PERIOD FOR SYSTEM_TIME (…)`."""
    start = reader.at
    while not reader.done() and reader.peek() not in (",", ")"):
        if reader.peek() == "(":
            reader.inside()
        else:
            reader.next()
    return reader.since(start)


# --- columns ----------------------------------------------------------------------------------------------------------


def _column(made: _Made) -> None:
    reader = made.reader
    ref = made.ref.child(Kind.COLUMN, reader.name())
    column = Column(ref=ref, type=_type(reader), position=sum(isinstance(obj, Column) for obj in made.objects) + 1)
    carried: list[str] = []
    while reader.peek() not in (",", ")") and not reader.done():
        found = _column_clause(reader, column)
        if found is not None:
            column = found
        elif reader.take("CHECK"):
            column = _column_check(made, column)
        else:
            carried.append(_carried(reader))
    made.objects.append(replace(column, clauses=" ".join(carried)))


def _type(reader: Reader) -> Type:
    start = reader.at
    reader.next()
    if reader.peek() == "PRECISION":
        reader.next()
    if reader.peek() == "(":
        reader.inside()
    while reader.peek() in ("UNSIGNED", "ZEROFILL"):
        reader.next()
    return Type(types.canonical(reader.since(start)), native=True)


def _column_clause(reader: Reader, column: Column) -> Column | None:
    """Read one clause into a column; None when it is none that has a field of its own."""
    for words, read in _CLAUSES:
        if reader.take(*words):
            return replace(column, **read(reader))
    for words, name in _SETTINGS:
        if reader.take(*words):
            if reader.peek() == "(":  # the precision is the column's own
                reader.inside()
            return replace(column, options=tuple(sorted((*column.options, (name, True)))))
    return None


def _no_field(reader: Reader) -> dict[str, Any]:
    reader.next()  # of a character set the collation says it too
    return {}


def _generated(reader: Reader) -> dict[str, Any]:
    expression = Sql(reader.inside(), "mysql")
    stored = reader.take("STORED") or reader.take("PERSISTENT")
    return {"generated": Generated(expression, stored=stored or not reader.take("VIRTUAL"))}


_CLAUSES: Sequence[tuple[tuple[str, ...], Callable[[Reader], dict[str, Any]]]] = (
    (("CHARACTER", "SET"), _no_field),
    (("COLLATE",), lambda reader: {"collation": reader.name()}),
    (("NOT", "NULL"), lambda reader: {"not_null": True}),
    (("NULL",), lambda reader: {}),
    (("AUTO_INCREMENT",), lambda reader: {"identity": Identity()}),
    (("COMMENT",), lambda reader: {"comment": reader.next().value}),
    (("DEFAULT",), lambda reader: {"default": _default(reader)}),
    (("GENERATED", "ALWAYS", "AS"), _generated),
)


# Words that make a setting of a column true; every spelling of the present moment is this one on MySQL.
_SETTINGS: Sequence[tuple[tuple[str, ...], str]] = (
    (("INVISIBLE",), "invisible"),
    (("ON", "UPDATE", "CURRENT_TIMESTAMP"), "on_update_now"),
)


def _default(reader: Reader) -> Sql | None:
    """Read what follows DEFAULT: a constant, a call, or an expression in parentheses."""
    start = reader.at
    if reader.peek() == "(":
        text = reader.inside()
        return Sql(text, "mysql")
    token = reader.next()
    if token.word in ("-", "+") or token.text.startswith("_"):
        reader.next()
    while reader.peek() == "(":
        reader.inside()
    text = reader.since(start)
    return None if text.upper() == "NULL" else Sql(text, "mysql")


def _carried(reader: Reader) -> str:
    """Take a clause that has no field, with what belongs to it: `SRID 4326`."""
    start = reader.at
    word = reader.next().word
    if word in ("SRID", "COLUMN_FORMAT", "STORAGE", "REF_SYSTEM_ID"):
        reader.take("=")
        reader.next()
    return reader.since(start)


def _column_check(made: _Made, column: Column) -> Column:
    """MariaDB keeps a check with its column, without a name; json is a longtext with such a check."""
    text = made.reader.inside()
    name = column.ref.name
    if text == f"json_valid({quoted(name)})" and column.type.name == "longtext":
        return replace(column, type=Type("json", native=True), collation=None)
    ref = made.ref.child(Kind.CHECK, implicit_name(made.ref.name, [name], "check"))
    made.objects.append(Check(ref=ref, expression=Sql(text, "mysql"), nameless=True, clauses=quoted(name)))
    return column


# --- table options ----------------------------------------------------------------------------------------------------


def _options(made: _Made) -> None:
    reader = made.reader
    while not reader.done():
        if reader.peek() == "PARTITION":
            made.objects += _partitions(made)
            return
        start = reader.at
        reader.take("DEFAULT")
        name = reader.next().word
        if not reader.take("="):
            made.beyond.append(reader.since(start))
            continue
        value = reader.next().value
        if name == "COMMENT":
            made.comment = value
        elif name in OPTIONS:
            made.options[OPTIONS[name]] = value if name != "ROW_FORMAT" else value.lower()
        elif name != "AUTO_INCREMENT":
            made.beyond.append(reader.since(start))


def _partitions(made: _Made) -> Iterator[Object]:
    """List the partitions: changes of the table keep them, and none of them is ours."""
    reader = made.reader
    text = reader.rest().rstrip("*/ \n")
    while not reader.done():
        if reader.next().word == "PARTITION" and reader.peek() != "BY":
            yield Unmodelled(ref=made.ref.child("partition", reader.name()))
    made.beyond.append(text.split("\n", 1)[0])
