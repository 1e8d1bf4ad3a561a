"""Desired objects in, the same in the server's own spelling out: made as temporary ones, read back, and rolled back.

What cannot be made there, for instance because it rests on something that is not there yet, is left out. Live tables
are read by temporary views at most (ACCESS SHARE); all else happens on temporary stand-ins with the declared columns.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from reconciler.dialects.base import Session
from reconciler.dialects.postgres import catalog, types
from reconciler.dialects.postgres.elaborate_programs import of_programs
from reconciler.dialects.postgres.elaborate_types import of_domains, stand_in, stays_in_place, tried
from reconciler.dialects.postgres.lexer import canonical
from reconciler.dialects.postgres.literals import written
from reconciler.dialects.postgres.names import enum_behind
from reconciler.dialects.postgres.normalize import normalize
from reconciler.dialects.postgres.reading import read_shapes
from reconciler.dialects.postgres.reading_tables import tables
from reconciler.dialects.postgres.reading_views import views
from reconciler.dialects.postgres.resolve import resolve
from reconciler.dialects.postgres.rules.keys import check_clause, exclusion_clause, index_text, primary_key_clause
from reconciler.dialects.postgres.rules.statements import parenthesized
from reconciler.dialects.sql import double_quoted
from reconciler.frozen import frozen_in_order
from reconciler.model.model import Model
from reconciler.model.names import helper_name
from reconciler.model.objects import Check, Column, Domain, Enum, Exclusion, Index, Object, PrimaryKey, Table, View
from reconciler.model.programs import Function, Procedure, Trigger
from reconciler.model.ref import Kind, Ref
from reconciler.model.texts import spelled, texts
from reconciler.model.values import Sql

# What is not made as a part of a table.
_ELSEWHERE = (View, Trigger, Function, Procedure)
# How many tables or views are made at once: the lock table has room for so many in any configuration.
_CHUNK = 50
# Seconds that a temporary view waits for a live table that somebody holds exclusively.
_PATIENCE = 2


@frozen_in_order
class _Part:
    """The objects of one relation that want spelling, with what stands in for it."""

    ref: Ref
    objects: Sequence[Object]


def elaborate(session: Session, objects: Sequence[Object], actual: Model, desired: Model) -> Mapping[Ref, Object]:
    """Return by address the objects as the server spells them.

    Args:
        session: any; in a transaction that is open, everything happens behind a savepoint.
        objects: desired ones, in normal form.
        actual: the live model, as the server has it now.
        desired: the declared one.

    Raises:
        DatabaseError: when the connection is lost.
    """
    wanted = [obj for obj in objects if (texts(obj) or isinstance(obj, Column)) and stays_in_place(obj)]
    if not wanted:
        return {}
    with _aside(session):
        stand_in(session, actual, desired)
        inside = [obj for obj in wanted if not isinstance(obj, _ELSEWHERE) and obj.ref.top.kind != Kind.DOMAIN]
        found = _of_tables(session, inside, desired)
        found |= of_domains(session, [obj for obj in wanted if obj.ref.top.kind == Kind.DOMAIN], desired)
        found |= of_programs(session, wanted, desired, _bare_table)
        return found | _of_views(session, [obj for obj in wanted if isinstance(obj, View)], actual, desired)


@contextmanager
def _aside(session: Session) -> Iterator[None]:
    """Let nothing stay of what happens inside; a transaction that is open goes on as if it had not been."""
    inside = session.in_transaction()
    # A session for reading does not allow even temporary tables by itself.
    before = ["SAVEPOINT aside"] if inside else ["SET TRANSACTION READ WRITE"]
    if not inside:
        session.begin()
    try:
        session.execute_each(
            [*before, f"SET LOCAL lock_timeout TO '{_PATIENCE}s'", "SET LOCAL client_min_messages TO error"],
        )
        yield
    finally:
        if inside:
            session.execute_each(["ROLLBACK TO aside", "RELEASE aside"])
        else:
            session.rollback()


# --- columns, checks, indexes -----------------------------------------------------------------------------------------


def _of_tables(session: Session, objects: Sequence[Object], desired: Model) -> dict[Ref, Object]:
    grouped: dict[Ref, list[Object]] = {}
    for obj in objects:
        grouped.setdefault(obj.ref.top, []).append(obj)
    parts = [_Part(ref, inside) for ref, inside in sorted(grouped.items())]
    found: dict[Ref, Object] = {}
    for schema in sorted({part.ref.schema for part in parts}):
        mine = [part for part in parts if part.ref.schema == schema]
        for start in range(0, len(mine), _CHUNK):
            found |= _of_chunk(session, mine[start : start + _CHUNK], schema, desired)
    return found


def _of_chunk(session: Session, parts: Sequence[_Part], schema: str, desired: Model) -> dict[Ref, Object]:
    """Make these tables at once; when one of them fails, one by one, and object by object where it has to be."""
    session.execute("SAVEPOINT chunk")
    try:
        made = [obj for part in parts for obj in part.objects]
        if not tried(session, *(text for part in parts for text in _all_of(part, desired))):
            made = [obj for part in parts for obj in _made_alone(session, part, desired)]
        return _read_back(session, made, schema, desired)
    finally:
        session.execute_each(["ROLLBACK TO chunk", "RELEASE chunk"])


def _all_of(part: _Part, desired: Model) -> list[str]:
    return [_bare_table(part.ref, desired), *(text for obj in part.objects for text in _made(obj))]


def _made_alone(session: Session, part: _Part, desired: Model) -> Sequence[Object]:
    """Make one table, or as much of it as can be made, and return what that is."""
    if tried(session, *_all_of(part, desired)):
        return part.objects
    bare = tried(session, _bare_table(part.ref, desired))
    return [obj for obj in part.objects if bare and tried(session, *_made(obj))]


def _temporary(name: str) -> str:
    return f"pg_temp.{double_quoted(name)}"


def _bare_table(ref: Ref, desired: Model) -> str:
    """Write a temporary table with nothing but columns: those declared, or those of a materialized view's query."""
    view = desired.get(ref)
    if isinstance(view, View):
        return f"CREATE TEMPORARY TABLE {double_quoted(ref.name)} AS {view.query.text}\nWITH NO DATA"
    columns = sorted(desired.children(ref, Column), key=lambda column: column.position)
    lines = [
        f"{double_quoted(column.ref.name)} {types.SERIAL.get(column.type.name, str(column.type))}"
        + (f" COLLATE {double_quoted(column.collation)}" if column.collation else "")
        for column in columns
        if stays_in_place(column)
    ]
    return f"CREATE TEMPORARY TABLE {double_quoted(ref.name)} ({', '.join(lines)})"


