"""A plan: ordered steps between two fingerprints, with an id that is a hash of nothing but them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from reconciler.frozen import frozen
from reconciler.plan.step import Stage, Statement, Step


@frozen
class Plan:
    """Ordered steps. The same dialect, fingerprints and SQL have the same id; counts, times and hosts stand outside."""

    dialect: str
    source: str
    target: str
    steps: tuple[Step, ...]
    id: str

    @property
    def statements(self) -> tuple[Statement, ...]:
        """Every statement in order; what backfills do is not counted beforehand."""
        told = (step for step in self.steps if step.stage is not Stage.FILL)
        return tuple(statement for step in told for statement in step.statements)

    def only(self, stage: Stage) -> Plan:
        """Return the steps of one stage under the same id."""
        return replace(self, steps=tuple(step for step in self.steps if step.stage is stage))

    @property
    def empty(self) -> bool:
        """Whether there is nothing to do."""
        return not self.steps


def make_plan(dialect: str, source: str, target: str, steps: Sequence[Step]) -> Plan:
    """Return the plan of ordered steps; `source` and `target` are fingerprints."""
    digest = hashlib.sha256("\0".join((dialect, source, target)).encode())
    for step in steps:
        for statement in step.statements:
            digest.update(b"\0" + statement.transaction.encode() + b"\0" + statement.sql.encode())
    return Plan(dialect=dialect, source=source, target=target, steps=tuple(steps), id=f"pl_{digest.hexdigest()[:16]}")
