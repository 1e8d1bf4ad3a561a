"""A request in; statistics that are fresh and room that is given back, by the database's own commands, out."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import replace

from reconciler.dialects.base import DatabaseError, Session
from reconciler.dialects.chores import Chore
from reconciler.execute import interrupt
from reconciler.model.objects import Table
from reconciler.report.facts import Chored, Maintained
from reconciler.workflow.declaring import declare, load
from reconciler.workflow.looking import told
from reconciler.workflow.opening import Opened, Request, open_request


def maintain(request: Request) -> Maintained:
    """Do what a database's figures say that its declared tables need, one after the other; what fails is told.

    Raises:
        UsageError, SpecError, TargetError: as elsewhere.
        LockTaken: when a run is at work: it would be in its way.
    """
    opened = open_request(request, access="write")
    desired, _ = declare(opened.project, load(opened.project), opened.dialect, opened.target, request.variables)
    tables = sorted(obj.ref for obj in desired.model.values() if isinstance(obj, Table))
    with told(desired), opened.dialect.lock(opened.target, opened.target.patience, lambda sentence: None) as lock:
        session = opened.dialect.connect(replace(opened.target, fence=lock.fence))
        try:
            chores = _all(opened, session, opened.dialect.chores(session, tables))
        finally:
            session.close()
    return Maintained(environment=opened.environment.name, label=opened.target.label, chores=chores)


def _all(opened: Opened, session: Session, chores: Iterable[Chore]) -> tuple[Chored, ...]:
    done = []
    for chore in chores:
        interrupt.heed()
        begun = time.monotonic()
        message = _failure(session, chore)
        done.append(Chored(chore=chore, seconds=time.monotonic() - begun, failure=message))
    return tuple(done)


def _failure(session: Session, chore: Chore) -> str:
    """Carry one out and return why it failed, "" where it did not; a connection that is lost ends all of it."""
    try:
        if chore.failure is not None:
            return chore.failure(session.query(chore.sql))
        session.execute(chore.sql)
    except DatabaseError as error:
        if error.lost:
            raise
        return error.message
    return ""
