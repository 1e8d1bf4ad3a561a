"""Triggers, routines and events alike: one of any of these kinds in, what its own module makes of it out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from reconciler.dialects.beyond import Add
from reconciler.dialects.mysql import types
from reconciler.dialects.mysql.circumstances import aligned, settled_definer, settled_options
from reconciler.dialects.mysql.events import EVENT, aligned_event, event_again, normal_event
from reconciler.dialects.mysql.mentions import Program
from reconciler.dialects.mysql.names import enum_ref
from reconciler.dialects.mysql.routines import (
    FUNCTION,
    PROCEDURE,
    aligned_routine,
    normal_routine,
    portable_routine,
    routine_again,
    routine_type,
)
from reconciler.dialects.mysql.triggers import TRIGGER, locked, normal_trigger, trigger_again
from reconciler.model.fields import changed
from reconciler.model.model import Model
from reconciler.model.objects import Enum, Object
from reconciler.model.programs import Event, Function, Procedure, Trigger
from reconciler.model.ref import Kind, Ref
from reconciler.model.types import Type
from reconciler.plan.rules import RuleTable, States
from reconciler.plan.step import Statement

RULES: RuleTable = {
    Kind.TRIGGER: TRIGGER, Kind.FUNCTION: FUNCTION, Kind.PROCEDURE: PROCEDURE, Kind.EVENT: EVENT,
}  # fmt: skip


@dataclass(frozen=True)
class Normalizer:
    """What bringing the programs of one model into normal form reads, and what takes what is wrong with them."""

    flavor: str
    model: Model
    add: Add

    def normal(self, obj: Program) -> Program | None:
        """Return a program in normal form; None for one that there cannot be."""
        options, definer = settled_options(obj.options, self.flavor), settled_definer(obj.definer)
        obj = changed(obj, options=options, definer=definer)
        match obj:
            case Trigger():
                self._tell_namesakes(obj)
                return normal_trigger(obj, self.model, self.add)
            case Event():
                return normal_event(obj, self.add)
            case _:
                return normal_routine(obj, self.model, self.add, self._type)

    def _tell_namesakes(self, obj: Trigger) -> None:
        same = [ref for ref in self._triggers[obj.ref.name.lower()] if ref != obj.ref]
        if same:
            message = f"its name is that of {same[0]} too, and a database has one trigger of a name"
            self.add(obj, "", message, "give one of them another name")

    @cached_property
    def _triggers(self) -> Mapping[str, list[Ref]]:
        found: dict[str, list[Ref]] = {}
        for obj in self.model.values():
            if isinstance(obj, Trigger):
                found.setdefault(obj.ref.name.lower(), []).append(obj.ref)
        return found

    def _type(self, obj: Object, type_: Type) -> Type:
        if type_.name == "enum" and not type_.native and type_.args:
            enum = self.model.get(enum_ref(type_.args[0]))
            return types.enum_of(enum.values) if isinstance(enum, Enum) else type_
        try:
            return routine_type(type_, self.flavor)
        except KeyError:
            hint = "give another one here: dialect: {mysql: …}"
            self.add(obj, "arguments", f"{self.flavor} has no type {type_}", hint)
            return type_


def aligned_program(obj: Program, live: Model, defaults: Mapping[str, str]) -> Program:
    """Return a declared program with what the live one has where the spec is silent."""
    match obj:
        case Trigger():
            return aligned(obj, live, defaults)
        case Event():
            return aligned_event(obj, live, defaults)
        case _:
            return aligned_routine(obj, live, defaults)


def portable_program(obj: Program) -> Program:
    """Return a live program in the spec's words."""
    match obj:
        case Trigger():
            return changed(obj, clauses="")  # `follows` says it
        case Function() | Procedure():
            return portable_routine(obj)
        case _:
            return obj


def said_again(program: Program, states: States) -> Sequence[Statement]:
    """Write a program anew whose words alone are others; a trigger for whoever holds the lock of its table."""
    match program:
        case Trigger():
            return trigger_again(program, program, states)
        case Event():
            return event_again(program)
        case _:
            return routine_again(program, states)


def said_again_alone(program: Program, states: States) -> Sequence[Statement]:
    """Write a program anew under whatever lock it needs."""
    again = said_again(program, states)
    return locked(program.ref, again) if isinstance(program, Trigger) else again
