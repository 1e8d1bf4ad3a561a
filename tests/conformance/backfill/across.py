"""A test's databases in, two sides of a backfill and the work between them out; who writes holds the lock."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess

from reconciler.backfill.run import carry_out
from reconciler.backfill.work import Side, Work
from reconciler.dialects import dialect
from reconciler.dialects.base import Session
from reconciler.dialects.base import Target as Place
from reconciler.execute import failpoints
from reconciler.model.backfills import Backfill
from reconciler.model.model import Model
from reconciler.model.objects import Column
from reconciler.model.ref import Kind, Ref
from tests.conformance.backfill.at_work import ledger_of, unasked
from tests.target import Target


@contextmanager
def side_of(target: Target, access: str = "read", sensitive: str = "") -> Iterator[Side]:
    """Open a database; `sensitive` is `table.column`. Whoever writes holds the lock."""
    spoken = dialect(target.dialect)
    place = Place(dialect=target.dialect, url=target.url, label=target.dialect, access=access)

    @contextmanager
    def another() -> Iterator[Session]:
        session = spoken.connect(place)
        try:
            yield session
        finally:
            session.close()

    if access == "write":
        with spoken.lock(place, 10.0, lambda sentence: None) as lock:
            place = replace(place, fence=lock.fence)
            with another() as session:
                yield _side(target, place, session, another, sensitive)
        return
    with another() as session:
        yield _side(target, place, session, another, sensitive)


def _side(target: Target, place: Place, session: Session, another: object, sensitive: str) -> Side:
    spoken = dialect(target.dialect)
    model = spoken.normalize(spoken.inspect(session, place).model).model
    if sensitive:
        table, _, name = sensitive.partition(".")
        ref = Ref.root(Kind.TABLE, table).child(Kind.COLUMN, name)
        model = model.updated([replace(model.get_as(ref, Column), sensitive=True)])
    return Side(dialect=spoken, session=session, model=Model(model.values()), label=target.dialect, another=another)  # type: ignore[arg-type]


def work_of(backfill: Backfill, source: Side, target: Side, digest: str = "d", run_id: str = "r") -> Work:
    """Return the work of one backfill; other environments are not known."""

    def side(name: str) -> AbstractContextManager[Side]:
        raise LookupError(name)

    ledger = ledger_of(unasked(target.dialect.name, ""))
    return Work(
        backfill=backfill, digest=digest, target=target, source=source, ledger=ledger, run_id=run_id, side=side,
    )  # fmt: skip


def start(source: Target, target: Target, backfill: Backfill, failpoint: str = "") -> ForkServerProcess:
    """Carry a copy out in a process of its own, to be killed."""
    environ = {name: value for name, value in os.environ.items() if name.startswith("CLOUDFLARE")}
    places = ((source.dialect, source.url), (target.dialect, target.url))
    process = get_context("forkserver").Process(target=_run, args=(places, backfill, failpoint, environ))
    process.start()
    return process


def _run(
    places: tuple[tuple[str, str], tuple[str, str]], backfill: Backfill, failpoint: str, environ: Mapping[str, str]
) -> None:
    os.environ.update(environ)
    if failpoint:
        os.environ["RECONCILE_FAILPOINT"] = failpoint
        failpoints._POINT = failpoints._armed()
    source, target = (unasked(*place) for place in places)
    with side_of(source) as there, side_of(target, "write") as here:
        standing = carry_out(work_of(backfill, there, here)).standing
    if standing.state != "done":
        raise SystemExit(f"{standing.state}: {standing.reason}")
