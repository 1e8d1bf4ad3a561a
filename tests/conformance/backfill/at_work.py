"""A test's database and a backfill in, the work on it out, under the lock of runs as an apply would have it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from dataclasses import replace
from typing import Any

from reconciler import dialects
from reconciler.backfill.work import Side, Watch, Work
from reconciler.dialects import base
from reconciler.execute.ledger import Ledger
from reconciler.model.backfills import (
    Assignment,
    Backfill,
    Case,
    Classification,
    Idempotency,
    InsertSelect,
    Mapped,
    Merge,
    Source,
    Update,
)
from reconciler.model.ref import BACKFILL, Kind, Ref
from reconciler.model.values import Literal, Sql
from tests.target import Target

_numbers = itertools.count(1)


@contextmanager
def work_on(target: Target, backfill: Backfill, *, digest: str = "d", watch: Watch | None = None) -> Iterator[Work]:
    """Take the lock, connect, and give what `carry_out` is given."""
    dialect = dialects.dialect(target.dialect)
    where = base.Target(dialect=dialect.name, url=target.url, label="here", access="write", patience=10.0)
    with dialect.lock(where, 10.0, lambda sentence: None) as lock:
        where = replace(where, fence=lock.fence)
        with closing(dialect.connect(where)) as session:
            side = Side(
                dialect=dialect, session=session, model=dialect.inspect(session, where).model, label="here",
                another=lambda: closing(dialect.connect(where)),
            )  # fmt: skip

            def opened(name: str) -> AbstractContextManager[Side]:
                del name
                return nullcontext(side)

            yield Work(
                backfill=backfill, digest=digest, target=side, source=side, ledger=ledger_of(target),
                run_id=f"r_{next(_numbers)}", side=opened, held=lock.held, watch=watch or Watch(),
            )  # fmt: skip


def ledger_of(target: Target) -> Ledger:
    """Return where the ledger of the tests' project is."""
    dialect = dialects.dialect(target.dialect)
    where = base.Target(dialect=dialect.name, url=target.url, label="here")
    return Ledger(dialect.ledger_schema(where), "tests", dialect.ledger_text, dialect.ledger_options)


def ref(name: str) -> Ref:
    """Return the address of a backfill."""
    return Ref("", (BACKFILL, name))


def table(name: str) -> Ref:
    """Return the address of a table."""
    return Ref.root(Kind.TABLE, name)


def source(name: str, *key: str, where: str = "", **more: Any) -> Source:
    """Return the rows of a table."""
    return Source(table=table(name), key=key or ("id",), where=Sql(where) if where else None, **more)


def sums(strategy: str = "ledger", **more: Any) -> Backfill:
    """Return the work that moves logs into balances, by class: added where there is no natural key."""
    add = Sql("target.amount + incoming.amount")
    return Backfill(
        ref=ref("logs_to_balances"), source=more.pop("source", source("logs")),
        idempotency=Idempotency(strategy=strategy),
        insert_select=InsertSelect(
            into=table("balances"),
            classify=(
                Classification(
                    name="bucket",
                    cases=(
                        Case(when=Sql("logs.reason = 'grant' AND delta > 0"), then=Literal("granted")),
                        Case(when=Sql("reason = 'use'"), then=Literal("used")),
                    ),
                ),
            ),
            columns=(
                Mapped(column="user_id", expression=Sql("user_id")),
                Mapped(column="bucket", classification="bucket"),
                Mapped(column="amount", expression=Sql("delta"), aggregate="sum"),
            ),
            group_by=(Sql("user_id"), Sql("$bucket")),
            merge=Merge(on=("user_id", "bucket"), assignments=(Assignment(column="amount", value=add),)),
        ),
        **more,
    )  # fmt: skip


def copied(strategy: str = "target_key", **more: Any) -> Backfill:
    """Return the work that makes one row of each row, by its key."""
    return Backfill(
        ref=ref("events_to_facts"), source=more.pop("source", source("events")),
        idempotency=more.pop("idempotency", Idempotency(strategy=strategy, key=("event_id",))),
        insert_select=InsertSelect(
            into=table("facts"),
            columns=(
                Mapped(column="event_id", expression=Sql("id")),
                Mapped(column="body", expression=Sql("body")),
                Mapped(column="kind", constant=Literal("it's")),
            ),
        ),
        **more,
    )  # fmt: skip


def doubled(strategy: str = "converge", **more: Any) -> Backfill:
    """Return the work that changes rows in place."""
    return Backfill(
        ref=ref("doubled"), source=source("numbers"), idempotency=Idempotency(strategy=strategy),
        update=Update(assignments=(Assignment(column="b", value=Sql("a * 2")),), where=Sql("a IS NOT NULL")),
        **more,
    )  # fmt: skip


def unasked(dialect: str, url: str) -> Target:
    """Return a database of which only the URL is known, for a process that asks the product alone."""

    def nothing(sql: str) -> Any:
        raise AssertionError(sql)

    return Target(dialect, dialect, url, nothing, nothing, lambda: nothing(""))
