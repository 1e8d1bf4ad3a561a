"""Root objects of a model in, the entries of their documents out, defaults left out; it knows no file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from reconciler.model.model import Model
from reconciler.model.objects import (
    Check,
    Domain,
    Enum,
    Extension,
    Index,
    NumberSequence,
    Object,
    OwnedBy,
    Schema,
    Table,
    View,
)
from reconciler.model.programs import Event, Function, Procedure, Routine, Trigger, routine_name
from reconciler.model.ref import Kind
from reconciler.spec.describe import (
    Entries,
    check_entry,
    comment_entry,
    default_entry,
    index_entry,
    sorted_by_ref,
    sql_block,
    table_entries,
    type_entry,
)
from reconciler.spec.describe_programs import event_entries, function_entries, procedure_entries, trigger_entry
from reconciler.spec.emit import Lines
from reconciler.spec.names import join_name, quoted


def described(model: Model, root: Object, *, family: str) -> Entries:
    """Return the document of a root object.

    Args:
        model: where what is inside it stands.
        root: an object that has no parent.
        family: the dialect word under which a table's options are written.

    Raises:
        TypeError: when the object has no document of its own.
    """
    name = routine_name(root.ref) if isinstance(root, Routine) else root.ref.name
    head = {root.ref.kind: join_name(root.ref.schema, name)}
    if type(root) in _BY_FAMILY:
        found = _BY_FAMILY[type(root)](root, family)
    elif isinstance(root, Table):
        found = table_entries(model, root, family)
    elif type(root) in _WRITE:
        found = _WRITE[type(root)](model, root)
    else:
        raise TypeError(f"{root.ref} has no document")
    return head | found | _triggers(model, root, family)


def _triggers(model: Model, root: Object, family: str) -> Entries:
    found = {trigger.ref.name: trigger_entry(trigger, family) for trigger in model.children(root.ref, Trigger)}
    return {"triggers": Lines(dict(sorted(found.items())))} if found else {}


def _extension(_: Model, root: Extension) -> Entries:
    given = {"schema": root.namespace, "version": root.version}
    return {key: value for key, value in given.items() if value is not None} | comment_entry(root.comment)


def _enum(_: Model, root: Enum) -> Entries:
    return comment_entry(root.comment) | {"values": list(root.values)}


def _domain(model: Model, root: Domain) -> Entries:
    entries: Entries = comment_entry(root.comment) | type_entry(root.type)
    if root.not_null:
        entries["not_null"] = True
    entries |= default_entry(root.default)
    if root.collation is not None:
        entries["collation"] = root.collation
    found = {check.ref.name: check_entry(check) for check in sorted_by_ref(model.children(root.ref, Check))}
    return entries | ({"checks": Lines(found)} if found else {})


def _sequence(model: Model, root: NumberSequence) -> Entries:
    said = {
        "type": str(root.type), "start": root.start, "increment": root.increment, "min": root.minimum,
        "max": root.maximum, "cache": root.cache, "cycle": root.cycle,
    }  # fmt: skip
    usual = {"type": "bigint", "increment": 1, "cache": 1, "cycle": False}
    entries: Entries = {key: value for key, value in said.items() if value != usual.get(key)}
    for owner in model.children(root.ref, OwnedBy):
        table = join_name(owner.column.schema, owner.column.top.name)
        entries["owned_by"] = f"{table}.{quoted(owner.column.name)}"
    return comment_entry(root.comment) | entries


def _view(model: Model, root: View) -> Entries:
    entries: Entries = comment_entry(root.comment)
    if root.materialized:
        entries["materialized"] = True
    if root.columns is not None:
        entries["columns"] = list(root.columns)
    options = _options(root)
    entries |= ({"options": options} if options else {}) | {"query": sql_block(root.query)}
    found = {index.ref.name: index_entry(index) for index in sorted_by_ref(model.children(root.ref, Index))}
    return entries | ({"indexes": Lines(found)} if found else {})


def _options(root: View) -> Entries:
    entries: Entries = {key: value for key, value in root.options if not key.startswith("storage.")}
    storage = {key.removeprefix("storage."): value for key, value in root.options if key.startswith("storage.")}
    return entries | ({"storage": storage} if storage else {})


_WRITE: Mapping[type[Object], Callable[[Model, Any], Entries]] = {
    Schema: lambda _, root: comment_entry(root.comment),
    Extension: _extension,
    Enum: _enum,
    Domain: _domain,
    NumberSequence: _sequence,
    View: _view,
}

_BY_FAMILY: Mapping[type[Object], Callable[[Any, str], Entries]] = {
    Function: function_entries,
    Procedure: procedure_entries,
    Event: event_entries,
}

DOCUMENTS = frozenset({Kind.TABLE, *(cls.kind for cls in (*_WRITE, *_BY_FAMILY))})
