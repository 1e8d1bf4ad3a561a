"""A model as written or as inspected in; the same in SQLite's normal form out, with what SQLite cannot have or keep."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeVar

from reconciler.dialects.base import Normalized
from reconciler.dialects.shapes import Shapes
from reconciler.dialects.sql import ours
from reconciler.dialects.sqlite import types
from reconciler.dialects.sqlite.alike import alike
from reconciler.dialects.sqlite.elsewhere import ABSENT, NOUNS, beyond
from reconciler.dialects.sqlite.lexer import canonical
from reconciler.dialects.sqlite.literals import settled
from reconciler.dialects.sqlite.lowered import enum_check, moved_values, wrong_portable_default
from reconciler.dialects.sqlite.names import taken
from reconciler.dialects.sqlite.surroundings import Surroundings, rowid_alias, surroundings_of
from reconciler.dialects.transpile import NotPortable, output_columns, text_for
from reconciler.errors import Problem
from reconciler.model.fields import changed
from reconciler.model.model import Model
from reconciler.model.objects import (
    Check,
    Column,
    Enum,
    Exclusion,
    ForeignKey,
    Index,
    Object,
    PrimaryKey,
    Table,
    Unique,
    Unmodelled,
    View,
)
from reconciler.model.programs import Trigger
from reconciler.model.ref import Kind, Ref
from reconciler.model.texts import map_texts
from reconciler.model.types import Type
from reconciler.model.values import Identity, IndexPart, Sql

# What may not have a name that is taken; a unique constraint may become an index.
_NAMED = frozenset({Kind.TABLE, Kind.VIEW, Kind.INDEX, Kind.UNIQUE, Kind.TRIGGER})

T = TypeVar("T", bound=Object)

_TABLE_OPTIONS = frozenset({"autoincrement", "strict", "without_rowid"})


@dataclass(slots=True)
class _Findings:
    """The problems met so far, each with the field that it is about; what tables say about columns, shapes met."""

    parts: dict[Problem, str] = field(default_factory=dict)
    surroundings: dict[Ref, Surroundings] = field(default_factory=dict)
    shapes: Shapes = field(default_factory=Shapes)

    def add(self, obj: Object, part: str, message: str, hint: str = "", severity: str = "error") -> None:
        code = "SPEC200" if severity == "error" else "SPEC201"
        problem = Problem(
            code=code, message=f"{obj.ref}: {message}", hint=hint, address=str(obj.ref), severity=severity
        )
        self.parts[problem] = part


def normalize(model: Model) -> Normalized:
    """Bring either side into normal form; idempotent."""
    findings = _Findings()
    objects = [new for obj in model.values() for new in _normal(obj, model, findings)]
    for obj, other in alike(model):
        findings.add(obj, "", f"SQLite does not tell it from {other}", "give one of them another name")
    return Normalized(model=Model(objects), problems=tuple(findings.parts), parts=findings.parts)


def _normal(obj: Object, model: Model, findings: _Findings) -> Iterator[Object]:
    if type(obj) is Column and not obj.ref.schema and obj.type.name != "enum":
        around = _around(obj.ref.top, model, findings)
        place = (around.strict, around.alias == obj.ref, around.without_rowid and obj.ref.name in around.key)
        yield findings.shapes.normal(obj, place, partial(_shaped, model, findings))
        return
    if isinstance(obj, Unmodelled):
        yield obj
        return
    if obj.ref.kind in ABSENT or obj.ref.top.kind in ABSENT:
        if obj.ref.kind in ABSENT:
            hint = "limit it to where there are some: only: [postgres]"
            findings.add(obj, "", f"SQLite has no {ABSENT[obj.kind]}", hint)
        return
    if obj.ref.schema or obj.kind is Kind.SCHEMA:
        findings.add(obj, "", "SQLite has no schemas", "give the table a name without a dot")
        return
    prefix = taken(obj.ref.name) if obj.kind in _NAMED else ""
    if prefix:
        whose = "this tool's own" if ours(prefix) else "the database's own"
        findings.add(obj, "", f"names that begin with {prefix} are {whose}", "give it another name")
    obj = _without_others(_spell_texts(obj, findings), findings)
    yield from _NORMAL[obj.kind](obj, model, findings)


def _shaped(model: Model, findings: _Findings, obj: Column) -> tuple[Column, bool]:
    """Normalize a column; one that has problems is no example for others of its shape."""
    problems = len(findings.parts)
    (normal,) = _column(_without_others(_spell_texts(obj, findings), findings), model, findings)
    assert isinstance(normal, Column)
    return normal, len(findings.parts) == problems


def _spell_texts(obj: T, findings: _Findings) -> T:
    """Give every text SQLite's words and its canonical spelling."""

    def spell(place: str, sql: Sql) -> Sql:
        if place.partition(".")[0] == "body":
            return sql  # it is more than one expression or query
        try:
            text = text_for(sql, "sqlite")
        except NotPortable as error:
            findings.add(obj, place.partition(".")[0], *error.told(sql, "sqlite"))
            return sql
        return Sql(text, "sqlite", canonical(text))

    return map_texts(obj, spell)


