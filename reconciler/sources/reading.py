"""The words of CREATE TABLE and its like in, the objects that it makes out; what it cannot read it says, and leaves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation

from reconciler.model.objects import Check, Column, ForeignKey, Index, PrimaryKey, Table, Unique
from reconciler.model.ref import Kind, Ref
from reconciler.model.types import Type
from reconciler.model.values import Action, Default, Generated, Identity, IndexPart, Literal
from reconciler.sources.cursor import Cursor, NotRead
from reconciler.sources.making import Made


def read_table(cursor: Cursor, ref: Ref, family: str) -> Made:
    """Read a table's list of columns and constraints, and what stands behind it."""
    made = Made(table=ref, family=family)
    made.put(Table(ref=ref))
    for part in cursor.group().parts():
        read_part(made, part)
    _table_options(made, cursor)
    return made


def read_part(made: Made, part: Cursor) -> None:
    """Read a column or a constraint of a table; what cannot be read is kept in words, and nothing of it is made."""
    before = dict(made.objects)
    try:
        _constraint(made, part) if is_constraint(part, made.family) else read_column(made, part)
    except NotRead as what:
        made.objects = before
        made.unread.append(f"{what} (in {' '.join(part.whole.split())[:60]})")


# --- columns ----------------------------------------------------------------------------------------------------------

_OPTIONS = frozenset(
    """CONSTRAINT NOT NULL DEFAULT PRIMARY UNIQUE KEY REFERENCES CHECK COMMENT COLLATE GENERATED AS AUTO_INCREMENT ON
    CHARSET STORED VIRTUAL DEFERRABLE INITIALLY INVISIBLE""".split()
)


def read_column(made: Made, cursor: Cursor) -> Ref:
    """Read a column with what it declares beside itself, and return its address. Raises NotRead."""
    name = cursor.name()
    made.position += 1
    column = Column(
        ref=made.table.child(Kind.COLUMN, name), position=made.position, type=read_type(cursor),
    )  # fmt: skip
    made.put(column)
    named = ""
    while not cursor.done:
        if cursor.took("CONSTRAINT"):
            named = cursor.name()
            continue
        read = _COLUMN_OPTIONS.get(cursor.word)
        if read is None:
            raise cursor.unread()
        cursor.at += 1
        read(made, column.ref, cursor, named)
        named = ""
    return column.ref


def read_type(cursor: Cursor) -> Type:
    """Read a type in the database's own words."""
    words = cursor.until(_OPTIONS | {"CHARACTER"} if not cursor.says("CHARACTER") else _OPTIONS)
    return Type(" ".join(words.split()), native=True)


def _change(made: Made, ref: Ref, **values: object) -> None:
    column = made.objects[ref]
    made.put(replace(column, **values))  # type: ignore[arg-type]


def _not(made: Made, ref: Ref, cursor: Cursor, named: str) -> None:
    if not cursor.took("NULL"):
        raise cursor.unread()
    _change(made, ref, not_null=True)


def _null(made: Made, ref: Ref, cursor: Cursor, named: str) -> None:
    return


def _default(made: Made, ref: Ref, cursor: Cursor, named: str) -> None:
    _change(made, ref, default=read_default(made, cursor))


def read_default(made: Made, cursor: Cursor) -> Default | None:
    """Read an expression; a constant is one."""
    start = cursor.at
    text = cursor.until(_OPTIONS)
    word = cursor.words[start]
    if cursor.at - start > 1:
        return made.sql(text)
    if text[:1] == "'":
        return Literal(word.name)
    if word.word in ("TRUE", "FALSE", "NULL"):
        return None if word.word == "NULL" else Literal(word.word == "TRUE")
    try:
        return Literal(Decimal(text))
    except InvalidOperation:
        return made.sql(text)


def _primary(made: Made, ref: Ref, cursor: Cursor, named: str) -> None:
    cursor.took("KEY")
    _key(made, (ref.name,), named)


def _key(made: Made, columns: tuple[str, ...], named: str) -> None:
    made.put(PrimaryKey(ref=made.table.child(Kind.PRIMARY_KEY), columns=columns, name=named or None))
    for name in columns:
        ref = made.table.child(Kind.COLUMN, name)
        if ref in made.objects:
            _change(made, ref, not_null=True)


def _unique(made: Made, ref: Ref, cursor: Cursor, named: str) -> None:
    cursor.took("KEY")
    made.put(Unique(ref=made.add(Kind.UNIQUE, named, (ref.name,), "key"), columns=(ref.name,)))


