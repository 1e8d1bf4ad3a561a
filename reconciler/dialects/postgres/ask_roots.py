"""What changes of domains, sequences and materialized views ask the database first: a change in, questions out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from reconciler.dialects.checks import SAMPLE
from reconciler.dialects.postgres.names import of, table, type_name
from reconciler.dialects.postgres.rules.sequences import bounds
from reconciler.dialects.sql import double_quoted, text_literal
from reconciler.model.change import Alter, Change, Create, Drop
from reconciler.model.model import Model
from reconciler.model.objects import Check, Column, Domain, NumberSequence, PrimaryKey, View
from reconciler.model.ref import Kind, Ref
from reconciler.model.types import Type
from reconciler.plan.rules import States
from reconciler.plan.step import DataCheck

ROOTS = frozenset({Kind.DOMAIN, Kind.SEQUENCE, Kind.VIEW})


def ask_root(change: Change, states: States) -> Sequence[DataCheck]:
    """Return the questions of a change of one of these, or of a domain's check."""
    match change:
        case Alter(Domain(), Domain(not_null=True) as new, fields) if "not_null" in fields:
            return [*_breaking(new.ref, new.ref, '"value" IS NULL', "MF104", states)]
        case Create(Check(not_valid=False) as new) | Alter(Check(not_valid=True), Check(not_valid=False) as new, _) if (
            new.ref.top in states.old and states.old.get(new.ref) != new
        ):
            return [*_breaking(new.ref.top, new.ref, f"NOT ({new.expression.text})", "MF105", states)]
        case Alter(NumberSequence(), NumberSequence() as new, _):
            return [_beyond(new, states)]
        case Drop(View(materialized=True) as old) if old.ref in states.new:
            return [_computed_anew(old, states)]
        case _:
            return ()


_MESSAGES = {"MF104": "rows where {column} is null: {{count}}", "MF105": "rows whose {column} breaks it: {{count}}"}


def _breaking(domain: Ref, ref: Ref, where: str, code: str, states: States) -> Iterator[DataCheck]:
    """Ask each column of a domain for rows that break a rule; `where` calls the value as the domain's checks do.

    A column that leaves the domain in this plan is asked too: the rule may come first.
    """
    for column in _columns(domain, states):
        yield _counted(column, ref, where, code, states)


def _counted(column: Column, ref: Ref, where: str, code: str, states: States) -> DataCheck:
    """Ask for the rows of a live column for which `where`, which calls it "value", is true."""
    live = states.live(column.ref)
    keys = [double_quoted(name) for name in _key(column.ref.top, states)]
    named = [f"{key} AS k{number}" for number, key in enumerate(keys)]
    value = f'{double_quoted(live.name)} AS "value"'
    rows = f"FROM (SELECT {', '.join([*named, value])} FROM {table(live)}) AS asked WHERE {where}"
    shown = ", ".join(f"k{number}" for number in range(len(keys)))
    return DataCheck(
        code=code, ref=ref, count=f"SELECT count(*) {rows}",
        message=_MESSAGES[code].format(column=f"{live.top.name}.{live.name}"),
        sample=f"SELECT {shown} {rows} ORDER BY {shown} LIMIT {SAMPLE}" if keys else "",
        sensitive=_sensitive(column, states),
    )  # fmt: skip


def on_bases(change: Change, states: States) -> Change:
    """Return a change of a column's type as one between the types behind domains: a new domain cannot be asked yet."""
    match change:
        case Alter(Column() as old, Column() as new, fields) if "type" in fields:
            before, after = _behind(old.type, states.old)[0], _behind(new.type, states.new)[0]
            return Alter(replace(old, type=before), replace(new, type=after), fields)
        case _:
            return change


def _behind(type_: Type, model: Model) -> tuple[Type, list[Domain]]:
    """Return the type behind a domain, and the domains on the way."""
    named = {type_name(obj.ref): obj for obj in model.values() if isinstance(obj, Domain)}
    passed: list[Domain] = []
    while type_.name in named:
        passed.append(named[type_.name])
        type_ = passed[-1].type
    return type_, passed


def joining(old: Column, new: Column, states: States) -> Iterator[DataCheck]:
    """Ask a column that gets a domain as its type for rows that break the domain's rules.

    Where the types behind both differ, the values are others by then, and the server is the one to tell.
    """
    (before, known), (after, passed) = _behind(old.type, states.old), _behind(new.type, states.new)
    if before.name != after.name:
        return
    for domain in (domain for domain in passed if domain not in known):
        if domain.not_null:
            yield _counted(old, new.ref, '"value" IS NULL', "MF104", states)
        for check in sorted(states.new.children(domain.ref, Check), key=lambda check: check.ref):
            yield _counted(old, new.ref, f"NOT ({check.expression.text})", "MF105", states)


def _columns(domain: Ref, states: States) -> list[Column]:
    """Return the live columns whose type is the domain, or another one over it."""
    found: dict[Ref, Column] = {}
    for user in states.old.dependents(domain):
        if isinstance(user, Domain):
            found |= {column.ref: column for column in _columns(user.ref, states)}
        elif isinstance(user, Column) and user.type.name == type_name(domain):
            found[user.ref] = user
    return [found[ref] for ref in sorted(found)]


def _key(top: Ref, states: States) -> list[str]:
    """Return the primary key's columns as the database calls them now."""
    names = [name for key in states.old.children(top, PrimaryKey) for name in key.columns]
    return [states.live(top.child(Kind.COLUMN, name)).name for name in names]


def _sensitive(column: Column, states: States) -> bool:
    key = {name for primary in states.old.children(column.ref.top, PrimaryKey) for name in primary.columns}
    return any(c.sensitive and c.ref.name in key for c in states.new.children(column.ref.top, Column))


def _beyond(new: NumberSequence, states: States) -> DataCheck:
    """The server refuses bounds that the present value lies outside of, and that value is not ours to change."""
    least, most = bounds(new)
    rows = f"FROM {of(states.live(new.ref))} WHERE last_value NOT BETWEEN {least} AND {most}"
    return DataCheck(
        code="MF105", ref=new.ref, message=f"the number that it has reached is not between {least} and {most}",
        count=f"SELECT count(*) {rows}", sample=f"SELECT last_value {rows}",
    )  # fmt: skip


def _computed_anew(old: View, states: States) -> DataCheck:
    """Say how large the rows are that go: whatever comes back is computed from the query."""
    return DataCheck(
        code="PG319", ref=old.ref, message="its rows go, and are computed from its query; they take {count} bytes now",
        count=f"SELECT pg_total_relation_size({text_literal(table(states.live(old.ref)))})",
    )  # fmt: skip
