"""A SQLite database in, its model out: the stored texts say what is there, the PRAGMAs have to agree."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from reconciler.dialects.base import DatabaseError, Session, Target
from reconciler.dialects.sql import captures
from reconciler.dialects.sqlite import ddl_others
from reconciler.dialects.sqlite.lexer import LexError, canonical, tokens
from reconciler.dialects.sqlite.names import fold, folded, hidden, spellings
from reconciler.dialects.sqlite.objects import Facts, table_objects
from reconciler.dialects.sqlite.triggers import live_trigger
from reconciler.model.fields import referring
from reconciler.model.model import Inspection, Model
from reconciler.model.objects import Index, Object, Unmodelled, View
from reconciler.model.ref import Kind, Ref
from reconciler.model.values import IndexPart, Sql

_SCHEMA = "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY rowid"
# A table of a module has no page of its own, and asking for its columns needs the module. Cloudflare's own tables may
# not be asked for.
_COLUMNS = """
    SELECT m.name, x.name, x.type, x."notnull", x.dflt_value, x.pk, x.hidden
    FROM sqlite_schema AS m, pragma_table_xinfo(m.name) AS x
    WHERE m.type = 'table' AND m.rootpage <> 0 AND substr(m.name, 1, 4) <> '_cf_' ORDER BY m.rowid, x.cid"""
_FOREIGN_KEYS = """
    SELECT m.name, k.id, k."table", k."from", k."to", k.on_update, k.on_delete
    FROM sqlite_schema AS m, pragma_foreign_key_list(m.name) AS k
    WHERE m.type = 'table' AND m.rootpage <> 0 AND substr(m.name, 1, 4) <> '_cf_' ORDER BY m.rowid, k.id, k.seq"""
_KINDS = "SELECT name, type FROM pragma_table_list WHERE schema = 'main'"

# What every look asks.
QUESTIONS = (_SCHEMA, _KINDS, _COLUMNS, _FOREIGN_KEYS)


@dataclass(slots=True)
class _Catalog:
    """The rows of sqlite_schema and of the PRAGMAs, by table."""

    facts: dict[str, Facts] = field(default_factory=lambda: defaultdict(Facts))
    kinds: dict[str, str] = field(default_factory=dict)


def inspect(session: Session, target: Target) -> Inspection:
    """Return everything in the main schema; our own and SQLite's tables are left out.

    A table whose text the reader does not account for, or over which text and PRAGMAs disagree, is marked.
    """
    # A table's own name is beside those of its indexes and triggers, as whoever made them wrote it.
    rows = [row for row in session.query(_SCHEMA) if not hidden(str(row[2])) and not captures(str(row[1]))]
    catalog = _catalog(session, rows)
    objects: list[Object] = []
    unnamed: set[Ref] = set()
    roots: dict[str, Ref] = {}
    for type_, name, table, sql in rows:
        if type_ == "table":
            roots[fold(table)] = _table(objects, unnamed, name, sql, catalog)
        elif type_ == "view":
            roots[fold(table)] = _view(objects, name, sql)
    strange = {obj.ref for obj in objects if isinstance(obj, Unmodelled)}
    for type_, name, table, sql in rows:
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


def _mark_shadows(session: Session, kinds: dict[str, str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Where this library has not the module of a table, take every table with its name before it for one of its own."""
    virtual = {name: sql for _, name, _, sql in rows if kinds.get(name) == "virtual"}
    if not virtual:
        return
    try:
        loaded = {fold(name) for (name,) in session.query("SELECT name FROM pragma_module_list")}
    except DatabaseError:  # D1 does not tell, and has the module of every table that there is
        return
    for name in (name for name, sql in virtual.items() if fold(_module(sql)) not in loaded):
        prefix = fold(f"{name}_")
        shadows = [other for other, kind in kinds.items() if kind == "table" and fold(other).startswith(prefix)]
        kinds.update(dict.fromkeys(shadows, "shadow"))


def _module(sql: str) -> str:
    return next((name.value for using, name in pairwise(tokens(sql)) if using.word == "USING"), "")


def _catalog(session: Session, rows: Sequence[tuple[Any, ...]]) -> _Catalog:
    catalog = _Catalog()
    catalog.kinds = dict(session.query(_KINDS))
    _mark_shadows(session, catalog.kinds, rows)
    for table, *row in session.query(_COLUMNS):
        catalog.facts[table].columns.append(tuple(row))
    for table, number, *row in session.query(_FOREIGN_KEYS):
        catalog.facts[table].foreign_keys.setdefault(number, []).append(tuple(row))
    return catalog


_OTHER_KINDS = {"virtual": "virtual_table", "shadow": "virtual_table"}


def _table(objects: list[Object], unnamed: set[Ref], name: str, sql: str, catalog: _Catalog) -> Ref:
    kind = _OTHER_KINDS.get(catalog.kinds.get(name, "table"))
    if kind is not None:
        ref = Ref.root(kind, name)
        objects.append(Unmodelled(ref=ref, definition=sql))
        return ref
    found, nameless = table_objects(name, sql, catalog.facts[name])
    objects += found
    unnamed |= nameless
    return Ref.root(Kind.TABLE, name)


def _view(objects: list[Object], name: str, sql: str) -> Ref:
    ref = Ref.root(Kind.VIEW, name)
    try:
        query = ddl_others.read_view(sql)
    except LexError:
        query = None
    if query is None:
        objects.append(Unmodelled(ref=ref, definition=sql))
    else:
        objects.append(View(ref=ref, query=Sql(query, "sqlite", canonical(query))))
    return ref


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