def _references(made: Made, ref: Ref, cursor: Cursor, named: str) -> None:
    if made.family == "mysql":
        made.doubts.append("REFERENCES beside a column is heeded from MySQL 9.0 and MariaDB 10.5 on, and so here")
    made.put(_reference(made, (ref.name,), cursor, named))


def _reference(made: Made, columns: tuple[str, ...], cursor: Cursor, named: str) -> ForeignKey:
    schema, table = cursor.path()
    target = Ref.root(Kind.TABLE, table, "" if schema in ("public", made.table.schema) else schema)
    there = cursor.names() if cursor.says("(") else ()
    actions = {"DELETE": Action.NO_ACTION, "UPDATE": Action.NO_ACTION}
    while cursor.says("ON", "DELETE") or cursor.says("ON", "UPDATE"):
        event = "DELETE" if cursor.took("ON", "DELETE") else "UPDATE"
        cursor.took("ON", "UPDATE")
        actions[event] = _action(cursor)
    not_valid = cursor.took("NOT", "VALID")
    return ForeignKey(
        ref=made.add(Kind.FOREIGN_KEY, named, columns, "fkey"), columns=columns, target=target, target_columns=there,
        on_delete=actions["DELETE"], on_update=actions["UPDATE"], not_valid=not_valid,
    )  # fmt: skip


def _action(cursor: Cursor) -> Action:
    for action in Action:
        if cursor.took(*action.value.upper().split()):
            return action
    raise cursor.unread()


def _check(made: Made, ref: Ref, cursor: Cursor, named: str) -> None:
    expression = made.sql(cursor.group().whole)
    made.put(Check(ref=made.add(Kind.CHECK, named, (ref.name,), "check"), expression=expression))


def _comment(made: Made, ref: Ref, cursor: Cursor, named: str) -> None:
    _change(made, ref, comment=cursor.name())


def _collate(made: Made, ref: Ref, cursor: Cursor, named: str) -> None:
    _change(made, ref, collation=cursor.name())


def _charset(made: Made, ref: Ref, cursor: Cursor, named: str) -> None:
    cursor.took("SET")
    name = cursor.name()
    if not cursor.says("COLLATE"):
        made.unread.append(f"which collation of {name} {ref.name} has")


def _generated(made: Made, ref: Ref, cursor: Cursor, named: str) -> None:
    always = cursor.took("ALWAYS")
    if not always and not cursor.took("BY", "DEFAULT"):
        raise cursor.unread()
    if not cursor.took("AS"):
        raise cursor.unread()
    if cursor.took("IDENTITY"):
        _change(made, ref, identity=Identity(always=always), not_null=True)
    else:
        _as(made, ref, cursor, named)


def _as(made: Made, ref: Ref, cursor: Cursor, named: str) -> None:
    expression = made.sql(cursor.group().whole)
    stored = cursor.took("STORED")
    cursor.took("VIRTUAL")
    _change(made, ref, generated=Generated(expression, stored))


def _counting(made: Made, ref: Ref, cursor: Cursor, named: str) -> None:
    _change(made, ref, identity=Identity(), not_null=True)


def _on(made: Made, ref: Ref, cursor: Cursor, named: str) -> None:
    if not cursor.took("UPDATE"):
        raise cursor.unread()
    cursor.until(_OPTIONS)
    _change(made, ref, options=(("on_update_now", True),))


_COLUMN_OPTIONS: Mapping[str, Callable[[Made, Ref, Cursor, str], None]] = {
    "NOT": _not, "NULL": _null, "DEFAULT": _default, "PRIMARY": _primary, "UNIQUE": _unique,
    "REFERENCES": _references, "CHECK": _check, "COMMENT": _comment, "COLLATE": _collate, "GENERATED": _generated,
    "AS": _as, "AUTO_INCREMENT": _counting, "ON": _on, "CHARACTER": _charset, "CHARSET": _charset,
}  # fmt: skip

# --- what stands beside columns ---------------------------------------------------------------------------------------

_CONSTRAINTS = frozenset("CONSTRAINT PRIMARY UNIQUE FOREIGN CHECK EXCLUDE LIKE PARTITION".split())
# A word that is no keyword of PostgreSQL's begins a column there.
_MYSQL_INDEXES = frozenset("KEY INDEX FULLTEXT SPATIAL".split())


def is_constraint(cursor: Cursor, family: str) -> bool:
    """Say whether no column comes next."""
    return cursor.word in _CONSTRAINTS or (family == "mysql" and cursor.word in _MYSQL_INDEXES)


