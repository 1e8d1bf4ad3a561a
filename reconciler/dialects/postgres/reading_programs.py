"""Catalog rows in, functions, procedures and triggers out; a trigger and the function that is its body are one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from reconciler.dialects.base import Session
from reconciler.dialects.postgres import catalog, catalog_programs
from reconciler.dialects.postgres.routines import GIVEN, addressed, body_function, called, enum_words, word
from reconciler.dialects.postgres.routines_options import live_options
from reconciler.dialects.postgres.trigger_texts import condition
from reconciler.dialects.sql import double_quoted
from reconciler.model.objects import Enum, Object, Unmodelled
from reconciler.model.programs import Function, Procedure, Routine, Trigger
from reconciler.model.ref import Kind, Ref
from reconciler.model.types import Type
from reconciler.model.values import Argument, Deferrable, Sql

if TYPE_CHECKING:
    from reconciler.dialects.postgres.reading import Row, Rows


class _Routine(NamedTuple):
    """A row of `catalog_programs.routines`."""

    oid: int
    schema: int
    name: str
    kind: str
    language: str
    source: str
    standard: str | None
    volatility: str
    strict: bool
    definer: bool
    parallel: str
    leakproof: bool
    cost: float
    rows: float
    settings: Sequence[str] | None
    returns_set: bool
    returns: str
    returns_oid: int
    names: Sequence[str] | None
    modes: Sequence[str] | None
    types: Sequence[str] | None
    type_oids: Sequence[int] | None
    defaults: Sequence[str | None] | None
    comment: str | None
    owner: str
    is_own: bool
    has_grants: bool
    beyond: bool
    identity: str


class _Trigger(NamedTuple):
    """A row of `catalog_programs.TRIGGERS`; `times` is how many triggers call the function."""

    oid: int
    relation: int
    name: str
    kind: int
    enabled: str
    constraint: bool
    deferrable: bool
    deferred: bool
    columns: Sequence[str]
    arguments: bytes
    old_table: str | None
    new_table: str | None
    has_condition: bool
    definition: str
    function: int
    function_name: str
    function_schema_name: str
    function_schema: int
    comment: str | None
    schema: int
    has_partner: bool
    times: int
    relation_name: str


_KINDS: Mapping[str, str] = {"f": Kind.FUNCTION, "p": Kind.PROCEDURE, "w": Kind.FUNCTION, "a": "aggregate"}
_MODES: Mapping[str, str] = {"i": "in", "o": "out", "b": "inout", "v": "variadic", "t": "table"}
_VOLATILITY: Mapping[str, str] = {"v": "volatile", "s": "stable", "i": "immutable"}
# Languages whose bodies are no text that could be compared: a file, or a name inside the server.
_BEYOND = frozenset({"c", "internal"})


def read_programs(rows: Rows, session: Session, given: Mapping[str, object], known: frozenset[str]) -> None:
    """Read routines and triggers, and which function is nothing but a trigger's body."""
    rows.routines = session.query(catalog_programs.routines(known), given)
    rows.triggers = session.query(catalog_programs.TRIGGERS, given)
    found = [_Routine._make(row) for row in rows.routines]
    if any(row.has_grants for row in found):
        rows.routine_grants = session.query(catalog_programs.ROUTINE_GRANTS, given)
    if any(oid >= catalog.FIRST_OWN for row in found for oid in (row.returns_oid, *(row.type_oids or ()))):
        rows.row_types = session.query(catalog_programs.ROW_TYPES, given)
    functions = {row.oid: row for row in found}
    calls = map(_Trigger._make, rows.triggers)
    rows.folded = {call.function: call.oid for call in calls if _is_body(call, functions.get(call.function))}


