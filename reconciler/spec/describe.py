"""A table of a model in, the entries of its document out, in the order in which people write them; it knows no file.

It is the way back from lowering: what is a default is left out, what has its implicit name is written without a name
where the format has a short form for that.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any

from reconciler.model.model import Model
from reconciler.model.names import implicit_name
from reconciler.model.objects import Check, Column, Exclusion, ForeignKey, Index, Options, PrimaryKey, Table, Unique
from reconciler.model.types import Type
from reconciler.model.values import Action, Default, Deferrable, Deprecated, Identity, IndexPart, Sql
from reconciler.spec.deprecating import without_dates
from reconciler.spec.emit import Block, Lines
from reconciler.spec.fragments import sealed
from reconciler.spec.indexes import SETTINGS
from reconciler.spec.names import Reference, join_name, join_reference, quoted, split_part
from reconciler.spec.scalars import scalar
from reconciler.spec.urls import CHAINS
from reconciler.spec.variables import escaped

Entries = dict[str, Any]


def table_entries(model: Model, table: Table, family: str) -> Entries:
    """Return what the document of a table says beside its name; `family` is the word above its options."""
    columns = sorted(model.children(table.ref, Column), key=lambda column: (column.position, column.ref))
    keys = model.children(table.ref, PrimaryKey)
    key_columns = frozenset(name for key in keys for name in key.columns)
    uniques, foreign = model.children(table.ref, Unique), model.children(table.ref, ForeignKey)
    beside: dict[str, Entries] = {column.ref.name: {} for column in columns}
    for unique in uniques:
        if _is_short_unique(unique, beside):
            beside[unique.columns[0]]["unique"] = True
    for reference in foreign:
        if _is_short_reference(reference, beside):
            beside[reference.columns[0]] |= _column_reference(reference) | _actions(reference)
    entries: Entries = comment_entry(without_dates(table.comment, table.deprecated)) | _dates(table.deprecated)
    entries["columns"] = Lines({c.ref.name: _column(c, key_columns) | beside[c.ref.name] for c in columns})
    for key in keys:
        entries["primary_key"] = _primary_key(key)
    rest: Entries = {
        "unique": {u.ref.name: _unique(u) for u in sorted_by_ref(uniques) if not _is_short_unique(u, beside)},
        "indexes": {i.ref.name: index_entry(i) for i in sorted_by_ref(model.children(table.ref, Index))},
        "foreign_keys": {
            f.ref.name: _foreign_key(f) for f in sorted_by_ref(foreign) if not _is_short_reference(f, beside)
        },
        "checks": {c.ref.name: check_entry(c) for c in sorted_by_ref(model.children(table.ref, Check))},
        "exclusions": {e.ref.name: _exclusion(e) for e in sorted_by_ref(model.children(table.ref, Exclusion))},
    }
    entries.update({name: Lines(found) for name, found in rest.items() if found})
    if table.protect is not None:
        entries["protect"] = table.protect
    return entries | options_entries(table.options, family)


def options_entries(options: Options, family: str) -> Entries:
    """Return options under their key and the dialect's word, nothing when there is none."""
    return {"options": {family: _options(options)}} if options else {}


def _options(options: Options) -> Entries:
    """Return options; those with a dot are inside a mapping."""
    entries: Entries = {}
    for name, value in options:
        head, dot, rest = name.partition(".")
        if dot:
            entries.setdefault(head, {})[rest] = _parameter(value)
        else:
            entries[name] = value
    return entries


def _parameter(value: str | int | bool) -> str | int | bool | Decimal:
    """Return a storage parameter as people write it: numbers and truth values without quotes."""
    read = scalar(value) if isinstance(value, str) else value
    return value if read is None else read


def sorted_by_ref(objects: list[Any]) -> list[Any]:
    """Return objects in the order of their addresses."""
    return sorted(objects, key=lambda obj: obj.ref)