def _comment(
    obj: Table | Column | View | Check | PrimaryKey | Unique | ForeignKey | Index | Trigger, findings: _Findings
) -> None:
    if obj.comment:
        findings.add(obj, "comment", "SQLite keeps no comments; this one lives in the specs alone", severity="warning")


def _without_others(obj: T, findings: _Findings) -> T:
    """Refuse what only another dialect has."""
    found = beyond(obj)
    for name in found:
        findings.add(obj, name, f"SQLite has no {NOUNS.get(name, name)} for it",
                     "say it for postgres alone: dialect: {postgres: …}, or only: [postgres]")  # fmt: skip
    return replace(obj, **found) if found else obj  # type: ignore[arg-type]


def _table(obj: Table, model: Model, findings: _Findings) -> Iterator[Object]:
    _comment(obj, findings)
    unknown = sorted(name for name, _ in obj.options if name not in _TABLE_OPTIONS)
    for name in unknown:
        findings.add(obj, "options", f"SQLite has no table option {name!r}", "leave it out of options.sqlite")
    options = tuple((name, value) for name, value in sorted(obj.options) if value and name not in unknown)
    if ("autoincrement", True) in options and not rowid_alias(obj.ref, model):
        findings.add(obj, "options", "autoincrement needs a sole primary-key column with `identity: true`",
                     "see sqlite.org/autoinc.html")  # fmt: skip
    yield changed(obj, comment=None, options=options)


def _around(table: Ref, model: Model, findings: _Findings) -> Surroundings:
    """Return what a table says about its columns, found out once for all of its columns."""
    found = findings.surroundings.get(table)
    if found is None:
        found = findings.surroundings[table] = surroundings_of(table, model)
    return found


def _column(obj: Column, model: Model, findings: _Findings) -> Iterator[Object]:
    _comment(obj, findings)
    around = _around(obj.ref.top, model, findings)
    is_alias = around.alias == obj.ref
    if obj.identity is not None and not is_alias:
        findings.add(obj, "identity", "on SQLite an identity is the only column of the primary key",
                     "make it the primary key alone, or limit the identity to other dialects")  # fmt: skip
    if obj.identity is not None and replace(obj.identity, always=False) not in _COUNTS_BY_ONE:
        findings.add(
            obj, "identity", "SQLite's identities start at 1 and grow by 1", "leave everything but `always` out"
        )
    type_ = _alias_type(obj.type) if is_alias else _type(obj, around, findings)
    if obj.on_conflict and not (obj.not_null or is_alias):
        findings.add(obj, "on_conflict", "a conflict clause of a column is about null, and it may be null",
                     "add not_null: true, or write it at the key that it is about")  # fmt: skip
    if wrong := wrong_portable_default(obj, model):
        findings.add(obj, "default", *wrong)
    default = None if is_alias else settled(obj.default, type_.name)  # a rowid has none, whatever is written
    yield changed(
        obj if default is obj.default else replace(obj, default=default), type=type_, comment=None,
        not_null=obj.not_null or is_alias or (around.without_rowid and obj.ref.name in around.key),
        identity=Identity() if is_alias else None, collation=_collation(obj.collation),
        on_conflict=_on_conflict(obj.on_conflict), moved_values=moved_values(obj, model),
    )  # fmt: skip
    if obj.type.name == "enum" and not obj.type.native:
        yield from enum_check(obj, model)


# What an identity of SQLite can be told: nothing, or what is so anyway.
_COUNTS_BY_ONE = frozenset(Identity(start=start, increment=step) for start in (None, 1) for step in (None, 1))


def _alias_type(type_: Type) -> Type:
    """Only a column declared INTEGER, in so many words, is the rowid (sqlite.org/lang_createtable.html#rowid)."""
    return types.native(type_ if type_.native else Type("int"))


def _type(obj: Column, around: Surroundings, findings: _Findings) -> Type:
    try:
        return types.strict(obj.type) if around.strict else types.native(obj.type)
    except KeyError:
        findings.add(obj, "type", f"SQLite has no type {obj.type}",
                     "give it another one here: dialect: {sqlite: {type: json}}")  # fmt: skip
        return obj.type


def _collation(name: str | None) -> str | None:
    return None if name is None or name.upper() == "BINARY" else name.upper()


