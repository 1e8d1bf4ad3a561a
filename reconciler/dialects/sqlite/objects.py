"""One table's stored text and PRAGMA rows in, its objects out, and a word where the two do not tell the same story."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from functools import lru_cache

from reconciler.dialects.sql import double_quoted
from reconciler.dialects.sqlite import ddl
from reconciler.dialects.sqlite.lexer import LexError, canonical
from reconciler.dialects.sqlite.names import fold
from reconciler.dialects.sqlite.types import canonical as canonical_type
from reconciler.model.names import implicit_name
from reconciler.model.objects import Check, Column, ForeignKey, Object, PrimaryKey, Table, Unique
from reconciler.model.ref import Kind, Ref
from reconciler.model.types import Type
from reconciler.model.values import Action, Deferrable, Generated, Sql

# PRAGMA table_xinfo's `hidden`: 0 ordinary, 2 virtual generated, 3 stored generated.
_GENERATED = {2: False, 3: True}


@dataclass(slots=True)
class Facts:
    """What the PRAGMAs say of one table: rows of table_xinfo, and of foreign_key_list by key."""

    columns: list[tuple[object, ...]] = field(default_factory=list)
    foreign_keys: dict[int, list[tuple[object, ...]]] = field(default_factory=dict)


def table_objects(name: str, sql: str, facts: Facts) -> tuple[list[Object], set[Ref]]:
    """Return a table with everything in its CREATE TABLE, and the addresses of the constraints that have no name."""
    ref = Ref.root(Kind.TABLE, name)
    try:
        read = ddl.read_table(sql)
        doubt = _doubt(read, facts)
    except LexError as error:
        return [
            Table(ref=ref, not_understood=f"its CREATE TABLE cannot be read: {error}"),
            *_bare_columns(ref, facts),
        ], set()
    objects: list[Object] = [Table(ref=ref, options=_options(read), not_understood=doubt)]
    objects += [_column(ref, number, column) for number, column in enumerate(read.columns, 1)]
    unnamed: set[Ref] = set()
    taken: set[Ref] = set()
    for constraint in read.constraints:
        obj = _numbered(_CONSTRAINTS[constraint.kind](ref, constraint), taken)
        taken.add(obj.ref)
        objects.append(obj)
        if constraint.name is None and obj.ref.name:
            unnamed.add(obj.ref)
    return objects, unnamed


def _options(read: ddl.TableText) -> tuple[tuple[str, str | int | bool], ...]:
    given = {"autoincrement": read.autoincrement, "strict": read.strict, "without_rowid": read.without_rowid}
    return tuple((name, True) for name, value in sorted(given.items()) if value)


@lru_cache(maxsize=10_000)
def _sql(text: str) -> Sql:
    return Sql(text, "sqlite", canonical(text))


@lru_cache(maxsize=10_000)
def _type(words: str) -> Type:
    return Type(canonical_type(words), native=True, spelling=words)


def _column(table: Ref, position: int, read: ddl.ColumnText) -> Column:
    return Column(
        ref=table.child(Kind.COLUMN, read.name),
        type=_type(read.type),
        not_null=read.not_null,
        default=None if read.default is None else _sql(read.default),
        generated=None if read.generated is None else Generated(_sql(read.generated), read.stored),
        collation=read.collation,
        on_conflict=_on_conflict(read.conflict),
        position=position,
        clauses="" if read.not_null_name is None else f"CONSTRAINT {double_quoted(read.not_null_name)}",
    )


def _primary_key(table: Ref, read: ddl.Constraint) -> Object:
    return PrimaryKey(
        ref=table.child(Kind.PRIMARY_KEY), columns=tuple(read.columns), name=read.name,
        on_conflict=_on_conflict(read.conflict), clauses=read.words,
    )  # fmt: skip


def _on_conflict(word: str) -> str:
    """Return the word, "" for what happens without it (sqlite.org/lang_conflict.html)."""
    return "" if word == "ABORT" else word.lower()


def _named(table: Ref, kind: Kind, suffix: str, read: ddl.Constraint) -> Ref:
    return table.child(kind, read.name or implicit_name(table.name, read.columns, suffix))


def _unique(table: Ref, read: ddl.Constraint) -> Object:
    return Unique(
        ref=_named(table, Kind.UNIQUE, "key", read), columns=tuple(read.columns), clauses=read.words,
        on_conflict=_on_conflict(read.conflict), nameless=read.name is None,
    )  # fmt: skip


def _check(table: Ref, read: ddl.Constraint) -> Object:
    return Check(
        ref=_named(table, Kind.CHECK, "check", read), expression=_sql(read.text), clauses=read.conflict,
        nameless=read.name is None,
    )  # fmt: skip


def _foreign_key(table: Ref, read: ddl.Constraint) -> Object:
    return ForeignKey(
        ref=_named(table, Kind.FOREIGN_KEY, "fkey", read),
        columns=tuple(read.columns),
        target=Ref.root(Kind.TABLE, read.target),
        target_columns=tuple(read.target_columns),
        on_delete=Action(read.actions.get("DELETE", "no action").lower()),
        on_update=Action(read.actions.get("UPDATE", "no action").lower()),
        deferrable=Deferrable(read.deferred or "no"),
        nameless=read.name is None,
    )


_CONSTRAINTS = {"PRIMARY": _primary_key, "UNIQUE": _unique, "CHECK": _check, "FOREIGN": _foreign_key}


def _numbered(obj: Object, taken: AbstractSet[Ref]) -> Object:
    """Give a second nameless constraint over the same columns a number, as PostgreSQL does."""
    number, ref = 1, obj.ref
    while ref in taken:
        ref = Ref(ref.schema, (*obj.ref.parts[:-1], f"{obj.ref.name}{number}"))
        number += 1
    return obj if ref == obj.ref else replace(obj, ref=ref)


def _bare_columns(table: Ref, facts: Facts) -> list[Object]:
    """Return the columns as the PRAGMA tells them, when the text cannot be read."""
    found: list[Object] = []
    for position, (name, type_, not_null, default, _, hidden) in enumerate(facts.columns, 1):
        text = None if default is None or hidden in _GENERATED else _sql(str(default))
        found.append(
            Column(
                ref=table.child(Kind.COLUMN, str(name)), position=position, not_null=bool(not_null), default=text,
                type=_type(str(type_)),
            )
        )  # fmt: skip
    return found


def _doubt(read: ddl.TableText, facts: Facts) -> str:
    """Compare what we read with what SQLite itself says; return the first disagreement, or "" when there is none."""
    if any(not key.plain for key in read.constraints):
        return "a column that is INTEGER PRIMARY KEY DESC, and so no rowid"
    positions = _key_positions(read)
    ours = [_fact(read, column, positions.get(column.name.lower(), 0)) for column in read.columns]
    theirs = [_pragma_fact(row) for row in facts.columns if row[5] != 1]
    for our, their in zip(ours, theirs, strict=False):
        if our != their:
            return f"column {their[0]}: read as {our[1:]}, SQLite says {their[1:]}"
    if len(ours) != len(theirs):
        return f"{len(ours)} columns read, SQLite has {len(theirs)}"
    return _doubt_of_keys(read, facts)


def _doubt_of_keys(read: ddl.TableText, facts: Facts) -> str:
    """Compare the foreign keys; SQLite counts them from the last to the first."""
    keys = [_key_fact(key) for key in read.constraints if key.kind == "FOREIGN"]
    pragma = [_pragma_key_fact(facts.foreign_keys[number]) for number in sorted(facts.foreign_keys, reverse=True)]
    for our, their in zip(keys, pragma, strict=False):
        if our != their:
            return f"a foreign key: read as {our}, SQLite says {their}"
    return "" if len(keys) == len(pragma) else f"{len(keys)} foreign keys read, SQLite has {len(pragma)}"


_KeyFact = tuple[str, tuple[str, ...], tuple[str, ...], str, str]


def _key_fact(key: ddl.Constraint) -> _KeyFact:
    on_update, on_delete = (key.actions.get(event, "NO ACTION") for event in ("UPDATE", "DELETE"))
    return fold(key.target), tuple(map(fold, key.columns)), tuple(map(fold, key.target_columns)), on_update, on_delete


def _pragma_key_fact(rows: list[tuple[object, ...]]) -> _KeyFact:
    table, _, _, on_update, on_delete = rows[0]
    return (
        fold(str(table)), tuple(fold(str(row[1])) for row in rows),
        tuple(fold(str(row[2])) for row in rows if row[2] is not None), str(on_update), str(on_delete),
    )  # fmt: skip


def _key_positions(read: ddl.TableText) -> Mapping[str, int]:
    """Return which place the columns of the primary key have in it, from 1, by their names in lower case."""
    keys = [key.columns for key in read.constraints if key.kind == "PRIMARY"]
    return {name.lower(): place for names in reversed(keys) for place, name in reversed([*enumerate(names, 1)])}


_Fact = tuple[str, str, bool, str | None, int, bool | None]


def _fact(read: ddl.TableText, column: ddl.ColumnText, key: int) -> _Fact:
    # The key of a table without rowids is not null without saying so (sqlite.org/withoutrowid.html).
    not_null = column.not_null or (read.without_rowid and key > 0)
    default = None if column.default is None else canonical(column.default)
    stored = column.stored if column.generated is not None else None
    return column.name, canonical_type(column.type), not_null, default, key, stored


def _pragma_fact(row: tuple[object, ...]) -> _Fact:
    name, type_, not_null, default, key, hidden = row
    generated: Mapping[int, bool] = _GENERATED
    words = str(type_)
    stored = generated.get(int(str(hidden)))
    if stored is not None:
        # SQLite counts GENERATED ALWAYS among the words of the type (sqlite.org/gencol.html does not promise it).
        words = words.removesuffix("GENERATED ALWAYS").rstrip()
    return (
        str(name), canonical_type(words), bool(not_null), None if default is None else canonical(str(default)),
        int(str(key)), stored,
    )  # fmt: skip
