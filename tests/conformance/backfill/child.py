"""A backfill that runs in a process of its own, to be killed: forked from one that has imported everything."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess

from reconciler.backfill.work import Work
from reconciler.dialects.base import Session
from reconciler.dialects.bulk import Portion, counted
from reconciler.model.backfills import Backfill
from tests.conformance.backfill.at_work import unasked, work_on
from tests.target import Target

_FORKED = get_context("forkserver")
_FORKED.set_forkserver_preload([__name__, "reconciler.backfill.run", "sqlalchemy.dialects.postgresql.psycopg"])


def start(
    target: Target, backfills: Sequence[Backfill], *, failpoint: str = "", together: str = ""
) -> ForkServerProcess:
    """Start to carry backfills out; `together` may name how a portion is carried out instead."""
    environ = {name: value for name, value in os.environ.items() if name.startswith("CLOUDFLARE")}
    process = _FORKED.Process(
        target=_run, args=(target.dialect, target.url, list(backfills), failpoint, together, environ)
    )
    process.start()
    return process


def carried_out_by(work: Work, together: Callable[[Session, Portion], Mapping[str, int]]) -> Work:
    """Return the same work, each of its portions carried out in another way."""
    bulk = replace(work.target.dialect.bulk(), together=together)
    side = replace(work.target, dialect=replace(work.target.dialect, bulk=lambda: bulk))
    return replace(work, target=side, source=side)


def _run(
    dialect: str, url: str, backfills: Sequence[Backfill], failpoint: str, together: str, environ: Mapping[str, str]
) -> None:
    from reconciler.backfill.ledger import standings
    from reconciler.backfill.run import carry_out
    from reconciler.execute import failpoints

    os.environ.update(environ)
    if failpoint:
        os.environ["RECONCILE_FAILPOINT"] = failpoint
        failpoints._POINT = failpoints._armed()
    for backfill in backfills:
        with work_on(unasked(dialect, url), backfill) as work:
            if together:
                work = carried_out_by(work, globals()[together])  # noqa: PLW2901
            before = standings(work.target.session, work.ledger).get(backfill.ref.name)
            if before is not None and (before.state, before.generation) == ("done", backfill.generation):
                continue  # who asks for work that is done asks for it to be done anew: an apply does not
            standing = carry_out(work).standing
        if standing.state != "done":
            raise SystemExit(f"{standing.state}: {standing.reason}")


def torn_apart(session: Session, portion: Portion) -> Mapping[str, int]:
    """Do what must not be done: let the rows be committed, each statement by itself, and then the cursor."""
    counts = counted(portion, [session.execute(part.sql) for part in portion.parts])
    portion.reached("batch_rows")
    session.execute(portion.close(counts))
    return counts
