"""Triggers, routines and events of a model in, the entries of their documents out, defaults left out; no file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from reconciler.model.programs import Event, Function, Procedure, Routine, Trigger
from reconciler.model.values import Argument, Body, Sql
from reconciler.spec.describe import (
    Entries,
    comment_entry,
    default_entry,
    deferrable_entry,
    options_entries,
    sql_block,
    type_entry,
)
from reconciler.spec.emit import Block
from reconciler.spec.names import join_name
from reconciler.spec.variables import escaped

_ENABLED: Mapping[str, object] = {"disabled": False, "always": "always", "replica": "replica"}


def trigger_entry(trigger: Trigger, family: str) -> Entries:
    """Return what stands behind the name of a trigger."""
    entries: Entries = comment_entry(trigger.comment) | {"timing": trigger.timing, "events": _events(trigger)}
    if trigger.each != "row":
        entries["each"] = trigger.each
    if trigger.when is not None:
        entries["when"] = sql_block(trigger.when)
    rows = {"old_table": trigger.old_table, "new_table": trigger.new_table}
    named = {key: name for key, name in rows.items() if name is not None}
    entries |= {"referencing": named} if named else {}
    entries |= {"constraint": True} if trigger.constraint else {}
    entries |= deferrable_entry(trigger.deferrable)
    entries |= {"follows": trigger.follows} if trigger.follows is not None else {}
    entries |= {"enabled": _ENABLED[trigger.enabled]} if trigger.enabled != "origin" else {}
    entries |= definer_entry(trigger.definer)
    if trigger.execute is not None:
        entries["execute"] = join_name(trigger.execute.schema, trigger.execute.name)
    entries |= {"arguments": list(trigger.arguments)} if trigger.arguments else {}
    entries |= body_entry(trigger.body)
    return entries | options_entries(trigger.options, family)


def _events(trigger: Trigger) -> list[str | Entries]:
    of: Entries = {"update": list(trigger.columns)}
    return [of if event == "update" and trigger.columns else event for event in trigger.events]


def function_entries(function: Function, family: str) -> Entries:
    """Return what the document of a function says beside its name."""
    entries = comment_entry(function.comment) | _arguments(function.arguments) | _returns(function)
    entries |= {"language": function.language} if function.language != "sql" else {}
    entries |= {"volatility": function.volatility} if function.volatility != "volatile" else {}
    entries |= {"strict": True} if function.strict else {}
    return entries | _rest(function, family)


def procedure_entries(procedure: Procedure, family: str) -> Entries:
    """Return what the document of a procedure says beside its name."""
    entries = comment_entry(procedure.comment) | _arguments(procedure.arguments)
    entries |= {"language": procedure.language} if procedure.language != "sql" else {}
    return entries | _rest(procedure, family)


def event_entries(event: Event, family: str) -> Entries:
    """Return what the document of an event says beside its name."""
    moments = {"every": event.every, "at": event.at, "starts": event.starts, "ends": event.ends}
    entries = comment_entry(event.comment) | {key: said for key, said in moments.items() if said is not None}
    entries |= {"preserve": True} if event.preserve else {}
    entries |= {} if event.enabled else {"enabled": False}
    return entries | definer_entry(event.definer) | body_entry(event.body) | options_entries(event.options, family)


def _rest(routine: Routine, family: str) -> Entries:
    entries: Entries = {"security": routine.security} if routine.security is not None else {}
    entries |= definer_entry(routine.definer) | body_entry(routine.body)
    return entries | options_entries(routine.options, family)


def definer_entry(definer: str | None) -> Entries:
    """Return an account under its key, nothing where it is the one that the object has anyway."""
    return {} if definer is None else {"definer": definer or "strip"}


def body_entry(body: Body | None) -> Entries:
    """Return a body under its key: a text under the word of the dialect that it is in, or a list of statements."""
    if body is None:
        return {}
    if isinstance(body, Sql):
        return {"body": {body.dialect: Block(escaped(body.text))} if body.dialect else Block(escaped(body.text))}
    return {"body": [sql_block(statement) for statement in body.statements]}


def _arguments(arguments: Iterable[Argument]) -> Entries:
    found = {name: entry for name, entry in _named(arguments) if entry is not None}
    return {"arguments": found} if found else {}


def _named(arguments: Iterable[Argument]) -> Iterable[tuple[str, Any]]:
    for number, argument in enumerate(arguments, 1):
        if argument.mode != "table":
            yield argument.name or f"${number}", _argument(argument)


def _argument(argument: Argument) -> str | Entries:
    entries: Entries = type_entry(argument.type)
    entries |= {"mode": argument.mode} if argument.mode not in ("in", "table") else {}
    entries |= default_entry(argument.default)
    return str(entries["type"]) if entries.keys() == {"type"} else entries


def _returns(function: Function) -> Entries:
    columns = {argument.name: _argument(argument) for argument in function.arguments if argument.mode == "table"}
    if columns:
        return {"returns": {"table": columns}}
    if function.returns is None:
        return {}
    entries = type_entry(function.returns) | ({"set": True} if function.returns_set else {})
    return {"returns": str(entries["type"]) if entries.keys() == {"type"} else entries}
