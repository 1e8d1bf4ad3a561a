"""A model as written or as inspected in; the same in PostgreSQL's normal form out, with what PostgreSQL cannot have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeVar

from reconciler.dialects.base import Normalized
from reconciler.dialects.fitting import wrong_default
from reconciler.dialects.postgres import types
from reconciler.dialects.postgres.identity import bounds
from reconciler.dialects.postgres.identity import settled as settled_identity
from reconciler.dialects.postgres.lexer import canonical
from reconciler.dialects.postgres.literals import settled
from reconciler.dialects.postgres.names import FAMILY, enum_of, type_name
from reconciler.dialects.postgres.normalize_programs import normal_routine, normal_trigger
from reconciler.dialects.postgres.parameters import settled as settled_parameter
from reconciler.dialects.postgres.parameters import settled_settings
from reconciler.dialects.postgres.parts import normal_part
from reconciler.dialects.settings import foreign_settings
from reconciler.dialects.shapes import Shapes
from reconciler.dialects.sql import ours
from reconciler.dialects.transpile import NotPortable, output_columns, text_for
from reconciler.errors import Problem
from reconciler.model.fields import changed
from reconciler.model.model import Model
from reconciler.model.names import LONGEST
from reconciler.model.objects import (
    Check,
    Column,
    Domain,
    Enum,
    Exclusion,
    Extension,
    ForeignKey,
    Index,
    NumberSequence,
    Object,
    PrimaryKey,
    Schema,
    Table,
    Unique,
    View,
)
from reconciler.model.programs import Function, Procedure, Trigger, routine_name
from reconciler.model.ref import Kind, Ref
from reconciler.model.texts import map_texts
from reconciler.model.types import Type
from reconciler.model.values import Default, Sql

T = TypeVar("T", bound=Object)
Commented = TypeVar("Commented", Schema, PrimaryKey, Unique, Enum)


@dataclass(slots=True)
class _Work:
    """What normalizing one model reads and finds: its keys and their columns, its types by name, and the problems."""

    keys: Mapping[Ref, tuple[str, ...]]
    in_keys: frozenset[Ref]
    types: Mapping[str, Enum | Domain]
    model: Model
    shapes: Shapes = field(default_factory=Shapes)
    parts: dict[Problem, str] = field(default_factory=dict)

    def add(self, obj: Object, part: str, message: str, hint: str) -> None:
        problem = Problem(code="SPEC200", message=f"{obj.ref}: {message}", hint=hint, address=str(obj.ref))
        self.parts[problem] = part


def normalize(model: Model) -> Normalized:
    """Bring either side into normal form; idempotent. An object that is in it already is given back itself."""
    keys = {obj.ref.top: obj.columns for obj in model.values() if type(obj) is PrimaryKey}
    work = _Work(
        keys=keys, in_keys=frozenset(table.child(Kind.COLUMN, name) for table, names in keys.items() for name in names),
        types={type_name(obj.ref): obj for obj in model.values() if isinstance(obj, Enum | Domain)}, model=model,
    )  # fmt: skip
    objects = [_normal(obj, work) for obj in model.values()]
    return Normalized(model=Model(objects), problems=tuple(work.parts), parts=work.parts)


def _normal(obj: Object, work: _Work) -> Object:
    normal = _NORMAL.get(type(obj))
    if normal is None:
        return obj
    name = routine_name(obj.ref) if isinstance(obj, Function | Procedure) else obj.ref.parts[-1]
    if len(name) * 4 > LONGEST and len(name.encode()) > LONGEST:
        work.add(obj, "", f"the name is longer than {LONGEST} bytes, and PostgreSQL would cut it", "shorten it")
    if type(obj) is Column:
        return work.shapes.normal(obj, obj.ref in work.in_keys, partial(_shaped, work))
    beginning = ours(name)
    if beginning:
        work.add(obj, "", f"names that begin with {beginning} are this tool's own", "give it another name")
    _refused(obj, work)
    return normal(_spelled(obj, work), work)


def _refused(obj: Object, work: _Work) -> None:
    """Tell what only other databases have."""
    found = [("on_conflict", "sqlite")] if getattr(obj, "on_conflict", "") else []
    for name, owner in (*found, *((name, "mysql") for name in foreign_settings(obj, FAMILY))):
        hint = f"write it for {owner} alone: dialect: {{{owner}: {{{name}: …}}}}"
        work.add(obj, name, f"PostgreSQL has no {name} for it", hint)


def _shaped(work: _Work, obj: Column) -> tuple[Column, bool]:
    """Normalize a column; one that has problems is no example for others of its shape."""
    problems = len(work.parts)
    _refused(obj, work)
    return _column(_spelled(obj, work), work), len(work.parts) == problems


def _spelled(obj: T, work: _Work) -> T:
    """Give every text PostgreSQL's words and one spelling."""

    def spell(place: str, sql: Sql) -> Sql:
        if place.startswith("body"):  # statements, and those have a frame
            return sql
        try:
            text = text_for(sql, FAMILY)
        except NotPortable as error:
            work.add(obj, place.partition(".")[0], *error.told(sql, FAMILY))
            return sql
        spelling = canonical(sql.canonical if text == sql.text else text)
        return sql if (spelling, sql.dialect) == (sql.canonical, FAMILY) else Sql(text, FAMILY, spelling)

    return map_texts(obj, spell)


