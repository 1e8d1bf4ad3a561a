"""A plan in, a script for `wrangler d1 execute --file` out, which D1 runs as a whole or not at all.

It has neither temporary tables nor conditions, so a guard is a query that fails. A table that is made anew has to go
with all that refer to it, and nothing tells a script in which of their forms those are: that is left to `apply`.
"""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.dialects.script import Order, Script, commented
from reconciler.dialects.sql import text_literal
from reconciler.dialects.sqlite import render
from reconciler.dialects.sqlite.remaking import unguarded
from reconciler.dialects.sqlite.script import Work, created, dropped, guards, last, result, sort
from reconciler.errors import PlanError


def script(order: Order) -> Script:
    """Write a plan. Raises PlanError with everything that no script can do twice."""
    work = sort(order, _guard)
    if work.remakes:
        why = "on D1 it is made anew together with all that refer to it"
        raise PlanError([unguarded(one.ref, why) for one in work.remakes])
    body = [*_opening(order), *(_changes(work) if order.plan.steps else ()), last(work)]
    return Script(body="\n".join(body) + "\n", run="wrangler d1 execute DATABASE --remote --file=FILE")


def _guard(message: str, condition: str) -> str:
    """Write what stops the script with this message unless the condition is true."""
    words = text_literal(message.replace("\0", ""))
    return f"SELECT CASE WHEN coalesce({condition}, 0) THEN 1 ELSE json_extract('{{}}', {words}) END;"


def _opening(order: Order) -> Iterator[str]:
    yield "PRAGMA defer_foreign_keys = ON;"
    if order.refusal:
        yield _guard(order.refusal, "0")


def _changes(work: Work) -> Iterator[str]:
    yield from guards(work)
    yield from dropped(work)
    for table in work.made:
        yield f"\n-- create {commented(str(table.ref))}"
        yield f"{render.create_table_once(table, work.order.states.new)};"
    yield from created(work)
    yield "\n-- looked at again before anything is kept"
    for address, condition in result(work):
        yield _guard(f"{address} is not as planned: nothing was changed", condition)
