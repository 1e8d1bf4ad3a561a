"""A target as it is looked at: a session held open, its errors in words for a person, a plan with its circumstances."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from reconciler.compare.planning import Planned
from reconciler.dialects.base import DatabaseError, Session
from reconciler.errors import ApplyFailed, LockTaken, PartlyApplied, PlanError, Problem, TargetError
from reconciler.execute import ledger
from reconciler.model.model import Desired, Model
from reconciler.model.ref import Kind
from reconciler.report.facts import Review, SpecVersion
from reconciler.workflow.allowing import expired
from reconciler.workflow.declaring import place
from reconciler.workflow.opening import Opened


def reading(opened: Opened) -> Opened:
    """Return the same target, to be read only."""
    return replace(opened, target=replace(opened.target, access="read"))


def seeing_schemas(opened: Opened, desired: Model) -> Opened:
    """Let the session look at the schemas that the specs name, besides the default one."""
    named = tuple(sorted({ref.name for ref in desired if ref.kind == Kind.SCHEMA}))
    return replace(opened, target=replace(opened.target, schemas=named))


@contextmanager
def session_on(opened: Opened) -> Iterator[Session]:
    """Hold a session on the target open."""
    session = opened.dialect.connect(opened.target)
    try:
        yield session
    finally:
        session.close()


@contextmanager
def told(desired: Desired | None) -> Iterator[None]:
    """Turn what a database answers into words for a person, and give problems with an address their place in a file."""
    try:
        yield
    except DatabaseError as error:
        said = f"the database says: {error.message}{f' ({error.code})' if error.code else ''}"
        if error.retryable:
            raise LockTaken(said, hint="end what holds the lock, or raise --lock-timeout") from error
        raise TargetError(said) from error
    except (PlanError, ApplyFailed, PartlyApplied) as error:
        error.place(place(error.problems(), desired) if desired else error.problems())
        raise


def review_of(
    opened: Opened,
    planned: Planned,
    desired: Desired,
    version: SpecVersion,
    warnings: Sequence[Problem],
    seconds: float,
) -> Review:
    """Return a plan with its circumstances."""
    return Review(
        planned=planned,
        desired=desired,
        project=opened.project.name,
        environment=opened.environment.name,
        dialect=opened.dialect.name,
        label=opened.target.label,
        created_at=ledger.now(),
        seconds=seconds,
        spec=version,
        approve=opened.policy.approve.value,
        schema=opened.target.schema,
        undeclared=opened.policy.undeclared.value,
        only=tuple(sorted(opened.policy.only)),
        warnings=(*warnings, *expired(opened.environment.policy.allow)),
    )
