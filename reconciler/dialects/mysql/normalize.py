"""A model as written or as inspected in; the same in the flavor's normal form out, with what it cannot have."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from reconciler.dialects.base import Normalized
from reconciler.dialects.fitting import wrong_default
from reconciler.dialects.mysql import types
from reconciler.dialects.mysql.counters import tell_counted
from reconciler.dialects.mysql.ddl import COUNTS, OPTIONS
from reconciler.dialects.mysql.ddl_keys import plain_index
from reconciler.dialects.mysql.elsewhere import ABSENT, NOUNS, beyond
from reconciler.dialects.mysql.lexer import Lexeme, LexError, canonical, tokens, unwrapped
from reconciler.dialects.mysql.literals import settled
from reconciler.dialects.mysql.mentions import PROGRAMS, Program
from reconciler.dialects.mysql.names import LONGEST, enum_ref
from reconciler.dialects.mysql.programs import Normalizer
from reconciler.dialects.mysql.render import HIDDEN
from reconciler.dialects.mysql.sequences import normal_sequence
from reconciler.dialects.mysql.views import DEFAULTS
from reconciler.dialects.settings import foreign_settings
from reconciler.dialects.sql import ours
from reconciler.dialects.transpile import NotPortable, output_columns, text_for
from reconciler.errors import Problem
from reconciler.model.model import Model
from reconciler.model.objects import (
    Check,
    Column,
    Enum,
    ForeignKey,
    Index,
    NumberSequence,
    Object,
    PrimaryKey,
    Table,
    Unique,
    Unmodelled,
    View,
)
from reconciler.model.programs import Trigger
from reconciler.model.ref import Kind
from reconciler.model.texts import map_texts
from reconciler.model.types import Type
from reconciler.model.values import Action, Identity, IndexPart, Sql

FAMILY = "mysql"

_TABLE_OPTIONS = frozenset(OPTIONS.values())


@dataclass
class _Work:
    """What normalizing one model reads and finds."""

    flavor: str
    model: Model
    parts: dict[Problem, str] = field(default_factory=dict)

    @cached_property
    def programs(self) -> Normalizer:
        """What brings triggers, routines and events into normal form."""
        return Normalizer(self.flavor, self.model, self.add)

    def add(self, obj: Object, part: str, message: str, hint: str = "", severity: str = "error") -> None:
        code = "SPEC200" if severity == "error" else "SPEC201"
        problem = Problem(
            code=code, message=f"{obj.ref}: {message}", hint=hint, address=str(obj.ref), severity=severity
        )
        self.parts[problem] = part


def normalizer(flavor: str) -> Callable[[Model], Normalized]:
    """Make a flavor's `normalize`, which brings either side into normal form and is idempotent."""

    def normalize(model: Model) -> Normalized:
        work = _Work(flavor, model)
        objects = [new for obj in model.values() for new in _normal(obj, work)]
        return Normalized(model=Model(objects), problems=tuple(work.parts), parts=work.parts)

    return normalize


def _normal(obj: Object, work: _Work) -> Iterator[Object]:
    if isinstance(obj, Unmodelled):
        yield obj
        return
    absent = obj.ref.kind if obj.ref.kind in ABSENT else obj.ref.top.kind
    if absent in ABSENT:
        if absent == obj.ref.kind:
            work.add(obj, "", f"{work.flavor} has no {ABSENT[absent]}", "limit it: only: [postgres]")
        return
    if obj.ref.schema:
        work.add(obj, "", f"{work.flavor} has no schemas inside a database", "give it a name without a dot")
        return
    if len(obj.ref.name) > LONGEST:
        work.add(obj, "", f"the name is longer than {LONGEST} characters", "shorten it")
    prefix = "" if isinstance(obj, Column) else ours(obj.ref.name)
    if prefix:
        work.add(obj, "", f"names that begin with {prefix} are this tool's own", "choose another one")
    normal = _NORMAL[type(obj)](_without_others(_spelled(obj, work), work), work)
    if normal is not None:
        yield normal


def _without_others(obj: Object, work: _Work) -> Object:
    """Refuse what only another dialect has; programs say that themselves."""
    if isinstance(obj, PROGRAMS):
        return obj
    found = dict(beyond(obj))
    if work.flavor == "mariadb" and isinstance(obj, Check) and not obj.enforced:
        found["enforced"] = True
    for name in (*found, *foreign_settings(obj, FAMILY)):
        hint = f"leave it out here, dialect: {{{work.flavor}: {{{name}: null}}}}, or limit the whole with only: […]"
        work.add(obj, name, f"{work.flavor} has no {NOUNS.get(name, name)} for it", hint)
    return replace(obj, **found) if found else obj  # type: ignore[arg-type]


