"""One action of ALTER TABLE in, the objects as they are after it out; what cannot be read changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from reconciler.dialects.base import Dialect
from reconciler.model.model import Model
from reconciler.model.objects import Column, Enum, ForeignKey, Index, Object, PrimaryKey, Unique, View
from reconciler.model.ref import Kind, Ref
from reconciler.model.types import Type
from reconciler.sources.cursor import Cursor, NotRead
from reconciler.sources.making import Made
from reconciler.sources.reading import is_constraint, read_column, read_default, read_part, read_type

Rename = Callable[[Model, Sequence[tuple[Ref, Ref]]], Model]


class Missing(Exception):
    """What a statement is about is not there; the message says what."""


def alter(made: Made, action: Cursor, dialect: Dialect) -> Ref:
    """Apply one action to `made.objects`, and return the table's address after it.

    Raises NotRead, and Missing where what it is about is not there.
    """
    if action.says("OWNER", "TO"):
        return made.table
    if action.took("RENAME"):
        return _rename(made, action, dialect.rename)
    if action.took("CHANGE"):
        action.took("COLUMN")
        old, new = made.table.child(Kind.COLUMN, action.name()), made.table.child(Kind.COLUMN, _next(action))
        if new != old:
            _moved(made, old, new, dialect.rename)
        _again(made, action)
        return made.table
    if action.took("DROP"):
        _drop(made, action, dialect)
        return made.table
    does = _ACTIONS.get(action.word)
    if does is None:
        raise action.unread()
    action.at += 1
    does(made, action)
    return made.table


def _next(action: Cursor) -> str:
    """Return the name that comes next, without reading it."""
    return "" if action.done else action.words[action.at].name


def _add(made: Made, action: Cursor) -> None:
    column = action.took("COLUMN") or not is_constraint(action, made.family)
    soft = action.took("IF", "NOT", "EXISTS")
    if not column:
        read_part(made, Cursor(action.text, action.words[action.at :]))
        return
    ref = made.table.child(Kind.COLUMN, _next(action))
    if ref in made.objects:
        if soft:
            raise NotRead(f"{ref.name} is there already, and may be another one")
        raise Missing(f"the column {ref.name} is there already")
    before = dict(made.objects)
    try:
        read_column(made, action)
    except NotRead:
        made.objects.clear()
        made.objects.update(before)
        raise


def _drop(made: Made, action: Cursor, dialect: Dialect) -> None:
    kind = {"CONSTRAINT": "", "INDEX": Kind.INDEX, "KEY": Kind.INDEX, "CHECK": Kind.CHECK}.get(action.word)
    if action.took("FOREIGN", "KEY"):
        kind = Kind.FOREIGN_KEY
    elif action.took("PRIMARY", "KEY"):
        made.objects.pop(made.table.child(Kind.PRIMARY_KEY), None)
        return
    elif kind is not None:
        action.at += 1
    else:
        action.took("COLUMN")
        kind = Kind.COLUMN
    soft = action.took("IF", "EXISTS")
    name = action.name()
    gone = [ref for ref in made.objects if ref.parent == made.table and _means(made, ref, name, kind)]
    if not gone and not soft:
        raise Missing(f"there is no {kind or 'constraint'} {name} in {made.table.name} at this point")
    for ref in gone:
        if ref.kind == Kind.COLUMN:
            _drop_with(made, ref, dialect)
        del made.objects[ref]


def _means(made: Made, ref: Ref, name: str, kind: str) -> bool:
    if ref.kind == Kind.PRIMARY_KEY:
        return not kind and name in (getattr(made.objects[ref], "name", None), f"{made.table.name}_pkey")
    return ref.name == name and (ref.kind == kind or (not kind and ref.kind not in (Kind.COLUMN, Kind.INDEX)))


def _drop_with(made: Made, column: Ref, dialect: Dialect) -> None:
    """Drop what names a column that goes: keys, indexes, checks, foreign keys that point at it.

    A key of MySQL's goes on with the columns that are left (dev.mysql.com/doc/refman/9.7/en/alter-table.html).
    """
    near = [obj for ref, obj in made.objects.items() if ref.top == made.table or isinstance(obj, ForeignKey | View)]
    live = Model(near)
    named = Model(dialect.resolve(list(live.values()), dialect.normalize(live).model)).dependents(column)
    for obj in [made.objects[one.ref] for one in named]:
        del made.objects[obj.ref]
        if dialect.family == "mysql" and isinstance(obj, Index):
            parts = tuple(part for part in obj.parts if part.column != column.name)
            made.objects |= {obj.ref: replace(obj, parts=parts)} if parts else {}
        elif dialect.family == "mysql" and isinstance(obj, Unique | PrimaryKey):
            columns = tuple(name for name in obj.columns if name != column.name)
            made.objects |= {obj.ref: replace(obj, columns=columns)} if columns else {}


def _rename(made: Made, action: Cursor, rename: Rename) -> Ref:
    if action.took("TO"):
        new = Ref.root(Kind.TABLE, action.path()[1], made.table.schema)
        _moved(made, made.table, new, rename)
        return new
    kind = Kind.COLUMN
    if not action.took("COLUMN") and len(action.words) - action.at > 3:
        if action.says("CONSTRAINT"):
            raise action.unread()
        kind = Kind.INDEX if action.took("INDEX") or action.took("KEY") else kind
    old = made.table.child(kind, action.name())
    if not action.took("TO"):
        raise action.unread()
    _moved(made, old, made.table.child(kind, action.name()), rename)
    return made.table


def _moved(made: Made, old: Ref, new: Ref, rename: Rename) -> None:
    if old not in made.objects:
        raise Missing(f"there is no {old.kind} {old.name} at this point")
    made.objects = {obj.ref: obj for obj in rename(Model(made.objects.values()), [(old, new)]).values()}


def _alter_column(made: Made, action: Cursor) -> None:
    action.took("COLUMN")
    ref = made.table.child(Kind.COLUMN, action.name())
    column = made.objects.get(ref)
    if not isinstance(column, Column):
        raise Missing(f"there is no column {ref.name} in {made.table.name} at this point")
    if action.took("SET", "NOT", "NULL") or action.took("DROP", "NOT", "NULL"):
        made.put(replace(column, not_null=action.words[action.at - 3].word == "SET"))
    elif action.took("DROP", "DEFAULT"):
        made.put(replace(column, default=None))
    elif action.took("SET", "DEFAULT"):
        made.put(replace(column, default=read_default(made, action)))
    elif action.took("SET", "DATA", "TYPE") or action.took("TYPE"):
        made.put(replace(column, type=_until_using(action)))
    else:
        raise action.unread()


def _until_using(action: Cursor) -> Type:
    """Read a type; by which expression rows come to it is no part of what is declared."""
    end = next((i for i, word in enumerate(action.words) if word.word == "USING"), len(action.words))
    return read_type(Cursor(action.text, action.words[action.at : end]))


def _again(made: Made, action: Cursor) -> None:
    """Read a column as MySQL's MODIFY gives it: all of it, and nothing of before."""
    action.took("COLUMN")
    name = _next(action)
    old = made.objects.get(made.table.child(Kind.COLUMN, name))
    if not isinstance(old, Column):
        raise Missing(f"there is no column {name} in {made.table.name} at this point")
    ref = read_column(made, action)
    made.put(replace(made.objects[ref], position=old.position))  # type: ignore[call-arg]