def _is_body(trigger: _Trigger, function: _Routine | None) -> bool:
    """Say whether a function is what this tool makes of a trigger's body, and no other trigger calls it."""
    if function is None or trigger.times != 1 or trigger.arguments or trigger.has_partner:
        return False
    made: tuple[object, ...] = (*function[3:5], *function[6:15], function.returns, function.types, function.comment)
    usual: tuple[object, ...] = (
        "f", "plpgsql", None, "v", False, False, "u", False, 100, 0, None, "trigger", None, None,
    )  # fmt: skip
    own = body_function(Ref("", (Kind.TABLE, trigger.relation_name, Kind.TRIGGER, trigger.name))).name
    return made == usual and (function.schema, function.name) == (trigger.schema, own)


def address_programs(rows: Rows) -> None:
    """Note the address of every routine, trigger and row type that an edge may lead to."""
    for oid, array, relation in rows.row_types:
        ref = rows.address.get((catalog.PG_CLASS, relation, 0))
        if ref is not None:
            rows.address[catalog.PG_TYPE, oid, 0] = rows.address[catalog.PG_TYPE, array, 0] = ref
    for call in map(_Trigger._make, rows.triggers):
        holder = rows.address.get((catalog.PG_CLASS, call.relation, 0))
        if holder is not None:
            rows.address[catalog.PG_TRIGGER, call.oid, 0] = holder.child(Kind.TRIGGER, call.name)
    enums = enum_words(Enum(ref=rows.address[catalog.PG_TYPE, row[0], 0], values=()) for row in rows.enums)
    for row in map(_Routine._make, rows.routines):
        body_of = rows.address.get((catalog.PG_TRIGGER, rows.folded.get(row.oid, 0), 0))
        rows.address[catalog.PG_PROC, row.oid, 0] = body_of or _routine_ref(row, rows, enums)


def _routine_ref(row: _Routine, rows: Rows, enums: Mapping[str, str]) -> Ref:
    kind, schema = _KINDS[row.kind], rows.schemas[row.schema]
    if kind == "aggregate":
        return Ref.root(kind, f"{row.name}({row.identity})", schema)
    return addressed(Ref.root(kind, "", schema), row.name, _arguments(row), enums)


def _grants(rows: Rows) -> Mapping[int, Sequence[tuple[str, str | None, bool]]]:
    found: dict[int, list[tuple[str, str | None, bool]]] = {}
    for oid, privilege, grantee, grantable in rows.routine_grants:
        found.setdefault(oid, []).append((privilege, grantee, grantable))
    return found


# --- routines ---------------------------------------------------------------------------------------------------------


def routines(rows: Rows) -> Iterator[Object]:
    """Yield functions and procedures; aggregates, and what is written in C, are listed."""
    grants = _grants(rows)
    for row in map(_Routine._make, rows.routines):
        if row.oid in rows.folded:
            continue
        ref = rows.address[catalog.PG_PROC, row.oid, 0]
        uses = rows.uses((catalog.PG_PROC, row.oid, 0), own=ref)
        if row.kind not in "fp" or row.language in _BEYOND or row.beyond:
            yield Unmodelled(ref=ref, definition="" if row.kind == "a" else row.source, uses=uses)
        else:
            routine = _routine(ref, row, uses)
            carried = _carried(f"{word(routine)} {called(routine)}", row, grants.get(row.oid, ()))
            yield replace(routine, carried=tuple(carried))


def live_routine(ref: Ref, row: Row) -> Routine:
    """Return the function or procedure of a row, whatever it uses left out."""
    return _routine(ref, _Routine._make(row), frozenset())


def _routine(ref: Ref, row: _Routine, uses: frozenset[Ref]) -> Routine:
    arguments = _arguments(row)
    common: dict[str, Any] = {
        "ref": ref, "arguments": arguments, "language": row.language,
        "body": Sql(row.source if row.standard is None else row.standard, "postgres"),
        "security": "definer" if row.definer else None,
        "options": live_options(row.parallel, row.leakproof, row.cost, row.rows, row.settings or ()),
        "comment": row.comment, "uses": uses,
    }  # fmt: skip
    if row.kind == "p":
        return Procedure(**common)
    says = any(argument.mode in GIVEN for argument in arguments)
    return Function(
        returns=None if says else Type(row.returns, native=True), returns_set=row.returns_set,
        volatility=_VOLATILITY[row.volatility], strict=row.strict, **common,
    )  # fmt: skip


