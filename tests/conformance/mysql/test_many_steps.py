"""What each step of an apply costs does not grow with the steps before it, and the ledger has all of them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from reconciler.compare.compare import Owned
from reconciler.execute.owning import News
from reconciler.plan.step import Step
from reconciler.workflow import proving, stages
from tests.conformance.driver import Project
from tests.target import Target

TABLE = "---\ntable: t{number}\ncolumns: {{id: {{type: bigint}}}}\nprimary_key: [id]\n"


def test_steps_are_gone_through_once(project: Project, my: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    gone_through = []
    claim = proving.claim

    def counted(known: Owned, steps: Sequence[Step]) -> News:
        gone_through.append(len(steps))
        return claim(known, steps)

    monkeypatch.setattr(stages, "claim", counted)
    project.apply("".join(TABLE.format(number=number) for number in range(20)))
    assert sum(gone_through) <= 3 * 20
    assert my.query("select count(*), count(distinct address) from _reconcile_object") == [(60, 60)]
