"""The keys, indexes and constraints of SHOW CREATE TABLE in, objects out; it knows no column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from reconciler.dialects.mysql.lexer import Lexeme, closing
from reconciler.dialects.mysql.reader import Reader
from reconciler.frozen import frozen_in_order
from reconciler.model.names import implicit_name
from reconciler.model.objects import Check, ForeignKey, Index, Object, Options, PrimaryKey, Unique, Unmodelled
from reconciler.model.ref import Kind, Ref
from reconciler.model.values import Action, IndexPart, Sql

_METHODS: Mapping[str, str] = {"FULLTEXT": "fulltext", "SPATIAL": "spatial"}

# A foreign key's `clauses` when its index is the one that the server made for it.
BROUGHT_INDEX = "KEY"


@frozen_in_order
class _Tail:
    """What stands behind a key's columns: its method, comment and settings, and what of it we carry unread."""

    method: str | None
    comment: str | None
    options: Options
    clauses: str


def read_primary_key(reader: Reader, table: Ref) -> Object:
    """Read what follows PRIMARY KEY; one over beginnings, descending values or a period is not modelled."""
    if _over_period(reader):
        return _periodic(reader, table, "PRIMARY")
    parts = _parts(reader)
    tail = _tail(reader)
    columns = tuple(part.column or "" for part in parts)
    if any(part != IndexPart(column=part.column) for part in parts):
        return Unmodelled(
            ref=table.child("constraint", "PRIMARY"), uses=frozenset(table.child(Kind.COLUMN, name) for name in columns)
        )
    return PrimaryKey(ref=table.child(Kind.PRIMARY_KEY), columns=columns, comment=tail.comment, clauses=tail.clauses)


def _over_period(reader: Reader) -> bool:
    """Say whether the rows of a key may not overlap in time (mariadb.com/kb/en/application-time-periods)."""
    return reader.words[closing(reader.tokens, reader.at) - 2 :][:2] == ("WITHOUT", "OVERLAPS")


def _periodic(reader: Reader, table: Ref, name: str) -> Unmodelled:
    *columns, _period = [token.value for token in reader.tokens_inside() if token.lexeme is Lexeme.NAME]
    _tail(reader)
    uses = frozenset(table.child(Kind.COLUMN, column) for column in columns)
    return Unmodelled(ref=table.child("constraint", name), uses=uses)


def read_index(reader: Reader, table: Ref) -> Object:
    """Read an index of any sort; a unique one over plain columns is a constraint, one over a period is not modelled."""
    unique = reader.take("UNIQUE")
    sort = next((word for key, word in _METHODS.items() if reader.take(key)), None)
    reader.expect("KEY")
    name = reader.name()
    if _over_period(reader):
        return _periodic(reader, table, name)
    parts = _parts(reader)
    tail = _tail(reader)
    method = sort or tail.method
    plain = all(part == IndexPart(column=part.column) for part in parts) and method is None and not tail.options
    if unique and plain:
        columns = tuple(part.column or "" for part in parts)
        return Unique(ref=table.child(Kind.UNIQUE, name), columns=columns, comment=tail.comment, clauses=tail.clauses)
    return Index(
        ref=table.child(Kind.INDEX, name), parts=parts, unique=unique, method=method, comment=tail.comment,
        options=tail.options, clauses=tail.clauses,
    )  # fmt: skip


def _tail(reader: Reader) -> _Tail:
    method: str | None = None
    comment: str | None = None
    options: dict[str, str | int | bool] = {}
    carried: list[str] = []
    while not reader.done() and reader.peek() not in (",", ")"):
        if reader.take("USING"):
            method = reader.name().lower()
        elif reader.take("COMMENT"):
            comment = reader.next().value
        elif reader.take("INVISIBLE") or reader.take("IGNORED"):
            options["invisible"] = True
        elif reader.take("WITH", "PARSER"):
            options["parser"] = reader.name()
        else:
            start = reader.at
            reader.next()
            if reader.take("="):
                reader.next()
            carried.append(reader.since(start))
    return _Tail(None if method == "btree" else method, comment, tuple(sorted(options.items())), " ".join(carried))


def _parts(reader: Reader) -> tuple[IndexPart, ...]:
    reader.expect("(")
    found = [_part(reader)]
    while reader.take(","):
        found.append(_part(reader))
    reader.expect(")")
    return tuple(found)


def _part(reader: Reader) -> IndexPart:
    if reader.peek() == "(":
        part = IndexPart(expression=Sql(reader.inside(), "mysql"))
    else:
        part = IndexPart(column=reader.name())
        if reader.peek() == "(":
            part = replace(part, length=int(reader.inside()))
    reader.take("ASC")
    return replace(part, descending=reader.take("DESC"))


def read_constraint(reader: Reader, table: Ref) -> Object:
    """Read what follows CONSTRAINT: a check or a foreign key."""
    name = reader.name()
    if reader.take("CHECK"):
        return read_check(reader, table, name)
    reader.expect("FOREIGN", "KEY")
    columns = tuple(part.column or "" for part in _parts(reader))
    reader.expect("REFERENCES")
    target = reader.name()
    elsewhere = reader.take(".")
    if elsewhere:
        target = reader.name()
    key = ForeignKey(
        ref=table.child(Kind.FOREIGN_KEY, name), columns=columns, target=Ref.root(Kind.TABLE, target),
        target_columns=tuple(part.column or "" for part in _parts(reader)),
    )  # fmt: skip
    while reader.take("ON"):
        event = reader.next().word
        action = _action(reader)
        key = replace(key, on_delete=action) if event == "DELETE" else replace(key, on_update=action)
    if not elsewhere:
        return key
    # It points into another database, which is not ours to look at.
    uses = frozenset(table.child(Kind.COLUMN, column) for column in columns)
    return Unmodelled(ref=table.child("constraint", name), uses=uses)


def _action(reader: Reader) -> Action:
    word = reader.next().word.lower()
    return Action(f"{word} {reader.next().word.lower()}" if word in ("set", "no") else word)


def read_check(reader: Reader, table: Ref, name: str | None) -> Check:
    """Read what follows CHECK; MariaDB knows checks without a name."""
    text = reader.inside()
    enforced = not reader.take("NOT", "ENFORCED")
    shown = name or implicit_name(table.name, [], "check")
    return Check(
        ref=table.child(Kind.CHECK, shown), expression=Sql(text, "mysql"), enforced=enforced, nameless=name is None
    )


def with_key_indexes(objects: Sequence[Object]) -> Iterator[Object]:
    """Take the index that came with a foreign key, and goes with it, for a part of the key."""
    keys = {obj.ref.name: obj for obj in objects if isinstance(obj, ForeignKey)}
    came = {obj.ref.name for obj in objects if isinstance(obj, Index) and _came_with(obj, keys.get(obj.ref.name))}
    for obj in objects:
        if isinstance(obj, ForeignKey) and obj.ref.name in came:
            yield replace(obj, clauses=BROUGHT_INDEX)
        elif not (isinstance(obj, Index) and obj.ref.name in came):
            yield obj


def _came_with(index: Index, key: ForeignKey | None) -> bool:
    return key is not None and plain_index(index, key.columns)


def plain_index(index: Index, columns: Sequence[str]) -> bool:
    """Say whether an index is nothing but these columns, as one that the server makes by itself."""
    return index == Index(ref=index.ref, parts=tuple(IndexPart(column=name) for name in columns))