def _table(obj: Table, work: _Work) -> Table:
    options = tuple((name, settled_parameter(value) if "." in name else value) for name, value in obj.options)
    return changed(obj, options=options, comment=obj.comment or None)


def _commented(obj: Commented, work: _Work) -> Commented:
    return changed(obj, comment=obj.comment or None)


def _column(obj: Column, work: _Work) -> Column:
    type_ = _native(obj.type)
    own = work.types.get(element_name(type_))
    serial = type_.name in types.SERIAL
    identity = obj.identity and settled_identity(obj.identity, type_.name)
    default = _settled(obj, type_, work)
    in_key = obj.ref in work.in_keys
    if serial and obj.default is not None:
        work.add(
            obj, "default", f"a {type_.name} column has its sequence as default", "leave `default` out, or use bigint"
        )
    return changed(
        obj if default is obj.default else replace(obj, default=default), type=type_, identity=identity,
        comment=obj.comment or None,
        not_null=obj.not_null or in_key or serial or identity is not None,
        collation=None if obj.collation in ("default", "") else obj.collation,
        options=settled_settings(obj.options, type_.name),
        moved_values=own.removed_values if isinstance(own, Enum) else (),
        uses=obj.uses | {own.ref} if own else obj.uses,
    )  # fmt: skip


def _native(written: Type) -> Type:
    return types.native(written, lambda name: type_name(enum_of(name)))


def _settled(obj: Column | Domain, type_: Type, work: _Work) -> Default | None:
    """Give a default one form; that of a domain is one of the type behind it. A constant has to fit the type."""
    own = work.types.get(type_.name)
    while isinstance(own, Domain):
        type_ = _native(own.type)
        own = work.types.get(type_.name)
    wrong = wrong_default(obj.default, own.values if own else (), types.sort(type_.name), types.arguments(type_.name))
    if wrong:
        work.add(obj, "default", *wrong)
    return settled(obj.default, type_.name, is_enum=own is not None)


def _domain(obj: Domain, work: _Work) -> Domain:
    type_ = _native(obj.type)
    own = work.types.get(element_name(type_))
    return changed(
        obj, type=type_, default=_settled(obj, type_, work), comment=obj.comment or None,
        collation=None if obj.collation in ("default", "") else obj.collation,
        uses=obj.uses | {own.ref} if own else obj.uses,
    )  # fmt: skip


def _sequence(obj: NumberSequence, work: _Work) -> NumberSequence:
    """Leave out what follows from type and direction (manual, "CREATE SEQUENCE")."""
    type_ = _native(obj.type)
    usual = bounds(type_.name, obj.increment)
    least = usual.minimum if obj.minimum is None else obj.minimum
    most = usual.maximum if obj.maximum is None else obj.maximum
    begins = least if obj.increment > 0 else most
    start = begins if obj.start is None else obj.start
    edge = bounds(type_.name, 1).maximum
    if not -edge - 1 <= least < most <= edge:
        work.add(
            obj, "minimum" if obj.minimum is not None else "maximum",
            f"its numbers go from {least} to {most}, and {type_.name} holds {-edge - 1} to {edge}",
            "mend min or max, or give it a wider type",
        )  # fmt: skip
    elif not least <= start <= most:
        work.add(obj, "start", f"it starts at {start}, which is not between {least} and {most}", "mend start")
    if obj.cache < 1:
        work.add(obj, "cache", "it keeps at least one number at hand", "leave cache out")
    return changed(
        obj, type=type_, comment=obj.comment or None, start=None if start == begins else start,
        minimum=None if least == usual.minimum else least, maximum=None if most == usual.maximum else most,
    )  # fmt: skip


