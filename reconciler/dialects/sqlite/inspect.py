"""A SQLite database in, its model out: the stored texts say what is there, the PRAGMAs have to agree."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from reconciler.dialects.base import Session, Survey, Target
from reconciler.dialects.sqlite import ddl_others
from reconciler.dialects.sqlite.lexer import LexError, canonical
from reconciler.dialects.sqlite.marks import surveyed
from reconciler.dialects.sqlite.names import fold, folded, spellings
from reconciler.dialects.sqlite.objects import Facts, table_objects
from reconciler.dialects.sqlite.reading import Rows, SchemaRow, read, without
from reconciler.dialects.sqlite.triggers import live_trigger
from reconciler.model.fields import referring
from reconciler.model.model import Inspection, Model
from reconciler.model.objects import Index, Object, Unmodelled, View
from reconciler.model.ref import Kind, Ref
from reconciler.model.values import IndexPart, Sql


def inspect(session: Session, target: Target) -> Inspection:
    """Return everything in the main schema; our own and SQLite's tables are left out.

    A table whose text the reader does not account for, or over which text and PRAGMAs disagree, is marked.
    """
    return _made(read(session))


def survey(session: Session, target: Target) -> Survey:
    """Return the same before any object is made, with a mark for each table and view."""
    rows = read(session)
    return surveyed(rows, lambda aside: _made(without(rows, aside)))


def _made(rows: Rows) -> Inspection:
    objects: list[Object] = []
    unnamed: set[Ref] = set()
    roots: dict[str, Ref] = {}
    for row in rows.schema:
        if row[0] in ("table", "view"):
            roots[fold(row[1])] = _root(objects, unnamed, row, rows)
    strange = {obj.ref for obj in objects if isinstance(obj, Unmodelled)}
    for type_, name, table, sql in rows.schema:
        # An index without a text is SQLite's own, of a key or constraint.
        if type_ in ("index", "trigger") and sql is not None:
            root = roots.get(fold(table))
            objects.append(_child(root, type_, name, sql, read=root is not None and root not in strange))
    return Inspection(model=Model(_true_case(_carrying(objects))), unnamed=frozenset(unnamed))


def _carrying(objects: list[Object]) -> list[Object]:
    """Let views bring back those of their triggers that cannot be read."""
    texts: dict[Ref, tuple[str, ...]] = defaultdict(tuple)
    for obj in objects:
        if isinstance(obj, Unmodelled) and obj.ref.kind == Kind.TRIGGER and obj.ref.top.kind == Kind.VIEW:
            texts[obj.ref.top] += (obj.definition,)
    return [replace(obj, carried=texts[obj.ref]) if isinstance(obj, View) and obj.ref in texts else obj
            for obj in objects] if texts else objects  # fmt: skip


def _true_case(objects: list[Object]) -> list[Object]:
    """Let every reference say the name as the object itself is spelled: SQLite does not mind letter case, addresses
    do.
    """
    there = {obj.ref for obj in objects}
    spelled: dict[Ref, Ref] = {}

    def true(ref: Ref) -> Ref:
        if not spelled:
            spelled.update(spellings(there))
        return spelled.get(folded(ref), ref)

    def one(obj: Object) -> Object:
        changed = {}
        for name, reference in referring(type(obj)):
            old = getattr(obj, name)
            if old and not there.issuperset(reference.read(obj, old)):
                changed[name] = reference.rewrite(obj, old, true)
        return replace(obj, **changed) if changed else obj

    return [one(obj) for obj in objects]


def _root(objects: list[Object], unnamed: set[Ref], row: SchemaRow, rows: Rows) -> Ref:
    """Add a table with what is in its text, or a view, and return its address."""
    ref, sql = rows.relation(row), row[3] or ""
    if ref.kind == Kind.TABLE:
        found, nameless = table_objects(row[1], sql, rows.facts.get(row[1], Facts()))
        objects += found
        unnamed |= nameless
    elif ref.kind == Kind.VIEW:
        objects.append(_view(ref, sql))
    else:
        objects.append(Unmodelled(ref=ref, definition=sql))
    return ref


def _view(ref: Ref, sql: str) -> Object:
    try:
        query = ddl_others.read_view(sql)
    except LexError:
        query = None
    if query is None:
        return Unmodelled(ref=ref, definition=sql)
    return View(ref=ref, query=Sql(query, "sqlite", canonical(query)))


def _child(root: Ref | None, type_: str, name: str, sql: str, *, read: bool) -> Object:
    """Return an index or trigger; one that cannot be read, or that is on what cannot, is not modelled."""
    ref = Ref.root(type_, name) if root is None else root.child(type_, name)
    try:
        if read and type_ == "trigger":
            return live_trigger(ref, sql)
        if read and ref.top.kind == Kind.TABLE:
            return _index(ref, ddl_others.read_index(sql), sql)
    except LexError:
        pass
    return Unmodelled(ref=ref, definition=sql)


def _index(ref: Ref, read: ddl_others.IndexText, sql: str) -> Index:
    def part(key: ddl_others.KeyPart) -> IndexPart:
        return IndexPart(
            column=key.name,
            expression=None if key.name else Sql(key.text, "sqlite", canonical(key.text)),
            descending=key.descending,
            collation=key.collation,
        )

    return Index(
        ref=ref,
        parts=tuple(map(part, read.parts)),
        unique=read.unique,
        where=Sql(read.where, "sqlite", canonical(read.where)) if read.where else None,
        definition=sql,
    )