def _made(obj: Object) -> Sequence[str]:
    table = _temporary(obj.ref.top.name)
    match obj:
        case Column(generated=None, default=default) if default is not None:
            words = parenthesized(default) if isinstance(default, Sql) else written(default)
            return (f"ALTER TABLE {table} ALTER COLUMN {double_quoted(obj.ref.name)} SET DEFAULT {words}",)
        case Column(generated=generated) if generated is not None:
            # A column cannot become a generated one, so it is made anew; nothing generated rests on another generated.
            name, kind = double_quoted(obj.ref.name), "STORED" if generated.stored else "VIRTUAL"
            words = f"{name} {obj.type} GENERATED ALWAYS AS ({generated.expression.text}) {kind}"
            return (f"ALTER TABLE {table} DROP COLUMN {name}, ADD COLUMN {words}",)
        case Check():
            return (f"ALTER TABLE {table} ADD {check_clause(replace(obj, enforced=True, not_valid=False))}",)
        case Index():
            return (index_text(replace(obj, clauses=""), table),)
        case Exclusion():
            return (f"ALTER TABLE {table} ADD {exclusion_clause(replace(obj, clauses=''))}",)
        case _:
            return ()


def _read_back(session: Session, objects: Sequence[Object], schema: str, desired: Model) -> dict[Ref, Object]:
    temporary = session.query(catalog.TEMPORARY)[0][0]
    shapes = read_shapes(session, {temporary: schema})
    types_ = (obj for obj in desired.values() if isinstance(obj, Domain | Enum))
    live = normalize(Model((*types_, *tables(shapes)))).model
    made = ((obj, live.get(_stand_in(obj.ref))) for obj in objects)
    return {obj.ref: _as_spelled(obj, found) for obj, found in made if found is not None}


def _stand_in(ref: Ref) -> Ref:
    """Return the address that an object has inside what stands in for a table or materialized view."""
    return Ref(ref.schema, (Kind.TABLE, *ref.parts[1:]))