def _extension(obj: Extension, work: _Work) -> Extension:
    if obj.ref.name == "plpgsql":
        work.add(obj, "", "every database has it from the beginning", "leave it out")
    return changed(obj, comment=obj.comment or None)


def element_name(type_: Type) -> str:
    """Return a canonical type's name, an array's element's name."""
    return type_.name.removesuffix("[]")


def _foreign_key(obj: ForeignKey, work: _Work) -> ForeignKey:
    columns = obj.target_columns or work.keys.get(obj.target, ())
    if len(columns) != len(obj.columns):
        work.add(
            obj, "references", f"{len(obj.columns)} column(s) cannot refer to {len(columns)} of {obj.target.name}",
            f"name the columns: references: {obj.target.name}(…)",
        )  # fmt: skip
    doubtful = obj.enforced and obj.not_valid
    return changed(obj, target_columns=columns, not_valid=doubtful, comment=obj.comment or None)


def _check(obj: Check, work: _Work) -> Check:
    """What nothing enforces is not valid either, and that is not said twice."""
    for part, given in (("no_inherit", obj.no_inherit), ("enforced", not obj.enforced)):
        if given and obj.ref.top.kind == Kind.DOMAIN:
            work.add(obj, part, f"a domain's checks have no {part!r}", f"leave {part} out")
    return changed(obj, not_valid=obj.enforced and obj.not_valid, comment=obj.comment or None)


def _exclusion(obj: Exclusion, work: _Work) -> Exclusion:
    return changed(
        obj, method=None if obj.method in ("btree", "") else obj.method, comment=obj.comment or None,
        parts=tuple(map(normal_part, obj.parts)),
    )  # fmt: skip


def _index(obj: Index, work: _Work) -> Index:
    return changed(
        obj, method=None if obj.method in ("btree", "") else obj.method, comment=obj.comment or None,
        parts=tuple(map(normal_part, obj.parts)),
        options=tuple((name, settled_parameter(value)) for name, value in obj.options),
    )  # fmt: skip


def _view(obj: View, work: _Work) -> View:
    text = without_end(obj.query.text)
    contract = output_columns(text, FAMILY) if obj.columns else None
    if contract and contract != obj.columns:
        work.add(
            obj, "columns", f"the query gives {', '.join(contract)}; the contract says {', '.join(obj.columns or ())}",
            "mend the query or the contract",
        )  # fmt: skip
    query = Sql(text, obj.query.dialect, canonical(without_end(obj.query.canonical)))
    same = (query.text, query.canonical) == (obj.query.text, obj.query.canonical)
    found = ((name, _option(value)) for name, value in obj.options)
    # Only a view's own options are off unless somebody turns them on.
    options = tuple((name, value) for name, value in found if value is not False or name.startswith("storage."))
    return changed(obj, query=obj.query if same else query, comment=obj.comment or None, options=options)


_TRUTH: Mapping[str, bool] = {"true": True, "false": False}


def _option(value: str | int | bool) -> str | int | bool:
    """Return an option's value, which the catalog keeps as text."""
    text = settled_parameter(value)
    return int(text) if text.lstrip("-").isdigit() else _TRUTH.get(text, text)


def without_end(query: str) -> str:
    """Return a query without blanks and semicolons at its end."""
    return query.strip().rstrip("; \t\r\n")


_NORMAL: Mapping[type[Object], Callable[[Any, _Work], Object]] = {
    Table: _table,
    Column: _column,
    PrimaryKey: _commented,
    Unique: _commented,
    Check: _check,
    Exclusion: _exclusion,
    Schema: _commented,
    Extension: _extension,
    Enum: _commented,
    Domain: _domain,
    NumberSequence: _sequence,
    ForeignKey: _foreign_key,
    Index: _index,
    View: _view,
    Function: lambda obj, work: normal_routine(obj, work.types, work.add),
    Procedure: lambda obj, work: normal_routine(obj, work.types, work.add),
    Trigger: lambda obj, work: normal_trigger(obj, work.model, work.add),
}