def _spelled(obj: Object, work: _Work) -> Object:
    """Give every text MySQL's words and one spelling."""

    def spell(place: str, sql: Sql) -> Sql:
        if place.startswith("body"):  # statements, which their frame takes in
            return sql
        try:
            text = text_for(sql, FAMILY)
        except NotPortable as error:
            work.add(obj, place.partition(".")[0], *error.told(sql, work.flavor))
            return sql
        return Sql(text, FAMILY, canonical(sql.canonical if text == sql.text else text))

    return map_texts(obj, spell)


def _kept_in_specs(obj: Any, work: _Work) -> None:
    if obj.comment:
        work.add(
            obj, "comment", f"{work.flavor} keeps no comment here; it lives in the specs alone", severity="warning"
        )


def _table(obj: Table, work: _Work) -> Table:
    options = dict(obj.options)
    for name in sorted(set(options) - _TABLE_OPTIONS):
        work.add(obj, "options", f"{work.flavor} has no table option {name!r} that is managed", "leave it out")
    words = {name: str(value).lower() for name, value in options.items() if name in _TABLE_OPTIONS}
    kept = {name: int(word) if name in COUNTS else word for name, word in words.items()}
    return replace(obj, comment=obj.comment or None, options=tuple(sorted(kept.items())))


def _column(obj: Column, work: _Work) -> Column:
    type_ = _type(obj, work)
    in_key = any(obj.ref.name in key.columns for key in work.model.children(obj.ref.top, PrimaryKey))
    if obj.identity is not None and (obj.identity.start or obj.identity.increment or 1) != 1:
        hint = "leave start and increment out, or limit them: dialect: {postgres: {identity: …}}"
        work.add(obj, "identity", f"where {work.flavor} starts and how it steps are no part of a column", hint)
    _tell_losses(obj, work)
    tell_counted(obj, work.flavor, work.model, work.add)
    if wrong := _wrong_default(obj, work.model):
        work.add(obj, "default", *wrong)
    return replace(
        obj, type=type_, comment=obj.comment or None, not_null=obj.not_null or in_key or obj.identity is not None,
        default=settled(obj.default, type_.name), identity=None if obj.identity is None else Identity(),
        collation=obj.collation.lower() if obj.collation else None, moved_values=_moved_values(obj, work.model),
    )  # fmt: skip


def _enum_of(column: Column, model: Model) -> Enum | None:
    """Return the enum that a column's type names."""
    found = model.get(enum_ref(column.type.args[0])) if column.type.name == "enum" and column.type.args else None
    return found if isinstance(found, Enum) else None


def _moved_values(column: Column, model: Model) -> tuple[tuple[str, str], ...]:
    """Return what becomes of the values of a column's enum."""
    enum = _enum_of(column, model)
    return (*enum.renamed_values, *enum.removed_values) if enum is not None else column.moved_values


def _wrong_default(column: Column, model: Model) -> tuple[str, str] | None:
    """Return what is wrong with the default of a portable type, and what to do; None for a good one."""
    if column.type.native:
        return None
    enum = _enum_of(column, model)
    numbers = [int(word) for word in column.type.args if word.isdigit()]
    return wrong_default(column.default, enum.values if enum else (), types.SORTS.get(column.type.name, ""), numbers)


def _type(obj: Column, work: _Work) -> Type:
    if obj.type.name == "enum" and not obj.type.native:
        enum = _enum_of(obj, work.model)
        return types.enum_of(enum.values) if enum is not None else obj.type
    try:
        return types.native(obj.type, work.flavor)
    except KeyError:
        hint = f"give it another one here: dialect: {{{work.flavor}: {{type: json}}}}"
        work.add(obj, "type", f"{work.flavor} has no type {obj.type}", hint)
        return obj.type


# What a portable type loses here.
_LOSSES: Mapping[str, str] = {
    "timestamptz": "a timestamp ends in January 2038 and keeps no zone",
    "time": "a time of day can be any interval up to 838 hours",
}


def _tell_losses(obj: Column, work: _Work) -> None:
    if not obj.type.native and obj.type.name in _LOSSES:
        work.add(obj, "type", f"{work.flavor}: {_LOSSES[obj.type.name]}", severity="warning")


def _primary_key(obj: PrimaryKey, work: _Work) -> PrimaryKey:
    _tell_lengthless(obj, obj.columns, work)
    return replace(obj, name=None, comment=obj.comment or None)  # it is called PRIMARY


def _unique(obj: Unique, work: _Work) -> Unique:
    _tell_lengthless(obj, obj.columns, work)
    return replace(obj, comment=obj.comment or None)


def _tell_lengthless(obj: Object, columns: Iterable[str], work: _Work) -> None:
    """A long text can be in a key only by its beginning (dev.mysql.com/doc/refman/9.7/en/create-index.html)."""
    for name in columns:
        column = work.model.get(obj.ref.top.child(Kind.COLUMN, name))
        if isinstance(column, Column) and _is_long(column, work):
            hint = (
                f"give the column a length, type: varchar(255), or index its beginning: {{column: {name}, length: 100}}"
            )
            work.add(obj, "columns", f"{work.flavor} needs a length for {name}, which is a {column.type}", hint)


