"""What carrying a plan out came to, as data for the ledger and the reports."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What was done: steps and statements, rows that they changed, seconds that they took."""

    run_id: str
    steps: int
    statements: int
    rows: int
    seconds: float
