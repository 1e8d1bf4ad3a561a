"""A project on one database whose specs change between runs; documents in, what the workflow says out."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler import PlanError, Refused, SpecError, workflow
from reconciler.plan.policy import Allowance
from reconciler.report.facts import Applied, Review
from tests.target import Target


class Project:
    """Specs that change between runs, in the database's own words."""

    def __init__(self, folder: Path, target: Target) -> None:
        self.folder, self.target = folder / "project", target
        self.folder.mkdir()
        (self.folder / "reconcile.yaml").write_text(
            f"reconcile: 1\nproject: p\nsql: {target.dialect}\nenvironments: {{here: "
            f"{{url: '{target.url}', default: true, policy: {{approve: never}}}}}}\n"
        )

    @property
    def request(self) -> workflow.Request:
        return workflow.Request(directory=self.folder, environment="here", lock_timeout=3)

    def apply(self, *documents: str) -> Applied:
        """Apply these documents, every hazard allowed that can be, and hold that nothing is left to plan."""
        self._declare(documents)
        applied = workflow.apply(self.request, workflow.Terms(given=(Allowance("*"),)))
        left = workflow.plan(self.request).planned.plan
        assert left.empty, [str(step.subject) for step in left.steps]
        return applied

    def plan(self, *documents: str) -> Review:
        """Return the plan of these documents."""
        self._declare(documents)
        return workflow.plan(self.request)

    def hazards(self, *documents: str) -> set[str]:
        """Return the codes of what these documents cost."""
        return {hazard.code for hazard in self.plan(*documents).planned.hazards}

    def blocked(self, *documents: str) -> set[str]:
        """Apply these documents, hold that the rows refuse them, and return the codes."""
        self._declare(documents)
        with pytest.raises(Refused) as info:
            workflow.apply(self.request, workflow.Terms(given=(Allowance("*"),)))
        review = info.value.review  # type: ignore[attr-defined]
        return {hazard.code for hazard in review.planned.verdict.refused}

    def impossible(self, *documents: str) -> dict[str, set[str]]:
        """Plan these documents, hold that there is no plan, and return the messages by code."""
        self._declare(documents)
        with pytest.raises((PlanError, SpecError)) as info:
            workflow.plan(self.request)
        found: dict[str, set[str]] = {}
        for problem in info.value.problems():
            found.setdefault(problem.code, set()).add(problem.message)
        return found

    def imported(self, file: str) -> str:
        """Import the database into a project of its own, hold that nothing is to be planned, and return one file."""
        folder = self.folder.with_name("imported")
        workflow.import_(self.request, folder)
        assert workflow.plan(workflow.Request(directory=folder)).planned.plan.empty
        return (folder / file).read_text()

    def _declare(self, documents: tuple[str, ...]) -> None:
        (self.folder / "spec.yaml").write_text("---\n".join(documents))