def _column(column: Column, keys: Collection[str]) -> Entries:
    never_null = column.ref.name in keys or column.identity is not None
    entries: Entries = type_entry(column.type)
    if column.identity is not None:
        entries["identity"] = _identity(column.identity)
    if column.not_null != never_null:
        entries["not_null"] = column.not_null
    entries |= default_entry(column.default)
    if column.generated is not None:
        stored = {} if column.generated.stored else {"stored": False}
        entries["generated"] = {"sql": sql_block(column.generated.expression)} | stored
    if column.collation is not None:
        entries["collation"] = column.collation
    entries |= dict(column.options)
    entries |= _on_conflict(column.on_conflict)
    if column.sensitive:
        entries["sensitive"] = True
    said = without_dates(column.comment, column.deprecated)
    return entries | _dates(column.deprecated) | comment_entry(said)


def _dates(deprecated: Deprecated | None) -> Entries:
    if deprecated is None:
        return {}
    return {"deprecated": {"since": deprecated.since, "remove_after": deprecated.remove_after}}


def default_entry(default: Default | None) -> Entries:
    """Return a default under its key, nothing when there is none."""
    if default is None:
        return {}
    if isinstance(default, Sql):
        return {"default": {"sql": sql_block(default)}}
    return {"default": escaped(default.value) if isinstance(default.value, str) else default.value}


def type_entry(written: Type) -> Entries:
    """Return a type under its key."""
    return {"native": written.name} if written.native else {"type": str(written)}


def _identity(identity: Identity) -> bool | Entries:
    entries: Entries = {"always": True} if identity.always else {}
    numbers = {
        "start": identity.start, "increment": identity.increment, "min": identity.minimum, "max": identity.maximum,
        "cache": identity.cache,
    }  # fmt: skip
    entries |= {name: number for name, number in numbers.items() if number is not None}
    if identity.cycle:
        entries["cycle"] = True
    return entries or True


def _primary_key(key: PrimaryKey) -> list[str] | Entries:
    entries: Entries = {"name": key.name} if key.name is not None else {}
    entries |= {"columns": list(key.columns)} | _include(key.include) | deferrable_entry(key.deferrable)
    entries |= _on_conflict(key.on_conflict) | comment_entry(key.comment)
    return entries if len(entries) > 1 else list(key.columns)


def _include(columns: Collection[str]) -> Entries:
    return {"include": list(columns)} if columns else {}


def _on_conflict(word: str) -> Entries:
    """Return what only SQLite has, under its name."""
    return {"dialect": {"sqlite": {"on_conflict": word}}} if word else {}


def _is_short_unique(unique: Unique, columns: Collection[str]) -> bool:
    name = unique.columns[0]
    plain = Unique(ref=unique.ref, columns=(name,))
    return plain == unique and name in columns and unique.ref.name == implicit_name(unique.ref.top.name, (name,), "key")


def _unique(unique: Unique) -> list[str] | Entries:
    entries: Entries = {"columns": list(unique.columns)}
    if unique.nulls_not_distinct:
        entries["nulls_not_distinct"] = True
    entries |= _include(unique.include) | deferrable_entry(unique.deferrable) | comment_entry(unique.comment)
    entries |= _on_conflict(unique.on_conflict)
    return entries if len(entries) > 1 else list(unique.columns)


def _is_short_reference(key: ForeignKey, columns: Collection[str]) -> bool:
    plain = ForeignKey(
        ref=key.ref, columns=key.columns[:1], target=key.target, target_columns=key.target_columns[:1],
        on_delete=key.on_delete, on_update=key.on_update,
    )  # fmt: skip
    if plain != key:
        return False
    return key.columns[0] in columns and key.ref.name == implicit_name(key.ref.top.name, key.columns, "fkey")


def _column_reference(key: ForeignKey) -> Entries:
    return {"references": f"{join_name(key.target.schema, key.target.name)}.{quoted(key.target_columns[0])}"}


def _references(key: ForeignKey) -> Entries:
    reference = Reference(key.target.schema, key.target.name, key.target_columns)
    return {"references": join_reference(reference)}


def _actions(key: ForeignKey) -> Entries:
    said = {"on_delete": key.on_delete, "on_update": key.on_update}
    return {name: str(action) for name, action in said.items() if action is not Action.NO_ACTION}


