"""Every kind with its dataclass; a guard holds it to be complete."""

from __future__ import annotations

from collections.abc import Mapping

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
    OwnedBy,
    PrimaryKey,
    Schema,
    Table,
    Unique,
    View,
)
from reconciler.model.programs import Event, Function, Procedure, Trigger
from reconciler.model.ref import Kind

KINDS: Mapping[Kind, type[Object]] = {
    cls.kind: cls
    for cls in (
        Schema, Extension, Enum, Domain, NumberSequence, OwnedBy, Table, Column, PrimaryKey, Unique, Check, Exclusion,
        ForeignKey, Index, Trigger, View, Function, Procedure, Event,
    )
}  # fmt: skip
