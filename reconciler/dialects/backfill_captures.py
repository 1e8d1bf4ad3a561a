"""A backfill that carries live writes along by triggers in, what makes that impossible out; no database is asked.

Each problem comes with the path of its place in the document.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from reconciler.dialects.backfill_names import reads_other_names
from reconciler.errors import Problem
from reconciler.model.backfills import Backfill
from reconciler.model.model import Model
from reconciler.model.names import helper_name
from reconciler.model.objects import Column, ForeignKey
from reconciler.model.programs import Trigger
from reconciler.model.values import Action

Found = Iterator[tuple[Problem, str]]

_STRATEGY = {"update": "converge", "insert_select": "target_key"}
_TIMING = {"update": "before_write", "insert_select": "after_write"}


def uncaptured(backfill: Backfill, model: Model, family: str) -> Found:
    """Yield why triggers cannot carry along what is written to the source of a backfill."""
    for check in _ALWAYS:
        yield from check(backfill, model, family)
    if backfill.captures and _work(backfill):
        for check in _CAPTURED:
            yield from check(backfill, model, family)


def _problem(backfill: Backfill, message: str, hint: str) -> Problem:
    return Problem(code="BF112", message=message, hint=hint, address=str(backfill.ref))


def _work(backfill: Backfill) -> str:
    return "update" if backfill.update else "insert_select" if backfill.insert_select else ""


def _nothing_to_catch(backfill: Backfill, model: Model, family: str) -> Found:
    """Keys that mean nothing without a trigger, or with this work."""
    if backfill.deletes == "mirror" and not (backfill.captures and backfill.insert_select):
        message = "only triggers tell which rows were deleted, and only an insert_select has a row of each"
        yield _problem(backfill, message, "add live_writes: trigger, or leave deletes: mirror out"), "deletes"
    if not backfill.capture:
        return
    if not backfill.captures:
        yield _problem(backfill, "there is nothing to capture", "add live_writes: trigger to source"), "capture"
    elif _TIMING.get(_work(backfill), backfill.capture) != backfill.capture:
        message = f"{backfill.capture} is not when {_work(backfill)} can be carried along"
        yield _problem(backfill, message, f"write {_TIMING[_work(backfill)]}, or leave it out"), "capture.trigger"


def _kind(backfill: Backfill, model: Model, family: str) -> Found:
    """What triggers cannot do."""
    if backfill.captures and backfill.source.database:
        message = "a trigger of one database cannot write another one"
        yield _problem(backfill, message, "live_writes: append_only, or dual_write"), "from.live_writes"
    elif backfill.captures and not _work(backfill):
        message = "what a statement of one's own does to a range cannot be done to one row that is written"
        yield _problem(backfill, message, "live_writes: dual_write, or say it as update or insert_select"), \
            "source.live_writes"  # fmt: skip


def _strategy(backfill: Backfill, model: Model, family: str) -> Found:
    wanted, idempotency = _STRATEGY[_work(backfill)], backfill.idempotency
    if idempotency.strategy != wanted:
        message = f"{idempotency.strategy} cannot be combined with triggers: a row that changes was counted already"
        hint = f"take {wanted}, or live_writes: dual_write, where the application sees to it"
        yield _problem(backfill, message, hint), "idempotency.strategy"
    elif backfill.insert_select and not idempotency.on_conflict.startswith("update"):
        message = f"on_conflict: {idempotency.on_conflict} leaves rows as they were, and triggers change them"
        yield _problem(backfill, message, "write on_conflict: update, or update_if_changed"), "idempotency"


def _one_row_each(backfill: Backfill, model: Model, family: str) -> Found:
    insert = backfill.insert_select
    if insert is None:
        return
    at, hint = "do.insert_select", "live_writes: frozen, append_only or dual_write"
    if insert.group_by or any(one.aggregate for one in insert.columns):
        yield _problem(backfill, "what becomes of a group cannot be told of one row that is written", hint), at
    if insert.merge is not None:
        yield _problem(backfill, "a trigger writes rows as they are, and merges none", hint), f"{at}.merge"
    for one in insert.classify:
        if one.otherwise is None:
            message = f"a row that is written and that {one.name} rejects could be neither written nor left out"
            yield _problem(backfill, message, "give such rows a value: {otherwise: …}"), f"{at}.classify.{one.name}"
    if insert.into == backfill.source.table:
        yield _problem(backfill, "a trigger on a table cannot add rows to it", "write another table"), f"{at}.into"


def _texts(backfill: Backfill) -> Iterator[tuple[str, str]]:
    """Yield each expression over a row, with its path."""
    if backfill.source.where is not None:
        yield backfill.source.where.text, "source.where"
    if (update := backfill.update) is not None:
        yield from ((one.value.text, f"do.update.set.{one.column}") for one in update.assignments)
        if update.where is not None:
            yield update.where.text, "do.update.where"
    if (insert := backfill.insert_select) is not None:
        for mapped in insert.columns:
            if mapped.expression is not None:
                yield mapped.expression.text, f"do.insert_select.columns.{mapped.column}"
        for one in insert.classify:
            path = f"do.insert_select.classify.{one.name}"
            yield from ((case.when.text, f"{path}.{number}.when") for number, case in enumerate(one.cases))


def _unknown_yet(backfill: Backfill, model: Model, family: str) -> Found:
    """Columns that have no value yet when a trigger fires, or another one."""
    columns = model.children(backfill.source.table, Column)
    late = {one.ref.name: "generated" for one in columns if one.generated is not None}
    if backfill.update is not None:
        late |= {one.ref.name: "numbered by the database" for one in columns if one.identity and family == "mysql"}
        late |= {one.column: "set by the work itself" for one in backfill.update.assignments}
    for text, path in _texts(backfill):
        for name, why in late.items():
            own = path == f"do.update.set.{name}"  # that an expression reads its own column is told elsewhere
            if not own and reads_other_names(text, name, family):
                message = f"a trigger does not see the value of {name}, which is {why}"
                yield _problem(backfill, message, "say it by the other columns"), path


def _unseen(backfill: Backfill, model: Model, family: str) -> Found:
    """What changes rows behind the back of triggers."""
    table = backfill.source.table
    for key in model.children(table, ForeignKey) if family == "mysql" else ():
        changes = key.on_update in _CHANGING or key.on_delete in (Action.SET_NULL, Action.SET_DEFAULT)
        if changes or (key.on_delete == Action.CASCADE and backfill.deletes == "mirror"):
            # https://dev.mysql.com/doc/refman/9.7/en/create-table-foreign-keys.html
            message = f"what {key.ref} does by itself fires no trigger here"
            yield _problem(backfill, message, "live_writes: dual_write, or a foreign key without an action"), "source"
    if family != "postgres" or backfill.update is None:
        return
    own = helper_name("", "")
    for trigger in model.children(table, Trigger):
        # They fire in the order of their names (manual, "CREATE TRIGGER").
        if trigger.timing == "before" and trigger.each == "row" and trigger.ref.name > own[:5]:
            message = f"{trigger.ref} fires behind ours: what it changes in columns that are read is not carried along"
            hint = "look whether it does; the sweep finds what it did before"
            yield Problem(code="BF113", message=message, hint=hint, severity="warning", address=str(backfill.ref)), ""


_CHANGING = (Action.CASCADE, Action.SET_NULL, Action.SET_DEFAULT)
_ALWAYS: Sequence[Callable[[Backfill, Model, str], Found]] = (_nothing_to_catch, _kind)
_CAPTURED: Sequence[Callable[[Backfill, Model, str], Found]] = (_strategy, _one_row_each, _unknown_yet, _unseen)