def _is_long(column: Column, work: _Work) -> bool:
    try:
        own = types.base(types.native(column.type, work.flavor).name)
    except KeyError:
        return False
    return own in types.TEXTS or own in types.BLOBS


def _check(obj: Check, work: _Work) -> Check:
    _kept_in_specs(obj, work)
    tell_counted(obj, work.flavor, work.model, work.add)
    return replace(obj, comment=None)


def _foreign_key(obj: ForeignKey, work: _Work) -> ForeignKey:
    _kept_in_specs(obj, work)
    keys = work.model.children(obj.target, PrimaryKey)
    columns = obj.target_columns or (keys[0].columns if keys else ())
    if Action.SET_DEFAULT in (obj.on_delete, obj.on_update):
        work.add(obj, "on_delete", "InnoDB has no SET DEFAULT", "use set null, or restrict")
    return replace(
        obj, comment=None, target_columns=columns, on_delete=_action(obj.on_delete), on_update=_action(obj.on_update)
    )


def _action(action: Action) -> Action:
    """InnoDB does the same for both (…/en/create-table-foreign-keys.html#foreign-key-referential-actions)."""
    return Action.NO_ACTION if action is Action.RESTRICT else action


def _index(obj: Index, work: _Work) -> Index | None:
    if _brought_by_key(obj, work.model):
        return None
    if obj.method != "fulltext":
        _tell_lengthless(obj, (part.column for part in obj.parts if part.column and part.length is None), work)
    hidden = "ignored" if work.flavor == "mariadb" else "invisible"
    return replace(
        obj, parts=tuple(_part(part, obj, work) for part in obj.parts), comment=obj.comment or None,
        method=None if obj.method in ("btree", "") else obj.method,
        options=tuple((hidden if name in HIDDEN else name, value) for name, value in obj.options),
    )  # fmt: skip


def _brought_by_key(obj: Index, model: Model) -> bool:
    """The server makes an index for a foreign key that has none, under the key's name: it is part of the key."""
    key = model.get(obj.ref.top.child(Kind.FOREIGN_KEY, obj.ref.name))
    return isinstance(key, ForeignKey) and plain_index(obj, key.columns)


def _part(part: IndexPart, obj: Index, work: _Work) -> IndexPart:
    if part.collation or part.opclass or part.nulls_first not in (None, not part.descending):
        what = "collations" if part.collation else "operator classes" if part.opclass else "NULLS FIRST and LAST"
        work.add(obj, "columns", f"{work.flavor}'s indexes have no {what}", "limit the index: only: [postgres]")
    column = _single_column(part.expression) if part.expression else part.column
    if column is None and work.flavor == "mariadb":
        hint = "index a generated column, or leave the index out: dialect: {mariadb: {omit: true}}"
        work.add(obj, "columns", "mariadb has no indexes over expressions", hint)
    return replace(
        part,
        column=column,
        expression=None if column else part.expression,
        nulls_first=None,
        collation=None,
        opclass=None,
    )


def _single_column(sql: Sql) -> str | None:
    try:
        found = unwrapped(tokens(sql.text))
    except LexError:
        return None
    return found[0].value if len(found) == 1 and found[0].lexeme in (Lexeme.WORD, Lexeme.NAME) else None


def _view(obj: View, work: _Work) -> View:
    _kept_in_specs(obj, work)
    contract = output_columns(obj.query.text, FAMILY) if obj.columns else None
    if contract and contract != obj.columns:
        message = f"the query gives {', '.join(contract)}, the contract says {', '.join(obj.columns or ())}"
        work.add(obj, "columns", message, "mend the query or the contract")
    options = tuple((name, value) for name, value in obj.options if value != DEFAULTS.get(name))
    text = obj.query.text.strip().rstrip(";").strip()
    return replace(obj, comment=None, query=Sql(text, FAMILY, obj.query.canonical), options=options)


def _program(obj: Program, work: _Work) -> Program | None:
    if isinstance(obj, Trigger):
        _kept_in_specs(obj, work)
    return work.programs.normal(obj)


_NORMAL: Mapping[type[Object], Callable[[Any, _Work], Object | None]] = {
    Enum: lambda obj, work: None,  # it is written out in each column
    Table: _table,
    Column: _column,
    PrimaryKey: _primary_key,
    Unique: _unique,
    Check: _check,
    ForeignKey: _foreign_key,
    Index: _index,
    View: _view,
    NumberSequence: lambda obj, work: normal_sequence(obj, work.add, work.flavor),
    **dict.fromkeys(PROGRAMS, _program),
}
