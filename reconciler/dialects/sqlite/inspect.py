"""A SQLite database in, its model out: the stored texts say what is there, the PRAGMAs have to agree."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace

from reconciler.dialects.base import Session, Target
from reconciler.dialects.sqlite import ddl_others
from reconciler.dialects.sqlite.lexer import LexError, canonical
from reconciler.dialects.sqlite.objects import Facts, table_objects
from reconciler.model.model import Inspection, Model
from reconciler.model.objects import Index, Object, Unmodelled, View, referring
from reconciler.model.ref import Kind, Ref
from reconciler.model.values import IndexPart, Sql

# Ours, SQLite's own, and what Cloudflare keeps in a D1 file.
_HIDDEN = ("_reconcile_", "sqlite_", "_cf_")

_SCHEMA = "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY rowid"
_COLUMNS = """
    SELECT m.name, x.name, x.type, x."notnull", x.dflt_value, x.pk, x.hidden
    FROM sqlite_schema AS m, pragma_table_xinfo(m.name) AS x WHERE m.type = 'table' ORDER BY m.rowid, x.cid"""
_FOREIGN_KEYS = """
    SELECT m.name, k.id, k."table", k."from", k."to", k.on_update, k.on_delete
    FROM sqlite_schema AS m, pragma_foreign_key_list(m.name) AS k WHERE m.type = 'table'
    ORDER BY m.rowid, k.id, k.seq"""
_KINDS = "SELECT name, type FROM pragma_table_list WHERE schema = 'main'"


@dataclass(slots=True)
class _Catalog:
    """The rows of sqlite_schema and of the PRAGMAs, by table."""

    facts: dict[str, Facts] = field(default_factory=lambda: defaultdict(Facts))
    kinds: dict[str, str] = field(default_factory=dict)


def inspect(session: Session, target: Target) -> Inspection:
    """Return everything in the main schema; our own and SQLite's tables are left out.

    A table whose text the reader does not account for, or over which text and PRAGMAs disagree, is marked.
    """
    rows = [row for row in session.query(_SCHEMA) if not str(row[1]).startswith(_HIDDEN)]
    catalog = _catalog(session)
    objects: list[Object] = []
    unnamed: set[Ref] = set()
    roots: dict[str, Ref] = {}
    for type_, name, table, sql in rows:
        if type_ == "table":
            roots[table] = _table(objects, unnamed, name, sql, catalog)
        elif type_ == "view":
            roots[table] = _view(objects, name, sql)
    for type_, name, table, sql in rows:
        if type_ in ("index", "trigger") and sql is not None and table in roots:
            objects.append(_child(roots[table], type_, name, sql))
    return Inspection(model=Model(_true_case(objects)), unnamed=frozenset(unnamed))


def _true_case(objects: list[Object]) -> list[Object]:
    """Let every reference say the name as the object itself is spelled: SQLite does not mind letter case, addresses
    do.
    """
    spelled = {_lower(obj.ref): obj.ref for obj in objects}

    def true(ref: Ref) -> Ref:
        return spelled.get(_lower(ref), ref)

    def one(obj: Object) -> Object:
        changed = {}
        for name, reference in referring(type(obj)):
            old = getattr(obj, name)
            if old and (new := reference.rewrite(obj, old, true)) != old:
                changed[name] = new
        return replace(obj, **changed) if changed else obj

    return [one(obj) for obj in objects]


def _lower(ref: Ref) -> Ref:
    return Ref(ref.schema, tuple(part.lower() for part in ref.parts))


def _catalog(session: Session) -> _Catalog:
    catalog = _Catalog()
    catalog.kinds = dict(session.query(_KINDS))
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


def _child(root: Ref, type_: str, name: str, sql: str) -> Object:
    ref = root.child(type_, name)
    if type_ == "index" and root.kind == Kind.TABLE:
        try:
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
