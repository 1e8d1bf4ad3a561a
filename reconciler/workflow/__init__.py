"""The dataflow, one function per command: the only place where specs, databases, plans and reports meet.

specs ─ load ─▶ documents ─ lower ─▶ model as written ─ normalize ─▶ desired
database ─ inspect ─▶ model ─ normalize ─▶ actual
compare(actual, desired) ─▶ changes ─ expand ─▶ steps ─ order ─▶ plan ─ hazards ─ policy ─▶ allowed | refused
apply: lock ─ plan again ─ gate ─ segments ─ per step: execute, ledger ─ look again: nothing differs ─ commit
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reconciler.execute.batches import Progress
    from reconciler.workflow.acting import Terms, apply, check, plan
    from reconciler.workflow.importing import import_
    from reconciler.workflow.opening import Request
    from reconciler.workflow.validating import validate

__all__ = ["Progress", "Request", "Terms", "apply", "check", "import_", "plan", "validate"]

# Name → its module, imported when it is first asked for: to validate needs half of what to apply needs.
_MODULES = {
    "Progress": "reconciler.execute.batches", "Request": "reconciler.workflow.opening",
    "Terms": "reconciler.workflow.acting", "apply": "reconciler.workflow.acting",
    "check": "reconciler.workflow.acting", "plan": "reconciler.workflow.acting",
    "import_": "reconciler.workflow.importing", "validate": "reconciler.workflow.validating",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)
