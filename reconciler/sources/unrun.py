"""Statements in, read and not run where there is no server: tables, keys, indexes out, and what was not read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from reconciler.dialects.adoption import Adoption, begins
from reconciler.dialects.base import Dialect
from reconciler.model.model import Inspection, Model
from reconciler.model.objects import Column, Enum, Extension, Index, Object, Schema, Table, View
from reconciler.model.ref import Kind, Ref
from reconciler.model.types import Type
from reconciler.model.values import Literal, Sql
from reconciler.sources.altering import Missing, alter, alter_type
from reconciler.sources.cursor import Cursor, NotRead
from reconciler.sources.heads import Head, head
from reconciler.sources.journal import Journal, Ran, as_decided
from reconciler.sources.keeping import DEFAULTS, Decision, Key
from reconciler.sources.making import Made
from reconciler.sources.reading import index_parts, read_table
from reconciler.sources.running import passed_over
from reconciler.sources.serials import Sequences, drawn, serials
from reconciler.sources.statements import Statement


def read(dialect: Dialect, files: Iterable[Sequence[Statement]], decisions: Mapping[Key, Decision]) -> Ran:
    """Read the statements of files, in order, as a server would run them; what only that can read is told.

    Args:
        dialect: whose SQL it is.
        files: the statements of each file.
        decisions: which of several definitions of an object holds; the others are passed over.
    """
    state = _Read(dialect, dialect.adoption(), Journal(decisions))
    for statements in files:
        for statement in statements:
            if not passed_over(state.adoption, state.journal, statement):
                as_decided(
                    state.journal, statement, head(statement.words),
                    run=lambda one, found: _one(state, one, found), fits=lambda kept: _fits(state, kept),
                )  # fmt: skip
    model = Model(_with_enums(_with_serials(state)))
    return state.journal.ended(Inspection(model=model, unnamed=frozenset(state.unnamed & model.keys())))


# No table has so many: a column that is added comes behind those of its CREATE TABLE.
_MOST_COLUMNS = 10_000


@dataclass
class _Read:
    """What has been read so far; `unsure` are the names that stand in statements that were not read.

    `blind` says that one of these may have made anything. `position` is that of the last column that was added.
    """

    dialect: Dialect
    adoption: Adoption
    journal: Journal
    objects: dict[Ref, Object] = field(default_factory=dict)
    unnamed: set[Ref] = field(default_factory=set)
    unsure: set[str] = field(default_factory=set)
    blind: bool = False
    position: int = _MOST_COLUMNS
    sequences: Sequences = field(default_factory=Sequences)


class _There(Exception):
    """The object is there already; what the statement makes of it stands beside."""

    def __init__(self, objects: Sequence[Object]) -> None:
        super().__init__()
        self.objects = objects


def _one(state: _Read, statement: Statement, found: Head) -> None:
    """Read a statement, or tell why not."""
    if begins(statement.words, "INSERT|UPDATE|DELETE|SELECT|SET|TRUNCATE|MERGE|WITH"):
        state.journal.note(statement, "changes rows or settings, and makes nothing")
        return
    try:
        _make(state, statement, found)
    except NotRead as what:
        state.unsure |= {word.name.lower() for word in statement.words}
        state.blind |= begins(statement.words, "DO|PREPARE|EXECUTE|CALL")
        state.journal.note(statement, f"only a server can read it: {what}", grave=True)
    except Missing as what:
        if state.blind or state.unsure & {word.name.lower() for word in statement.words}:
            state.journal.note(statement, f"{what}: a statement about it was not read", grave=True)
        else:
            state.journal.fail(statement, f"the statement would fail: {what}")
    except _There as there:
        if state.blind or found.name.lower() in state.unsure:
            state.journal.note(statement, f"{found.name} is there, unless what was not read changed that", grave=True)
        else:
            _compare(state, statement, found, there.objects)
    else:
        state.journal.count(statement, found)


def _fits(state: _Read, kept: Statement) -> bool:
    try:
        _make(state, kept, head(kept.words))
    except (NotRead, Missing, _There):
        return False
    return True


def _compare(state: _Read, statement: Statement, found: Head, objects: Sequence[Object]) -> None:
    live = Model(state.objects.values())
    mine = _normal(state, live, live.subtree(objects[0].ref))
    state.journal.again(statement, found, mine, _normal(state, live, objects))


def _normal(state: _Read, live: Model, objects: Sequence[Object]) -> Model:
    """Return objects in normal form, among everything else that is there."""
    whole = live.only(lambda ref: not ref.inside(objects[0].ref)).updated(objects)
    normal = state.dialect.normalize(whole).model
    return Model(state.dialect.portable(obj) for obj in normal.subtree(objects[0].ref))


# --- what statements make ---------------------------------------------------------------------------------------------


def _make(state: _Read, statement: Statement, found: Head) -> None:
    cursor = Cursor(statement.text, statement.words)
    maker = _MAKERS.get((found.verb, found.kind))
    if maker is not None:
        _after_head(cursor, found)
        maker(state, statement, found, cursor)
    elif statement.says("COMMENT", "ON"):
        cursor.at = 2
        _comment(state, cursor)
    else:
        raise NotRead(" ".join(statement.text[:60].split()))


def _after_head(cursor: Cursor, found: Head) -> None:
    """Read up to the name of what the statement is about."""
    kinds = ("TABLE", "INDEX", "VIEW", "TYPE", "SCHEMA", "EXTENSION", "SEQUENCE")
    while not cursor.done and cursor.word not in kinds:
        cursor.at += 1
    cursor.at += 1
    cursor.took("CONCURRENTLY")
    cursor.took("IF", "NOT", "EXISTS") or cursor.took("IF", "EXISTS")
    cursor.took("ONLY")


def _ref(kind: str, schema: str, name: str) -> Ref:
    return Ref.root(kind, name, "" if schema in DEFAULTS else schema)


def _add(state: _Read, objects: Sequence[Object]) -> None:
    if objects[0].ref in state.objects:
        raise _There(objects)
    state.objects |= {obj.ref: obj for obj in objects}


def _table(state: _Read, statement: Statement, found: Head, cursor: Cursor) -> None:
    ref = _ref(Kind.TABLE, *cursor.path())
    made = read_table(cursor, ref, state.dialect.family)
    _add(state, list(made.objects.values()))
    _keep(state, statement, made)


def _keep(state: _Read, statement: Statement, made: Made) -> None:
    state.unnamed |= made.unnamed
    for what in made.unread:
        state.journal.note(statement, f"only a server can read a part of it: {what}", grave=True)
    for doubt in made.doubts[:1]:
        state.journal.note(statement, doubt)


def _index(state: _Read, statement: Statement, found: Head, cursor: Cursor) -> None:
    name = "" if cursor.says("ON") else cursor.name()
    if not cursor.took("ON"):
        raise cursor.unread()
    cursor.took("ONLY")
    table = _ref(Kind.TABLE, *cursor.path())
    made = Made(table=table, family=state.dialect.family)
    method = cursor.name().lower() if cursor.took("USING") else None
    parts = index_parts(made, cursor)
    columns = tuple(part.column or "expr" for part in parts)
    include = cursor.names() if cursor.took("INCLUDE") else ()
    where = Sql(cursor.until(()), made.family) if cursor.took("WHERE") else None
    cursor.end()
    _has(state, table, *(part.column for part in parts if part.column), *include)
    unique = any(word.word == "UNIQUE" for word in statement.words[:2])
    ref = made.add(Kind.INDEX, name, columns, "idx")
    same = next((one for one in state.objects if one.kind == Kind.INDEX and one.name == ref.name), ref)
    index = Index(ref=ref, parts=parts, unique=unique, method=method, include=include, where=where)
    if same != ref and made.family == "postgres":
        raise Missing(f"the index {same.name} is on {same.top.name} already")
    _add(state, [index])


def _has(state: _Read, table: Ref, *columns: str) -> None:
    """Raise Missing where a table or its columns are not there at this point."""
    if table not in state.objects:
        raise Missing(f"there is no table {table.name} at this point")
    for name in columns:
        if table.child(Kind.COLUMN, name) not in state.objects:
            raise Missing(f"there is no column {name} in {table.name} at this point")


def _view(state: _Read, statement: Statement, found: Head, cursor: Cursor) -> None:
    ref = _ref(Kind.VIEW, *cursor.path())
    if not cursor.took("AS"):
        raise cursor.unread()
    query = Sql(cursor.until(()), state.dialect.family)
    view = View(ref=ref, query=query, materialized="MATERIALIZED" in {word.word for word in statement.words[:4]})
    if found.replaces:
        state.objects.pop(ref, None)
    _add(state, [view])


def _type(state: _Read, statement: Statement, found: Head, cursor: Cursor) -> None:
    ref = _ref(Kind.ENUM, *cursor.path())
    if not cursor.took("AS", "ENUM"):
        raise cursor.unread()
    _add(state, [Enum(ref=ref, values=tuple(part.name() for part in cursor.group().parts()))])


def _schema(state: _Read, statement: Statement, found: Head, cursor: Cursor) -> None:
    name = cursor.name()
    cursor.end()
    if name not in DEFAULTS:
        state.objects.setdefault(Ref.root(Kind.SCHEMA, name), Schema(ref=Ref.root(Kind.SCHEMA, name)))


def _extension(state: _Read, statement: Statement, found: Head, cursor: Cursor) -> None:
    name = cursor.name()
    cursor.took("WITH")
    home = cursor.name() if cursor.took("SCHEMA") else None
    cursor.end()
    ref = Ref.root(Kind.EXTENSION, name)
    state.objects.setdefault(ref, Extension(ref=ref, namespace=home))


def _drop(state: _Read, statement: Statement, found: Head, cursor: Cursor) -> None:
    for part in cursor.parts():
        _, name = part.path()
        gone = [ref for ref in state.objects if ref.kind == found.kind and ref.name == name]
        if not gone and "EXISTS" not in {word.word for word in statement.words[:5]}:
            raise Missing(f"there is no {found.kind} {name} at this point")
        for ref in [ref for ref in state.objects if any(ref.inside(one) for one in gone)]:
            del state.objects[ref]


def _alter(state: _Read, statement: Statement, found: Head, cursor: Cursor) -> None:
    table = _ref(Kind.TABLE, *cursor.path())
    _has(state, table)
    for action in cursor.parts():
        made = Made(
            table=table, family=state.dialect.family, objects=state.objects, position=state.position
        )  # fmt: skip
        table = alter(made, action, state.dialect)
        state.objects, state.position = made.objects, made.position
        _keep(state, statement, made)


def _alter_type(state: _Read, statement: Statement, found: Head, cursor: Cursor) -> None:
    alter_type(state.objects, _ref(Kind.ENUM, *cursor.path()), cursor)


def _comment(state: _Read, cursor: Cursor) -> None:
    if cursor.took("TABLE"):
        ref = _ref(Kind.TABLE, *cursor.path())
    elif cursor.took("COLUMN"):
        path = [cursor.name()]
        while cursor.took("."):
            path.append(cursor.name())
        ref = _ref(Kind.TABLE, path[-3] if len(path) > 2 else "", path[-2]).child(Kind.COLUMN, path[-1])
    else:
        raise cursor.unread()
    obj = state.objects.get(ref)
    if not isinstance(obj, Table | Column):
        raise Missing(f"{ref} is not there at this point")
    if not cursor.took("IS"):
        raise cursor.unread()
    state.objects[ref] = replace(obj, comment=None if cursor.says("NULL") else cursor.name())


def _sequence(state: _Read, statement: Statement, found: Head, cursor: Cursor) -> None:
    if found.verb == "CREATE":
        state.sequences.make(statement, cursor)
    else:
        state.sequences.alter(cursor)


_Maker = Callable[[_Read, Statement, Head, Cursor], None]
_MAKERS: Mapping[tuple[str, str], _Maker] = {
    ("CREATE", Kind.TABLE): _table, ("CREATE", Kind.INDEX): _index, ("CREATE", Kind.VIEW): _view,
    ("CREATE", Kind.ENUM): _type, ("CREATE", Kind.SCHEMA): _schema, ("CREATE", Kind.EXTENSION): _extension,
    ("DROP", Kind.TABLE): _drop, ("DROP", Kind.VIEW): _drop, ("DROP", Kind.ENUM): _drop, ("DROP", Kind.INDEX): _drop,
    ("ALTER", Kind.TABLE): _alter, ("ALTER", Kind.ENUM): _alter_type,
    ("CREATE", Kind.SEQUENCE): _sequence, ("ALTER", Kind.SEQUENCE): _sequence,
}  # fmt: skip


def _with_serials(state: _Read) -> list[Object]:
    """Return all objects, those columns that draw from their own sequence as serial ones; what is left is told."""
    found: list[Object] = []
    used: set[str] = set()
    for obj, lost in serials(state.objects, state.sequences):
        found.append(obj)
        used |= {drawn(state.objects[obj.ref])} if isinstance(obj, Column) and not lost else set()  # type: ignore[arg-type]
        if lost and lost in state.sequences.made:
            why = f"only a server can read the sequence {lost}, which {obj.ref} draws from"
            state.journal.note(state.sequences.made[lost], why, grave=True)
    for name, statement in state.sequences.made.items():
        if name not in used:
            state.journal.note(statement, f"only a server can read the sequence {name}", grave=True)
    return found


def _with_enums(objects: Sequence[Object]) -> Iterable[Object]:
    """Yield all objects; a column whose type has the name of an enum has that enum."""
    enums = {obj.ref.name for obj in objects if isinstance(obj, Enum)}
    for obj in objects:
        name = obj.type.name.removeprefix("public.") if isinstance(obj, Column) and obj.type.native else ""
        if not isinstance(obj, Column) or name not in enums:
            yield obj
            continue
        text = obj.default.text if isinstance(obj.default, Sql) else ""
        value, quote, cast = text.removeprefix("'").partition("'")
        constant = text.startswith("'") and cast.removeprefix("::").removeprefix("public.") == name
        default = Literal(value) if constant and quote else obj.default
        yield replace(obj, type=Type("enum", (name,)), default=default)
