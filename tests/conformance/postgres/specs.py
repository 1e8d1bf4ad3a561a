"""Specs as text, applied to a database as the command line would: the whole way, from YAML to the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from reconciler import workflow
from reconciler.plan.policy import Allowance
from reconciler.report.facts import Applied, Review
from tests.target import Target

EVERYTHING = workflow.Terms(given=(Allowance("*"),))


@dataclass(frozen=True, slots=True)
class Specs:
    """One project in a folder of its own; what it declares is replaced by each call."""

    folder: Path
    url: str

    def request(self) -> workflow.Request:
        """Return what the command line would ask for."""
        return workflow.Request(directory=self.folder, environment="here")

    def declare(self, text: str) -> None:
        """Write the documents."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "reconcile.yaml").write_text(
            "reconcile: 1\nproject: fields\nsql: postgres\ndialects: [postgres]\n"
            f"environments: {{here: {{url: '{self.url}', default: true, policy: {{approve: never}}}}}}\n"
        )
        (self.folder / "schema.yaml").write_text(text)

    def plan(self, text: str) -> Review:
        """Plan, and change nothing."""
        self.declare(text)
        return workflow.plan(self.request())

    def apply(self, text: str, terms: workflow.Terms = EVERYTHING) -> Applied:
        """Apply with every consent, and hold that nothing is left to plan."""
        self.declare(text)
        done = workflow.apply(self.request(), terms)
        left = workflow.plan(self.request()).planned.plan
        assert left.empty, "\n".join(statement.sql for statement in left.statements)
        return done


def statements(applied: Applied | Review) -> list[str]:
    """Return the SQL of a plan."""
    review = applied.review if isinstance(applied, Applied) else applied
    return [statement.sql for statement in review.planned.plan.statements]


def lines(database: Target) -> list[str]:
    """Return the lines of a dump in no order: a column that is made anew stands last."""
    dump = database.observe()
    return sorted(line.strip().rstrip(",") for line in dump.splitlines() if not line.startswith(("--", "\\")))


def copied(database: Target, other: Target, folder: Path) -> None:
    """Import one database and apply what was written to another."""
    workflow.import_(workflow.Request(directory=folder, url=database.url), folder)
    request = workflow.Request(directory=folder, url=other.url)
    workflow.apply(request, EVERYTHING)
    left = workflow.plan(request).planned.plan
    assert left.empty, "\n".join(statement.sql for statement in left.statements)
