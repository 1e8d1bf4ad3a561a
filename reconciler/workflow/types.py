"""The portable types in, what each dialect makes of them out: the dialects are asked, no second table is kept."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler import dialects
from reconciler.dialects.base import Dialect
from reconciler.model.model import Model
from reconciler.model.objects import Column, Enum, Object, PrimaryKey, Table
from reconciler.model.ref import Ref
from reconciler.model.types import PORTABLE, Type
from reconciler.model.values import Identity
from reconciler.report.offline_facts import Spelled, TypeRow

_TABLE = Ref.root("table", "t")
_COLUMN = _TABLE.child("column", "c")
# What stands in the parentheses of the types that want a name there, and numbers for the others.
_NAMES = {"enum": ("mood",), "array": ("int",)}
_NUMBERS = ("12", "2")
# What an identity may be.
_COUNTING = frozenset({"smallint", "int", "bigint"})


def type_table(names: Sequence[str] = dialects.NAMES) -> tuple[TypeRow, ...]:
    """Return a row for each portable type, and one for an identity wherever that is spelled otherwise."""
    rows: list[TypeRow] = []
    for name, (_, most) in PORTABLE.items():
        type_ = Type(name, _NAMES.get(name, _NUMBERS[:most]))
        plain = {each: _spelled(dialects.dialect(each), type_, None) for each in names}
        rows.append(TypeRow(portable=str(type_), dialects=plain))
        if name not in _COUNTING:
            continue
        counted = {each: _spelled(dialects.dialect(each), type_, Identity()) for each in names}
        if any(found.native and found.native != plain[each].native for each, found in counted.items()):
            rows.append(TypeRow(portable=f"{type_}, identity", dialects=counted))
    return tuple(rows)


def _spelled(dialect: Dialect, type_: Type, identity: Identity | None) -> Spelled:
    """Ask a dialect for a column of a type: how it is written, what comes with it, what is lost."""
    column = Column(ref=_COLUMN, type=type_, identity=identity, not_null=identity is not None)
    objects: list[Object] = [Table(ref=_TABLE), column]
    objects += [PrimaryKey(ref=_TABLE.child("primary_key"), columns=("c",))] if identity else []
    objects += [Enum(ref=Ref.root("enum", "mood"), values=("a", "b"))] if type_.name == "enum" else []
    asked = Model(objects)
    found = dialect.normalize(asked)
    notes = tuple(problem.message.removeprefix(f"{_COLUMN}: ") for problem in found.problems)
    if any(problem.severity == "error" for problem in found.problems):
        return Spelled(native="", notes=notes)
    besides = sorted({str(ref.kind) for ref in found.model if ref not in asked and ref.parent == _TABLE})
    return Spelled(native=str(found.model.get_as(_COLUMN, Column).type), besides=tuple(besides), notes=notes)
