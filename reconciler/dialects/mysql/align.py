"""The live model and the desired one in; the desired one out, as the live one puts what is equal on this server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from reconciler.dialects.mysql.mentions import PROGRAMS, Program
from reconciler.dialects.mysql.programs import aligned_program
from reconciler.dialects.mysql.triggers import foretold
from reconciler.model.model import Desired, Inspection, Model
from reconciler.model.objects import Check, Column, Index, Object, Table, Unique
from reconciler.model.programs import Event, Function, Procedure, Trigger
from reconciler.model.ref import Kind, Ref
from reconciler.model.values import IndexPart


def align(inspection: Inspection, desired: Desired) -> Desired:
    """Return what is declared without what holds anyway, and unique keys in the form that they have there.

    A table's engine and collation come from the database unless it says others, a column's collation from its table.
    """
    defaults = inspection.defaults
    live = inspection.model
    tables = {obj.ref: _table(obj, live, defaults) for obj in desired.model.values() if isinstance(obj, Table)}
    settled = Model(_aligned(obj, desired.model, live, tables, defaults) for obj in desired.model.values())
    return replace(desired, model=settled)


def _table(obj: Table, live: Model, defaults: Mapping[str, str]) -> Table:
    """Return a table's options in the form of the live ones: those that are what holds anyway are left out.

    Of what the spec does not say, the live table keeps what it has: that a database has another default by now is no
    reason to convert its tables.
    """
    there = live.get(obj.ref)
    held = dict(there.options) if isinstance(there, Table) else {}
    said = dict(obj.options)
    charset = said.pop("charset", None)
    if charset and "collation" not in said:
        said["collation"] = defaults.get(f"charset {charset}", str(charset))
    kept = {name: value for name, value in said.items() if name in held or defaults.get(name) != value}
    return replace(obj, options=tuple(sorted((held | kept).items())))


def _aligned(
    obj: Object, desired: Model, live: Model, tables: Mapping[Ref, Table], defaults: Mapping[str, str]
) -> Object:
    match obj:
        case Table():
            return tables[obj.ref]
        case Column(collation=str() as collation):
            inherited = dict(tables[obj.ref.top].options).get("collation", defaults.get("collation"))
            return replace(obj, collation=None) if collation == inherited else obj
        case Unique():
            index = live.get(obj.ref.top.child(Kind.INDEX, obj.ref.name))
            if obj.ref not in live and isinstance(index, Index) and index.unique:
                return Index(ref=index.ref, parts=tuple(IndexPart(column=name) for name in obj.columns), unique=True)
            return obj
        case Index(unique=True):
            return _as_unique(obj, live)
        case Check():
            there = live.get(obj.ref)
            return replace(obj, nameless=there.nameless, clauses=there.clauses) if isinstance(there, Check) else obj
        case Trigger() | Function() | Procedure() | Event():
            return aligned_program(obj, live, defaults)
        case _:
            return obj


def foretell(live: Model, desired: Model) -> Model:
    """Return the live model without what the specs leave alone: the order of triggers, whose rights a program has."""
    programs = (obj for obj in live.values() if isinstance(obj, PROGRAMS))
    changed = (_left_alone(obj, desired.get(obj.ref), live) for obj in programs)
    return live.updated([obj for obj in changed if obj is not None])


def _left_alone(obj: Program, declared: Object | None, live: Model) -> Object | None:
    same = declared if isinstance(declared, type(obj)) else None
    if same is not None and same.definer == "":
        obj = replace(obj, definer="")
    if isinstance(obj, Trigger):
        return foretold(obj, same if isinstance(same, Trigger) else None, live)
    return obj


def _as_unique(obj: Index, live: Model) -> Object:
    """A unique index over plain columns is a unique constraint here: there is but one form of the two."""
    ref = obj.ref.top.child(Kind.UNIQUE, obj.ref.name)
    plain = all(part == IndexPart(column=part.column) for part in obj.parts)
    if plain and ref in live and obj.ref not in live:
        return Unique(ref=ref, columns=tuple(part.column or "" for part in obj.parts))
    return obj