def _on_conflict(word: str) -> str:
    """Return what is no default of SQLite's (sqlite.org/lang_conflict.html)."""
    return "" if word == "abort" else word


def _primary_key(obj: PrimaryKey, model: Model, findings: _Findings) -> Iterator[Object]:
    _comment(obj, findings)
    yield changed(obj, comment=None, on_conflict=_on_conflict(obj.on_conflict))


def _exclusion(obj: Exclusion, model: Model, findings: _Findings) -> Iterator[Object]:
    findings.add(obj, "", "SQLite has no exclusion constraints", "limit it: only: [postgres]")
    yield from ()


def _unique(obj: Unique, model: Model, findings: _Findings) -> Iterator[Object]:
    _comment(obj, findings)
    yield changed(obj, comment=None, on_conflict=_on_conflict(obj.on_conflict))


def _check(obj: Check, model: Model, findings: _Findings) -> Iterator[Object]:
    _comment(obj, findings)
    yield changed(obj, comment=None)


def _foreign_key(obj: ForeignKey, model: Model, findings: _Findings) -> Iterator[Object]:
    _comment(obj, findings)
    columns = obj.target_columns
    if not columns:
        keys = model.children(obj.target, PrimaryKey)
        columns = keys[0].columns if keys else ()
    yield changed(obj, comment=None, target_columns=columns)


def _index(obj: Index, model: Model, findings: _Findings) -> Iterator[Object]:
    _comment(obj, findings)
    for name, value in (("method", obj.method), ("include", obj.include)):
        if value and value != "btree":
            hint = f"leave it out: dialect: {{sqlite: {{{name}: null}}}}, or limit it: only: [postgres]"
            findings.add(obj, name, f"SQLite's indexes have no {name}", hint)
    parts = []
    for part in obj.parts:
        if part.length:
            findings.add(obj, "columns", "SQLite's indexes hold whole values", "limit `length`: only: [mysql, mariadb]")
        if part.opclass or part.nulls_first not in (None, not part.descending):
            what = "operator classes" if part.opclass else "NULLS FIRST and LAST"
            findings.add(obj, "columns", f"SQLite's indexes have no {what}", "limit the index: only: [postgres]")
        collation = _part_collation(part, obj.ref.top, model)
        parts.append(changed(part, collation=collation, opclass=None, nulls_first=None, length=None))
    yield changed(obj, comment=None, parts=tuple(parts), method=None, include=())


def _part_collation(part: IndexPart, table: Ref, model: Model) -> str | None:
    """Return the collation of a part where it is not its column's own."""
    if not part.collation:
        return None
    column = model.get(table.child(Kind.COLUMN, part.column)) if part.column is not None else None
    own = column.collation if isinstance(column, Column) else None
    said = part.collation.upper()
    return None if said == (own or "BINARY").upper() else said


_VIEW_PARTS: Mapping[str, str] = {"materialized": "rows of their own", "options": "options"}


def _view(obj: View, model: Model, findings: _Findings) -> Iterator[Object]:
    _comment(obj, findings)
    for part, given in (("materialized", obj.materialized), ("options", obj.options)):
        if given:
            hint = f"limit the view, only: [postgres], or `{part}`: dialect: {{postgres: {{{part}: …}}}}"
            findings.add(obj, part, f"SQLite's views have no {_VIEW_PARTS[part]}", hint)
    contract = obj.columns
    names = output_columns(obj.query.text, "sqlite") if contract else None
    if contract and names and names != contract:
        findings.add(obj, "columns", f"the query gives {', '.join(names)}, the contract says {', '.join(contract)}",
                     "mend the query or the contract")  # fmt: skip
    yield replace(
        obj, comment=None, query=Sql(obj.query.text.strip().rstrip(";").strip(), "sqlite", obj.query.canonical)
    )


def _trigger(obj: Trigger, model: Model, findings: _Findings) -> Iterator[Object]:
    from reconciler.dialects.sqlite.triggers import normal_trigger

    _comment(obj, findings)
    yield from normal_trigger(obj, model, findings.add)


def _enum(obj: Enum, model: Model, findings: _Findings) -> Iterator[Object]:
    """An enum has no existence of its own here; the columns that use it carry its values."""
    yield from ()


_NORMAL: dict[Kind, Callable[..., Iterator[Object]]] = {
    Kind.TABLE: _table,
    Kind.COLUMN: _column,
    Kind.PRIMARY_KEY: _primary_key,
    Kind.UNIQUE: _unique,
    Kind.CHECK: _check,
    Kind.EXCLUSION: _exclusion,
    Kind.FOREIGN_KEY: _foreign_key,
    Kind.INDEX: _index,
    Kind.VIEW: _view,
    Kind.TRIGGER: _trigger,
    Kind.ENUM: _enum,
}
