"""A plan in, a script for `wrangler d1 execute --file` out, which D1 runs as a whole or not at all.

It has neither temporary tables nor conditions, so a guard is a query that fails. A table that others refer to is made
anew together with them (closure.py), and nothing tells a script in which of their forms those are: that is left to
`apply`.
"""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.dialects.script import Order, Script, commented, row_remarks, without_rows
from reconciler.dialects.sql import text_literal
from reconciler.dialects.sqlite import render
from reconciler.dialects.sqlite.d1.closure import together
from reconciler.dialects.sqlite.remaking import Remake, unguarded
from reconciler.dialects.sqlite.script import REMARKS, Work, anew, created, dropped, guards, last, result, rows, sort
from reconciler.errors import PlanError


def script(order: Order) -> Script:
    """Write a plan. Raises PlanError with everything that no script can do twice."""
    work = sort(order, _guard)
    problems = [unguarded(one.ref, why) for one in work.remakes if (why := _why_not(one))]
    if problems:
        raise PlanError(problems)
    changes = _changes(work) if without_rows(order).plan.steps else ()
    body = [*_opening(order), *changes, *rows(order), last(work)]
    remarks = (*(REMARKS if work.remakes else ()), *row_remarks(order))
    return Script(body="\n".join(body) + "\n", run="wrangler d1 execute DATABASE --remote --file=FILE", remarks=remarks)


def _why_not(one: Remake) -> str:
    """Say why a table cannot be made anew by a script, "" when it can."""
    if together(one.ref, one.states):
        return "on D1 it is made anew together with all that refer to it"
    if ("autoincrement", True) in one.new.options:
        return "its counter is kept in a temporary table, and D1 knows none"
    return ""


def _guard(message: str, condition: str) -> str:
    """Write what stops the script with this message unless the condition is true."""
    words = text_literal(message.replace("\0", ""))
    return f"SELECT CASE WHEN coalesce({condition}, 0) THEN 1 ELSE json_extract('{{}}', {words}) END;"


def _opening(order: Order) -> Iterator[str]:
    yield "PRAGMA defer_foreign_keys = ON;"
    yield "PRAGMA legacy_alter_table = ON;"
    if order.refusal:
        yield _guard(order.refusal, "0")


def _changes(work: Work) -> Iterator[str]:
    yield from guards(work)
    yield from dropped(work)
    for table in work.made:
        yield f"\n-- create {commented(str(table.ref))}"
        yield f"{render.create_table_once(table, work.order.states.new)};"
    for one in work.remakes:
        yield f"\n-- update {commented(str(one.ref))}: made anew, right from both of its forms"
        yield from anew(work, one)
    yield from created(work)
    yield "\n-- looked at again before anything is kept"
    for address, condition in result(work):
        yield _guard(f"{address} is not as planned: nothing was changed", condition)