def _arguments(row: _Routine) -> tuple[Argument, ...]:
    found: list[Argument] = []
    for at, name in enumerate(row.types or ()):
        default = row.defaults[at] if row.defaults else None
        found.append(
            Argument(
                name=row.names[at] if row.names else "",
                type=Type(name, native=True),
                mode=_MODES[row.modes[at]] if row.modes else "in",
                default=None if default is None else Sql(default, "postgres"),
            )
        )
    return tuple(found)


def _carried(what: str, row: _Routine, grants: Sequence[tuple[str, str | None, bool]]) -> Iterator[str]:
    """Yield what gives a routine that is made anew back what it had: who may run it, and, last, whose it is."""
    if row.has_grants and not any(grantee is None for _, grantee, _ in grants):
        yield f"REVOKE ALL ON {what} FROM PUBLIC"
    for privilege, grantee, grantable in grants:
        if grantee is not None:
            yield f"GRANT {privilege} ON {what} TO {double_quoted(grantee)}{' WITH GRANT OPTION' if grantable else ''}"
    if not row.is_own:
        yield f"ALTER {what} OWNER TO {double_quoted(row.owner)}"


# --- triggers ---------------------------------------------------------------------------------------------------------

# Bits of pg_trigger.tgtype (src/include/catalog/pg_trigger.h).
_ROW, _BEFORE, _INSTEAD = 1, 2, 64
_EVENTS: Mapping[str, int] = {"insert": 4, "update": 16, "delete": 8, "truncate": 32}
_ENABLED: Mapping[str, str] = {"O": "origin", "A": "always", "R": "replica", "D": "disabled"}


def triggers(rows: Rows) -> Iterator[Object]:
    """Yield triggers; those on what is not modelled are listed."""
    functions = {row.oid: row for row in map(_Routine._make, rows.routines)}
    grants = _grants(rows)
    for row in map(_Trigger._make, rows.triggers):
        ref = rows.address.get((catalog.PG_TRIGGER, row.oid, 0))
        if ref is None:
            continue
        uses = rows.uses((catalog.PG_TRIGGER, row.oid, 0), own=ref)
        if ref.top.kind not in (Kind.TABLE, Kind.VIEW) or row.has_partner:
            yield Unmodelled(ref=ref, definition=row.definition, uses=uses)
            continue
        trigger = replace(_trigger(ref, row, rows), uses=uses - {ref.top})
        if row.function in rows.folded:
            body = functions[row.function]
            own = called(Function(ref=body_function(ref), body=Sql("")))
            carried = _carried(f"FUNCTION {own}", body, grants.get(body.oid, ()))
            trigger = replace(trigger, body=Sql(body.source, "postgres"), execute=None, carried=tuple(carried))
        yield trigger


def _trigger(ref: Ref, row: _Trigger, rows: Rows) -> Trigger:
    """Return the trigger of a row, calling its function."""
    schema = rows.schemas.get(row.function_schema, row.function_schema_name)
    deferrable = (Deferrable.DEFERRED if row.deferred else Deferrable.IMMEDIATE) if row.deferrable else Deferrable.NO
    return Trigger(
        ref=ref,
        timing="before" if row.kind & _BEFORE else "instead_of" if row.kind & _INSTEAD else "after",
        events=tuple(event for event, bit in _EVENTS.items() if row.kind & bit),
        columns=tuple(row.columns),
        each="row" if row.kind & _ROW else "statement",
        when=Sql(condition(row.definition), "postgres") if row.has_condition else None,
        execute=Ref.root(Kind.FUNCTION, row.function_name, schema),
        arguments=tuple(bytes(row.arguments).decode(errors="replace").split("\0")[:-1]),
        constraint=row.constraint,
        deferrable=deferrable,
        old_table=row.old_table,
        new_table=row.new_table,
        enabled=_ENABLED[row.enabled],
        comment=row.comment,
    )