def _foreign_key(key: ForeignKey) -> Entries:
    entries: Entries = {"columns": list(key.columns)} | _references(key) | _actions(key)
    if key.on_delete_columns:
        entries["on_delete_columns"] = list(key.on_delete_columns)
    if key.match_full:
        entries["match"] = "full"
    return entries | deferrable_entry(key.deferrable) | _doubts(key) | comment_entry(key.comment)


def _doubts(obj: Check | ForeignKey) -> Entries:
    """Return what keeps a constraint from holding for every row."""
    entries: Entries = {} if obj.enforced else {"enforced": False}
    return entries | ({"not_valid": True} if obj.not_valid else {})


def deferrable_entry(deferrable: Deferrable) -> Entries:
    """Return when a constraint is checked under its key, nothing where that is at once."""
    said: Mapping[Deferrable, Entries] = {
        Deferrable.NO: {},
        Deferrable.IMMEDIATE: {"deferrable": True},
        Deferrable.DEFERRED: {"deferrable": "deferred"},
    }
    return said[deferrable]


def index_entry(index: Index) -> list[Any] | Entries:
    """Return what stands behind the name of an index."""
    entries: Entries = {"columns": [_part(part) for part in index.parts]}
    if index.unique:
        entries["unique"] = True
    if index.method is not None:
        entries["method"] = index.method
    if index.where is not None:
        entries["where"] = sql_block(index.where)
    if index.include:
        entries["include"] = list(index.include)
    if index.nulls_not_distinct:
        entries["nulls_not_distinct"] = True
    settings = {name: value for name, value in index.options if name in SETTINGS}
    if len(settings) < len(index.options):
        entries["with"] = {name: _parameter(value) for name, value in index.options if name not in settings}
    entries |= settings
    entries |= comment_entry(index.comment)
    return entries if len(entries) > 1 else list(entries["columns"])


def _part(part: IndexPart) -> str | Entries:
    if part.column is not None and _is_short_part(part):
        short = part.column + (" desc" if part.descending else "") + _nulls(part)
        if _reads_as(short, part):
            return short
    entries: Entries = {"column": part.column} if part.column is not None else {}
    if part.expression is not None:
        entries["sql"] = sql_block(part.expression)
    nulls = None if part.nulls_first is None else "first" if part.nulls_first else "last"
    rest = {
        "length": part.length, "desc": part.descending or None, "nulls": nulls, "opclass": part.opclass,
        "collation": part.collation,
    }  # fmt: skip
    return entries | {name: value for name, value in rest.items() if value is not None}


def _is_short_part(part: IndexPart) -> bool:
    return part.opclass is None and part.collation is None and part.operator is None and part.length is None


def _exclusion(exclusion: Exclusion) -> Entries:
    entries: Entries = {"method": exclusion.method} if exclusion.method is not None else {}
    entries["elements"] = [_element(part) for part in exclusion.parts]
    if exclusion.where is not None:
        entries["where"] = sql_block(exclusion.where)
    entries |= _include(exclusion.include) | deferrable_entry(exclusion.deferrable)
    return entries | comment_entry(exclusion.comment)


def _element(part: IndexPart) -> Entries:
    written = _part(part)
    return ({"column": part.column} if isinstance(written, str) else written) | {"with": part.operator}


def _nulls(part: IndexPart) -> str:
    return "" if part.nulls_first is None else " nulls first" if part.nulls_first else " nulls last"


def _reads_as(short: str, part: IndexPart) -> bool:
    read = split_part(short)
    return (read.column, read.descending, read.nulls_first) == (part.column, part.descending, part.nulls_first)


def check_entry(check: Check) -> Block | Entries:
    """Return what stands behind the name of a check."""
    beyond = ({"no_inherit": True} if check.no_inherit else {}) | _doubts(check) | comment_entry(check.comment)
    return {"sql": sql_block(check.expression)} | beyond if beyond else sql_block(check.expression)


def sql_block(sql: Sql) -> Block:
    """Return SQL as lines of text that read back as the same."""
    return Block(escaped(sealed(sql.text.strip(), CHAINS[sql.dialect or "postgres"][-1])))


def comment_entry(comment: str | None) -> Entries:
    """Return a comment under its key, nothing when there is none."""
    return {"comment": escaped(comment)} if comment else {}
