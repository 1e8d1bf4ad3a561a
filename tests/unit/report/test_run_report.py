"""The statements of a run are counted as what became of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.plan.outcome import PastRun
from reconciler.report.run_report import Counts, counts

RUN = PastRun(
    run_id="r", project="p", plan_id="pl", tool="t", actor="a", state="done", started_at="", finished_at="", error="",
    done=3, total=3, statements=(1, 3, 2),
)  # fmt: skip


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        (RUN, Counts(6, 0, 0)),
        (replace(RUN, state="partial", done=1, error="step 2: no"), Counts(1, 1, 4)),
        (replace(RUN, state="failed", done=0, error="step 1: no"), Counts(0, 1, 5)),
        # Everything ran and was taken back: none of the statements failed by itself.
        (replace(RUN, state="failed", done=3, error="differs"), Counts(6, 0, 0)),
        (replace(RUN, state="interrupted", done=2), Counts(4, 0, 2)),
        (replace(RUN, statements=()), None),
        (replace(RUN, total=None, statements=()), None),
    ],
)
def test_statements_are_counted(run: PastRun, expected: Counts | None) -> None:
    assert counts(run) == expected
