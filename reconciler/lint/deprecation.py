"""What is deprecated and what refers to it in; new uses, and what may go by now, out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from reconciler import dialects
from reconciler.lint.kinds import Finding
from reconciler.model.model import Model
from reconciler.model.objects import Column, Table
from reconciler.model.values import Deprecated


def uses(model: Model, dialect: str) -> Iterator[Finding]:
    """Yield what refers to a deprecated column or table from outside it, and is not deprecated itself."""
    old = list(_deprecated(model))
    known = Model(dialects.dialect(dialect).resolve(list(model.values()), model)) if old else model
    for obj, dates in old:
        for user in known.dependents(obj.ref):
            outside = user.ref.top != obj.ref.top
            if outside and getattr(model.get(user.ref.top), "deprecated", None) is None:
                yield Finding(code="DP101", ref=user.ref, message=f"it uses {obj.ref}, deprecated since {dates.since}",
                              hint=f"use something else: it may go from {dates.remove_after} on")  # fmt: skip


def overdue(model: Model, dialect: str) -> Iterator[Finding]:
    """Yield what is deprecated and may go by now."""
    today = datetime.now(UTC).date().isoformat()
    for obj, dates in _deprecated(model):
        if dates.remove_after <= today:
            message = f"it is deprecated, and may go since {dates.remove_after}"
            yield Finding(code="DP102", ref=obj.ref, part="deprecated", message=message,
                          hint="take it out, with a line under `removed:`; or give it more time")  # fmt: skip


def _deprecated(model: Model) -> Iterator[tuple[Column | Table, Deprecated]]:
    for obj in model.values():
        if isinstance(obj, Column | Table) and obj.deprecated is not None:
            yield obj, obj.deprecated
