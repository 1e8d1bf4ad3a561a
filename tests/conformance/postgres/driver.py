"""Plans and runs models on a PostgreSQL database through the product's own parts, and shapes models for the tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from reconciler.compare.compare import Owned
from reconciler.compare.planning import Planned, prepare
from reconciler.dialects.base import Session, Target
from reconciler.dialects.postgres.dialect import DIALECT
from reconciler.model.model import Desired, Model
from reconciler.model.objects import Object
from reconciler.model.ref import Ref
from reconciler.plan.policy import Policy
from reconciler.plan.scope import Undeclared
from reconciler.plan.step import Transaction

DROP_THE_REST = Policy(undeclared=Undeclared.DROP)


def on(url: str, *schemas: str) -> Target:
    """Return a target for a database."""
    return Target(dialect="postgres", url=url, label="the test database", schemas=schemas, access="write")


@contextmanager
def connected(target: Target) -> Iterator[Session]:
    """Hold a session open."""
    session = DIALECT.connect(target)
    try:
        yield session
    finally:
        session.close()


def declared(objects: Sequence[Object], renames: Mapping[Ref, Ref] | None = None) -> Desired:
    """Return objects as a declared model in normal form; a problem fails the test."""
    normalized = DIALECT.normalize(Model(objects))
    assert not normalized.problems, normalized.problems
    return Desired(model=normalized.model, renames=renames or {})


def planned(session: Session, target: Target, desired: Desired) -> Planned:
    """Return the plan that makes the database hold what is declared and nothing else."""
    return prepare(DIALECT, session, target, desired, Owned(known=True), DROP_THE_REST)


def run(session: Session, plan: Planned) -> None:
    """Run a plan in as few transactions as the server allows."""
    steps = plan.plan.steps
    session.begin()
    try:
        for step in steps:
            for statement in step.statements:
                session.execute(statement.sql)
                if statement.transaction is Transaction.COMMIT_AFTER:
                    session.commit()
                    session.begin()
        session.commit()
    except BaseException:
        session.rollback()
        raise


def converge(session: Session, target: Target, desired: Desired) -> Planned:
    """Plan, run, and prove that nothing is left; return the plan that ran."""
    first = planned(session, target, desired)
    run(session, first)
    left = planned(session, target, desired)
    assert left.plan.empty, "\n".join(statement.sql for statement in left.plan.statements)
    assert left.comparison.live.fingerprint() == left.comparison.scope.target.fingerprint()
    return first


def script(plan: Planned) -> str:
    """Return a plan's SQL."""
    return ";\n".join(statement.sql for statement in plan.plan.statements)