def _constraint(made: Made, cursor: Cursor) -> None:
    """Read a constraint or, MySQL's way, an index among the columns. Raises NotRead."""
    named = ""
    if cursor.took("CONSTRAINT") and cursor.word not in _CONSTRAINTS:
        named = cursor.name()
    if cursor.took("PRIMARY", "KEY"):
        _key(made, cursor.names(), named)
    elif cursor.took("UNIQUE"):
        cursor.took("KEY") or cursor.took("INDEX")
        _unique_of(made, cursor, named or ("" if cursor.says("(") else cursor.name()))
    elif cursor.took("FOREIGN", "KEY"):
        named = named or ("" if cursor.says("(") else cursor.name())
        columns = cursor.names()
        if not cursor.took("REFERENCES"):
            raise cursor.unread()
        made.put(_reference(made, columns, cursor, named))
    elif cursor.took("CHECK"):
        expression = cursor.group()
        ref = made.add(Kind.CHECK, named, _only_column(made, expression), "check")
        made.put(Check(ref=ref, expression=made.sql(expression.whole)))
    elif cursor.took("KEY") or cursor.took("INDEX"):
        name = "" if cursor.says("(") else cursor.name()
        parts = index_parts(made, cursor)
        columns = tuple(part.column or "expr" for part in parts)
        comment = cursor.name() if cursor.took("COMMENT") else None
        made.put(Index(ref=made.add(Kind.INDEX, name, columns, "idx"), parts=parts, comment=comment))
    else:
        raise cursor.unread()
    cursor.end()


def _only_column(made: Made, expression: Cursor) -> tuple[str, ...]:
    """Return the one column of the table that an expression names, by which PostgreSQL names a check; () for others."""
    words = {word.name for word in expression.words}
    columns = [ref.name for ref in made.objects if ref.parent == made.table and ref.kind == Kind.COLUMN]
    found = tuple(name for name in columns if name in words)
    return found if len(found) == 1 else ()


def _unique_of(made: Made, cursor: Cursor, named: str) -> None:
    parts = index_parts(made, cursor)
    columns = tuple(part.column for part in parts if part == IndexPart(column=part.column) and part.column)
    if len(columns) == len(parts):
        made.put(Unique(ref=made.add(Kind.UNIQUE, named, columns, "key"), columns=columns))
    else:
        made.put(Index(ref=made.add(Kind.INDEX, named, columns, "idx"), parts=parts, unique=True))


def index_parts(made: Made, cursor: Cursor) -> tuple[IndexPart, ...]:
    """Read what an index is over. Raises NotRead."""
    return tuple(_part(made, part) for part in cursor.group().parts())


_ORDER = frozenset({"ASC", "DESC", "NULLS"})


def _part(made: Made, cursor: Cursor) -> IndexPart:
    if cursor.says("("):
        part = IndexPart(expression=made.sql(cursor.group().whole))
    else:
        name, start = cursor.name(), cursor.at - 1
        part = IndexPart(column=name)
        if cursor.says("("):
            inner = cursor.group().whole
            part = IndexPart(column=name, length=int(inner)) if inner.isdecimal() else IndexPart(
                expression=made.sql(cursor.slice(start, cursor.at))
            )  # fmt: skip
    descending = cursor.took("DESC") or (cursor.took("ASC") and False)
    nulls = True if cursor.took("NULLS", "FIRST") else False if cursor.took("NULLS", "LAST") else None
    cursor.end()
    return replace(part, descending=descending, nulls_first=nulls)


_TABLE_OPTIONS: Mapping[str, str] = {
    "ENGINE": "engine", "CHARSET": "charset", "COLLATE": "collation", "ROW_FORMAT": "row_format", "COMMENT": "comment",
    "AUTO_INCREMENT": "",
}  # fmt: skip


def _table_options(made: Made, cursor: Cursor) -> None:
    """Read what stands behind the list: MySQL's options. What is none of these is told; the next number is data."""
    said: dict[str, str] = {}
    while not cursor.done:
        cursor.took("DEFAULT")
        if cursor.took("CHARACTER", "SET"):
            name = "charset"
        elif made.family == "mysql" and cursor.word in _TABLE_OPTIONS:
            name = _TABLE_OPTIONS[cursor.word]
            cursor.at += 1
        else:
            made.unread.append(" ".join(cursor.slice(cursor.at, len(cursor.words)).split())[:60])
            break
        cursor.took("=")
        said[name] = cursor.name()
        cursor.took(",")
    comment = said.pop("comment", None)
    usual = said.get("engine", "").lower() == "innodb"
    options = sorted((name, word.lower()) for name, word in said.items() if name and not (usual and name == "engine"))
    made.put(Table(ref=made.table, comment=comment or None, options=tuple(options)))