def _as_spelled(obj: Object, made: Object) -> Object:
    """Return the desired object in the form of the one that was made from it; what is emitted stays the author's."""
    if isinstance(obj, Column) and isinstance(made, Column):
        serial = obj.type.name in types.SERIAL
        type_ = obj.type if serial else replace(made.type, spelling=str(obj.type))
        obj = replace(obj, type=type_, default=made.default if _turned_constant(obj, made) else obj.default)
    if isinstance(obj, Index | Exclusion) and isinstance(made, Index | Exclusion):
        parts = [
            replace(part, opclass=real.opclass, collation=real.collation, nulls_first=real.nulls_first)
            for part, real in zip(obj.parts, made.parts, strict=True)
        ]
        obj = replace(obj, parts=tuple(parts))
    return spelled(obj, {place: sql.canonical for place, sql in texts(made).items()})


def _turned_constant(obj: Column, made: Column) -> bool:
    """Say whether the server took for a constant, or for nothing, what was written as an expression."""
    return isinstance(obj.default, Sql) and not isinstance(made.default, Sql) and obj.generated is None


# --- views ------------------------------------------------------------------------------------------------------------


def _of_views(session: Session, wanted: Sequence[View], actual: Model, desired: Model) -> dict[Ref, Object]:
    found: dict[Ref, Object] = {}
    for start in range(0, len(wanted), _CHUNK):
        found |= _of_some_views(session, wanted[start : start + _CHUNK], actual, desired)
    return found


def _of_some_views(session: Session, wanted: Sequence[View], actual: Model, desired: Model) -> dict[Ref, Object]:
    """Make temporary views over the live tables, with stand-ins for those that this plan changes.

    When one of them fails, either half is tried by itself.
    """
    named = {helper_name(str(view.ref), "view"): view for view in wanted}
    resolved = resolve([replace(view, uses=frozenset()) for view in wanted], desired)
    used = {ref.top for view in resolved if isinstance(view, View) for ref in view.uses}
    shadows = _shadows(sorted(ref for ref in used if ref.kind == Kind.TABLE), actual, desired)
    texts_ = [f"CREATE TEMPORARY VIEW {double_quoted(name)} AS {view.query.text}" for name, view in named.items()]
    session.execute("SAVEPOINT views")
    try:
        if tried(session, *shadows, *texts_):
            temporary = session.query(catalog.TEMPORARY)[0][0]
            made = {view.ref.name: view for view in views(read_shapes(session, {temporary: ""}))}
            return {view.ref: _as_made(view, made[name]) for name, view in named.items()}
    finally:
        session.execute_each(["ROLLBACK TO views", "RELEASE views"])
    middle = len(wanted) // 2
    halves = (wanted[:middle], wanted[middle:]) if middle else ()
    return {ref: obj for half in halves for ref, obj in _of_some_views(session, half, actual, desired).items()}


def _as_made(view: View, made: View) -> View:
    text = canonical(made.query.canonical)
    return replace(view, query=replace(view.query, canonical=text), columns=made.columns)


def _shadows(found: Iterable[Ref], actual: Model, desired: Model) -> list[str]:
    """Write stand-ins for tables whose columns change: a query with a star, or with a type in it, depends on them."""
    names: list[str] = []
    for ref in found:
        if not ref.schema and isinstance(desired.get(ref), Table) and _columns(ref, actual) != _columns(ref, desired):
            names += [_bare_table(ref, desired), *_key(ref, desired)]
    return names


def _columns(ref: Ref, model: Model) -> set[tuple[str, str, str | None, tuple[str, ...]]]:
    return {
        (column.ref.name, column.type.name, column.collation, _values(column, model))
        for column in model.children(ref, Column)
    }


def _values(column: Column, model: Model) -> tuple[str, ...]:
    """Return the values of a column's enum, none when it has another type."""
    enum = model.get(enum_behind(column) or column.ref)
    return enum.values if isinstance(enum, Enum) else ()


def _key(ref: Ref, desired: Model) -> list[str]:
    """A query that groups by the primary key may name the other columns, so the stand-in has it too."""
    return [
        f"ALTER TABLE {_temporary(ref.name)} ADD {primary_key_clause(replace(key, clauses=''))}"
        for key in desired.children(ref, PrimaryKey)
    ]
