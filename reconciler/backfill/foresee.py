"""A backfill and the database as it is in, what a plan tells of it out: rows, the index that is read, triggers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext

from reconciler.backfill.reading import boundary, key_columns, table_of
from reconciler.backfill.work import Side, Work
from reconciler.dialects.backfill_checks import proofread, unfit_key
from reconciler.dialects.base import DatabaseError
from reconciler.errors import Problem
from reconciler.execute.ledger import Ledger
from reconciler.frozen import frozen
from reconciler.model.backfills import Backfill
from reconciler.model.model import Model
from reconciler.model.programs import Trigger
from reconciler.model.ref import Ref


@frozen
class Foreseen:
    """What is to be expected. `rows` is about how many the source has, None when nobody knows.

    `key` are the columns by whose order rows are read. `index` is what serves that, "" where the database would read
    the table and sort it with each transaction, None where it could not be asked: the table is not there yet.
    `triggers` are those that fire on the table that is written.
    """

    rows: int | None
    key: tuple[str, ...]
    index: str | None
    triggers: tuple[Ref, ...]


def foresee(source: Side, target: Side, backfill: Backfill) -> Foreseen:
    """Ask what a backfill will meet; nothing is written.

    Args:
        source: the database that is read.
        target: the one that is written; the same but for a copy.
        backfill: in their words.
    """
    work = Work(
        backfill=backfill, digest="", target=target, source=source, ledger=Ledger("", ""), run_id="",
        side=lambda name: nullcontext(source),
    )  # fmt: skip
    bulk, session = source.dialect.bulk(), source.session
    rows, index = None, None
    try:
        rows = bulk.estimate(session, table_of(source, backfill.source.table))
        index = bulk.served(session, boundary(work, None, None, backfill.chunk.size))
    except DatabaseError as error:
        if error.lost:
            raise
    return Foreseen(
        rows=rows, key=key_columns(work), index=index, triggers=tuple(sorted(_fired(target, backfill)))
    )  # fmt: skip


def unsound(source: Side, target: Side, declared: Model, backfill: Backfill) -> Iterator[tuple[Problem, str]]:
    """Yield what only the databases know to be wrong with a backfill, with the path of its place.

    What is declared was looked at before any database was asked: this is about tables that are not.
    """
    if backfill.source.database:
        yield from unfit_key(backfill, source.model)
    tables = {backfill.into, *(() if backfill.source.database else (backfill.source.table,))}
    others = [obj for table in tables for obj in target.model.subtree(table) if obj.ref not in declared]
    if others:
        found = proofread(backfill, declared.updated(others), target.dialect.family)
        yield from (pair for pair in found if pair[0].severity == "error")


def _fired(target: Side, backfill: Backfill) -> Iterator[Ref]:
    """Yield the triggers of the written table that what is done there sets off; a statement may do anything."""
    table = target.model.get(backfill.into)
    if table is None:
        return
    for trigger in target.model.children(table.ref, Trigger):
        if trigger.enabled != "disabled" and set(trigger.events) & _events(backfill):
            yield trigger.ref


def _events(backfill: Backfill) -> frozenset[str]:
    if backfill.update is not None:
        return frozenset({"update"})
    if backfill.script is not None:
        return frozenset({"insert", "update", "delete"})
    found = {"insert"}
    merge = backfill.insert_select.merge if backfill.insert_select else None
    if (merge and merge.assignments) or backfill.idempotency.on_conflict.startswith("update"):
        found.add("update")
    if backfill.deletes == "mirror":
        found.add("delete")
    return frozenset(found)
