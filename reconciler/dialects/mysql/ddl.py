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
from reconciler.dialects.mysql.understanding import marked
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
    """What reading one table has given so far; `beyond` is what of it we carry without understanding.

    `said` are its lines, each with what was read of it.
    """

    ref: Ref
    reader: Reader
    objects: list[Object] = field(default_factory=list)
    beyond: list[str] = field(default_factory=list)
    said: list[tuple[str, Sequence[Object]]] = field(default_factory=list)
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
    engine = made.options.get("engine", "")
    objects = [obj for said, found in made.said for obj in marked(said, found, engine)]
    return (table, *(_inheriting(obj, made.options) for obj in with_key_indexes([*objects, *made.objects])))


def _inheriting(obj: Object, options: Mapping[str, str]) -> Object:
    """Leave out the collation that a column has from its table."""
    inherits = isinstance(obj, Column) and obj.collation is not None and obj.collation == options.get("collation")
    return replace(obj, collation=None) if isinstance(obj, Column) and inherits else obj


def _item(made: _Made) -> None:
    reader, start = made.reader, made.reader.at
    if reader.tokens[start].lexeme is Lexeme.NAME:
        _column(made)
        return
    obj = _key(reader, made.ref)
    if obj is None:
        made.beyond.append(_until_next_item(reader))
    else:
        made.said.append((reader.since(start), [obj]))


def _key(reader: Reader, table: Ref) -> Object | None:
    """Read a key, index or constraint; None where it is none of those that we know."""
    if reader.take("PRIMARY", "KEY"):
        return read_primary_key(reader, table)
    if reader.peek() in ("KEY", "UNIQUE", "FULLTEXT", "SPATIAL"):
        return read_index(reader, table)
    if reader.take("CONSTRAINT"):
        return read_constraint(reader, table)
    return read_check(reader, table, None) if reader.take("CHECK") else None


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
    column = Column(ref=ref, type=_type(reader), position=len(made.said) + 1)
    carried: list[str] = []
    checks: list[Object] = []
    start = reader.at
    while reader.peek() not in (",", ")") and not reader.done():
        found = _column_clause(reader, column)
        if found is not None:
            column = found
        elif reader.take("CHECK"):
            column = _column_check(reader, column, checks)
        else:
            carried.append(_carried(reader))
    said = reader.since(start) if reader.at > start else ""
    made.said.append((said, [*checks, replace(column, clauses=" ".join(carried))]))


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
    if reader.take("ROW"):  # of a system-versioned table: no field holds it, and that our words lack it is marked
        reader.next()
        return {}
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


def _column_check(reader: Reader, column: Column, checks: list[Object]) -> Column:
    """MariaDB keeps a check with its column, without a name; json is a longtext with such a check."""
    text = reader.inside()
    name = column.ref.name
    if text == f"json_valid({quoted(name)})" and column.type.name == "longtext":
        return replace(column, type=Type("json", native=True), collation=None)
    ref = column.ref.top.child(Kind.CHECK, implicit_name(column.ref.top.name, [name], "check"))
    checks.append(Check(ref=ref, expression=Sql(text, "mysql"), nameless=True, clauses=quoted(name)))
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