_ACTIONS: Mapping[str, Callable[[Made, Cursor], None]] = {
    "ADD": _add, "ALTER": _alter_column, "MODIFY": _again,
}  # fmt: skip


def alter_type(objects: dict[Ref, Object], ref: Ref, cursor: Cursor) -> None:
    """Apply ALTER TYPE to an enum and to the columns that have it. Raises NotRead, and Missing where there is none."""
    enum = objects.get(ref)
    if not isinstance(enum, Enum):
        raise Missing(f"there is no type {ref.name} at this point")
    if cursor.took("RENAME", "TO"):
        new = Ref.root(Kind.ENUM, cursor.path()[1], ref.schema)
        del objects[ref]
        objects[new] = replace(enum, ref=new)
        for column in [obj for obj in objects.values() if isinstance(obj, Column) and obj.type.name == ref.name]:
            objects[column.ref] = replace(column, type=Type(new.name, native=True))
    elif cursor.took("ADD", "VALUE"):
        cursor.took("IF", "NOT", "EXISTS")
        value = cursor.name()
        at = len(enum.values)
        if cursor.says("BEFORE") or cursor.says("AFTER"):
            after = cursor.took("AFTER") or not cursor.took("BEFORE")
            at = enum.values.index(cursor.name()) + after
        if value not in enum.values:
            objects[ref] = replace(enum, values=(*enum.values[:at], value, *enum.values[at:]))
    elif not cursor.says("OWNER", "TO"):
        raise cursor.unread()
