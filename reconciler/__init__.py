"""A declarative schema reconciler: specs and a database in, a reviewed and proven change out.

`reconciler.workflow` has one function for each command; what they raise is named here.
"""

from __future__ import annotations

from reconciler.errors import (
    ApplyFailed,
    ApprovalNeeded,
    LockTaken,
    NotConverged,
    PartlyApplied,
    PlanError,
    ReconcileError,
    Refused,
    SpecError,
    StalePlan,
    TargetError,
    UsageError,
)

__version__ = "0.1.0"

__all__ = [
    "ApplyFailed",
    "ApprovalNeeded",
    "LockTaken",
    "NotConverged",
    "PartlyApplied",
    "PlanError",
    "ReconcileError",
    "Refused",
    "SpecError",
    "StalePlan",
    "TargetError",
    "UsageError",
]
